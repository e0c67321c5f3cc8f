//! What kind of failure an answer of a server is: a function of its status, its headers and its text. Also cleans what
//! servers say before a person reads it.

use crate::member;
use jarvis_ports::model::{ErrorClass, ModelError, Waiting};
use serde_json::{Map, Value};
use std::time::{Duration, SystemTime};

/// The longest text of a server that is kept in an error, characters.
const LONGEST_WHY: usize = 400;

/// What of a refusing answer matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// `retry-after` or `retry-after-ms`.
    pub retry_after: Option<Duration>,
    /// `x-should-retry`.
    pub should_retry: Option<bool>,
    /// `request-id`.
    pub request_id: Option<String>,
    /// The body, as much of it as is read.
    pub body: String,
}

/// A failure, and whether its server wishes to be asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is told.
    pub error: ModelError,
    /// The server's own word on asking again; it overrules the class.
    pub should_retry: Option<bool>,
}

impl Failure {
    /// One without an answer.
    pub fn new(model: &str, class: ErrorClass, why: impl Into<String>) -> Self {
        Self {
            error: ModelError {
                model: model.to_owned(),
                class,
                why: why.into(),
                retry_after: None,
                request_id: None,
            },
            should_retry: None,
        }
    }

    /// A time limit that was reached.
    pub fn timeout(model: &str, waiting: Waiting, limit: Duration) -> Self {
        let what = match waiting {
            Waiting::Connect => "no connection",
            Waiting::FirstByte => "no first byte",
            Waiting::Idle => "no further byte",
            Waiting::Total => "no end",
        };
        let why = format!("{what} within {} s", limit.as_secs_f64());
        Self::new(model, ErrorClass::Timeout(waiting), why)
    }
}

/// What a refusing answer means.
pub fn refusal(model: &str, secret: &str, refused: Refused) -> Failure {
    let body: Map<String, Value> = serde_json::from_str(&refused.body).unwrap_or_default();
    let (class, said) = match body.get("error") {
        Some(error) => (by_error(error), message(error)),
        None => (None, refused.body.clone()),
    };
    let class = match (refused.status, class) {
        (401 | 403, _) => ErrorClass::Auth,
        (402, _) | (429, Some(ErrorClass::Quota)) => ErrorClass::Quota,
        // A cap on money answers like a limit on speed, but names no time.
        (429, _) if refused.retry_after.is_none() => ErrorClass::Quota,
        (429, _) => ErrorClass::RateLimited,
        (_, Some(class)) => class,
        (status, None) => by_status(status),
    };
    let said = clean(&said, secret, LONGEST_WHY);
    let why = if said.is_empty() {
        format!("status {}", refused.status)
    } else {
        format!("status {}: {said}", refused.status)
    };
    let own_id = member::said(&body, "request_id");
    Failure {
        error: ModelError {
            model: model.to_owned(),
            class,
            why,
            retry_after: refused.retry_after,
            request_id: refused.request_id.or(own_id).map(|id| clean(&id, secret, 100)),
        },
        should_retry: refused.should_retry,
    }
}

/// What an error inside a stream means. It comes without headers, so that a limit on speed names no time and is no cap.
pub fn in_stream(model: &str, error: &Value) -> ModelError {
    let why = clean(&message(error), "", LONGEST_WHY);
    let class = by_error(error).unwrap_or(ErrorClass::Overloaded);
    let kind = kind_of(error);
    let why = if kind.is_empty() {
        why
    } else {
        format!("{}: {why}", clean(&kind, "", 60))
    };
    Failure::new(model, class, why).error
}

fn by_status(status: u16) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::Auth,
        402 => ErrorClass::Quota,
        413 => ErrorClass::ContextTooLong {
            prompt_tokens: None,
            window_tokens: None,
        },
        429 => ErrorClass::RateLimited,
        408 | 409 => ErrorClass::Overloaded,
        400..=499 => ErrorClass::BadRequest,
        500..=599 => ErrorClass::Overloaded,
        _ => ErrorClass::Malformed,
    }
}

/// The class by what the error calls itself, on either wire; none when it says nothing that is known.
fn by_error(error: &Value) -> Option<ErrorClass> {
    let object = error.as_object();
    let text = message(error).to_lowercase();
    let count = |name| u32::try_from(member::count(object?, name)?).ok();
    let class = match kind_of(error).as_str() {
        "exceed_context_size_error" | "context_length_exceeded" | "request_too_large" => {
            ErrorClass::ContextTooLong {
                prompt_tokens: count("n_prompt_tokens"),
                window_tokens: count("n_ctx"),
            }
        }
        "authentication_error" | "permission_error" | "invalid_api_key" => ErrorClass::Auth,
        "billing_error" | "insufficient_quota" => ErrorClass::Quota,
        "rate_limit_error" | "rate_limit_exceeded" => ErrorClass::RateLimited,
        "overloaded_error" | "api_error" | "timeout_error" | "conflict_error" | "unavailable_error"
        | "server_error" => ErrorClass::Overloaded,
        "tool_use_failed" => ErrorClass::Malformed,
        "invalid_request_error" | "not_found_error" | "BadRequestError" => worded(&text),
        _ => return Some(worded(&text)).filter(|class| *class != ErrorClass::BadRequest),
    };
    Some(class)
}

