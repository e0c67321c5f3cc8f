//! The command line, as clap reads it. Every command has an example; `docs/CLI.md` is generated from here.
//!
//! Knows nothing of what the commands do.

pub mod act;
pub mod adopt;
pub mod chaos;
pub mod doctor;
pub mod init;
pub mod notify;
pub mod propose;
pub mod reference;
pub mod replay;
pub mod show;
pub mod steer;

use clap::{Args, Parser, Subcommand};
use std::{net::IpAddr, path::PathBuf};

/// Keeps a Proxmox VE cluster as its manifests in git say: a few small, verified, explained actions.
#[derive(Debug, Parser)]
#[command(
    name = "jarvis",
    version,
    after_help = EXIT_CODES,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
pub struct Cli {
    /// How the running Jarvis is reached.
    #[command(flatten)]
    pub connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 error, 2 drift (plan), 3 refused, 4 not allowed, 8 frozen.\n\n\
                          Example:\n  jarvis demo";

/// How the running Jarvis is reached. Without any of these, the context file that `run` and `demo` write is used.
#[derive(Debug, Clone, Default, Args)]
pub struct Connection {
    /// Base URL of the running Jarvis.
    #[arg(
        long,
        global = true,
        env = "JARVIS_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Connection"
    )]
    pub url: Option<String>,
    /// File that holds a bearer token; the environment variable JARVIS_TOKEN may hold the token itself.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub token_file: Option<PathBuf>,
    /// SHA-256 of the certificate by which an https URL is known, as Jarvis prints it at its start.
    #[arg(
        long,
        global = true,
        env = "JARVIS_FINGERPRINT",
        hide_env_values = true,
        value_name = "AA:BB:…",
        help_heading = "Connection"
    )]
    pub fingerprint: Option<String>,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything against an embedded simulated cluster.
    #[command(after_help = "Example:\n  jarvis demo --port 7474 --fresh")]
    Demo(Demo),
    /// Run against the cluster named in a config file.
    #[command(after_help = "Example:\n  jarvis run --config /etc/jarvis/jarvis.yaml")]
    Run(Run),
    /// Write jarvis.yaml by questions; every answer is tried against the living cluster.
    #[command(
        after_help = "Example:\n  jarvis init\n  jarvis init --answers answers.yaml --config /etc/jarvis/jarvis.yaml"
    )]
    Init(Box<init::Init>),
    /// Check what `run` will need: entry points, certificates, rights, clocks, manifests, state, listener.
    #[command(after_help = "Example:\n  jarvis doctor --config /etc/jarvis/jarvis.yaml")]
    Doctor(doctor::Doctor),
    /// Run the simulated Proxmox cluster alone, for any client.
    #[command(after_help = "Example:\n  jarvis simulate --seed 7 --first-port 8006")]
    Simulate(Simulate),
    /// Check manifest files; prints every error of every file.
    #[command(after_help = "Example:\n  jarvis validate examples/homelab/manifests")]
    Validate(Validate),
    /// Write manifests for what runs now and no manifest declares. The same cluster gives the same bytes.
    #[command(after_help = "Example:\n  jarvis adopt --output ./manifests")]
    Adopt(adopt::Adopt),
    /// Show what would be done now, or with other manifests. Exits with 2 when there is drift.
    #[command(after_help = "Example:\n  jarvis plan\n  jarvis plan ./manifests --output json")]
    Plan(show::Plan),
    /// List things.
    #[command(after_help = "Example:\n  jarvis get guests")]
    Get(show::Get),
    /// Show one thing with everything known about it.
    #[command(after_help = "Example:\n  jarvis describe VirtualMachine/web-01")]
    Describe(show::Describe),
    /// Show a decision, request or intent with the facts it stood on, what became of it, and what would change it.
    #[command(after_help = "Example:\n  jarvis explain 3f9ab2c41d07")]
    Explain(show::Explain),
    /// Plan every recorded pass again and compare: the same facts must give the same decisions, bit for bit.
    #[command(after_help = "Example:\n  jarvis replay --state /var/lib/jarvis --from 2026-08-01T12:00:00Z")]
    Replay(replay::Replay),
    /// Ask for an action; it is judged, recorded, carried out and verified.
    #[command(after_help = "Example:\n  jarvis request reboot 105\n  jarvis request node reboot forge --yes")]
    Request(act::Request),
    /// Confirm what waits for a person, by ticket or digest.
    #[command(after_help = "Example:\n  jarvis confirm 3f9ab2c41d07")]
    Confirm(act::Confirm),
    /// Say no to a request that waits for a confirmation.
    #[command(after_help = "Example:\n  jarvis reject 0199c7c0-7a37-7000-8000-000000000000")]
    Reject(act::TicketName),
    /// Take a request back before it begins.
    #[command(after_help = "Example:\n  jarvis recall 0199c7c0-7a37-7000-8000-000000000000")]
    Recall(act::TicketName),
    /// Propose a change of the manifests: checked and planned now, committed once a person approves it.
    #[command(
        after_help = "Example:\n  jarvis propose guests/web.yaml --title \"Keep web-01 running\"\n  jarvis propose --set VirtualMachine/web-01:spec.runStrategy=Always --title \"Keep web-01 running\""
    )]
    Propose(propose::Propose),
    /// Proposals: list, show, approve, reject.
    #[command(after_help = "Example:\n  jarvis proposals --open")]
    Proposals(propose::Proposals),
    /// Pull the kill switch: nothing is done alone any more.
    #[command(after_help = "Example:\n  jarvis freeze --for 1h --reason \"moving the rack\"")]
    Freeze(steer::Freeze),
    /// Release the kill switch.
    #[command(after_help = "Example:\n  jarvis thaw")]
    Thaw,
    /// Keep hands off a resource, a node or the cluster.
    #[command(
        after_help = "Example:\n  jarvis hold VirtualMachine/web-01 --for 2h --reason \"testing\"\n  jarvis hold node:forge"
    )]
    Hold(steer::Hold),
    /// Release a hold.
    #[command(after_help = "Example:\n  jarvis release node:forge")]
    Release(steer::Release),
    /// Accept the guest that now lives under a known number.
    #[command(after_help = "Example:\n  jarvis accept-identity 105")]
    AcceptIdentity(steer::AcceptIdentity),
    /// Acknowledge an issue: an escalation ends, attempts count anew.
    #[command(after_help = "Example:\n  jarvis ack VirtualMachine/web-01#guest-down")]
    Ack(steer::Ack),
    /// How far Jarvis may go alone.
    #[command(after_help = "Example:\n  jarvis autonomy set-ceiling L2")]
    Autonomy(steer::Autonomy),
    /// Look, fetch and plan now.
    #[command(after_help = "Example:\n  jarvis reconcile")]
    Reconcile,
    /// Bearer tokens.
    #[command(after_help = "Example:\n  jarvis token create ci --role viewer")]
    Token(steer::Token),
    /// People who may sign in.
    #[command(after_help = "Example:\n  jarvis user add anna --role operator")]
    User(steer::User),
    /// The audit trail, read from the state folder; works while the server runs and while it does not.
    #[command(after_help = "Example:\n  jarvis audit verify --state /var/lib/jarvis")]
    Audit(Audit),
    /// Messages to people: try the channels, and see what waits to be sent.
    #[command(after_help = "Example:\n  jarvis notify test")]
    Notify(notify::Notify),
    /// Break things in the demo's simulated cluster.
    #[command(after_help = "Example:\n  jarvis chaos crash 101")]
    Chaos(chaos::Chaos),
    /// Serve tools to an assistant that starts this program and speaks over its standard input and output. Hands all on to
    /// the running Jarvis, with the rights of the token alone. See docs/MCP.md.
    #[command(
        after_help = "Example:\n  JARVIS_TOKEN=jrv_… jarvis mcp --url https://jarvis.example:7474\n  jarvis mcp --config /etc/jarvis/jarvis.yaml"
    )]
    Mcp(Mcp),
    /// Watch Jarvis from another machine, and start or reset the one it runs in when it is dead. See docs/WATCHDOG.md.
    #[command(
        after_help = "Example:\n  jarvis watchdog --config /etc/jarvis/watchdog.yaml\n  jarvis watchdog --config /etc/jarvis/watchdog.yaml --tell \"a test\""
    )]
    Watchdog(Watchdog),
    /// Print generated schemas: the JSON Schema of one kind, those of the tools for assistants, the GraphQL API's, or the
    /// names of all.
    #[command(
        after_help = "Example:\n  jarvis schema VirtualMachine > virtualmachine.json\n  jarvis schema --crd\n  jarvis schema tools\n  jarvis schema graphql > schema.graphql"
    )]
    Schema(Schema),
    /// Exit with 0 when the running Jarvis is alive, else 1. For containers.
    #[command(after_help = "Example:\n  jarvis healthcheck --ready")]
    Healthcheck(Healthcheck),
    /// Print a completion script.
    #[command(after_help = "Example:\n  jarvis completions bash > /etc/bash_completion.d/jarvis")]
    Completions(Completions),
    /// Print the reference of all commands, as in docs/CLI.md.
    #[command(hide = true, after_help = "Example:\n  jarvis docs-cli > docs/CLI.md")]
    DocsCli,
}

