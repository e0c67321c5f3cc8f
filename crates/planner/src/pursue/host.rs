//! Effects on hosts and wakes: neither has a task in Proxmox, so the state that was wished for is all there is to see.

use super::{Evidence, LOOK_EVERY, Step, close};
use jarvis_model::{
    Effect, Host, HostVerb, Intent, NodeName, NodeStatus, Observed, Outcome, Reach, ServiceStatus,
    ServiceUnit, ServiceVerb, Stage, Timestamp, limits,
};
use std::time::Duration;

/// How long a service may take to come up, or to end, after its command ended.
const SETTLE: Duration = Duration::from_mins(1);
/// A wake is looked for with the cluster-wide look, which comes every ten seconds.
const WAKE_EVERY: Duration = Duration::from_secs(5);

/// What to do next about something done on a host.
pub fn step(intent: &Intent, evidence: &Evidence, now: Timestamp) -> Step {
    let Effect::Host {
        host, reach, request, ..
    } = &intent.effect
    else {
        return Step::Wait {
            until: intent.deadline,
        };
    };
    let since = match &intent.stage {
        Stage::Accepted { at, .. } | Stage::Finished { at } => *at,
        Stage::Logged | Stage::ReplyUnknown { .. } => intent.logged_at,
    };
    match request {
        HostVerb::Command { .. } => command(intent, since, now),
        HostVerb::Service { verb, unit } => {
            service(intent, evidence, since, now, (host, *reach, *verb, unit))
        }
    }
}

/// A command that ended well is all that was wished. Whether one whose end nobody heard of ran, cannot be learnt.
fn command(intent: &Intent, since: Timestamp, now: Timestamp) -> Step {
    match &intent.stage {
        Stage::Accepted { .. } | Stage::Finished { .. } => close(intent, Outcome::Verified),
        _ if now >= since + SETTLE => close(intent, Outcome::Unresolved),
        _ => Step::Wait {
            until: since + SETTLE,
        },
    }
}

fn service(
    intent: &Intent,
    evidence: &Evidence,
    since: Timestamp,
    now: Timestamp,
    (host, reach, verb, unit): (&Host, Reach, ServiceVerb, &ServiceUnit),
) -> Step {
    if let Some((status, seen_at)) = &evidence.service
        && *seen_at > since
        && is_wished(status, verb)
        && !(verb == ServiceVerb::Restart && matches!(intent.stage, Stage::Logged))
    {
        return close(intent, Outcome::Verified);
    }
    // Services are started and stopped within seconds; a command that nobody heard of has ended by then too.
    if now >= since + SETTLE {
        return close(intent, Outcome::NotVerified);
    }
    match evidence.tried_at {
        Some(tried) if now < tried + LOOK_EVERY => Step::Wait {
            until: tried + LOOK_EVERY,
        },
        _ => Step::LookService {
            host: host.clone(),
            reach,
            unit: unit.clone(),
        },
    }
}

fn is_wished(status: &ServiceStatus, verb: ServiceVerb) -> bool {
    match verb {
        ServiceVerb::Start | ServiceVerb::Restart => *status == ServiceStatus::Up,
        ServiceVerb::Stop => matches!(status, ServiceStatus::Down(_) | ServiceStatus::Missing),
    }
}

/// A wake is verified by the node's being Known online, seen after it was sent. A packet that was lost leaves no trace.
pub fn wake(intent: &Intent, observed: &Observed, node: &NodeName, now: Timestamp) -> Step {
    let seen = observed.nodes.get(node).map(|node| &node.status);
    let online = seen.is_some_and(|status| {
        status.fresh(now, limits::CRITICAL) == Some(&NodeStatus::Online)
            && status.seen_at() > Some(intent.logged_at)
    });
    if online {
        return close(intent, Outcome::Verified);
    }
    Step::Wait {
        until: now + WAKE_EVERY,
    }
}
