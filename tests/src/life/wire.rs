//! The wire between Jarvis and the cluster: which entry point answers, how long it takes, how far it gets beyond that, and
//! what the weather does to the answer. Writes down nothing and judges nothing.

use super::stage::Stage;
use jarvis_ports::LookError;
use jarvis_simulator::world::{
    World,
    node::{Node, Power},
    timing::{NO_ROUTE, PROXY_TIMEOUT},
};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

/// A whole look takes no longer.
pub const LOOK_WITHIN: Duration = Duration::from_secs(12);
/// A whole write takes no longer.
pub const WRITE_WITHIN: Duration = Duration::from_secs(35);
/// The next entry point is asked after this.
const HEDGE: Duration = Duration::from_secs(3);

/// What becomes of the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never arrives, and no answer comes.
    RequestLost,
    /// It is carried out, and the answer is lost.
    ReplyLost,
    /// The connection is refused.
    Refused,
    /// This status comes back; nothing is done below 502, and nobody knows from there on.
    Status(u16),
}

/// How answers are spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    /// HTML, or types that are all wrong.
    Nonsense,
    /// Rows and fields are missing.
    Partial,
}

/// What the wire does just now.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    /// Entry points whose packets vanish on the way from Jarvis.
    pub cut: BTreeSet<String>,
    /// Every answer takes this long, milliseconds.
    pub slow: Option<(u64, u64)>,
    /// Most answers have this status.
    pub status: Option<u16>,
    /// Half the answers are spoilt.
    pub spoilt: Option<Spoilt>,
    /// What becomes of the next writes.
    pub fates: VecDeque<Fate>,
}

/// How an entry point behaves towards a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answers.
    Open,
    /// Nothing comes back.
    Silent,
    /// It refuses.
    Closed,
}

impl Wire {
    /// How an entry point behaves.
    pub fn standing(&self, node: &Node) -> Standing {
        if self.cut.contains(&node.name) {
            Standing::Silent
        } else if node.power != Power::On || !node.daemons.proxy {
            Standing::Closed
        } else if node.frozen || node.unreachable {
            Standing::Silent
        } else {
            Standing::Open
        }
    }
}

/// Where a request goes, and how long it takes to get an answer there.
pub struct Way {
    /// The entry point; none when nobody answers.
    pub entry: Option<String>,
    /// Until the answer.
    pub delay: Duration,
}

impl Stage {
    /// The way of a look: the node's own entry point first, then the others.
    pub fn way(&mut self, about: Option<&str>) -> Way {
        let mut names: Vec<String> = self.world.nodes.keys().cloned().collect();
        names.sort_by_key(|name| Some(name.as_str()) != about);
        let mut delay = self.latency();
        for name in names {
            match self.wire.standing(&self.world.nodes[&name]) {
                Standing::Open => {
                    return Way {
                        entry: Some(name),
                        delay,
                    };
                }
                Standing::Silent => delay += HEDGE,
                Standing::Closed => delay += Duration::from_millis(5),
            }
        }
        Way {
            entry: None,
            delay: LOOK_WITHIN,
        }
    }

    /// How long one answer takes.
    pub fn latency(&mut self) -> Duration {
        let millis = match self.wire.slow {
            Some((low, high)) => self.between(low, high),
            None => self.between(4, 90),
        };
        Duration::from_millis(millis)
    }

    /// The status that the weather gives this answer.
    pub fn foul_status(&mut self) -> Option<u16> {
        let status = self.wire.status?;
        self.chance(80).then_some(status)
    }

    /// What the weather does to this answer.
    pub fn foul_answer(&mut self) -> Option<Spoilt> {
        let spoilt = self.wire.spoilt?;
        self.chance(50).then_some(spoilt)
    }
}

/// What a status means for a look, as the client reads it.
pub fn refused(what: &str, status: u16) -> LookError {
    let (what, why) = (what.to_owned(), format!("status {status}"));
    match status {
        401 => LookError::NotAuthenticated { what, why },
        403 => LookError::NoRights { what, why },
        595..=599 => LookError::Unreachable {
            what,
            whom: "an entry point".to_owned(),
            why,
        },
        _ => LookError::Refused { what, status, why },
    }
}

/// Why the asked node cannot pass a request on: how long it waits before it says so, with which status.
pub fn barred(world: &World, entry: &str, target: &str, protected: bool) -> Option<(Duration, u16)> {
    let Some(node) = world.nodes.get(target) else {
        return Some((Duration::ZERO, 500));
    };
    let refused = Some((Duration::ZERO, 595));
    if target == entry {
        return if protected && !node.daemons.api {
            refused
        } else {
            None
        };
    }
    let own = world.nodes.get(entry);
    let cut = node.unreachable || own.is_some_and(|own| own.unreachable && own.side != node.side);
    if node.power != Power::On || cut {
        let gone = node
            .lost_at
            .map_or(Duration::from_hours(1), |at| world.now().since(at));
        return Some(if gone < PROXY_TIMEOUT {
            (PROXY_TIMEOUT, 595)
        } else {
            (NO_ROUTE, 595)
        });
    }
    if node.frozen {
        return Some((PROXY_TIMEOUT, 596));
    }
    if !node.daemons.proxy || (protected && !node.daemons.api) {
        return refused;
    }
    None
}
