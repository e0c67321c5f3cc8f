//! Queries of proposals, and of what a change would do.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    caller, errors,
    mutation::{FileEdit, PatchInput, changes},
    shared,
    types::proposal::{ChangePreview, Proposal},
};
use async_graphql::{Context, Object, Result};
use jarvis_model::ProposalId;

/// Queries of proposals.
#[derive(Default)]
pub struct ProposalQuery;

#[Object]
impl ProposalQuery {
    /// Proposals, newest first: those that wait, and the latest that ended.
    #[graphql(complexity = "10 * child_complexity")]
    async fn proposals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those that a person may still answer.", default = false)] open: bool,
    ) -> Result<Vec<Proposal>> {
        let (shared, caller) = (shared(context)?, caller(context)?);
        let (moment, pushes) = (shared.moment(), shared.handle.pushes());
        let all = shared.handle.proposals();
        Ok(all
            .iter()
            .filter(|proposal| !open || proposal.state.is_open())
            .map(|proposal| Proposal::of(proposal, &moment, caller, pushes))
            .collect())
    }

    /// One proposal; null when there is none (any more).
    async fn proposal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] id: String,
    ) -> Result<Option<Proposal>> {
        let (shared, caller) = (shared(context)?, caller(context)?);
        let moment = shared.moment();
        let found = moment.view.memory.proposals.get(&ProposalId(id));
        Ok(found.map(|proposal| Proposal::of(proposal, &moment, caller, shared.handle.pushes())))
    }

    /// What a change would do, on the newest revision that is known. Nothing is recorded; errors of manifests are part of the
    /// answer.
    async fn preview_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Files as they should be.")] files: Option<Vec<FileEdit>>,
        #[graphql(desc = "Typed changes.")] patches: Option<Vec<PatchInput>>,
    ) -> Result<ChangePreview> {
        let handle = &shared(context)?.handle;
        let preview = handle.preview_change(changes(files, patches)?).await;
        Ok((&preview.map_err(errors::of_command)?).into())
    }
}
