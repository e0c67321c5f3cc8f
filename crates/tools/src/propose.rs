//! `propose_manifest_change`: the lasting way to want something. A proposal changes nothing; a person approves it on the
//! dashboard, and what it may not touch is refused there too.

use crate::{
    answer::{Answer, Trouble},
    arguments, schema,
    tool::{Call, Hints, Kind, Running, Tool},
};
use jarvis_controller::ProposeChange;
use jarvis_crds::change::unified;
use jarvis_model::{ManifestChange, Proposal, ResourceKey, Scope, Tier, proposal::Foresaid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Fields and files in one proposal.
const MOST_CHANGES: usize = 20;
/// Largest proposal, bytes.
const LARGEST: usize = 48 * 1024;

pub(crate) const TOOL: Tool = Tool {
    name: "propose_manifest_change",
    title: "Propose a manifest change",
    description: "Proposes a change of the manifests in git: fields, or whole files. A person approves it. Answers with the \
                  difference and the effect.",
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
    example: r#"{"title":"Keep web-01 running","reason":"It serves the shop","fields":[{"resource":"VirtualMachine/web-01","field":"spec.runStrategy","old":"Manual","new":"Always"}]}"#,
    input: schema::input::<Change>,
    output: schema::output::<Proposed>,
    run: propose,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schemars(length(max = 100))]
    title: String,
    /// Why.
    #[schemars(length(max = 500))]
    reason: String,
    fields: Option<Vec<Edit>>,
    files: Option<Vec<File>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// Kind/name.
    resource: String,
    /// spec.runStrategy
    field: String,
    old: Option<Value>,
    /// Leave out to remove.
    new: Option<Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    /// All of it; leave out to remove the file.
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
        let change = ProposeChange {
            title,
            reason,
            changes: changes(
                change.fields.unwrap_or_default(),
                change.files.unwrap_or_default(),
            )?,
            conversation: call.conversation.clone(),
        };
        let handle = &call.desk.handle;
        let proposal = tokio::select! {
            proposed = handle.propose_change(change, call.caller.origin().clone()) => {
                proposed.map_err(|error| Trouble(error.to_string()))?
            }
            () = call.cancel.cancelled() => return Err(Trouble("cancelled before it was kept".to_owned())),
        };
        let words = format!(
            "Proposal {} waits for a person to approve it on the dashboard; nothing has changed.",
            proposal.id
        );
        Ok(Answer::of(&proposed(&proposal))?.saying(words))
    })
}

fn proposed(proposal: &Proposal) -> Proposed {
    let (refused, done): (Vec<_>, Vec<_>) = proposal
        .foreseen
        .iter()
        .partition(|decision| decision.verdict == Foresaid::Refuse);
    let line = |text: &str, reason: Option<&String>| match reason {
        Some(reason) => format!("{text}: {reason}"),
        None => text.to_owned(),
    };
    let foreseen = done
        .iter()
        .map(|decision| line(&decision.text, decision.reason.as_ref()));
    Proposed {
        proposal: proposal.id.to_string(),
        diff: unified(&proposal.files),
        effect: std::iter::once(proposal.effect.clone()).chain(foreseen).collect(),
        refusals: refused
            .iter()
            .map(|decision| line(&decision.text, decision.reason.as_ref()))
            .collect(),
        note: None,
    }
}

fn changes(fields: Vec<Edit>, files: Vec<File>) -> Result<Vec<ManifestChange>, Trouble> {
    let count = fields.len() + files.len();
    if count == 0 || count > MOST_CHANGES {
        return Err(Trouble(format!(
            "wrong arguments: give 1 to {MOST_CHANGES} fields or files"
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
    let fields = fields.into_iter().map(of_edit);
    let files = files.into_iter().map(|file| {
        let path = arguments::words("path", &file.path, 200)?;
        let fine = !path.starts_with('/')
            && path
                .split('/')
                .all(|part| !matches!(part, "" | "." | ".." | ".git"))
            && [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
        if fine {
            Ok(match file.content {
                Some(content) => ManifestChange::Write { path, content },
                None => ManifestChange::Remove { path },
            })
        } else {
            Err(Trouble(format!(
                "wrong arguments: path {path:?}: give a path inside the repository that ends with .yaml"
            )))
        }
    });
    fields.chain(files).collect()
}

fn of_edit(edit: Edit) -> Result<ManifestChange, Trouble> {
    let resource: ResourceKey = edit
        .resource
        .parse()
        .map_err(|error| Trouble(format!("wrong arguments: resource: {error}")))?;
    let (old, path) = (edit.old, arguments::words("field", &edit.field, 200)?);
    Ok(match edit.new {
        Some(new) => ManifestChange::Set {
            resource,
            field: path,
            old,
            new,
        },
        None => ManifestChange::Unset {
            resource,
            field: path,
            old,
        },
    })
}
