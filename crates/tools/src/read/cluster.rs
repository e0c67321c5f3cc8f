//! `get_cluster_status`: the whole at a glance.

use super::{Nothing, look, reads};
use crate::{moment::Moment, schema, tool::Tool};
use jarvis_controller::View;
use jarvis_guard::words;
use jarvis_model::{Freeze, GuestStatus, Issue, limits, memory::PendingRevision};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) const TOOL: Tool = Tool {
    narrow: "",
    output: schema::output::<ClusterStatus>,
    ..reads(
        "get_cluster_status",
        "Cluster status",
        "The whole at a glance: quorum, nodes, guests, open issues, holds, kill switch. Start here.",
        |call| look::<Nothing, ClusterStatus>(call, |_, moment| Ok(of(moment))),
    )
};

/// The whole at a glance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// Name of the cluster.
    cluster: String,
    /// Seconds since the last complete look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_secs: Option<u64>,
    /// Whether it may decide; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    quorate: Option<bool>,
    /// Votes in words.
    votes: String,
    nodes_online: usize,
    nodes_total: usize,
    guests_running: usize,
    guests_total: usize,
    /// Open issues.
    issues: Vec<IssueLine>,
    /// Holds, each in one sentence.
    holds: Vec<String>,
    /// The kill switch in words, when it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen: Option<String>,
    /// Git commit of the manifests in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// What else needs attention.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// An open issue.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueLine {
    issue: String,
    summary: String,
    open_secs: u64,
    /// Attempts logged so far.
    attempts: usize,
    /// Whether it was given to people.
    escalated: bool,
}

fn of(moment: &Moment) -> ClusterStatus {
    let view = &moment.view;
    let observed = &view.observed;
    let running = |guest: &&jarvis_model::GuestObserved| {
        guest.status.fresh(moment.now, limits::CRITICAL) == Some(&GuestStatus::Running)
    };
    ClusterStatus {
        cluster: view.cluster.to_string(),
        age_secs: observed.looked_at.map(|at| moment.now.since(at).as_secs()),
        quorate: observed
            .quorum
            .fresh(moment.now, limits::CRITICAL)
            .map(|quorum| quorum.quorate),
        votes: votes(moment),
        nodes_online: observed
            .nodes
            .keys()
            .filter(|node| observed.node_online(node, moment.now))
            .count(),
        nodes_total: observed.nodes.len(),
        guests_running: observed.guests.values().filter(running).count(),
        guests_total: observed.guests.len(),
        issues: view
            .memory
            .issues
            .values()
            .map(|issue| issue_line(issue, moment))
            .collect(),
        holds: holds(view),
        frozen: frozen(moment),
        revision: view
            .memory
            .revision
            .as_ref()
            .map(|revision| revision.commit.clone()),
        troubles: troubles(view),
        note: None,
    }
}

fn votes(moment: &Moment) -> String {
    let observed = &moment.view.observed;
    let Some(quorum) = observed.quorum.fresh(moment.now, limits::CRITICAL) else {
        let why = moment
            .why_not(&observed.quorum, limits::CRITICAL)
            .unwrap_or_default();
        return format!("not known: {why}");
    };
    let online: u32 = observed
        .nodes
        .values()
        .filter(|node| observed.node_online(&node.name, moment.now))
        .map(|node| node.votes)
        .sum();
    format!(
        "{} of {} present, {} needed",
        online + quorum.device_votes,
        quorum.expected_votes,
        quorum.needed()
    )
}

fn issue_line(issue: &Issue, moment: &Moment) -> IssueLine {
    IssueLine {
        issue: issue.key.to_string(),
        summary: issue.summary.clone(),
        open_secs: moment.now.since(issue.opened_at).as_secs(),
        attempts: issue.attempts.len(),
        escalated: issue.escalated_at.is_some(),
    }
}

fn holds(view: &View) -> Vec<String> {
    let holds = view.memory.holds.iter();
    holds
        .map(|(scope, hold)| {
            format!(
                "{scope}: {} by {}, {}",
                hold.reason,
                hold.by,
                words::until(hold.until)
            )
        })
        .collect()
}

fn frozen(moment: &Moment) -> Option<String> {
    let switch = moment.view.memory.kill_switch(moment.now);
    switch.scope_at(moment.now)?;
    Some(match switch {
        Freeze::On {
            by, reason, until, ..
        } => format!("by {by}, {}: {reason}", words::until(*until)),
        Freeze::Unreadable { reason } => format!("its state cannot be read: {reason}"),
        Freeze::Off => return None,
    })
}

fn troubles(view: &View) -> Vec<String> {
    let look = view.state.look_failure.as_ref();
    let acting = view.state.acting_stopped.as_ref();
    let source = view.memory.source_failure.as_ref();
    let pending = view.memory.pending.as_ref().map(|pending| match pending {
        PendingRevision::Rejected { commit, errors, .. } => {
            format!(
                "revision {commit} has {} errors and is not in force",
                errors.len()
            )
        }
        PendingRevision::Withheld { commit, reason, .. } => {
            format!("revision {commit} waits for a person: {reason}")
        }
    });
    [
        look.map(|why| format!("the cluster does not answer: {why}")),
        acting.map(|why| format!("Jarvis cannot act: {why}")),
        source.map(|why| format!("the manifests cannot be read: {why}")),
        pending,
    ]
    .into_iter()
    .flatten()
    .collect()
}
