//! The config file `jarvis.yaml`: how this process connects. What should be true of the cluster is in manifests.
//!
//! | module | what |
//! | --- | --- |
//! | [`file`] | the shape of the file |
//! | [`read`] | YAML to that shape, with positions |
//! | [`check`] | that shape to a [`Config`], or every error of the file |
//! | [`secret`] | references to secrets |
//!
//! Opens no connection.

pub mod check;
pub mod error;
pub mod file;
pub mod read;
pub mod secret;

#[cfg(test)]
mod tests;

pub use error::ConfigError;

use crate::environment::Environment;
use jarvis_api::ListenTls;
use jarvis_guard::Floor;
use jarvis_proxmox::{Credential, EntryPoint, Tls};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use zeroize::Zeroizing;

/// The address when none is given.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:7474";

/// Everything this process needs to know, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// What people type into a browser, where it differs from the address.
    pub public_url: Option<String>,
    /// Further origins from which a browser may use it.
    pub origins: Vec<String>,
    /// Whether a proxy in front ends TLS.
    pub trusted_proxy: bool,
    /// What was said about the listener's own TLS.
    pub tls: ListenTls,
    /// Folder of everything that is remembered.
    pub state: PathBuf,
    /// The cluster.
    pub cluster: ClusterConfig,
    /// Where manifests come from; none means that nothing is declared.
    pub source: Option<SourceConfig>,
    /// Hosts over SSH; none means that no host is looked into or acted on.
    pub ssh: Option<jarvis_ssh::Options>,
    /// Terminals; none means that there are none.
    pub terminal: Option<TerminalConfig>,
    /// Protection and limits in force without any manifest.
    pub floor: Floor,
    /// How long a request from the dashboard can be recalled.
    pub recall: Duration,
    /// By which servers people are told.
    pub notifications: jarvis_notify::Settings,
    /// Who signs people in beside passwords.
    pub oidc: Option<jarvis_api::OidcOptions>,
    /// Language models; the conversation works without any.
    pub assistant: AssistantConfig,
    /// Logging.
    pub log: Log,
    /// What the operator should know about the file.
    pub warnings: Vec<String>,
}

/// A Proxmox cluster.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// Its name, as manifests may name it.
    pub name: String,
    /// Where to ask, in order.
    pub entry_points: Vec<EntryPoint>,
    /// The credential.
    pub credential: Credential,
    /// How the nodes' certificates are trusted.
    pub tls: Tls,
    /// How often the cluster is looked at; the controller's default when none.
    pub look_every: Option<Duration>,
    /// Time limits of requests; the client's default when none.
    pub timeouts: Option<jarvis_proxmox::Timeouts>,
}

/// Language models, and what may be spent on them.
#[derive(Debug, Clone)]
pub struct AssistantConfig {
    /// The zone in which times are told.
    pub zone: jiff::tz::TimeZone,
    /// Models, in the order in which they are asked.
    pub models: Vec<ModelConfig>,
    /// Most that may be spent on a request, a day, a month; millionths of a dollar.
    pub per_request: Option<u64>,
    /// On a day.
    pub per_day: Option<u64>,
    /// In a month.
    pub per_month: Option<u64>,
    /// What answers cost.
    pub prices: jarvis_llm::Prices,
    /// Whether only models in the house are asked.
    pub local_only: bool,
}

impl Default for AssistantConfig {
    /// No model.
    fn default() -> Self {
        Self {
            zone: jiff::tz::TimeZone::system(),
            models: Vec::new(),
            per_request: None,
            per_day: None,
            per_month: None,
            prices: jarvis_llm::Prices::built_in(),
            local_only: false,
        }
    }
}

/// A language model.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    /// Which, where, how.
    pub settings: jarvis_llm::Settings,
    /// Tokens it can read.
    pub window_tokens: u64,
    /// Tokens an answer may have.
    pub max_output_tokens: u32,
    /// Questions it answers at a time.
    pub slots: usize,
}

/// Terminals.
#[derive(Debug, Clone)]
pub struct TerminalConfig {
    /// Their limits.
    pub options: jarvis_api::TerminalOptions,
    /// The hosts, as terminals enter them; none where none is configured.
    pub ssh: Option<jarvis_ssh::Options>,
    /// Whether guests that are no such host show their consoles, by Proxmox's own way in.
    pub console: bool,
}

/// The manifest source.
#[derive(Clone)]
pub struct SourceConfig {
    /// What the git source needs. Its state folder is below ours.
    pub git: jarvis_source::Options,
    /// How often it is fetched.
    pub poll: Duration,
    /// How proposals are committed and pushed.
    pub proposing: jarvis_controller::Proposing,
    /// Secret of the webhook, when there is one.
    pub webhook_secret: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for SourceConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceConfig")
            .field("git", &self.git)
            .field("poll", &self.poll)
            .field("proposing", &self.proposing)
            .field("webhook", &self.webhook_secret.is_some())
            .finish_non_exhaustive()
    }
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What should be looked at.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// Why it happens.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// As the log filter spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// How much.
    pub level: LogLevel,
}

impl Config {
    /// Reads and checks a file. Every error of the file is returned, in the order of the file.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Vec<ConfigError>> {
        let opened = Opened::read(path)?;
        let file = read::read(&opened.text, &opened.name).map_err(|error| vec![error])?;
        check::check(file, &opened.around(environment))
    }
}

impl AssistantConfig {
    /// Reads and checks a file that has the section `assistant` and no other.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Vec<ConfigError>> {
        let opened = Opened::read(path)?;
        let file: file::AssistantAlone =
            read::read_as(&opened.text, &opened.name, "docs/MODELS.md").map_err(|error| vec![error])?;
        check::check_assistant(file.assistant, &opened.around(environment))
    }
}

/// A config file as it was read.
struct Opened {
    name: String,
    base: PathBuf,
    text: String,
}

impl Opened {
    fn read(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let name = path.display().to_string();
        let unreadable = |why: std::io::Error| {
            vec![ConfigError::whole(
                &name,
                format!("cannot be read: {why}"),
                "check the path; examples/homelab/jarvis.yaml is a start",
            )]
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let base = std::path::absolute(path).map_err(unreadable)?;
        let base = base.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { name, base, text })
    }

    fn around<'a>(&'a self, environment: &'a Environment) -> check::Around<'a> {
        check::Around {
            name: &self.name,
            base: &self.base,
            environment,
        }
    }
}
