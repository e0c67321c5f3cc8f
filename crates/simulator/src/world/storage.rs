//! Storages: which there are, on which nodes, how full. Pure state.

use std::collections::{BTreeMap, BTreeSet};

use super::guest::Kind;
use crate::date::{file_date, iso_date};

/// A file on a storage that is no guest's disk: image, template, backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name after the storage's, such as `vztmpl/debian-13.tar.zst`.
    pub name: String,
    /// `iso`, `vztmpl`, `backup` ...
    pub content: String,
    /// `iso`, `tgz`, `vma.zst` ...
    pub format: String,
    /// Size, bytes.
    pub size_bytes: u64,
    /// When it was made (Unix seconds).
    pub created_at_secs: u64,
    /// The guest it belongs to.
    pub vmid: Option<u32>,
    /// Notes.
    pub notes: Option<String>,
    /// Only on this node; everywhere when absent.
    pub node: Option<String>,
}

impl Volume {
    /// A backup of a guest, named as a storage of this plug-in names it.
    pub fn backup(plugin: &str, kind: Kind, vmid: u32, size_bytes: u64, created_at_secs: u64) -> Self {
        let format = match (plugin, kind) {
            ("pbs", Kind::Qemu) => "pbs-vm",
            ("pbs", Kind::Lxc) => "pbs-ct",
            (_, Kind::Qemu) => "vma.zst",
            (_, Kind::Lxc) => "tar.zst",
        };
        let mut made = Self {
            name: String::new(),
            content: "backup".to_owned(),
            format: format.to_owned(),
            size_bytes,
            created_at_secs,
            vmid: Some(vmid),
            notes: None,
            node: None,
        };
        made.name_backup();
        made
    }

    /// The guest kind of a backup.
    pub fn backup_kind(&self) -> Kind {
        if matches!(self.format.as_str(), "pbs-ct" | "tar.zst") {
            Kind::Lxc
        } else {
            Kind::Qemu
        }
    }

    fn name_backup(&mut self) {
        let (kind, vmid, at) = (self.backup_kind(), self.vmid.unwrap_or(0), self.created_at_secs);
        self.name = if self.format.starts_with("pbs-") {
            format!("backup/{}/{vmid}/{}Z", kind.ha_word(), iso_date(at))
        } else {
            format!(
                "backup/vzdump-{}-{vmid}-{}.{}",
                kind.word(),
                file_date(at),
                self.format
            )
        };
    }

    /// Makes a backup so many seconds younger (or older), so that its age stays when the calendar is moved.
    pub(super) fn shift_backup(&mut self, from_secs: u64, to_secs: u64) {
        if self.content == "backup" {
            self.created_at_secs = (self.created_at_secs + to_secs).saturating_sub(from_secs);
            self.name_backup();
        }
    }
}

/// A storage of the simulated cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// Name.
    pub name: String,
    /// Plug-in: `dir`, `zfspool`, `rbd`, `pbs` ...
    pub plugin: String,
    /// Kinds of content, comma separated.
    pub content: String,
    /// The same data on every node.
    pub shared: bool,
    /// Nodes it is limited to; empty means all.
    pub nodes: BTreeSet<String>,
    /// Size, bytes.
    pub total_bytes: u64,
    /// Part in use (fraction of 1) on every node that has no own figure.
    pub used: f64,
    /// Own figures of nodes.
    pub used_on: BTreeMap<String, f64>,
    /// Other keys of its configuration (`path`, `pool`, `prune-backups` ...).
    pub options: BTreeMap<String, String>,
    /// Files on it that are no guest's disk.
    pub volumes: Vec<Volume>,
}

impl Storage {
    /// It exists on `node`.
    pub fn is_on(&self, node: &str) -> bool {
        self.nodes.is_empty() || self.nodes.contains(node)
    }

    /// Bytes in use as `node` sees it.
    pub fn used_bytes(&self, node: &str) -> u64 {
        let part = self
            .used_on
            .get(node)
            .copied()
            .unwrap_or(self.used)
            .clamp(0.0, 1.0);
        super::figures::part_of(self.total_bytes, part)
    }
}
