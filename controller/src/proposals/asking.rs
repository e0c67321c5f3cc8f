//! The handle's side of proposals: the change is made on a head, loaded and planned beside the loop, then recorded by it.

use super::{Preview, ProposeChange, Proposing, PushMode, preview};
use crate::{
    command::{Command, CommandError, Person},
    handle::Handle,
};
use jarvis_crds::change::ChangeError;
use jarvis_model::{
    ChangedFile, Digest, ManifestChange, Origin, Proposal, ProposalId, ProposalState, Timestamp,
    memory::PendingRevision,
};
use jarvis_ports::{Fetched, ManifestSource, SourceError};
use std::sync::Arc;

/// Bytes of all files of a proposal, before and after.
const MOST_BYTES: usize = 256 << 10;
/// Changes in a proposal.
const MOST_CHANGES: usize = 200;
/// Characters of a title.
const LONGEST_TITLE: usize = 120;
/// Characters of a reason.
const LONGEST_REASON: usize = 2_000;

impl Handle {
    /// How proposals are handled.
    pub fn proposing(&self) -> &Proposing {
        &self.proposing
    }

    /// Proposals, newest first.
    pub fn proposals(&self) -> Vec<Arc<Proposal>> {
        self.view().memory.proposals.values().rev().cloned().collect()
    }

    /// What a change would do, on the newest revision that is known. Nothing is recorded or fetched.
    pub async fn preview_change(&self, changes: Vec<ManifestChange>) -> Result<Preview, CommandError> {
        let source = self.manifest_source()?;
        let view = self.view();
        let pending = view.memory.pending.as_ref().map(|pending| match pending {
            PendingRevision::Rejected { commit, .. } | PendingRevision::Withheld { commit, .. } => {
                commit.clone()
            }
        });
        let known = pending.or_else(|| {
            view.memory
                .revision
                .as_ref()
                .map(|revision| revision.commit.clone())
        });
        let on = match known {
            Some(commit) => source.read(&commit).await.map_err(unreadable)?,
            None => head(source.as_ref()).await?,
        };
        self.previewed(on, changes).await
    }

    /// Proposes a change of the manifests, on the head of the branch as it is at the remote now.
    pub async fn propose_change(
        &self,
        propose: ProposeChange,
        origin: Origin,
    ) -> Result<Arc<Proposal>, CommandError> {
        super::desk::may_propose(&origin)?;
        let source = self.manifest_source()?;
        let (title, reason) = (title(&propose.title)?, prose(&propose.reason)?);
        let on = head(source.as_ref()).await?;
        let preview = self.previewed(on, propose.changes.clone()).await?;
        if let Some(first) = preview.errors.first() {
            let more = match preview.errors.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more errors)"),
            };
            return Err(invalid("change", format!("{first}{more}")));
        }
        if preview.files.is_empty() {
            return Err(invalid("change", "the manifests say so already".to_owned()));
        }
        check_size(&preview.files)?;
        let proposal = Proposal {
            id: ProposalId(String::new()),
            digest: Proposal::digest_of(&title, &preview.base, &preview.files, preview.needs),
            title,
            reason,
            origin,
            conversation: propose.conversation,
            base: preview.base,
            changes: propose.changes,
            files: preview.files,
            resources: preview.resources,
            effect: preview.effect,
            foreseen: preview.foreseen,
            needs: preview.needs,
            needs_reason: preview.needs_reason,
            made_at: Timestamp::default(),
            expires_at: Timestamp::default(),
            state: ProposalState::Waiting,
        };
        self.ask(|reply| Command::Propose(Box::new(proposal), reply))
            .await
    }

    /// Approves a proposal by the digest of what was seen. Answered once it is pushed, or cannot be: its state says which.
    pub async fn approve_proposal(
        &self,
        id: ProposalId,
        digest: Digest,
        by: Person,
    ) -> Result<Arc<Proposal>, CommandError> {
        self.ask(|reply| Command::ApproveProposal(id, digest, by, reply))
            .await
    }

    /// Says no to a proposal.
    pub async fn reject_proposal(
        &self,
        id: ProposalId,
        reason: String,
        by: Person,
    ) -> Result<Arc<Proposal>, CommandError> {
        self.ask(|reply| Command::RejectProposal(id, reason, by, reply))
            .await
    }

    /// Whether approved proposals go anywhere.
    pub fn pushes(&self) -> bool {
        self.source.is_some() && self.proposing.push != PushMode::Off
    }

    fn manifest_source(&self) -> Result<Arc<dyn ManifestSource>, CommandError> {
        self.source.clone().ok_or_else(|| CommandError::WrongState {
            what: "change manifests".to_owned(),
            why: "no git repository is configured (`source` in jarvis.yaml)".to_owned(),
        })
    }

    async fn previewed(&self, on: Fetched, changes: Vec<ManifestChange>) -> Result<Preview, CommandError> {
        if changes.is_empty() || changes.len() > MOST_CHANGES {
            return Err(invalid("change", format!("give 1 to {MOST_CHANGES} changes")));
        }
        let view = self.view();
        // Loading and planning take a while for a large cluster.
        let made = tokio::task::spawn_blocking(move || preview(&view, &on, &changes)).await;
        let made = made.map_err(|_| CommandError::Stopping)?;
        made.map_err(|error: ChangeError| invalid("change", error.to_string()))
    }
}

async fn head(source: &dyn ManifestSource) -> Result<Fetched, CommandError> {
    let fetched = source.fetch(None).await.map_err(unreadable)?;
    fetched.ok_or_else(|| CommandError::WrongState {
        what: "change manifests".to_owned(),
        why: "the repository has no revision yet".to_owned(),
    })
}

fn unreadable(error: SourceError) -> CommandError {
    CommandError::WrongState {
        what: "change manifests".to_owned(),
        why: error.to_string(),
    }
}

fn title(text: &str) -> Result<String, CommandError> {
    let title: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title: String = title.chars().filter(|c| !c.is_control()).collect();
    match title.chars().count() {
        0 => Err(invalid(
            "title",
            "say in a line what the change is for".to_owned(),
        )),
        1..=LONGEST_TITLE => Ok(title),
        more => Err(invalid(
            "title",
            format!("it has {more} characters, more than {LONGEST_TITLE}; the reason has room for more"),
        )),
    }
}

fn prose(text: &str) -> Result<String, CommandError> {
    if text.chars().count() > LONGEST_REASON {
        return Err(invalid(
            "reason",
            format!("it is longer than {LONGEST_REASON} characters; say it shorter"),
        ));
    }
    Ok(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect())
}

fn check_size(files: &[ChangedFile]) -> Result<(), CommandError> {
    let sides = files.iter().flat_map(|file| [&file.before, &file.after]);
    let bytes: usize = sides.flatten().map(String::len).sum();
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(invalid(
        "change",
        format!(
            "its files have {bytes} bytes before and after it, more than {MOST_BYTES}; make several proposals"
        ),
    ))
}

fn invalid(what: &str, why: String) -> CommandError {
    CommandError::Invalid {
        what: what.to_owned(),
        why,
    }
}
