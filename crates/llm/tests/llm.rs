//! The decoders against recorded and authored streams, the requests against recorded conversations, and the whole client
//! against a played server over loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "llm/clock.rs"]
mod clock;
#[path = "llm/outcome.rs"]
mod outcome;
#[path = "llm/properties.rs"]
mod properties;
#[path = "llm/quirks.rs"]
mod quirks;
#[path = "llm/recorded.rs"]
mod recorded;
#[path = "llm/requests.rs"]
mod requests;
#[path = "llm/talks.rs"]
mod talks;
#[path = "llm/wire.rs"]
mod wire;
