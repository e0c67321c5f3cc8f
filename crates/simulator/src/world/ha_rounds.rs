//! The rounds of the HA managers: the cluster's one decides every ten seconds, the nodes' ones act every five.

use std::collections::BTreeSet;

use super::guest::{Guest, Kind};
use super::ha::Service;
use super::task::Work;
use super::timing::{
    BOOT_TO_LRM, CRM_PERIOD, HA_FENCE, HA_IDLE, HA_OLD_LOCK, HA_RECOVER, HA_RECOVER_LATE, LOSS_NOTICED,
    LRM_PERIOD, SHUTDOWN_TIMEOUT, WATCHDOG,
};
use super::{Event, World};
use crate::time::SimTime;

impl World {
    pub(super) fn crm_round(&mut self) {
        self.at(CRM_PERIOD, Event::CrmRound);
        let Some(viewer) = self.master() else {
            return;
        };
        self.ha.master_seen = self.now;
        if !self.ha.ever_used {
            return;
        }
        let vmids: Vec<u32> = self.ha.services.keys().copied().collect();
        for vmid in vmids {
            self.decide(&viewer, vmid);
        }
    }

    /// The node that decides. A lost master's lock has to run out before another one takes its place.
    fn master(&mut self) -> Option<String> {
        let viewer = self.majority_viewer()?.to_owned();
        match self.ha.master.clone() {
            Some(master) if self.is_deciding(&master) => Some(master),
            Some(_) if self.ha.is_armed() && self.now.since(self.ha.master_seen) < HA_OLD_LOCK => None,
            _ => {
                self.ha.master = Some(viewer.clone());
                Some(viewer)
            }
        }
    }

    /// The master works, has quorum, and has been up since its last round.
    fn is_deciding(&self, master: &str) -> bool {
        self.is_quorate(master)
            && self
                .nodes
                .get(master)
                .is_some_and(|node| node.works() && node.booted_at <= self.ha.master_seen)
    }

    fn decide(&mut self, viewer: &str, vmid: u32) {
        self.obey_stop(vmid);
        self.read_failure(vmid);
        let running = self.guests.get(&vmid).is_some_and(Guest::is_running);
        let place = self.guests.get(&vmid).map(|guest| guest.node.clone());
        let Some(service) = self.ha.services.get(&vmid) else {
            return;
        };
        let away = self.ha.orderly.contains_key(&service.node) || !self.sees_online(viewer, &service.node);
        let wants_run = service.requested == "started";
        let next = match (service.requested.as_str(), service.crm) {
            ("ignored", _) => None,
            (_, Some("fence")) => Some("fence"),
            (_, Some("freeze")) if away => Some("freeze"),
            (_, Some("freeze")) => Some("started"),
            ("disabled", Some("error")) => Some("stopped"),
            (_, Some("error")) => Some("error"),
            (_, Some("started")) if wants_run => Some("started"),
            (_, _) if wants_run => Some("started"),
            (_, Some("started")) => Some("request_stop"),
            (_, _) if running => Some("request_stop"),
            (_, _) => Some("stopped"),
        };
        let Some(service) = self.ha.services.get_mut(&vmid) else {
            return;
        };
        if let Some(place) = place {
            service.node = place;
        }
        if next == Some("started") && service.crm != next {
            service.confirmed = false;
            service.reported = false;
            service.attempt = None;
        }
        service.confirmed |= service.reported;
        service.crm = next;
    }

    /// The last attempt to start it failed.
    fn has_failed(&self, service: &Service) -> bool {
        service
            .attempt
            .as_ref()
            .and_then(|upid| self.task(upid))
            .and_then(|task| task.end.as_ref())
            .is_some_and(|end| end.status != "OK")
    }

    /// A failed start is tried again on the same node, then on another, then given up.
    fn read_failure(&mut self, vmid: u32) {
        let Some(service) = self.ha.services.get(&vmid) else {
            return;
        };
        if service.crm != Some("started") || !self.has_failed(service) {
            return;
        }
        let node = service.node.clone();
        let (failures, may_move) = (service.failures + 1, service.moves < service.max_relocate);
        let spent = failures > service.max_restart;
        if let Some(service) = self.ha.services.get_mut(&vmid) {
            service.failures = failures;
            service.attempt = None;
        }
        if !spent {
            return;
        }
        let viewer = self.majority_viewer().map(str::to_owned);
        let target = viewer
            .and_then(|viewer| self.emptiest_node(&viewer, &node))
            .filter(|_| may_move);
        if let Some(target) = &target {
            self.relocate(vmid, target);
        }
        if let Some(service) = self.ha.services.get_mut(&vmid) {
            match target {
                Some(_) => service.moves += 1,
                None => service.crm = Some("error"),
            }
        }
    }

