//! The figures that limits are about, as far as they are known. Knows nothing of limits.

use super::limit::Limit;
use crate::{
    input::Input,
    subject::{self, Aside},
};
use jarvis_crds::{Metric, ServiceSpec};
use jarvis_model::{
    GuestKind, GuestObserved, GuestStatus, Host, NodeName, NodeObserved, NodeStatus, ResourceKey,
    ServiceStatus, StorageObserved, Usage, limits,
};

/// Whose figures.
pub enum Subject<'a> {
    /// A node's, with the sensor that stands for its temperature.
    Node(&'a NodeObserved, Option<&'a str>),
    /// A guest's.
    Guest(&'a GuestObserved),
    /// A service's.
    Service(&'a ResourceKey, &'a ServiceSpec),
}

/// A figure in its metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Known. None stands for "beyond every limit" where the metric has no figure for that (a node that does not answer, a
    /// guest that was never backed up).
    Known(Option<f64>),
    /// Not known, or not to be judged now.
    Unknown,
}

/// A figure that is known and harmless: the subject has none now, for it is not running.
const NOTHING: Figure = Figure::Known(Some(f64::NAN));

impl Figure {
    /// Whether it is known to be on the right side of the limit and of its clear level.
    pub fn is_within(self, limit: &Limit<'_>) -> bool {
        match self {
            Self::Known(value) => !limit.is_passed(value) && limit.is_cleared(value),
            Self::Unknown => false,
        }
    }
}

/// The figure of a subject. Storages have one each: see [`storages`].
pub fn of(input: &Input<'_>, subject: &Subject<'_>, metric: Metric) -> Figure {
    match subject {
        Subject::Node(node, sensor) => of_node(input, node, *sensor, metric),
        Subject::Guest(guest) => of_guest(input, guest, metric),
        Subject::Service(key, spec) => of_service(input, key, spec),
    }
}

fn of_node(input: &Input<'_>, node: &NodeObserved, sensor: Option<&str>, metric: Metric) -> Figure {
    let status = node.status.fresh(input.now, limits::CRITICAL);
    match (metric, status) {
        (Metric::Unreachable, Some(NodeStatus::Offline)) => Figure::Known(None),
        (Metric::Unreachable, Some(NodeStatus::Online)) => NOTHING,
        (_, None | Some(NodeStatus::Offline)) => Figure::Unknown,
        (Metric::Temperature | Metric::Load, Some(NodeStatus::Online)) => {
            let host = input.observed.hosts.get(&Host::Node(node.name.clone()));
            let figures = host.and_then(|host| host.figures.fresh(input.now, limits::IMPORTANT));
            known(figures.and_then(|figures| match metric {
                Metric::Temperature => figures.temperature(sensor),
                _ => Some(figures.load? / f64::from(figures.cores.filter(|cores| *cores > 0)?)),
            }))
        }
        (_, Some(NodeStatus::Online)) => known(of_usage(&node.usage, metric)),
    }
}

fn of_guest(input: &Input<'_>, guest: &GuestObserved, metric: Metric) -> Figure {
    if metric == Metric::BackupAge {
        return backup_age(input, guest);
    }
    match guest.status.fresh(input.now, limits::CRITICAL) {
        None => return Figure::Unknown,
        Some(GuestStatus::Running) => {}
        Some(_) => return NOTHING,
    }
    // Proxmox does not look into the disks of virtual machines.
    if metric == Metric::Disk && guest.kind == GuestKind::Qemu {
        return Figure::Unknown;
    }
    let figure = of_usage(&guest.usage, metric);
    let beyond_asking = guest.lock.is_some() || guest.running_task.is_some();
    if beyond_asking && subject::busy(input, guest.vmid).is_some() {
        return Figure::Unknown;
    }
    known(figure)
}

fn backup_age(input: &Input<'_>, guest: &GuestObserved) -> Figure {
    if guest.template {
        return NOTHING;
    }
    match input.observed.backups.fresh(input.now, limits::BACKGROUND) {
        None => Figure::Unknown,
        Some(newest) => Figure::Known(
            newest
                .get(&guest.vmid)
                .map(|at| input.now.since(*at).as_secs_f64() / 3600.0),
        ),
    }
}

fn of_service(input: &Input<'_>, key: &ResourceKey, spec: &ServiceSpec) -> Figure {
    if let Some(Aside::Missing(_) | Aside::Parent(_) | Aside::Grace(..)) =
        subject::aside(input, &spec.target.host())
    {
        return Figure::Unknown;
    }
    let seen = input.observed.services.get(key);
    match seen.and_then(|seen| seen.status.fresh(input.now, limits::IMPORTANT)) {
        None | Some(ServiceStatus::Changing(_)) => Figure::Unknown,
        Some(ServiceStatus::Up) => NOTHING,
        Some(ServiceStatus::Down(_) | ServiceStatus::Missing) => Figure::Known(None),
    }
}

fn known(figure: Option<f64>) -> Figure {
    figure.map_or(Figure::Unknown, |figure| Figure::Known(Some(figure)))
}

fn of_usage(usage: &Usage, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Cpu => usage.cpu.map(|share| share * 100.0),
        Metric::Memory => percent(usage.mem_bytes, usage.max_mem_bytes),
        Metric::Disk => percent(usage.disk_bytes, usage.max_disk_bytes),
        _ => None,
    }
}

fn percent(used: Option<u64>, there: Option<u64>) -> Option<f64> {
    let there = there.filter(|there| *there > 0)?;
    Some(used? as f64 * 100.0 / there as f64)
}

/// The storages of a node with their figures. A shared one counts for the first node by name alone, so that one full
/// storage is one issue.
pub fn storages<'a>(input: &Input<'a>, node: &NodeName) -> impl Iterator<Item = (&'a str, Figure)> + use<'a> {
    let (observed, now) = (input.observed, input.now);
    let first = observed.nodes.keys().next() == Some(node);
    let node = node.clone();
    let here = move |storage: &&StorageObserved| match &storage.node {
        Some(on) => *on == node,
        None => first,
    };
    observed.storages.values().filter(here).map(move |storage| {
        let active = storage.active.fresh(now, limits::IMPORTANT) == Some(&true);
        let figure = percent(storage.used_bytes, storage.total_bytes).filter(|_| active);
        (storage.storage.as_str(), known(figure))
    })
}
