//! `tidy`: house rules that a compiler does not know (CONTRIBUTING.md gives their reasons).
//!
//! The rules are functions of a file's path and text. Words that are searched for are written in two halves here, so
//! that this file does not find itself.

use crate::dependencies;
use crate::names::{declared, empty_word};
use crate::source_text::{Line, lines};
use crate::threats;
use crate::workspace::{RepoFile, files};
use anyhow::bail;
use std::fmt;
use std::path::Path;

const LONGEST_FILE_LINES: usize = 800;

/// Marks of work put off.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Rust that hides a problem, and what to write.
const HIDING: &[(&str, &str)] = &[
    (concat!("to", "do!("), "finish it"),
    (concat!("unimple", "mented!("), "finish it"),
    (concat!("#[", "allow("), "write #[expect(lint, reason = \"...\")]"),
    (
        concat!("#![", "allow("),
        "write #![expect(lint, reason = \"...\")]",
    ),
    (concat!("#[", "ignore"), "make the test fit to run always"),
];

/// Text that ties the repository to one machine or to a package registry.
const TIED: &[(&str, &str)] = &[
    (concat!("/wo", "rk/"), "an absolute path of one machine"),
    (concat!("/ro", "ot/"), "an absolute path of one machine"),
    (concat!("registry.npm", "js.org"), "a package registry"),
    (concat!("registry.yarn", "pkg.com"), "a package registry"),
    (concat!("crates", ".io"), "a package registry"),
    (concat!("pypi", ".org"), "a package registry"),
    (concat!("python", "hosted.org"), "a package registry"),
    (concat!("proxy.go", "lang.org"), "a package registry"),
];

/// Where roles are compared: the API's one place, and what judges again below it.
const ASKING: &[&str] = &["api/src/auth/", "crates/guard/", "crates/tools/", "controller/"];

/// Calls that are reserved to some folders: the call, the folders, and what to do elsewhere.
const RESERVED: &[(&str, &[&str], &str)] = &[
    (
        concat!("env::", "var"),
        &["crates/jarvis/", "xtask/"],
        "configuration enters once, in the binary; pass values down",
    ),
    (
        concat!("Watchdog", "Door"),
        &["crates/proxmox/", "crates/jarvis/src/watchdog/"],
        "only the outside watchdog acts without a permit (ADR 9); use the Hypervisor port",
    ),
    (
        concat!("dyn Term", "inal"),
        &[
            "crates/ports/",
            "crates/jarvis/src/run/terminals.rs",
            "api/src/terminal/",
        ],
        "only the API's terminal part may type on a host (docs/TERMINAL.md); no loop, tool or chat holds that port",
    ),
    (
        concat!("role ", ">="),
        ASKING,
        "what a role allows is for api/src/auth/allow.rs to say",
    ),
    (
        concat!("role ", "<"),
        ASKING,
        "what a role allows is for api/src/auth/allow.rs to say",
    ),
    (
        concat!("SystemTime::", "now"),
        &["crates/ports/", "crates/simulator/", "crates/jarvis/", "xtask/"],
        "take the time from the Clock port, or as an argument",
    ),
    (
        concat!("Instant::", "now"),
        // Adapters and the API measure time limits of sockets; that never reaches a decision.
        &[
            "crates/ports/",
            "crates/simulator/",
            "crates/jarvis/",
            "xtask/",
            "crates/proxmox/",
            "crates/source/",
            "crates/ssh/",
            "crates/store/",
            "api/",
        ],
        "take the time from the Clock port, or as an argument",
    ),
];

/// Something to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// File, from the root.
    pub path: String,
    /// Line from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Checks the repository at `root`.
pub fn run(root: &Path) -> anyhow::Result<String> {
    let files = files(root)?;
    let mut findings: Vec<Finding> = files.iter().flat_map(judge).collect();
    findings.extend(dependencies::judge(&files));
    findings.extend(threats::judge(&files));
    if findings.is_empty() {
        return Ok(format!("tidy: {} files in order", files.len()));
    }
    let shown: Vec<String> = findings.iter().map(Finding::to_string).collect();
    bail!(
        "{} things to put right:\n  {}",
        findings.len(),
        shown.join("\n  ")
    )
}

/// All rules on one file.
pub fn judge(file: &RepoFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |line: usize, what: String| {
        findings.push(Finding {
            path: file.path.clone(),
            line,
            what,
        });
    };
    let Some(text) = &file.text else { return findings };
    if is_lock_file(&file.path) || is_generated(&file.path, text) {
        return findings;
    }
    if is_program(&file.path) {
        program_rules(file, text, &mut say);
    }
    if file.path.strip_suffix(".rs").is_some() {
        rust_rules(file, text, &mut say);
    }
    for (at, line) in text.lines().enumerate() {
        for (tied, what) in TIED.iter().filter(|(tied, _)| stands_alone(line, tied)) {
            say(
                at + 1,
                format!("{what} ({tied}) does not belong in the repository"),
            );
        }
    }
    findings
}

fn program_rules(file: &RepoFile, text: &str, say: &mut impl FnMut(usize, String)) {
    if let Some(word) = file.path.split('/').find_map(empty_word) {
        say(
            0,
            format!("the word {word} in a file's name says nothing; name what it does"),
        );
    }
    let length = text.lines().count();
    if length > LONGEST_FILE_LINES {
        say(
            0,
            format!("{length} lines, more than {LONGEST_FILE_LINES}; split it by what its parts are for"),
        );
    }
    for (at, line) in text.lines().enumerate() {
        for mark in UNFINISHED.iter().filter(|mark| has_word(line, mark)) {
            say(at + 1, format!("{mark}: finish it, or write it down as an issue"));
        }
    }
}

