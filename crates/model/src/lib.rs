//! Vocabulary of Jarvis: names, time, observations, actions, events, and memory as the fold of events.
//!
//! Pure values only. Nothing here reads a clock, a file, a socket or the environment.
//!
//! | module | what |
//! | --- | --- |
//! | [`id`] | names of clusters, nodes, guests, resources |
//! | [`time`] | instants |
//! | [`autonomy`] | tiers, origins, roles, levels |
//! | [`action`] | what may be done, and what is sent |
//! | [`upid`] | Proxmox task ids |
//! | [`observed`] | what is known of the live cluster |
//! | [`verdict`] | permits, refusals, rules and digests |
//! | [`condition`] | status of a resource |
//! | [`issue`] | issues and intents |
//! | [`proposal`] | changes of manifests that wait for a person |
//! | [`ticket`] | requests, holds, the kill switch |
//! | [`event`] | what is remembered |
//! | [`memory`] | the fold of it |

pub mod action;
pub mod autonomy;
pub mod condition;
pub mod event;
pub mod id;
pub mod issue;
pub mod memory;
pub mod observed;
pub mod proposal;
pub mod ticket;
pub mod time;
pub mod upid;
pub mod verdict;

pub use action::{
    Action, Effect, GuestKind, GuestVerb, Host, HostVerb, NodeVerb, Reach, ServiceUnit, ServiceVerb,
};
pub use autonomy::{Autonomy, Door, Origin, Role, Scope, Tier};
pub use condition::{Condition, ConditionType, Health, ResourceStatus, Sync};
pub use event::{Closed, Event, Rearmed, Record, Severity};
pub use id::{InvalidName, NodeName, ResourceKey, ResourceKind, Vmid};
pub use issue::{Cause, Intent, IntentId, Issue, IssueKey, IssueKind, Outcome, Run, Stage, TicketId};
pub use memory::Memory;
pub use observed::{
    GuestObserved, GuestStatus, HostFigures, HostObserved, Identity, LiveStatus, NodeObserved, NodeStatus,
    Observation, Observed, Passed, Quorum, ServiceObserved, ServiceStatus, StopCause, StorageObserved,
    TaskObserved, UnknownReason, Usage, limits,
};
pub use proposal::{ChangedFile, Foresaid, Foreseen, ManifestChange, Proposal, ProposalId, ProposalState};
pub use ticket::{Confirmed, Freeze, FreezeScope, Hold, HoldScope, Ticket, TicketState};
pub use time::Timestamp;
pub use upid::{InvalidUpid, Upid};
pub use verdict::{Digest, Refusal, Rule, Verdict};