/// `watchdog`.
#[derive(Debug, Clone, Args)]
pub struct Watchdog {
    /// The config file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Only check the config file and the files it names.
    #[arg(long, conflicts_with = "tell")]
    pub check: bool,
    /// Only send this text to whom `mail` of the config names.
    #[arg(long, value_name = "TEXT")]
    pub tell: Option<String>,
}

/// `mcp`.
#[derive(Debug, Clone, Args)]
pub struct Mcp {
    /// Ask no running Jarvis: look at the cluster that this config file names, and do nothing. Without a token all reads are
    /// open to whoever started it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "token_file"])]
    pub config: Option<PathBuf>,
}

/// `demo`.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Port of the dashboard and the API; 0 means any free one.
    #[arg(long, default_value_t = 7474)]
    pub port: u16,
    /// State folder; without it the one below $XDG_STATE_HOME is used.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Forget what an earlier demo left in the state folder.
    #[arg(long)]
    pub fresh: bool,
    /// How many times faster than the wall clock the simulated cluster, and Jarvis with it, lives.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub time_factor: u32,
    /// A file with the `assistant` section of a jarvis.yaml: the conversation's language models.
    #[arg(long, value_name = "FILE")]
    pub assistant: Option<PathBuf>,
    /// The simulated cluster.
    #[command(flatten)]
    pub scenario: Scenario,
    /// Also print what Jarvis logs.
    #[arg(long, short)]
    pub verbose: bool,
}

