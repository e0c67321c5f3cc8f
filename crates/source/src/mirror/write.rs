//! Writing into the mirror: a commit out of changed files by an index of its own, and its push.

use super::{HEADS, Mirror, SMALL_CAP_BYTES};
use crate::explain::{Trouble, clean, explain};
use crate::settings::PUSH_CONFIG_FILE;
use jarvis_ports::{Author, Change};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;

const INDEX: &str = "proposal.index";
/// Commits looked through for one that is there already.
const LOOKED_THROUGH: &str = "--max-count=200";

/// How a push ended.
#[derive(Debug, PartialEq, Eq)]
pub enum PushEnd {
    /// The remote has it.
    Done,
    /// The branch is elsewhere.
    Moved,
    /// The remote's own rule refused it, in its words.
    Refused(String),
}

impl Mirror {
    /// The commit with the trailer `Proposal: ID` among the latest up to `tip`.
    pub async fn commit_of_proposal(&self, tip: &str, id: &str) -> Result<Option<String>, Trouble> {
        let format = "--format=%H%x00%(trailers:key=Proposal,valueonly,separator=%x00)%x00";
        let arguments = [
            "log",
            "--no-color",
            LOOKED_THROUGH,
            format,
            "--end-of-options",
            tip,
        ];
        let listed = self.objects(&arguments, b"", SMALL_CAP_BYTES).await?;
        let text = String::from_utf8_lossy(&listed).into_owned();
        let of_it = |line: &&str| line.split('\0').skip(1).any(|value| value.trim() == id);
        let line = text.lines().find(of_it);
        Ok(line.and_then(|line| line.split('\0').next()).map(str::to_owned))
    }

    /// Makes the commit of a change on its base, in the object database only.
    pub async fn commit_change(&self, change: &Change) -> Result<String, Trouble> {
        self.drop_index()?;
        let made = self.commit_by_index(change).await;
        self.drop_index()?;
        made
    }

    async fn commit_by_index(&self, change: &Change) -> Result<String, Trouble> {
        self.by_index(&["read-tree", &change.base], b"").await?;
        let mut entries = Vec::new();
        for (path, content) in &change.files {
            let (mode, id) = match content {
                Some(bytes) => (
                    self.mode_of(&change.base, path).await?,
                    self.by_index(&["hash-object", "-w", "--no-filters", "--stdin"], bytes)
                        .await?,
                ),
                None => ("0", "0".repeat(change.base.len())),
            };
            entries.extend(format!("{mode} {id}\t{path}\0").into_bytes());
        }
        self.by_index(&["update-index", "-z", "--index-info"], &entries)
            .await?;
        let tree = self.by_index(&["write-tree"], b"").await?;
        let arguments = ["commit-tree", "--no-gpg-sign", "-p", &change.base, &tree];
        let people = [
            ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", &change.author),
            ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", &change.committer),
        ];
        let further: Vec<(&str, OsString)> = people
            .into_iter()
            .flat_map(|(name, email, Author { name: n, email: e })| [(name, n.into()), (email, e.into())])
            .collect();
        let output = self
            .asked_with(&further, &arguments, change.message.as_bytes())
            .await?;
        Ok(trimmed(&self.expect(output)?))
    }

