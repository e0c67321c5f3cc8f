//! `jarvis init`: asks what `jarvis.yaml` needs, tries every answer against the living cluster, and writes the file.
//! Nothing is trusted silently, nothing is overwritten unasked, no secret is written into the file.
//!
//! | module | what |
//! | --- | --- |
//! | [`ask`] | questions and answers |
//! | [`cluster`] | entry points, certificates, token |
//! | [`repository`] | the git repository of manifests |
//! | [`safety`] | where Jarvis runs, what is protected, how far it may go, where it listens |
//! | [`write`] | the file: composed, checked by the real reader, compared, written |

mod ask;
mod cluster;
mod repository;
mod safety;
mod write;

use crate::{
    cli::init::{Answers, Init},
    commands::doctor::rights,
    config::Config,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
};
use ask::Asker;
use jarvis_proxmox::{Fingerprint, Tls};
use std::collections::BTreeSet;

/// The user and token that the commands make.
const USER: &str = "jarvis@pve";
const TOKEN: &str = "jarvis";

/// Runs the command.
pub async fn run(arguments: &Init, environment: &Environment) -> Outcome {
    if arguments.print_commands {
        out::print(&commands(None));
        return Ok(Exit::Ok);
    }
    let mut given = arguments.given.clone();
    if let Some(path) = &arguments.answers {
        given = given.or(read_answers(path)?);
    }
    let asker = Asker::new(arguments.answers.is_some() || arguments.no_questions);
    let earlier = Config::load(&arguments.config, environment).ok();
    let pins = match earlier.as_ref().map(|config| &config.cluster.tls) {
        Some(Tls::Pinned(pins)) => pins.clone(),
        _ => Vec::new(),
    };
    asker.say("This writes jarvis.yaml. Every answer is tried; nothing in the cluster is changed.");
    let mut draft = cluster::ask(&asker, &given, &pins, environment).await?;
    draft.source = repository::ask(&asker, &given, environment).await?;
    safety::ask(&asker, &given, &mut draft).await?;
    write::finish(&asker, arguments, &draft, environment)
}

fn read_answers(path: &std::path::Path) -> Result<Answers, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::error(format!(
            "cannot read the answers in {shown}: {error}; check the path"
        ))
    })?;
    serde_saphyr::from_str(&text).map_err(|error| {
        Failure::error(format!(
            "cannot use the answers in {shown}: {}; its fields are the flags of `jarvis init` in camelCase",
            error.to_string().lines().next().unwrap_or_default()
        ))
    })
}

/// The commands that make a user and a token with the least rights.
fn commands(major: Option<u32>) -> String {
    let lines = rights::setup(USER, TOKEN, true, &BTreeSet::new(), major);
    format!(
        "On a node, as root:\n\n  {}\n\nThe second line prints the token's secret once.\n",
        lines.join("\n  ")
    )
}

/// What the file will say.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Name of the cluster.
    pub cluster: String,
    /// Node and URL.
    pub entries: Vec<(Option<String>, String)>,
    /// How certificates are trusted.
    pub trust: Trust,
    /// The token.
    pub token: TokenAt,
    /// The client that was tried.
    pub client: cluster::Tried,
    /// Remote and branch.
    pub source: Option<(String, String)>,
    /// Where Jarvis runs.
    pub own: Option<safety::Subject>,
    /// What must never be touched.
    pub protected: Vec<safety::Subject>,
    /// Where it listens.
    pub listen: String,
    /// How far it may go.
    pub autonomy: jarvis_model::Autonomy,
}

/// How certificates are trusted.
#[derive(Debug, Clone)]
pub enum Trust {
    /// The cluster's CA.
    Ca(std::path::PathBuf),
    /// Pins.
    Pins(Vec<Fingerprint>),
    /// The authorities of this machine.
    System,
    /// Plain http on this machine: nothing to trust.
    Plain,
}

/// Where the token is.
#[derive(Clone)]
pub enum TokenAt {
    /// In a file of the operator.
    File(std::path::PathBuf),
    /// To be written beside the config.
    New(zeroize::Zeroizing<String>),
}

impl std::fmt::Debug for TokenAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::New(_) => f.write_str("New(…)"),
        }
    }
}
