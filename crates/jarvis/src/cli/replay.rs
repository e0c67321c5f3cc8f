//! `jarvis replay`.

use super::Output;
use clap::Args;
use std::path::PathBuf;

/// `replay`.
#[derive(Debug, Clone, Args)]
pub struct Replay {
    /// State folder; without it that of the config file or of the context file.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub state: Option<PathBuf>,
    /// The config file that names the state folder.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only passes from this time on, such as 2026-08-01T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub from: Option<jiff::Timestamp>,
    /// Only passes up to this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<jiff::Timestamp>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}
