//! Commands that change manifests through proposals.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `propose`.
#[derive(Debug, Clone, Args)]
pub struct Propose {
    /// Manifest files as they should be. In the repository they have the same path, seen from --root.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the change is for, in a line: the subject of the commit.
    #[arg(long, short, value_name = "TEXT", required_unless_present = "preview")]
    pub title: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// The folder that stands for the repository's root; the working folder when left out.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Give a field another value, comments kept. May be repeated.
    #[arg(long, value_name = "KIND/NAME:FIELD=VALUE")]
    pub set: Vec<String>,
    /// Take a field away. May be repeated.
    #[arg(long, value_name = "KIND/NAME:FIELD")]
    pub unset: Vec<String>,
    /// Remove a resource: Jarvis no longer looks after it. May be repeated.
    #[arg(long, value_name = "KIND/NAME")]
    pub delete: Vec<String>,
    /// Only show what it would do.
    #[arg(long)]
    pub preview: bool,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: super::Output,
}

/// `proposals`.
#[derive(Debug, Clone, Args)]
pub struct Proposals {
    /// What to do; without it they are listed.
    #[command(subcommand)]
    pub command: Option<ProposalsCommand>,
    /// Only those that wait for a person.
    #[arg(long)]
    pub open: bool,
    /// How the list is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: super::Output,
}

/// What can be done with proposals.
#[derive(Debug, Clone, Subcommand)]
pub enum ProposalsCommand {
    /// Show one with its difference, what would come of it, and how it stands.
    #[command(after_help = "Example:\n  jarvis proposals show 0199c7c0")]
    Show {
        /// Its name; the beginning is enough.
        id: String,
        /// How the result is written.
        #[arg(long, short, value_enum, default_value_t)]
        output: super::Output,
    },
    /// Approve one: it is committed and pushed.
    #[command(after_help = "Example:\n  jarvis proposals approve 0199c7c0 --yes")]
    Approve {
        /// Its name; the beginning is enough.
        id: String,
        /// Approve if this is its digest, as `show` printed it.
        #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
        digest: Option<String>,
        /// Approve whatever the digest.
        #[arg(long, short)]
        yes: bool,
    },
    /// Say no to one.
    #[command(after_help = "Example:\n  jarvis proposals reject 0199c7c0 --reason \"not this week\"")]
    Reject {
        /// Its name; the beginning is enough.
        id: String,
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
}
