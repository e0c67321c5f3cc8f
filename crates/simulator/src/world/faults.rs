//! Faults that can be injected: what breaks, what other people do, and how it is mended.
//!
//! The JSON form (`{"fault": "crash-guest", "vmid": 101}`) is that of the control endpoint.

use serde::{Deserialize, Serialize};

use super::World;
use super::actions::Action;
use super::ledger::Injected;
use super::place::Place;
use super::service::{ServiceId, Verb};

/// Something that happens to the cluster. Fractions are given as percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// The guest's process is killed; no task, no log line.
    CrashGuest {
        /// The guest.
        vmid: u32,
    },
    /// The guest switches itself off.
    PowerOffInside {
        /// The guest.
        vmid: u32,
    },
    /// Another user stops the guest (a task appears).
    UserStop {
        /// The guest.
        vmid: u32,
        /// Who does it.
        #[serde(default = "other_user")]
        user: String,
    },
    /// Another user shuts the guest down (a task appears).
    UserShutdown {
        /// The guest.
        vmid: u32,
        /// Who does it.
        #[serde(default = "other_user")]
        user: String,
    },
    /// Another user starts the guest (a task appears).
    UserStart {
        /// The guest.
        vmid: u32,
        /// Who does it.
        #[serde(default = "other_user")]
        user: String,
    },
    /// Another user moves the guest.
    UserMigrate {
        /// The guest.
        vmid: u32,
        /// The node it goes to.
        target: String,
        /// Who does it.
        #[serde(default = "other_user")]
        user: String,
    },
    /// The node loses power.
    PowerLoss {
        /// The node.
        node: String,
    },
    /// The node is switched on.
    PowerOn {
        /// The node.
        node: String,
    },
    /// All processes of the node stand still.
    Freeze {
        /// The node.
        node: String,
    },
    /// They go on.
    Thaw {
        /// The node.
        node: String,
    },
    /// `pveproxy` is stopped.
    StopProxy {
        /// The node.
        node: String,
    },
    /// `pveproxy` is started.
    StartProxy {
        /// The node.
        node: String,
    },
    /// `pvedaemon` is stopped.
    StopApiDaemon {
        /// The node.
        node: String,
    },
    /// `pvedaemon` is started.
    StartApiDaemon {
        /// The node.
        node: String,
    },
    /// `pvestatd` is stopped.
    StopStatusDaemon {
        /// The node.
        node: String,
    },
    /// `pvestatd` is started.
    StartStatusDaemon {
        /// The node.
        node: String,
    },
    /// The cluster file system (`pmxcfs`) of the node is stopped.
    StopClusterFiles {
        /// The node.
        node: String,
    },
    /// And started.
    StartClusterFiles {
        /// The node.
        node: String,
    },
    /// `corosync` is stopped.
    StopCorosync {
        /// The node.
        node: String,
    },
    /// `corosync` is started.
    StartCorosync {
        /// The node.
        node: String,
    },
    /// These nodes are cut off; `network`: for all traffic, not only corosync's.
    Partition {
        /// The nodes that are cut off.
        nodes: Vec<String>,
        /// All traffic, not only corosync's.
        #[serde(default)]
        network: bool,
    },
    /// All partitions end.
    Heal,
    /// Just enough nodes lose power that no quorum is left; `keep` stays on.
    LoseQuorum {
        /// The node that stays on.
        #[serde(default)]
        keep: Option<String>,
    },
    /// Every node without power is switched on.
    RestorePower,
    /// A storage (on one node, or everywhere) is filled.
    FillStorage {
        /// The storage.
        storage: String,
        /// Only as this node sees it; everywhere when absent.
        #[serde(default)]
        node: Option<String>,
        /// How full, percent.
        percent: f64,
    },
    /// The root file system of a node is filled.
    FillDisk {
        /// The node.
        node: String,
        /// How full, percent.
        percent: f64,
    },
    /// A node's load is set; without figures it returns to normal.
    NodeLoad {
        /// The node.
        node: String,
        /// Processor load, percent.
        #[serde(default)]
        cpu: Option<f64>,
        /// Memory in use, percent.
        #[serde(default)]
        memory: Option<f64>,
        /// Temperature, degrees Celsius.
        #[serde(default)]
        celsius: Option<f64>,
    },
    /// A node gets hot: its fan stands still. It warms up to the level within two minutes.
    Heat {
        /// The node.
        node: String,
        /// The level, degrees Celsius.
        #[serde(default = "hot")]
        celsius: f64,
    },
    /// It cools down again.
    Cool {
        /// The node.
        node: String,
    },
    /// The process of a service is killed, on a node or in a guest.
    FailService {
        /// The node it runs on.
        #[serde(default)]
        node: Option<String>,
        /// Or the guest it runs in.
        #[serde(default)]
        vmid: Option<u32>,
        /// The systemd unit or docker container.
        service: String,
        /// Every start from now on fails too.
        #[serde(default)]
        forever: bool,
    },
    /// A service can be started again, and is.
    RestoreService {
        /// The node it runs on.
        #[serde(default)]
        node: Option<String>,
        /// Or the guest it runs in.
        #[serde(default)]
        vmid: Option<u32>,
        /// The systemd unit or docker container.
        service: String,
    },
    /// The node's network card ignores magic packets (or no longer).
    IgnoresWake {
        /// The node.
        node: String,
        /// From now on, or no longer.
        on: bool,
    },
    /// The node's SSH host key is made anew, as when it was installed again.
    ChangeHostKey {
        /// The node.
        node: String,
    },
    /// A guest's load is set; without figures it returns to normal.
    GuestLoad {
        /// The guest.
        vmid: u32,
        /// Processor load, percent.
        #[serde(default)]
        cpu: Option<f64>,
        /// Memory in use, percent.
        #[serde(default)]
        memory: Option<f64>,
    },
    /// The guest's configuration is locked.
    Lock {
        /// The guest.
        vmid: u32,
        /// The lock, such as `backup`.
        lock: String,
    },
    /// And unlocked.
    Unlock {
        /// The guest.
        vmid: u32,
    },
    /// The guest's process ends at once after each start (or no longer).
    FailsToStart {
        /// The guest.
        vmid: u32,
        /// From now on, or no longer.
        on: bool,
    },
    /// Starts of the guest end with a warning (or no longer).
    Warns {
        /// The guest.
        vmid: u32,
        /// From now on, or no longer.
        on: bool,
    },
    /// The guest ignores the request to shut down (or no longer).
    IgnoresAcpi {
        /// The guest.
        vmid: u32,
        /// From now on, or no longer.
        on: bool,
    },
    /// The guest agent does not answer (or does again).
    SilentAgent {
        /// The guest.
        vmid: u32,
        /// From now on, or no longer.
        on: bool,
    },
    /// Everything tasks do takes this many times as long.
    SlowTasks {
        /// How many times as long; 1 is normal.
        factor: u32,
    },
    /// The guest is destroyed and another one made under its number, stopped.
    ReuseVmid {
        /// The guest.
        vmid: u32,
        /// The name of the new guest; the old one when absent.
        #[serde(default)]
        name: Option<String>,
        /// The node of the new guest; the old one when absent.
        #[serde(default)]
        node: Option<String>,
    },
    /// The guest is put under HA.
    HaAdd {
        /// The guest.
        vmid: u32,
        /// The state asked for.
        state: String,
    },
    /// The guest is taken out of HA.
    HaRemove {
        /// The guest.
        vmid: u32,
    },
}

