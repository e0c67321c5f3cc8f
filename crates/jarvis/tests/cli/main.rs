//! The program as people meet it: command lines in; texts, exit codes and files out. One demo process serves many checks.
//!
//! Nothing sleeps: what takes time is waited for by asking again until a deadline.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod adopt;
mod chaos;
mod config;
mod demo;
mod dialogue;
mod docs;
mod doctor;
mod guarded;
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
mod subscribed;
mod supervised;
mod support;
mod terminal;
mod watchdog;
