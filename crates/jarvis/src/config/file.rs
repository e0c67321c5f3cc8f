//! The shape of `jarvis.yaml`. Strict: unknown fields are errors. Values that are checked later carry their place.
//!
//! Knows nothing of what the values mean.

use super::Log;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_saphyr::Spanned;
use std::{collections::BTreeMap, fmt};

/// Text with its place.
pub type Text = Spanned<String>;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// Address and port of the API.
    pub listen: Option<Text>,
    /// What people type into a browser.
    pub public_url: Option<Text>,
    /// Further origins.
    #[serde(default)]
    pub origins: Vec<Text>,
    /// Whether a proxy in front ends TLS.
    #[serde(default)]
    pub trusted_proxy: bool,
    /// What the listener speaks.
    pub tls: Option<Spanned<ListenTls>>,
    /// State folder.
    pub state: Option<Text>,
    /// The cluster.
    pub cluster: Spanned<Cluster>,
    /// Where manifests come from.
    pub source: Option<Source>,
    /// Hosts over SSH.
    pub ssh: Option<Spanned<SshAccess>>,
    /// Terminals; none without this section.
    pub terminal: Option<Spanned<Terminal>>,
    /// Protection in force without any manifest.
    #[serde(default)]
    pub safety: Safety,
    /// How long a dashboard request can be recalled.
    pub recall_seconds: Option<Spanned<u64>>,
    /// By which servers people are told.
    #[serde(default)]
    pub notifications: Notifications,
    /// Who signs people in.
    pub auth: Option<Auth>,
    /// Language models, and what may be spent on them.
    #[serde(default)]
    pub assistant: Assistant,
    /// Logging.
    #[serde(default)]
    pub log: Log,
}

/// `tls`: a word, or the files of a certificate.
#[derive(Debug)]
pub enum ListenTls {
    /// `generated` or `off`.
    Word(String),
    /// Certificate and key.
    Files(CertificateFiles),
}

/// `tls` with a certificate of somebody else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateFiles {
    /// The PEM chain, leaf first.
    pub certificate: String,
    /// Its PEM key.
    pub key: String,
}

impl<'de> Deserialize<'de> for ListenTls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ListenTls;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the word generated or off, or {certificate: FILE, key: FILE}")
            }
            fn visit_str<E>(self, word: &str) -> Result<ListenTls, E> {
                Ok(ListenTls::Word(word.to_owned()))
            }
            fn visit_bool<E>(self, on: bool) -> Result<ListenTls, E> {
                Ok(ListenTls::Word(if on { "on" } else { "off" }.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ListenTls, A::Error> {
                CertificateFiles::deserialize(MapAccessDeserializer::new(map)).map(ListenTls::Files)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// `cluster`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Its name.
    pub name: Option<Text>,
    /// Nodes to ask.
    pub entry_points: Vec<Spanned<Entry>>,
    /// The API token.
    pub token: Option<Spanned<Secret>>,
    /// Instead of a token: a user with its realm.
    pub user: Option<Text>,
    /// Its password.
    pub password: Option<Spanned<Secret>>,
    /// Trust.
    pub tls: Option<Spanned<Tls>>,
}

/// One of `cluster.entryPoints`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The node behind it.
    pub node: Option<String>,
    /// `https://host:8006`.
    pub url: String,
}

/// `cluster.tls`: exactly one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// The cluster's own CA.
    pub ca_file: Option<String>,
    /// Pins.
    pub fingerprints: Option<Vec<String>>,
    /// Roots of the operating system.
    #[serde(default)]
    pub system: bool,
    /// Nothing is checked.
    #[serde(default)]
    pub insecure: bool,
}

/// A reference to a secret: exactly one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secret {
    /// Name of an environment variable.
    pub env: Option<String>,
    /// Path of a file.
    pub file: Option<String>,
}

/// `source`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// The git repository.
    pub git: Spanned<Git>,
    /// How often it is fetched.
    pub poll_seconds: Option<Spanned<u64>>,
    /// How proposals are committed and pushed.
    pub propose: Option<Spanned<Propose>>,
    /// Secret of the webhook.
    pub webhook_secret: Option<Spanned<Secret>>,
}

/// `source.propose`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Propose {
    /// `branch`, `proposal-branch` or `off`.
    pub push: Option<String>,
    /// Domain of the addresses of authors.
    pub author_domain: Option<String>,
    /// Days one waits for a person.
    pub expires_after_days: Option<u64>,
}

/// `source.git`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Git {
    /// The repository.
    pub remote: String,
    /// The branch in force.
    pub branch: Option<String>,
    /// Folder inside it.
    pub folder: Option<String>,
    /// For an SSH remote.
    pub ssh: Option<Ssh>,
    /// For an HTTPS remote.
    pub https_token: Option<Spanned<Secret>>,
    /// CA of a private HTTPS server.
    pub ca_file: Option<String>,
}

/// `source.git.ssh`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ssh {
    /// Private key.
    pub key_file: String,
    /// Pinned host keys.
    pub known_hosts_file: String,
}

