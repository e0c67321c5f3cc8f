//! Runbooks: those of the manifests, and what Jarvis does by itself where no manifest says otherwise.

use super::{Moment, scalar::int, word::IssueKind};
use async_graphql::SimpleObject;
use jarvis_crds::{IssueWord, Manifest, RunbookSpec, Step, StepAction, Verify};
use jarvis_model::{
    Issue, IssueKind as Kind, ResourceKey, ResourceKind,
    issue::{ATTEMPT_WINDOW, ATTEMPTS_PER_HOUR},
};
use std::{collections::BTreeMap, time::Duration};

/// What is done about one kind of issue.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Runbook {
    /// Its name.
    pub name: String,
    /// In Jarvis itself, not in a manifest.
    pub built_in: bool,
    /// `Runbook/name`; absent for what is built in.
    pub resource: Option<String>,
    /// What sets it off, in words.
    pub trigger: String,
    /// The kind of issue it answers.
    pub issue: IssueKind,
    /// What is done, in order.
    pub steps: Vec<RunbookStep>,
    /// Attempts for one issue within its window.
    pub attempts: i32,
    /// The window, in seconds.
    pub per_seconds: i32,
    /// Open issues it answers, with what is left of the budget.
    pub issues: Vec<RunbookIssue>,
    /// Channels told when the budget is used up; all of them when empty.
    pub escalate_to: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct RunbookStep {
    /// What is done.
    pub text: String,
    /// What must be seen afterwards.
    pub verify: Option<String>,
    /// How long both may take.
    pub timeout_seconds: Option<i32>,
}

/// An open issue that a runbook answers.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct RunbookIssue {
    /// `Kind/name#issue-kind`.
    pub key: String,
    /// Attempts within the window.
    pub attempts_used: i32,
    /// Attempts left.
    pub attempts_left: i32,
    /// The step a run is at, from 0; absent while none is under way.
    pub step: Option<i32>,
    /// Whether it was given to people.
    pub escalated: bool,
}

/// What Jarvis does by itself: the issue, what sets it off, the step, what must be seen.
const BUILT_IN: [(Kind, &str, &str, &str); 5] = [
    (
        Kind::GuestDown,
        "a guest that should run does not",
        "start the guest",
        "the guest runs, seen twice",
    ),
    (
        Kind::GuestUp,
        "a guest that should be stopped runs",
        "shut the guest down gracefully",
        "the guest is stopped",
    ),
    (
        Kind::GuestNotReady,
        "a guest's probe fails for too long",
        "tell people",
        "the probe succeeds",
    ),
    (
        Kind::NodeUnreachable,
        "a node that is expected online is not",
        "wake the node over the network",
        "the node is online",
    ),
    (
        Kind::ServiceDown,
        "a service is not as declared",
        "start or restart the service",
        "the service is up",
    ),
];

impl Runbook {
    /// Those of the manifests by name, then what is built in.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let view = &moment.view;
        let of_manifests = view
            .desired
            .runbooks
            .values()
            .map(|book| Self::of_manifest(book, moment));
        let built_in = BUILT_IN.iter().map(|row| Self::of_jarvis(row, moment));
        of_manifests.chain(built_in).collect()
    }

    fn of_manifest(book: &Manifest<RunbookSpec>, moment: &Moment) -> Self {
        let spec = &book.spec;
        let kind = kind(spec.trigger.issue);
        let whom = match serde_json::to_value(&spec.trigger.selector) {
            Ok(value) if value.as_object().is_some_and(|fields| !fields.is_empty()) => format!(" of {value}"),
            _ => String::new(),
        };
        let answers = |issue: &Issue| {
            issue
                .run
                .as_ref()
                .is_some_and(|run| run.runbook == book.metadata.name)
                || (issue.key.kind == kind
                    && spec
                        .trigger
                        .selector
                        .matches(&issue.key.resource, labels(&issue.key.resource, moment)))
        };
        Self {
            name: book.metadata.name.clone(),
            built_in: false,
            resource: Some(format!("{}/{}", ResourceKind::Runbook, book.metadata.name)),
            trigger: format!("{}{whom}", kind.as_str()),
            issue: kind.into(),
            steps: spec.steps.iter().map(RunbookStep::from).collect(),
            attempts: i32::try_from(spec.budget.attempts).unwrap_or(i32::MAX),
            per_seconds: seconds(spec.budget.per),
            issues: issues(moment, spec.budget.attempts, spec.budget.per, answers),
            escalate_to: spec.escalate_to.clone(),
        }
    }

    fn of_jarvis((kind, trigger, step, verify): &(Kind, &str, &str, &str), moment: &Moment) -> Self {
        let attempts = moment
            .view
            .desired
            .policies
            .values()
            .filter_map(|policy| policy.spec.budgets.attempts_per_issue)
            .fold(ATTEMPTS_PER_HOUR, u32::min);
        Self {
            name: kind.as_str().to_owned(),
            built_in: true,
            resource: None,
            trigger: (*trigger).to_owned(),
            issue: (*kind).into(),
            steps: vec![RunbookStep {
                text: (*step).to_owned(),
                verify: Some((*verify).to_owned()),
                timeout_seconds: None,
            }],
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
            per_seconds: 3600,
            issues: issues(moment, attempts, ATTEMPT_WINDOW, |issue| {
                issue.key.kind == *kind && issue.run.is_none()
            }),
            escalate_to: Vec::new(),
        }
    }
}

