//! Terminals end to end: the API's socket, a client of it, and a real OpenSSH server with the programs people use. Without vim,
//! less and top the tests of those say so and pass, unless `JARVIS_REQUIRE_TERMINAL_PROGRAMS` is set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

// The server below is the one of the SSH adapter's own tests.
use jarvis_ssh::{Credential, Endpoint};

mod terminal {
    pub mod rig;
    #[expect(dead_code, reason = "the adapter's own tests use all of it")]
    #[path = "../../../crates/ssh/src/tests/server.rs"]
    pub mod server;

    mod console;
    mod ending;
    mod flow;
    mod programs;
    mod record;
    mod refused;
    mod simulated;
}
