//! Issues, alerts and intents.

use super::{
    Moment,
    plan::Action,
    scalar::{Time, int},
    word::{IssueKind, Severity, Tier},
};
use crate::alerts;
use async_graphql::SimpleObject;
use jarvis_model::{Intent as Logged, Issue as Open, Stage, issue::ATTEMPTS_PER_HOUR};

/// An open issue.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Issue {
    /// `Kind/name#issue-kind`; what `acknowledge` takes.
    pub key: String,
    /// Whose, `Kind/name`.
    pub resource: String,
    /// What.
    pub kind: IssueKind,
    /// What was seen.
    pub summary: String,
    /// When it was found.
    pub opened_at: Time,
    /// Attempts within the last hour.
    pub attempts: i32,
    /// Attempts left within this hour.
    pub attempts_left: i32,
    /// Since when the resource has been well, if it is.
    pub healthy_since: Option<Time>,
    /// When a person's stop was announced to be reverted.
    pub announced_at: Option<Time>,
    /// When it was given to people.
    pub escalated_at: Option<Time>,
    /// How the latest attempt ended.
    pub last_outcome: Option<String>,
}

impl Issue {
    /// All open issues by key.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let allowed = attempts_allowed(moment);
        moment
            .view
            .memory
            .issues
            .values()
            .map(|issue| Self::of(issue, allowed, moment))
            .collect()
    }

    fn of(issue: &Open, allowed: u32, moment: &Moment) -> Self {
        let attempts = issue.attempts_in_window(moment.now);
        Self {
            key: issue.key.to_string(),
            resource: issue.key.resource.to_string(),
            kind: issue.key.kind.into(),
            summary: issue.summary.clone(),
            opened_at: issue.opened_at.into(),
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
            attempts_left: i32::try_from(allowed.saturating_sub(attempts)).unwrap_or(i32::MAX),
            healthy_since: issue.healthy_since.map(Time),
            announced_at: issue.announced_at.map(Time),
            escalated_at: issue.escalated_at.map(Time),
            last_outcome: issue.last_outcome.as_ref().map(jarvis_model::Outcome::words),
        }
    }
}

/// Attempts an issue has per hour: the floor's, or what the strictest policy says.
fn attempts_allowed(moment: &Moment) -> u32 {
    let policies = moment.view.desired.policies.values();
    policies
        .filter_map(|policy| policy.spec.budgets.attempts_per_issue)
        .fold(ATTEMPTS_PER_HOUR, u32::min)
}

/// Something a person should know about now.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Alert {
    /// Stable while the alert stands.
    pub id: String,
    /// How serious.
    pub severity: Severity,
    /// Of what, `Kind/name`.
    pub resource: Option<String>,
    /// One short sentence.
    pub title: String,
    /// What to do, or why.
    pub detail: String,
    /// Since when, if that is known.
    pub since: Option<Time>,
    /// The issue to acknowledge, when that ends the alert.
    pub issue: Option<String>,
}

impl Alert {
    /// All alerts, most serious first.
    pub fn all(moment: &Moment) -> Vec<Self> {
        alerts::of(&moment.view).into_iter().map(Self::from).collect()
    }
}

impl From<alerts::Alert> for Alert {
    fn from(alert: alerts::Alert) -> Self {
        Self {
            id: alert.id,
            severity: alert.severity.into(),
            resource: alert.resource.map(|key| key.to_string()),
            title: alert.title,
            detail: alert.detail,
            since: alert.since.map(Time),
            issue: alert.issue.map(|key| key.to_string()),
        }
    }
}

/// An effect: the durable record that precedes it, and how it went.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Intent {
    /// Its name.
    pub id: String,
    /// What is wanted.
    pub action: Action,
    /// The resource, `Kind/name`.
    pub resource: Option<String>,
    /// Who wanted it.
    pub origin: String,
    /// Its tier when it was permitted.
    pub tier: Tier,
    /// Digest of the decision.
    pub digest: String,
    /// Attempt number, from 1; 0 for requests.
    pub attempt: i32,
    /// When it was logged.
    pub logged_at: Time,
    /// By when it must have been observed.
    pub deadline: Time,
    /// How far it has come: `logged`, `reply unknown`, `accepted`, `finished`.
    pub stage: String,
    /// The task that carries it out.
    pub upid: Option<String>,
    /// How it ended, in words; absent while it is open.
    pub outcome: Option<String>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// How to undo it.
    pub undo: String,
}

impl From<&Logged> for Intent {
    fn from(intent: &Logged) -> Self {
        let (stage, upid) = match &intent.stage {
            Stage::Logged => ("logged", None),
            Stage::ReplyUnknown { .. } => ("reply unknown", None),
            Stage::Accepted { upid, .. } => ("accepted", upid.as_ref()),
            Stage::Finished { .. } => ("finished", None),
        };
        Self {
            id: intent.id.to_string(),
            action: (&intent.action).into(),
            resource: intent.resource.as_ref().map(ToString::to_string),
            origin: intent.origin.label(),
            tier: intent.tier.into(),
            digest: intent.digest.to_string(),
            attempt: int(intent.attempt as usize),
            logged_at: intent.logged_at.into(),
            deadline: intent.deadline.into(),
            stage: stage.to_owned(),
            upid: upid.map(|upid| upid.as_str().to_owned()),
            outcome: intent.outcome.as_ref().map(jarvis_model::Outcome::words),
            closed_at: intent.closed_at.map(Time),
            undo: intent.undo.clone(),
        }
    }
}
