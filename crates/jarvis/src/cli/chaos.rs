//! Faults for the demo's simulated cluster.

use clap::{Args, Subcommand, ValueEnum};

/// `chaos`.
#[derive(Debug, Clone, Args)]
pub struct Chaos {
    /// The fault.
    #[command(subcommand)]
    pub fault: Fault,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is so.
    On,
    /// It is as usual again.
    Off,
}

/// What can break.
#[derive(Debug, Clone, Subcommand)]
pub enum Fault {
    /// A guest's process dies: no task, no log line.
    #[command(after_help = "Example:\n  jarvis chaos crash 101")]
    Crash {
        /// The guest.
        vmid: u32,
    },
    /// A guest switches itself off from inside.
    #[command(after_help = "Example:\n  jarvis chaos poweroff 101")]
    Poweroff {
        /// The guest.
        vmid: u32,
    },
    /// Another user stops a guest in Proxmox.
    #[command(after_help = "Example:\n  jarvis chaos user-stop 101")]
    UserStop {
        /// The guest.
        vmid: u32,
        /// Who.
        #[arg(long, default_value = "alex@pam")]
        user: String,
    },
    /// Another user starts a guest in Proxmox.
    #[command(after_help = "Example:\n  jarvis chaos user-start 105")]
    UserStart {
        /// The guest.
        vmid: u32,
        /// Who.
        #[arg(long, default_value = "alex@pam")]
        user: String,
    },
    /// Another user migrates a guest.
    #[command(after_help = "Example:\n  jarvis chaos migrate 107 forge")]
    Migrate {
        /// The guest.
        vmid: u32,
        /// Where to.
        node: String,
    },
    /// A node loses power; it comes back by a magic packet too.
    #[command(
        visible_alias = "drop-node",
        after_help = "Example:\n  jarvis chaos node-down forge"
    )]
    NodeDown {
        /// The node.
        node: String,
    },
    /// A node is switched on.
    #[command(
        visible_alias = "restore-node",
        after_help = "Example:\n  jarvis chaos node-up forge"
    )]
    NodeUp {
        /// The node.
        node: String,
    },
    /// All processes of a node stand still.
    #[command(after_help = "Example:\n  jarvis chaos freeze-node home")]
    FreezeNode {
        /// The node.
        node: String,
    },
    /// They go on.
    #[command(after_help = "Example:\n  jarvis chaos thaw-node home")]
    ThawNode {
        /// The node.
        node: String,
    },
    /// So many nodes lose power that no quorum is left.
    #[command(after_help = "Example:\n  jarvis chaos lose-quorum --keep atlas")]
    LoseQuorum {
        /// A node that stays on.
        #[arg(long)]
        keep: Option<String>,
    },
    /// Every node without power is switched on.
    #[command(after_help = "Example:\n  jarvis chaos restore-power")]
    RestorePower,
    /// A node's network card ignores Wake-on-LAN packets, or no longer.
    #[command(
        after_help = "Example:\n  jarvis chaos ignore-wake forge\n  jarvis chaos ignore-wake forge off"
    )]
    IgnoreWake {
        /// The node.
        node: String,
        /// On or off.
        #[arg(value_enum, default_value = "on")]
        switch: Switch,
    },
    /// A service is killed: a systemd unit or docker container, on a node or in a guest.
    #[command(
        visible_alias = "kill-service",
        after_help = "Example:\n  jarvis chaos fail-service atlas chrony.service\n  jarvis chaos fail-service home node-exporter --forever\n  jarvis chaos fail-service 101 nginx.service"
    )]
    FailService {
        /// The node's name, or the guest's number.
        #[arg(value_name = "NODE")]
        host: String,
        /// The unit or container.
        unit: String,
        /// Every start fails too, until `restore-service`.
        #[arg(long)]
        forever: bool,
    },
    /// A service can be started again, and is.
    #[command(after_help = "Example:\n  jarvis chaos restore-service atlas chrony.service")]
    RestoreService {
        /// The node's name, or the guest's number.
        #[arg(value_name = "NODE")]
        host: String,
        /// The unit or container.
        unit: String,
    },
    /// A node gets hot within two minutes: its fan stands still.
    #[command(after_help = "Example:\n  jarvis chaos heat forge\n  jarvis chaos heat forge --celsius 85")]
    Heat {
        /// The node.
        node: String,
        /// How hot, in degrees Celsius.
        #[arg(long, default_value_t = 95.0, value_name = "DEGREES")]
        celsius: f64,
    },
    /// It cools down again.
    #[command(after_help = "Example:\n  jarvis chaos cool forge")]
    Cool {
        /// The node.
        node: String,
    },
    /// A storage is filled.
    #[command(after_help = "Example:\n  jarvis chaos fill-disk home-nvme 97")]
    FillDisk {
        /// The storage.
        storage: String,
        /// How full, in percent.
        percent: f64,
    },
    /// A guest's configuration is locked.
    #[command(after_help = "Example:\n  jarvis chaos lock 107 backup")]
    Lock {
        /// The guest.
        vmid: u32,
        /// By what.
        #[arg(default_value = "backup")]
        lock: String,
    },
    /// And unlocked.
    #[command(after_help = "Example:\n  jarvis chaos unlock 107")]
    Unlock {
        /// The guest.
        vmid: u32,
    },
    /// A guest dies at once after each start, or no longer.
    #[command(after_help = "Example:\n  jarvis chaos fail-start 101\n  jarvis chaos fail-start 101 off")]
    FailStart {
        /// The guest.
        vmid: u32,
        /// On or off.
        #[arg(value_enum, default_value = "on")]
        switch: Switch,
    },
    /// A guest ignores the request to shut down, or no longer.
    #[command(after_help = "Example:\n  jarvis chaos ignore-shutdown 105")]
    IgnoreShutdown {
        /// The guest.
        vmid: u32,
        /// On or off.
        #[arg(value_enum, default_value = "on")]
        switch: Switch,
    },
    /// A guest is destroyed and another one made under its number.
    #[command(after_help = "Example:\n  jarvis chaos reuse-vmid 105 --name stranger")]
    ReuseVmid {
        /// The number.
        vmid: u32,
        /// Name of the new guest.
        #[arg(long)]
        name: Option<String>,
    },
    /// Any fault the control endpoint knows, as JSON.
    #[command(after_help = "Example:\n  jarvis chaos json '{\"fault\": \"slow-tasks\", \"factor\": 10}'")]
    Json {
        /// The fault.
        fault: String,
    },
    /// Begin the scenario again.
    #[command(after_help = "Example:\n  jarvis chaos reset")]
    Reset,
}