/// Which cluster is simulated.
#[derive(Debug, Clone, Args)]
pub struct Scenario {
    /// Nodes of a generated cluster; without this and --guests it is the home laboratory.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=32))]
    pub nodes: Option<u32>,
    /// Guests of a generated cluster.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub guests: Option<u32>,
    /// Seed of everything random; the same seed makes the same cluster.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// `run`.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The config file.
    #[arg(
        long,
        short,
        value_name = "FILE",
        env = "JARVIS_CONFIG",
        hide_env_values = true
    )]
    pub config: PathBuf,
    /// Check the config file and the certificates and secrets it names, then exit.
    #[arg(long)]
    pub check: bool,
}

/// `simulate`.
#[derive(Debug, Clone, Args)]
pub struct Simulate {
    /// Address of all node ports.
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub bind: IpAddr,
    /// Port of the first node, counting up; 0 means any free ones.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub first_port: u16,
    /// Speak plain HTTP instead of HTTPS.
    #[arg(long)]
    pub plain: bool,
    /// How many times faster than the wall clock the cluster lives; 0: it stands still until advanced.
    #[arg(long, default_value_t = 1)]
    pub time_factor: u32,
    /// Write the cluster's certificate authority to this file.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Write a private key that every SSH server lets in to this file.
    #[arg(long, value_name = "FILE")]
    pub ssh_key_file: Option<PathBuf>,
    /// Write the host keys of all SSH servers to this file, as a known_hosts file.
    #[arg(long, value_name = "FILE")]
    pub known_hosts_file: Option<PathBuf>,
    /// Let the keys of this file in too; one a line, as in authorized_keys.
    #[arg(long, value_name = "FILE")]
    pub authorized_keys_file: Option<PathBuf>,
    /// Play the language models that this file tells of: what they say to what; docs/MODELS.md.
    #[arg(long, value_name = "FILE")]
    pub models: Option<PathBuf>,
    /// UDP port for Wake-on-LAN packets; 0 means any free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub wake_port: u16,
    /// The simulated cluster.
    #[command(flatten)]
    pub scenario: Scenario,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// `validate`.
#[derive(Debug, Clone, Args)]
pub struct Validate {
    /// Files, or folders whose *.yaml and *.yml files are read.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the result is written.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// `audit`.
#[derive(Debug, Clone, Args)]
pub struct Audit {
    /// State folder; without it that of the context file.
    #[arg(long, value_name = "DIR", global = true)]
    pub state: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the audit trail.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Show the last rows.
    #[command(after_help = "Example:\n  jarvis audit log --last 20")]
    Log {
        /// How many rows.
        #[arg(long, default_value_t = 50)]
        last: usize,
        /// How the result is written.
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
    /// Check every checksum and every link of the hash chain; names the first broken one.
    #[command(after_help = "Example:\n  jarvis audit verify")]
    Verify {
        /// An anchor kept elsewhere, SEQ:HASH, that must be part of the chain. May be repeated.
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Vec<String>,
        /// How the result is written.
        #[arg(long, short, value_enum, default_value_t)]
        output: Output,
    },
    /// Write all rows to standard output.
    #[command(after_help = "Example:\n  jarvis audit export --format csv > audit.csv")]
    Export {
        /// JSON lines or CSV.
        #[arg(long, value_enum, default_value_t)]
        format: ExportFormat,
    },
}

/// How the audit trail is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// For spreadsheets.
    Csv,
}

/// `schema`.
#[derive(Debug, Clone, Args)]
pub struct Schema {
    /// A kind, such as VirtualMachine, or `tools` or `graphql`.
    pub kind: Option<String>,
    /// Print Kubernetes CRDs instead of JSON Schemas.
    #[arg(long)]
    pub crd: bool,
}

/// `healthcheck`.
#[derive(Debug, Clone, Args)]
pub struct Healthcheck {
    /// Also require that the cluster was looked at and a pass was made.
    #[arg(long)]
    pub ready: bool,
}

/// `completions`.
#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// The shell.
    pub shell: clap_complete::Shell,
}
