//! Manifest resources: what is declared and how it stands.

use super::{
    Moment,
    scalar::Time,
    ticket::Hold,
    word::{ConditionType, Health, ResourceKind, Sync},
};
use async_graphql::{Json, SimpleObject};
use jarvis_crds::AnyManifest;
use jarvis_model::{HoldScope, ResourceKey, ResourceStatus};

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Label {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// One condition of a resource.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Condition {
    /// Which.
    #[graphql(name = "type")]
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: bool,
    /// CamelCase reason for machines.
    pub reason: String,
    /// One sentence for people.
    pub message: String,
}

impl From<&jarvis_model::Condition> for Condition {
    fn from(condition: &jarvis_model::Condition) -> Self {
        Self {
            kind: condition.kind.into(),
            status: condition.status,
            reason: condition.reason.to_string(),
            message: condition.message.clone(),
        }
    }
}

/// How a resource stands.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Status {
    /// Git commit and manifest hash this was computed for.
    pub observed_revision: String,
    /// Live against declared.
    pub sync: Sync,
    /// How it is doing.
    pub health: Health,
    /// Conditions that hold.
    pub conditions: Vec<Condition>,
    /// The condition that says most.
    pub headline: Option<Condition>,
    /// Since when it is so.
    pub since: Option<Time>,
}

impl From<&ResourceStatus> for Status {
    fn from(status: &ResourceStatus) -> Self {
        Self {
            observed_revision: status.observed_revision.to_string(),
            sync: status.sync.into(),
            health: status.health.into(),
            conditions: status.conditions.iter().map(Condition::from).collect(),
            headline: status.headline().map(Condition::from),
            since: status.since.map(Time),
        }
    }
}

/// A resource of the manifests in force.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Resource {
    /// `Kind/name`.
    pub key: String,
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: Vec<Label>,
    /// The spec as declared, defaults left out.
    pub spec: Json<serde_json::Value>,
    /// How it stands; absent before the first pass over it.
    pub status: Option<Status>,
    /// The hold on it, if one covers it.
    pub hold: Option<Hold>,
}

impl Resource {
    /// All resources in key order.
    pub fn all(moment: &Moment) -> Vec<Self> {
        moment
            .view
            .desired
            .manifests()
            .iter()
            .map(|manifest| Self::of(manifest, moment))
            .collect()
    }

    /// One resource.
    pub fn of(manifest: &AnyManifest, moment: &Moment) -> Self {
        let key = manifest.key();
        let mut value = serde_json::to_value(manifest).unwrap_or_default();
        let labels = manifest.metadata().labels.iter();
        Self {
            kind: key.kind.into(),
            name: key.name.to_string(),
            labels: labels
                .map(|(name, value)| Label {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
            spec: Json(
                value
                    .get_mut("spec")
                    .map(serde_json::Value::take)
                    .unwrap_or_default(),
            ),
            status: moment.view.plan.statuses.get(&key).map(Status::from),
            hold: hold_on(&key, manifest, moment),
            key: key.to_string(),
        }
    }
}

fn hold_on(key: &ResourceKey, manifest: &AnyManifest, moment: &Moment) -> Option<Hold> {
    let observed = &moment.view.observed;
    let node = match manifest {
        AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest) => observed
            .guests
            .get(&guest.spec.vmid)
            .map(|seen| seen.node.clone()),
        AnyManifest::Node(node) => Some(node.spec.node.clone()),
        _ => None,
    };
    let mut scopes = vec![HoldScope::Resource(key.clone())];
    scopes.extend(node.map(HoldScope::Node));
    scopes.push(HoldScope::Cluster);
    moment
        .view
        .memory
        .hold_on(&scopes, moment.now)
        .map(|(scope, hold)| Hold::of(scope, hold))
}
