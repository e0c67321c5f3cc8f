//! `jarvis init`: its flags, which are also the fields of an answers file.

use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;

/// `init`.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The config file to write.
    #[arg(long, short, value_name = "FILE", default_value = "jarvis.yaml")]
    pub config: PathBuf,
    /// Ask nothing: take the answers of this YAML file (the flags in camelCase) and the defaults.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Ask nothing: take the flags and the defaults.
    #[arg(long)]
    pub no_questions: bool,
    /// Replace a config file that says something else without asking.
    #[arg(long)]
    pub overwrite: bool,
    /// Only print the commands that make a Proxmox user and a token with the least rights.
    #[arg(long)]
    pub print_commands: bool,
    /// Answers given beforehand.
    #[command(flatten)]
    pub given: Answers,
}

/// Answers; each is checked as if it had been typed.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Answers {
    /// URL of a node's API, such as https://10.0.0.11:8006. May be repeated.
    #[arg(long = "entry-point", value_name = "URL")]
    pub entry_points: Vec<String>,
    /// The cluster's authority, a copy of /etc/pve/pve-root-ca.pem.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// SHA-256 of a node's certificate, compared on the node itself. May be repeated.
    #[arg(long = "pin", value_name = "AA:BB:…")]
    pub pins: Vec<String>,
    /// File with the API token, USER@REALM!ID=SECRET. JARVIS_PROXMOX_TOKEN may hold the token itself.
    #[arg(long = "pve-token-file", value_name = "FILE")]
    pub pve_token_file: Option<PathBuf>,
    /// Git repository of the manifests, or none.
    #[arg(long, value_name = "REMOTE")]
    pub repository: Option<String>,
    /// Its branch.
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Make the repository, or its first commit, when it is not there.
    #[arg(long)]
    pub create_repository: bool,
    /// Where Jarvis itself runs: a guest's number, a node's name, or elsewhere.
    #[arg(long, value_name = "WHERE")]
    pub own: Option<String>,
    /// A guest's number or a node's name that must never be touched. May be repeated.
    #[arg(long, value_name = "WHAT")]
    pub protect: Vec<String>,
    /// Address and port of the dashboard.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// How far Jarvis may go alone at first: L0 to L4.
    #[arg(long, value_name = "LEVEL")]
    pub autonomy: Option<String>,
}

impl Answers {
    /// These, where given; else the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let list = |mine: Vec<String>, other| if mine.is_empty() { other } else { mine };
        Self {
            entry_points: list(self.entry_points, other.entry_points),
            ca_file: self.ca_file.or(other.ca_file),
            pins: list(self.pins, other.pins),
            pve_token_file: self.pve_token_file.or(other.pve_token_file),
            repository: self.repository.or(other.repository),
            branch: self.branch.or(other.branch),
            create_repository: self.create_repository || other.create_repository,
            own: self.own.or(other.own),
            protect: list(self.protect, other.protect),
            listen: self.listen.or(other.listen),
            autonomy: self.autonomy.or(other.autonomy),
        }
    }
}
