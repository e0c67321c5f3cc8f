//! The manifest source against the real git, a real OpenSSH server and git's own HTTP backend, all on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod hostile;
mod https;
mod limits;
mod plain;
mod push;
mod repair;
mod repo;
mod ssh;