const fn hot() -> f64 {
    95.0
}

fn other_user() -> String {
    "alex@pam".to_owned()
}

impl World {
    /// Lets a fault happen now. The error says what is wrong with it.
    pub fn inject(&mut self, fault: &Fault) -> Result<(), String> {
        self.check_names(fault)?;
        let what = serde_json::to_string(fault).unwrap_or_default();
        self.ledger.faults.push(Injected {
            at_ms: self.now.as_millis(),
            what,
        });
        match fault {
            Fault::CrashGuest { .. }
            | Fault::PowerOffInside { .. }
            | Fault::UserStop { .. }
            | Fault::UserShutdown { .. }
            | Fault::UserStart { .. }
            | Fault::UserMigrate { .. }
            | Fault::ReuseVmid { .. }
            | Fault::HaAdd { .. }
            | Fault::HaRemove { .. } => self.inject_deed(fault),
            Fault::FailService { .. } | Fault::RestoreService { .. } => {
                self.inject_service(fault);
                Ok(())
            }
            Fault::Lock { .. }
            | Fault::Unlock { .. }
            | Fault::FailsToStart { .. }
            | Fault::IgnoresAcpi { .. }
            | Fault::SilentAgent { .. }
            | Fault::GuestLoad { .. } => {
                self.inject_habit(fault);
                Ok(())
            }
            _ => {
                self.inject_node(fault);
                Ok(())
            }
        }
    }