    /// A stop that was asked for since the last round becomes the wish of the service.
    fn obey_stop(&mut self, vmid: u32) {
        if let Some(service) = self.ha.services.get_mut(&vmid)
            && std::mem::take(&mut service.stop_asked)
            && service.requested != "ignored"
        {
            "stopped".clone_into(&mut service.requested);
            service.failures = 0;
            service.moves = 0;
        }
    }

    pub(super) fn lrm_round(&mut self) {
        self.at(LRM_PERIOD, Event::LrmRound);
        if !self.ha.ever_used {
            return;
        }
        self.bite();
        let vmids: Vec<u32> = self.ha.services.keys().copied().collect();
        for vmid in vmids {
            self.carry_out(vmid);
        }
        self.take_locks();
        self.watch_nodes();
    }

    /// The manager of a node with services holds a lock; the others are idle.
    fn take_locks(&mut self) {
        let now = self.now;
        self.ha.waits.retain(|_, free_at| *free_at > now);
        let busy: BTreeSet<String> = self
            .ha
            .services
            .values()
            .filter(|service| service.requested != "ignored")
            .map(|service| service.node.clone())
            .filter(|node| {
                self.is_quorate(node) && self.nodes[node].works() && !self.ha.waits.contains_key(node)
            })
            .collect();
        self.ha.active.extend(busy.into_iter().map(|node| (node, now)));
        self.ha.active.retain(|_, since| now.since(*since) < HA_IDLE);
    }

    /// Losses of nodes: noticed, fenced, recovered, over.
    fn watch_nodes(&mut self) {
        let Some(viewer) = self.ha.master.clone().filter(|master| self.is_deciding(master)) else {
            return;
        };
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        for name in names {
            let online = self.sees_online(&viewer, &name);
            match self.ha.orderly.get_mut(&name) {
                Some(gone) if !online => *gone = true,
                Some(true) => {
                    self.ha.orderly.remove(&name);
                    self.ha.losses.remove(&name);
                }
                _ => {}
            }
            if !online && !self.ha.orderly.contains_key(&name) && !self.ha.losses.contains_key(&name) {
                let at = self.nodes[&name].lost_at.unwrap_or(self.now);
                let loss = super::ha::Loss {
                    at,
                    returned: None,
                    fenced: false,
                    recovered: false,
                };
                self.ha.losses.insert(name.clone(), loss);
            }
            self.pursue_loss(&name, online, &viewer);
        }
    }

    fn pursue_loss(&mut self, name: &str, online: bool, viewer: &str) {
        let now = self.now;
        let Some(loss) = self.ha.losses.get_mut(name) else {
            return;
        };
        if online {
            loss.returned = loss.returned.or(Some(now));
        }
        let gone = now.since(loss.at);
        let back = loss.returned.is_some();
        if !loss.fenced && back {
            if gone >= HA_OLD_LOCK {
                self.ha.losses.remove(name);
            }
        } else if !loss.fenced && gone >= HA_FENCE {
            loss.fenced = true;
            self.ha.active.remove(name);
            for service in self
                .ha
                .services
                .values_mut()
                .filter(|service| service.node == name)
            {
                if service.crm == Some("started") {
                    service.crm = Some("fence");
                }
            }
        } else if loss.fenced && !loss.recovered && gone >= if back { HA_RECOVER_LATE } else { HA_RECOVER } {
            loss.recovered = true;
            self.recover_services(name, viewer);
        } else if loss.recovered && back {
            self.ha.losses.remove(name);
        }
    }

    fn recover_services(&mut self, lost: &str, viewer: &str) {
        let homeless: Vec<u32> = self
            .ha
            .services
            .values()
            .filter(|service| service.node == lost && service.crm == Some("fence"))
            .map(|service| service.vmid)
            .collect();
        for vmid in homeless {
            if let Some(target) = self.emptiest_node(viewer, lost) {
                self.relocate(vmid, &target);
            }
        }
    }

    fn relocate(&mut self, vmid: u32, target: &str) {
        // Fencing has made sure that nothing is left of it where it was.
        self.end_process(vmid, "fenced");
        if let Some(guest) = self.guests.get_mut(&vmid) {
            target.clone_into(&mut guest.node);
            guest.lock = None;
            guest.holder = None;
        }
        if let Some(service) = self.ha.services.get_mut(&vmid) {
            target.clone_into(&mut service.node);
            service.crm = Some("started");
            service.confirmed = false;
            service.reported = false;
            service.failures = 0;
            service.attempt = None;
        }
    }

