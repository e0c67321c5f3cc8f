//! Plans, decisions, verdicts and actions.

use super::{
    scalar::{Time, int},
    word::{Tier, VerdictKind},
};
use async_graphql::{Object, SimpleObject};
use jarvis_model::{Action as Wanted, Cause, Host, Refusal as Refused, Rule, Verdict as Judged};
use jarvis_planner::{Decision as Decided, Plan as Planned};
use std::sync::Arc;

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Action {
    /// `startGuest`, `shutdownGuest`, `rebootNode` ...
    pub name: String,
    /// In words: `start guest 101`.
    pub text: String,
    /// The guest it is aimed at.
    pub vmid: Option<i32>,
    /// The node it is aimed at by name.
    pub node: Option<String>,
    /// The host of the configuration file it is aimed at by name.
    pub host: Option<String>,
    /// The destination of a migration.
    pub target_node: Option<String>,
    /// The unit or container.
    pub service: Option<String>,
    /// The snapshot.
    pub snapshot: Option<String>,
    /// The command.
    pub argv: Option<Vec<String>>,
}

impl From<&Wanted> for Action {
    fn from(action: &Wanted) -> Self {
        let name = serde_json::to_value(action)
            .ok()
            .and_then(|value| Some(value.get("action")?.as_str()?.to_owned()));
        let service = match action {
            Wanted::StartService { service, .. }
            | Wanted::RestartService { service, .. }
            | Wanted::StopService { service, .. } => Some(service.clone()),
            _ => None,
        };
        let host = match action {
            Wanted::StartService {
                host: Host::Named(name),
                ..
            }
            | Wanted::RestartService {
                host: Host::Named(name),
                ..
            }
            | Wanted::StopService {
                host: Host::Named(name),
                ..
            }
            | Wanted::RunCommand {
                host: Host::Named(name),
                ..
            } => Some(name.clone()),
            _ => None,
        };
        let snapshot = match action {
            Wanted::CreateSnapshot { snapshot, .. } | Wanted::RollbackSnapshot { snapshot, .. } => {
                Some(snapshot.clone())
            }
            _ => None,
        };
        let (target_node, argv) = match action {
            Wanted::MigrateGuest { target, .. } => (Some(target.to_string()), None),
            Wanted::RunCommand { argv, .. } => (None, Some(argv.clone())),
            _ => (None, None),
        };
        Self {
            name: name.unwrap_or_default(),
            text: action.to_string(),
            vmid: action.vmid().and_then(|vmid| i32::try_from(vmid.get()).ok()),
            node: action.node().map(ToString::to_string),
            host,
            target_node,
            service,
            snapshot,
            argv,
        }
    }
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Refusal {
    /// Stable code, `JV1002`; documented under `docs/errors/`.
    pub code: String,
    /// The rule by name.
    pub rule: String,
    /// The tier in this context.
    pub tier: Tier,
    /// What the rule speaks of: `guest 103`, `node agent1`.
    pub resource: String,
    /// One sentence.
    pub reason: String,
    /// What would unblock it.
    pub unblock: String,
}

impl From<&Refused> for Refusal {
    fn from(refusal: &Refused) -> Self {
        Self {
            code: refusal.rule.code(),
            rule: refusal.rule.name(),
            tier: refusal.tier.into(),
            resource: refusal.resource.clone(),
            reason: refusal.reason.clone(),
            unblock: refusal.unblock.clone(),
        }
    }
}

/// The guard's answer.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Verdict {
    /// Which.
    pub kind: VerdictKind,
    /// The same in words: `permitted`, `needs confirmation`, `waiting`, `refused`.
    pub word: String,
    /// The tier in this context.
    pub tier: Tier,
    /// Code of the rule that speaks.
    pub code: Option<String>,
    /// The rule that speaks.
    pub rule: Option<String>,
    /// Why a person is asked, or why not.
    pub reason: Option<String>,
    /// Whether the target's name must be typed to confirm.
    pub typed: bool,
    /// When to look again, if it waits and that is known.
    pub until: Option<Time>,
    /// The refusal or what it waits for, in full.
    pub refusal: Option<Refusal>,
}

