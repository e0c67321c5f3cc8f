//! `jarvis notify`.

use super::Output;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `notify`.
#[derive(Debug, Clone, Args)]
pub struct Notify {
    /// What to do.
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// What can be done with notifications.
#[derive(Debug, Clone, Subcommand)]
pub enum NotifyCommand {
    /// Send a test message by a NotificationChannel, or by all of them, and say what each server answered.
    #[command(after_help = "Example:\n  jarvis notify test ops-mail --config /etc/jarvis/jarvis.yaml")]
    Test(Test),
    /// Show what waits to be sent, and what is parked and why; read from the state folder.
    #[command(after_help = "Example:\n  jarvis notify queue --state /var/lib/jarvis")]
    Queue(Queue),
    /// Let what is parked be tried once more, of a NotificationChannel or of all; asked of the running Jarvis.
    #[command(after_help = "Example:\n  jarvis notify retry ops-mail")]
    Retry(Retry),
}

/// `notify retry`.
#[derive(Debug, Clone, Args)]
pub struct Retry {
    /// The channel, by its manifest's name; all of them when left out.
    pub channel: Option<String>,
}

/// `notify test`.
#[derive(Debug, Clone, Args)]
pub struct Test {
    /// The channel, by its manifest's name; all of them when left out.
    pub channel: Option<String>,
    /// The config file.
    #[arg(
        long,
        short,
        value_name = "FILE",
        env = "JARVIS_CONFIG",
        hide_env_values = true,
        default_value = "jarvis.yaml"
    )]
    pub config: PathBuf,
}

/// `notify queue`.
#[derive(Debug, Clone, Args)]
pub struct Queue {
    /// State folder; without it that of the context file.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}
