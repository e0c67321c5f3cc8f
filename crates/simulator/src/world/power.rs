//! Power cycles of nodes: loss of power, boot, orderly reboot and shutdown, freezing.
//!
//! The stages and their times are those of the recorded reboot and node-death timelines.

use std::time::Duration;

use super::node::{Daemons, Power};
use super::task::Work;
use super::timing::{
    API_DOWN_TO_LEAVE, BOOT_TO_API, BOOT_TO_ONBOOT, BOOT_TO_REPORT, LEAVE_NOTICED, LOSS_NOTICED,
    POWER_COMMAND_API_DOWN, POWER_COMMAND_DELAY, REJOIN, STOPALL_LIMIT,
};
use super::{Event, Refusal, World};
use crate::time::SimTime;

/// The next step of a power cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Kernel and cluster stack are up.
    Joined,
    /// The API answers.
    ApiUp,
    /// Guests that start on boot are started, once there is quorum.
    Onboot,
    /// Guests are stopped.
    StopGuests { reboot: bool },
    /// The API ends, once the guests have stopped or `until` has come.
    ApiDown { reboot: bool, until: SimTime },
    /// The node leaves the cluster and is off.
    Leave { reboot: bool },
}

impl World {
    /// Takes a node's power away: its guests die, nobody is told.
    pub fn power_loss(&mut self, node: &str) {
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        if state.power == Power::Off {
            return;
        }
        state.lost_at = state.lost_at.or(Some(self.now));
        self.switch_off(node, Power::Off, "power");
        self.at(LOSS_NOTICED, Event::Settle);
    }

    /// Gives a node power (switch or wake-on-LAN); nothing happens when it has it.
    pub fn power_on(&mut self, node: &str) {
        let now = self.now;
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        if state.power != Power::Off {
            return;
        }
        let joins = now + state.boot;
        state.power = Power::Booting(joins);
        let (life, boot) = (state.life, state.boot);
        self.at(
            boot,
            Event::Stage {
                node: node.to_owned(),
                life,
                stage: Stage::Joined,
            },
        );
    }

    /// Carries out `reboot` or `shutdown` as the API does: accepted at once, done in stages.
    pub fn power_command(&mut self, node: &str, reboot: bool) -> Result<(), Refusal> {
        let state = self
            .nodes
            .get_mut(node)
            .ok_or_else(|| Refusal::failed("no such cluster node"))?;
        if state.going_down {
            return Ok(());
        }
        state.going_down = true;
        let life = state.life;
        let stage = Stage::StopGuests { reboot };
        self.at(
            POWER_COMMAND_DELAY,
            Event::Stage {
                node: node.to_owned(),
                life,
                stage,
            },
        );
        let until = self.now + POWER_COMMAND_API_DOWN + STOPALL_LIMIT;
        let stage = Stage::ApiDown { reboot, until };
        self.at(
            POWER_COMMAND_API_DOWN,
            Event::Stage {
                node: node.to_owned(),
                life,
                stage,
            },
        );
        Ok(())
    }

    /// Stops all processes of a node; its kernel still accepts connections.
    pub fn freeze(&mut self, node: &str) {
        if let Some(state) = self.nodes.get_mut(node) {
            state.frozen = true;
            state.lost_at = state.lost_at.or(Some(self.now));
            self.at(LOSS_NOTICED, Event::Settle);
        }
    }

    /// Lets a frozen node go on.
    pub fn thaw(&mut self, node: &str) {
        if let Some(state) = self.nodes.get_mut(node) {
            state.frozen = false;
            state.lost_at = None;
            self.at(REJOIN, Event::Settle);
        }
    }

    /// Cuts these nodes off from the rest. `network`: for all traffic, not only corosync's.
    pub fn partition(&mut self, nodes: &[String], network: bool) {
        let side = 1 + self.nodes.values().map(|node| node.side).max().unwrap_or(0);
        let now = self.now;
        for name in nodes {
            if let Some(state) = self.nodes.get_mut(name) {
                state.side = side;
                state.unreachable = network;
                state.lost_at = state.lost_at.or(Some(now));
            }
        }
        self.at(LOSS_NOTICED, Event::Settle);
    }

    /// Ends every partition.
    pub fn heal(&mut self) {
        for node in self.nodes.values_mut() {
            node.side = 0;
            node.unreachable = false;
            if node.talks() {
                node.lost_at = None;
            }
        }
        self.at(REJOIN, Event::Settle);
    }

