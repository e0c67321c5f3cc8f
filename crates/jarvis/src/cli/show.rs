//! Commands that only read.

use super::Output;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `plan`.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// Manifest files or folders that are not committed yet; without them the manifests in force.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Things {
    /// The cluster as a whole, and how Jarvis's own loop is doing.
    #[value(alias = "cluster")]
    Clusters,
    /// Nodes of the cluster.
    #[value(alias = "node")]
    Nodes,
    /// Virtual machines and containers.
    #[value(aliases = ["guest", "vms", "vm"])]
    Guests,
    /// Declared services and what they do.
    #[value(alias = "service")]
    Services,
    /// Figures beyond their limits.
    #[value(alias = "limit")]
    Limits,
    /// Manifest resources and their status.
    #[value(aliases = ["resource", "manifests"])]
    Resources,
    /// Open issues.
    #[value(alias = "issue")]
    Issues,
    /// What needs a person.
    #[value(alias = "alert")]
    Alerts,
    /// Decisions of the latest plan.
    #[value(alias = "decision")]
    Decisions,
    /// The activity feed.
    #[value(alias = "event")]
    Events,
    /// Requests.
    #[value(alias = "ticket")]
    Tickets,
    /// Effects in flight and lately ended.
    #[value(alias = "intent")]
    Intents,
    /// Holds in force.
    #[value(alias = "hold")]
    Holds,
    /// Storages.
    #[value(alias = "storages")]
    Storage,
    /// Proxmox tasks seen lately.
    #[value(alias = "task")]
    Tasks,
}

/// `get`.
#[derive(Debug, Clone, Args)]
pub struct Get {
    /// What.
    #[arg(value_enum)]
    pub things: Things,
    /// Only rows that contain this text, or this whole number.
    pub matching: Option<String>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// `describe`.
#[derive(Debug, Clone, Args)]
pub struct Describe {
    /// KIND/NAME of a resource, node/NAME, guest/VMID or guest/NAME.
    #[arg(value_name = "KIND/NAME")]
    pub what: String,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// `explain`.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// Id of a decision, ticket or intent, or the beginning of one; or an issue, for all decisions upon it.
    pub id: String,
    /// State folder to read past decisions from, without asking a running Jarvis; without it that of the context file.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}
