//! Nodes against their manifests: unreachable ones become issues; nothing is done to nodes without a person yet.

use crate::{input::Input, status::status};
use jarvis_crds::{Expected, Manifest, NodeSpec};
use jarvis_model::{
    Closed, ConditionType, Effect, Event, Health, IssueKey, IssueKind, NodeName, NodeStatus, ResourceKey,
    ResourceStatus, Severity, Sync, Timestamp, issue::SUSTAINED_HEALTH, limits,
};

/// What one node's look came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its status.
    pub status: ResourceStatus,
    /// What to remember.
    pub events: Vec<Event>,
    /// When to look again.
    pub wake_at: Option<Timestamp>,
}

impl Outcome {
    fn only(status: ResourceStatus) -> Self {
        Self {
            status,
            events: Vec::new(),
            wake_at: None,
        }
    }
}

/// One node against its manifest.
pub fn evaluate(input: &Input<'_>, key: &ResourceKey, node: &Manifest<NodeSpec>) -> Outcome {
    let revision = &input.desired.revision.commit;
    let issue = IssueKey {
        resource: key.clone(),
        kind: IssueKind::NodeUnreachable,
        about: None,
    };
    let name = &node.spec.node;
    let reconciling = |sync, health, reason, text: String| {
        Outcome::only(status(
            revision,
            sync,
            health,
            ConditionType::Reconciling,
            reason,
            text,
        ))
    };
    let Some(seen) = input.observed.nodes.get(name) else {
        let text = format!("no node {name} in this cluster; correct spec.node or remove the manifest");
        let kind = ConditionType::Blocked;
        return Outcome::only(status(
            revision,
            Sync::OutOfSync,
            Health::Unknown,
            kind,
            "NodeMissing",
            text,
        ));
    };
    match seen.status.fresh(input.now, limits::CRITICAL) {
        None => {
            let text = format!("the state of node {name} is not known");
            reconciling(Sync::Unknown, Health::Unknown, "NodeUnknown", text)
        }
        Some(NodeStatus::Online) => online(input, &issue, name.as_str()),
        Some(NodeStatus::Offline) if power_in_flight(input, name) => {
            let text = format!("node {name} is going down or coming back, as asked");
            reconciling(Sync::Synced, Health::Progressing, "InFlight", text)
        }
        Some(NodeStatus::Offline) if node.spec.expected == Expected::Online => {
            offline(input, &issue, name.as_str())
        }
        Some(NodeStatus::Offline) => {
            let text = format!("node {name} is off, as it may be");
            let kind = ConditionType::Ready;
            let mut off = Outcome::only(status(
                revision,
                Sync::Synced,
                Health::Suspended,
                kind,
                "OffAsDeclared",
                text,
            ));
            off.events = closing(input, &issue);
            off
        }
    }
}

/// Whether somebody's reboot or shutdown of this node is in flight: then its absence is no surprise.
fn power_in_flight(input: &Input<'_>, name: &NodeName) -> bool {
    input
        .memory
        .open_intents()
        .any(|intent| matches!(&intent.effect, Effect::Node { node, .. } if node == name))
}

fn closing(input: &Input<'_>, issue: &IssueKey) -> Vec<Event> {
    let open = input.memory.issues.contains_key(issue);
    open.then(|| Event::IssueClosed {
        issue: issue.clone(),
        because: Closed::NoLongerDeclared,
    })
    .into_iter()
    .collect()
}

fn online(input: &Input<'_>, issue: &IssueKey, name: &str) -> Outcome {
    let mut events = Vec::new();
    let mut wake_at = None;
    if let Some(open) = input.memory.issues.get(issue) {
        match open.healthy_since {
            None => events.push(Event::IssueHealthy { issue: issue.clone() }),
            Some(since) if input.now >= since + SUSTAINED_HEALTH => {
                events.push(Event::IssueClosed {
                    issue: issue.clone(),
                    because: Closed::SustainedHealth,
                });
            }
            Some(since) => wake_at = Some(since + SUSTAINED_HEALTH),
        }
    }
    let revision = &input.desired.revision.commit;
    let text = format!("node {name} is online");
    let ready = status(
        revision,
        Sync::Synced,
        Health::Healthy,
        ConditionType::Ready,
        "Online",
        text,
    );
    Outcome {
        status: ready,
        events,
        wake_at,
    }
}

fn offline(input: &Input<'_>, issue: &IssueKey, name: &str) -> Outcome {
    let summary = format!("node {name} is offline by two agreeing entry points; its guests are unknown");
    let events = match input.memory.issues.get(issue) {
        None => vec![Event::IssueOpened {
            issue: issue.clone(),
            summary: summary.clone(),
        }],
        Some(open) if open.healthy_since.is_some() => {
            vec![Event::IssueRelapsed {
                issue: issue.clone(),
                summary: summary.clone(),
            }]
        }
        Some(open) if !open.alerted => {
            let text = format!("{summary}. Check its power and network; Jarvis observes until it is back.");
            vec![Event::IssueAlerted {
                issue: issue.clone(),
                severity: Severity::Critical,
                text,
            }]
        }
        Some(_) => Vec::new(),
    };
    let revision = &input.desired.revision.commit;
    let text = format!("{summary}; bring the node back, or declare expected: Any");
    let blocked = status(
        revision,
        Sync::OutOfSync,
        Health::Degraded,
        ConditionType::Blocked,
        "NodeOffline",
        text,
    );
    Outcome {
        status: blocked,
        events,
        wake_at: None,
    }
}
