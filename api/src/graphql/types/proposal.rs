//! Proposals: changes of manifests that wait for a person, and what a change would do.

use super::{
    Moment,
    plan::PlannedStatus,
    resource::Status,
    scalar::{Time, int},
    word::{ProposalState, Role, VerdictKind},
};
use crate::auth::{Caller, Need, allow};
use async_graphql::SimpleObject;
use jarvis_controller::Preview;
use jarvis_crds::{ManifestError, change::unified};
use jarvis_model::{
    ChangedFile as Changed, Foresaid, Foreseen, Proposal as Proposed, ProposalState as State, Sync as InSync,
};

/// A file that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ChangedFile {
    /// Path in the repository.
    pub path: String,
    /// As it was; absent for a new file.
    pub before: Option<String>,
    /// As it would be; absent for one that goes.
    pub after: Option<String>,
}

impl From<&Changed> for ChangedFile {
    fn from(file: &Changed) -> Self {
        Self {
            path: file.path.clone(),
            before: file.before.clone(),
            after: file.after.clone(),
        }
    }
}

/// A decision the plan would make once the change is in force.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ForeseenDecision {
    /// `start guest 101`.
    pub text: String,
    /// `Kind/name`.
    pub resource: Option<String>,
    /// What the guard would say.
    pub verdict: VerdictKind,
    /// Why it would not be done at once.
    pub reason: Option<String>,
    /// Whether the plan without the change does not have it.
    pub new: bool,
}

impl From<&Foreseen> for ForeseenDecision {
    fn from(foreseen: &Foreseen) -> Self {
        Self {
            text: foreseen.text.clone(),
            resource: foreseen.resource.as_ref().map(ToString::to_string),
            verdict: match foreseen.verdict {
                Foresaid::Permit => VerdictKind::Permit,
                Foresaid::Confirm => VerdictKind::Confirm,
                Foresaid::Wait => VerdictKind::Wait,
                Foresaid::Refuse => VerdictKind::Refuse,
            },
            reason: foreseen.reason.clone(),
            new: foreseen.new,
        }
    }
}

/// One thing that is wrong in a manifest file, or doubtful.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ManifestFinding {
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: i32,
    /// Column, from 1, in characters.
    pub column: i32,
    /// `Kind/name` of the document it is in, as far as known.
    pub resource: Option<String>,
    /// Where in the document, such as `spec.runStrategy`; empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
    /// All of it in a line: `file:line:column Kind/name field: problem; hint`.
    pub text: String,
}

impl From<&ManifestError> for ManifestFinding {
    fn from(error: &ManifestError) -> Self {
        Self {
            path: error.file.clone(),
            line: int(error.line),
            column: int(error.column),
            resource: error.resource.clone(),
            field: error.field.clone(),
            problem: error.problem.clone(),
            hint: error.hint.clone(),
            text: error.to_string(),
        }
    }
}

/// What a change would do. With errors it cannot be proposed, and there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ChangePreview {
    /// The commit it was made on.
    pub base: String,
    /// The files that differ.
    pub files: Vec<ChangedFile>,
    /// The same as a unified diff.
    pub diff: String,
    /// What would come of it, in a sentence or two.
    pub effect: String,
    /// The decisions the plan would make.
    pub decisions: Vec<ForeseenDecision>,
    /// The least role that may approve it.
    pub needs: Role,
    /// Why that is more than an operator, if it is.
    pub needs_reason: Option<String>,
    /// The status the touched resources would have.
    pub statuses: Vec<PlannedStatus>,
    /// Every error of the files after it.
    pub errors: Vec<ManifestFinding>,
    /// What is valid and yet probably not meant.
    pub warnings: Vec<ManifestFinding>,
}

impl From<&Preview> for ChangePreview {
    fn from(preview: &Preview) -> Self {
        Self {
            base: preview.base.clone(),
            files: preview.files.iter().map(ChangedFile::from).collect(),
            diff: preview.diff.clone(),
            effect: preview.effect.clone(),
            decisions: preview.foreseen.iter().map(ForeseenDecision::from).collect(),
            needs: preview.needs.into(),
            needs_reason: preview.needs_reason.clone(),
            statuses: preview
                .statuses
                .iter()
                .map(|(key, status)| PlannedStatus {
                    resource: key.to_string(),
                    status: status.into(),
                })
                .collect(),
            errors: preview.errors.iter().map(ManifestFinding::from).collect(),
            warnings: preview.warnings.iter().map(ManifestFinding::from).collect(),
        }
    }
}

/// A resource that a proposal touches.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ProposedResource {
    /// `Kind/name`.
    pub key: String,
    /// How it stands now; absent where no manifest in force declares it.
    pub status: Option<Status>,
}

