//! Changes of manifests that people and assistants propose: previewed, recorded, approved, committed, pushed.
//!
//! | module | what |
//! | --- | --- |
//! | [`preview`] | what a change would do: files, errors, plan, who may approve it; pure |
//! | [`commit`] | how an approved proposal becomes a commit; pure |
//! | [`publish`] | the work beside the loop that pushes it |
//! | `asking` | the handle's side: preview, propose, approve, reject |
//! | [`desk`] | the commands: recorded by the loop before they are answered |
//!
//! A proposal is durable before it is answered. One that was approved is pushed even when Jarvis ends in between: the next
//! process finds it approved and not pushed, and the commit by its trailer if it got that far.

mod asking;
pub mod commit;
pub mod desk;
pub mod preview;
pub mod publish;

pub use preview::{Preview, preview};

use jarvis_model::ManifestChange;
use std::time::Duration;

/// How proposals are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposing {
    /// Where approved ones are pushed to.
    pub push: PushMode,
    /// Domain of the addresses of authors: `anna@jarvis.local`.
    pub author_domain: String,
    /// How long one waits for a person.
    pub expires_after: Duration,
}

impl Default for Proposing {
    fn default() -> Self {
        Self {
            push: PushMode::Branch,
            author_domain: "jarvis.local".to_owned(),
            expires_after: Duration::from_hours(7 * 24),
        }
    }
}

/// Where approved proposals are pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushMode {
    /// The branch in force; a branch of its own when the server does not take it there.
    Branch,
    /// A branch of its own, for a pull request.
    OwnBranch,
    /// Nowhere: proposals can be made and looked at, not approved.
    Off,
}

/// A change to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposeChange {
    /// What it is for, in a line.
    pub title: String,
    /// Why; may be empty.
    pub reason: String,
    /// What is to be changed.
    pub changes: Vec<ManifestChange>,
    /// The conversation it came up in.
    pub conversation: Option<String>,
}

#[cfg(test)]
mod tests;
