//! A guest: virtual machine or container, its configuration, its process. Pure state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::time::SimTime;

/// Virtual machine or container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

impl Kind {
    /// The word in paths and in `type`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Lxc => "lxc",
        }
    }

    /// The prefix of HA ids.
    pub const fn ha_word(self) -> &'static str {
        match self {
            Self::Qemu => "vm",
            Self::Lxc => "ct",
        }
    }

    /// The word in error texts.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Qemu => "VM",
            Self::Lxc => "CT",
        }
    }

    /// The folder of configuration files.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Qemu => "qemu-server",
            Self::Lxc => "lxc",
        }
    }

    /// The prefix of task types.
    pub const fn task_word(self) -> &'static str {
        match self {
            Self::Qemu => "qm",
            Self::Lxc => "vz",
        }
    }
}

/// The process of a running guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Process id on the node.
    pub pid: u32,
    /// When it was started.
    pub started: SimTime,
    /// Uptime it already had (only at the beginning of a scenario).
    pub uptime_before: Duration,
    /// From here on the operating system inside answers (guest agent).
    pub ready_at: SimTime,
    /// Processors stand still (QEMU only).
    pub paused: bool,
    /// A container on its way down: still `running`, without a pid.
    pub stopping: bool,
}

/// Who holds a guest's lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A task, by its number.
    Task(u64),
    /// The event daemon cleaning up after a stop.
    Cleanup,
}

/// A snapshot of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// When it was taken (Unix seconds).
    pub taken_at_secs: u64,
    /// The snapshot before it.
    pub parent: Option<String>,
}

/// How the guest behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// Mean processor load (fraction of its processors).
    pub cpu: f64,
    /// Mean memory in use (fraction).
    pub memory: f64,
    /// From process start to an answering operating system.
    pub boot: Duration,
    /// From the request to the end of the process.
    pub shutdown: Duration,
    /// The request to shut down is ignored.
    pub ignores_acpi: bool,
    /// The process ends at once after a start.
    pub fails_to_start: bool,
    /// The guest agent is configured but does not answer.
    pub agent_silent: bool,
}

/// A guest of the simulated cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    /// Number, unique in the cluster.
    pub vmid: u32,
    /// Virtual machine or container.
    pub kind: Kind,
    /// Name.
    pub name: String,
    /// The node its configuration file is on.
    pub node: String,
    /// Pool, if any.
    pub pool: Option<String>,
    /// Tags, sorted and in lower case.
    pub tags: BTreeSet<String>,
    /// A template, never started.
    pub template: bool,
    /// Started when its node boots.
    pub onboot: bool,
    /// The guest agent is configured.
    pub agent: bool,
    /// Lock in the configuration (`backup`, `migrate` ...).
    pub lock: Option<String>,
    /// Processors.
    pub cores: u32,
    /// Memory, bytes.
    pub memory_bytes: u64,
    /// Disk, bytes.
    pub disk_bytes: u64,
    /// Storage of its disk.
    pub storage: String,
    /// SMBIOS uuid: the identity of a virtual machine.
    pub uuid: String,
    /// First network address: the identity of a container.
    pub mac: String,
    /// Creation time (Unix seconds).
    pub created_at_secs: u64,
    /// Other keys of the configuration.
    pub config: BTreeMap<String, String>,
    /// Snapshots, oldest first.
    pub snapshots: Vec<Snapshot>,
    /// Behaviour.
    pub habits: Habits,
    /// Its process, when it runs.
    pub process: Option<Process>,
    /// Who holds its lock file.
    pub holder: Option<Holder>,
    /// When its process last ended by a stop or shutdown.
    pub stopped_at: Option<SimTime>,
    /// Counts changes of the configuration; part of its digest.
    pub edits: u64,
    /// Overridden processor load, set by a fault.
    pub forced_cpu: Option<f64>,
    /// Overridden memory use, set by a fault.
    pub forced_memory: Option<f64>,
}

impl Guest {
    /// The id in `/cluster/resources`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind.word(), self.vmid)
    }

    /// The id of its HA service.
    pub fn sid(&self) -> String {
        format!("{}:{}", self.kind.ha_word(), self.vmid)
    }

    /// It has a process.
    pub const fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Uptime of its process, whole seconds.
    pub fn uptime_secs(&self, now: SimTime) -> u64 {
        self.process
            .as_ref()
            .map_or(0, |p| (p.uptime_before + now.since(p.started)).as_secs())
    }

    /// `running`, `paused` or `stopped`.
    pub fn fine_status(&self) -> &'static str {
        match &self.process {
            Some(process) if process.paused => "paused",
            Some(_) => "running",
            None => "stopped",
        }
    }

    /// Tags as one text.
    pub fn tag_text(&self) -> Option<String> {
        (!self.tags.is_empty()).then(|| self.tags.iter().cloned().collect::<Vec<_>>().join(";"))
    }

    /// Sets the tags from one text, as the server does: split, lower case, sorted.
    pub fn set_tags(&mut self, text: &str) {
        self.tags = text
            .split([';', ',', ' '])
            .filter(|tag| !tag.is_empty())
            .map(str::to_lowercase)
            .collect();
    }

    /// The first serial port that a console can show.
    pub fn serial_port(&self) -> Option<&'static str> {
        ["serial0", "serial1", "serial2", "serial3"]
            .into_iter()
            .find(|port| self.config.get(*port).is_some_and(|kind| kind == "socket"))
    }

    /// The text of a missing configuration file on `node`.
    pub fn missing_text(kind: Kind, node: &str, vmid: u32) -> String {
        format!(
            "Configuration file 'nodes/{node}/{}/{vmid}.conf' does not exist",
            kind.folder()
        )
    }

    /// The text of a refusal by the lock in the configuration.
    pub fn locked_text(&self) -> Option<String> {
        self.lock
            .as_ref()
            .map(|lock| format!("{} is locked ({lock})", self.kind.title()))
    }

    /// The text of a lock file that was not to be had.
    pub fn lock_file_text(&self) -> String {
        let path = match self.kind {
            Kind::Qemu => format!("/var/lock/qemu-server/lock-{}.conf", self.vmid),
            Kind::Lxc => format!("/run/lock/lxc/pve-config-{}.lock", self.vmid),
        };
        format!("can't lock file '{path}' - got timeout")
    }
}
