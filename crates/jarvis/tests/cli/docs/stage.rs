//! What is there before a page begins: nothing, or a simulated cluster and a git server under the addresses of the page.

use crate::support::{Process, program, word_after};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

/// How a page's home is furnished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// An empty home.
    Nothing,
    /// A cluster at 10.0.0.11 and 10.0.0.12, its authority and a reading token in files, an empty repository at
    /// git.example, and a person's git settings.
    Cluster,
}

/// What the stage put up.
#[derive(Default)]
pub struct Set {
    /// What the page calls something, and what it is here.
    pub renamed: Vec<(String, String)>,
    /// What runs beside it.
    pub processes: Vec<Process>,
}

impl Stage {
    /// Furnishes a home.
    pub fn set(self, home: &Path) -> Set {
        match self {
            Self::Nothing => Set::default(),
            Self::Cluster => cluster(home),
        }
    }
}

fn cluster(home: &Path) -> Set {
    let mut command = program(home);
    command.args(["simulate", "--ca-file", "pve-root-ca.pem"]);
    let simulator = Process::start(command, home.join("simulate.log"), "JARVIS_CHAOS_URL=");
    let token = simulator
        .banner
        .lines()
        .find(|line| line.trim().starts_with("reads"))
        .unwrap();
    let token = token.split_whitespace().last().unwrap().to_owned();
    fs::create_dir(home.join("secrets")).unwrap();
    for (name, text) in [
        ("pve-token", token.as_str()),
        ("git-key", "a key"),
        ("known_hosts", "hosts"),
    ] {
        let path = home.join("secrets").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let settings = "[user]\n\tname = you\n\temail = you@home.example\n[init]\n\tdefaultBranch = main\n";
    fs::write(home.join(".gitconfig"), settings).unwrap();
    let repository = home.join("git.example/manifests.git");
    let made = Command::new("git")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .args(["init", "--quiet", "--bare", "--initial-branch", "main"])
        .arg(&repository)
        .status();
    assert!(made.unwrap().success());
    let mut renamed = vec![(
        "git@git.example:home/manifests.git".to_owned(),
        repository.display().to_string(),
    )];
    for (node, url) in [
        ("atlas", "https://10.0.0.11:8006"),
        ("agent1", "https://10.0.0.12:8006"),
    ] {
        renamed.push((url.to_owned(), word_after(&simulator.banner, node)));
    }
    Set {
        renamed,
        processes: vec![simulator],
    }
}