impl From<&Judged> for Verdict {
    fn from(verdict: &Judged) -> Self {
        let (kind, reason, typed, until, refusal) = match verdict {
            Judged::Permit { .. } => (VerdictKind::Permit, None, false, None, None),
            Judged::Confirm { typed, reason, .. } => (VerdictKind::Confirm, Some(reason), *typed, None, None),
            Judged::Wait { refusal, until, .. } => (
                VerdictKind::Wait,
                Some(&refusal.reason),
                false,
                *until,
                Some(refusal),
            ),
            Judged::Refuse { refusal } => (
                VerdictKind::Refuse,
                Some(&refusal.reason),
                false,
                None,
                Some(refusal),
            ),
        };
        Self {
            kind,
            word: verdict.word().to_owned(),
            tier: verdict.tier().into(),
            code: verdict.rule().map(Rule::code),
            rule: verdict.rule().map(Rule::name),
            reason: reason.cloned(),
            typed,
            until: until.map(Time),
            refusal: refusal.map(Refusal::from),
        }
    }
}

/// One thing to be done, with the guard's verdict and the facts it stands on.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Decision {
    /// Its digest; what a person confirms.
    pub id: String,
    /// What.
    pub action: Action,
    /// Who wants it: `reconciler`, `anna (dashboard)`.
    pub origin: String,
    /// The issue it would mend.
    pub issue: Option<String>,
    /// The ticket it was asked with.
    pub ticket: Option<String>,
    /// The resource, `Kind/name`.
    pub resource: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The facts it stands on, a line each.
    pub evidence: Vec<String>,
    /// Attempt number it would be, from 1; 0 for requests of people.
    pub attempt: i32,
}

impl From<&Decided> for Decision {
    fn from(decision: &Decided) -> Self {
        let (issue, ticket) = match &decision.request.cause {
            Cause::Issue { issue } => (Some(issue.to_string()), None),
            Cause::Ticket { ticket } => (None, Some(ticket.to_string())),
        };
        Self {
            id: decision.id().to_string(),
            action: (&decision.request.action).into(),
            origin: decision.request.origin.label(),
            issue,
            ticket,
            resource: decision.request.resource.as_ref().map(ToString::to_string),
            verdict: (&decision.verdict).into(),
            evidence: decision.evidence.clone(),
            attempt: i32::try_from(decision.attempt).unwrap_or(i32::MAX),
        }
    }
}

/// A line of the planning report.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ReportLine {
    /// What it is about: a resource, a ticket, `cluster`.
    pub subject: String,
    /// One sentence.
    pub text: String,
}

/// The status a resource would have.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PlannedStatus {
    /// `Kind/name`.
    pub resource: String,
    /// The status.
    pub status: super::resource::Status,
}

/// A plan: what should be done, and why what waits.
#[derive(Debug, Clone)]
pub struct Plan(pub Arc<Planned>);

/// A plan: what should be done, and why what waits.
#[Object]
impl Plan {
    /// Git commit of the revision it follows; `unsaved` for files sent with the query.
    async fn revision(&self) -> &str {
        &self.0.revision
    }

    /// When it was made.
    async fn at(&self) -> Time {
        self.0.at.into()
    }

    /// Digest over its decisions; who confirms a large plan confirms this.
    async fn digest(&self) -> &str {
        self.0.digest.as_str()
    }

    /// Whether there is nothing to do.
    async fn in_sync(&self) -> bool {
        self.0.decisions.is_empty()
    }

    /// How many decisions there are.
    async fn decision_count(&self) -> i32 {
        int(self.0.decisions.len())
    }

    /// What is to be done, in the order it would be done.
    #[graphql(complexity = "10 * child_complexity")]
    async fn decisions(&self) -> Vec<Decision> {
        self.0.decisions.iter().map(Decision::from).collect()
    }

    /// What was considered and why it waits.
    #[graphql(complexity = "10 * child_complexity")]
    async fn report(&self) -> Vec<ReportLine> {
        let lines = self.0.report.iter();
        lines
            .map(|line| ReportLine {
                subject: line.subject.clone(),
                text: line.text.clone(),
            })
            .collect()
    }

    /// The status each resource has under it.
    #[graphql(complexity = "10 * child_complexity")]
    async fn statuses(&self) -> Vec<PlannedStatus> {
        let statuses = self.0.statuses.iter();
        statuses
            .map(|(key, status)| PlannedStatus {
                resource: key.to_string(),
                status: status.into(),
            })
            .collect()
    }

    /// When Jarvis looks again even if nothing happens.
    async fn wake_at(&self) -> Option<Time> {
        self.0.wake_at.map(Time)
    }
}