/// A refused request by its words, where the wire has one kind for several things.
fn worded(text: &str) -> ErrorClass {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "prompt is too long",
        "maximum context length",
        "exceeds the available context",
    ]) {
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse::<u32>().ok())
            .filter(|number| *number > 255);
        let (first, second) = (numbers.next(), numbers.next());
        let (prompt_tokens, window_tokens) = match (first, second) {
            (Some(first), Some(second)) => (Some(first.max(second)), Some(first.min(second))),
            _ => (None, None),
        };
        return ErrorClass::ContextTooLong {
            prompt_tokens,
            window_tokens,
        };
    }
    if has(&["credit balance", "spend limit", "spending limit", "usage limits"]) {
        return ErrorClass::Quota;
    }
    ErrorClass::BadRequest
}

/// How an error calls itself: by its code where that is a word, by its type otherwise.
fn kind_of(error: &Value) -> String {
    let Some(error) = error.as_object() else {
        return String::new();
    };
    let code = member::said(error, "code").filter(|code| code.contains(|c: char| c.is_ascii_alphabetic()));
    code.or_else(|| member::said(error, "type")).unwrap_or_default()
}

fn message(error: &Value) -> String {
    match error {
        Value::String(text) => text.clone(),
        Value::Object(error) => member::text(error, "message").to_owned(),
        _ => String::new(),
    }
}

/// When to ask again, out of the two headers; a date is told from `now`.
pub fn retry_after(millis: Option<&str>, secs: Option<&str>, now: SystemTime) -> Option<Duration> {
    let number = |text: &str, unit: f64| {
        let span: f64 = text.trim().parse().ok()?;
        Duration::try_from_secs_f64(span * unit).ok()
    };
    let by_millis = millis.and_then(|text| number(text, 0.001));
    by_millis.or_else(|| {
        let text = secs?;
        number(text, 1.0).or_else(|| {
            let at = httpdate::parse_http_date(text.trim()).ok()?;
            Some(at.duration_since(now).unwrap_or_default())
        })
    })
}

/// A server's words for a person: one line, without control characters, without the secret, not too long.
pub fn clean(text: &str, secret: &str, longest: usize) -> String {
    let text = if secret.is_empty() {
        text.to_owned()
    } else {
        text.replace(secret, "…")
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, after: Option<u64>, body: &str) -> ErrorClass {
        let refused = Refused {
            status,
            retry_after: after.map(Duration::from_secs),
            body: body.to_owned(),
            ..Refused::default()
        };
        refusal("m", "", refused).error.class
    }

    fn typed(kind: &str, message: &str) -> String {
        serde_json::json!({"type": "error", "error": {"type": kind, "message": message}}).to_string()
    }

    #[test]
    fn every_status_and_kind_has_its_class() {
        let rate = typed("rate_limit_error", "slow down");
        assert_eq!(class(429, Some(12), &rate), ErrorClass::RateLimited);
        assert_eq!(class(429, None, &rate), ErrorClass::Quota);
        assert_eq!(class(429, None, "slow down"), ErrorClass::Quota);
        assert_eq!(class(429, Some(1), ""), ErrorClass::RateLimited);
        for status in [500, 502, 503, 504, 529, 408, 409] {
            assert_eq!(class(status, None, ""), ErrorClass::Overloaded, "{status}");
        }
        for (status, kind, expected) in [
            (401, "authentication_error", ErrorClass::Auth),
            (403, "permission_error", ErrorClass::Auth),
            (402, "billing_error", ErrorClass::Quota),
            (404, "not_found_error", ErrorClass::BadRequest),
            (400, "invalid_request_error", ErrorClass::BadRequest),
            (500, "api_error", ErrorClass::Overloaded),
            (504, "timeout_error", ErrorClass::Overloaded),
            (529, "overloaded_error", ErrorClass::Overloaded),
            (409, "conflict_error", ErrorClass::Overloaded),
        ] {
            assert_eq!(class(status, None, &typed(kind, "x")), expected, "{kind}");
        }
        let long = typed(
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000 maximum",
        );
        let expected = ErrorClass::ContextTooLong {
            prompt_tokens: Some(210_000),
            window_tokens: Some(200_000),
        };
        assert_eq!(class(400, None, &long), expected);
        assert!(matches!(
            class(413, None, "<html>"),
            ErrorClass::ContextTooLong { .. }
        ));
        let money = typed("invalid_request_error", "Your credit balance is too low");
        assert_eq!(class(400, None, &money), ErrorClass::Quota);
    }

    #[test]
    fn a_time_to_wait_comes_in_three_dresses() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let secs = |secs| Some(Duration::from_secs(secs));
        assert_eq!(retry_after(None, Some("12"), now), secs(12));
        assert_eq!(
            retry_after(Some("1500"), Some("9"), now),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            retry_after(None, Some("Sun, 06 Nov 1994 08:49:47 GMT"), now),
            secs(10)
        );
        assert_eq!(
            retry_after(None, Some("Sun, 06 Nov 1994 08:49:30 GMT"), now),
            secs(0)
        );
        for nonsense in ["-1", "soon", "1e400", ""] {
            assert_eq!(
                retry_after(Some(nonsense), Some(nonsense), now),
                None,
                "{nonsense}"
            );
        }
    }

    #[test]
    fn what_a_server_says_is_cleaned_cut_and_without_the_secret() {
        let refused = Refused {
            status: 401,
            body: typed(
                "authentication_error",
                &format!("bad\u{1b}[31m key\nk-secret {}", "x".repeat(900)),
            ),
            ..Refused::default()
        };
        let error = refusal("m", "k-secret", refused).error;
        assert!(!error.to_string().contains("k-secret") && !error.why.contains('\n'));
        assert!(error.why.chars().count() < 430 && error.why.starts_with("status 401: bad [31m key … x"));
    }
}
