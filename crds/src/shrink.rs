//! Whether a new desired set is so much smaller than the old one that a person should look first: a wrong branch or
//! an empty folder must not release everything.

use crate::desired::Desired;
use jarvis_model::ResourceKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A sharp loss of resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shrink {
    /// What would be released.
    pub removed: Vec<ResourceKey>,
    /// How many resources there were.
    pub before: usize,
    /// How many there would be.
    pub after: usize,
    /// The same for a person.
    pub message: String,
}

/// The loss from `old` to `new`, if all of the old resources are gone, or more than a third of them and more than
/// two. New resources do not make up for lost ones.
pub fn shrink(old: &Desired, new: &Desired) -> Option<Shrink> {
    shrink_from(&old.keys().collect(), new)
}

/// The same when only the names of the old resources are known.
pub fn shrink_from(old: &BTreeSet<ResourceKey>, new: &Desired) -> Option<Shrink> {
    let kept: BTreeSet<ResourceKey> = new.keys().collect();
    let removed: Vec<ResourceKey> = old.difference(&kept).cloned().collect();
    let (before, gone) = (old.len(), removed.len());
    let all = before > 0 && gone == before;
    let sharp = gone > 2 && gone * 3 > before;
    if !all && !sharp {
        return None;
    }
    let some: Vec<String> = removed.iter().take(5).map(ToString::to_string).collect();
    let more = if gone > some.len() {
        format!(" and {} more", gone - some.len())
    } else {
        String::new()
    };
    let message = format!(
        "{gone} of {before} resources are gone from the manifests ({}{more}); nothing is released until a person confirms",
        some.join(", "),
    );
    Some(Shrink {
        removed,
        before,
        after: new.len(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnyManifest, Manifest, NodeSpec};
    use jarvis_model::NodeName;

    fn set(range: std::ops::Range<usize>) -> Desired {
        let node = |index| {
            let name = format!("node{index}");
            let spec = NodeSpec::new(NodeName::new(&name).unwrap());
            AnyManifest::Node(Manifest::named(&name, spec))
        };
        Desired::new("c", range.map(node))
    }

    #[test]
    fn all_gone_or_a_third_and_more_than_two() {
        for (before, after, refused) in [
            (0..0, 0..0, false),
            (0..0, 0..3, false),
            (0..1, 0..0, true),
            (0..1, 5..9, true),
            (0..4, 0..2, false),
            (0..4, 0..1, true),
            (0..9, 0..6, false),
            (0..9, 0..5, true),
            (0..8, 0..5, true),
            (0..100, 0..67, false),
            (0..100, 0..66, true),
            (0..9, 5..50, true),
        ] {
            let found = shrink(&set(before.clone()), &set(after.clone()));
            assert_eq!(found.is_some(), refused, "{before:?} to {after:?}: {found:?}");
        }
    }

    #[test]
    fn the_message_names_what_would_be_released() {
        let found = shrink(&set(0..8), &Desired::default()).unwrap();
        assert_eq!((found.before, found.after, found.removed.len()), (8, 0, 8));
        assert!(
            found.message.starts_with("8 of 8 resources are gone"),
            "{}",
            found.message
        );
        assert!(
            found.message.contains("Node/node0") && found.message.contains("and 3 more"),
            "{}",
            found.message
        );
    }
}
