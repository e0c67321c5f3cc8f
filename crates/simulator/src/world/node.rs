//! A node: its power, its daemons, its place in the network. Pure state; transitions are in `power.rs`.

use std::time::Duration;

use crate::time::SimTime;

/// Whether a node has power and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// No power.
    Off,
    /// Booting; joins the cluster at the given time.
    Booting(SimTime),
    /// Up: kernel, corosync and cluster file system run. The API may still be on its way.
    On,
}

/// Whether a daemon of a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daemons {
    /// `pveproxy`: nothing listens on port 8006 when false.
    pub proxy: bool,
    /// `pvedaemon`: protected calls fail with 595 when false.
    pub api: bool,
    /// `pvestatd`: the node's figures stand still when false.
    pub status: bool,
    /// `corosync`: the node is cut off from the cluster when false, its API still answers.
    pub corosync: bool,
}

impl Daemons {
    /// Everything runs.
    pub const ALL: Self = Self {
        proxy: true,
        api: true,
        status: true,
        corosync: true,
    };
}

/// What a node is like in ordinary times (fractions of 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeHabits {
    /// Mean processor load.
    pub cpu: f64,
    /// Mean memory in use.
    pub memory: f64,
    /// Root file system in use.
    pub disk: f64,
    /// Mean temperature, degrees Celsius.
    pub celsius: f64,
}

/// A node of the simulated cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Host name.
    pub name: String,
    /// Corosync id, from 1.
    pub nodeid: u32,
    /// Votes in the quorum.
    pub votes: u32,
    /// Address inside the cluster (shown, never used).
    pub ip: String,
    /// Logical processors.
    pub cpus: u32,
    /// Memory, bytes.
    pub memory_bytes: u64,
    /// Root file system, bytes.
    pub disk_bytes: u64,
    /// Address of its network card.
    pub mac: String,
    /// Its card ignores magic packets.
    pub ignores_wake: bool,
    /// Address configured for wake-on-LAN, if any.
    pub wake_mac: Option<String>,
    /// From power-on to joining the cluster.
    pub boot: Duration,
    /// Ordinary load.
    pub habits: NodeHabits,
    /// When its status daemon first reports, counted from the beginning; by chance when absent.
    pub first_report: Option<Duration>,
    /// Firmware.
    pub firmware: super::flavour::Firmware,
    /// Its cluster file system (`pmxcfs`) is stopped: every call there fails, its reports reach nobody.
    pub no_cluster_files: bool,
    /// Power.
    pub power: Power,
    /// Daemons.
    pub daemons: Daemons,
    /// All processes stand still; the kernel still accepts connections.
    pub frozen: bool,
    /// Nodes with equal numbers can reach each other by corosync.
    pub side: u32,
    /// The cut concerns all traffic, not only corosync's.
    pub unreachable: bool,
    /// A power command was accepted and is being carried out.
    pub going_down: bool,
    /// Uptime the node already had when `booted_at` was set (only at the beginning of a scenario).
    pub uptime_before: Duration,
    /// When the kernel was started.
    pub booted_at: SimTime,
    /// Since when the node has been lost to the others (power, freeze, cut).
    pub lost_at: Option<SimTime>,
    /// Since when the node has been without quorum while up.
    pub inquorate_since: Option<SimTime>,
    /// Counts power transitions; events of an earlier life are void.
    pub life: u32,
    /// It said goodbye before it went: no call was cut off.
    pub said_goodbye: bool,
    /// Counts lives of its status daemon; events of an earlier one are void.
    pub reports: u32,
    /// Next process id.
    pub next_pid: u32,
    /// Overridden processor load, set by a fault.
    pub forced_cpu: Option<f64>,
    /// Overridden memory use, set by a fault.
    pub forced_memory: Option<f64>,
    /// Overridden root file system use, set by a fault.
    pub forced_disk: Option<f64>,
    /// Overridden temperature, degrees Celsius, set by a fault.
    pub forced_celsius: Option<f64>,
    /// Since when its load has been as it is now.
    pub load_since: SimTime,
    /// Warmth that does not come from its load.
    pub heat: Option<super::load::Heat>,
    /// How often its SSH host key was made anew.
    pub rekeyed: u32,
}

impl Node {
    /// A healthy node that has been up for a day.
    pub fn new(name: &str, nodeid: u32) -> Self {
        Self {
            name: name.to_owned(),
            nodeid,
            votes: 1,
            ip: format!("10.20.0.{}", nodeid + 10),
            cpus: 16,
            memory_bytes: 64 << 30,
            disk_bytes: 480 << 30,
            mac: format!("02:20:00:00:00:{nodeid:02X}"),
            ignores_wake: false,
            wake_mac: Some(format!("02:20:00:00:00:{nodeid:02X}")),
            boot: Duration::from_secs(20),
            habits: NodeHabits {
                cpu: 0.25,
                memory: 0.5,
                disk: 0.4,
                celsius: 48.0,
            },
            first_report: None,
            firmware: super::flavour::Firmware::Efi,
            no_cluster_files: false,
            power: Power::On,
            daemons: Daemons::ALL,
            frozen: false,
            side: 0,
            unreachable: false,
            going_down: false,
            uptime_before: Duration::from_hours(24),
            booted_at: SimTime::ZERO,
            lost_at: None,
            inquorate_since: None,
            life: 0,
            said_goodbye: false,
            reports: 0,
            next_pid: 1000 + nodeid * 100,
            forced_cpu: None,
            forced_memory: None,
            forced_disk: None,
            forced_celsius: None,
            load_since: SimTime::ZERO,
            heat: None,
            rekeyed: 0,
        }
    }

    /// Kernel and cluster file system run.
    pub fn is_on(&self) -> bool {
        self.power == Power::On
    }

    /// Takes part in corosync's rounds.
    pub fn talks(&self) -> bool {
        self.is_on() && !self.frozen && self.daemons.corosync
    }

    /// Its daemons do work.
    pub fn works(&self) -> bool {
        self.is_on() && !self.frozen
    }

    /// Uptime at `now`; zero while it is off.
    pub fn uptime(&self, now: SimTime) -> Duration {
        if self.is_on() {
            self.uptime_before + now.since(self.booted_at)
        } else {
            Duration::ZERO
        }
    }

    /// Hands out a process id.
    pub fn take_pid(&mut self) -> u32 {
        self.next_pid = if self.next_pid >= 4_000_000 {
            1000
        } else {
            self.next_pid + 1 + self.nodeid % 3
        };
        self.next_pid
    }
}