    /// Starts or stops a node's corosync.
    pub fn set_corosync(&mut self, node: &str, on: bool) {
        let now = self.now;
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        state.daemons.corosync = on;
        state.lost_at = if on { None } else { state.lost_at.or(Some(now)) };
        self.at(if on { REJOIN } else { Duration::from_secs(2) }, Event::Settle);
    }

    pub(super) fn stage(&mut self, node: &str, life: u32, stage: Stage) {
        let Some(state) = self.nodes.get(node) else { return };
        if state.life != life {
            return;
        }
        match stage {
            Stage::Joined => self.joined(node),
            Stage::ApiUp => {
                if let Some(state) = self.nodes.get_mut(node) {
                    state.daemons = Daemons::ALL;
                }
            }
            Stage::Onboot => self.onboot(node, life),
            Stage::StopGuests { reboot } => {
                self.freeze_services(node, reboot);
                self.begin_task(node, "stopall", "", "root@pam", Work::StopAll);
            }
            Stage::ApiDown { reboot, until } => self.api_down(node, life, reboot, until),
            Stage::Leave { reboot } => self.leave(node, reboot),
        }
    }

    fn joined(&mut self, node: &str) {
        let now = self.now;
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        state.power = Power::On;
        state.booted_at = now;
        state.uptime_before = Duration::ZERO;
        state.daemons = Daemons {
            proxy: false,
            api: false,
            status: true,
            corosync: true,
        };
        let lost_at = state.lost_at.take();
        state.said_goodbye = false;
        state.no_cluster_files = false;
        state.inquorate_since = None;
        let (life, reports) = (state.life, state.reports);
        self.ha.returned(node, lost_at, now);
        self.place_started(&super::place::Place::node(node));
        self.views.remove(node);
        self.settle();
        let later = |stage| Event::Stage {
            node: node.to_owned(),
            life,
            stage,
        };
        self.at(BOOT_TO_API, later(Stage::ApiUp));
        self.at(BOOT_TO_ONBOOT, later(Stage::Onboot));
        self.at(
            BOOT_TO_REPORT,
            Event::Sample {
                node: node.to_owned(),
                life: reports,
            },
        );
    }

    fn onboot(&mut self, node: &str, life: u32) {
        if self.is_quorate(node) {
            self.begin_task(node, "startall", "", "root@pam", Work::StartAll);
        } else {
            let stage = Stage::Onboot;
            self.at(
                Duration::from_secs(1),
                Event::Stage {
                    node: node.to_owned(),
                    life,
                    stage,
                },
            );
        }
    }

    fn api_down(&mut self, node: &str, life: u32, reboot: bool, until: SimTime) {
        let waiting = self
            .guests
            .values()
            .any(|guest| guest.node == node && guest.is_running());
        let stage = if waiting && self.now < until {
            Stage::ApiDown { reboot, until }
        } else {
            if let Some(state) = self.nodes.get_mut(node) {
                state.daemons.proxy = false;
                state.daemons.api = false;
            }
            Stage::Leave { reboot }
        };
        let delay = if matches!(stage, Stage::Leave { .. }) {
            API_DOWN_TO_LEAVE
        } else {
            Duration::from_millis(500)
        };
        self.at(
            delay,
            Event::Stage {
                node: node.to_owned(),
                life,
                stage,
            },
        );
    }

    fn leave(&mut self, node: &str, reboot: bool) {
        if let Some(state) = self.nodes.get_mut(node) {
            state.lost_at = Some(self.now);
            state.said_goodbye = true;
        }
        // An orderly end gives locks back.
        self.ha.active.remove(node);
        self.ha.master.take_if(|master| master == node);
        self.switch_off(node, Power::Off, "shutdown of the node");
        self.at(LEAVE_NOTICED, Event::Settle);
        if reboot {
            self.power_on(node);
        }
    }

    fn switch_off(&mut self, node: &str, power: Power, cause: &str) {
        if let Some(state) = self.nodes.get_mut(node) {
            state.power = power;
            state.life += 1;
            state.reports += 1;
            state.going_down = false;
            state.frozen = false;
            state.daemons = Daemons {
                proxy: false,
                api: false,
                status: false,
                corosync: false,
            };
        }
        let here: Vec<u32> = self
            .guests
            .values()
            .filter(|guest| guest.node == node && guest.is_running())
            .map(|guest| guest.vmid)
            .collect();
        for vmid in here {
            self.end_process(vmid, cause);
        }
        for guest in self.guests.values_mut().filter(|guest| guest.node == node) {
            guest.holder = None;
            guest.stopped_at = None;
        }
        self.lose_tasks(node);
    }
}
