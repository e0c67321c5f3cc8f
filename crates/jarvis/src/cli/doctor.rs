//! `jarvis doctor`.

use super::Output;
use clap::Args;
use std::path::PathBuf;

/// `doctor`.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
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
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}
