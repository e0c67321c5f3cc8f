//! The conversation over a real controller and a simulated cluster, with model servers that play a part on sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "conversation/again.rs"]
mod again;
#[path = "conversation/budget.rs"]
mod budget;
#[path = "conversation/evaluated.rs"]
mod evaluated;
#[path = "conversation/injected.rs"]
mod injected;
#[path = "conversation/models.rs"]
mod models;
#[path = "conversation/narrated.rs"]
mod narrated;
#[path = "conversation/planted.rs"]
mod planted;
#[path = "conversation/remembered.rs"]
mod remembered;
#[path = "conversation/slow.rs"]
mod slow;
