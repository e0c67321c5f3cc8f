//! High availability: services, requests, the states a reader sees. The rounds are in `ha_rounds.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::guest::Kind;
use super::timing::{HA_NODE_UNKNOWN, HA_OLD_LOCK};
use super::{Refusal, World};
use crate::time::SimTime;

/// A guest under HA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The guest.
    pub vmid: u32,
    /// Its kind.
    pub kind: Kind,
    /// Configured state: started, stopped, disabled, ignored.
    pub requested: String,
    /// The manager's state; nothing while the service is queued.
    pub crm: Option<&'static str>,
    /// The manager's idea of its node.
    pub node: String,
    /// Start attempts on one node after the first.
    pub max_restart: u32,
    /// Moves after those.
    pub max_relocate: u32,
    /// Comment.
    pub comment: Option<String>,
    /// Its node's manager has told that it runs since it was wanted started.
    pub reported: bool,
    /// The cluster's manager has read that.
    pub confirmed: bool,
    /// A stop waits for the manager's next round.
    pub stop_asked: bool,
    /// Failed start attempts on this node.
    pub failures: u32,
    /// Moves because of failed starts.
    pub moves: u32,
    /// The last start attempt.
    pub attempt: Option<String>,
    /// Stop without asking the guest.
    pub stop_hard: bool,
}

/// A node lost to the manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// When.
    pub at: SimTime,
    /// It is back since then.
    pub returned: Option<SimTime>,
    /// It is being fenced, or was.
    pub fenced: bool,
    /// Its services have been given to others.
    pub recovered: bool,
}

/// When the managers make their first rounds, counted from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// The cluster's manager.
    pub cluster: Duration,
    /// The nodes' managers.
    pub nodes: Duration,
}

impl Default for Rounds {
    fn default() -> Self {
        Self {
            cluster: Duration::from_secs(4),
            nodes: Duration::from_secs(2),
        }
    }
}

/// High availability of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ha {
    /// First rounds.
    pub rounds: Rounds,
    /// Services by guest number.
    pub services: BTreeMap<u32, Service>,
    /// Lost nodes.
    pub losses: BTreeMap<String, Loss>,
    /// Nodes that are being rebooted on command, and whether they have gone yet: their services wait for them.
    pub orderly: BTreeMap<String, bool>,
    /// Nodes whose manager holds its lock, and when it last had services.
    pub active: BTreeMap<String, SimTime>,
    /// Nodes that came back while their lock of before was still held, and until when it is.
    pub waits: BTreeMap<String, SimTime>,
    /// The node whose manager decides for the cluster; chosen when there is something to decide.
    pub master: Option<String>,
    /// There have been services: node states are shown from then on.
    pub ever_used: bool,
    /// The manager's last round with quorum.
    pub master_seen: SimTime,
}

impl Ha {
    /// The manager is in charge of this guest.
    pub fn manages(&self, vmid: u32) -> bool {
        self.services
            .get(&vmid)
            .is_some_and(|service| service.requested != "ignored")
    }

    /// Managers hold locks: the cluster's one decides, and the watchdogs are armed.
    pub fn is_armed(&self) -> bool {
        !self.active.is_empty()
            || self
                .services
                .values()
                .any(|service| service.requested != "ignored")
    }

    /// A lost node is back. Its manager's lock of before has to run out first, and it is nobody's master.
    pub(super) fn returned(&mut self, node: &str, lost_at: Option<SimTime>, now: SimTime) {
        let free_at = lost_at
            .map(|lost| lost + HA_OLD_LOCK)
            .filter(|free_at| *free_at > now);
        if let (Some(_), Some(free_at)) = (self.active.remove(node), free_at) {
            self.waits.insert(node.to_owned(), free_at);
        }
        if let Some(loss) = self.losses.get_mut(node) {
            loss.returned = loss.returned.or(Some(now));
        }
    }

    /// The state of a node: online, unknown, fence.
    pub fn node_state(&self, node: &str, now: SimTime) -> &'static str {
        match self.losses.get(node) {
            None => "online",
            Some(loss) if loss.fenced && !loss.recovered => "fence",
            Some(loss) if now.since(loss.at) < HA_NODE_UNKNOWN => "online",
            Some(loss) if loss.returned.is_some() && !loss.fenced => "online",
            Some(_) => "unknown",
        }
    }
}

