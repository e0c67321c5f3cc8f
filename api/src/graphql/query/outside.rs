//! Queries of the audit trail as a whole and of notification channels.

use crate::graphql::{
    errors, shared,
    types::outside::{AuditChain, NotificationChannel},
};
use async_graphql::{Context, Object, Result};

/// Queries of the audit trail as a whole and of notification channels.
#[derive(Default)]
pub struct OutsideQuery;

#[Object]
impl OutsideQuery {
    /// Whether the hash chain of the audit holds, and where the whole trail can be fetched. Checked at most once a minute.
    async fn audit_chain(&self, context: &Context<'_>) -> Result<AuditChain> {
        let trail = shared(context)?.outside.audit.clone();
        let trail = trail.ok_or_else(|| errors::unavailable("there is no audit trail on disk here"))?;
        let checked = tokio::task::spawn_blocking(move || trail.check()).await;
        let checked = checked.map_err(|_| errors::unavailable("the check was cut short; try again"))?;
        Ok((&checked.map_err(errors::unavailable)?).into())
    }

    /// Notification channels of the manifests in force, by name.
    #[graphql(complexity = "10 * child_complexity")]
    async fn notification_channels(&self, context: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let shared = shared(context)?;
        let moment = shared.moment();
        let messenger = shared.outside.messenger.clone();
        let waiting = tokio::task::spawn_blocking(move || messenger.and_then(|m| m.waiting().ok())).await;
        let waiting = waiting.map_err(|_| errors::unavailable("reading was cut short; try again"))?;
        Ok(NotificationChannel::all(&moment, waiting.as_ref()))
    }
}
