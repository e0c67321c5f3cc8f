//! The newest backup of each guest, out of every storage that may hold some: of a shared one asked at one node, of the others
//! at each. What could not be read is named, since a guest without a backup is not told from one whose backup was not seen.

use crate::{
    answer::Envelope,
    ask::Look,
    client::Proxmox,
    decode::{self, StorageSeen},
    entry::LARGE_BODY,
    looks::{read, rights_on},
    paths,
};
use jarvis_model::{NodeName, Timestamp, Vmid};
use jarvis_ports::{BackupLook, Hypervisor as _, LookError, Priority};
use std::collections::BTreeMap;

/// A storage, and the nodes at which it may be read now, in the order of their names.
type Places = BTreeMap<(String, Option<NodeName>), Vec<NodeName>>;

impl Proxmox {
    /// One request after the other: slow storages hold up a node's few workers (`pvedaemon` has three), and nothing waits for
    /// this.
    pub(crate) async fn newest_backups(&self) -> Result<BackupLook, LookError> {
        let nodes = self.look_cluster().await?.nodes;
        let mut look = BackupLook::default();
        let mut places = Places::new();
        for row in nodes {
            if row.status != "online" {
                look.unread
                    .push(format!("storages of node {}: it is {}", row.node, row.status));
                continue;
            }
            match self.backup_storages(&row.node).await {
                Ok(seen) => seen
                    .into_iter()
                    .for_each(|storage| place(&mut places, &row.node, storage)),
                Err(error) => look
                    .unread
                    .push(format!("storages of node {}: {error}", row.node)),
            }
        }
        for ((storage, _), nodes) in &places {
            match self.backups_in(storage, nodes).await {
                Ok(found) => {
                    for (vmid, at) in found {
                        let newest = look.newest.entry(vmid).or_insert(at);
                        *newest = at.max(*newest);
                    }
                }
                Err(why) => look.unread.push(why),
            }
        }
        if look.newest.is_empty() && look.unread.is_empty() {
            look.unread.extend(self.blind_to_backups().await?);
        }
        Ok(look)
    }

    async fn backup_storages(&self, node: &NodeName) -> Result<Vec<StorageSeen>, LookError> {
        let what = format!("list storages of node {node}");
        let look = Look::node(what.clone(), paths::backup_storages(node), node, Priority::Poll);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(&what, decode::storages(&envelope.data))
    }

    /// Asks the nodes in turn until one can say.
    async fn backups_in(
        &self,
        storage: &str,
        nodes: &[NodeName],
    ) -> Result<BTreeMap<Vmid, Timestamp>, String> {
        let mut why = format!("storage {storage}: it is not active");
        for node in nodes {
            let what = format!("list backups in {storage} on {node}");
            let mut look = Look::node(what.clone(), paths::backups(node, storage), node, Priority::Poll);
            look.largest = LARGE_BODY;
            let told: Result<Envelope, LookError> = self.ask_about(node, &look).await;
            match told.and_then(|envelope| read(&what, decode::backups(&envelope.data))) {
                Ok(found) => return Ok(found),
                Err(error) => why = format!("storage {storage}: {error}"),
            }
        }
        Err(why)
    }

    /// Proxmox leaves out what the token may not see: no backup at all proves nothing without the rights.
    async fn blind_to_backups(&self) -> Result<Option<String>, LookError> {
        let (_, storage): (_, Envelope) = self.ask_any(&rights_on("/storage")).await?;
        let (_, guests): (_, Envelope) = self.ask_any(&rights_on("/vms")).await?;
        let on_storages = decode::privileges(&storage.data, "/storage");
        let on_guests = decode::privileges(&guests.data, "/vms");
        let sees = on_storages.contains_key("Datastore.Allocate")
            || on_storages.contains_key("Datastore.AllocateSpace") && on_guests.contains_key("VM.Backup");
        let why = "every storage: no backup is seen, and the token may see none: grant Datastore.AllocateSpace on /storage and \
                   VM.Backup on /vms";
        Ok((!sees).then(|| why.to_owned()))
    }
}

/// Where a storage can be read; an inactive one is kept without a place, to be named.
fn place(places: &mut Places, node: &NodeName, storage: StorageSeen) {
    let own = (!storage.shared).then(|| node.clone());
    let at = places.entry((storage.name, own)).or_default();
    if storage.active {
        at.push(node.clone());
    }
}
