//! What a pass produces: decisions with their verdicts, statuses, events to remember, looks to take, and when to
//! look again. Plain values.

use jarvis_guard::facts::Request;
use jarvis_model::{
    Digest, Event, Host, IssueKey, NodeName, ResourceKey, ResourceStatus, Timestamp, Verdict, Vmid,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The outcome of one pass over everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Git commit of the revision it follows.
    pub revision: String,
    /// When it was made.
    pub at: Timestamp,
    /// Digest over the digests of its decisions; a person who confirms a large plan confirms this.
    pub digest: Digest,
    /// What is to be done, each judged; in the order it would be done.
    pub decisions: Vec<Decision>,
    /// Status of every resource.
    pub statuses: BTreeMap<ResourceKey, ResourceStatus>,
    /// What must be remembered before anything is done. Empty once memory holds it.
    pub events: Vec<Event>,
    /// What should be looked at so that more can be decided.
    pub looks: Vec<Look>,
    /// What was considered and why it waits, a line each.
    pub report: Vec<ReportLine>,
    /// When to look again even if nothing happens.
    pub wake_at: Option<Timestamp>,
}

/// One thing to be done, with the guard's verdict on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The request as judged; its digest names the decision.
    pub request: Request,
    /// The guard's answer.
    pub verdict: Verdict,
    /// The facts it stands on, a line each.
    pub evidence: Vec<String>,
    /// Attempt number it would be, from 1; 0 for requests of people.
    pub attempt: u32,
}

/// A look that would let the planner decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "look", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Look {
    /// Live status of a guest.
    Guest {
        /// Which.
        vmid: Vmid,
    },
    /// Identity of a guest.
    Identity {
        /// Which.
        vmid: Vmid,
    },
    /// Why a guest stopped.
    StopCause {
        /// Which.
        vmid: Vmid,
        /// Tasks started before this cannot explain it.
        since: Timestamp,
    },
    /// Whether a guest is ready, by its manifest's probe.
    Ready {
        /// Which.
        vmid: Vmid,
    },
    /// What a service does, by its manifest's check.
    Service {
        /// Which.
        service: ResourceKey,
    },
    /// A host's figures.
    Figures {
        /// Which.
        host: Host,
    },
    /// The address by which a node can be woken.
    Mac {
        /// Which.
        node: NodeName,
    },
    /// When guests were last backed up.
    Backups,
    /// The log behind an escalation.
    Log {
        /// Of which issue.
        issue: IssueKey,
    },
    /// Quorum, by two entry points.
    Quorum,
    /// Whether a node's own API answers.
    Node {
        /// Which.
        node: NodeName,
    },
    /// Whether a node has no running task left of ours.
    NodeIdle {
        /// Which.
        node: NodeName,
    },
}

/// A line of the planning report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportLine {
    /// What it is about: a resource, a ticket, `cluster`.
    pub subject: String,
    /// One sentence.
    pub text: String,
}

impl Decision {
    /// The decision's name.
    pub fn id(&self) -> &Digest {
        &self.request.digest
    }
}
