//! The status daemons: what each node reports every ten seconds, and how others find it later.
//!
//! This is the stale half of `/cluster/resources`: status, name, uptime and figures of a guest are those of the last
//! report that reached the asked node, while its place, tags, lock and pool are current.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::guest::{Guest, Kind};
use super::timing::{REPORT_EXPIRES, SAMPLE_PERIOD};
use super::{Event, World, figures};
use crate::rng::hash_text;
use crate::time::SimTime;

/// Figures of a node at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSample {
    /// Seconds since its kernel started.
    pub uptime_secs: u64,
    /// Processor load, fraction.
    pub cpu: f64,
    /// Memory in use, bytes.
    pub memory_bytes: u64,
    /// Root file system in use, bytes.
    pub disk_bytes: u64,
}

/// Figures of a guest at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct GuestSample {
    /// `running`, `paused` or `stopped`.
    pub status: &'static str,
    /// Its name then.
    pub name: String,
    /// Seconds since its process started.
    pub uptime_secs: u64,
    /// Processor load, fraction of its processors.
    pub cpu: f64,
    /// Memory in use, bytes.
    pub memory_bytes: u64,
    /// Root file system in use, bytes (containers).
    pub disk_bytes: u64,
    /// Bytes received, sent, read, written since the start.
    pub traffic: [u64; 4],
}

/// One report of a status daemon.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it was made.
    pub at: SimTime,
    /// The node itself.
    pub node: NodeSample,
    /// Its guests.
    pub guests: BTreeMap<u32, GuestSample>,
    /// Guests that were here in earlier reports and are not any more, with the time of that report.
    pub left: BTreeMap<u32, (SimTime, GuestSample)>,
    /// Bytes in use of its storages.
    pub storages: BTreeMap<String, u64>,
}

impl World {
    pub(super) fn sample(&mut self, node: &str, life: u32) {
        let Some(state) = self.nodes.get(node) else { return };
        if state.reports != life {
            return;
        }
        if state.works() && state.daemons.status && !state.no_cluster_files {
            self.report(node);
        }
        self.at(
            SAMPLE_PERIOD,
            Event::Sample {
                node: node.to_owned(),
                life,
            },
        );
    }

    /// A status daemon that was started reports a period later.
    pub(super) fn begin_reports(&mut self, node: &str) {
        let Some(state) = self.nodes.get_mut(node).filter(|state| !state.daemons.status) else {
            return;
        };
        state.reports += 1;
        let life = state.reports;
        self.at(
            SAMPLE_PERIOD,
            Event::Sample {
                node: node.to_owned(),
                life,
            },
        );
    }

    /// Makes a report and hands it to everyone who hears this node.
    pub(super) fn report(&mut self, node: &str) {
        let report = Arc::new(self.make_report(node));
        let hearers: Vec<String> = self
            .nodes
            .keys()
            .filter(|viewer| self.connected(viewer, node))
            .cloned()
            .collect();
        for viewer in hearers {
            self.views
                .entry(viewer)
                .or_default()
                .reports
                .insert(node.to_owned(), Arc::clone(&report));
        }
    }

    fn make_report(&self, node: &str) -> Report {
        let guests: BTreeMap<u32, GuestSample> = self
            .guests
            .values()
            .filter(|guest| guest.node == node)
            .map(|guest| (guest.vmid, self.guest_sample(guest)))
            .collect();
        let mut left = BTreeMap::new();
        if let Some(before) = self.views.get(node).and_then(|view| view.reports.get(node)) {
            let earlier = before
                .guests
                .iter()
                .map(|(vmid, sample)| (vmid, (before.at, sample)));
            let long_gone = before
                .left
                .iter()
                .map(|(vmid, (at, sample))| (vmid, (*at, sample)));
            for (vmid, (at, sample)) in long_gone.chain(earlier) {
                if !guests.contains_key(vmid) && self.now.since(at) < REPORT_EXPIRES {
                    left.insert(*vmid, (at, sample.clone()));
                }
            }
        }
        let storages = self
            .storages
            .values()
            .filter(|storage| storage.is_on(node))
            .map(|storage| (storage.name.clone(), storage.used_bytes(node)))
            .collect();
        Report {
            at: self.now,
            node: self.node_sample(node),
            guests,
            left,
            storages,
        }
    }

