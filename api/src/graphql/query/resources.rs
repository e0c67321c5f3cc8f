//! Queries of manifests, plans, decisions, issues and policy.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use super::preview::{self, ManifestFile};
use crate::graphql::{
    errors, shared,
    types::{
        issue::{Alert, Issue},
        plan::{Decision, Plan},
        policy::{Policy, Window},
        resource::Resource,
        scalar::Time,
        ticket::{Freeze, Hold},
        word::{ConditionType, ResourceKind, VerdictKind},
    },
};
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use jarvis_model::memory::PendingRevision;

/// Which decisions; every part that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DecisionFilter {
    /// Only with this verdict.
    pub verdict: Option<VerdictKind>,
    /// Only of this resource, `Kind/name`.
    pub resource: Option<String>,
    /// Only aimed at this guest.
    pub vmid: Option<i32>,
}

/// The manifests in force, and a newer revision that is not.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Revision {
    /// Git commit in force; absent before the first.
    pub commit: Option<String>,
    /// Hash over all manifests in force.
    pub hash: Option<String>,
    /// Since when.
    pub at: Option<Time>,
    /// A newer commit that is not in force.
    pub pending_commit: Option<String>,
    /// Its errors, one line each.
    pub pending_errors: Vec<String>,
    /// What it would remove, when it waits for a person.
    pub withheld_reason: Option<String>,
    /// What to confirm so that it is applied.
    pub withheld_digest: Option<String>,
    /// Why the source cannot be read, if so.
    pub source_failure: Option<String>,
}

/// Queries of manifests and what follows from them.
#[derive(Default)]
pub struct ResourceQuery;

#[Object]
impl ResourceQuery {
    /// Resources of the manifests in force, with their status.
    #[graphql(complexity = "10 * child_complexity")]
    async fn resources(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only of this kind.")] kind: Option<ResourceKind>,
        #[graphql(desc = "Only those whose headline condition is this one.")] condition: Option<
            ConditionType,
        >,
    ) -> Result<Vec<Resource>> {
        let mut all = Resource::all(&shared(context)?.moment());
        let headline = |resource: &Resource| Some(resource.status.as_ref()?.headline.as_ref()?.kind);
        all.retain(|resource| kind.is_none_or(|kind| kind == resource.kind));
        all.retain(|resource| condition.is_none() || headline(resource) == condition);
        Ok(all)
    }

    /// One resource by `Kind/name`; null when the manifests declare none.
    async fn resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`Kind/name`.")] key: String,
    ) -> Result<Option<Resource>> {
        Ok(Resource::all(&shared(context)?.moment())
            .into_iter()
            .find(|resource| resource.key == key))
    }

    /// The manifests in force, and a newer revision that is not.
    async fn revision(&self, context: &Context<'_>) -> Result<Revision> {
        let moment = shared(context)?.moment();
        let memory = &moment.view.memory;
        let applied = memory.revision.as_ref();
        let mut revision = Revision {
            commit: applied.map(|applied| applied.commit.clone()),
            hash: applied.map(|applied| applied.hash.clone()),
            at: applied.map(|applied| applied.at.into()),
            pending_commit: None,
            pending_errors: Vec::new(),
            withheld_reason: None,
            withheld_digest: None,
            source_failure: memory.source_failure.clone(),
        };
        match &memory.pending {
            Some(PendingRevision::Rejected { commit, errors, .. }) => {
                (revision.pending_commit, revision.pending_errors) = (Some(commit.clone()), errors.clone());
            }
            Some(PendingRevision::Withheld {
                commit,
                digest,
                reason,
                ..
            }) => {
                revision.pending_commit = Some(commit.clone());
                revision.withheld_reason = Some(reason.clone());
                revision.withheld_digest = Some(digest.to_string());
            }
            None => {}
        }
        Ok(revision)
    }

    /// The current plan; or, with an argument, the plan as if other manifests were in force.
    async fn plan(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A commit id or branch of the repository.")] revision: Option<String>,
        #[graphql(desc = "Files that are not in git yet, taken as the whole repository.")] files: Option<
            Vec<ManifestFile>,
        >,
    ) -> Result<Plan> {
        let shared = shared(context)?;
        match (revision, files) {
            (None, None) => Ok(Plan(shared.handle.view().plan.clone())),
            (Some(revision), None) => preview::of_revision(shared, &revision).await,
            (None, Some(files)) => preview::of_files(shared, files).await,
            (Some(_), Some(_)) => Err(errors::invalid("give either a revision or files, not both")),
        }
    }

    /// Decisions of the current plan.
    #[graphql(complexity = "10 * child_complexity")]
    async fn decisions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: DecisionFilter,
    ) -> Result<Vec<Decision>> {
        let view = shared(context)?.handle.view();
        let fits = |decision: &Decision| {
            filter
                .verdict
                .is_none_or(|verdict| verdict == decision.verdict.kind)
                && (filter.resource.is_none() || filter.resource == decision.resource)
                && (filter.vmid.is_none() || filter.vmid == decision.action.vmid)
        };
        Ok(view
            .plan
            .decisions
            .iter()
            .map(Decision::from)
            .filter(fits)
            .collect())
    }

    /// One decision with the facts it stands on; null when the current plan has none of this digest.
    async fn decision(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its digest, or at least the first eight digits of it.")] id: String,
    ) -> Result<Option<Decision>> {
        if id.len() < 8 {
            return Err(errors::invalid(
                "id: give at least the first eight digits of the digest",
            ));
        }
        let view = shared(context)?.handle.view();
        Ok(view
            .plan
            .decisions
            .iter()
            .find(|decision| decision.id().as_str().starts_with(&id))
            .map(Decision::from))
    }

    /// Open issues, with the attempts they have left.
    #[graphql(complexity = "10 * child_complexity")]
    async fn issues(&self, context: &Context<'_>) -> Result<Vec<Issue>> {
        Ok(Issue::all(&shared(context)?.moment()))
    }

    /// What a person should know about now, most serious first.
    #[graphql(complexity = "10 * child_complexity")]
    async fn alerts(&self, context: &Context<'_>) -> Result<Vec<Alert>> {
        Ok(Alert::all(&shared(context)?.moment()))
    }

    /// The kill switch.
    async fn freeze(&self, context: &Context<'_>) -> Result<Freeze> {
        let moment = shared(context)?.moment();
        Ok(Freeze::of(moment.view.memory.kill_switch(moment.now), moment.now))
    }

    /// Holds in force.
    async fn holds(&self, context: &Context<'_>) -> Result<Vec<Hold>> {
        let moment = shared(context)?.moment();
        let alive = moment
            .view
            .memory
            .holds
            .iter()
            .filter(|(_, hold)| hold.until.is_none_or(|until| until > moment.now));
        Ok(alive.map(|(scope, hold)| Hold::of(scope, hold)).collect())
    }

    /// The policy in force: the strictest of floor, manifests and what a person set.
    async fn policy(&self, context: &Context<'_>) -> Result<Policy> {
        Ok(Policy::of(&shared(context)?.moment()))
    }

    /// Maintenance windows, and whether they are open.
    async fn windows(&self, context: &Context<'_>) -> Result<Vec<Window>> {
        Ok(Window::all(&shared(context)?.moment()))
    }
}
