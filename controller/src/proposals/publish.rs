//! The work beside the loop: an approved proposal is committed and pushed. Each try is on the newest head; what others
//! changed in the meantime is either no matter to it or a conflict that names both versions.

use super::{
    Proposing, PushMode,
    commit::{change, own_branch, pull_request},
};
use jarvis_crds::{
    change::{apply, conflict, difference, needed_role, touched},
    load,
};
use jarvis_model::{ChangedFile, Proposal};
use jarvis_ports::{ManifestSource, PushError, PushTarget, Pushed};
use std::sync::Arc;

/// Tries of one push: the branch may move on between a fetch and a push.
const TRIES: u32 = 3;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The remote has it.
    Pushed {
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
        /// Why it is a branch of its own, and what to do with it.
        request: Option<String>,
    },
    /// Others changed the same.
    Conflict(String),
    /// It could not be pushed; it may be tried again.
    Failed(String),
}

/// Pushes a proposal that `by` approved.
pub async fn publish(
    source: Arc<dyn ManifestSource>,
    proposal: Arc<Proposal>,
    by: String,
    proposing: Proposing,
) -> Published {
    let mut target = match proposing.push {
        PushMode::Branch => PushTarget::InForce,
        PushMode::OwnBranch | PushMode::Off => PushTarget::Own(own_branch(&proposal)),
    };
    let mut why = None;
    // First as it was approved: if an earlier process got that far, the commit is found by its trailer.
    let (mut base, mut files) = (proposal.base.clone(), proposal.files.clone());
    for _ in 0..TRIES {
        let made = change(&proposal, &by, (&base, &files), target.clone(), &proposing);
        match source.push(made).await {
            Ok(Pushed { commit, branch }) => {
                let request = match &target {
                    PushTarget::InForce => None,
                    PushTarget::Own(_) => Some(pull_request(&proposal, &branch, why.as_deref())),
                };
                return Published::Pushed {
                    commit,
                    branch,
                    request,
                };
            }
            Err(PushError::Moved) => match again(source.as_ref(), &proposal).await {
                Ok(newer) => (base, files) = newer,
                Err(end) => return end,
            },
            Err(PushError::Refused { why: said, .. }) if target == PushTarget::InForce => {
                why = Some(said);
                target = PushTarget::Own(own_branch(&proposal));
            }
            Err(error) => return Published::Failed(error.to_string()),
        }
    }
    Published::Failed(format!(
        "the branch moved on {TRIES} times while the change was being pushed; approve it again when it is calmer"
    ))
}

/// The change made again on the newest head.
async fn again(
    source: &dyn ManifestSource,
    proposal: &Proposal,
) -> Result<(String, Vec<ChangedFile>), Published> {
    let head = match source.fetch(None).await {
        Ok(Some(head)) => head,
        Ok(None) => return Err(Published::Failed("the source has no revision".to_owned())),
        Err(error) => return Err(Published::Failed(error.to_string())),
    };
    let conflicts = |what: String| {
        Published::Conflict(format!(
            "it was made on {} and the branch is at {}: {what}; look at both and propose it anew",
            short(&proposal.base),
            short(&head.commit)
        ))
    };
    if let Some(what) = conflict(&proposal.files, &proposal.changes, &head.files) {
        return Err(conflicts(what));
    }
    let after = apply(&head.files, &proposal.changes).map_err(|error| conflicts(error.to_string()))?;
    if let Err(errors) = load(&after, &head.commit) {
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        return Err(conflicts(format!(
            "together they are no sound manifests: {first}"
        )));
    }
    let files = difference(&head.files, &after);
    if files.is_empty() {
        return Err(conflicts("it holds there already".to_owned()));
    }
    let (needs, reason) = needed_role(&files, &touched(&files));
    if needs > proposal.needs {
        return Err(conflicts(format!(
            "it needs an admin now, because {}",
            reason.unwrap_or_default()
        )));
    }
    Ok((head.commit, files))
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
