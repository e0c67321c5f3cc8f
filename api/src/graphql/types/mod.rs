//! The GraphQL types: plain values made from the model at one moment.
//!
//! | module | what |
//! | --- | --- |
//! | [`scalar`] | times and large whole numbers |
//! | [`word`] | enums |
//! | [`cluster`] | nodes, guests, storages, quorum, the loop |
//! | [`resource`] | manifest resources and their status |
//! | [`plan`] | plans, decisions, verdicts, actions |
//! | [`proposal`] | proposals, and what a change would do |
//! | [`manifest`] | manifest files, schemas of their kinds |
//! | [`read`] | snapshots, figures over time |
//! | [`runbook`] | runbooks |
//! | [`record`] | journal records: feed and audit |
//! | [`host`] | services, figures of hosts, figures beyond their limits |
//! | [`issue`] | issues, alerts, intents |
//! | [`ticket`] | tickets, holds, the kill switch |
//! | [`policy`] | the policy in force, windows |
//! | [`access`] | users, tokens, the caller |
//! | [`outside`] | the audit chain, notification channels |
//! | [`paging`] | the guest list: filter, order, cursor |

pub mod access;
pub mod cluster;
pub mod conversation;
pub mod costs;
pub mod host;
pub mod issue;
pub mod manifest;
pub mod memory;
pub mod outside;
pub mod paging;
pub mod plan;
pub mod policy;
pub mod proposal;
pub mod read;
pub mod record;
pub mod resource;
pub mod runbook;
pub mod scalar;
pub mod ticket;
pub mod word;

use jarvis_controller::View;
use jarvis_model::{NodeName, Timestamp, Vmid};
use std::{collections::BTreeSet, sync::Arc};

/// One picture and the instant at which it is looked at: facts that are too old by then are unknown.
#[derive(Clone)]
pub struct Moment {
    /// The picture.
    pub view: Arc<View>,
    /// The instant.
    pub now: Timestamp,
}

impl Moment {
    /// Guests that are protected by floor or policy.
    pub fn protected_guests(&self) -> BTreeSet<Vmid> {
        self.view.protected_guests()
    }

    /// Nodes that are protected by floor or policy, or because Jarvis lives there.
    pub fn protected_nodes(&self) -> BTreeSet<NodeName> {
        self.view.protected_nodes()
    }
}
