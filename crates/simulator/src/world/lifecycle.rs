//! Guests come and go: creating, destroying, backing up, changing a configuration by task.
//!
//! Knows nothing of parameters' names on the wire; [`NewGuest`] is what was asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::actions::NO_QUORUM;
use super::change::{Changed, ConfigChange};
use super::guest::{Guest, Habits, Holder, Kind};
use super::storage::Volume;
use super::task::{Phase, Task, Work};
use super::timing::LOCK_TIMEOUT;
use super::{Refusal, World};

const CREATING: Duration = Duration::from_millis(350);
const DESTROYING: Duration = Duration::from_millis(450);
const BACKING_UP: Duration = Duration::from_secs(8);
const GIB: f64 = 1_073_741_824.0;

/// A guest to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGuest {
    /// Number.
    pub vmid: u32,
    /// Kind.
    pub kind: Kind,
    /// Pool, if any.
    pub pool: Option<String>,
    /// Keys of its configuration, disks as asked for (`shared:32,format=qcow2`).
    pub config: BTreeMap<String, String>,
    /// The archive a container is made of.
    pub template: Option<String>,
    /// Start it when it is made.
    pub start: bool,
}

/// A backup to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The guests, in order.
    pub vmids: Vec<u32>,
    /// Where to.
    pub storage: String,
    /// The guest is stopped meanwhile.
    pub stop: bool,
    /// Notes kept with it.
    pub notes: Option<String>,
}

impl World {
    /// Makes a guest: its number is taken at once, the rest is done by a task.
    pub fn create_guest(&mut self, node: &str, new: NewGuest, user: &str) -> Result<String, Refusal> {
        let (vmid, title) = (new.vmid, new.kind.title());
        if let Some(other) = self.guests.get(&vmid) {
            let (theirs, place) = (other.kind.title(), &other.node);
            return Err(Refusal::failed(format!(
                "unable to create {title} {vmid} - {theirs} {vmid} already exists on node '{place}'"
            )));
        }
        if !self.is_quorate(node) {
            return Err(Refusal::failed(NO_QUORUM));
        }
        let mut log = Vec::new();
        let mut made = self.blank(&new, node);
        for (key, value) in new.config {
            if is_disk(&key) {
                self.make_disk(&mut made, &key, &value, &mut log)?;
            } else {
                super::change::set_key(&mut made, &key, &value);
            }
        }
        if let Some(template) = new.template {
            let file = template.rsplit('/').next().unwrap_or_default().to_owned();
            log.push(format!("extracting archive '/mnt/template/cache/{file}'"));
            log.push("Total bytes read: 2048000 (2.0MiB, 55MiB/s)".to_owned());
        }
        made.edits = 0;
        self.guests.insert(vmid, made);
        let word = format!("{}create", new.kind.task_word());
        let work = Work::Create {
            log,
            start: new.start,
        };
        Ok(self.begin_task(node, &word, &vmid.to_string(), user, work))
    }

    fn blank(&mut self, new: &NewGuest, node: &str) -> Guest {
        let vmid = new.vmid;
        let (name, cores, memory_mib) = match new.kind {
            Kind::Qemu => (format!("VM {vmid}"), 1, 512),
            Kind::Lxc => (
                format!("CT{vmid}"),
                self.nodes.get(node).map_or(1, |node| node.cpus),
                512,
            ),
        };
        Guest {
            vmid,
            kind: new.kind,
            name,
            node: node.to_owned(),
            pool: new.pool.clone(),
            tags: std::collections::BTreeSet::new(),
            template: false,
            onboot: false,
            agent: false,
            lock: Some("create".to_owned()),
            cores,
            memory_bytes: memory_mib << 20,
            disk_bytes: 0,
            storage: String::new(),
            uuid: self.rng.uuid(),
            mac: self.rng.guest_mac(),
            created_at_secs: self.unix_now(),
            config: BTreeMap::new(),
            snapshots: Vec::new(),
            habits: Habits {
                cpu: 0.05,
                memory: 0.4,
                boot: Duration::from_secs(12),
                shutdown: Duration::from_secs(3),
                ignores_acpi: false,
                fails_to_start: false,
                agent_silent: false,
            },
            process: None,
            holder: None,
            stopped_at: None,
            edits: 0,
            forced_cpu: None,
            forced_memory: None,
        }
    }

