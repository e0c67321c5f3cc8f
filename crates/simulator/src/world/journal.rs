//! What the programs of a place say: the system journal of each node and guest. Pure, bounded, oldest first.
//!
//! Of a guest that ends, its node's journal has the lines of systemd and of the event daemon. They are the same for a crash
//! and for a power-off from inside; nothing in them tells the two apart.

use std::collections::VecDeque;

use super::World;
use super::guest::Kind;
use super::place::Place;
use crate::time::SimTime;

/// Lines kept of each place.
const KEPT: usize = 400;

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Number in the whole cluster, from 1; grows with time.
    pub number: u64,
    /// When.
    pub at: SimTime,
    /// Who says it (`systemd`, `qmeventd` ...).
    pub program: String,
    /// Process.
    pub pid: u32,
    /// The unit it is about or from.
    pub unit: Option<String>,
    /// Syslog priority: 6 information, 4 warning, 3 error.
    pub priority: u8,
    /// Text.
    pub text: String,
}

/// A line to be written.
pub(super) struct Saying<'a> {
    pub program: &'a str,
    pub pid: u32,
    pub unit: Option<&'a str>,
    pub priority: u8,
    pub text: String,
}

impl<'a> Saying<'a> {
    /// A line of systemd about a unit.
    pub fn systemd(unit: &'a str, priority: u8, text: String) -> Self {
        Self {
            program: "systemd",
            pid: 1,
            unit: Some(unit),
            priority,
            text,
        }
    }
}

impl World {
    pub(super) fn say(&mut self, place: &Place, saying: Saying<'_>) {
        self.journal_lines += 1;
        let entry = Entry {
            number: self.journal_lines,
            at: self.now,
            program: saying.program.to_owned(),
            pid: saying.pid,
            unit: saying.unit.map(str::to_owned),
            priority: saying.priority,
            text: saying.text,
        };
        let journal = self.journals.entry(place.clone()).or_default();
        journal.push_back(entry);
        if journal.len() > KEPT {
            journal.pop_front();
        }
    }

    /// How many lines all journals have ever had; grows whenever one gets another.
    pub const fn journal_lines(&self) -> u64 {
        self.journal_lines
    }

    /// The journal of a place after the line of this number, oldest first.
    pub fn journal_after(&self, place: &Place, number: u64) -> impl DoubleEndedIterator<Item = &Entry> {
        self.journals
            .get(place)
            .into_iter()
            .flat_map(VecDeque::iter)
            .filter(move |entry| entry.number > number)
    }

    /// What the node of a guest writes when its process comes or goes. A node that is off writes nothing.
    pub(super) fn journal_guest(&mut self, vmid: u32, node: &str, started: bool, cause: &str) {
        let (Some(guest), true) = (
            self.guests.get(&vmid),
            self.nodes.get(node).is_some_and(super::node::Node::is_on),
        ) else {
            return;
        };
        let kind = guest.kind;
        let unit = match kind {
            Kind::Qemu => format!("{vmid}.scope"),
            Kind::Lxc => format!("pve-container@{vmid}.service"),
        };
        let place = Place::node(node);
        let mut lines = Vec::new();
        match (kind, started) {
            (Kind::Qemu, true) => lines.push((6, format!("Started {unit}."))),
            (Kind::Lxc, true) => lines.push((6, format!("Started {unit} - PVE LXC Container: {vmid}."))),
            (Kind::Lxc, false) if cause == "crash" => {
                lines.push((
                    5,
                    format!("{unit}: Main process exited, code=killed, status=9/KILL"),
                ));
                lines.push((4, format!("{unit}: Failed with result 'signal'.")));
            }
            (_, false) => lines.push((6, format!("{unit}: Deactivated successfully."))),
        }
        if kind == Kind::Qemu && !started {
            lines.push((6, format!("{unit}: Consumed 4min 12.507s CPU time.")));
        }
        for (priority, text) in lines {
            self.say(&place, Saying::systemd(&unit, priority, text));
        }
        if kind == Kind::Qemu && !started {
            for text in [
                format!("Starting cleanup for {vmid}"),
                format!("Finished cleanup for {vmid}"),
            ] {
                let pid = self.nodes.get(node).map_or(1, |node| node.next_pid + 1);
                let saying = Saying {
                    program: "qmeventd",
                    pid,
                    unit: Some("qmeventd.service"),
                    priority: 6,
                    text,
                };
                self.say(&place, saying);
            }
        }
    }
}
