//! Which guest of the cluster this process runs in, so that it never acts on itself: the machine's SMBIOS uuid against
//! the uuids of the guests. Done once at the start. What was found is kept, so that a start at which the cluster does
//! not answer knows it too.
//!
//! Assumes that uuids are unique within the cluster, as Proxmox makes them.

use jarvis_api::Mode;
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, GuestKind, Vmid};
use jarvis_ports::{Hypervisor, LookError};
use jarvis_proxmox::Proxmox;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path, time::Duration};

/// Where the kernel shows the machine's uuid; readable by root only unless the administrator lets others.
const PRODUCT_UUID: &str = "/sys/class/dmi/id/product_uuid";
/// Where it shows who made the machine.
const VENDOR: &str = "/sys/class/dmi/id/sys_vendor";
/// The search ends after this.
const WITHIN: Duration = Duration::from_secs(15);

/// What was found at an earlier start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    uuid: String,
    /// None: the machine is no guest of this cluster.
    vmid: Option<Vmid>,
}

/// Adds the own guest to the floor, when it can be found out.
pub async fn protect(mut floor: Floor, client: &Proxmox, state: &Path, mode: Mode) -> Floor {
    if mode == Mode::Demo || floor.own_guest.is_some() || floor.own_node.is_some() {
        return floor;
    }
    let Some(uuid) = machine_uuid() else {
        tracing::info!("which guest Jarvis runs in cannot be found out here; if it runs in one, name it in jarvis.yaml as safety.own");
        return floor;
    };
    let record = state.join("own-guest.json");
    let found = tokio::time::timeout(WITHIN, search(client, &uuid)).await;
    match found.unwrap_or_else(|_| Err("the cluster did not answer in time".to_owned())) {
        Ok(vmid) => {
            keep(&record, &Found { uuid, vmid });
            floor.own_guest = vmid;
        }
        Err(why) => match known(&record).filter(|found| found.uuid == uuid) {
            Some(found) => floor.own_guest = found.vmid,
            None => {
                floor.ceiling = floor.ceiling.min(Autonomy::L1);
                tracing::warn!(%why, "which guest Jarvis runs in is not known: nothing is done alone until the next start, or name it in jarvis.yaml as safety.own");
            }
        },
    }
    match floor.own_guest {
        Some(vmid) => tracing::info!(%vmid, "Jarvis runs in this guest: it is protected, with the node it lives on"),
        None => tracing::info!("Jarvis runs in no guest of this cluster"),
    }
    floor
}

/// The uuid of a QEMU machine, in lower case; None on other hardware or when it may not be read.
fn machine_uuid() -> Option<String> {
    let vendor = fs::read_to_string(VENDOR).ok()?;
    if !vendor.contains("QEMU") {
        return None;
    }
    let uuid = fs::read_to_string(PRODUCT_UUID).ok()?.trim().to_lowercase();
    (uuid.len() == 36).then_some(uuid)
}

async fn search(hypervisor: &dyn Hypervisor, uuid: &str) -> Result<Option<Vmid>, String> {
    let look = hypervisor.look_cluster().await.map_err(|error| error.to_string())?;
    for guest in look.guests.iter().filter(|guest| guest.kind == GuestKind::Qemu) {
        match hypervisor.look_identity(&guest.node, guest.kind, guest.vmid).await {
            Ok(Some(identity)) if identity.0 == uuid => return Ok(Some(guest.vmid)),
            Ok(_) | Err(LookError::Missing { .. } | LookError::NoRights { .. }) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

fn known(record: &Path) -> Option<Found> {
    serde_json::from_str(&fs::read_to_string(record).ok()?).ok()
}

fn keep(record: &Path, found: &Found) {
    if known(record).as_ref() == Some(found) {
        return;
    }
    let text = serde_json::to_string(found).unwrap_or_default();
    if let Err(error) = fs::write(record, text) {
        tracing::warn!(path = %record.display(), %error, "cannot keep which guest Jarvis runs in");
    }
}
