//! Names for manifests: lower-case DNS names, each once for its kind, the same for the same guests whatever their order
//! and whatever is off at the moment.

use jarvis_model::{ResourceKey, ResourceKind};
use std::collections::{BTreeMap, BTreeSet};

/// The longest part between two dots.
const LONGEST_PART: usize = 63;
/// The longest name made; leaves room for a suffix in the 253 there may be.
const LONGEST: usize = 200;

/// What needs a name.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Kind of the manifest.
    pub kind: ResourceKind,
    /// The name it should have, made by [`dns_name`].
    pub base: String,
    /// What is added when the name is not its own.
    pub suffix: String,
}

/// A text as a DNS name: lower-cased, other characters as `-`. None when no letter or digit is left.
pub fn dns_name(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '.') => c,
            _ => '-',
        })
        .take(LONGEST)
        .collect();
    let parts = plain.split('.').map(|part| cut(part, LONGEST_PART));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

/// A part without hyphens at its ends, at most so long.
fn cut(part: &str, longest: usize) -> &str {
    let part = part.trim_matches('-');
    part.get(..longest).unwrap_or(part).trim_end_matches('-')
}

/// A key for each, in order. Of those that share a name every one gets its suffix; one alone keeps its name unless a
/// manifest has it.
pub fn distinct(wanted: &[Wanted], taken: &BTreeSet<ResourceKey>) -> Vec<ResourceKey> {
    let key = |wanted: &Wanted, name: String| ResourceKey {
        kind: wanted.kind,
        name: name.into(),
    };
    let mut sharing: BTreeMap<ResourceKey, usize> = BTreeMap::new();
    for one in wanted {
        *sharing.entry(key(one, one.base.clone())).or_default() += 1;
    }
    let own = |one: &Wanted| {
        let plain = key(one, one.base.clone());
        (sharing.get(&plain) == Some(&1) && !taken.contains(&plain)).then_some(plain)
    };
    let mut used: BTreeSet<ResourceKey> = taken.clone();
    used.extend(wanted.iter().filter_map(own));
    let mut keys = Vec::new();
    for one in wanted {
        let found = own(one).unwrap_or_else(|| {
            let mut suffix = one.suffix.clone();
            let mut round = 2_u32;
            loop {
                let found = key(one, suffixed(&one.base, &suffix));
                if !used.contains(&found) {
                    break found;
                }
                suffix = format!("{}-{round}", one.suffix);
                round += 1;
            }
        });
        used.insert(found.clone());
        keys.push(found);
    }
    keys
}

fn suffixed(base: &str, suffix: &str) -> String {
    let (before, last) = base.rfind('.').map_or(("", base), |dot| base.split_at(dot + 1));
    let last = cut(last, LONGEST_PART.saturating_sub(suffix.len() + 1));
    format!("{before}{last}-{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VM: ResourceKind = ResourceKind::VirtualMachine;

    fn wanted(kind: ResourceKind, base: &str, suffix: u32) -> Wanted {
        Wanted {
            kind,
            base: base.to_owned(),
            suffix: suffix.to_string(),
        }
    }

    fn keys(wanted: &[Wanted], taken: &[ResourceKey]) -> Vec<String> {
        distinct(wanted, &taken.iter().cloned().collect())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_guest_name_becomes_a_dns_name() {
        for (text, name) in [
            ("web-01", Some("web-01")),
            ("Web_Server 01", Some("web-server-01")),
            ("-App-.Example..Org.", Some("app.example.org")),
            ("küche", Some("k-che")),
            ("../../etc/passwd", Some("etc-passwd")),
            ("---", None),
            ("", None),
            ("ä.ö", None),
        ] {
            assert_eq!(dns_name(text).as_deref(), name, "{text:?}");
        }
        assert_eq!(
            dns_name(&format!("{}-b", "a".repeat(62))).unwrap(),
            "a".repeat(62)
        );
    }

    #[test]
    fn who_shares_a_name_gets_a_suffix_and_a_name_in_force_is_not_taken() {
        let all = [
            wanted(VM, "web", 100),
            wanted(VM, "web", 101),
            wanted(ResourceKind::Container, "web", 102),
            wanted(VM, "web-101", 103),
            wanted(VM, "dns", 104),
        ];
        let taken = [ResourceKey::new(VM, "dns").unwrap()];
        let expected = [
            "VirtualMachine/web-100",
            "VirtualMachine/web-101-2",
            "Container/web",
            "VirtualMachine/web-101",
            "VirtualMachine/dns-104",
        ];
        assert_eq!(keys(&all, &taken), expected);
    }

    proptest! {
        #[test]
        fn every_name_is_valid_and_there_once(
            texts in prop::collection::vec("(.{0,70}|[a-c.]{0,3}|[a-cA-C-]{1,300})", 1..12),
            taken in prop::collection::vec("[a-c]{1,2}", 0..4),
        ) {
            let all: Vec<Wanted> = (100..)
                .zip(&texts)
                .filter_map(|(number, text)| Some(wanted(VM, &dns_name(text)?, number)))
                .collect();
            let taken: BTreeSet<ResourceKey> =
                taken.iter().map(|name| ResourceKey::new(VM, name).unwrap()).collect();
            let made = distinct(&all, &taken);
            prop_assert_eq!(made.len(), all.len());
            let mut seen = taken.clone();
            for key in &made {
                prop_assert!(ResourceKey::new(key.kind, &key.name).is_ok(), "{}", key);
                prop_assert!(seen.insert(key.clone()), "{} is there twice", key);
            }
        }
    }
}
