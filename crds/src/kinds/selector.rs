//! Choosing resources by kind, name and label.

use crate::schema::words::{KindText, LabelMap, NamePatternText};
use jarvis_model::{ResourceKey, ResourceKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Chooses resources: every part that is given must fit; a part left out fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// Only these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<KindText>", length(max = 9))]
    pub kinds: Vec<ResourceKind>,
    /// Only these names; `*` stands for any letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<NamePatternText>", length(max = 200))]
    pub names: Vec<String>,
    /// Only resources that carry all these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "LabelMap")]
    pub labels: BTreeMap<String, String>,
}

impl Selector {
    /// Whether the selector chooses a resource with these labels.
    pub fn matches(&self, key: &ResourceKey, labels: &BTreeMap<String, String>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&key.kind))
            && names_match(&self.names, &key.name)
            && labels_match(&self.labels, labels)
    }
}

/// Whether a list of names (with `*`) chooses a name; the empty list chooses every name.
pub fn names_match(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, name))
}

/// Whether all wanted labels are carried.
pub fn labels_match(wanted: &BTreeMap<String, String>, carried: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| carried.get(key) == Some(value))
}

/// `*` matches any run of characters. Greedy from the left with the last star remembered, so linear in practice
/// and at most `pattern × name` steps.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p + 1, n));
            p += 1;
        } else if pattern.get(p) == Some(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((after_star, from)) = retry {
            retry = Some((after_star, from + 1));
            p = after_star;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, name, fit) in [
            ("web-*", "web-01", true),
            ("web-*", "web-", true),
            ("*-01", "dns-01", true),
            ("*", "anything", true),
            ("w*b*1", "web-01", true),
            ("w*b*2", "web-01", false),
            ("web", "web-01", false),
            ("web-01", "web-01", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn every_given_part_must_fit() {
        let key: ResourceKey = "VirtualMachine/web-01".parse().unwrap();
        let labels = BTreeMap::from([("tier".to_owned(), "front".to_owned())]);
        assert!(Selector::default().matches(&key, &labels));
        let mut selector = Selector {
            kinds: vec![ResourceKind::VirtualMachine],
            names: vec!["web-*".into()],
            labels: labels.clone(),
        };
        assert!(selector.matches(&key, &labels));
        assert!(
            !selector.matches(&key, &BTreeMap::new()),
            "labels must be carried"
        );
        selector.kinds = vec![ResourceKind::Container];
        assert!(!selector.matches(&key, &labels), "the kind must fit");
    }
}
