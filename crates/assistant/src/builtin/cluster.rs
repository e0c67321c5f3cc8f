//! The whole: how it is, whether it may decide, what stands still.

use super::{
    Asked, Said, Topic,
    saying::{Saying, count, fact, line, short},
};
use crate::message::Fact;
use jarvis_crds::kinds::node::Expected;
use jarvis_model::{Freeze, FreezeScope, GuestStatus, HoldScope, Issue, limits, memory::PendingRevision};

/// How the whole is.
pub(super) fn status(asked: &Asked<'_>) -> Said {
    if let Some(blind) = asked.blind() {
        return Saying::new(blind).about(Topic::Cluster).done();
    }
    let issues_open = asked.moment.view.memory.issues.values();
    let open: Vec<&Issue> = issues_open
        .filter(|issue| issue.healthy_since.is_none())
        .collect();
    let others = others(asked);
    let figures = figures(asked);
    let quorate = figures.iter().any(|fact| fact.claim == QUORATE);
    let begin = match open.len() {
        0 if others.is_empty() && quorate => "All is well".to_owned(),
        0 => "Not everything is as it should be".to_owned(),
        matters => format!("{} open", is_open(matters)),
    };
    let claims: Vec<&str> = figures.iter().map(|fact| fact.claim.as_str()).collect();
    let unknown = if claims.len() < 3 {
        ", the quorum is not known"
    } else {
        ""
    };
    let join = if open.is_empty() { ':' } else { ';' };
    let mut saying = Saying::new(format!("{begin}{join} {}{unknown}.", claims.join(", ")));
    for fact in figures {
        saying = saying.fact(fact.claim, fact.source, fact.at);
    }
    saying = saying.entries(issues(asked, &open));
    for (line, fact) in others {
        saying = saying.line(line).fact(fact.claim, fact.source, fact.at);
    }
    if let Some(issue) = open.first() {
        saying = saying.suggest(format!("why is {} red", issue.key.resource.name));
    }
    saying
        .suggest("what did you fix today")
        .about(Topic::Cluster)
        .done()
}

const QUORATE: &str = "the cluster is quorate";

/// Nodes, guests and the quorum; the quorum only when it is known.
fn figures(asked: &Asked<'_>) -> Vec<Fact> {
    let observed = &asked.moment.view.observed;
    let online = observed
        .nodes
        .keys()
        .filter(|node| observed.node_online(node, asked.now()));
    let online = format!(
        "{} of {} online",
        online.count(),
        count(observed.nodes.len(), "node")
    );
    let guests = observed.guests.values();
    let running = guests
        .filter(|guest| guest.status.fresh(asked.now(), limits::CRITICAL) == Some(&GuestStatus::Running));
    let running = format!(
        "{} of {} running",
        running.count(),
        count(observed.guests.len(), "guest")
    );
    let quorum = observed.quorum.fresh(asked.now(), limits::CRITICAL);
    let quorum = quorum.map(|quorum| {
        if quorum.quorate {
            QUORATE
        } else {
            "the cluster has no quorum"
        }
    });
    let mut all = vec![
        fact(online, "nodes status", observed.looked_at),
        fact(running, "guests status", observed.looked_at),
    ];
    all.extend(quorum.map(|claim| fact(claim, "quorum", observed.quorum.seen_at())));
    all
}

/// Nodes that are not online and ought to be.
fn away(asked: &Asked<'_>) -> Vec<(String, Fact)> {
    let view = &asked.moment.view;
    let expected = |name: &jarvis_model::NodeName| {
        let manifest = view.desired.node_named(name);
        let declared = manifest.is_none_or(|(_, manifest)| manifest.spec.expected == Expected::Online);
        declared && !view.memory.shut_down.contains_key(name)
    };
    let nodes = view.observed.nodes.values();
    let missing =
        nodes.filter(|node| expected(&node.name) && !view.observed.node_online(&node.name, asked.now()));
    let told = missing.map(|node| {
        let known = super::node::status(asked, node).is_some();
        let is = if known { "is offline" } else { "is out of my sight" };
        let claim = format!("node {} {is}", node.name);
        let source = format!("node/{} status", node.name);
        (
            format!("Node {} {is}.", node.name),
            fact(claim, source, node.status.seen_at()),
        )
    });
    told.collect()
}

fn is_open(matters: usize) -> String {
    if matters == 1 {
        "1 matter is".to_owned()
    } else {
        format!("{matters} matters are")
    }
}

