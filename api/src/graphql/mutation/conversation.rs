//! Mutations of conversations. What is said asks the controller through the conversation, which confirms nothing.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    caller, errors, shared,
    types::conversation::{SentMessage, number},
};
use async_graphql::{Context, Object, Result};
use jarvis_assistant::message::ConversationId;

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
            seq: number(seq),
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