    fn check_names(&self, fault: &Fault) -> Result<(), String> {
        let value = serde_json::to_value(fault).unwrap_or_default();
        let node = |name: &serde_json::Value| match name.as_str() {
            Some(name) if !self.nodes.contains_key(name) => Err(format!("there is no node '{name}'")),
            _ => Ok(()),
        };
        for key in ["node", "target", "keep"] {
            node(&value[key])?;
        }
        for name in value["nodes"].as_array().into_iter().flatten() {
            node(name)?;
        }
        if let Fault::FailService { .. } | Fault::RestoreService { .. } = fault {
            return self.service_meant(fault).map(|_| ());
        }
        match (value["vmid"].as_u64(), value["storage"].as_str()) {
            (Some(vmid), _) if !self.guests.keys().any(|known| u64::from(*known) == vmid) => {
                Err(format!("there is no guest {vmid}"))
            }
            (_, Some(storage)) if !self.storages.contains_key(storage) => {
                Err(format!("there is no storage '{storage}'"))
            }
            _ => Ok(()),
        }
    }

    fn inject_deed(&mut self, fault: &Fault) -> Result<(), String> {
        match fault {
            Fault::CrashGuest { vmid } => self.end_process(*vmid, "crash"),
            Fault::PowerOffInside { vmid } => self.end_process(*vmid, "inside"),
            Fault::UserStop { vmid, user } => {
                return self.deed(*vmid, Action::Stop { overrule: false }, user);
            }
            Fault::UserShutdown { vmid, user } => {
                return self.deed(
                    *vmid,
                    Action::Shutdown {
                        timeout: None,
                        force: false,
                    },
                    user,
                );
            }
            Fault::UserStart { vmid, user } => return self.deed(*vmid, Action::Start, user),
            Fault::UserMigrate { vmid, target, user } => {
                let guest = &self.guests[vmid];
                let (node, kind) = (guest.node.clone(), guest.kind);
                self.check_reachable(&node)?;
                self.migrate(&node, kind, *vmid, target, true, user)
                    .map_err(|refusal| refusal.text)?;
            }
            Fault::ReuseVmid { vmid, name, node } => self.reuse(*vmid, name.as_deref(), node.as_deref()),
            Fault::HaAdd { vmid, state } => {
                self.ha_add(*vmid, state, None).map_err(|refusal| refusal.text)?;
            }
            Fault::HaRemove { vmid } => self.ha_remove(*vmid).map_err(|refusal| refusal.text)?,
            _ => {}
        }
        Ok(())
    }

    /// Nobody can do anything on a node that is off or frozen.
    fn check_reachable(&self, node: &str) -> Result<(), String> {
        if self.nodes.get(node).is_some_and(super::node::Node::works) {
            Ok(())
        } else {
            Err(format!("node '{node}' does not answer"))
        }
    }

    fn deed(&mut self, vmid: u32, action: Action, user: &str) -> Result<(), String> {
        let guest = &self.guests[&vmid];
        let (node, kind) = (guest.node.clone(), guest.kind);
        self.check_reachable(&node)?;
        self.act(&node, kind, vmid, action, user)
            .map(|_| ())
            .map_err(|refusal| refusal.text)
    }

