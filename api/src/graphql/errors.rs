//! Errors as GraphQL clients see them: a sentence, and `extensions.code` for machines.

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Response, ServerError, Value};
use jarvis_assistant::{ConversationError, memory::MemoryError};
use jarvis_controller::CommandError;
use jarvis_crds::ManifestError;
use jarvis_model::Refusal;

/// The code of what makes no sense, whether Jarvis says so or the library.
pub const INVALID: &str = "INVALID";

/// The caller's input makes no sense.
pub fn invalid(message: impl Into<String>) -> Error {
    coded(INVALID, message)
}

/// There is no such thing.
pub fn not_found(message: impl Into<String>) -> Error {
    coded("NOT_FOUND", message)
}

/// Something of ours failed; the caller can try again.
pub fn unavailable(message: impl Into<String>) -> Error {
    coded("UNAVAILABLE", message)
}

/// An error with a code.
pub fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// The code of an error. One without is the library's, about what was asked: it cannot be read, does not fit the schema, or
/// is too much.
pub fn code(error: &ServerError) -> &str {
    let extensions = error.extensions.as_ref();
    match extensions.and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code.as_str(),
        _ => INVALID,
    }
}

/// An answer in which every error says its code.
pub fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        let code = code(error).to_owned();
        error.extensions.get_or_insert_default().set("code", code);
    }
    response
}

/// The code of what the controller answered: the rule's own for refusals.
pub fn code_of(error: &CommandError) -> String {
    let word = match error {
        CommandError::Refused(refusal) => return refusal.rule.code(),
        CommandError::NotAllowed { .. } => "FORBIDDEN",
        CommandError::NotFound { .. } => "NOT_FOUND",
        CommandError::WrongState { .. } => "WRONG_STATE",
        CommandError::Invalid { .. } => INVALID,
        CommandError::NoRecord(_) => "NO_RECORD",
        CommandError::Stopping => "STOPPING",
    };
    word.to_owned()
}

/// What the controller answered.
pub fn of_command(error: CommandError) -> Error {
    let code = code_of(&error);
    Error::new(error.to_string()).extend_with(|_, extensions| {
        extensions.set("code", code);
        if let CommandError::Refused(refusal) = &error {
            describe(refusal, extensions);
        }
    })
}

fn describe(refusal: &Refusal, extensions: &mut ErrorExtensionValues) {
    extensions.set("rule", refusal.rule.name());
    extensions.set("tier", refusal.tier.to_string());
    extensions.set("resource", refusal.resource.as_str());
    extensions.set("reason", refusal.reason.as_str());
    extensions.set("unblock", refusal.unblock.as_str());
}

/// What the conversation answered.
pub fn of_conversation(error: ConversationError) -> Error {
    let code = match &error {
        ConversationError::NotFound(_) => "NOT_FOUND",
        ConversationError::Busy => "WRONG_STATE",
        ConversationError::Invalid(_) => INVALID,
        ConversationError::Store(_) => "UNAVAILABLE",
        ConversationError::Stopping => "STOPPING",
    };
    coded(code, error.to_string())
}

/// What the memory answered.
pub fn of_memory(error: &MemoryError) -> Error {
    let code = match error {
        MemoryError::Unknown { .. } => "NOT_FOUND",
        MemoryError::Empty | MemoryError::Name { .. } => INVALID,
        MemoryError::Full { .. } => "WRONG_STATE",
        MemoryError::Store(_) | MemoryError::Page { .. } => "UNAVAILABLE",
    };
    coded(code, error.to_string())
}

/// Manifests with errors: every one of them, as `extensions.manifestErrors`.
pub fn of_manifests(errors: &[ManifestError]) -> Error {
    let count = errors.len();
    let message = match errors {
        [only] => only.to_string(),
        _ => format!("the manifests have {count} errors; extensions.manifestErrors lists them"),
    };
    let listed: Vec<Value> = errors
        .iter()
        .filter_map(|error| async_graphql::to_value(error).ok())
        .collect();
    Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", INVALID);
        extensions.set("manifestErrors", Value::List(listed.clone()));
    })
}
