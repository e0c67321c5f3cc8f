//! Answers by code, without any model: questions about the live state, the past and the plan; commands, lasting wishes and
//! the kill switch as what they would be, for somebody else to ask for. Nothing here asks for anything.
//!
//! Every claim is given with the fact it came from. What is not known, or too old, is said to be so. A name that is not
//! exactly that of one thing is asked back, never guessed.
//!
//! | module | what |
//! | --- | --- |
//! | [`words`] | a text as sentences of words |
//! | [`pattern`] | patterns of words |
//! | [`intent`] | what a person can mean |
//! | [`meaning`] | from words to what is meant |
//! | `orders`, `questions`, `asking`, `figures`, `recall`, `spans` | the tables of patterns |
//! | [`target`] | from names to things |
//! | `saying` | an answer as it is put together |
//! | `answer` | who answers what |
//! | `cluster`, `guest`, `node`, `lists`, `storage`, `why`, `slow`, `acted`, `past`, `course`, `plan`, `about` | answers |
//! | `acts`, `wishes` | commands and wishes |

mod about;
mod acted;
mod acts;
mod answer;
mod asking;
mod cluster;
mod course;
mod figures;
mod guest;
pub mod intent;
mod lists;
pub mod meaning;
mod node;
mod orders;
mod past;
pub mod pattern;
mod plan;
mod questions;
mod recall;
mod saying;
mod slow;
mod spans;
mod storage;
pub mod target;
mod why;
mod wishes;
pub mod words;

pub(crate) use acts::inner;

use crate::message::Fact;
use intent::Recall;
use jarvis_model::{Action, FreezeScope, ManifestChange, NodeName, Role, Vmid};
use jarvis_tools::{Desk, moment::Moment};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is asked, by whom, over which picture.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What was typed.
    pub text: &'a str,
    /// The controller's handle, for figures and records.
    pub desk: &'a Desk,
    /// The picture that is answered from.
    pub moment: &'a Moment,
    /// The role of who asks.
    pub role: Role,
    /// Who asks.
    pub user: &'a str,
    /// What the conversation was last about.
    pub earlier: Option<&'a Topic>,
    /// The zone in which times are told.
    pub zone: &'a jiff::tz::TimeZone,
}

/// What a conversation is about, for `it` and `why?`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Topic {
    /// The whole.
    Cluster,
    /// A guest.
    Guest {
        /// Which.
        vmid: Vmid,
    },
    /// A node.
    Node {
        /// Which.
        node: NodeName,
    },
    /// Which of several was asked back: what would be said about the one, `{}` standing for it.
    Choice {
        /// `restart {}`.
        say: String,
        /// Names of which one is to be said.
        among: Vec<String>,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Plain text; `- ` begins an entry of a list.
    pub text: String,
    /// What its claims rest on.
    pub facts: Vec<Fact>,
    /// What one may want to say next.
    pub suggestions: Vec<String>,
    /// What it was about.
    pub topic: Option<Topic>,
}

/// What came of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// A question answered, or a question back.
    Said(Said),
    /// Something to be asked for on a card.
    Act {
        /// What.
        action: Action,
        /// The sentence before the card.
        said: Said,
    },
    /// A lasting wish, to be proposed.
    Propose {
        /// In a line.
        title: String,
        /// Why.
        reason: String,
        /// As changes of manifests.
        changes: Vec<ManifestChange>,
        /// The sentence before the card.
        said: Said,
    },
    /// The kill switch, to be pulled.
    Freeze {
        /// How much.
        scope: FreezeScope,
        /// Why.
        reason: String,
        /// For how long.
        ttl: Option<Duration>,
        /// The sentence about it.
        said: Said,
    },
    /// Something of the memory, which is elsewhere.
    Recall {
        /// What.
        recall: Recall,
        /// Nothing yet.
        said: Said,
    },
}

impl Understood {
    /// The answer, or the sentence before the card.
    pub fn said(&self) -> &Said {
        match self {
            Self::Said(said)
            | Self::Act { said, .. }
            | Self::Propose { said, .. }
            | Self::Freeze { said, .. }
            | Self::Recall { said, .. } => said,
        }
    }
}

/// Understands a text, or says that it does not.
pub async fn understand(asked: Asked<'_>) -> Option<Understood> {
    let chosen = target::chosen(asked.text, asked.earlier);
    let text = chosen.as_deref().unwrap_or(asked.text);
    let meant = meaning::meaning(text)?;
    answer::answer(Asked { text, ..asked }, meant).await
}

/// What can be asked instead, with examples from what is there.
pub fn not_understood(asked: Asked<'_>) -> Said {
    about::not_understood(&asked)
}
