//! The mutation that tries a notification channel.

use crate::graphql::{errors, shared, types::outside::NotificationTest};
use async_graphql::{Context, Object, Result};

/// Mutations that try notification channels.
#[derive(Default)]
pub struct OutsideMutation;

#[Object]
impl OutsideMutation {
    /// Sends a test message by a channel and says what the servers answered.
    async fn test_notification(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel's name.")] channel: String,
    ) -> Result<NotificationTest> {
        let shared = shared(context)?;
        let known = shared.handle.view();
        if !known
            .desired
            .channels
            .values()
            .any(|known| known.metadata.name == channel)
        {
            return Err(errors::not_found(format!(
                "there is no NotificationChannel {channel:.60} in force"
            )));
        }
        let messenger = shared.outside.messenger.clone();
        let messenger = messenger.ok_or_else(|| errors::unavailable("nothing sends messages here"))?;
        let tried = messenger.test(&channel).await.map_err(errors::unavailable)?;
        Ok(tried.as_slice().into())
    }
}
