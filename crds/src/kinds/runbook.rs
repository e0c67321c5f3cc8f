//! `Runbook`: steps that repair one kind of issue.

use super::{is_default, selector::Selector};
use crate::{
    schema::words::{DurationText, ResourceNameText},
    text::duration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Steps that repair one kind of issue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunbookSpec {
    /// When it is carried out.
    pub trigger: Trigger,
    /// What is done, in order; a failed step ends the attempt.
    #[schemars(length(min = 1, max = 20))]
    pub steps: Vec<Step>,
    /// How often it may be tried.
    #[serde(default, skip_serializing_if = "is_default")]
    pub budget: RunbookBudget,
    /// NotificationChannels told when the budget is used up; all of them when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<ResourceNameText>", length(max = 50))]
    pub escalate_to: Vec<String>,
}

/// When a runbook is carried out: an issue of this kind, of a resource that the selector chooses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// The kind of issue.
    pub issue: IssueWord,
    /// Of which resources; all when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selector: Selector,
}

/// The kinds of issue that a runbook can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IssueWord {
    /// A guest that should run does not.
    GuestDown,
    /// A guest runs but its probe fails.
    GuestNotReady,
    /// A node does not answer.
    NodeUnreachable,
    /// A service that should run does not.
    ServiceDown,
    /// A limit of a Threshold is passed.
    ThresholdPassed,
}

/// One step of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is done to the issue's resource.
    pub action: StepAction,
    /// Which command of the policies' `commandAllowlist`, by name; only with `action: runCommand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceNameText>")]
    pub command: Option<String>,
    /// What must be seen afterwards; what the action is for when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// How long action and verification may take together; for `wait`, how long to wait.
    #[serde(default = "one_minute", with = "duration::required")]
    #[schemars(with = "DurationText", extend("default" = "1m"))]
    pub timeout: Duration,
}

fn one_minute() -> Duration {
    Duration::from_mins(1)
}

/// What a step does. Each is judged by the guard like any other action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepAction {
    /// Start the guest.
    StartGuest,
    /// Shut the guest down gracefully.
    ShutdownGuest,
    /// Reboot the guest gracefully.
    RebootGuest,
    /// Start or restart the service.
    RestartService,
    /// Wake the node over the network.
    WakeNode,
    /// Take a snapshot of the guest.
    CreateSnapshot,
    /// Run an allow-listed command.
    RunCommand,
    /// Do nothing for a while.
    Wait,
}

/// What must be seen after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verify {
    /// The guest runs.
    GuestRunning,
    /// The guest is stopped.
    GuestStopped,
    /// The guest's probe succeeds.
    GuestReady,
    /// The node is online.
    NodeOnline,
    /// The service is up.
    ServiceUp,
    /// The issue that started the runbook is gone.
    IssueGone,
}

/// How often a runbook may be tried for one issue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RunbookBudget {
    /// Attempts within the window; never more than 3.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 3), extend("x-jarvis-floor" = true))]
    pub attempts: u32,
    /// The window; never shorter than an hour.
    #[serde(default = "one_hour", with = "duration::required")]
    #[schemars(with = "DurationText", extend("default" = "1h"))]
    pub per: Duration,
}

impl Default for RunbookBudget {
    fn default() -> Self {
        Self {
            attempts: three(),
            per: one_hour(),
        }
    }
}

fn three() -> u32 {
    3
}

fn one_hour() -> Duration {
    Duration::from_hours(1)
}
