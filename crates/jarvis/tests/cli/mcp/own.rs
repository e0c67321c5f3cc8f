//! `jarvis mcp --config`: an instance of its own that only looks.

use super::{interpreter, succeed};
use crate::run;
use serde_json::json;

#[test]
fn it_looks_at_the_cluster_and_can_do_nothing() {
    let Some(python) = interpreter() else { return };
    let home = tempfile::tempdir().unwrap();
    let simulator = run::simulator(home.path());
    run::config(
        home.path(),
        &simulator,
        "{caFile: ca.pem}",
        &run::reading_token(&simulator),
    );
    let given = json!({
        "jarvis": env!("CARGO_BIN_EXE_jarvis"),
        "home": home.path(),
        "environment": { "HOME": home.path(), "XDG_STATE_HOME": home.path() },
    });
    succeed(python, "own.py", &given);
    assert!(!home.path().join("state").exists(), "it touches no state folder");
}
