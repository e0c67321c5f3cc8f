//! The notifier with everything real: a mail server, an HTTP server, a disk. Only the journal is in memory, and the clock
//! runs a hundred times as fast.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../smtp/aiosmtpd.rs"]
mod aiosmtpd;
mod mail;
mod narrated;
mod outage;
mod rig;
mod web;