    fn reuse(&mut self, vmid: u32, name: Option<&str>, node: Option<&str>) {
        self.end_process(vmid, "destroyed");
        let uuid = self.rng.uuid();
        let mac = self.rng.guest_mac();
        let created_at_secs = self.unix_now();
        if let Some(guest) = self.guests.get_mut(&vmid) {
            guest.uuid = uuid;
            guest.mac = mac;
            guest.created_at_secs = created_at_secs;
            guest.edits = 0;
            guest.snapshots.clear();
            guest.lock = None;
            guest.holder = None;
            if let Some(name) = name {
                name.clone_into(&mut guest.name);
            }
            if let Some(node) = node {
                node.clone_into(&mut guest.node);
            }
        }
    }

    fn inject_habit(&mut self, fault: &Fault) {
        let (Fault::Lock { vmid, .. }
        | Fault::Unlock { vmid }
        | Fault::FailsToStart { vmid, .. }
        | Fault::IgnoresAcpi { vmid, .. }
        | Fault::SilentAgent { vmid, .. }
        | Fault::GuestLoad { vmid, .. }) = fault
        else {
            return;
        };
        let Some(guest) = self.guests.get_mut(vmid) else {
            return;
        };
        match fault {
            Fault::Lock { lock, .. } => guest.lock = Some(lock.clone()),
            Fault::Unlock { .. } => guest.lock = None,
            Fault::FailsToStart { on, .. } => guest.habits.fails_to_start = *on,
            Fault::IgnoresAcpi { on, .. } => guest.habits.ignores_acpi = *on,
            Fault::SilentAgent { on, .. } => guest.habits.agent_silent = *on,
            Fault::GuestLoad { cpu, memory, .. } => {
                guest.forced_cpu = cpu.map(fraction);
                guest.forced_memory = memory.map(fraction);
            }
            _ => {}
        }
    }

    fn inject_node(&mut self, fault: &Fault) {
        match fault {
            Fault::PowerLoss { node } => self.power_loss(node),
            Fault::PowerOn { node } => self.power_on(node),
            Fault::Freeze { node } => self.freeze(node),
            Fault::Thaw { node } => self.thaw(node),
            Fault::StopProxy { node } => self.set_daemon(node, "pveproxy", false),
            Fault::StartProxy { node } => self.set_daemon(node, "pveproxy", true),
            Fault::StopApiDaemon { node } => self.set_daemon(node, "pvedaemon", false),
            Fault::StartApiDaemon { node } => self.set_daemon(node, "pvedaemon", true),
            Fault::StopStatusDaemon { node } => self.set_daemon(node, "pvestatd", false),
            Fault::StartStatusDaemon { node } => self.set_daemon(node, "pvestatd", true),
            Fault::StopClusterFiles { node } => self.set_cluster_files(node, false),
            Fault::StartClusterFiles { node } => self.set_cluster_files(node, true),
            Fault::StopCorosync { node } => self.set_corosync(node, false),
            Fault::StartCorosync { node } => self.set_corosync(node, true),
            Fault::Partition { nodes, network } => self.partition(nodes, *network),
            Fault::Heal => self.heal(),
            Fault::LoseQuorum { keep } => self.lose_quorum(keep.as_deref()),
            Fault::RestorePower => {
                let names: Vec<String> = self.nodes.keys().cloned().collect();
                for name in names {
                    self.power_on(&name);
                }
            }
            Fault::FillStorage {
                storage,
                node,
                percent,
            } => {
                if let Some(storage) = self.storages.get_mut(storage) {
                    if let Some(node) = node {
                        storage.used_on.insert(node.clone(), fraction(*percent));
                    } else {
                        storage.used = fraction(*percent);
                        storage.used_on.clear();
                    }
                }
            }
            Fault::Warns { vmid, on: true } => {
                self.warns.insert(*vmid);
            }
            Fault::Warns { vmid, on: false } => {
                self.warns.remove(vmid);
            }
            Fault::SlowTasks { factor } => self.slowness = (*factor).clamp(1, 1000),
            Fault::FillDisk { .. } | Fault::NodeLoad { .. } => self.inject_load(fault),
            Fault::Heat { node, celsius } => self.set_heat(node, Some(*celsius)),
            Fault::Cool { node } => self.set_heat(node, None),
            Fault::IgnoresWake { .. } | Fault::ChangeHostKey { .. } => self.inject_card_or_key(fault),
            _ => {}
        }
    }

