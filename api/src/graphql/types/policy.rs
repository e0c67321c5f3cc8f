//! The policy in force: the floor and what manifests tighten, and maintenance windows.

use super::{
    Moment,
    resource::Resource,
    scalar::{Time, int},
    word::{AppliesTo, Autonomy, WindowEffect},
};
use async_graphql::{Json, SimpleObject};
use jarvis_crds::{AnyManifest, MaintenanceWindowSpec, Manifest, windows};
use jarvis_model::issue::ATTEMPTS_PER_HOUR;
use serde::Serialize;

/// Protection that is in force with no manifest at all.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Floor {
    /// Protected nodes.
    pub nodes: Vec<String>,
    /// Protected guests.
    pub guests: Vec<i32>,
    /// The guest Jarvis runs in.
    pub own_guest: Option<i32>,
    /// The node Jarvis runs on directly.
    pub own_node: Option<String>,
    /// Autonomy when no manifest says anything.
    pub autonomy: Autonomy,
    /// Autonomy never goes above this.
    pub ceiling: Autonomy,
    /// Complete looks needed after a start before anything is done.
    pub start_gate_passes: i32,
    /// Autonomous actions per rolling hour.
    pub actions_per_hour: i32,
    /// Largest plan that runs alone.
    pub largest_plan: i32,
}

/// The policy in force: the strictest of floor, manifests and what a person set.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Policy {
    /// The floor.
    pub floor: Floor,
    /// The SafetyPolicy manifests.
    pub policies: Vec<Resource>,
    /// The ceiling a person set, if one did.
    pub ceiling_set: Option<Autonomy>,
    /// Autonomy of what says nothing itself.
    pub default_autonomy: Autonomy,
    /// The highest level anything may have now.
    pub ceiling: Autonomy,
    /// Attempts for one issue in a rolling hour.
    pub attempts_per_issue: i32,
    /// Autonomous actions per rolling hour.
    pub actions_per_hour: i32,
    /// Autonomous actions within the last hour.
    pub actions_in_last_hour: i32,
    /// Largest plan that runs alone.
    pub largest_plan: i32,
    /// Nodes on which something is changed at the same time.
    pub nodes_at_once: i32,
    /// All protected guests.
    pub protected_guests: Vec<i32>,
    /// All protected nodes.
    pub protected_nodes: Vec<String>,
    /// Dependencies that manifests declare, as they are written there.
    pub dependencies: Json<serde_json::Value>,
    /// Commands that may be run, as they are written in the manifests.
    pub command_allowlist: Json<serde_json::Value>,
}

impl Policy {
    /// The policy at a moment.
    pub fn of(moment: &Moment) -> Self {
        let (view, floor) = (&moment.view, &moment.view.floor);
        let specs = || view.desired.policies.values().map(|policy| &policy.spec);
        let ceilings = specs()
            .filter_map(|spec| spec.autonomy.ceiling)
            .chain(view.memory.ceiling);
        let ceiling = ceilings.fold(floor.ceiling, std::cmp::Ord::min);
        let declared = specs().filter_map(|spec| spec.autonomy.default).min();
        let default = declared.unwrap_or(floor.autonomy).min(ceiling);
        let strictest =
            |floor: u32, budgets: &mut dyn Iterator<Item = u32>| int(budgets.fold(floor, u32::min) as usize);
        let policies = view.desired.policies.values().cloned();
        Self {
            floor: Floor::of(floor),
            policies: policies
                .map(|policy| Resource::of(&AnyManifest::SafetyPolicy(policy), moment))
                .collect(),
            ceiling_set: view.memory.ceiling.map(Autonomy::from),
            default_autonomy: default.into(),
            ceiling: ceiling.into(),
            attempts_per_issue: strictest(
                ATTEMPTS_PER_HOUR,
                &mut specs().filter_map(|spec| spec.budgets.attempts_per_issue),
            ),
            actions_per_hour: strictest(
                floor.actions_per_hour,
                &mut specs().filter_map(|spec| spec.budgets.actions_per_hour),
            ),
            actions_in_last_hour: int(view.memory.acts_in_last_hour(moment.now) as usize),
            largest_plan: strictest(
                floor.largest_plan,
                &mut specs().filter_map(|spec| spec.budgets.largest_plan),
            ),
            nodes_at_once: 1,
            protected_guests: moment.protected_guests().into_iter().map(number).collect(),
            protected_nodes: moment.protected_nodes().iter().map(ToString::to_string).collect(),
            dependencies: json(specs().flat_map(|spec| &spec.dependencies)),
            command_allowlist: json(specs().flat_map(|spec| &spec.command_allowlist)),
        }
    }
}

impl Floor {
    fn of(floor: &jarvis_guard::Floor) -> Self {
        Self {
            nodes: floor.nodes.iter().map(ToString::to_string).collect(),
            guests: floor.guests.iter().copied().map(number).collect(),
            own_guest: floor.own_guest.map(number),
            own_node: floor.own_node.as_ref().map(ToString::to_string),
            autonomy: floor.autonomy.into(),
            ceiling: floor.ceiling.into(),
            start_gate_passes: int(floor.start_gate_passes as usize),
            actions_per_hour: int(floor.actions_per_hour as usize),
            largest_plan: int(floor.largest_plan as usize),
        }
    }
}

fn number(vmid: jarvis_model::Vmid) -> i32 {
    i32::try_from(vmid.get()).unwrap_or(i32::MAX)
}

fn json<'a, T: Serialize + 'a>(items: impl Iterator<Item = &'a T>) -> Json<serde_json::Value> {
    Json(items.filter_map(|item| serde_json::to_value(item).ok()).collect())
}

/// A maintenance window.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// Whether it allows or denies.
    pub effect: WindowEffect,
    /// When it opens, cron.
    pub schedule: String,
    /// How long it stays open, seconds.
    pub duration_seconds: i32,
    /// Time zone of the schedule.
    pub time_zone: String,
    /// Which actions it is about.
    pub applies_to: AppliesTo,
    /// Which resources it is about, as written in the manifest.
    pub selector: Json<serde_json::Value>,
    /// Whether what began inside may be finished after it closes.
    pub overrun: bool,
    /// Whether it is open.
    pub open: bool,
    /// When it opens or closes next.
    pub next_change: Option<Time>,
}

impl Window {
    /// All windows by name.
    pub fn all(moment: &Moment) -> Vec<Self> {
        moment
            .view
            .desired
            .windows
            .values()
            .map(|window| Self::of(window, moment))
            .collect()
    }

    fn of(window: &Manifest<MaintenanceWindowSpec>, moment: &Moment) -> Self {
        let spec = &window.spec;
        Self {
            name: window.metadata.name.clone(),
            effect: spec.effect.into(),
            schedule: spec.schedule.clone(),
            duration_seconds: int(usize::try_from(spec.duration.as_secs()).unwrap_or(usize::MAX)),
            time_zone: spec.time_zone.clone(),
            applies_to: spec.applies_to.into(),
            selector: Json(serde_json::to_value(&spec.selector).unwrap_or_default()),
            overrun: spec.overrun,
            open: windows::is_open(spec, moment.now),
            next_change: windows::next_change(spec, moment.now).map(Time),
        }
    }
}
