//! Whether the asked node can reach the node a request is for, and what the caller sees when it cannot.
//!
//! The 59x answers of section 3 of the API facts, with their delays.

use std::time::Duration;

use crate::world::node::{Node, Power};
use crate::world::timing::{NETWORK_BEFORE_JOIN, NO_ROUTE, PROXY_TIMEOUT};
use crate::world::{Refusal, World};

/// How far a request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It gets there.
    Open,
    /// Not decided yet.
    NotYet,
    /// It does not, and this is the answer.
    Closed(Refusal),
}

/// From `entry` to `target`, for a request that has been waiting for `waited`.
pub fn reach(world: &World, entry: &str, target: &str, protected: bool, waited: Duration) -> Reach {
    let Some(node) = world.nodes.get(target) else {
        return unknown(world, target);
    };
    if target == entry {
        return if protected && !node.daemons.api {
            refused()
        } else {
            Reach::Open
        };
    }
    let cut = node.unreachable
        || world
            .nodes
            .get(entry)
            .is_some_and(|own| own.unreachable && own.side != node.side);
    // A booting node's kernel answers before its cluster stack runs.
    if let Power::Booting(joins) = node.power
        && joins.since(world.now()) <= NETWORK_BEFORE_JOIN
    {
        return refused();
    }
    if node.power != Power::On || cut {
        return away(world, node, waited);
    }
    if node.frozen {
        return after(waited, PROXY_TIMEOUT, 596, "Connection timed out");
    }
    if !node.daemons.proxy || (protected && !node.daemons.api) {
        return refused();
    }
    Reach::Open
}

/// At first packets vanish; later the neighbours know that nobody is there.
fn away(world: &World, node: &Node, waited: Duration) -> Reach {
    let gone = node
        .lost_at
        .map_or(Duration::from_hours(1), |at| world.now().since(at));
    let gone_when_asked = gone.saturating_sub(waited);
    if gone_when_asked < Duration::from_secs(1) && !node.said_goodbye {
        after(
            waited,
            Duration::from_millis(100),
            596,
            "Connection reset by peer",
        )
    } else if gone_when_asked < PROXY_TIMEOUT {
        after(waited, PROXY_TIMEOUT, 595, "Connection timed out")
    } else {
        after(waited, NO_ROUTE, 595, "No route to host")
    }
}

fn after(waited: Duration, patience: Duration, status: u16, text: &str) -> Reach {
    if waited < patience {
        Reach::NotYet
    } else {
        closed(status, text)
    }
}

fn refused() -> Reach {
    closed(595, "Connection refused")
}

fn closed(status: u16, text: &str) -> Reach {
    Reach::Closed(Refusal {
        status,
        text: text.to_owned(),
        errors: Vec::new(),
    })
}

fn unknown(world: &World, target: &str) -> Reach {
    if world.nodes.keys().any(|name| name.eq_ignore_ascii_case(target)) {
        return closed(596, "certificate verify failed");
    }
    closed(
        500,
        &format!(
            "hostname lookup '{target}' failed - failed to get address info for: {target}: \
             Temporary failure in name resolution"
        ),
    )
}