/// Open issues, worst first: escalated ones, then the oldest.
pub(super) fn issues(asked: &Asked<'_>, open: &[&Issue]) -> Vec<(String, Option<Fact>)> {
    let mut sorted = open.to_vec();
    sorted.sort_by_key(|issue| (issue.escalated_at.is_none(), issue.opened_at));
    let entry = |issue: &&Issue| {
        let since = asked.ago(issue.opened_at);
        let what = asked.resource(&issue.key.resource);
        // Some begin with the name that stands before it here.
        let own = format!("{}: ", issue.key.resource);
        let summary = line(issue.summary.strip_prefix(&own).unwrap_or(&issue.summary));
        let given = if issue.escalated_at.is_some() {
            "; beyond me, left to you"
        } else {
            ""
        };
        (
            format!("{what}: {summary} (found {since}{given})"),
            Some(fact(
                format!("{what}: {summary}"),
                format!("issue {}", issue.key),
                Some(issue.opened_at),
            )),
        )
    };
    sorted.iter().map(entry).collect()
}

/// What else needs attention, each with its fact.
pub(super) fn others(asked: &Asked<'_>) -> Vec<(String, Fact)> {
    let view = &asked.moment.view;
    let memory = &view.memory;
    let mut all = away(asked);
    all.extend(beyond(asked));
    if let Some(frozen) = kill_switch(asked) {
        all.push(frozen);
    }
    for (scope, hold) in &memory.holds {
        if hold.until.is_none_or(|until| until > asked.now()) {
            all.push(held(asked, scope, hold));
        }
    }
    if let Some(pending) = &memory.pending {
        let (text, at) = match pending {
            PendingRevision::Rejected { commit, errors, at } => (
                format!(
                    "Revision {} has {} and is not in force.",
                    short(commit),
                    count(errors.len(), "error")
                ),
                *at,
            ),
            PendingRevision::Withheld { commit, at, .. } => (
                format!(
                    "Revision {} removes a great deal and awaits your word.",
                    short(commit)
                ),
                *at,
            ),
        };
        let claim = text.trim_end_matches('.').to_owned();
        all.push((text, fact(claim, "revision pending", Some(at))));
    }
    if let Some(why) = &memory.source_failure {
        let text = format!("The manifests cannot be read: {}.", line(why));
        all.push((text.clone(), fact("the manifests cannot be read", "source", None)));
    }
    if let Some(why) = &view.state.acting_stopped {
        all.push((
            format!("I cannot act at all: {}.", line(why)),
            fact("I cannot act", "loop state", None),
        ));
    }
    if view.state.low_space {
        let text = "The disk of my state folder is too full to begin anything.";
        all.push((
            text.to_owned(),
            fact("the disk of my state folder is too full", "loop state", None),
        ));
    }
    all
}

/// Figures beyond their limits that are no open issue, or not yet.
fn beyond(asked: &Asked<'_>) -> Vec<(String, Fact)> {
    let issues = &asked.moment.view.memory.issues;
    let told = |key: &jarvis_model::IssueKey| {
        let issue = issues.get(key);
        issue.is_some_and(|issue| issue.healthy_since.is_none())
    };
    let all = jarvis_planner::beyond_now(&asked.moment.input());
    all.into_iter()
        .filter(|(key, ..)| !told(key))
        .map(|(key, passed, summary)| {
            // The sentence names its resource; people are told by what it is.
            let what = asked.resource(&key.resource);
            let rest = summary
                .strip_prefix(&format!("{}: ", key.resource))
                .unwrap_or(&summary);
            let claim = format!("{what}: {}", line(rest));
            let source = format!("{} figures", key.resource);
            (
                format!("{}.", jarvis_guard::words::capitalised(&claim)),
                fact(claim, source, Some(passed.seen_at)),
            )
        })
        .collect()
}

