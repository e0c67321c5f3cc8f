//! One picture and the instant at which it is looked at: what is too old by then is unknown.

use jarvis_controller::View;
use jarvis_guard::Facts;
use jarvis_model::{Observation, Timestamp};
use jarvis_planner::Input;
use std::{sync::Arc, time::Duration};

/// The picture and the instant.
#[derive(Clone)]
pub struct Moment {
    /// The picture.
    pub view: Arc<View>,
    /// The instant.
    pub now: Timestamp,
}

impl Moment {
    /// What the guard judges on.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            floor: &self.view.floor,
            desired: &self.view.desired,
            observed: &self.view.observed,
            memory: &self.view.memory,
            now: self.now,
        }
    }

    /// What the planner plans on.
    pub fn input(&self) -> Input<'_> {
        Input {
            floor: &self.view.floor,
            desired: &self.view.desired,
            desired_known: true,
            observed: &self.view.observed,
            memory: &self.view.memory,
            now: self.now,
        }
    }

    /// Seconds since something was seen.
    pub fn age<T>(&self, fact: &Observation<T>) -> Option<u64> {
        fact.seen_at().map(|at| self.now.since(at).as_secs())
    }

    /// Why a fact is not known, if it is not.
    pub fn why_not<T>(&self, fact: &Observation<T>, limit: Duration) -> Option<String> {
        fact.why_not(self.now, limit).map(|why| why.as_str().to_owned())
    }
}