    /// A node's figures as they are now.
    pub fn node_sample(&self, name: &str) -> NodeSample {
        let node = &self.nodes[name];
        NodeSample {
            uptime_secs: node.uptime(self.now).as_secs(),
            cpu: self.node_cpu(name, self.now),
            memory_bytes: figures::part_of(node.memory_bytes, self.node_memory(name, self.now)),
            disk_bytes: figures::part_of(node.disk_bytes, node.forced_disk.unwrap_or(node.habits.disk)),
        }
    }

    /// Processor load of a node at a time, fraction.
    pub fn node_cpu(&self, name: &str, at: SimTime) -> f64 {
        self.nodes[name]
            .forced_cpu
            .unwrap_or_else(|| self.natural_cpu(name, at))
    }

    /// What it would be without a fault.
    pub(super) fn natural_cpu(&self, name: &str, at: SimTime) -> f64 {
        figures::wave(self.seed, hash_text(name), self.nodes[name].habits.cpu, 0.35, at)
    }

    /// Memory in use of a node at a time, fraction.
    pub fn node_memory(&self, name: &str, at: SimTime) -> f64 {
        let node = &self.nodes[name];
        node.forced_memory
            .unwrap_or_else(|| figures::wave(self.seed, hash_text(name) ^ 1, node.habits.memory, 0.04, at))
    }

    /// A guest's figures as they are now.
    pub fn guest_sample(&self, guest: &Guest) -> GuestSample {
        let uptime_secs = guest.uptime_secs(self.now);
        let running = guest.is_running();
        let key = u64::from(guest.vmid) << 8;
        let rate = |index: u64, per_sec: f64| {
            if running {
                figures::counter(self.seed, key | index, per_sec, uptime_secs)
            } else {
                0
            }
        };
        let disk = if guest.kind == Kind::Lxc {
            figures::part_of(guest.disk_bytes, 0.4)
        } else {
            0
        };
        GuestSample {
            status: guest.fine_status(),
            name: guest.name.clone(),
            uptime_secs,
            cpu: if running {
                self.guest_cpu(guest, self.now)
            } else {
                0.0
            },
            memory_bytes: if running {
                self.guest_memory(guest, self.now)
            } else {
                0
            },
            disk_bytes: if running { disk } else { 0 },
            traffic: [
                rate(5, 9_000.0),
                rate(6, 4_000.0),
                rate(7, 2_500.0),
                rate(8, 12_000.0),
            ],
        }
    }

    /// Processor load of a guest at a time, fraction of its processors.
    pub fn guest_cpu(&self, guest: &Guest, at: SimTime) -> f64 {
        let key = u64::from(guest.vmid) << 8;
        guest
            .forced_cpu
            .unwrap_or_else(|| figures::wave(self.seed, key | 1, guest.habits.cpu, 0.5, at))
    }

    /// Memory in use of a guest at a time, bytes.
    pub fn guest_memory(&self, guest: &Guest, at: SimTime) -> u64 {
        let key = u64::from(guest.vmid) << 8;
        let part = guest
            .forced_memory
            .unwrap_or_else(|| figures::wave(self.seed, key | 2, guest.habits.memory, 0.05, at));
        figures::part_of(guest.memory_bytes, part)
    }

    /// The report of `node` that `viewer` still has, if it is not too old.
    pub fn fresh_report(&self, viewer: &str, node: &str) -> Option<&Report> {
        let report = self.views.get(viewer)?.reports.get(node)?;
        (self.now.since(report.at) < REPORT_EXPIRES).then(|| report.as_ref())
    }

    /// What `viewer` finds under a guest's number: the last report that named it, by whatever node.
    pub fn known_guest(&self, viewer: &str, guest: &Guest) -> Option<&GuestSample> {
        if let Some(sample) = self
            .fresh_report(viewer, &guest.node)
            .and_then(|r| r.guests.get(&guest.vmid))
        {
            return Some(sample);
        }
        let view = self.views.get(viewer)?;
        view.reports
            .values()
            .filter_map(|report| {
                let present = report.guests.get(&guest.vmid).map(|sample| (report.at, sample));
                present.or_else(|| report.left.get(&guest.vmid).map(|(at, sample)| (*at, sample)))
            })
            .filter(|(at, _)| self.now.since(*at) < REPORT_EXPIRES)
            .max_by_key(|(at, _)| *at)
            .map(|(_, sample)| sample)
    }
}