    /// `storage:gibibytes[,format=...]` becomes a disk of that size.
    fn make_disk(
        &self,
        made: &mut Guest,
        key: &str,
        value: &str,
        log: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let mut parts = value.split(',');
        let (storage, size) = parts
            .next()
            .and_then(|volume| volume.split_once(':'))
            .ok_or_else(|| Refusal::parameter(key.to_owned(), "invalid format - format error"))?;
        let format = parts
            .find_map(|part| part.strip_prefix("format="))
            .unwrap_or("raw");
        if !self.storages.contains_key(storage) {
            return Err(Refusal::failed(format!("storage '{storage}' does not exist")));
        }
        let bytes = super::figures::to_whole(size.parse::<f64>().unwrap_or(0.0) * GIB);
        if made.storage.is_empty() {
            storage.clone_into(&mut made.storage);
            made.disk_bytes = bytes;
        }
        let vmid = made.vmid;
        log.push(format!(
            "Formatting '/mnt/{storage}/images/{vmid}/vm-{vmid}-disk-0.{format}', fmt={format} size={bytes} \
             preallocation=off"
        ));
        if made.kind == Kind::Qemu {
            let gib = bytes >> 30;
            log.push(format!(
                "{key}: successfully created disk '{storage}:{vmid}/vm-{vmid}-disk-0.{format},size={gib}G'"
            ));
        }
        Ok(())
    }

    pub(super) fn create_task(&mut self, task: &Task, lines: &[String], start: bool) {
        if task.phase == Phase::Forked {
            for line in lines {
                self.task_says(task.seq, line.clone());
            }
            self.task_goes_on(task.seq, CREATING, Phase::Step(1));
            return;
        }
        let Some(guest) = task.vmid().and_then(|vmid| self.guests.get_mut(&vmid)) else {
            self.end_task(task.seq, "the guest is gone");
            return;
        };
        guest.lock = None;
        let word = format!("{}start", guest.kind.task_word());
        self.end_task(task.seq, "OK");
        if start {
            self.begin_task(&task.node, &word, &task.id, &task.user, Work::Start);
        }
    }

    /// Destroys a stopped guest that nothing protects.
    pub fn destroy_guest(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        purge: bool,
        user: &str,
    ) -> Result<String, Refusal> {
        let guest = self.guest_on(node, kind, vmid)?;
        let title = kind.title();
        if guest.config.get("protection").is_some_and(|on| on == "1") {
            return Err(Refusal::failed(format!(
                "can't remove {title} {vmid} - protection mode enabled"
            )));
        }
        if self.ha.services.contains_key(&vmid) && !purge {
            return Err(Refusal::failed(format!(
                "unable to remove {title} {vmid} - used in HA resources and purge parameter not set."
            )));
        }
        if guest.is_running() {
            return Err(Refusal::failed(format!(
                "{title} {vmid} is running - destroy failed"
            )));
        }
        if !self.is_quorate(node) {
            return Err(Refusal::failed(NO_QUORUM));
        }
        let word = format!("{}destroy", kind.task_word());
        Ok(self.begin_task(node, &word, &vmid.to_string(), user, Work::Destroy))
    }

    pub(super) fn destroy_step(&mut self, task: &Task, vmid: u32, step: u16) {
        if step == 0 {
            self.task_goes_on(task.seq, DESTROYING, Phase::Step(1));
            return;
        }
        self.end_process(vmid, &task.upid);
        self.guests.remove(&vmid);
        self.ha.services.remove(&vmid);
        self.end_task(task.seq, "OK");
    }

    /// Changes a configuration by a task that holds the guest's lock.
    pub fn configure(
        &mut self,
        node: &str,
        vmid: u32,
        change: ConfigChange,
        user: &str,
    ) -> Result<String, Refusal> {
        self.guest_on(node, Kind::Qemu, vmid)?;
        Ok(self.begin_task(node, "qmconfig", &vmid.to_string(), user, Work::Configure(change)))
    }

    pub(super) fn configure_step(&mut self, task: &Task, vmid: u32, change: &ConfigChange) {
        // The change itself takes the lock that this task holds.
        if let Some(guest) = self.guests.get_mut(&vmid)
            && guest.holder == Some(Holder::Task(task.seq))
        {
            guest.holder = None;
        }
        match self.change_config(&task.node, Kind::Qemu, vmid, change, LOCK_TIMEOUT) {
            Ok(Changed::Done) => self.end_task(task.seq, "OK"),
            Ok(Changed::Busy) => self.end_task(task.seq, "got no lock"),
            Err(refusal) => self.end_task(task.seq, &refusal.text),
        }
    }

