//! History of figures: those of the last looks in memory for the screen, and hourly minimum, mean and maximum per series in
//! the store, kept 90 days. One batch an hour is written; nothing per look. A large cluster has tens of thousands of series,
//! so a look is kept as one row of small numbers and not as a point in each of as many lists.

use jarvis_crds::Desired;
use jarvis_model::{GuestKind, Host, NodeName, Observed, Timestamp, Usage, Vmid, limits};
use jarvis_ports::{PastUsage, Store, StoreError, Write};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// Looks kept in memory.
pub const RING: usize = 300;
/// How long hourly figures are kept.
pub const KEPT: Duration = Duration::from_hours(90 * 24);
/// Hourly figures looked through at once for what is too old, and how often that is done an hour.
const EXPIRE_AT_ONCE: usize = 10_000;
const EXPIRE_ROUNDS: usize = 100;
const SPACE: &str = "hourly";
const HOUR_SECS: u64 = 3600;
/// What is kept of a node or guest, in this order: shares, and for nodes degrees Celsius.
const FIGURES: [&str; 4] = ["cpu", "mem", "disk", "temperature"];
/// The figure that counts as one in memory, in the same order: what is kept in two bytes goes to 6.5 of it.
const UNITS: [f32; FIGURES.len()] = [1.0, 1.0, 1.0, 100.0];

/// One figure at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// A share, 0 to 1, in steps of 1/10,000; of temperatures degrees Celsius, in steps of 1/100.
    pub value: f32,
}

/// One hour of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    /// When the hour began.
    pub began: Timestamp,
    /// Smallest figure.
    pub min: f32,
    /// Mean.
    pub mean: f32,
    /// Largest.
    pub max: f32,
    /// Over how many looks of Jarvis; 0 where it is Proxmox's own average, or was written before looks were counted.
    #[serde(default)]
    pub looks: u32,
}

/// Some hours of a series together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Smallest figure.
    pub min: f64,
    /// Mean of the hours; each counts the same, however often was looked in it.
    pub mean: f64,
    /// Largest figure.
    pub max: f64,
    /// When the hour with the largest began; the first of equals.
    pub peak: Timestamp,
    /// When the first hour began.
    pub from: Timestamp,
}

impl Course {
    /// Of these hours, oldest first; none of none.
    pub fn of<'a>(hours: impl IntoIterator<Item = &'a Hour>) -> Option<Self> {
        let mut course: Option<Self> = None;
        let (mut sum, mut count) = (0.0, 0.0);
        for hour in hours {
            let (min, max) = (f64::from(hour.min), f64::from(hour.max));
            sum += f64::from(hour.mean);
            count += 1.0;
            let course = course.get_or_insert(Self {
                min,
                mean: 0.0,
                max,
                peak: hour.began,
                from: hour.began,
            });
            course.min = course.min.min(min);
            if max > course.max {
                (course.max, course.peak) = (max, hour.began);
            }
            course.mean = sum / count;
        }
        course
    }
}

/// Whose figures they are; with the figure's name it names a series: `node/atlas/cpu`, `guest/101/mem`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Guest(Vmid),
    Node(NodeName),
}

/// Figures in the order of [`FIGURES`].
type Figures = [Option<f32>; FIGURES.len()];

/// A share of a unit in two bytes: steps of 1/10,000, at most 6.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Small(u16);

/// The figures of one look.
#[derive(Debug)]
struct Look {
    at: Timestamp,
    /// Sorted; the same list for as long as the same ones are seen.
    subjects: Arc<[Subject]>,
    /// As many, in the same order, in [`UNITS`].
    figures: Box<[[Small; FIGURES.len()]]>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    min: f32,
    sum: f64,
    max: f32,
    count: u32,
}

/// Collects figures.
#[derive(Debug, Default)]
pub struct History {
    looks: VecDeque<Look>,
    hour: Option<u64>,
    running: BTreeMap<Subject, [Option<Running>; FIGURES.len()]>,
    /// Up to which key hourly figures were looked through for what is too old.
    expired_to: Vec<u8>,
}

