//! Proposals: changes of manifests that wait for a person, and what became of them. Knows nothing of YAML or git.

use crate::{Digest, Origin, ResourceKey, Role, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// Names a proposal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProposalId(pub String);

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One change of the manifests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub enum ManifestChange {
    /// Gives a field of a resource a value.
    Set {
        /// Whose.
        resource: ResourceKey,
        /// `spec.runStrategy`.
        field: String,
        /// What it is expected to be now; not looked at when none.
        #[serde(default)]
        old: Option<Value>,
        /// What it shall be.
        new: Value,
    },
    /// Takes a field of a resource away.
    Unset {
        /// Whose.
        resource: ResourceKey,
        /// `spec.node`.
        field: String,
        /// What it is expected to be now; not looked at when none.
        #[serde(default)]
        old: Option<Value>,
    },
    /// Adds a document.
    Create {
        /// The file; one beside its like when none.
        #[serde(default)]
        path: Option<String>,
        /// The document as YAML.
        content: String,
    },
    /// Removes a document.
    Delete {
        /// Whose.
        resource: ResourceKey,
    },
    /// Gives a file a content.
    Write {
        /// Which.
        path: String,
        /// What it shall hold.
        content: String,
    },
    /// Removes a file.
    Remove {
        /// Which.
        path: String,
    },
}

/// A file that a proposal changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedFile {
    /// Path in the repository.
    pub path: String,
    /// As it was; none when it is new.
    pub before: Option<String>,
    /// As it shall be; none when it goes.
    pub after: Option<String>,
}

/// What the guard would say of a decision once the change is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Foresaid {
    /// Done at once.
    Permit,
    /// A person must confirm.
    Confirm,
    /// It waits.
    Wait,
    /// It is refused.
    Refuse,
}

/// A decision the plan would make once the change is in force.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Foreseen {
    /// `start guest 101`.
    pub text: String,
    /// Whose.
    pub resource: Option<ResourceKey>,
    /// What the guard would say.
    pub verdict: Foresaid,
    /// Why it would not be done at once.
    pub reason: Option<String>,
    /// Whether the plan without the change does not have it.
    pub new: bool,
}

/// Where a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProposalState {
    /// It waits for a person.
    Waiting,
    /// A person approved it; it is being committed and pushed.
    Approved {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It is pushed, and not in force yet.
    Pushed {
        /// Who approved it.
        by: String,
        /// When it was pushed.
        at: Timestamp,
        /// The commit.
        commit: String,
        /// The branch it was pushed to.
        branch: String,
        /// Why it was pushed to a branch of its own, and what to do with it; none when it went to the branch in force.
        request: Option<String>,
    },
    /// It is in force.
    Applied {
        /// Who approved it.
        by: String,
        /// Since when.
        at: Timestamp,
        /// Its commit.
        commit: String,
        /// The revision with which it came into force.
        revision: String,
    },
    /// A person said no.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Nobody answered in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was approved and could not be pushed; it may be approved again.
    Failed {
        /// What went wrong and what to do.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// What it changes was changed by others in the meantime.
    Conflict {
        /// Both versions, and what to do.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

impl ProposalState {
    /// Whether a person may still approve or reject it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Failed { .. })
    }

    /// Whether nothing more will become of it.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Applied { .. } | Self::Rejected { .. } | Self::Expired { .. } | Self::Conflict { .. }
        )
    }

    /// One word for the screen.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Pushed { .. } => "pushed",
            Self::Applied { .. } => "applied",
            Self::Rejected { .. } => "rejected",
            Self::Expired { .. } => "expired",
            Self::Failed { .. } => "failed",
            Self::Conflict { .. } => "conflict",
        }
    }
}

/// A change of the manifests that waits for a person, or waited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its name.
    pub id: ProposalId,
    /// What it is for, in a line: the commit's subject.
    pub title: String,
    /// Why, in words.
    pub reason: String,
    /// Who proposes it.
    pub origin: Origin,
    /// The conversation it came up in.
    #[serde(default)]
    pub conversation: Option<String>,
    /// The commit it was made on.
    pub base: String,
    /// What is to be changed.
    pub changes: Vec<ManifestChange>,
    /// The files as they were and as they would be.
    pub files: Vec<ChangedFile>,
    /// Content hashes of the resources it touches, as they would be; none for those it removes.
    pub resources: BTreeMap<ResourceKey, Option<String>>,
    /// What would come of it, in a sentence or two.
    pub effect: String,
    /// The decisions the plan would make.
    pub foreseen: Vec<Foreseen>,
    /// The least role that may approve it.
    pub needs: Role,
    /// Why that is more than an operator, if it is.
    pub needs_reason: Option<String>,
    /// Names exactly this change on this base; what a person approves.
    pub digest: Digest,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it may be approved.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: ProposalState,
}

impl Proposal {
    /// Digest of what a person sees and approves.
    pub fn digest_of(title: &str, base: &str, files: &[ChangedFile], needs: Role) -> Digest {
        Digest::of(&("proposal", title, base, files, needs))
    }
}
