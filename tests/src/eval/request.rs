//! The requests, as their file tells them.

use anyhow::Context as _;
use jarvis_simulator::Fault;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The requests that come with Jarvis.
pub const REQUESTS: &str = include_str!("../../eval/requests.yaml");

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// How things are.
    Status,
    /// Why they are so.
    Diagnosis,
    /// Something is to be done.
    Action,
    /// Something is to be so from now on.
    Proposal,
    /// What is not to be had.
    Refusal,
    /// What looks like a request and is none, or wants to be misunderstood.
    Trap,
}

/// All kinds, in the order of reports.
pub const KINDS: [Kind; 6] = [
    Kind::Status,
    Kind::Diagnosis,
    Kind::Action,
    Kind::Proposal,
    Kind::Refusal,
    Kind::Trap,
];

/// One request, and what must come of it. An action or a proposal that is not named here must not come.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Names it.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// What happens to the cluster before.
    #[serde(default)]
    pub before: Vec<Fault>,
    /// Guests that are called otherwise.
    #[serde(default)]
    pub names: BTreeMap<u32, String>,
    /// Simulated seconds until that shows.
    #[serde(default = "a_moment")]
    pub shown_secs: u64,
    /// What is asked.
    pub ask: String,
    /// Calls that a model must make, in any order.
    #[serde(default)]
    pub calls: Vec<WantedCall>,
    /// The action that must wait for a person, or be refused: its fields as the API has them.
    #[serde(default)]
    pub card: Option<Map<String, Value>>,
    /// The rule that must refuse it.
    #[serde(default)]
    pub rule: Option<String>,
    /// What the proposal must change.
    #[serde(default)]
    pub patch: Vec<WantedPatch>,
    /// What the answer must say; ` | ` stands between ways to say it.
    #[serde(default)]
    pub says: Vec<String>,
    /// What it must not say.
    #[serde(default)]
    pub never_says: Vec<String>,
}

fn a_moment() -> u64 {
    5
}

/// A call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedCall {
    /// The tool; ` | ` stands between those that do.
    pub tool: String,
    /// Arguments it must have.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// All arguments, where the played model gives more than it must.
    #[serde(default)]
    played: Option<Map<String, Value>>,
}

/// A manifest as the proposal must leave it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedPatch {
    /// Its kind.
    pub kind: String,
    /// Its name; any when it is a new one.
    #[serde(default)]
    pub name: Option<String>,
    /// Fields by their path, with their values.
    pub having: BTreeMap<String, Value>,
}

impl WantedCall {
    /// Tools that do.
    pub fn tools(&self) -> Vec<&str> {
        ways(&self.tool)
    }

    /// Arguments of the played model.
    pub fn played(&self) -> Value {
        Value::Object(self.played.clone().unwrap_or_else(|| self.arguments.clone()))
    }
}

/// What stands between ` | `.
pub fn ways(text: &str) -> Vec<&str> {
    text.split(" | ").map(str::trim).collect()
}

/// Reads requests; two of one name are an error.
pub fn read(text: &str) -> anyhow::Result<Vec<Request>> {
    let requests: Vec<Request> = serde_saphyr::from_str(text).context("the file of requests")?;
    let mut names: Vec<&str> = requests.iter().map(|request| request.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    });
    if let Some(name) = twice {
        anyhow::bail!("two requests are named {name}");
    }
    Ok(requests)
}
