//! The registry over a controller without a loop that judges with the real guard.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod acts;
mod catalogue;
mod proposals;
mod reads;
mod robust;
mod support;
