//! Storages: which there are, on which nodes, how full. Pure state.

use std::collections::{BTreeMap, BTreeSet};

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
