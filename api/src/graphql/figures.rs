//! Figures of many guests as columns. With each look those of all guests change, and of nearly all guests nothing else:
//! as objects that would be megabytes, of which most say what was said before.

use super::types::{
    cluster::{Guest, Usage},
    scalar::{Counter, Time},
};
use async_graphql::SimpleObject;
use std::collections::BTreeMap;

/// Guests that were seen at one time, and of which nothing but figures changed. All lists are about the same guests in
/// the same order; one that is absent changed for none of them.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Figures {
    /// When they were seen.
    pub seen_at: Option<Time>,
    /// Their numbers.
    pub vmids: Vec<i32>,
    /// Seconds since their start.
    pub uptime_seconds: Option<Vec<Option<Counter>>>,
    /// Share of all their CPUs, 0 to 1, to a hundredth of a percent.
    pub cpu: Option<Vec<Option<f64>>>,
    /// CPUs.
    pub max_cpu: Option<Vec<Option<f64>>>,
    /// Memory used, bytes.
    pub mem_bytes: Option<Vec<Option<Counter>>>,
    /// Memory there, bytes.
    pub max_mem_bytes: Option<Vec<Option<Counter>>>,
    /// Root disk used, bytes.
    pub disk_bytes: Option<Vec<Option<Counter>>>,
    /// Root disk there, bytes.
    pub max_disk_bytes: Option<Vec<Option<Counter>>>,
}

impl Figures {
    /// Takes those guests out of the changed ones of which nothing but figures changed.
    pub fn take_from(changed: &mut Vec<Guest>, before: &BTreeMap<i32, Guest>) -> Vec<Self> {
        let mut groups: BTreeMap<Option<Time>, Vec<(&Guest, Guest)>> = BTreeMap::new();
        for guest in std::mem::take(changed) {
            match before.get(&guest.vmid) {
                Some(old) if is_same_but_for_figures(old, &guest) => {
                    groups.entry(guest.seen_at).or_default().push((old, guest));
                }
                _ => changed.push(guest),
            }
        }
        groups
            .into_iter()
            .map(|(seen_at, guests)| Self::of(seen_at, &guests))
            .collect()
    }

    fn of(seen_at: Option<Time>, guests: &[(&Guest, Guest)]) -> Self {
        Self {
            seen_at,
            vmids: guests.iter().map(|(_, guest)| guest.vmid).collect(),
            uptime_seconds: column(guests, |guest| guest.uptime_seconds),
            cpu: column(guests, |guest| guest.usage.cpu),
            max_cpu: column(guests, |guest| guest.usage.max_cpu),
            mem_bytes: column(guests, |guest| guest.usage.mem_bytes),
            max_mem_bytes: column(guests, |guest| guest.usage.max_mem_bytes),
            disk_bytes: column(guests, |guest| guest.usage.disk_bytes),
            max_disk_bytes: column(guests, |guest| guest.usage.max_disk_bytes),
        }
    }

    /// What a client does with them.
    pub fn apply(&self, guests: &mut BTreeMap<i32, Guest>) {
        for (at, vmid) in self.vmids.iter().enumerate() {
            let Some(guest) = guests.get_mut(vmid) else {
                continue;
            };
            guest.seen_at = self.seen_at;
            set(&mut guest.uptime_seconds, self.uptime_seconds.as_deref(), at);
            let usage = &mut guest.usage;
            set(&mut usage.cpu, self.cpu.as_deref(), at);
            set(&mut usage.max_cpu, self.max_cpu.as_deref(), at);
            set(&mut usage.mem_bytes, self.mem_bytes.as_deref(), at);
            set(&mut usage.max_mem_bytes, self.max_mem_bytes.as_deref(), at);
            set(&mut usage.disk_bytes, self.disk_bytes.as_deref(), at);
            set(&mut usage.max_disk_bytes, self.max_disk_bytes.as_deref(), at);
        }
    }
}

/// One figure of all guests; None when it is for each of them what it was.
fn column<T: PartialEq + Copy>(
    guests: &[(&Guest, Guest)],
    read: impl Fn(&Guest) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    guests
        .iter()
        .any(|(old, new)| read(old) != read(new))
        .then(|| guests.iter().map(|(_, new)| read(new)).collect())
}

fn set<T: Copy>(figure: &mut Option<T>, column: Option<&[Option<T>]>, at: usize) {
    if let Some(value) = column.and_then(|column| column.get(at)) {
        *figure = *value;
    }
}

/// Every field is named, so that a new one is not forgotten.
fn is_same_but_for_figures(old: &Guest, new: &Guest) -> bool {
    let Guest {
        vmid,
        kind,
        node,
        name,
        status,
        status_word,
        seen_at: _,
        unknown_reason,
        uptime_seconds: _,
        template,
        lock,
        ha_state,
        identity,
        stop_cause,
        ready,
        running_task,
        tags,
        usage:
            Usage {
                cpu: _,
                max_cpu: _,
                mem_bytes: _,
                max_mem_bytes: _,
                disk_bytes: _,
                max_disk_bytes: _,
            },
        resource,
        run_strategy,
        protected,
    } = old;
    let is_same_thing = *vmid == new.vmid
        && *kind == new.kind
        && *node == new.node
        && *name == new.name
        && *template == new.template
        && *identity == new.identity
        && *tags == new.tags
        && *resource == new.resource
        && *run_strategy == new.run_strategy
        && *protected == new.protected;
    is_same_thing
        && *status == new.status
        && *status_word == new.status_word
        && *unknown_reason == new.unknown_reason
        && *lock == new.lock
        && *ha_state == new.ha_state
        && *stop_cause == new.stop_cause
        && *ready == new.ready
        && *running_task == new.running_task
}
