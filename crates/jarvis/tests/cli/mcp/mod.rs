//! Tools for assistants as one would use them: the official Python client `mcp` against the demo, over HTTP and over
//! standard input and output.
//!
//! The package is installed once into a virtual environment below the build folder. Where Python or a package index is
//! missing the test says so and passes, unless `JARVIS_REQUIRE_MCP` is set.

mod own;

use crate::support::{Demo, not_checked, program};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The interpreter with the client; none when it cannot be had and need not.
pub fn interpreter() -> Option<&'static Path> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOUND.get_or_init(install) {
        Ok(python) => Some(python),
        Err(why) if std::env::var_os("JARVIS_REQUIRE_MCP").is_none() => {
            not_checked(why);
            None
        }
        Err(why) => panic!("the client cannot be installed: {why}"),
    }
}

fn install() -> Result<PathBuf, String> {
    let package = REQUIREMENTS.trim();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(package.replace("==", "-"));
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output
            .map_err(|error| error.to_string())
            .and_then(|output: Output| {
                if output.status.success() {
                    Ok(())
                } else {
                    Err(String::from_utf8_lossy(&output.stderr).into_owned())
                }
            })
    };
    if run(&python, &["-c", "import mcp"]).is_ok() {
        return Ok(python);
    }
    run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()])?;
    run(&python, &["-m", "pip", "install", "--quiet", package])?;
    Ok(python)
}

/// Runs a script of this folder to its good end.
#[track_caller]
pub fn succeed(python: &Path, script: &str, given: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/mcp")
        .join(script);
    let output = Command::new(python)
        .arg(path)
        .arg(given.to_string())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && said.lines().any(|line| line == "fine"),
        "{said}"
    );
}

fn token(demo: &Demo, name: &str, scopes: &str) -> String {
    let said = demo.jarvis(&["token", "create", name, "--scope", scopes]);
    assert_eq!(said.code, 0, "{said:?}");
    said.out.trim().to_owned()
}

#[test]
fn the_official_client_reads_acts_and_is_kept_out() {
    let Some(python) = interpreter() else { return };
    let demo = Demo::with(&["--time-factor", "5"]);
    let home = demo.home.path().to_str().unwrap();
    let given = json!({
        "url": demo.url(),
        "jarvis": env!("CARGO_BIN_EXE_jarvis"),
        "environment": { "XDG_STATE_HOME": home, "HOME": home },
        "read": token(&demo, "eyes", "read"),
        "operate": token(&demo, "desk", "read,operate"),
        "red": token(&demo, "root", "operate-red"),
    });
    succeed(python, "check.py", &given);
    let list = demo.jarvis(&["token", "list"]).expect(0);
    assert!(
        list.contains("read, operate") && list.contains("operate-red"),
        "{list}"
    );
    let audit = demo.jarvis(&["audit", "log", "--last", "400"]).expect(0);
    assert!(audit.contains("token desk (mcp)"), "{audit}");
}

#[test]
fn a_forwarder_without_a_token_or_a_server_says_so() {
    let home = tempfile::tempdir().unwrap();
    let said = program(home.path())
        .args(["mcp", "--url", "http://127.0.0.1:9"])
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(
        text.contains("there is no token for http://127.0.0.1:9"),
        "{text}"
    );
    assert!(
        said.stdout.is_empty(),
        "nothing but the protocol is written there"
    );
}
