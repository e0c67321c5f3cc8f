//! The tools that ask for an act. They ask as everybody asks, are judged as everybody is, and then wait a while for what
//! becomes of it: an answer says how it ended, or that it goes on and under which ticket.
//!
//! Red needs two calls and a scope, or a person: the first call answers with a digest and what would happen; the second
//! carries the digest and counts only for a token that was given `operate-red`.

pub mod asking;
pub mod guests;
pub mod services;
pub mod system;
pub mod words;

use crate::{
    answer::{Answer, Trouble},
    schema,
    tool::{Call, Hints, Kind, Running, Tool},
};
use jarvis_model::{Action, Digest, Scope, Tier};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// How long a tool waits for an act; HTTP requests are cut at 45 s.
const BUDGET: Duration = Duration::from_secs(40);

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    pub(crate) ticket: String,
    /// `done`, `failed`, `refused`, `awaiting-confirmation`, `queued`, `running`, `recalled`, `rejected` or `expired`.
    pub(crate) state: String,
    /// The same in a sentence.
    pub(crate) words: String,
    /// The tier in this context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tier: Option<String>,
    /// What a second call, or a person, confirms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// The rule that refuses, with its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// What the rule speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
    /// What would unblock it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unblock: Option<String>,
    /// What to know besides: before a confirmation what it would interrupt, how the vote would stand and how to undo it;
    /// always what the guard would warn a person of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// A tool that acts; the rest of it is filled in.
pub(crate) const fn acts(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    hints: Hints,
    run: fn(Call) -> Running,
) -> Tool {
    Tool {
        name,
        title,
        description,
        kind: Kind::Lifecycle,
        tier: Tier::Yellow,
        scope: Scope::Operate,
        hints,
        budget: BUDGET,
        narrow: "",
        example: "{}",
        input: schema::input::<Outcome>,
        output: schema::output::<Outcome>,
        run,
    }
}

/// Only adds, and changes nothing more when called again.
pub(crate) const ADDS: Hints = Hints {
    read_only: false,
    destructive: false,
    idempotent: true,
    open_world: false,
};
/// Interrupts, and changes nothing more when called again.
pub(crate) const INTERRUPTS: Hints = Hints {
    destructive: true,
    ..ADDS
};

/// An action, and the digest of a second call.
pub(crate) type Asked = (Action, Option<Digest>);

/// Reads the arguments, makes the action of them, and asks for it.
pub(crate) fn request<A: DeserializeOwned + Send + 'static>(
    call: Call,
    action: fn(&A) -> Result<Asked, Trouble>,
) -> Running {
    request_and(call, action, |_, outcome| outcome)
}

/// The same, with more said at the end.
pub(crate) fn request_and<A, O>(
    mut call: Call,
    action: fn(&A) -> Result<Asked, Trouble>,
    more: fn(&Call, Outcome) -> O,
) -> Running
where
    A: DeserializeOwned + Send + 'static,
    O: Serialize + 'static,
{
    Box::pin(async move {
        let arguments: A = crate::arguments::read(std::mem::take(&mut call.arguments))?;
        let (action, digest) = action(&arguments)?;
        let outcome = asking::ask(&call, action, digest).await?;
        let is_error = !matches!(
            outcome.state.as_str(),
            "done" | "awaiting-confirmation" | "queued" | "running"
        );
        let words = outcome.words.clone();
        let mut answer = Answer::of(&more(&call, outcome))?.saying(words);
        answer.is_error = is_error;
        Ok(answer)
    })
}
