//! `jarvis adopt`.

use clap::Args;
use std::path::PathBuf;

/// `adopt`.
#[derive(Debug, Clone, Args)]
pub struct Adopt {
    /// Folder to write `nodes.yaml` and `guests/NODE.yaml` into; without it everything is printed.
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Overwrite files that say something else.
    #[arg(long, requires = "output")]
    pub force: bool,
}
