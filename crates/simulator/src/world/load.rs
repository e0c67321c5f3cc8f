//! Load and warmth of machines: what `/proc` and the sensors tell. Pure functions of the world and the time.
//!
//! Warmth follows the processor's load of the last minute; a fan that stands still warms a node to a level of its own.

use super::World;
use super::figures;
use super::place::Place;
use crate::rng::hash_text;
use crate::time::SimTime;
use std::time::Duration;

/// Degrees between idle and full load.
const SPAN_CELSIUS: f64 = 32.0;
/// The time in which two thirds of a change of warmth happen.
const LAG_SECS: f64 = 25.0;

/// Warmth that does not come from load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heat {
    /// The level it goes to, degrees Celsius; that of its load when absent.
    pub level: Option<f64>,
    /// Since when.
    pub since: SimTime,
    /// What it was then, degrees Celsius.
    pub from: f64,
}

/// Parts of time in which something waited, in percent: of the last 10, 60 and 300 seconds.
pub type Pressure = [f64; 3];

impl World {
    /// Temperature of a node's processor at a time, degrees Celsius. Not part of the API; sensors tell it.
    pub fn node_celsius(&self, name: &str, at: SimTime) -> f64 {
        let node = &self.nodes[name];
        if let Some(forced) = node.forced_celsius {
            return forced;
        }
        let load = self.node_load(name, at, Duration::from_mins(1));
        let own = figures::wave(self.seed, hash_text(name) ^ 2, 0.5, 0.5, at) - 0.5;
        let usual = node.habits.celsius + SPAN_CELSIUS * (load - node.habits.cpu) + 2.0 * own;
        let Some(heat) = node.heat else { return usual };
        let goal = heat.level.unwrap_or(usual);
        let left = (-at.since(heat.since).as_secs_f64() / LAG_SECS).exp();
        goal + (heat.from - goal) * left
    }

    /// Warms a node to a level, or lets it cool down again.
    pub(super) fn set_heat(&mut self, name: &str, level: Option<f64>) {
        let (now, from) = (self.now, self.node_celsius(name, self.now));
        if let Some(node) = self.nodes.get_mut(name) {
            node.forced_celsius = None;
            node.heat = Some(Heat {
                level,
                since: now,
                from,
            });
        }
    }

    /// Mean processor load of a node over the time before `at`, fraction.
    fn node_load(&self, name: &str, at: SimTime, span: Duration) -> f64 {
        let node = &self.nodes[name];
        mean_before(at, span, |then| {
            if then >= node.load_since {
                self.node_cpu(name, then)
            } else {
                self.natural_cpu(name, then)
            }
        })
    }

    /// Mean processor load of a place over the time before now, fraction.
    pub fn load(&self, place: &Place, span: Duration) -> f64 {
        match place {
            Place::Node(name) if self.nodes.contains_key(name) => self.node_load(name, self.now, span),
            Place::Node(_) => 0.0,
            Place::Guest(vmid) => self.guests.get(vmid).map_or(0.0, |guest| {
                mean_before(self.now, span, |then| self.guest_cpu(guest, then))
            }),
        }
    }

    /// Memory in use at a place, fraction.
    pub fn memory_part(&self, place: &Place) -> f64 {
        match place {
            Place::Node(name) if self.nodes.contains_key(name) => self.node_memory(name, self.now),
            Place::Node(_) => 0.0,
            Place::Guest(vmid) => self.guests.get(vmid).map_or(0.0, |guest| {
                self.guest_memory(guest, self.now) as f64 / guest.memory_bytes.max(1) as f64
            }),
        }
    }

    /// Pressure on processor, disk and memory of a place.
    pub fn pressure(&self, place: &Place) -> [Pressure; 3] {
        let spans = [10, 60, 300].map(Duration::from_secs);
        let cpu = spans.map(|span| self.load(place, span).powi(4) * 100.0);
        let io = cpu.map(|part| part / 20.0 + 0.1);
        let memory = ((self.memory_part(place) - 0.9) * 300.0).clamp(0.0, 60.0);
        [cpu, io, [memory; 3]]
    }
}

fn mean_before(at: SimTime, span: Duration, figure: impl Fn(SimTime) -> f64) -> f64 {
    const SAMPLES: u32 = 6;
    let sum: f64 = (0..SAMPLES)
        .map(|index| {
            let ago = span * index / SAMPLES;
            let before = at.since(SimTime::ZERO).saturating_sub(ago);
            figure(SimTime::ZERO + before)
        })
        .sum();
    sum / f64::from(SAMPLES)
}
