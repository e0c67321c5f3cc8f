//! Probes that say whether what runs inside a guest is ready.

use async_trait::async_trait;
use std::time::Duration;

/// TCP and HTTP probes.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Whether a TCP connection to `host:port` can be made within `timeout`.
    async fn tcp(&self, address: &str, timeout: Duration) -> bool;
    /// Whether `GET url` answers with `status` (any 2xx when none is given) within `timeout`.
    async fn http(&self, url: &str, status: Option<u16>, timeout: Duration) -> bool;
}
