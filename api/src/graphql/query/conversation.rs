//! Queries of conversations. Everybody sees their own.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    caller, errors, shared,
    types::{
        conversation::Conversation,
        costs::{Costs, MindState},
        memory::MemoryRecord,
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_assistant::{ConversationError, memory::Pending, message::ConversationId};

/// Conversations in one answer.
const MOST: i32 = 200;

/// Queries of conversations.
#[derive(Default)]
pub struct ConversationQuery;

#[Object]
impl ConversationQuery {
    /// The caller's conversations, the latest begun first.
    #[graphql(complexity = "first as usize * child_complexity")]
    async fn conversations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 200.", default = 50)] first: i32,
    ) -> Result<Vec<Conversation>> {
        let most = usize::try_from(first.clamp(0, MOST)).unwrap_or_default();
        let heads = shared(context)?.assistant.heads(&caller(context)?.user, most);
        Ok(heads
            .map_err(errors::of_conversation)?
            .iter()
            .map(Conversation::from)
            .collect())
    }

    /// What was spent on language models.
    async fn costs(&self, context: &Context<'_>) -> Result<Costs> {
        let shared = shared(context)?;
        Ok(Costs::of(shared.assistant.minds(), shared.clock.now()))
    }

    /// The language models that may be asked, in their order, and how each stands.
    async fn minds(&self, context: &Context<'_>) -> Result<Vec<MindState>> {
        let shared = shared(context)?;
        let standings = shared.assistant.minds().standings(shared.clock.now());
        Ok(standings.into_iter().map(MindState::from).collect())
    }

    /// What is remembered beyond conversations, newest first; what waits to be confirmed comes before it.
    #[graphql(complexity = "20 * child_complexity")]
    async fn memory(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only with this in its text.", default)] text: String,
    ) -> Result<Vec<MemoryRecord>> {
        let shared = shared(context)?;
        let Some(memory) = shared.assistant.memory() else {
            return Err(errors::unavailable("the memory cannot be read; the log says why"));
        };
        let now = shared.clock.now();
        let pending = memory.pending(now);
        let fits = |one: &&Pending| one.text.to_lowercase().contains(&text.to_lowercase());
        let waiting = pending.iter().filter(fits).map(MemoryRecord::from);
        let user = &caller(context)?.user;
        let kept = memory.list(None, &text, now);
        let kept = kept.iter().filter(|record| record.is_for(user));
        Ok(waiting.chain(kept.map(MemoryRecord::from)).collect())
    }

    /// Everything that is remembered, as JSON lines.
    async fn memory_export(&self, context: &Context<'_>) -> Result<String> {
        let user = &caller(context)?.user;
        let memory = shared(context)?.assistant.memory();
        Ok(memory.map(|memory| memory.export(user)).unwrap_or_default())
    }

    /// One of them; null when there is none (any more).
    async fn conversation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] id: String,
    ) -> Result<Option<Conversation>> {
        let found = shared(context)?
            .assistant
            .conversation(&caller(context)?.user, &ConversationId(id));
        match found {
            Ok(kept) => Ok(Some((&kept).into())),
            Err(ConversationError::NotFound(_)) => Ok(None),
            Err(error) => Err(errors::of_conversation(error)),
        }
    }
}
