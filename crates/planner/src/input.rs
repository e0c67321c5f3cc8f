//! What a pass looks at: everything it may know, as one argument.

use jarvis_crds::Desired;
use jarvis_guard::{Facts, Floor};
use jarvis_model::{Memory, Observed, Timestamp};
use std::collections::BTreeMap;

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

/// Each of `left` with what `right` has of the same name: both in order, so that nothing is searched for.
pub(crate) fn beside<'a, K: Ord, A, B>(
    left: &'a BTreeMap<K, A>,
    right: &'a BTreeMap<K, B>,
) -> impl Iterator<Item = (&'a K, &'a A, Option<&'a B>)> {
    let mut right = right.iter().peekable();
    left.iter().map(move |(name, value)| {
        while right.next_if(|(other, _)| *other < name).is_some() {}
        let found = right.next_if(|(other, _)| *other == name);
        (name, value, found.map(|(_, value)| value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_beside_is_what_a_search_finds(
            left: BTreeMap<u8, u8>,
            right: BTreeMap<u8, u8>,
        ) {
            let found: Vec<_> = beside(&left, &right).collect();
            let searched: Vec<_> = left.iter().map(|(name, value)| (name, value, right.get(name))).collect();
            prop_assert_eq!(found, searched);
        }
    }
}
