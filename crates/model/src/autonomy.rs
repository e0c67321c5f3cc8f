//! Tiers, origins and autonomy levels: who asked, how dangerous it is, how far Jarvis may go alone.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How dangerous an action is. Context may raise a tier, nothing lowers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Only reads.
    Green,
    /// Reversible, brief: start, graceful shutdown, restart, snapshot, wake.
    Yellow,
    /// Interrupts hard or moves things: stop, reset, migrate, node power.
    Red,
    /// Never done, by anyone, through any door.
    Black,
}

/// How far Jarvis may go without a person. Ordered: `L0 < L4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Autonomy {
    /// Observe: conditions only.
    L0,
    /// Alert.
    L1,
    /// Recommend: a confirmation waits for a person. The default.
    L2,
    /// Act and report.
    L3,
    /// Act silently (audit only).
    L4,
}

impl Autonomy {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [Self::L0, Self::L1, Self::L2, Self::L3, Self::L4];
}

/// What a signed-in person may do. Ordered: `Viewer < Admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and acts within the tiers.
    Operator,
    /// Also policy, tokens, users and autonomy.
    Admin,
}

/// What a bearer token of an assistant may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Reads.
    Read,
    /// Proposes manifest changes.
    Propose,
    /// Yellow actions.
    Operate,
    /// Red actions with a second call carrying the digest.
    OperateRed,
}

impl Scope {
    /// Whether a token with this scope may do what needs `wanted`: every scope reads, and what may act on red may act on
    /// yellow.
    pub fn includes(self, wanted: Self) -> bool {
        self == wanted || wanted == Self::Read || (self, wanted) == (Self::OperateRed, Self::Operate)
    }
}

/// The door a person came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// The dashboard in a browser.
    Dashboard,
    /// The command line.
    Cli,
    /// A GraphQL client with a bearer token.
    Graphql,
    /// An assistant over MCP.
    Mcp,
}

/// Who wants an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Origin {
    /// The reconcile loop, to make the cluster match a manifest.
    Reconciler,
    /// A runbook, to mend an issue.
    Runbook {
        /// Name of the runbook.
        name: String,
    },
    /// A signed-in person.
    Person {
        /// User name.
        user: String,
        /// The user's role when the request was made.
        role: Role,
        /// The door used.
        door: Door,
    },
    /// The conversation, on behalf of a person.
    Chat {
        /// The person talking.
        user: String,
        /// That person's role.
        role: Role,
    },
    /// An assistant over MCP.
    Mcp {
        /// Name of its token.
        token: String,
        /// What the token allows.
        scopes: Vec<Scope>,
    },
}

impl Origin {
    /// Whether no person asked: freeze, autonomy, budgets and windows bind these.
    pub fn is_autonomous(&self) -> bool {
        matches!(self, Self::Reconciler | Self::Runbook { .. })
    }

    /// Name for the audit, e.g. `reconciler` or `anna (dashboard)`.
    pub fn label(&self) -> String {
        match self {
            Self::Reconciler => "reconciler".to_owned(),
            Self::Runbook { name } => format!("runbook {name}"),
            Self::Person { user, door, .. } => format!("{user} ({door})"),
            Self::Chat { user, .. } => format!("{user} (chat)"),
            Self::Mcp { token, .. } => format!("token {token} (mcp)"),
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dashboard => "dashboard",
            Self::Cli => "cli",
            Self::Graphql => "graphql",
            Self::Mcp => "mcp",
        })
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Black => "black",
        })
    }
}

impl fmt::Display for Autonomy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", *self as u8)
    }
}

impl FromStr for Autonomy {
    type Err = crate::InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.to_string() == text)
            .ok_or_else(|| crate::InvalidName::of("autonomy level", text, "levels are L0, L1, L2, L3 and L4"))
    }
}
