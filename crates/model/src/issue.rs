//! Issues (one open difference of one resource) and intents (the durable record before an effect).

use crate::{Action, Digest, Effect, Identity, Origin, ResourceKey, Tier, Timestamp, Upid};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// Should run and does not.
    GuestDown,
    /// Should be stopped and runs.
    GuestUp,
    /// A different guest under a known number.
    IdentityChanged,
    /// A node that is expected online is not.
    NodeUnreachable,
    /// A guest runs, and its `ready` probe has failed for too long.
    GuestNotReady,
    /// A service is not as declared.
    ServiceDown,
    /// A figure passed its limit.
    ThresholdPassed,
}

impl IssueKind {
    /// Kebab-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GuestDown => "guest-down",
            Self::GuestUp => "guest-up",
            Self::IdentityChanged => "identity-changed",
            Self::NodeUnreachable => "node-unreachable",
            Self::GuestNotReady => "guest-not-ready",
            Self::ServiceDown => "service-down",
            Self::ThresholdPassed => "threshold-passed",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::GuestDown,
        Self::GuestUp,
        Self::IdentityChanged,
        Self::NodeUnreachable,
        Self::GuestNotReady,
        Self::ServiceDown,
        Self::ThresholdPassed,
    ];
}

/// Names an issue: at most one is open for a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssueKey {
    /// Whose.
    pub resource: ResourceKey,
    /// What.
    pub kind: IssueKind,
    /// What tells it from others of its kind: the threshold that was passed, and the storage where there are several.
    pub about: Option<String>,
}

impl IssueKey {
    /// The one issue of this kind that a resource can have.
    pub fn new(resource: ResourceKey, kind: IssueKind) -> Self {
        Self {
            resource,
            kind,
            about: None,
        }
    }
}

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.resource, self.kind.as_str())?;
        match &self.about {
            Some(about) => write!(f, ":{about}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for IssueKey {
    type Error = crate::InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<IssueKey> for String {
    fn from(key: IssueKey) -> Self {
        key.to_string()
    }
}

impl std::str::FromStr for IssueKey {
    type Err = crate::InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rule = "an issue is written Kind/name#issue-kind, or Kind/name#threshold-passed:threshold";
        let wrong = || crate::InvalidName::of("issue", text, rule);
        let (resource, issue) = text.split_once('#').ok_or_else(wrong)?;
        let (kind, about) = match issue.split_once(':') {
            Some((_, "")) => return Err(wrong()),
            Some((kind, about)) => (kind, Some(about.to_owned())),
            None => (issue, None),
        };
        let kind = IssueKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(wrong)?;
        Ok(Self {
            resource: resource.parse()?,
            kind,
            about,
        })
    }
}

/// Attempts an issue has per rolling hour, whatever their outcome.
pub const ATTEMPTS_PER_HOUR: u32 = 3;
/// The rolling window of attempts.
pub const ATTEMPT_WINDOW: Duration = Duration::from_hours(1);
/// The longest window that a runbook's budget may have; attempts are remembered for as long.
const LONGEST_WINDOW: Duration = Duration::from_hours(31 * 24);
/// Attempts that are remembered; no budget counts so many.
const MOST_ATTEMPTS: usize = 16;
/// Continuous health that closes an issue.
pub const SUSTAINED_HEALTH: Duration = Duration::from_mins(10);

/// An open issue, as folded from events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Its name.
    pub key: IssueKey,
    /// When it was found.
    pub opened_at: Timestamp,
    /// What was seen, one sentence.
    pub summary: String,
    /// When attempts were logged; only those within the window count. A run of a runbook is
    /// one attempt, counted when it begins, however many of its steps act.
    pub attempts: Vec<Timestamp>,
    /// Since when the resource has been well without a break.
    pub healthy_since: Option<Timestamp>,
    /// When a person's stop was announced to be reverted.
    pub announced_at: Option<Timestamp>,
    /// When it was given to people.
    pub escalated_at: Option<Timestamp>,
    /// Content hash of the resource at escalation: a commit that changes it re-arms.
    pub escalated_hash: Option<String>,
    /// Whether an alert was raised for it already.
    pub alerted: bool,
    /// Whether a person said they know of it: no alert stands for it until it is given to people or relapses.
    #[serde(default)]
    pub acknowledged: bool,
    /// Whether nobody is told of it: Jarvis mends it silently.
    #[serde(default)]
    pub silent: bool,
    /// How the latest attempt ended.
    pub last_outcome: Option<Outcome>,
    /// How far its runbook has come, while one is being carried out.
    #[serde(default)]
    pub run: Option<Run>,
}

/// A runbook in progress.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its name.
    pub runbook: String,
    /// The step that is being carried out, from 0.
    pub step: u32,
    /// Since when.
    pub since: Timestamp,
}

impl Issue {
    /// Counts an attempt, and forgets those that no budget counts any more.
    pub(crate) fn count_attempt(&mut self, at: Timestamp) {
        self.attempts
            .retain(|earlier| at.since(*earlier) < LONGEST_WINDOW);
        self.attempts.push(at);
        let surplus = self.attempts.len().saturating_sub(MOST_ATTEMPTS);
        self.attempts.drain(..surplus);
    }

