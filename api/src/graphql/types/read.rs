//! What is read when a person looks at it: snapshots, figures over time.

use super::scalar::Time;
use async_graphql::SimpleObject;
use jarvis_controller::{
    history::{Hour, Point},
    reads::Snapshots,
};
use jarvis_ports::SnapshotSeen;

/// The snapshots of a guest.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct GuestSnapshots {
    /// Whose.
    pub vmid: i32,
    /// When they were looked at.
    pub seen_at: Time,
    /// Oldest first.
    pub snapshots: Vec<GuestSnapshot>,
}

/// A snapshot of a guest.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct GuestSnapshot {
    /// Its name.
    pub name: String,
    /// What somebody wrote about it.
    pub description: String,
    /// When it was taken.
    pub at: Option<Time>,
    /// Whether it holds the memory too.
    pub memory: bool,
    /// The one it was taken on.
    pub parent: Option<String>,
}

impl GuestSnapshots {
    /// As they were seen.
    pub fn of(vmid: i32, seen: &Snapshots) -> Self {
        Self {
            vmid,
            seen_at: seen.seen_at.into(),
            snapshots: seen.snapshots.iter().map(GuestSnapshot::from).collect(),
        }
    }
}

impl From<&SnapshotSeen> for GuestSnapshot {
    fn from(snapshot: &SnapshotSeen) -> Self {
        Self {
            name: snapshot.name.clone(),
            description: snapshot.description.clone(),
            at: snapshot.taken_at.map(Time),
            memory: snapshot.memory,
            parent: snapshot.parent.clone(),
        }
    }
}

/// Figures of a series over time.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct History {
    /// `node/atlas/cpu`, `guest/101/mem`, `node/atlas/temperature`.
    pub series: String,
    /// Oldest first; empty where nothing is kept under this name.
    pub points: Vec<HistoryPoint>,
}

/// One figure at one time.
#[derive(Debug, Clone, Copy, PartialEq, SimpleObject)]
pub struct HistoryPoint {
    /// When.
    pub at: Time,
    /// A share, 0 to 1; of `temperature` degrees Celsius.
    pub value: f64,
}

/// Figures of a series by the hour.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct HourlyHistory {
    /// `node/atlas/cpu`, `guest/101/mem`, `node/atlas/temperature`.
    pub series: String,
    /// Oldest first, the hour that is not over among them; empty where nothing is kept under this name.
    pub hours: Vec<HistoryHour>,
}

/// One hour of a series; shares, 0 to 1, or of `temperature` degrees Celsius.
#[derive(Debug, Clone, Copy, PartialEq, SimpleObject)]
pub struct HistoryHour {
    /// When it began.
    pub began: Time,
    /// The smallest figure of a look.
    pub min: f64,
    /// The mean over all looks.
    pub mean: f64,
    /// The largest figure of a look.
    pub max: f64,
    /// Over how many looks; 0 where they are Proxmox's own averages.
    pub looks: i32,
}

impl HourlyHistory {
    /// The hours of a series.
    pub fn of(series: String, hours: &[Hour]) -> Self {
        let hours = hours.iter().map(|hour| HistoryHour {
            began: hour.began.into(),
            min: hour.min.into(),
            mean: hour.mean.into(),
            max: hour.max.into(),
            looks: i32::try_from(hour.looks).unwrap_or(i32::MAX),
        });
        Self {
            series,
            hours: hours.collect(),
        }
    }
}

impl History {
    /// The last `most` points of a series.
    pub fn of(series: String, mut points: Vec<Point>, most: usize) -> Self {
        points.drain(..points.len().saturating_sub(most));
        let points = points.iter().map(|point| HistoryPoint {
            at: point.at.into(),
            value: f64::from(point.value),
        });
        Self {
            series,
            points: points.collect(),
        }
    }
}
