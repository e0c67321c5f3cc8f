//! Rules of high availability: which services belong to which nodes, and to or apart from each other.
//!
//! Kept and told; a move asked for takes along or is barred by what the rules say. Recovery after a loss of a node does
//! not look at them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Refusal, World};

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// The services belong to these nodes (with priorities), only there when `strict`.
    Nodes {
        /// Nodes and priorities.
        nodes: BTreeMap<String, u32>,
        /// Nowhere else.
        strict: bool,
    },
    /// The services belong together, or apart.
    Resources {
        /// Together.
        together: bool,
    },
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaRule {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub affinity: Affinity,
    /// Services (`vm:100`).
    pub resources: BTreeSet<String>,
    /// Out of force.
    pub disabled: bool,
    /// Comment.
    pub comment: Option<String>,
}

/// What a move of a service brings with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companions {
    /// Services that go along.
    pub along: BTreeSet<u32>,
    /// Services on the target that must not be with it.
    pub blocking: BTreeSet<u32>,
}

impl World {
    /// Writes a rule; a name can be used once.
    pub fn ha_rule_add(&mut self, rule: HaRule) -> Result<(), Refusal> {
        if self.ha_rules.contains_key(&rule.name) {
            return Err(Refusal::failed(format!(
                "create ha rule failed: HA rule '{}' already defined",
                rule.name
            )));
        }
        self.ha_rules.insert(rule.name.clone(), rule);
        Ok(())
    }

    /// What the rules say of a move of this service to `target`.
    pub fn ha_companions(&self, vmid: u32, target: &str) -> Companions {
        let mut found = Companions::default();
        let Some(sid) = self.guests.get(&vmid).map(super::guest::Guest::sid) else {
            return found;
        };
        for rule in self.ha_rules.values().filter(|rule| !rule.disabled) {
            let Affinity::Resources { together } = rule.affinity else {
                continue;
            };
            if !rule.resources.contains(&sid) {
                continue;
            }
            let others = self.ha.services.values().filter(|service| {
                service.vmid != vmid
                    && rule
                        .resources
                        .contains(&format!("{}:{}", service.kind.ha_word(), service.vmid))
            });
            for other in others {
                if together {
                    found.along.insert(other.vmid);
                } else if other.node == target {
                    found.blocking.insert(other.vmid);
                }
            }
        }
        found
    }
}
