//! What models cost and may, on the real store; what is remembered; what is put into words.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot build its world should fail there"
)]

mod canary;
mod caps;
mod laws;
mod memory;
mod narrate;
mod world;
