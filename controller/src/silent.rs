//! For tests: what is asked stays without an answer.

use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{GuestKind, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Vmid};
use jarvis_ports::{
    Accepted, BackupLook, ClusterLook, HostAnswer, HostRead, Hypervisor, LookError, PerformError, Priority,
    Probe, QuorumLook, TaskState,
};
use std::time::Duration;

/// A cluster in which nobody answers.
pub struct Silent;

fn silent<T>() -> Result<T, LookError> {
    Err(LookError::Unreachable {
        what: "look".to_owned(),
        whom: "atlas".to_owned(),
        why: "silence".to_owned(),
    })
}

#[async_trait]
impl Hypervisor for Silent {
    async fn look_cluster(&self) -> Result<ClusterLook, LookError> {
        silent()
    }
    async fn look_quorum(&self, _: usize) -> Vec<Result<QuorumLook, LookError>> {
        Vec::new()
    }
    async fn look_node(&self, _: &NodeName) -> Result<u64, LookError> {
        silent()
    }
    async fn look_guest(
        &self,
        _: &NodeName,
        _: GuestKind,
        _: Vmid,
        _: Priority,
    ) -> Result<LiveStatus, LookError> {
        silent()
    }
    async fn look_identity(
        &self,
        _: &NodeName,
        _: GuestKind,
        _: Vmid,
    ) -> Result<Option<Identity>, LookError> {
        silent()
    }
    async fn ping_agent(&self, _: &NodeName, _: Vmid) -> Result<bool, LookError> {
        silent()
    }
    async fn look_guest_tasks(
        &self,
        _: &NodeName,
        _: Vmid,
        _: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        silent()
    }
    async fn look_node_tasks(&self, _: &NodeName, _: Timestamp) -> Result<Vec<TaskObserved>, LookError> {
        silent()
    }
    async fn look_cluster_tasks(&self) -> Result<Vec<TaskObserved>, LookError> {
        silent()
    }
    async fn look_task(&self, _: &Upid) -> Result<TaskState, LookError> {
        silent()
    }
    async fn look_task_log(&self, _: &Upid, _: usize) -> Result<Vec<String>, LookError> {
        silent()
    }
    async fn look_backups(&self) -> Result<BackupLook, LookError> {
        silent()
    }
    async fn read_by_agent(&self, _: &NodeName, _: Vmid, _: &HostRead) -> Result<HostAnswer, LookError> {
        silent()
    }
    async fn perform(&self, _: Permit) -> Result<Accepted, PerformError> {
        Err(PerformError::Rejected {
            text: "silence".to_owned(),
            retryable: false,
        })
    }
}

#[async_trait]
impl Probe for Silent {
    async fn tcp(&self, _: &str, _: Duration) -> bool {
        false
    }
    async fn http(&self, _: &str, _: Option<u16>, _: Duration) -> bool {
        false
    }
}