impl Service {
    /// The state shown in the HA status.
    pub fn shown_state(&self) -> &'static str {
        if self.requested == "ignored" {
            return "ignored";
        }
        match self.crm {
            None => "queued",
            Some("started") if self.requested != "started" => "stopping",
            Some("started") if self.confirmed => "started",
            Some("started") => "starting",
            Some("stopped") if self.requested == "started" => "starting",
            Some("stopped") if self.requested == "disabled" => "disabled",
            Some("error") if self.requested == "disabled" => "clearing error flag",
            Some(other) => other,
        }
    }

    /// The state shown in `/cluster/resources`.
    pub fn resource_state(&self) -> &str {
        if self.requested == "ignored" {
            "ignored"
        } else {
            self.crm.unwrap_or(&self.requested)
        }
    }
}

impl World {
    /// Puts a guest under HA.
    pub fn ha_add(&mut self, vmid: u32, requested: &str, comment: Option<String>) -> Result<(), Refusal> {
        let guest = self.guests.get(&vmid).ok_or_else(|| {
            Refusal::failed(format!(
                "unable to read VM {vmid} config: no such guest in the cluster"
            ))
        })?;
        let sid = guest.sid();
        if self.ha.services.contains_key(&vmid) {
            return Err(Refusal::failed(format!(
                "create resource failed: resource ID '{sid}' already defined"
            )));
        }
        self.ha.ever_used = true;
        self.ha.services.insert(
            vmid,
            Service {
                vmid,
                kind: guest.kind,
                requested: requested.to_owned(),
                crm: None,
                node: guest.node.clone(),
                max_restart: 1,
                max_relocate: 1,
                comment,
                reported: false,
                confirmed: false,
                stop_asked: false,
                failures: 0,
                moves: 0,
                attempt: None,
                stop_hard: false,
            },
        );
        Ok(())
    }

    /// Takes a guest out of HA; it keeps its present state.
    pub fn ha_remove(&mut self, vmid: u32) -> Result<(), Refusal> {
        self.ha
            .services
            .remove(&vmid)
            .map(|_| ())
            .ok_or_else(|| Refusal::failed(format!("cannot delete service 'vm:{vmid}', not HA managed!")))
    }

    /// Writes a requested state. A service in error must be disabled first.
    pub fn ha_request(&mut self, vmid: u32, state: &str) -> Result<(), Refusal> {
        let Some(service) = self.ha.services.get_mut(&vmid) else {
            return Err(Refusal::failed(format!("no such resource 'vm:{vmid}'")));
        };
        if service.crm == Some("error") && state != "disabled" {
            let sid = format!("{}:{vmid}", service.kind.ha_word());
            return Err(Refusal::failed(format!(
                "service '{sid}' in error state, must be disabled and fixed first"
            )));
        }
        let state = if state == "enabled" { "started" } else { state };
        if service.requested != state {
            if service.requested == "ignored" || state == "ignored" {
                service.crm = None;
            }
            state.clone_into(&mut service.requested);
            service.stop_hard = false;
            service.failures = 0;
            service.moves = 0;
        }
        Ok(())
    }

    /// Asks the manager to stop a service; it does so in its next round.
    pub fn ha_ask_stop(&mut self, vmid: u32) -> Result<(), Refusal> {
        match self.ha.services.get_mut(&vmid) {
            Some(service) if service.crm == Some("error") => Err(Refusal::failed("service in error state")),
            Some(service) => {
                service.stop_asked = true;
                Ok(())
            }
            None => Err(Refusal::failed(format!("no such resource 'vm:{vmid}'"))),
        }
    }

    /// Asks the manager to move a service; done in the next rounds.
    pub fn ha_request_move(&mut self, vmid: u32, target: &str) -> Result<(), Refusal> {
        if !self.ha.services.contains_key(&vmid) {
            return Err(Refusal::failed(format!("no such resource 'vm:{vmid}'")));
        }
        let Some(guest) = self.guests.get(&vmid) else {
            return Ok(());
        };
        let (node, online) = (guest.node.clone(), guest.is_running());
        let word = if guest.kind == Kind::Qemu {
            "qmigrate"
        } else {
            "vzmigrate"
        };
        let work = super::task::Work::Migrate {
            target: target.to_owned(),
            online,
        };
        self.begin_task(&node, word, &vmid.to_string(), "root@pam", work);
        Ok(())
    }

    /// Services of a node that is told to reboot wait for it.
    pub(super) fn freeze_services(&mut self, node: &str, reboot: bool) {
        if !reboot {
            return;
        }
        self.ha.orderly.insert(node.to_owned(), false);
        for service in self
            .ha
            .services
            .values_mut()
            .filter(|service| service.node == node)
        {
            if service.crm == Some("started") {
                service.crm = Some("freeze");
            }
        }
    }
}