    /// The service a fault is about. The error names those there are.
    fn service_meant(&self, fault: &Fault) -> Result<ServiceId, String> {
        let (Fault::FailService {
            node, vmid, service, ..
        }
        | Fault::RestoreService { node, vmid, service }) = fault
        else {
            return Err("this fault is not about a service".to_owned());
        };
        let place = match (node, vmid) {
            (Some(node), None) if self.nodes.contains_key(node) => Place::node(node),
            (None, Some(vmid)) if self.guests.contains_key(vmid) => Place::Guest(*vmid),
            (None, Some(vmid)) => return Err(format!("there is no guest {vmid}")),
            _ => return Err("say where the service runs: \"node\" or \"vmid\"".to_owned()),
        };
        self.find_service(&place, None, service).ok_or_else(|| {
            let known: Vec<&str> = self.services_at(&place).map(|(id, _)| id.name.as_str()).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            format!("there is no service '{service}' on {place}; there are: {known}")
        })
    }

    fn inject_service(&mut self, fault: &Fault) {
        let Ok(id) = self.service_meant(fault) else { return };
        let broken = matches!(fault, Fault::FailService { forever: true, .. });
        if let Some(service) = self.services.get_mut(&id) {
            service.broken = broken;
        }
        if matches!(fault, Fault::FailService { .. }) {
            self.kill_service(&id);
        } else {
            self.change_service(&id, Verb::Start);
        }
    }

    fn set_cluster_files(&mut self, node: &str, on: bool) {
        if let Some(state) = self.nodes.get_mut(node) {
            state.no_cluster_files = !on;
        }
    }

    fn inject_card_or_key(&mut self, fault: &Fault) {
        let (Fault::IgnoresWake { node, .. } | Fault::ChangeHostKey { node }) = fault else {
            return;
        };
        if let Some(state) = self.nodes.get_mut(node) {
            match fault {
                Fault::IgnoresWake { on, .. } => state.ignores_wake = *on,
                _ => state.rekeyed += 1,
            }
        }
    }

    fn inject_load(&mut self, fault: &Fault) {
        match fault {
            Fault::FillDisk { node, percent } => {
                if let Some(state) = self.nodes.get_mut(node) {
                    state.forced_disk = Some(fraction(*percent));
                }
            }
            Fault::NodeLoad {
                node,
                cpu,
                memory,
                celsius,
            } => {
                let now = self.now;
                if let Some(state) = self.nodes.get_mut(node) {
                    state.load_since = now;
                    state.heat = None;
                    state.forced_cpu = cpu.map(fraction);
                    state.forced_memory = memory.map(fraction);
                    state.forced_celsius = *celsius;
                }
            }
            _ => {}
        }
    }

    fn lose_quorum(&mut self, keep: Option<&str>) {
        let needed = self.quorum_votes();
        let mut left: u32 = self
            .nodes
            .values()
            .filter(|node| node.talks())
            .map(|node| node.votes)
            .sum();
        let victims: Vec<(String, u32)> = self
            .nodes
            .values()
            .rev()
            .filter(|node| node.talks() && Some(node.name.as_str()) != keep)
            .map(|node| (node.name.clone(), node.votes))
            .collect();
        for (name, votes) in victims {
            if left < needed {
                break;
            }
            self.power_loss(&name);
            left -= votes;
        }
    }
}

fn fraction(percent: f64) -> f64 {
    (percent / 100.0).clamp(0.0, 1.0)
}
