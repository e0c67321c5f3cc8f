//! What a change would do, before anything is shown or recorded: the files after it, their errors, the plan against the live
//! cluster, and who may approve it. Pure; nothing is remembered.

use crate::{sourcing::foreign_cluster, view::View};
use jarvis_crds::{
    Desired, ManifestError,
    change::{ChangeError, Touched, apply, difference, needed_role, sentence, touched, unified},
    load, shrink_from,
};
use jarvis_model::{
    ChangedFile, Event, Foresaid, Foreseen, GuestObserved, GuestStatus, LiveStatus, ManifestChange, Memory,
    Observation, Observed, Record, ResourceKey, ResourceStatus, Role, StopCause, Sync, Timestamp, Verdict,
    limits,
};
use jarvis_planner::{Decision, Input, Plan, plan};
use jarvis_ports::Fetched;
use std::collections::{BTreeMap, BTreeSet};

/// Decisions that are kept with a proposal.
const MOST_FORESEEN: usize = 50;
/// Rounds of planning until nothing new is found.
const MOST_ROUNDS: u32 = 8;
/// Decisions named in the sentence.
const MOST_NAMED: usize = 3;

/// What a change would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The commit it was made on.
    pub base: String,
    /// The files that differ.
    pub files: Vec<ChangedFile>,
    /// The same as a unified diff.
    pub diff: String,
    /// What would come of it, in a sentence or two.
    pub effect: String,
    /// The decisions the plan would make; empty when there are errors.
    pub foreseen: Vec<Foreseen>,
    /// The status the touched resources would have.
    pub statuses: BTreeMap<ResourceKey, ResourceStatus>,
    /// Content hashes of the touched resources, as they would be; none for those it removes.
    pub resources: BTreeMap<ResourceKey, Option<String>>,
    /// The least role that may approve it.
    pub needs: Role,
    /// Why that is more than an operator, if it is.
    pub needs_reason: Option<String>,
    /// Every error of the files after it. With one it cannot be proposed.
    pub errors: Vec<ManifestError>,
    /// What is valid and yet probably not meant.
    pub warnings: Vec<ManifestError>,
}

/// What `changes` on the files of a revision would do now.
pub fn preview(view: &View, on: &Fetched, changes: &[ManifestChange]) -> Result<Preview, ChangeError> {
    let after = apply(&on.files, changes)?;
    let files = difference(&on.files, &after);
    let touched = touched(&files);
    let (needs, needs_reason) = needed_role(&files, &touched);
    let mut preview = Preview {
        base: on.commit.clone(),
        diff: unified(&files),
        effect: sentence(&touched),
        foreseen: Vec::new(),
        statuses: BTreeMap::new(),
        resources: BTreeMap::new(),
        needs,
        needs_reason,
        errors: Vec::new(),
        warnings: Vec::new(),
        files,
    };
    match load(&after, &on.commit) {
        Ok(loaded) => {
            preview.warnings = loaded.warnings;
            preview.foresee(view, &loaded.desired, &touched);
        }
        Err(errors) => preview.errors = errors,
    }
    Ok(preview)
}

impl Preview {
    fn foresee(&mut self, view: &View, desired: &Desired, touched: &[Touched]) {
        if let Some(problem) = foreign_cluster(desired, &view.cluster) {
            self.errors.push(ManifestError {
                file: self
                    .files
                    .first()
                    .map(|file| file.path.clone())
                    .unwrap_or_default(),
                line: 1,
                column: 1,
                resource: None,
                field: String::new(),
                problem,
                hint: "leave spec.cluster out or name this cluster".to_owned(),
            });
            return;
        }
        let hashes: BTreeMap<ResourceKey, String> = desired.resources().collect();
        let keys = touched.iter().map(|touched| &touched.key);
        self.resources = keys.map(|key| (key.clone(), hashes.get(key).cloned())).collect();
        let planned = settled(view, desired, touched);
        self.statuses = planned
            .statuses
            .iter()
            .filter(|(key, _)| self.resources.contains_key(*key))
            .map(|(key, status)| (key.clone(), status.clone()))
            .collect();
        self.foreseen = foreseen(&planned, &view.plan);
        self.effect = format!(
            "{} {}",
            self.effect,
            outlook(&self.foreseen, &planned, &view.plan, &self.statuses)
        );
        let names = view
            .memory
            .revision
            .as_ref()
            .map(|revision| revision.resources.keys().cloned().collect::<BTreeSet<_>>());
        if let Some(shrunk) = names.and_then(|names| shrink_from(&names, desired)) {
            self.effect = format!(
                "{} The revision would then wait for an admin: {}",
                self.effect, shrunk.message
            );
        }
    }
}

