//! Commands that ask for actions on the cluster.

use clap::{Args, Subcommand};

/// `request`.
#[derive(Debug, Clone, Args)]
pub struct Request {
    /// The action.
    #[command(subcommand)]
    pub action: Act,
    /// How it is asked.
    #[command(flatten)]
    pub manner: Manner,
}

/// How an action is asked for.
#[derive(Debug, Clone, Default, Args)]
pub struct Manner {
    /// Confirm at once if the digest is this one, as an earlier request printed it.
    #[arg(long, global = true, value_name = "DIGEST", conflicts_with = "yes")]
    pub confirm: Option<String>,
    /// Confirm at once whatever the digest.
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Hold the target for this long, so that its manifest does not undo the action.
    #[arg(long, global = true, value_name = "DURATION", value_parser = super::steer::duration)]
    pub hold: Option<std::time::Duration>,
    /// Keep it recallable for this long before it begins.
    #[arg(long, global = true, value_name = "DURATION", value_parser = super::steer::duration)]
    pub recall: Option<std::time::Duration>,
    /// Return as soon as the request is taken.
    #[arg(long, global = true)]
    pub no_wait: bool,
}

/// A guest, by number or name.
#[derive(Debug, Clone, Args)]
pub struct Guest {
    /// VMID or name.
    #[arg(value_name = "VMID|NAME")]
    pub guest: String,
}

/// A service, and where it runs.
#[derive(Debug, Clone, Args)]
pub struct Service {
    /// Where it runs: node/NAME, guest/VMID, guest/NAME, or host/NAME for a host of the config file.
    pub host: String,
    /// The unit or container that a Service manifest declares; `.service` may be left out.
    pub service: String,
}

/// What can be asked for.
#[derive(Debug, Clone, Subcommand)]
pub enum Act {
    /// Start a guest.
    #[command(after_help = "Example:\n  jarvis request start 101")]
    Start(Guest),
    /// Shut a guest down gracefully.
    #[command(after_help = "Example:\n  jarvis request shutdown web-01 --hold 2h")]
    Shutdown(Guest),
    /// Reboot a guest gracefully.
    #[command(after_help = "Example:\n  jarvis request reboot 101")]
    Reboot(Guest),
    /// Stop a guest hard, as if its power was cut.
    #[command(after_help = "Example:\n  jarvis request stop 111 --yes")]
    Stop(Guest),
    /// Reset a guest.
    #[command(after_help = "Example:\n  jarvis request reset 105")]
    Reset(Guest),
    /// Take a snapshot of a guest.
    #[command(after_help = "Example:\n  jarvis request snapshot 107 before-upgrade")]
    Snapshot {
        /// The guest.
        #[command(flatten)]
        guest: Guest,
        /// Name of the snapshot.
        snapshot: String,
    },
    /// Take a guest back to a snapshot; what changed in it since then is lost.
    #[command(after_help = "Example:\n  jarvis request rollback 107 before-upgrade")]
    Rollback {
        /// The guest.
        #[command(flatten)]
        guest: Guest,
        /// Name of the snapshot.
        snapshot: String,
    },
    /// Move a guest to another node.
    #[command(after_help = "Example:\n  jarvis request migrate 107 forge")]
    Migrate {
        /// The guest.
        #[command(flatten)]
        guest: Guest,
        /// Where to.
        node: String,
    },
    /// Switch a node.
    #[command(after_help = "Example:\n  jarvis request node reboot forge")]
    Node(Node),
    /// Start a service.
    #[command(after_help = "Example:\n  jarvis request start-service node/atlas chrony.service")]
    StartService(Service),
    /// Restart a service.
    #[command(
        after_help = "Example:\n  jarvis request restart-service guest/101 nginx.service\n  jarvis request restart-service host/backup restic.service"
    )]
    RestartService(Service),
    /// Stop a service.
    #[command(after_help = "Example:\n  jarvis request stop-service guest/web-01 nginx.service")]
    StopService(Service),
    /// Destroy a guest. Always refused; here to show that it is.
    #[command(hide = true, after_help = "Example:\n  jarvis request destroy 105")]
    Destroy(Guest),
}

/// `request node`.
#[derive(Debug, Clone, Args)]
pub struct Node {
    /// What.
    #[command(subcommand)]
    pub act: NodeAct,
}

/// What can be asked of a node.
#[derive(Debug, Clone, Subcommand)]
pub enum NodeAct {
    /// Reboot it.
    #[command(after_help = "Example:\n  jarvis request node reboot forge")]
    Reboot {
        /// Its name.
        node: String,
    },
    /// Shut it down.
    #[command(after_help = "Example:\n  jarvis request node shutdown forge")]
    Shutdown {
        /// Its name.
        node: String,
    },
    /// Wake it over the network.
    #[command(after_help = "Example:\n  jarvis request node wake forge")]
    Wake {
        /// Its name.
        node: String,
    },
}

/// `confirm`.
#[derive(Debug, Clone, Args)]
pub struct Confirm {
    /// Ticket id, or digest of a recommendation, plan or withheld revision; the beginning is enough.
    #[arg(value_name = "TICKET|DIGEST")]
    pub what: String,
    /// The target's name, where that is asked for.
    #[arg(long, value_name = "NAME")]
    pub typed: Option<String>,
}

/// `reject` and `recall`.
#[derive(Debug, Clone, Args)]
pub struct TicketName {
    /// Ticket id; the beginning is enough.
    pub ticket: String,
}
