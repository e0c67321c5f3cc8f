//! A bare repository in a temporary folder, written with `git fast-import` so that any tree can be made.

use jarvis_ports::{Fetched, ManifestSource, SourceError};
use jarvis_source::{GitSource, Options};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// One entry of a commit's tree.
pub struct File {
    pub mode: &'static str,
    pub path: Vec<u8>,
    pub content: Vec<u8>,
}

/// A plain file.
pub fn file(path: &str, content: &str) -> File {
    File {
        mode: "100644",
        path: path.into(),
        content: content.into(),
    }
}

/// A symlink.
pub fn link(path: &str, target: &str) -> File {
    File {
        mode: "120000",
        path: path.into(),
        content: target.into(),
    }
}

/// How a commit relates to what its branch held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// On top of it.
    Normal,
    /// In its place.
    Force,
}

/// The remote and a folder for everything else.
pub struct Repo {
    pub root: TempDir,
    pub bare: PathBuf,
}

impl Repo {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let bare = root.path().join("remote.git");
        git(
            root.path(),
            &["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"],
        );
        Self { root, bare }
    }

    /// A repository whose main branch holds one commit of these files.
    pub fn with(files: &[File]) -> Self {
        let repo = Self::new();
        repo.commit("main", "first", files, Push::Force);
        repo
    }

    /// Makes a commit whose tree is exactly `files`, and returns its id.
    pub fn commit(&self, branch: &str, subject: &str, files: &[File], push: Push) -> String {
        let mut stream = Vec::new();
        writeln!(stream, "commit refs/heads/{branch}").unwrap();
        writeln!(stream, "committer tester <tester@localhost> 1760000000 +0000").unwrap();
        writeln!(stream, "data {}\n{subject}", subject.len()).unwrap();
        if push == Push::Normal {
            writeln!(stream, "from refs/heads/{branch}^0\ndeleteall").unwrap();
        }
        for File { mode, path, content } in files {
            if *mode == "160000" {
                write!(stream, "M 160000 {} ", String::from_utf8_lossy(content)).unwrap();
                stream.write_all(path).unwrap();
                stream.write_all(b"\n").unwrap();
                continue;
            }
            write!(stream, "M {mode} inline ").unwrap();
            stream.write_all(path).unwrap();
            write!(stream, "\ndata {}\n", content.len()).unwrap();
            stream.write_all(content).unwrap();
            stream.write_all(b"\n").unwrap();
        }
        feed(&self.bare, &["fast-import", "--quiet", "--force"], &stream);
        self.id(&format!("refs/heads/{branch}"))
    }

    /// Replaces the head of a branch by the same commit with a signature, so that git would run a program to check it.
    pub fn commit_again_as_signed(&self, branch: &str) -> String {
        let plain = git(&self.bare, &["cat-file", "commit", branch]);
        let (head, message) = plain.split_once("\n\n").unwrap();
        let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----";
        let text = format!("{head}\n{signature}\n\n{message}\n");
        let id = feed(
            &self.bare,
            &["hash-object", "-t", "commit", "-w", "--stdin"],
            text.as_bytes(),
        );
        git(&self.bare, &["update-ref", &format!("refs/heads/{branch}"), &id]);
        id
    }

    pub fn id(&self, revision: &str) -> String {
        git(&self.bare, &["rev-parse", revision])
    }

    /// The state folder of the source under test.
    pub fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    pub fn options(&self) -> Options {
        Options::new(self.bare.to_str().unwrap(), "main", self.state())
    }

    pub fn source(&self) -> GitSource {
        GitSource::new(self.options()).unwrap()
    }
}

/// The newest revision, which must be there.
pub async fn newest(source: &GitSource) -> Fetched {
    source.fetch(None).await.unwrap().unwrap()
}

/// The error of a fetch that must fail.
pub async fn failure(source: &GitSource) -> SourceError {
    source.fetch(None).await.unwrap_err()
}

/// Runs git away from any configuration; returns its trimmed output.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    feed(folder, arguments, b"")
}

fn feed(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("install git");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes an executable script that leaves a mark.
pub fn trap(path: &Path, mark: &Path) {
    program(path, &format!("touch '{}'", mark.display()));
}

/// Makes an executable script. A child writes it: while this process has a program open for writing, a test beside this one
/// may start a process that has it open too for a moment, and the kernel runs no program that somebody may be writing.
pub fn program(path: &Path, script: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = writer.stdin.take().unwrap();
    writeln!(stdin, "#!/bin/sh\n{script}").unwrap();
    drop(stdin);
    assert!(writer.wait().unwrap().success(), "{}", path.display());
}