    /// The node with the fewest services that can take one.
    fn emptiest_node(&self, viewer: &str, except: &str) -> Option<String> {
        let load = |name: &str| {
            self.ha
                .services
                .values()
                .filter(|service| service.node == name)
                .count()
        };
        self.nodes
            .values()
            .filter(|node| node.name != except && self.sees_online(viewer, &node.name))
            .filter(|node| !self.ha.losses.contains_key(&node.name))
            .min_by_key(|node| (load(&node.name), node.nodeid))
            .map(|node| node.name.clone())
    }

    /// A node with services that has had no quorum for a minute, or has stood still that long, resets itself.
    fn bite(&mut self) {
        if !self.watchdog {
            return;
        }
        let now = self.now;
        let bitten: Vec<String> = self
            .nodes
            .values()
            .filter(|node| node.is_on())
            .filter(|node| {
                let since = if node.frozen {
                    node.lost_at
                } else {
                    node.inquorate_since
                };
                since.is_some_and(|since| now.since(since) >= WATCHDOG)
            })
            .filter(|node| {
                self.ha
                    .services
                    .values()
                    .any(|s| s.node == node.name && matches!(s.crm, Some("started" | "fence")))
            })
            .map(|node| node.name.clone())
            .collect();
        for node in bitten {
            self.power_loss(&node);
            self.power_on(&node);
        }
    }

    /// A node's own manager does what is wanted of one service.
    fn carry_out(&mut self, vmid: u32) {
        let Some(service) = self.ha.services.get(&vmid) else {
            return;
        };
        let Some(guest) = self.guests.get(&vmid) else {
            return;
        };
        let node = service.node.clone();
        let able = self.nodes.get(&node).is_some_and(super::node::Node::works)
            && self.is_quorate(&node)
            && guest.node == node
            && !self.ha.losses.contains_key(&node)
            && self
                .ha
                .waits
                .get(&node)
                .is_none_or(|free_at| *free_at <= self.now)
            && self.running_tasks_of(vmid).is_empty();
        if !able {
            return;
        }
        let (kind, running, stop_hard) = (guest.kind, guest.is_running(), service.stop_hard);
        match service.crm {
            Some("started") if running => {
                if let Some(service) = self.ha.services.get_mut(&vmid) {
                    service.reported = true;
                    service.failures = 0;
                    service.attempt = None;
                }
            }
            Some("started") => self.try_start(vmid, kind, &node),
            Some("request_stop") if running => {
                let (word, work) = if stop_hard {
                    ("stop", Work::Stop { overrule: false })
                } else {
                    (
                        "shutdown",
                        Work::Shutdown {
                            timeout: SHUTDOWN_TIMEOUT,
                            force: true,
                        },
                    )
                };
                let word = format!("{}{word}", kind.task_word());
                self.begin_task(&node, &word, &vmid.to_string(), "root@pam", work);
            }
            _ => {}
        }
    }

    fn try_start(&mut self, vmid: u32, kind: Kind, node: &str) {
        let Some(service) = self.ha.services.get(&vmid) else {
            return;
        };
        // The cluster's manager has to read of a failure first.
        if self.has_failed(service) {
            return;
        }
        let word = format!("{}start", kind.task_word());
        let upid = self.begin_task(node, &word, &vmid.to_string(), "root@pam", Work::Start);
        if let Some(service) = self.ha.services.get_mut(&vmid) {
            service.attempt = Some(upid);
        }
    }

    /// The last sign of the cluster's manager (simulated time).
    pub const fn master_sign(&self) -> SimTime {
        self.ha.master_seen
    }

    /// The last sign of a node's local manager (simulated time). It signs every five seconds while there is quorum.
    pub fn lrm_seen(&self, node: &str) -> SimTime {
        let state = &self.nodes[node];
        let noticed_ms = u64::try_from(LOSS_NOTICED.as_millis()).unwrap_or(u64::MAX);
        let booting = state.booted_at > SimTime::ZERO && self.now.since(state.booted_at) < BOOT_TO_LRM;
        let until = match (state.lost_at, state.inquorate_since) {
            (Some(lost), _) => lost,
            // It could not sign any more when the others fell silent, before that was noticed.
            (None, Some(since)) => SimTime::from_millis(since.as_millis().saturating_sub(noticed_ms)),
            (None, None) if booting => self.ha.losses.get(node).map_or(SimTime::ZERO, |loss| loss.at),
            (None, None) => self.now,
        };
        SimTime::from_millis(until.as_millis() / 5_000 * 5_000)
    }
}