/// The plan once `desired` is in force, and what it finds new is remembered. What an act on a touched guest would look up first
/// is taken to be as it was last seen, or else nothing would be decided before the change is in force.
fn settled(view: &View, desired: &Desired, touched: &[Touched]) -> Plan {
    let (mut memory, mut observed) = (Memory::clone(&view.memory), Observed::clone(&view.observed));
    let remember = |memory: &mut Memory, events: Vec<Event>| {
        for event in events {
            memory.apply(&Record {
                seq: memory.seq + 1,
                at: view.at,
                epoch: view.state.epoch,
                event,
            });
        }
    };
    let applied = Event::RevisionApplied {
        commit: desired.revision.commit.to_string(),
        hash: desired.revision.hash.clone(),
        resources: desired.resources().collect(),
    };
    remember(&mut memory, vec![applied]);
    for touched in touched {
        let vmid = desired.guests.get(&touched.key).map(|guest| guest.spec.vmid);
        if let Some(guest) = vmid.and_then(|vmid| observed.guests.get_mut(&vmid)) {
            suppose(guest, &memory, view.at);
        }
    }
    let mut rounds = 0;
    loop {
        let planned = plan(&Input {
            floor: &view.floor,
            desired,
            desired_known: true,
            observed: &observed,
            memory: &memory,
            now: view.at,
        });
        rounds += 1;
        if planned.events.is_empty() || rounds == MOST_ROUNDS {
            return planned;
        }
        remember(&mut memory, planned.events);
    }
}

/// Takes what would be looked up to be as it was last seen.
fn suppose(guest: &mut GuestObserved, memory: &Memory, now: Timestamp) {
    let Some(status) = guest.status.fresh(now, limits::CRITICAL).cloned() else {
        return;
    };
    let running = status == GuestStatus::Running;
    guest.live = Observation::known(
        LiveStatus {
            uptime_secs: guest.uptime_secs.filter(|_| running).unwrap_or(0),
            pid: None,
            lock: guest.lock.clone(),
            ha_managed: guest.ha_state.is_some(),
            status,
        },
        now,
    );
    if let Some(identity) = memory.identities.get(&guest.vmid) {
        guest.identity = Observation::known(identity.clone(), now);
    }
    if !running && guest.stop_cause.value().is_none() {
        guest.stop_cause = Observation::known(StopCause::NoTask, now);
    } else if let Some(cause) = guest.stop_cause.value().cloned() {
        guest.stop_cause = Observation::known(cause, now);
    }
}

/// What Jarvis would decide by itself; requests of people are no matter of manifests.
fn own(plan: &Plan) -> impl Iterator<Item = &Decision> {
    plan.decisions
        .iter()
        .filter(|decision| decision.request.origin.is_autonomous())
}

fn foreseen(planned: &Plan, now: &Plan) -> Vec<Foreseen> {
    let known = |decision: &Decision| own(now).any(|other| other.request.action == decision.request.action);
    own(planned)
        .take(MOST_FORESEEN)
        .map(|decision| {
            let (verdict, reason) = words(&decision.verdict);
            Foreseen {
                text: decision.request.action.to_string(),
                resource: decision.request.resource.clone(),
                verdict,
                reason,
                new: !known(decision),
            }
        })
        .collect()
}

fn words(verdict: &Verdict) -> (Foresaid, Option<String>) {
    match verdict {
        Verdict::Permit { .. } => (Foresaid::Permit, None),
        Verdict::Confirm { reason, .. } => (Foresaid::Confirm, Some(reason.clone())),
        Verdict::Wait { refusal, .. } => (Foresaid::Wait, Some(refusal.to_string())),
        Verdict::Refuse { refusal } => (Foresaid::Refuse, Some(refusal.to_string())),
    }
}

/// What would be done differently, in a sentence.
fn outlook(
    foreseen: &[Foreseen],
    planned: &Plan,
    now: &Plan,
    statuses: &BTreeMap<ResourceKey, ResourceStatus>,
) -> String {
    let new: Vec<String> = foreseen
        .iter()
        .filter(|decision| decision.new)
        .map(|decision| match decision.verdict {
            Foresaid::Permit => decision.text.clone(),
            Foresaid::Confirm => format!("{} once a person confirms it", decision.text),
            Foresaid::Wait => format!("{} later", decision.text),
            Foresaid::Refuse => format!("want to {}, which is refused", decision.text),
        })
        .collect();
    let still =
        |decision: &&Decision| own(planned).any(|other| other.request.action == decision.request.action);
    let gone: Vec<String> = own(now)
        .filter(|decision| !still(decision))
        .map(|decision| decision.request.action.to_string())
        .collect();
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => waiting(statuses),
        (false, true) => format!("Jarvis would then {}.", listed(&new)),
        (true, false) => format!("Jarvis would no longer {}.", listed(&gone)),
        (false, false) => format!(
            "Jarvis would then {}, and no longer {}.",
            listed(&new),
            listed(&gone)
        ),
    }
}

/// Why nothing is done about what would not be as declared.
fn waiting(statuses: &BTreeMap<ResourceKey, ResourceStatus>) -> String {
    let behind = statuses.iter().find(|(_, status)| status.sync == Sync::OutOfSync);
    let told = behind.and_then(|(key, status)| Some((key, status.headline()?)));
    match told {
        Some((key, headline)) => format!(
            "Nothing would be done right away; {key} would be out of sync: {}.",
            headline.message.trim_end_matches('.')
        ),
        None => "Nothing would be done right away.".to_owned(),
    }
}

fn listed(texts: &[String]) -> String {
    let shown = texts
        .iter()
        .take(MOST_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    match texts.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
