//! What a change would do, before anything is shown or recorded: the files after it, their errors, the plan against the live
//! cluster, and who may approve it. Pure; nothing is remembered.

use crate::{sourcing::foreign_cluster, view::View};
use jarvis_crds::{
    Desired, ManifestError,
    change::{ChangeError, Touched, apply, difference, needed_role, sentence, touched, unified},
    load, shrink_from,
};
use jarvis_model::{
    ChangedFile, Foresaid, Foreseen, ManifestChange, ResourceKey, ResourceStatus, Role, Verdict,
};
use jarvis_planner::{Decision, Input, Plan, plan};
use jarvis_ports::Fetched;
use std::collections::{BTreeMap, BTreeSet};

/// Decisions that are kept with a proposal.
const MOST_FORESEEN: usize = 50;
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
        let planned = plan(&Input {
            floor: &view.floor,
            desired,
            desired_known: true,
            observed: &view.observed,
            memory: &view.memory,
            now: view.at,
        });
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
            outlook(&self.foreseen, &planned, &view.plan)
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
fn outlook(foreseen: &[Foreseen], planned: &Plan, now: &Plan) -> String {
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
        (true, true) => "Nothing would be done right away.".to_owned(),
        (false, true) => format!("Jarvis would then {}.", listed(&new)),
        (true, false) => format!("Jarvis would no longer {}.", listed(&gone)),
        (false, false) => format!(
            "Jarvis would then {}, and no longer {}.",
            listed(&new),
            listed(&gone)
        ),
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