    /// Attempts within a window that ends now.
    pub fn attempts_within(&self, window: Duration, now: Timestamp) -> u32 {
        let counted = self.attempts.iter().filter(|at| now.since(**at) < window);
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    /// Attempts that count at `now`.
    pub fn attempts_in_window(&self, now: Timestamp) -> u32 {
        self.attempts_within(ATTEMPT_WINDOW, now)
    }
}

/// Names an intent; sorted by time of creation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub String);

/// Names a ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub String);

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an action is done for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "camelCase")]
pub enum Cause {
    /// To mend an issue.
    Issue {
        /// Which.
        issue: IssueKey,
    },
    /// Because a request was made.
    Ticket {
        /// Which.
        ticket: TicketId,
    },
}

/// How an effect ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// The wished state was observed afterwards.
    Verified,
    /// Proxmox refused the request; nothing was begun.
    Rejected {
        /// Its text.
        text: String,
        /// Whether it means "try later" (a lock time-out).
        retryable: bool,
    },
    /// The task ended with an error.
    Failed {
        /// Its exit text.
        text: String,
    },
    /// Looking showed that nothing was sent or begun.
    NotSent,
    /// The task ended well, the wished state was not seen in time.
    NotVerified,
    /// Nothing could be learnt by the deadline.
    Unresolved,
}

impl Outcome {
    /// In words, for feed and audit.
    pub fn words(&self) -> String {
        match self {
            Self::Verified => "verified".to_owned(),
            Self::Rejected { text, .. } => format!("rejected by Proxmox: {text}"),
            Self::Failed { text } => format!("failed: {text}"),
            Self::NotSent => "not sent".to_owned(),
            Self::NotVerified => "finished, but the wished state was not seen".to_owned(),
            Self::Unresolved => "unresolved: nothing could be learnt in time".to_owned(),
        }
    }
}

/// How far an effect has come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Stage {
    /// Logged; whether it was sent is known only to the process that logged it.
    Logged,
    /// Sent, and the reply was lost or unclear: to be resolved by looking.
    ReplyUnknown {
        /// What went wrong with the reply.
        text: String,
    },
    /// Accepted; the task is followed (node power has none).
    Accepted {
        /// The task.
        upid: Option<Upid>,
        /// When the acceptance was recorded.
        at: Timestamp,
    },
    /// The task ended well; the wished state is looked for.
    Finished {
        /// When.
        at: Timestamp,
    },
}

/// The durable record that precedes an effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Its name.
    pub id: IntentId,
    /// The resource whose key it occupies, when the target is managed.
    pub resource: Option<ResourceKey>,
    /// What is done it for.
    pub cause: Cause,
    /// What is wanted.
    pub action: Action,
    /// What is sent.
    pub effect: Effect,
    /// Who wanted it.
    pub origin: Origin,
    /// Its tier when it was permitted.
    pub tier: Tier,
    /// Digest of the decision.
    pub digest: Digest,
    /// Revision in force.
    pub revision: String,
    /// Lease epoch of the process that logged it.
    pub epoch: u64,
    /// Attempt number of the issue, from 1; 0 for requests.
    pub attempt: u32,
    /// When it was logged; the attempt counts from here.
    pub logged_at: Timestamp,
    /// By when it must have been observed.
    pub deadline: Timestamp,
    /// Uptime of the target before the act, seconds; a reboot is verified by its fall.
    pub uptime_before_secs: Option<u64>,
    /// The target's identity when it was logged.
    pub identity: Option<Identity>,
    /// How to undo it, one sentence.
    pub undo: String,
    /// Whether nobody is told: autonomy L4 acts silently, and only the audit knows.
    #[serde(default)]
    pub silent: bool,
    /// How far it has come.
    pub stage: Stage,
    /// How it ended; present when it is closed.
    pub outcome: Option<Outcome>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Intent {
    /// Whether it still waits for its outcome.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_leave_the_window_one_by_one() {
        let key: IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
        assert_eq!(key.to_string(), "VirtualMachine/web-01#guest-down");
        let at = Timestamp::from_secs;
        let issue = Issue {
            key,
            opened_at: at(0),
            summary: String::new(),
            attempts: vec![at(10), at(20), at(3000)],
            healthy_since: None,
            announced_at: None,
            escalated_at: None,
            escalated_hash: None,
            alerted: false,
            acknowledged: false,
            silent: false,
            last_outcome: None,
            run: None,
        };
        assert_eq!(issue.attempts_in_window(at(3000)), 3);
        assert_eq!(issue.attempts_in_window(at(3609)), 3);
        assert_eq!(issue.attempts_in_window(at(3610)), 2);
        assert_eq!(issue.attempts_in_window(at(6600)), 0);
    }

    #[test]
    fn an_issue_can_say_which_threshold_it_is_about() {
        let key: IssueKey = "Node/forge#threshold-passed:storage-full:local-zfs"
            .parse()
            .unwrap();
        assert_eq!(key.about.as_deref(), Some("storage-full:local-zfs"));
        assert_eq!(
            key.to_string(),
            "Node/forge#threshold-passed:storage-full:local-zfs"
        );
    }

    #[test]
    fn broken_issue_names_are_refused() {
        for bad in [
            "",
            "VirtualMachine/web-01",
            "VirtualMachine/web-01#",
            "web-01#guest-down",
            "Node/a#x",
            "Node/a#threshold-passed:",
        ] {
            assert!(bad.parse::<IssueKey>().is_err(), "{bad}");
        }
    }
}