/// A change of the manifests that waits for a person, or waited.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Proposal {
    /// Its name.
    pub id: String,
    /// What it is for, in a line: the commit's subject.
    pub title: String,
    /// Why.
    pub reason: String,
    /// Who proposes it: `anna (dashboard)`.
    pub by: String,
    /// The conversation it came up in.
    pub conversation: Option<String>,
    /// When it was made.
    pub made_at: Time,
    /// Until when it may be approved.
    pub expires_at: Time,
    /// Where it stands.
    pub state: ProposalState,
    /// The same in a sentence; of a pushed one also whether it is in force and how its resources are doing.
    pub outcome: String,
    /// What `approveProposal` takes.
    pub digest: String,
    /// The least role that may approve it.
    pub needs: Role,
    /// Why that is more than an operator, if it is.
    pub needs_reason: Option<String>,
    /// Whether the caller may approve it now.
    pub may_approve: bool,
    /// The commit it was made on.
    pub base: String,
    /// The files it changes.
    pub files: Vec<ChangedFile>,
    /// The same as a unified diff.
    pub diff: String,
    /// What would come of it, in a sentence or two.
    pub effect: String,
    /// The decisions the plan would make, as foreseen when it was made.
    pub decisions: Vec<ForeseenDecision>,
    /// The resources it touches.
    pub resources: Vec<ProposedResource>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// Since when it stands so.
    pub decided_at: Option<Time>,
    /// Its commit, once pushed.
    pub commit: Option<String>,
    /// The branch it was pushed to.
    pub branch: Option<String>,
    /// Why it was pushed to a branch of its own, and the text for a pull request.
    pub pull_request: Option<String>,
    /// The revision with which it came into force.
    pub applied_revision: Option<String>,
}

impl Proposal {
    /// A proposal as `caller` sees it.
    pub fn of(proposal: &Proposed, moment: &Moment, caller: &Caller, pushes: bool) -> Self {
        let statuses = &moment.view.plan.statuses;
        let (decided_by, decided_at) = decided(&proposal.state);
        let (commit, branch, pull_request, applied_revision) = pushed(&proposal.state);
        Self {
            id: proposal.id.to_string(),
            title: proposal.title.clone(),
            reason: proposal.reason.clone(),
            by: proposal.origin.label(),
            conversation: proposal.conversation.clone(),
            made_at: proposal.made_at.into(),
            expires_at: proposal.expires_at.into(),
            state: (&proposal.state).into(),
            outcome: outcome(proposal, moment),
            digest: proposal.digest.to_string(),
            needs: proposal.needs.into(),
            needs_reason: proposal.needs_reason.clone(),
            may_approve: pushes
                && proposal.state.is_open()
                && proposal.expires_at > moment.now
                && allow(caller, Need::Role(proposal.needs)).is_ok(),
            base: proposal.base.clone(),
            files: proposal.files.iter().map(ChangedFile::from).collect(),
            diff: unified(&proposal.files),
            effect: proposal.effect.clone(),
            decisions: proposal.foreseen.iter().map(ForeseenDecision::from).collect(),
            resources: proposal
                .resources
                .keys()
                .map(|key| ProposedResource {
                    key: key.to_string(),
                    status: statuses.get(key).map(Status::from),
                })
                .collect(),
            decided_by,
            decided_at: decided_at.map(Time),
            commit,
            branch,
            pull_request,
            applied_revision,
        }
    }
}

fn decided(state: &State) -> (Option<String>, Option<jarvis_model::Timestamp>) {
    match state {
        State::Waiting => (None, None),
        State::Approved { by, at }
        | State::Pushed { by, at, .. }
        | State::Applied { by, at, .. }
        | State::Rejected { by, at, .. } => (Some(by.clone()), Some(*at)),
        State::Expired { at } | State::Failed { at, .. } | State::Conflict { at, .. } => (None, Some(*at)),
    }
}

type Whereabouts = (Option<String>, Option<String>, Option<String>, Option<String>);

fn pushed(state: &State) -> Whereabouts {
    match state {
        State::Pushed {
            commit,
            branch,
            request,
            ..
        } => (Some(commit.clone()), Some(branch.clone()), request.clone(), None),
        State::Applied { commit, revision, .. } => (Some(commit.clone()), None, None, Some(revision.clone())),
        _ => (None, None, None, None),
    }
}

/// How it stands, in a sentence.
fn outcome(proposal: &Proposed, moment: &Moment) -> String {
    let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
    match &proposal.state {
        State::Waiting => format!(
            "Waits for {} until {}",
            match proposal.needs {
                jarvis_model::Role::Admin => "an admin",
                _ => "an operator",
            },
            Time(proposal.expires_at)
        ),
        State::Approved { by, .. } => format!("Approved by {by}; being committed and pushed"),
        State::Pushed {
            branch,
            request: Some(_),
            commit,
            ..
        } => format!(
            "Pushed to {branch} as {}; in force once it is merged",
            short(commit)
        ),
        State::Pushed { commit, branch, .. } => {
            format!("Pushed to {branch} as {}; not in force yet", short(commit))
        }
        State::Applied { revision, .. } => {
            format!(
                "In force with revision {}{}",
                short(revision),
                doing(proposal, moment)
            )
        }
        State::Rejected { by, reason, .. } if reason.is_empty() => format!("Rejected by {by}"),
        State::Rejected { by, reason, .. } => format!("Rejected by {by}: {reason}"),
        State::Expired { .. } => "Expired: nobody answered in time".to_owned(),
        State::Failed { reason, .. } => format!("Not pushed: {reason}. It may be approved again"),
        State::Conflict { reason, .. } => format!("Overtaken by another change: {reason}"),
    }
}

/// Which of its resources are not as declared now.
fn doing(proposal: &Proposed, moment: &Moment) -> String {
    let statuses = &moment.view.plan.statuses;
    let behind: Vec<String> = proposal
        .resources
        .keys()
        .filter_map(|key| {
            let status = statuses.get(key).filter(|status| status.sync != InSync::Synced)?;
            let why = status.headline().map(|headline| headline.message.clone());
            Some(format!(
                "{key}: {}",
                why.unwrap_or_else(|| "not in sync".to_owned())
            ))
        })
        .collect();
    if behind.is_empty() {
        "; everything is as declared".to_owned()
    } else {
        format!("; {}", behind.join("; "))
    }
}
