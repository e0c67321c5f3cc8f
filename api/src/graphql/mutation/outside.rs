//! The mutations that try a notification channel, and what no server took.

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

    /// Lets messages that are parked be tried once more; how many there are.
    async fn retry_notifications(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of the channel of this name; of all when left out.")] channel: Option<String>,
    ) -> Result<usize> {
        let messenger = shared(context)?.outside.messenger.clone();
        let messenger = messenger.ok_or_else(|| errors::unavailable("nothing sends messages here"))?;
        messenger.retry(channel).await.map_err(errors::unavailable)
    }
}
