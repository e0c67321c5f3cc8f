//! What a pass looks at: everything it may know, as one argument.

use jarvis_crds::Desired;
use jarvis_guard::{Facts, Floor};
use jarvis_model::{Memory, Observed, Timestamp};

/// What a pass looks at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The floor.
    pub floor: &'a Floor,
    /// What is declared.
    pub desired: &'a Desired,
    /// Whether `desired` was read at all; before that nothing is released.
    pub desired_known: bool,
    /// What is known.
    pub observed: &'a Observed,
    /// What is remembered.
    pub memory: &'a Memory,
    /// The time of the pass.
    pub now: Timestamp,
}

impl<'a> Input<'a> {
    /// What the guard judges on.
    pub fn facts(&self) -> Facts<'a> {
        Facts {
            floor: self.floor,
            desired: self.desired,
            observed: self.observed,
            memory: self.memory,
            now: self.now,
        }
    }
}
