//! What only the doctor asks of a node: its clock and its version. Judges nothing.

use crate::{answer::Envelope, ask::Look, client::Proxmox, looks::read, loose, paths};
use jarvis_model::NodeName;
use jarvis_ports::{LookError, Priority};

impl Proxmox {
    /// `GET /nodes/{node}/time`: the node's clock, whole seconds since the epoch.
    pub async fn node_time(&self, node: &NodeName) -> Result<u64, LookError> {
        let what = format!("ask node {node} for its time");
        let look = Look::node(what, paths::node_time(node), node, Priority::Operator);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(
            &look.what,
            loose::whole(envelope.data.get("time")).ok_or_else(|| "no time in it".to_owned()),
        )
    }

    /// `GET /nodes/{node}/version`: the version text, e.g. `9.2.11`.
    pub async fn node_version(&self, node: &NodeName) -> Result<String, LookError> {
        let what = format!("ask node {node} for its version");
        let look = Look::node(what, paths::node_version(node), node, Priority::Operator);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(
            &look.what,
            loose::word(envelope.data.get("version")).ok_or_else(|| "no version in it".to_owned()),
        )
    }
}
