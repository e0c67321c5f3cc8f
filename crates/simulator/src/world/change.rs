//! Changes of a guest's configuration, which are synchronous: lock file, lock, digest, quorum.

use std::collections::BTreeMap;
use std::time::Duration;

use super::guest::{Guest, Kind};
use super::timing::LOCK_TIMEOUT;
use super::{Refusal, World};
use crate::rng::hash;

/// A change of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigChange {
    /// Keys to set.
    pub set: BTreeMap<String, String>,
    /// Keys to remove.
    pub delete: Vec<String>,
    /// Only when the configuration is still this one.
    pub digest: Option<String>,
    /// Pass over a lock in the configuration (root@pam only).
    pub skip_lock: bool,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Done,
    /// The lock file is held; ask again.
    Busy,
}

impl World {
    /// Changes a guest's configuration. `waited` tells how long the caller has been waiting for the lock file.
    pub fn change_config(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        change: &ConfigChange,
        waited: Duration,
    ) -> Result<Changed, Refusal> {
        let quorate = self.is_quorate(node);
        let guest = self.guest_on(node, kind, vmid)?;
        if guest.holder.is_some() {
            if waited < LOCK_TIMEOUT {
                return Ok(Changed::Busy);
            }
            return Err(Refusal::failed(guest.lock_file_text()));
        }
        if let Some(digest) = &change.digest
            && *digest != self.digest(guest)
        {
            return Err(Refusal::failed("checksum mismatch (file change by other user?)"));
        }
        if let Some(text) = guest.locked_text().filter(|_| !change.skip_lock) {
            return Err(Refusal::failed(text));
        }
        if !quorate {
            let path = format!("/etc/pve/nodes/{node}/{}/{vmid}.conf.tmp.2371", kind.folder());
            return Err(Refusal::failed(format!(
                "unable to open file '{path}' - Permission denied"
            )));
        }
        if let Some(guest) = self.guests.get_mut(&vmid) {
            for (key, value) in &change.set {
                set_key(guest, key, value);
            }
            for key in &change.delete {
                delete_key(guest, key);
            }
            guest.edits += 1;
        }
        Ok(Changed::Done)
    }

    /// The digest of a guest's configuration, forty hexadecimal digits.
    pub fn digest(&self, guest: &Guest) -> String {
        let seed = [
            u64::from(guest.vmid),
            guest.edits,
            guest.created_at_secs,
            self.seed,
        ];
        let word = |index: u64| hash(&[seed[0], seed[1], seed[2], seed[3], index]);
        format!("{:016x}{:016x}{:08x}", word(1), word(2), word(3) & 0xFFFF_FFFF)
    }
}

pub(super) fn set_key(guest: &mut Guest, key: &str, value: &str) {
    match key {
        "name" | "hostname" => value.clone_into(&mut guest.name),
        "tags" => guest.set_tags(value),
        "onboot" => {
            guest.onboot = value == "1";
            // Said, although it is the default.
            guest.config.insert(key.to_owned(), value.to_owned());
        }
        "agent" => guest.agent = value.starts_with('1') || value.contains("enabled=1"),
        "lock" => guest.lock = Some(value.to_owned()),
        "cores" => guest.cores = value.parse().unwrap_or(guest.cores),
        "memory" => {
            guest.memory_bytes = value.parse::<u64>().map_or(guest.memory_bytes, |mib| mib << 20);
        }
        "smbios1" => {
            if let Some(uuid) = value.split(',').find_map(|part| part.strip_prefix("uuid=")) {
                uuid.clone_into(&mut guest.uuid);
            }
        }
        _ => {
            guest.config.insert(key.to_owned(), value.to_owned());
        }
    }
}

fn delete_key(guest: &mut Guest, key: &str) {
    match key {
        "tags" => guest.tags.clear(),
        "onboot" => {
            guest.onboot = false;
            guest.config.remove(key);
        }
        "agent" => guest.agent = false,
        "lock" => guest.lock = None,
        _ => {
            guest.config.remove(key);
        }
    }
}
