//! Committing and pushing a change: one try on one base. Knows nothing of what to do when the branch moved on.

use crate::branch::refused_branch;
use crate::explain::Trouble;
use crate::mirror::PushEnd;
use crate::source::GitSource;
use jarvis_ports::{Change, PushError, PushTarget, Pushed};

/// Why a push did not come to its end.
pub enum Fault {
    /// The branch is elsewhere.
    Moved,
    /// The server's own rule.
    Refused {
        /// The branch.
        branch: String,
        /// In its words.
        why: String,
    },
    /// Anything else.
    Trouble(Trouble),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Fault {
    /// As the port says it.
    pub fn told(self, source: &GitSource) -> PushError {
        match self {
            Self::Moved => PushError::Moved,
            Self::Refused { branch, why } => PushError::Refused { branch, why },
            Self::Trouble(trouble) => PushError::Source(source.error("push to", trouble)),
        }
    }
}

impl GitSource {
    /// Commits and pushes a change, or finds it pushed already.
    pub(crate) async fn push_change(&self, change: &Change) -> Result<Pushed, Fault> {
        self.check_paths(change)?;
        let own = match &change.target {
            PushTarget::InForce => None,
            PushTarget::Own(name) => match refused_branch(name) {
                Some(why) => return Err(Trouble::new(why, "choose another name").into()),
                None => Some(name),
            },
        };
        let _held = self.mirror.open().await?;
        self.mirror.fetch().await?;
        let head = self.head(&self.branch).await?;
        let branch = own.unwrap_or(&self.branch).clone();
        let tip = match own {
            Some(name) => self.mirror.head(name).await?,
            None => Some(head.clone()),
        };
        if let Some(tip) = tip
            && let Some(commit) = self.mirror.commit_of_proposal(&tip, &change.id).await?
        {
            return Ok(Pushed { commit, branch });
        }
        if own.is_none() && head != change.base {
            return Err(Fault::Moved);
        }
        let commit = self.mirror.commit_change(change).await?;
        match self.mirror.push(&commit, &branch).await? {
            PushEnd::Done => Ok(Pushed { commit, branch }),
            PushEnd::Moved => Err(Fault::Moved),
            PushEnd::Refused(why) => Err(Fault::Refused { branch, why }),
        }
    }

    /// Only manifests are written, and only in their folder.
    fn check_paths(&self, change: &Change) -> Result<(), Trouble> {
        let inside = |path: &str| {
            let part = |part: &str| !part.is_empty() && !part.starts_with('.');
            let rest = match self.folder.as_str() {
                "" => Some(path),
                folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
            };
            let yaml = [".yaml", ".yml"].iter().any(|end| path.ends_with(end));
            yaml && !path.chars().any(char::is_control) && rest.is_some_and(|rest| rest.split('/').all(part))
        };
        match change.files.keys().find(|path| !inside(path)) {
            None => Ok(()),
            Some(path) => Err(Trouble::new(
                format!("{path} is no file of the manifests"),
                match self.folder.as_str() {
                    "" => "write a relative path that ends in .yaml, without hidden folders".to_owned(),
                    folder => {
                        format!("write a path below {folder}/ that ends in .yaml, without hidden folders")
                    }
                },
            )),
        }
    }
}