    /// Backs guests up; nothing when none of them is on the node.
    pub fn back_up(&mut self, node: &str, backup: Backup, user: &str) -> Result<Option<String>, Refusal> {
        if !self.storages.contains_key(&backup.storage) {
            return Err(Refusal::failed(format!(
                "storage '{}' does not exist",
                backup.storage
            )));
        }
        let here = |vmid: &u32| self.guests.get(vmid).is_some_and(|guest| guest.node == node);
        let vmids: Vec<u32> = backup.vmids.iter().copied().filter(here).collect();
        let id = match vmids.as_slice() {
            [] => return Ok(None),
            [one] => one.to_string(),
            _ => String::new(),
        };
        let work = Work::Backup(Backup { vmids, ..backup });
        Ok(Some(self.begin_task(node, "vzdump", &id, user, work)))
    }

    /// Two steps a guest: lock and begin, then finish and unlock.
    pub(super) fn backup_task(&mut self, task: &Task, backup: &Backup) {
        let step = match task.phase {
            Phase::Step(step) => step,
            _ => 0,
        };
        let Some(vmid) = backup.vmids.get(usize::from(step / 2)).copied() else {
            let failed = task.log.iter().any(|line| line.starts_with("ERROR: "));
            self.end_task(task.seq, if failed { "job errors" } else { "OK" });
            return;
        };
        if step % 2 == 0 {
            self.begin_backup(task, backup, vmid, step);
        } else {
            self.finish_backup(task, backup, vmid);
            self.task_goes_on(task.seq, Duration::from_millis(200), Phase::Step(step + 1));
        }
    }

    fn begin_backup(&mut self, task: &Task, backup: &Backup, vmid: u32, step: u16) {
        let refused = match self.guests.get(&vmid) {
            None => Some("no such guest".to_owned()),
            Some(guest) => guest.locked_text(),
        };
        if let Some(text) = refused {
            self.task_says(task.seq, format!("ERROR: Backup of VM {vmid} failed - {text}"));
            self.task_goes_on(task.seq, Duration::from_millis(200), Phase::Step(step + 2));
            return;
        }
        let mode = if backup.stop { "stop" } else { "snapshot" };
        self.task_says(task.seq, format!("INFO: Starting Backup of VM {vmid} (qemu)"));
        self.task_says(task.seq, format!("INFO: backup mode: {mode}"));
        let runs = self.guests.get(&vmid).is_some_and(Guest::is_running);
        if backup.stop && runs {
            self.end_process(vmid, &task.upid);
        }
        if let Some(guest) = self.guests.get_mut(&vmid) {
            guest.lock = Some("backup".to_owned());
        }
        self.task_says(
            task.seq,
            format!("INFO: guest was {}", if runs { "running" } else { "stopped" }),
        );
        self.task_goes_on(task.seq, BACKING_UP, Phase::Step(step + 1));
    }

    fn finish_backup(&mut self, task: &Task, backup: &Backup, vmid: u32) {
        let created_at_secs = self.unix_now();
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        guest.lock = None;
        let (kind, size_bytes) = (guest.kind, guest.disk_bytes / 3);
        let ran = task
            .log
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("INFO: guest was "));
        if backup.stop && ran == Some("running") {
            self.start_process(vmid, &task.upid);
        }
        if let Some(storage) = self.storages.get_mut(&backup.storage) {
            let node = (!storage.shared).then(|| task.node.clone());
            storage.volumes.push(Volume {
                notes: backup.notes.clone(),
                node,
                ..Volume::backup(&storage.plugin, kind, vmid, size_bytes, created_at_secs)
            });
        }
        self.task_says(task.seq, format!("INFO: Finished Backup of VM {vmid} (00:00:08)"));
    }

    /// The monitor of a machine that is being started does not answer yet.
    pub fn monitor_is_busy(&self, guest: &Guest) -> bool {
        let Some(Holder::Task(seq)) = guest.holder else {
            return false;
        };
        guest.kind == Kind::Qemu
            && guest.is_running()
            && !guest.habits.fails_to_start
            && self
                .tasks
                .get(&seq)
                .is_some_and(|task| task.work == Work::Start && matches!(task.phase, Phase::Step(2..)))
    }
}

/// Keys whose values are disks.
fn is_disk(key: &str) -> bool {
    let stem = key.trim_end_matches(|last: char| last.is_ascii_digit());
    key == "rootfs" || (stem.len() < key.len() && ["scsi", "virtio", "sata", "ide", "mp"].contains(&stem))
}