/// The kill switch in a sentence, when it is on.
pub(super) fn kill_switch(asked: &Asked<'_>) -> Option<(String, Fact)> {
    let freeze = asked.moment.view.memory.kill_switch(asked.now());
    let scope = freeze.scope_at(asked.now())?;
    let stopped = match scope {
        FreezeScope::Autonomy => "What I do alone is frozen",
        FreezeScope::All => "Everything is frozen",
    };
    let (text, at) = match freeze {
        Freeze::On {
            by,
            reason,
            since,
            until,
            ..
        } => {
            let until = until.map(|until| format!(", until {}", asked.time(until)));
            let text = format!(
                "{stopped} since {} by {}: {}{}.",
                asked.time(*since),
                line(by),
                if reason.trim().is_empty() {
                    "no reason was given".to_owned()
                } else {
                    line(reason)
                },
                until.unwrap_or_default()
            );
            (text, Some(*since))
        }
        Freeze::Unreadable { reason } => (
            format!(
                "{stopped}: the record of the kill switch cannot be read ({}).",
                line(reason)
            ),
            None,
        ),
        Freeze::Off => return None,
    };
    Some((
        text,
        fact(stopped.to_lowercase().replace("i do", "I do"), "kill switch", at),
    ))
}

fn held(asked: &Asked<'_>, scope: &HoldScope, hold: &jarvis_model::Hold) -> (String, Fact) {
    let what = match scope {
        HoldScope::Cluster => "The whole cluster".to_owned(),
        HoldScope::Node(node) => format!("Node {node}"),
        HoldScope::Resource(key) => jarvis_guard::words::capitalised(&asked.resource(key)),
    };
    let until = match hold.until {
        Some(until) => format!("until {}", asked.time(until)),
        None => "until released".to_owned(),
    };
    let text = format!(
        "{what} is held by {} {until}: {}.",
        line(&hold.by),
        line(&hold.reason)
    );
    let claim = format!("{what} is held");
    (text, fact(claim, format!("hold {scope}"), Some(hold.since)))
}

/// What is frozen or held.
pub(super) fn frozen(asked: &Asked<'_>) -> Said {
    let holds = asked.moment.view.memory.holds.iter();
    let holds = holds.filter(|(_, hold)| hold.until.is_none_or(|until| until > asked.now()));
    let holds: Vec<_> = holds.map(|(scope, hold)| held(asked, scope, hold)).collect();
    let ceiling = asked.moment.view.memory.ceiling;
    let mut saying = match kill_switch(asked) {
        Some((text, fact)) => Saying::new(text).fact(fact.claim, fact.source, fact.at),
        None if holds.is_empty() => Saying::new("Nothing is frozen and nothing is held.")
            .fact("nothing is frozen", "kill switch", Some(asked.moment.view.at))
            .fact("nothing is held", "holds", Some(asked.moment.view.at)),
        None => Saying::new("The kill switch is off.").fact(
            "the kill switch is off",
            "kill switch",
            Some(asked.moment.view.at),
        ),
    };
    saying = saying.entries(
        holds
            .into_iter()
            .map(|(text, fact)| (text.trim_end_matches('.').to_owned(), Some(fact)))
            .collect(),
    );
    if let Some(ceiling) = ceiling {
        saying = saying
            .line(format!(
                "A person has set a ceiling of {ceiling} over all autonomy."
            ))
            .fact(format!("ceiling of {ceiling}"), "ceiling", None);
    }
    saying.about(Topic::Cluster).done()
}

/// Whether the cluster may decide.
pub(super) fn quorum(asked: &Asked<'_>) -> Said {
    let observed = &asked.moment.view.observed;
    let Some(quorum) = observed.quorum.fresh(asked.now(), limits::CRITICAL) else {
        return Saying::new(asked.not_known("the quorum", &observed.quorum, limits::CRITICAL))
            .about(Topic::Cluster)
            .done();
    };
    let nodes = observed.nodes.values();
    let online = nodes.filter(|node| observed.node_online(&node.name, asked.now()));
    let present = online.map(|node| node.votes).sum::<u32>() + quorum.device_votes;
    let spare = present.saturating_sub(quorum.needed());
    let state = if quorum.quorate {
        "The cluster is quorate"
    } else {
        "The cluster has no quorum"
    };
    let votes = format!(
        "{present} of {} votes present, {} needed",
        quorum.expected_votes,
        quorum.needed()
    );
    let tail = match (quorum.quorate, spare) {
        (false, _) => "Nothing is done until it may decide again.".to_owned(),
        (true, 0) => "It can spare none of them.".to_owned(),
        (true, spare) => format!("It can spare {}.", count(spare as usize, "vote")),
    };
    Saying::new(format!("{state}: {votes}. {tail}"))
        .fact(state.to_lowercase(), "quorum", observed.quorum.seen_at())
        .fact(votes, "quorum", observed.quorum.seen_at())
        .about(Topic::Cluster)
        .done()
}
