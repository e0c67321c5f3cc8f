//! Mutations of proposals, and the changes that clients send.

use super::input::digest;
use crate::graphql::{Shared, caller, errors, shared, types::proposal::Proposal};
use async_graphql::{Context, Enum, InputObject, Json, Object, Result};
use jarvis_controller::ProposeChange;
use jarvis_model::{ManifestChange, Origin, ProposalId, ResourceKey};
use serde_json::Value;
use std::sync::Arc;

/// A file as it should be.
#[derive(Debug, Clone, InputObject)]
pub struct FileEdit {
    /// Path in the repository; ends in `.yaml` or `.yml`.
    pub path: String,
    /// Its text; without one the file is removed.
    pub content: Option<String>,
}

/// What a patch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PatchOp {
    /// Gives a field a value, and makes it where it is missing.
    Set,
    /// Takes a field away.
    Unset,
    /// Adds a document: `content`, to the file `path` or to one of its own beside its like.
    Create,
    /// Removes a document.
    Delete,
}

/// One typed change of a manifest. Comments, order and layout of all else are kept.
#[derive(Debug, Clone, InputObject)]
pub struct PatchInput {
    /// What is done.
    #[graphql(default_with = "PatchOp::Set")]
    pub op: PatchOp,
    /// `Kind/name`; for all but CREATE.
    pub resource: Option<String>,
    /// `spec.runStrategy`, `spec.dependsOn[0]`; for SET and UNSET.
    pub field: Option<String>,
    /// The value it is expected to have now; not looked at when left out.
    pub old: Option<Json<Value>>,
    /// The value it shall have; for SET.
    pub new: Option<Json<Value>>,
    /// The document as YAML; for CREATE.
    pub content: Option<String>,
    /// The file; for CREATE.
    pub path: Option<String>,
}

/// Files and patches as the model's changes: files first, then patches, in their order.
pub fn changes(
    files: Option<Vec<FileEdit>>,
    patches: Option<Vec<PatchInput>>,
) -> Result<Vec<ManifestChange>> {
    let files = files
        .unwrap_or_default()
        .into_iter()
        .map(|file| match file.content {
            Some(content) => ManifestChange::Write {
                path: file.path,
                content,
            },
            None => ManifestChange::Remove { path: file.path },
        });
    let mut all: Vec<ManifestChange> = files.collect();
    for patch in patches.unwrap_or_default() {
        all.push(patch.change()?);
    }
    if all.is_empty() {
        return Err(errors::invalid("give files or patches"));
    }
    Ok(all)
}

impl PatchInput {
    fn change(self) -> Result<ManifestChange> {
        let lacks =
            |what: &str| errors::invalid(format!("patches: {:?} needs {what}", self.op).to_lowercase());
        let resource = || -> Result<ResourceKey> {
            let key = self.resource.as_deref().ok_or_else(|| lacks("resource"))?;
            key.parse()
                .map_err(|error| errors::invalid(format!("resource: {error}")))
        };
        let field = || self.field.clone().ok_or_else(|| lacks("field"));
        let old = self.old.clone().map(|Json(value)| value);
        Ok(match self.op {
            PatchOp::Set => ManifestChange::Set {
                resource: resource()?,
                field: field()?,
                old,
                new: self.new.clone().ok_or_else(|| lacks("new"))?.0,
            },
            PatchOp::Unset => ManifestChange::Unset {
                resource: resource()?,
                field: field()?,
                old,
            },
            PatchOp::Create => ManifestChange::Create {
                path: self.path.clone(),
                content: self.content.clone().ok_or_else(|| lacks("content"))?,
            },
            PatchOp::Delete => ManifestChange::Delete {
                resource: resource()?,
            },
        })
    }
}

/// Mutations of proposals.
#[derive(Default)]
pub struct ProposeMutation;

#[Object]
impl ProposeMutation {
    /// Proposes a change of the manifests. It is checked and planned first; a person approves it, and then it is committed.
    async fn propose_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is for, in a line.")] title: String,
        #[graphql(desc = "Why.", default)] reason: String,
        #[graphql(desc = "Files as they should be.")] files: Option<Vec<FileEdit>>,
        #[graphql(desc = "Typed changes.")] patches: Option<Vec<PatchInput>>,
        #[graphql(desc = "The conversation it came up in.")] conversation: Option<String>,
    ) -> Result<Proposal> {
        let person = caller(context)?.person();
        let origin = Origin::Person {
            user: person.user,
            role: person.role,
            door: person.door,
        };
        let propose = ProposeChange {
            title,
            reason,
            changes: changes(files, patches)?,
            conversation,
        };
        let made = shared(context)?.handle.propose_change(propose, origin).await;
        told(context, made.map_err(errors::of_command)?)
    }

    /// Approves a proposal by the digest of what was seen. Answered once it is pushed or cannot be; its state says which.
    async fn approve_proposal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] id: String,
        #[graphql(name = "digest", desc = "Digest of what was seen.")] seen: String,
    ) -> Result<Proposal> {
        let (by, digest) = (caller(context)?.person(), digest(&seen)?);
        let handle = &shared(context)?.handle;
        let approved = handle.approve_proposal(ProposalId(id), digest, by).await;
        told(context, approved.map_err(errors::of_command)?)
    }

    /// Says no to a proposal.
    async fn reject_proposal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] id: String,
        #[graphql(desc = "Why.", default)] reason: String,
    ) -> Result<Proposal> {
        let by = caller(context)?.person();
        let handle = &shared(context)?.handle;
        let rejected = handle.reject_proposal(ProposalId(id), reason, by).await;
        told(context, rejected.map_err(errors::of_command)?)
    }
}

fn told(context: &Context<'_>, proposal: Arc<jarvis_model::Proposal>) -> Result<Proposal> {
    let shared: &Shared = shared(context)?;
    Ok(Proposal::of(
        &proposal,
        &shared.moment(),
        caller(context)?,
        shared.handle.pushes(),
    ))
}
