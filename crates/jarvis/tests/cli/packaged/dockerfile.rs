//! The Dockerfile, as far as tests need it: the instructions of its last stage. They say how the image is run, so the test
//! that runs its root file system takes user, environment and command from here.

use super::{root, text, tools};
use serde_json::Value;
use std::process::Command;

/// Instructions of one stage.
pub struct Stage(Vec<(String, String)>);

impl Stage {
    /// All stages, in order.
    fn all() -> Vec<Self> {
        let text = text("Dockerfile").replace("\\\n", " ");
        let mut stages = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((instruction, rest)) = line.split_once(' ') else {
                continue;
            };
            if instruction == "FROM" {
                stages.push(Self(Vec::new()));
            }
            let entry = (instruction.to_owned(), rest.trim().to_owned());
            stages.last_mut().unwrap().0.push(entry);
        }
        stages
    }

    /// The one that becomes the image.
    pub fn last() -> Self {
        Self::all().pop().unwrap()
    }

    fn each(&self, instruction: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == instruction)
            .map(|(_, rest)| rest.as_str())
    }

    /// The text of an instruction that is there once.
    #[track_caller]
    pub fn one(&self, instruction: &str) -> String {
        let found: Vec<_> = self.each(instruction).collect();
        assert_eq!(found.len(), 1, "{instruction}: {found:?}");
        found[0].to_owned()
    }

    /// The list of an instruction in its exec form, which needs no shell.
    #[track_caller]
    pub fn json(&self, instruction: &str) -> Value {
        serde_json::from_str(&self.one(instruction)).unwrap()
    }

    /// The words of an instruction in its exec form.
    #[track_caller]
    pub fn words(&self, instruction: &str) -> Vec<String> {
        serde_json::from_value(self.json(instruction)).unwrap()
    }

    /// The command of the health check.
    #[track_caller]
    pub fn healthcheck(&self) -> Vec<String> {
        let text = self.one("HEALTHCHECK");
        serde_json::from_str(text.split_once(" CMD ").unwrap().1).unwrap()
    }

    /// The environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.each("ENV")
            .flat_map(str::split_whitespace)
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

#[test]
fn the_image_is_what_the_script_makes_and_nothing_more() {
    let stages = Stage::all();
    let image = stages.last().unwrap();
    assert_eq!(image.one("FROM"), "scratch");
    let copied: Vec<_> = image.each("COPY").collect();
    assert_eq!(copied[0], "--from=rootfs /rootfs/ /");
    assert_eq!(
        copied[1..],
        ["--from=rootfs --chown=65532:65532 /rootfs/var/lib/jarvis/ /var/lib/jarvis/"]
    );
    assert!(image.each("RUN").next().is_none() && image.each("ADD").next().is_none());
    let makes = stages[1].each("RUN").last().unwrap();
    assert_eq!(makes, "/packaging/rootfs /out/jarvis /rootfs");
    assert_eq!(image.one("USER"), "65532:65532");
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain.split('"').nth(1).unwrap();
    assert_eq!(stages[0].one("FROM"), format!("rust:{version}-bookworm AS build"));
    assert_eq!(stages[0].one("ENV"), format!("RUSTUP_TOOLCHAIN={version}"));
}

#[test]
fn the_usual_rules_for_dockerfiles_hold() {
    if let Some(hadolint) = tools::program("hadolint") {
        let output = Command::new(hadolint)
            .arg("--no-color")
            .arg(root().join("Dockerfile"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// What the build reads goes to it: every member of the workspace, and every file that is compiled in.
#[test]
fn what_is_sent_to_the_build_is_enough_to_build_it() {
    let sent = text(".dockerignore");
    let sent: Vec<_> = sent.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let is_sent = |path: &str| {
        sent.iter()
            .any(|kept| path == *kept || path.starts_with(&format!("{kept}/")))
    };
    let manifest = text("Cargo.toml");
    let members = manifest.split_once("members = [").unwrap().1;
    let members = members.split_once(']').unwrap().0;
    for member in members.split('"').skip(1).step_by(2) {
        assert!(is_sent(member), "{member} is not sent: see .dockerignore");
    }
    let tracked = Command::new("git")
        .args(["ls-files", "--", "*.rs"])
        .current_dir(root())
        .output()
        .unwrap();
    for source in String::from_utf8(tracked.stdout).unwrap().lines() {
        if source.contains("/tests") || !root().join(source).exists() {
            continue;
        }
        let folder = root().join(source).parent().unwrap().to_owned();
        for included in text(source).split("include_str!(").skip(1) {
            let Some(path) = included.trim_start().strip_prefix('"') else {
                continue;
            };
            let path = folder.join(path.split('"').next().unwrap());
            let path = path
                .canonicalize()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            assert!(is_sent(&path), "{path} is compiled in, but not sent");
        }
    }
    for secret in ["config/secrets/pve-token", "secrets/git-key", ".git", "state"] {
        assert!(!is_sent(secret), "{secret}");
    }
}
