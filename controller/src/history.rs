//! History of figures: rings in memory for the screen, and hourly minimum, mean and maximum per series in the store,
//! kept 90 days. One small batch an hour is written; nothing per look.

use jarvis_model::{Observed, Timestamp, Usage};
use jarvis_ports::{Store, StoreError, Write};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Points kept in memory for each series.
pub const RING: usize = 300;
/// How long hourly figures are kept.
pub const KEPT: Duration = Duration::from_hours(90 * 24);
/// Hourly figures expired in one batch.
const EXPIRE_AT_ONCE: usize = 10_000;
const SPACE: &str = "hourly";
const HOUR_SECS: u64 = 3600;

/// Names a series: `node/atlas/cpu`, `guest/101/mem`. Shares of the whole, 0 to 1.
pub type SeriesName = String;

/// One figure at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// What, 0 to 1.
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
    rings: BTreeMap<SeriesName, VecDeque<Point>>,
    hour: Option<u64>,
    running: BTreeMap<SeriesName, Running>,
}

impl History {
    /// Takes the figures of one look in. At the turn of an hour the past one goes to the store.
    pub fn take(&mut self, observed: &Observed, now: Timestamp, store: &dyn Store) -> Result<(), StoreError> {
        let hour = now.as_secs() / HOUR_SECS;
        let turned = self.hour.is_some_and(|before| before != hour);
        let written = if turned { self.write(store) } else { Ok(()) };
        if turned {
            expire(now, store)?;
        }
        self.hour = Some(hour);
        let mut present = BTreeMap::new();
        for (name, node) in &observed.nodes {
            figures(&format!("node/{name}"), &node.usage, &mut present);
        }
        for (vmid, guest) in &observed.guests {
            if guest.status.value().is_some() {
                figures(&format!("guest/{vmid}"), &guest.usage, &mut present);
            }
        }
        self.rings.retain(|name, ring| {
            present.contains_key(name) || ring.back().is_some_and(|last| now.since(last.at) < KEPT / 90)
        });
        for (name, value) in present {
            self.add(name, value, now);
        }
        written
    }

    fn add(&mut self, name: SeriesName, value: f32, now: Timestamp) {
        let running = self.running.entry(name.clone()).or_insert(Running {
            min: value,
            sum: 0.0,
            max: value,
            count: 0,
        });
        running.min = running.min.min(value);
        running.max = running.max.max(value);
        running.sum += f64::from(value);
        running.count += 1;
        let ring = self.rings.entry(name).or_default();
        if ring.len() == RING {
            ring.pop_front();
        }
        ring.push_back(Point { at: now, value });
    }

    fn write(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let Some(hour) = self.hour else { return Ok(()) };
        let began = Timestamp::from_secs(hour * HOUR_SECS);
        let batch = std::mem::take(&mut self.running)
            .into_iter()
            .filter_map(|(name, running)| {
                let mean = running.sum / f64::from(running.count.max(1));
                #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
                let hour = Hour {
                    began,
                    min: running.min,
                    mean: mean as f32,
                    max: running.max,
                };
                let value = serde_json::to_vec(&hour).ok()?;
                Some(Write::Put {
                    space: SPACE.to_owned(),
                    key: key(&name, began),
                    value,
                })
            });
        store.apply(batch.collect())?;
        store.flush()
    }

    /// The points in memory, oldest first.
    pub fn points(&self, series: &str) -> Vec<Point> {
        self.rings
            .get(series)
            .map(|ring| ring.iter().copied().collect())
            .unwrap_or_default()
    }
}

/// Hours of a series since then, oldest first.
pub fn hours(store: &dyn Store, series: &str, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
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

fn expire(now: Timestamp, store: &dyn Store) -> Result<(), StoreError> {
    let too_old = now - KEPT;
    let pairs = store.range(SPACE, b"", b"", false, EXPIRE_AT_ONCE * 100)?;
    let old = pairs
        .into_iter()
        .filter(|(_, value)| serde_json::from_slice::<Hour>(value).map_or(true, |hour| hour.began < too_old));
    let batch: Vec<Write> = old
        .take(EXPIRE_AT_ONCE)
        .map(|(key, _)| Write::Delete {
            space: SPACE.to_owned(),
            key,
        })
        .collect();
    store.apply(batch)
}

fn figures(prefix: &str, usage: &Usage, into: &mut BTreeMap<SeriesName, f32>) {
    #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
    let share = |used: Option<u64>, whole: Option<u64>| {
        used.zip(whole)
            .filter(|(_, whole)| *whole > 0)
            .map(|(used, whole)| (used as f64 / whole as f64) as f32)
    };
    #[expect(clippy::cast_possible_truncation, reason = "figures for the screen")]
    let cpu = usage.cpu.map(|cpu| cpu as f32);
    let named = [
        ("cpu", cpu),
        ("mem", share(usage.mem_bytes, usage.max_mem_bytes)),
        ("disk", share(usage.disk_bytes, usage.max_disk_bytes)),
    ];
    for (name, value) in named {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            into.insert(format!("{prefix}/{name}"), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::{NodeName, NodeObserved, NodeStatus, Observation};
    use jarvis_store::MemoryStore;

    fn look(cpu: f64) -> Observed {
        let name = NodeName::new("a").unwrap();
        let node = NodeObserved {
            name: name.clone(),
            status: Observation::known(NodeStatus::Online, Timestamp::default()),
            api: Observation::default(),
            returned_at: None,
            uptime_secs: None,
            votes: 1,
            ha_state: None,
            ip: None,
            idle: Observation::default(),
            usage: Usage {
                cpu: Some(cpu),
                ..Usage::default()
            },
        };
        Observed {
            nodes: BTreeMap::from([(name, node)]),
            ..Observed::default()
        }
    }

    #[test]
    fn an_hour_becomes_one_row_and_rings_are_bounded() {
        let store = MemoryStore::default();
        let mut history = History::default();
        let begin = 1_000 * HOUR_SECS;
        for second in (0..HOUR_SECS).step_by(10) {
            let cpu = if second == 0 { 0.0 } else { 0.5 };
            history
                .take(&look(cpu), Timestamp::from_secs(begin + second), &store)
                .unwrap();
        }
        assert!(
            hours(&store, "node/a/cpu", Timestamp::default())
                .unwrap()
                .is_empty(),
            "nothing is written in between"
        );
        history
            .take(&look(0.9), Timestamp::from_secs(begin + HOUR_SECS), &store)
            .unwrap();
        let rows = hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].began.as_secs(), rows[0].min, rows[0].max),
            (begin, 0.0, 0.5)
        );
        assert!(rows[0].mean > 0.49 && rows[0].mean < 0.5);
        assert_eq!(history.points("node/a/cpu").len(), RING);
    }

    #[test]
    fn hours_older_than_ninety_days_expire() {
        let store = MemoryStore::default();
        let mut history = History::default();
        for day in [0_u64, 1, 92] {
            let at = Timestamp::from_secs(day * 86_400);
            history.take(&look(0.1), at, &store).unwrap();
            history
                .take(&look(0.1), at + Duration::from_secs(HOUR_SECS), &store)
                .unwrap();
        }
        let rows = hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
        assert!(
            rows.iter().all(|row| row.began.as_secs() >= 2 * 86_400),
            "{rows:?}"
        );
        assert!(!rows.is_empty());
    }
}
