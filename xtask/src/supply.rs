//! `supply`: what comes from other people. Licences, banned crates and sources must hold; advisories are compared with what is
//! known today, which needs the network: a list that cannot be fetched is said loudly and fails nothing.
//!
//! cargo-deny and cargo-audit are installed below `target/tools` when they are missing.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where tools are installed, from the root.
const TOOLS: &str = "target/tools";

/// What became of one check.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Fine,
    /// Not checked, and why.
    Unreachable(String),
    Wrong(String),
}

/// Runs all checks.
pub fn run(root: &Path) -> anyhow::Result<String> {
    let deny = tool(root, "cargo-deny")?;
    let audit = tool(root, "cargo-audit")?;
    let ui = root.join("ui");
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    let mut take = |what: &str, outcome: Outcome| match outcome {
        Outcome::Fine => told.push(format!("{what}: in order")),
        Outcome::Unreachable(why) => told.push(format!("{what}: NOT CHECKED, because {why}")),
        Outcome::Wrong(words) => wrong.push(format!("{what}:\n{words}")),
    };
    take(
        "licences, banned crates, sources (cargo-deny)",
        must(&output(
            &deny,
            &[
                "--offline",
                "check",
                "--hide-inclusion-graph",
                "bans",
                "licenses",
                "sources",
            ],
            root,
        )?),
    );
    take(
        "advisories (cargo-deny)",
        if_reachable(&output(&deny, &["check", "advisories"], root)?),
    );
    take(
        "advisories (cargo-audit)",
        if_reachable(&output(&audit, &["audit"], root)?),
    );
    let npm = if ui.join("package-lock.json").exists() {
        match Command::new("npm")
            .args(["audit", "--omit=dev", "--audit-level=moderate"])
            .current_dir(&ui)
            .output()
        {
            Ok(output) => if_reachable(&output),
            Err(error) => Outcome::Unreachable(format!("npm could not be run: {error}")),
        }
    } else {
        Outcome::Unreachable("there is no ui/package-lock.json".to_owned())
    };
    take("packages of the dashboard (npm audit)", npm);
    if wrong.is_empty() {
        return Ok(format!("supply:\n  {}", told.join("\n  ")));
    }
    bail!(
        "what comes from others is not in order:\n{}\n\n{}",
        wrong.join("\n\n"),
        told.join("\n")
    )
}

/// A tool, installed where it is missing.
fn tool(root: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let here = root.join(TOOLS).join("bin").join(name);
    if here.exists() {
        return Ok(here);
    }
    let installed = Command::new(name).arg("--version").output();
    if installed.is_ok_and(|output| output.status.success()) {
        return Ok(PathBuf::from(name));
    }
    let status = Command::new("cargo")
        .args(["install", "--locked", "--root", TOOLS, name])
        .current_dir(root)
        .status()
        .context("cargo could not be run")?;
    if !status.success() {
        bail!("{name} is missing and could not be installed below {TOOLS}; see above");
    }
    Ok(here)
}

fn output(tool: &Path, arguments: &[&str], root: &Path) -> anyhow::Result<Output> {
    Command::new(tool)
        .args(arguments)
        .current_dir(root)
        .output()
        .with_context(|| format!("{} could not be run", tool.display()))
}

fn words(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn must(output: &Output) -> Outcome {
    if output.status.success() {
        Outcome::Fine
    } else {
        Outcome::Wrong(words(output))
    }
}

fn if_reachable(output: &Output) -> Outcome {
    match must(output) {
        Outcome::Wrong(words) => judge(words),
        fine => fine,
    }
}

/// Tells a list that could not be fetched from one that names something of ours.
fn judge(words: String) -> Outcome {
    const UNREACHABLE: [&str; 9] = [
        "failed to fetch advisory database",
        "couldn't fetch advisory database",
        "failed to load advisory database",
        "failed to open advisory database",
        "Could not resolve host",
        "audit endpoint returned an error",
        "ENOTFOUND",
        "ECONNREFUSED",
        "EAI_AGAIN",
    ];
    let line = words
        .lines()
        .find(|line| UNREACHABLE.iter().any(|known| line.contains(known)));
    match line {
        Some(line) => Outcome::Unreachable(format!(
            "the list of advisories could not be fetched ({:.200})",
            line.trim()
        )),
        None => Outcome::Wrong(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_cannot_be_fetched_is_no_finding_and_a_finding_is() {
        for unreachable in [
            "[ERROR] failed to fetch advisory database https://host/advisory-db with cli: failed to clone",
            "error: couldn't fetch advisory database: git operation failed",
            "npm warn audit request failed\nnpm error audit endpoint returned an error",
            "npm error code ENOTFOUND",
        ] {
            assert!(
                matches!(judge(unreachable.to_owned()), Outcome::Unreachable(_)),
                "{unreachable}"
            );
        }
        for finding in [
            "error[vulnerability]: something\n advisories FAILED",
            "Crate: lru\nTitle: unsound\nerror: 1 vulnerability found!",
            "# npm audit report\n1 high severity vulnerability",
            "",
        ] {
            assert!(
                matches!(judge(finding.to_owned()), Outcome::Wrong(_)),
                "{finding}"
            );
        }
    }
}
