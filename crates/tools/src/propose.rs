//! `propose_manifest_change`: the lasting way to want something. A proposal changes nothing; a person approves it on the
//! dashboard, and what it may not touch is refused there too.

use crate::{
    answer::{Answer, Trouble},
    arguments, schema,
    tool::{Call, Hints, Kind, Running, Tool},
};
use async_trait::async_trait;
use jarvis_controller::Person;
use jarvis_model::{Scope, Tier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Files in one proposal.
const MOST_FILES: usize = 20;
/// Largest proposal, bytes.
const LARGEST: usize = 48 * 1024;

/// A file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFile {
    /// Path in the repository.
    pub path: String,
    /// All of its text; none removes it.
    pub content: Option<String>,
}

/// A proposal that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposedChange {
    /// Its name.
    pub id: String,
    /// What changes, as a difference of texts.
    pub diff: String,
    /// What Jarvis would do if it were in force, a line each.
    pub effect: Vec<String>,
    /// What of it is refused, and why.
    pub refusals: Vec<String>,
}

/// Takes proposals.
#[async_trait]
pub trait Proposer: Send + Sync {
    /// Checks and keeps a proposal. An error is a sentence; errors of manifests are all in it, a line each.
    async fn propose(
        &self,
        files: Vec<ProposedFile>,
        title: String,
        reason: String,
        by: Person,
    ) -> Result<ProposedChange, String>;
}

pub(crate) const TOOL: Tool = Tool {
    name: "propose_manifest_change",
    title: "Propose a manifest change",
    description: "Proposes a change of the manifests in git, as whole files. Nothing changes until a person approves it. \
                  Answers with the difference and what Jarvis would then do.",
    kind: Kind::System,
    tier: Tier::Yellow,
    scope: Scope::Propose,
    hints: Hints {
        read_only: false,
        destructive: false,
        idempotent: false,
        open_world: false,
    },
    budget: Duration::from_secs(30),
    narrow: "propose fewer files at once",
    example: r#"{"title":"Keep web-01 running","reason":"It serves the shop","files":[{"path":"guests/web-01.yaml","content":"apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: Always}\n"}]}"#,
    input: schema::input::<Change>,
    output: schema::output::<Proposed>,
    run: propose,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schemars(length(max = 100))]
    title: String,
    /// Why, for the person who approves.
    #[schemars(length(max = 500))]
    reason: String,
    #[schemars(length(min = 1, max = 20))]
    files: Vec<File>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// In the repository.
    path: String,
    /// The whole new text; leave out to remove the file.
    content: Option<String>,
}

/// What was proposed.
#[derive(Debug, Serialize, JsonSchema)]
struct Proposed {
    proposal: String,
    diff: String,
    /// What Jarvis would do.
    effect: Vec<String>,
    /// What of it is refused.
    refusals: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn propose(call: Call) -> Running {
    Box::pin(async move {
        let change: Change = arguments::read(call.arguments.clone())?;
        let title = arguments::words("title", &change.title, 100)?;
        let reason = arguments::words("reason", &change.reason, 500)?;
        let files = files(change.files)?;
        let Some(proposer) = &call.desk.proposer else {
            return Err(Trouble(
                "the manifests of this Jarvis come from no git repository that it may write to, so nothing can be \
                 proposed; tell the operator what to change"
                    .to_owned(),
            ));
        };
        let asked = proposer.propose(files, title, reason, call.caller.person());
        let proposed = tokio::select! {
            proposed = asked => proposed.map_err(Trouble)?,
            () = call.cancel.cancelled() => return Err(Trouble("cancelled before it was kept".to_owned())),
        };
        let words = format!(
            "Proposal {} waits for a person to approve it on the dashboard; nothing has changed.",
            proposed.id
        );
        let answer = Answer::of(&Proposed {
            proposal: proposed.id,
            diff: proposed.diff,
            effect: proposed.effect,
            refusals: proposed.refusals,
            note: None,
        })?;
        Ok(answer.saying(words))
    })
}

fn files(files: Vec<File>) -> Result<Vec<ProposedFile>, Trouble> {
    if files.is_empty() || files.len() > MOST_FILES {
        return Err(Trouble(format!(
            "wrong arguments: files: give 1 to {MOST_FILES} files"
        )));
    }
    let bytes: usize = files
        .iter()
        .filter_map(|file| file.content.as_ref())
        .map(String::len)
        .sum();
    if bytes > LARGEST {
        return Err(Trouble(format!(
            "wrong arguments: files: {bytes} bytes are too much for one proposal; at most {LARGEST}"
        )));
    }
    let checked = files.into_iter().map(|file| {
        let path = arguments::words("path", &file.path, 200)?;
        let fine = !path.starts_with('/')
            && path
                .split('/')
                .all(|part| !matches!(part, "" | "." | ".." | ".git"))
            && [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
        if fine {
            Ok(ProposedFile {
                path,
                content: file.content,
            })
        } else {
            Err(Trouble(format!(
                "wrong arguments: path {path:?}: give a path inside the repository that ends with .yaml"
            )))
        }
    });
    checked.collect()
}