    /// The mode an existing file keeps; a new one is plain. What is no file is not written over.
    async fn mode_of(&self, base: &str, path: &str) -> Result<&'static str, Trouble> {
        let arguments = ["ls-tree", "-z", "--full-tree", base, "--", path];
        let listed = self.objects(&arguments, b"", SMALL_CAP_BYTES).await?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        match listed.split_ascii_whitespace().next() {
            None | Some("100644") => Ok("100644"),
            Some("100755") => Ok("100755"),
            Some(_) => Err(Trouble::new(
                format!("{path} is no file in the repository"),
                "choose another path",
            )),
        }
    }

    /// Pushes a commit to a branch of the remote. Never forces.
    pub async fn push(&self, commit: &str, branch: &str) -> Result<PushEnd, Trouble> {
        let remote = self.remote.argument();
        let refspec = format!("{commit}:refs/heads/{branch}");
        let arguments = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--",
            &remote,
            &refspec,
        ];
        let config = self.path(PUSH_CONFIG_FILE).into_os_string();
        let output = self
            .asked_with(&[("GIT_CONFIG_GLOBAL", config)], &arguments, b"")
            .await?;
        if output.code == Some(0) {
            let reference = format!("{HEADS}{branch}");
            let updated = self
                .ask(&["update-ref", &reference, commit], b"", SMALL_CAP_BYTES)
                .await?;
            self.expect(updated)?;
            return Ok(PushEnd::Done);
        }
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        match verdict(&words, &output.stderr) {
            Some(PushEnd::Refused(why)) => Ok(PushEnd::Refused(clean(&why, &self.secrets))),
            Some(end) => Ok(end),
            None if is_read_only(&output.stderr) => Err(Trouble::new(
                "the server lets Jarvis read the repository and not write to it",
                "give its deploy key or token the right to write, or set `source.propose.push: off` in jarvis.yaml and commit \
                 changes yourself",
            )),
            None => Err(explain(&output.stderr, &self.secrets)),
        }
    }

    async fn by_index(&self, arguments: &[&str], input: &[u8]) -> Result<String, Trouble> {
        let index = self.path(INDEX).into_os_string();
        let output = self
            .asked_with(&[("GIT_INDEX_FILE", index)], arguments, input)
            .await?;
        Ok(trimmed(&self.expect(output)?))
    }

    async fn asked_with(
        &self,
        further: &[(&str, OsString)],
        arguments: &[&str],
        input: &[u8],
    ) -> Result<crate::program::Output, Trouble> {
        let mut all = vec!["--no-pager", "--git-dir", super::MIRROR];
        all.extend(arguments);
        Ok(self.git.run_with(further, &all, input, SMALL_CAP_BYTES).await?)
    }

    fn drop_index(&self) -> Result<(), Trouble> {
        for name in [INDEX.to_owned(), format!("{INDEX}.lock")] {
            match fs::remove_file(self.path(&name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Trouble::state_folder("remove an index", &error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn trimmed(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

/// What `push --porcelain` and the server say of the one reference.
fn verdict(porcelain: &str, stderr: &str) -> Option<PushEnd> {
    let line = porcelain.lines().find(|line| line.starts_with('!'))?;
    let why = line.rsplit('\t').next().unwrap_or(line);
    let raced = [
        "non-fast-forward",
        "fetch first",
        "stale info",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
        "reference already exists",
    ];
    if raced.iter().any(|sign| why.contains(sign)) {
        return Some(PushEnd::Moved);
    }
    if why.contains("unpacker error") {
        return None;
    }
    let why = why.strip_prefix("[remote rejected]").unwrap_or(why).trim();
    let why = why.trim_start_matches('(').trim_end_matches(')');
    let server: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote: "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let said = if server.is_empty() {
        why.to_owned()
    } else {
        format!("{why}: {}", server.join(" / "))
    };
    Some(PushEnd::Refused(said))
}

/// Whether the server lets nobody write with these credentials.
fn is_read_only(stderr: &str) -> bool {
    let lower = stderr.to_lowercase();
    let signs = [
        "denied to",
        "denied by",
        "access denied",
        "read only",
        "read-only",
        "not allowed to push",
        "write access",
        "error: 403",
        "insufficient permission",
        "unable to create temporary",
        "unpacker error",
        "not enabled",
    ];
    !lower.contains("permission denied (") && signs.iter().any(|sign| lower.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_push_ended_is_read_from_its_words() {
        let line = |why: &str| format!("To /x.git\n!\tabc:refs/heads/main\t{why}\nDone\n");
        for raced in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
        ] {
            assert_eq!(verdict(&line(raced), ""), Some(PushEnd::Moved), "{raced}");
        }
        let hook = "remote: Only on Sundays.        \nremote: \nerror: failed to push some refs to '/x.git'";
        assert_eq!(
            verdict(&line("[remote rejected] (pre-receive hook declined)"), hook),
            Some(PushEnd::Refused(
                "pre-receive hook declined: Only on Sundays.".into()
            ))
        );
        assert_eq!(verdict("To /x.git\n", "fatal: unable to access"), None);
        assert!(is_read_only("remote: Permission to a/b.git denied to deploy."));
        assert!(is_read_only(
            "ERROR: The key you are authenticating with has been marked as read only."
        ));
        assert!(!is_read_only("git@h: Permission denied (publickey)."));
    }
}