fn rust_rules(file: &RepoFile, text: &str, say: &mut impl FnMut(usize, String)) {
    if !text.starts_with("//!") {
        say(
            1,
            "no module doc: begin with //! what it is for and what it knows nothing of".to_owned(),
        );
    }
    for line in lines(text) {
        for (hiding, instead) in HIDING.iter().filter(|(hiding, _)| line.code.contains(hiding)) {
            say(line.number, format!("{hiding}: {instead}"));
        }
        for name in declared(&line) {
            if let Some(word) = empty_word(name) {
                say(
                    line.number,
                    format!("the word {word} in {name} says nothing; name what it does"),
                );
            }
        }
        reserved_calls(&file.path, &line, say);
    }
}

fn reserved_calls(path: &str, line: &Line<'_>, say: &mut impl FnMut(usize, String)) {
    if line.in_tests || is_test(path) {
        return;
    }
    for (call, folders, instead) in RESERVED {
        if line.code.contains(call) && !folders.iter().any(|folder| path.starts_with(folder)) {
            say(line.number, format!("{call} is not for this crate: {instead}"));
        }
    }
}

fn is_program(path: &str) -> bool {
    [".rs", ".ts", ".tsx", ".mjs", ".js", ".py", ".sh"]
        .iter()
        .any(|end| path.ends_with(end))
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs" || part == "benches")
}

fn is_lock_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["Cargo.lock", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"].contains(&name)
}

/// Generated files are checked by `gen --check` instead.
fn is_generated(path: &str, text: &str) -> bool {
    let folder = path.split('/').any(|part| part == "generated");
    folder
        || text
            .lines()
            .take(3)
            .any(|line| line.contains(concat!("@gen", "erated")))
}

/// Whether `part` occurs and is not the inner part of a longer path or name.
fn stands_alone(line: &str, part: &str) -> bool {
    line.match_indices(part).any(|(at, _)| {
        let before = line[..at].chars().last();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/}".contains(c))
    })
}

/// Whether `word` occurs between two characters that are no part of a word.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    line.match_indices(word)
        .any(|(at, _)| !part(line[..at].chars().last()) && !part(line[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = RepoFile {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        judge(&file).iter().map(Finding::to_string).collect()
    }

    #[track_caller]
    fn one(path: &str, text: &str, expected: &str) {
        let findings = found(path, text);
        assert!(
            findings.len() == 1 && findings[0].contains(expected),
            "{expected}: {findings:?}"
        );
    }

    #[test]
    fn a_tidy_file_has_no_findings() {
        assert_eq!(
            found("crates/x/src/lib.rs", "//! Doc.\n/// x\npub fn run() {}\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_rule_on_rust_is_reached() {
        let lib = "crates/x/src/lib.rs";
        one(lib, "pub fn run() {}\n", "no module doc");
        one(lib, &format!("//! D.\n{}", "\n".repeat(800)), "801 lines");
        for mark in UNFINISHED {
            one(lib, &format!("//! D.\n// {mark} later\n"), "finish it");
        }
        for (hiding, instead) in HIDING {
            one(lib, &format!("//! D.\n{hiding}\n"), instead);
        }
        one(
            lib,
            &format!("//! D.\nstruct Task{};\n", concat!("Man", "ager")),
            "says nothing",
        );
        one(
            &format!("crates/x/src/{}.rs", concat!("ut", "ils")),
            "//! D.\n",
            "file's name",
        );
        for (call, _, instead) in RESERVED {
            one(lib, &format!("//! D.\nlet x = std::{call}();\n"), instead);
        }
    }

    #[test]
    fn every_rule_on_any_text_is_reached() {
        for (tied, what) in TIED {
            one("docs/x.md", &format!("see {tied}x\n"), what);
        }
        assert_eq!(
            found("docs/x.md", "https://h/a/work/b ${HOME}/root/x\n"),
            Vec::<String>::new()
        );
        one("ui/src/x.ts", &format!("// {}\n", UNFINISHED[0]), "finish it");
    }

    #[test]
    fn where_rules_do_not_apply() {
        let (call, hiding) = (RESERVED[0].0, HIDING[2].0);
        let none = Vec::<String>::new();
        assert_eq!(
            found("crates/jarvis/src/main.rs", &format!("//! D.\nstd::{call}();\n")),
            none
        );
        assert_eq!(
            found("crates/x/src/a/tests.rs", &format!("//! D.\nstd::{call}();\n")),
            none
        );
        assert_eq!(
            found(
                "crates/x/src/a.rs",
                &format!("//! D.\n#[cfg(test)]\nmod t {{ std::{call}(); }}\n")
            ),
            none
        );
        assert_eq!(
            found(
                "crates/x/src/a.rs",
                &format!("//! D.\n// {hiding}\nlet x = \"{hiding}\";\n")
            ),
            none
        );
        assert_eq!(found("Cargo.lock", TIED[0].0), none);
        assert_eq!(found("crds/generated/x.rs", "x"), none);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("// XX: a", "XX") && !has_word("// xXX-Forwarded", "XX") && !has_word("XXL", "XX"));
    }
}
