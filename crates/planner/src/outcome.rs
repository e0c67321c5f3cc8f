//! What the look at one resource came to, whatever its kind.

use crate::plan::Look;
use jarvis_guard::facts::Nature;
use jarvis_model::{Action, Event, IssueKey, ResourceStatus, Timestamp};

/// Something a resource wants done.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    /// What.
    pub action: Action,
    /// Repair or change.
    pub nature: Nature,
    /// For which issue.
    pub issue: IssueKey,
    /// On what facts, a line each.
    pub evidence: Vec<String>,
    /// The runbook that wants it; Jarvis's own answer when none.
    pub runbook: Option<StepOf>,
}

/// A step of a runbook.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOf {
    /// Of which.
    pub runbook: String,
    /// Which, from 0.
    pub step: u32,
    /// What is remembered, and nothing done yet, if this may be done: that the runbook began. None once it has.
    pub begins: Option<Event>,
}

/// What one resource's look came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its status, before the guard spoke on what it wants.
    pub status: ResourceStatus,
    /// What to remember.
    pub events: Vec<Event>,
    /// What to look at.
    pub looks: Vec<Look>,
    /// What it wants done. Few want anything, and a pass hands thousands of these on.
    pub want: Option<Box<Want>>,
    /// When to look again.
    pub wake_at: Option<Timestamp>,
}

impl Outcome {
    /// A status and nothing else.
    pub fn only(status: ResourceStatus) -> Self {
        Self {
            status,
            events: Vec::new(),
            looks: Vec::new(),
            want: None,
            wake_at: None,
        }
    }

    /// With a look.
    #[must_use]
    pub fn looking(mut self, look: Look) -> Self {
        self.looks.push(look);
        self
    }

    /// To be looked at again then, at the latest.
    #[must_use]
    pub fn at(mut self, wake_at: Timestamp) -> Self {
        self.wake_at = Some(self.wake_at.map_or(wake_at, |earlier| earlier.min(wake_at)));
        self
    }

    /// With something to remember.
    #[must_use]
    pub fn remembering(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.events.extend(events);
        self
    }
}