impl History {
    /// Takes the figures of one look in. At the turn of an hour the past one goes to the store.
    pub fn take(
        &mut self,
        observed: &Observed,
        desired: &Desired,
        now: Timestamp,
        store: &dyn Store,
    ) -> Result<(), StoreError> {
        let hour = now.as_secs() / HOUR_SECS;
        let turned = self.hour.is_some_and(|before| before != hour);
        let written = if turned { self.write(store) } else { Ok(()) };
        if turned {
            self.expire(now, store)?;
        }
        self.hour = Some(hour);
        let seen = figures(observed, desired, now);
        for (subject, figures) in &seen {
            self.add(subject, figures);
        }
        self.keep(seen, now);
        written
    }

    fn add(&mut self, subject: &Subject, figures: &Figures) {
        if !self.running.contains_key(subject) {
            self.running.insert(subject.clone(), Default::default());
        }
        let Some(running) = self.running.get_mut(subject) else {
            return;
        };
        for (running, value) in running.iter_mut().zip(figures) {
            if let Some(value) = *value {
                running.get_or_insert(Running::from(value)).add(value);
            }
        }
    }

    fn keep(&mut self, seen: Vec<(Subject, Figures)>, at: Timestamp) {
        if self.looks.len() == RING {
            self.looks.pop_front();
        }
        let small = |figures: &Figures| {
            let mut shares = *figures;
            for (share, unit) in shares.iter_mut().zip(UNITS) {
                *share = share.map(|figure| figure / unit);
            }
            shares.map(Small::from)
        };
        let figures = seen.iter().map(|(_, figures)| small(figures)).collect();
        let same = |look: &&Look| look.subjects.iter().eq(seen.iter().map(|(subject, _)| subject));
        let subjects = match self.looks.back().filter(same) {
            Some(last) => last.subjects.clone(),
            None => seen.into_iter().map(|(subject, _)| subject).collect(),
        };
        self.looks.push_back(Look {
            at,
            subjects,
            figures,
        });
    }

    /// Writes the hour so far, with what was written of it before: an orderly end and a start anew lose nothing.
    pub fn write(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let Some(began) = self.began() else { return Ok(()) };
        let mut batch = Vec::new();
        for (subject, running) in std::mem::take(&mut self.running) {
            for (running, figure) in running.into_iter().zip(FIGURES) {
                let Some(running) = running else { continue };
                let key = key(&subject.series(figure), began);
                let before = store.get(SPACE, &key).ok().flatten();
                let before = before.and_then(|value| serde_json::from_slice::<Hour>(&value).ok());
                let hour = running.hour(began).with(before);
                if let Ok(value) = serde_json::to_vec(&hour) {
                    batch.push(Write::Put {
                        space: SPACE.to_owned(),
                        key,
                        value,
                    });
                }
            }
        }
        store.apply(batch)?;
        store.flush()
    }

    fn began(&self) -> Option<Timestamp> {
        self.hour.map(|hour| Timestamp::from_secs(hour * HOUR_SECS))
    }

    /// Lets go of hourly figures that are too old. A million are looked through an hour, a few at a time; where there are more,
    /// the next hour goes on from there.
    fn expire(&mut self, now: Timestamp, store: &dyn Store) -> Result<(), StoreError> {
        let too_old = (now - KEPT).as_millis();
        for _ in 0..EXPIRE_ROUNDS {
            let pairs = store.range(SPACE, &self.expired_to, b"", false, EXPIRE_AT_ONCE)?;
            let through = pairs.len() < EXPIRE_AT_ONCE;
            self.expired_to = match pairs.last() {
                Some((last, _)) if !through => [last, &b"\0"[..]].concat(),
                _ => Vec::new(),
            };
            let old = |key: &[u8]| {
                let began = key.last_chunk::<8>();
                began.is_none_or(|began| u64::from_be_bytes(*began) < too_old)
            };
            let batch: Vec<Write> = pairs
                .into_iter()
                .filter(|(key, _)| old(key))
                .map(|(key, _)| Write::Delete {
                    space: SPACE.to_owned(),
                    key,
                })
                .collect();
            store.apply(batch)?;
            if through {
                break;
            }
        }
        Ok(())
    }

