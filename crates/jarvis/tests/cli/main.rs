//! The program as people meet it: command lines in; texts, exit codes and files out. One demo process serves many checks.
//!
//! Nothing sleeps: what takes time is waited for by asking again until a deadline.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

// The server of the SSH adapter's own tests.
use jarvis_ssh::{Credential, Endpoint};
#[path = "../../../ssh/src/tests/server.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod sshd;

mod adopt;
mod chaos;
mod clocks;
mod config;
mod demo;
mod dialogue;
mod docs;
mod doctor;
mod faults;
mod full;
mod guarded;
mod hosts;
mod init;
mod killed;
mod lan;
mod mail;
mod mcp;
mod offline;
mod oidc;
mod packaged;
mod proposals;
mod reads;
mod replay;
mod restart;
mod run;
mod secrets;
mod stage;
mod subscribed;
mod supervised;
mod support;
mod terminal;
mod watchdog;
