//! What needs a person, out of one picture. Pure: the same picture always gives the same list, most serious first.

use jarvis_controller::View;
use jarvis_model::{
    Freeze, Issue, IssueKey, NodeName, ResourceKey, Severity, Timestamp, memory::PendingRevision,
};

/// Something a person should know about now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Stable while the alert stands: `issue/…`, `node/…`, `quorum`, `revision`, `source`, `acting`, `look`, `freeze`.
    pub id: String,
    /// How serious.
    pub severity: Severity,
    /// Of what, if a manifest declares it.
    pub resource: Option<ResourceKey>,
    /// One short sentence.
    pub title: String,
    /// What to do, or why.
    pub detail: String,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
    /// The issue behind it, when acknowledging that ends the alert.
    pub issue: Option<IssueKey>,
}

/// The alerts of a picture.
pub fn of(view: &View) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    alerts.extend(of_the_loop(view));
    alerts.extend(of_the_cluster(view));
    alerts.extend(of_the_source(view));
    alerts.extend(view.memory.issues.values().filter_map(of_issue));
    alerts.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    alerts
}

fn plain(id: &str, severity: Severity, title: &str, detail: &str, since: Option<Timestamp>) -> Alert {
    Alert {
        id: id.to_owned(),
        severity,
        resource: None,
        title: title.to_owned(),
        detail: detail.to_owned(),
        since,
        issue: None,
    }
}

fn of_the_loop(view: &View) -> Vec<Alert> {
    let acting = view.state.acting_stopped.as_deref();
    let look = view.state.look_failure.as_deref();
    let mut alerts = Vec::new();
    alerts.extend(acting.map(|why| {
        plain(
            "acting",
            Severity::Critical,
            "Jarvis cannot act at all",
            why,
            None,
        )
    }));
    alerts.extend(look.map(|why| {
        plain(
            "look",
            Severity::Critical,
            "The cluster does not answer",
            why,
            view.state.last_look_at,
        )
    }));
    if let Freeze::Unreadable { reason } = &view.memory.freeze {
        alerts.push(plain(
            "freeze",
            Severity::Critical,
            "The kill switch cannot be read; everything is stopped",
            reason,
            None,
        ));
    }
    alerts
}

fn of_the_cluster(view: &View) -> Vec<Alert> {
    let lost = view.memory.lost_nodes.iter();
    let mut alerts: Vec<Alert> = lost
        .filter(|node| view.meant_away(node).is_none())
        .map(of_node)
        .collect();
    if view.memory.quorum_lost {
        let detail = "nothing is done until enough nodes are back; bring them up or check their network";
        alerts.push(plain(
            "quorum",
            Severity::Critical,
            "The cluster has lost its quorum",
            detail,
            None,
        ));
    }
    alerts
}

fn of_node(node: &NodeName) -> Alert {
    let detail = "its guests are not judged while it is away; check its power and network";
    plain(
        &format!("node/{node}"),
        Severity::Critical,
        &format!("Node {node} is away"),
        detail,
        None,
    )
}

fn of_the_source(view: &View) -> Vec<Alert> {
    let mut alerts = Vec::new();
    if let Some(reason) = &view.memory.source_failure {
        let title = "The manifests cannot be read; the last good revision stays in force";
        alerts.push(plain(
            "source",
            Severity::Warning,
            title,
            reason,
            view.state.last_fetch_at,
        ));
    }
    match &view.memory.pending {
        Some(PendingRevision::Rejected { commit, errors, at }) => {
            let title = format!(
                "Revision {} has errors and is not in force",
                commit.get(..8).unwrap_or(commit)
            );
            alerts.push(plain(
                "revision",
                Severity::Warning,
                &title,
                &errors.join("\n"),
                Some(*at),
            ));
        }
        Some(PendingRevision::Withheld {
            commit, reason, at, ..
        }) => {
            let title = format!(
                "Revision {} waits for your confirmation",
                commit.get(..8).unwrap_or(commit)
            );
            alerts.push(plain("revision", Severity::Warning, &title, reason, Some(*at)));
        }
        None => {}
    }
    alerts
}

/// One that is well again needs nobody while it is: it closes by itself, or relapses and is back in the list.
fn of_issue(issue: &Issue) -> Option<Alert> {
    let told = issue.escalated_at.is_some() || issue.alerted && !issue.acknowledged;
    if !told || issue.healthy_since.is_some() {
        return None;
    }
    let name = &issue.key.resource.name;
    let (severity, title) = if issue.escalated_at.is_some() {
        (
            Severity::Critical,
            format!("{name} is beyond me; all attempts are spent"),
        )
    } else {
        (Severity::Warning, format!("{name} needs attention"))
    };
    Some(Alert {
        id: format!("issue/{}", issue.key),
        severity,
        resource: Some(issue.key.resource.clone()),
        title,
        detail: issue.summary.clone(),
        since: issue.escalated_at.or(Some(issue.opened_at)),
        issue: Some(issue.key.clone()),
    })
}
