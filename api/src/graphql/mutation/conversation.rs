//! Mutations of conversations. What is said asks the controller through the conversation, which confirms nothing.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    Shared, caller, errors, shared,
    types::{
        conversation::{self, SentMessage},
        memory::MemoryRecord,
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_assistant::{
    memory::{Memory, MemoryError, Said},
    message::ConversationId,
};

/// Mutations of conversations.
#[derive(Default)]
pub struct ConversationMutation;

#[Object]
impl ConversationMutation {
    /// Says something to Jarvis; in a new conversation when none is named. The answer comes to whoever follows the conversation.
    async fn send_message(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conversation.")] conversation: Option<String>,
        #[graphql(desc = "What is said; at most 4,000 characters.")] text: String,
    ) -> Result<SentMessage> {
        let person = caller(context)?.person();
        let assistant = &shared(context)?.assistant;
        let sent = assistant.send(&person, conversation.map(ConversationId), &text);
        let (id, seq) = sent.map_err(errors::of_conversation)?;
        Ok(SentMessage {
            conversation: id.to_string(),
            seq: conversation::number(seq),
        })
    }

    /// Stops the answer that comes; false when none does. What was asked for by then stays asked for.
    async fn cancel_message(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conversation.")] conversation: String,
    ) -> Result<bool> {
        let stopped = shared(context)?
            .assistant
            .cancel(&caller(context)?.user, &ConversationId(conversation));
        stopped.map_err(errors::of_conversation)
    }

    /// Takes a fact that is to be remembered for good. It is used once a person has confirmed it.
    async fn remember_fact(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What.")] text: String,
    ) -> Result<MemoryRecord> {
        let (user, shared) = (&caller(context)?.user, shared(context)?);
        let said = Said { user, text: &text };
        let pending = memory(shared)?.propose_fact(said, shared.clock.now());
        pending
            .as_ref()
            .map(MemoryRecord::from)
            .map_err(errors::of_memory)
    }

    /// Confirms a fact that waits: from now on it is remembered.
    async fn confirm_fact(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number.")] id: String,
    ) -> Result<MemoryRecord> {
        let (user, shared) = (&caller(context)?.user, shared(context)?);
        let record = memory(shared)?.confirm(number(&id)?, user, shared.clock.now());
        record.as_ref().map(MemoryRecord::from).map_err(errors::of_memory)
    }

    /// Puts something that is remembered right, in one's own words.
    async fn correct_memory(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number.")] id: String,
        #[graphql(desc = "What is right.")] text: String,
    ) -> Result<MemoryRecord> {
        let (user, shared) = (&caller(context)?.user, shared(context)?);
        let said = Said { user, text: &text };
        let record = memory(shared)?.correct(number(&id)?, said, shared.clock.now());
        record.as_ref().map(MemoryRecord::from).map_err(errors::of_memory)
    }

    /// Forgets something for good, or says no to a fact that waits; false when there is none.
    async fn forget(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number.")] id: String,
    ) -> Result<bool> {
        let (memory, id) = (memory(shared(context)?)?, number(&id)?);
        match memory.reject(id).or_else(|_| memory.forget(id)) {
            Ok(()) => Ok(true),
            Err(MemoryError::Unknown { .. }) => Ok(false),
            Err(error) => Err(errors::of_memory(&error)),
        }
    }

    /// Deletes a conversation; false when there is none. What was done in it stays in the audit trail.
    async fn delete_conversation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] id: String,
    ) -> Result<bool> {
        let deleted = shared(context)?
            .assistant
            .delete(&caller(context)?.user, &ConversationId(id));
        deleted.map_err(errors::of_conversation)
    }
}

fn memory(shared: &Shared) -> Result<&Memory> {
    let memory = shared.assistant.memory();
    memory.ok_or_else(|| errors::unavailable("the memory cannot be read; the log says why"))
}

fn number(id: &str) -> Result<u64> {
    id.parse()
        .map_err(|_| errors::invalid("id: give the number of what is remembered"))
}
