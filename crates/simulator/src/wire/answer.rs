//! Answers before they are bytes: status, reason phrase, body, and how long the server takes.

use std::time::Duration;

use crate::json::Json;
use crate::rng::Rng;
use crate::world::Refusal;

/// The beginning of what a node says whose cluster file system is stopped; that answer has no body.
pub const NO_CLUSTER_FILES: &str = "RPCEnvironment init request failed";

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// None, and no `Content-Length` either (401, 595, 596, some 501).
    None,
    /// JSON.
    Json(String),
    /// Something else.
    Other {
        /// Its type.
        content_type: &'static str,
        /// Its text.
        text: String,
    },
}

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code, 200 to 599.
    pub status: u16,
    /// Reason phrase: the first line of the error text.
    pub reason: String,
    /// Body.
    pub body: Body,
    /// Simulated time until it is sent.
    pub delay: Duration,
    /// Wall-clock time until it is sent (failed authentication).
    pub wall_delay: Duration,
    /// Where to go instead (301, 308).
    pub location: Option<String>,
    /// The task that was begun, for the ledger.
    pub upid: Option<String>,
    /// How its body is packed on the way.
    pub packing: Packing,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As the client offers, when the body is long enough to be worth it.
    #[default]
    Offered,
    /// gzip, asked for or not, with contradictory `Connection` headers (the journal).
    Unasked,
}

impl Reply {
    /// `200 OK` with data and, beside it, a total.
    pub fn ok(data: Json, total: Option<u64>, rng: &mut Rng) -> Self {
        let upid = data
            .as_text()
            .filter(|text| text.starts_with("UPID:"))
            .map(str::to_owned);
        let mut envelope = Json::object().with("data", data);
        envelope.put_some("total", total);
        Self {
            upid,
            ..Self::plain(200, "OK", Body::Json(envelope.render(rng)))
        }
    }

    /// An answer without a body; its text is in the reason phrase only.
    pub fn bare(status: u16, reason: impl Into<String>) -> Self {
        Self::plain(status, reason, Body::None)
    }

    /// A refusal as the API words it: reason phrase, message, errors by parameter.
    pub fn refusal(refusal: &Refusal, rng: &mut Rng) -> Self {
        if matches!(refusal.status, 595 | 596) || refusal.text.starts_with(NO_CLUSTER_FILES) {
            return Self::bare(refusal.status, refusal.text.clone());
        }
        // The router's own refusal has no line end, those of handlers have.
        let line_end = if refusal.status == 501 { "" } else { "\n" };
        let mut body = Json::object()
            .with("data", Json::Null)
            .with("message", format!("{}{line_end}", refusal.text));
        if !refusal.errors.is_empty() {
            let mut errors = Json::object();
            for (name, text) in &refusal.errors {
                errors.put(name.clone(), text.clone());
            }
            body.put("errors", errors);
        }
        let reason = refusal.text.lines().next().unwrap_or_default().to_owned();
        Self::plain(refusal.status, reason, Body::Json(body.render(rng)))
    }

    /// Any answer.
    pub fn plain(status: u16, reason: impl Into<String>, body: Body) -> Self {
        Self {
            status,
            reason: reason.into(),
            body,
            delay: Duration::ZERO,
            wall_delay: Duration::ZERO,
            location: None,
            upid: None,
            packing: Packing::Offered,
        }
    }

    /// The connection is closed after it.
    pub const fn closes(&self) -> bool {
        self.status >= 300
    }
}

/// What became of a request so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The answer.
    Done(Reply),
    /// Nothing yet: ask again after this much simulated time.
    Wait(Duration),
}
