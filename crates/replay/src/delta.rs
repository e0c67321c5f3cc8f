//! The change from one pass to the next as a merge patch of its document, made and written entry by entry: as trees of
//! values the documents of a large cluster are many times larger than the pass itself, and they would all be there at once.

use crate::{
    document::{Document, without_figures},
    merge::{change, without_nulls},
};
use jarvis_crds::Desired;
use jarvis_model::Observed;
use jarvis_planner::Plan;
use jarvis_ports::Pass;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap as _},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// What turns the document of one pass into that of the next; the whole document when there is none before.
#[derive(Clone, Copy)]
pub struct Delta<'a> {
    /// The pass before.
    pub before: Option<&'a Pass>,
    /// The pass.
    pub after: &'a Pass,
}

impl Serialize for Delta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let before = match self.before {
            Some(pass) => frame(pass).map_err(S::Error::custom)?,
            None => Value::Null,
        };
        let after = frame(self.after).map_err(S::Error::custom)?;
        let mut rest = match change(&before, &after) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut part = |name| match rest.remove(name) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let (desired, observed, plan) = (part("desired"), part("observed"), part("plan"));
        let mut members = serializer.serialize_map(None)?;
        for (name, member) in &rest {
            members.serialize_entry(name, member)?;
        }
        let last = self.before;
        let manifests = Entries {
            before: last.map(|pass| &pass.desired.guests),
            after: &self.after.desired.guests,
            value: |manifest| serde_json::to_value(manifest),
        };
        // Manifests change seldom and are many.
        if !last.is_some_and(|pass| Arc::ptr_eq(&pass.desired, &self.after.desired)) {
            members.serialize_entry("desired", &Part(&desired, "guests", manifests))?;
        }
        let guests = Entries {
            before: last.map(|pass| &pass.observed.guests),
            after: &self.after.observed.guests,
            value: |guest| serde_json::to_value(without_figures(guest)),
        };
        members.serialize_entry("observed", &Part(&observed, "guests", guests))?;
        let statuses = Entries {
            before: last.map(|pass| &pass.plan.statuses),
            after: &self.after.plan.statuses,
            value: |status| serde_json::to_value(status),
        };
        members.serialize_entry("plan", &Part(&plan, "statuses", statuses))?;
        members.end()
    }
}

/// One part of the patch: what is small in it, and under a name what is written entry by entry.
struct Part<'a, K, V>(&'a Map<String, Value>, &'static str, Entries<'a, K, V>);

/// The patch of a large map.
struct Entries<'a, K, V> {
    before: Option<&'a BTreeMap<K, V>>,
    after: &'a BTreeMap<K, V>,
    value: fn(&V) -> serde_json::Result<Value>,
}

impl<K: Ord + Serialize, V: PartialEq> Serialize for Part<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(small, name, large) = self;
        let mut members = serializer.serialize_map(None)?;
        for (other, member) in small.iter().filter(|(other, _)| other != name) {
            members.serialize_entry(other, member)?;
        }
        members.serialize_entry(name, large)?;
        members.end()
    }
}

impl<K: Ord + Serialize, V: PartialEq> Serialize for Entries<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |of: &V| (self.value)(of).map(without_nulls).map_err(S::Error::custom);
        let mut members = serializer.serialize_map(None)?;
        let gone = self.before.into_iter().flat_map(BTreeMap::keys);
        for key in gone.filter(|key| !self.after.contains_key(key)) {
            members.serialize_entry(key, &Value::Null)?;
        }
        for (key, after) in self.after {
            let patch = match self.before.and_then(|before| before.get(key)) {
                Some(before) if before == after => None,
                Some(before) => change(&value(before)?, &value(after)?),
                None => Some(value(after)?),
            };
            if let Some(patch) = patch {
                members.serialize_entry(key, &patch)?;
            }
        }
        members.end()
    }
}

/// The document without what is written entry by entry.
fn frame(pass: &Pass) -> serde_json::Result<Value> {
    let (desired, observed, plan) = (&*pass.desired, &*pass.observed, &*pass.plan);
    let frame = Pass {
        floor: pass.floor.clone(),
        desired: Arc::new(Desired {
            revision: desired.revision.clone(),
            guests: BTreeMap::new(),
            nodes: desired.nodes.clone(),
            services: desired.services.clone(),
            thresholds: desired.thresholds.clone(),
            runbooks: desired.runbooks.clone(),
            policies: desired.policies.clone(),
            windows: desired.windows.clone(),
            channels: desired.channels.clone(),
        }),
        desired_known: pass.desired_known,
        observed: Arc::new(Observed {
            quorum: observed.quorum.clone(),
            nodes: observed.nodes.clone(),
            guests: BTreeMap::new(),
            storages: observed.storages.clone(),
            tasks: observed.tasks.clone(),
            hosts: observed.hosts.clone(),
            services: observed.services.clone(),
            backups: observed.backups.clone(),
            logs: observed.logs.clone(),
            passed: observed.passed.clone(),
            complete_passes: observed.complete_passes,
            looked_at: observed.looked_at,
        }),
        seq: pass.seq,
        now: pass.now,
        plan: Arc::new(Plan {
            revision: plan.revision.clone(),
            at: plan.at,
            digest: plan.digest.clone(),
            decisions: plan.decisions.clone(),
            statuses: BTreeMap::new(),
            events: plan.events.clone(),
            looks: plan.looks.clone(),
            report: plan.report.clone(),
            wake_at: plan.wake_at,
        }),
    };
    Document::of(&frame)?.to_value()
}

#[cfg(test)]
mod tests;