/// `ssh`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SshAccess {
    /// As whom hosts are entered.
    pub user: Option<Text>,
    /// Private key.
    pub key_file: Option<String>,
    /// Passphrase of private keys.
    pub passphrase: Option<Spanned<Secret>>,
    /// Keys of the agent at SSH_AUTH_SOCK instead.
    #[serde(default)]
    pub agent: bool,
    /// Pinned host keys; `known_hosts` in the state folder when not said.
    pub known_hosts_file: Option<String>,
    /// Whether a host without a pinned key is pinned by the first one it shows.
    #[serde(default)]
    pub trust_on_first_use: bool,
    /// Port.
    pub port: Option<Spanned<u16>>,
    /// Whether journals of nodes are followed, for guests that end.
    #[serde(default)]
    pub follow_journal: bool,
    /// Nodes, by name.
    #[serde(default)]
    pub nodes: BTreeMap<String, Spanned<SshHost>>,
    /// Guests, by number.
    #[serde(default)]
    pub guests: BTreeMap<u32, Spanned<SshHost>>,
    /// Other hosts, by the name that manifests use.
    #[serde(default)]
    pub hosts: BTreeMap<String, Spanned<SshHost>>,
}

/// One of `ssh.nodes`, `ssh.guests`, `ssh.hosts`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SshHost {
    /// Name or IP address; the name above it when not said.
    pub address: Option<String>,
    /// As whom, where that differs.
    pub user: Option<String>,
    /// Port, where that differs.
    pub port: Option<Spanned<u16>>,
    /// Private key, where that differs.
    pub key_file: Option<String>,
}

/// `terminal`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terminal {
    /// As whom terminals enter hosts, where that differs from `ssh`.
    pub user: Option<Text>,
    /// Private key, where that differs.
    pub key_file: Option<String>,
    /// Its passphrase.
    pub passphrase: Option<Spanned<Secret>>,
    /// A terminal in which nothing is typed for this long ends.
    pub idle_minutes: Option<Spanned<u64>>,
    /// Terminals a user may have.
    pub per_user: Option<Spanned<u64>>,
    /// Terminals there may be.
    pub in_all: Option<Spanned<u64>>,
    /// Folder of recordings.
    pub recordings: Option<String>,
    /// Whether guests that `ssh` does not name show their consoles.
    #[serde(default)]
    pub console: bool,
}

/// `safety`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Safety {
    /// Nodes and guests.
    pub protected: Vec<Spanned<Subject>>,
    /// Where Jarvis itself runs.
    pub own: Option<Spanned<Subject>>,
    /// Autonomy when no manifest says anything.
    pub autonomy: Option<Text>,
    /// Autonomy never goes above this.
    pub ceiling: Option<Text>,
    /// Autonomous actions per rolling hour.
    pub actions_per_hour: Option<Spanned<u32>>,
    /// Largest plan that runs alone.
    pub largest_plan: Option<Spanned<u32>>,
}

/// `auth`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    /// An OpenID Connect provider.
    pub oidc: Option<Spanned<Oidc>>,
}

/// `auth.oidc`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, as the provider spells it.
    pub issuer: Text,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<Spanned<Secret>>,
    /// What is asked for.
    pub scopes: Option<Vec<String>>,
    /// The claim that names the user.
    pub user_claim: Option<String>,
    /// The claim that tells the roles.
    pub role_claim: Option<String>,
    /// Values of that claim.
    pub roles: OidcRoles,
    /// What the button says.
    pub display_name: Option<String>,
}

/// `auth.oidc.roles`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OidcRoles {
    /// Who is an admin.
    pub admin: Vec<String>,
    /// Who is an operator.
    pub operator: Vec<String>,
    /// Who is a viewer.
    pub viewer: Vec<String>,
}

/// `notifications`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notifications {
    /// The mail server.
    pub smtp: Option<Spanned<Smtp>>,
    /// Secrets that NotificationChannels name.
    pub credentials: BTreeMap<String, Spanned<Secret>>,
}

/// `notifications.smtp`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port, where it is not the usual one.
    pub port: Option<u16>,
    /// How the way to it is protected.
    #[serde(default)]
    pub tls: jarvis_notify::SmtpTls,
    /// The authority of its certificate, where that is a private one.
    pub ca_file: Option<String>,
    /// Who logs in.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Spanned<Secret>>,
    /// Who writes.
    pub from: String,
}

/// `assistant`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Assistant {
    /// The zone in which times are told.
    pub time_zone: Option<Text>,
    /// Models, in the order in which they are asked.
    pub models: Vec<Spanned<LanguageModel>>,
    /// What may be spent.
    pub budget: Budget,
    /// A table of prices instead of the built-in one.
    pub prices_file: Option<Text>,
    /// Whether only models in the house are asked.
    pub local_only: bool,
}

/// A file with the section `assistant` and no other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistantAlone {
    /// The section.
    pub assistant: Assistant,
}

/// One of `assistant.models`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LanguageModel {
    /// How its server is spoken to.
    pub api: jarvis_llm::Wire,
    /// Its id there.
    pub model: String,
    /// Address of the server.
    pub url: Option<String>,
    /// Key of the server.
    pub key: Option<Spanned<Secret>>,
    /// Whether it runs in the house; not those of Anthropic, all others when not said.
    pub local: Option<bool>,
    /// Tokens it can read.
    pub window_tokens: Option<Spanned<u64>>,
    /// Tokens an answer may have.
    pub max_output_tokens: Option<Spanned<u64>>,
    /// Questions it answers at a time.
    pub slots: Option<Spanned<u64>>,
    /// How much it is to think.
    pub effort: Option<jarvis_llm::Effort>,
    /// Whether it is one that is asked to think by itself.
    pub thinking: Option<jarvis_llm::Thinking>,
}

/// `assistant.budget`, in dollars.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Budget {
    /// For one request.
    pub request: Option<Spanned<f64>>,
    /// For a day.
    pub day: Option<Spanned<f64>>,
    /// For a month.
    pub month: Option<Spanned<f64>>,
}

/// A node or a guest: exactly one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subject {
    /// A node.
    pub node: Option<String>,
    /// A guest.
    pub vmid: Option<u32>,
}
