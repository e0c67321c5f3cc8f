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
        tracing::info!(
            "which guest Jarvis runs in cannot be found out here; if it runs in one, name it in jarvis.yaml as safety.own"
        );
        return floor;
    };
    let found = tokio::time::timeout(WITHIN, search(client, &uuid)).await;
    let found = found.unwrap_or_else(|_| Err("the cluster did not answer in time".to_owned()));
    decide(&mut floor, &uuid, found, &state.join("own-guest.json"));
    if let Some(vmid) = floor.own_guest {
        tracing::info!(%vmid, "Jarvis runs in this guest: it is protected, with the node it lives on");
    } else {
        tracing::info!("Jarvis runs in no guest of this cluster, as far as is known");
    }
    floor
}

/// What a search, or the record of an earlier one, means for the floor. With neither nothing is done alone.
fn decide(floor: &mut Floor, uuid: &str, found: Result<Option<Vmid>, String>, record: &Path) {
    match (found, known(record).filter(|found| found.uuid == uuid)) {
        (Ok(vmid), _) => {
            keep(
                record,
                &Found {
                    uuid: uuid.to_owned(),
                    vmid,
                },
            );
            floor.own_guest = vmid;
        }
        (Err(_), Some(earlier)) => floor.own_guest = earlier.vmid,
        (Err(why), None) => {
            floor.ceiling = floor.ceiling.min(Autonomy::L1);
            tracing::warn!(%why, "which guest Jarvis runs in is not known: nothing is done alone until the next start, or name it in jarvis.yaml as safety.own");
        }
    }
}

/// The uuid of a QEMU machine, in lower case; None on other hardware or when it may not be read.
pub fn machine_uuid() -> Option<String> {
    let vendor = fs::read_to_string(VENDOR).ok()?;
    if !vendor.contains("QEMU") {
        return None;
    }
    let uuid = fs::read_to_string(PRODUCT_UUID).ok()?.trim().to_lowercase();
    (uuid.len() == 36).then_some(uuid)
}

/// The guest with this uuid.
pub async fn search(hypervisor: &dyn Hypervisor, uuid: &str) -> Result<Option<Vmid>, String> {
    let look = hypervisor
        .look_cluster()
        .await
        .map_err(|error| error.to_string())?;
    for guest in look.guests.iter().filter(|guest| guest.kind == GuestKind::Qemu) {
        match hypervisor
            .look_identity(&guest.node, guest.kind, guest.vmid)
            .await
        {
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

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_proxmox::{EntryPoint, Options, Tls, Token};
    use jarvis_simulator::Simulator;

    fn client(simulator: &Simulator) -> Proxmox {
        let (node, url) = &simulator.endpoints()[0];
        let read = &simulator.tokens().read;
        let token = Token::parse(&format!("{}={}", read.id, read.secret)).unwrap();
        Proxmox::new(
            Options::new(
                "home",
                vec![EntryPoint::new(Some(node), url).unwrap()],
                token,
                Tls::Insecure,
            )
            .unwrap(),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn the_guest_with_the_machines_uuid_is_found() {
        let simulator = Simulator::start(jarvis_simulator::Options::default())
            .await
            .unwrap();
        let client = client(&simulator);
        let state = simulator.handle().state();
        let own = state["guests"]
            .as_array()
            .unwrap()
            .iter()
            .find(|guest| guest["vmid"] == 103)
            .unwrap();
        let uuid = own["uuid"].as_str().unwrap().to_lowercase();
        assert_eq!(search(&client, &uuid).await, Ok(Some(Vmid::new(103).unwrap())));
        assert_eq!(
            search(&client, "00000000-0000-0000-0000-000000000000").await,
            Ok(None)
        );
    }

    #[test]
    fn what_was_found_is_known_when_the_cluster_is_silent() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("own-guest.json");
        let silent = || Err("silent".to_owned());
        let decided = |uuid: &str, found| {
            let mut floor = Floor::default();
            decide(&mut floor, uuid, found, &record);
            (floor.own_guest, floor.ceiling)
        };
        let (own, all) = (Some(Vmid::new(103).unwrap()), Floor::default().ceiling);
        assert_eq!(
            decided("a", silent()),
            (None, Autonomy::L1),
            "never seen and not to be asked: nothing is done alone"
        );
        assert_eq!(decided("a", Ok(own)), (own, all));
        assert_eq!(decided("a", silent()), (own, all));
        assert_eq!(
            decided("b", silent()),
            (None, Autonomy::L1),
            "another machine is not the one of the record"
        );
        assert_eq!(decided("b", Ok(None)), (None, all));
        assert_eq!(decided("b", silent()), (None, all));
    }
}
