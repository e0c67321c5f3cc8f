//! The source of manifests, in memory: commits, and everything that can be wrong with a remote.

use async_trait::async_trait;
use jarvis_ports::{Fetched, ManifestSource, SourceError};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

#[derive(Debug, Default)]
struct Remote {
    commits: Vec<Fetched>,
    unreachable: bool,
}

/// The remote.
#[derive(Debug, Default)]
pub struct LifeSource {
    remote: Mutex<Remote>,
}

impl LifeSource {
    fn remote(&self) -> MutexGuard<'_, Remote> {
        self.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A commit on top; its id is returned.
    pub fn commit(&self, yaml: String, summary: &str) -> String {
        let mut remote = self.remote();
        let commit = format!("{:040x}", 0xC0_0000 + remote.commits.len());
        remote.commits.push(Fetched {
            commit: commit.clone(),
            summary: summary.to_owned(),
            files: BTreeMap::from([("all.yaml".to_owned(), yaml.into_bytes())]),
        });
        commit
    }

    /// Everything but the newest commit is gone.
    pub fn rewrite_history(&self) {
        for commit in self.remote().commits.iter_mut().rev().skip(1) {
            commit.commit = format!("gone-{}", commit.commit);
        }
    }

    /// Whether the remote can be reached from now on.
    pub fn set_reachable(&self, reachable: bool) {
        self.remote().unreachable = !reachable;
    }
}

fn failed(what: &'static str, why: &str) -> SourceError {
    SourceError {
        what,
        remote: "git.home.example:manifests".to_owned(),
        why: why.to_owned(),
        hint: "try again".to_owned(),
    }
}

#[async_trait]
impl ManifestSource for LifeSource {
    async fn fetch(&self, known: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        let remote = self.remote();
        if remote.unreachable {
            return Err(failed("fetch", "it does not answer"));
        }
        let newest = remote
            .commits
            .last()
            .ok_or_else(|| failed("fetch", "it is empty"))?;
        Ok((Some(newest.commit.as_str()) != known).then(|| newest.clone()))
    }

    async fn read(&self, revision: &str) -> Result<Fetched, SourceError> {
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        let remote = self.remote();
        let found = remote.commits.iter().find(|commit| commit.commit == revision);
        found
            .cloned()
            .ok_or_else(|| failed("read", "there is no such revision"))
    }
}