    /// The points in memory of a series (`node/atlas/cpu`, `guest/101/mem`), oldest first.
    pub fn points(&self, series: &str) -> Vec<Point> {
        let Some((subject, figure)) = Subject::parse(series) else {
            return Vec::new();
        };
        let point = |look: &Look| {
            let at = look.subjects.binary_search(&subject).ok()?;
            let share = look.figures.get(at)?.get(figure)?.value()?;
            let value = share * UNITS.get(figure)?;
            Some(Point { at: look.at, value })
        };
        self.looks.iter().filter_map(point).collect()
    }

    /// Hours of a series since then, oldest first; the last is the one that is not over.
    pub fn hours(&self, store: &dyn Store, series: &str, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
        let mut hours = hours(store, series, since)?;
        let running = Subject::parse(series)
            .and_then(|(subject, figure)| *self.running.get(&subject)?.get(figure)?)
            .zip(self.began().filter(|began| *began >= since));
        if let Some((running, began)) = running {
            let before = hours.pop_if(|last| last.began == began);
            hours.push(running.hour(began).with(before));
        }
        Ok(hours)
    }
}

/// Whether an hour that is over and began within this time is not among these.
pub(crate) fn is_missing(own: &[Hour], from: Timestamp, now: Timestamp) -> bool {
    let first = from.as_secs().div_ceil(HOUR_SECS);
    let whole = (now.as_secs() / HOUR_SECS).saturating_sub(first);
    let known = own.iter().filter(|hour| hour.began >= from && hour.began < now);
    (known.count() as u64) < whole
}

/// Jarvis's own hours, and where it did not look those of Proxmox; oldest first.
pub(crate) fn filled(own: Vec<Hour>, averaged: Vec<Hour>) -> Vec<Hour> {
    let by_begin = |hours: Vec<Hour>| hours.into_iter().map(|hour| (hour.began, hour));
    let mut hours: BTreeMap<Timestamp, Hour> = by_begin(averaged).collect();
    hours.extend(by_begin(own));
    hours.into_values().collect()
}

/// What Proxmox averaged, by the hour, oldest first: hours that began from then on.
pub(crate) fn averaged(series: &str, past: &[PastUsage], from: Timestamp) -> Vec<Hour> {
    let of = |usage: &PastUsage| match series.rsplit('/').next()? {
        "cpu" => usage.cpu,
        "mem" => usage.mem,
        "disk" => usage.disk,
        _ => None,
    };
    let mut hours: BTreeMap<u64, Running> = BTreeMap::new();
    for usage in past {
        let Some(value) = of(usage).filter(|value| value.is_finite()) else {
            continue;
        };
        #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
        let value = value as f32;
        let last = (usage.at + usage.long - Duration::from_secs(1)).as_secs();
        for hour in usage.at.as_secs() / HOUR_SECS..=last / HOUR_SECS {
            hours.entry(hour).or_insert_with(|| value.into()).add(value);
        }
    }
    let hours = hours.into_iter().map(|(hour, running)| Hour {
        looks: 0,
        ..running.hour(Timestamp::from_secs(hour * HOUR_SECS))
    });
    hours.filter(|hour| hour.began >= from).collect()
}

/// Whose series it is, if Proxmox keeps its figures too.
pub(crate) fn kept_by_proxmox(series: &str) -> Option<Subject> {
    let (subject, figure) = Subject::parse(series)?;
    (FIGURES.get(figure) != Some(&"temperature")).then_some(subject)
}

/// Hours of a series that were written since then, oldest first.
fn hours(store: &dyn Store, series: &str, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
    let end = key(series, Timestamp::from_millis(u64::MAX));
    let pairs = store.range(SPACE, &key(series, since), &end, false, 24 * 91)?;
    Ok(pairs
        .iter()
        .filter_map(|(_, value)| serde_json::from_slice(value).ok())
        .collect())
}

fn key(series: &str, began: Timestamp) -> Vec<u8> {
    [series.as_bytes(), b"\0", &began.as_millis().to_be_bytes()].concat()
}

impl Subject {
    fn series(&self, figure: &str) -> String {
        match self {
            Self::Guest(vmid) => format!("guest/{vmid}/{figure}"),
            Self::Node(name) => format!("node/{name}/{figure}"),
        }
    }

