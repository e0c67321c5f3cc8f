//! Tickets (the handle of an action request), holds and the kill switch.

use crate::{Action, Digest, IntentId, NodeName, Origin, Outcome, Refusal, ResourceKey, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TicketState {
    /// Taken; waits for its recall time, its turn or a node's slot.
    Queued,
    /// Waits for a person to confirm this digest.
    AwaitingConfirmation {
        /// Bound to action, plan and base revision.
        digest: Digest,
        /// Whether the target's name must be typed.
        typed: bool,
        /// When the confirmation lapses.
        expires_at: Timestamp,
    },
    /// Being carried out.
    Running {
        /// By this intent.
        intent: IntentId,
    },
    /// Over.
    Done {
        /// How it ended.
        outcome: Outcome,
    },
    /// Refused.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// Taken back by a person before it began.
    Recalled,
    /// A person said no to the confirmation.
    Rejected,
    /// Nobody confirmed in time, or it did not get its turn in time.
    Expired,
}

impl TicketState {
    /// Whether nothing more will come.
    pub fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Queued | Self::AwaitingConfirmation { .. } | Self::Running { .. }
        )
    }

    /// Whether it is over and nothing was done.
    pub fn ends_undone(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Recalled | Self::Rejected | Self::Expired
        )
    }
}

/// A request for an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Its name.
    pub id: TicketId,
    /// What is asked for.
    pub action: Action,
    /// Who asks.
    pub origin: Origin,
    /// When.
    pub created_at: Timestamp,
    /// Nothing is sent before this (the recall window).
    pub not_before: Timestamp,
    /// Also put a hold of this many seconds on the target, so that the reconciler does not undo it.
    pub hold_secs: Option<u64>,
    /// The digest a person confirmed, and who.
    pub confirmed: Option<Confirmed>,
    /// Where it stands.
    pub state: TicketState,
}

/// A confirmation given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// What was confirmed.
    pub digest: Digest,
    /// By whom.
    pub user: String,
    /// When.
    pub at: Timestamp,
}

/// What a hold covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HoldScope {
    /// Everything.
    Cluster,
    /// A node and the guests on it.
    Node(NodeName),
    /// One resource.
    Resource(ResourceKey),
}

impl fmt::Display for HoldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Node(node) => write!(f, "node:{node}"),
            Self::Resource(key) => key.fmt(f),
        }
    }
}

impl std::str::FromStr for HoldScope {
    type Err = crate::InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "cluster" {
            return Ok(Self::Cluster);
        }
        match text.strip_prefix("node:") {
            Some(node) => Ok(Self::Node(NodeName::new(node)?)),
            None => text.parse().map(Self::Resource).map_err(|_| {
                crate::InvalidName::of("hold scope", text, "write cluster, node:NAME or Kind/name")
            }),
        }
    }
}

impl TryFrom<String> for HoldScope {
    type Error = crate::InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HoldScope> for String {
    fn from(scope: HoldScope) -> Self {
        scope.to_string()
    }
}

/// A hold: the reconciler leaves the scope alone until then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Who put it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since.
    pub since: Timestamp,
    /// Until; none means until released.
    pub until: Option<Timestamp>,
}

/// Whom the kill switch stops. Ordered: `All` is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FreezeScope {
    /// Everything that no logged-in person confirmed.
    Autonomy,
    /// Persons too.
    All,
}

/// The kill switch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(tag = "freeze", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Freeze {
    /// Off.
    #[default]
    Off,
    /// On.
    On {
        /// Whom it stops.
        scope: FreezeScope,
        /// Who pulled it.
        by: String,
        /// Why.
        reason: String,
        /// Since.
        since: Timestamp,
        /// Until; none means until thawed.
        until: Option<Timestamp>,
    },
    /// Its record cannot be read: everything stays stopped.
    Unreadable {
        /// What went wrong.
        reason: String,
    },
}

impl Freeze {
    /// Who pulled it when the freeze file did: the file of this name in the state folder.
    pub const FILE: &str = "the file `freeze`";

    /// Whether the freeze file pulled it, so that removing that file alone releases it.
    pub fn is_by_file(&self) -> bool {
        matches!(self, Self::On { by, .. } if by == Self::FILE)
    }

    /// What it stops at `now`; an unreadable state stops everything.
    pub fn scope_at(&self, now: Timestamp) -> Option<FreezeScope> {
        match self {
            Self::Off => None,
            Self::On {
                until: Some(until), ..
            } if *until <= now => None,
            Self::On { scope, .. } => Some(*scope),
            Self::Unreadable { .. } => Some(FreezeScope::All),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freeze_with_a_time_limit_ends_and_an_unreadable_one_does_not() {
        let at = Timestamp::from_secs;
        let on = |until| Freeze::On {
            scope: FreezeScope::Autonomy,
            by: "a".into(),
            reason: String::new(),
            since: at(1),
            until,
        };
        assert_eq!(on(Some(at(10))).scope_at(at(9)), Some(FreezeScope::Autonomy));
        assert_eq!(on(Some(at(10))).scope_at(at(10)), None);
        assert_eq!(on(None).scope_at(at(1_000_000)), Some(FreezeScope::Autonomy));
        let broken = Freeze::Unreadable {
            reason: "torn".into(),
        };
        assert_eq!(broken.scope_at(at(1_000_000)), Some(FreezeScope::All));
    }

    #[test]
    fn hold_scopes_round_trip() {
        for text in ["cluster", "node:forge", "VirtualMachine/web-01"] {
            assert_eq!(text.parse::<HoldScope>().unwrap().to_string(), text);
        }
        assert!("forge".parse::<HoldScope>().is_err());
        assert!("node:../x".parse::<HoldScope>().is_err());
    }
}
