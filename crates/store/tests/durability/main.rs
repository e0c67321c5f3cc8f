//! Everything that needs real files and real processes: conformance on disk, crashes by SIGKILL, two processes at once.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, also what stands outside of test functions"
)]

mod conformance;
mod journal;
mod kill;