    /// Whose series it is, and which of [`FIGURES`].
    fn parse(series: &str) -> Option<(Self, usize)> {
        let mut words = series.split('/');
        let (kind, name, figure) = (words.next()?, words.next()?, words.next()?);
        let figure = FIGURES.iter().position(|known| *known == figure)?;
        let subject = match kind {
            "guest" => Self::Guest(name.parse().ok()?),
            "node" => Self::Node(NodeName::new(name).ok()?),
            _ => return None,
        };
        words.next().is_none().then_some((subject, figure))
    }
}

impl Small {
    const STEPS: f32 = 10_000.0;
    const NONE: Self = Self(u16::MAX);

    fn value(self) -> Option<f32> {
        (self != Self::NONE).then(|| f32::from(self.0) / Self::STEPS)
    }
}

impl From<Option<f32>> for Small {
    fn from(share: Option<f32>) -> Self {
        let most = f32::from(u16::MAX - 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "kept within what it holds"
        )]
        share.map_or(Self::NONE, |share| {
            Self((share * Self::STEPS).round().clamp(0.0, most) as u16)
        })
    }
}

impl From<f32> for Running {
    /// Nothing yet, but where the first value lies.
    fn from(value: f32) -> Self {
        Self {
            min: value,
            sum: 0.0,
            max: value,
            count: 0,
        }
    }
}

impl Running {
    fn add(&mut self, value: f32) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += f64::from(value);
        self.count += 1;
    }

    fn hour(&self, began: Timestamp) -> Hour {
        let mean = self.sum / f64::from(self.count.max(1));
        #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
        Hour {
            began,
            min: self.min,
            mean: mean as f32,
            max: self.max,
            looks: self.count,
        }
    }
}

impl Hour {
    /// Together with another part of the same hour.
    fn with(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        let looks = self.looks.saturating_add(other.looks);
        let sum = |hour: &Self| f64::from(hour.mean) * f64::from(hour.looks);
        #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
        let mean = ((sum(&self) + sum(&other)) / f64::from(looks.max(1))) as f32;
        Self {
            min: self.min.min(other.min),
            mean,
            max: self.max.max(other.max),
            looks,
            ..self
        }
    }
}

/// Everybody who is seen, sorted, with the figures there are.
fn figures(observed: &Observed, desired: &Desired, now: Timestamp) -> Vec<(Subject, Figures)> {
    let guests = observed
        .guests
        .values()
        .filter(|guest| guest.status.value().is_some());
    let guests = guests.map(|guest| {
        let [cpu, mem, disk, degrees] = shares(&guest.usage);
        // Of a virtual machine Proxmox says 0: it does not look into its disks.
        let disk = disk.filter(|_| guest.kind != GuestKind::Qemu);
        (Subject::Guest(guest.vmid), [cpu, mem, disk, degrees])
    });
    let nodes = observed.nodes.values();
    let nodes = nodes.map(|node| {
        let [cpu, mem, disk, _] = shares(&node.usage);
        let host = observed.hosts.get(&Host::Node(node.name.clone()));
        let host = host.and_then(|host| host.figures.fresh(now, limits::IMPORTANT));
        let degrees = host.and_then(|host| host.temperature(desired.temperature_sensor(&node.name)));
        #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
        let degrees = degrees
            .map(|degrees| degrees as f32)
            .filter(|degrees| degrees.is_finite());
        (Subject::Node(node.name.clone()), [cpu, mem, disk, degrees])
    });
    guests
        .chain(nodes)
        .filter(|(_, figures)| figures.iter().any(Option::is_some))
        .collect()
}

fn shares(usage: &Usage) -> Figures {
    #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
    let share = |used: Option<u64>, whole: Option<u64>| {
        used.zip(whole)
            .filter(|(_, whole)| *whole > 0)
            .map(|(used, whole)| (used as f64 / whole as f64) as f32)
    };
    #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
    let cpu = usage.cpu.map(|cpu| cpu as f32);
    [
        cpu,
        share(usage.mem_bytes, usage.max_mem_bytes),
        share(usage.disk_bytes, usage.max_disk_bytes),
        None,
    ]
    .map(|share| share.filter(|share| share.is_finite()))
}

#[cfg(test)]
mod tests;