fn issues(
    moment: &Moment,
    attempts: u32,
    per: Duration,
    answers: impl Fn(&Issue) -> bool,
) -> Vec<RunbookIssue> {
    let open = moment.view.memory.issues.values().filter(|issue| answers(issue));
    open.map(|issue| {
        let used = issue.attempts_within(per, moment.now);
        RunbookIssue {
            key: issue.key.to_string(),
            attempts_used: i32::try_from(used).unwrap_or(i32::MAX),
            attempts_left: i32::try_from(attempts.saturating_sub(used)).unwrap_or(i32::MAX),
            step: issue.run.as_ref().map(|run| int(run.step as usize)),
            escalated: issue.escalated_at.is_some(),
        }
    })
    .collect()
}

impl From<&Step> for RunbookStep {
    fn from(step: &Step) -> Self {
        let text = match (step.action, &step.command) {
            (StepAction::StartGuest, _) => "start the guest".to_owned(),
            (StepAction::ShutdownGuest, _) => "shut the guest down gracefully".to_owned(),
            (StepAction::RebootGuest, _) => "reboot the guest gracefully".to_owned(),
            (StepAction::RestartService, _) => "start or restart the service".to_owned(),
            (StepAction::WakeNode, _) => "wake the node over the network".to_owned(),
            (StepAction::CreateSnapshot, _) => "take a snapshot of the guest".to_owned(),
            (StepAction::RunCommand, command) => {
                format!("run the command {}", command.as_deref().unwrap_or("(none)"))
            }
            (StepAction::Wait, _) => "wait".to_owned(),
        };
        let verify = step.verify.map(|verify| {
            let text = match verify {
                Verify::GuestRunning => "the guest runs",
                Verify::GuestStopped => "the guest is stopped",
                Verify::GuestReady => "the probe succeeds",
                Verify::NodeOnline => "the node is online",
                Verify::ServiceUp => "the service is up",
                Verify::IssueGone => "the issue is gone",
            };
            text.to_owned()
        });
        Self {
            text,
            verify,
            timeout_seconds: Some(seconds(step.timeout)),
        }
    }
}

fn seconds(span: Duration) -> i32 {
    i32::try_from(span.as_secs()).unwrap_or(i32::MAX)
}

fn kind(word: IssueWord) -> Kind {
    match word {
        IssueWord::GuestDown => Kind::GuestDown,
        IssueWord::GuestNotReady => Kind::GuestNotReady,
        IssueWord::NodeUnreachable => Kind::NodeUnreachable,
        IssueWord::ServiceDown => Kind::ServiceDown,
        IssueWord::ThresholdPassed => Kind::ThresholdPassed,
    }
}

/// The labels of a resource's manifest.
fn labels<'a>(key: &ResourceKey, moment: &'a Moment) -> &'a BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    let desired = &moment.view.desired;
    let guest = desired.guests.get(key).map(|manifest| &manifest.metadata);
    let node = || desired.nodes.get(key).map(|manifest| &manifest.metadata);
    let service = || desired.services.get(key).map(|manifest| &manifest.metadata);
    guest
        .or_else(node)
        .or_else(service)
        .map_or(&NONE, |metadata| &metadata.labels)
}
