//! Services, and figures beyond their limits, each with its age.

use super::{Moment, cluster::reason, scalar::Time, word::ServiceHealth};
use async_graphql::SimpleObject;
use jarvis_crds::{Manifest, Restart, ServiceCheck, ServiceSpec};
use jarvis_model::{Observation, ResourceKey, ServiceStatus, limits};

/// A service that a manifest declares.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Service {
    /// The manifest resource that declares it, `Service/name`.
    pub resource: String,
    /// Where it runs: `node forge`, `guest 101`, `host backup`.
    pub host: String,
    /// What is looked at: a unit, a container, a URL or an address.
    pub what: String,
    /// What it does.
    pub status: ServiceHealth,
    /// The word for the screen, with that of systemd or docker.
    pub status_word: String,
    /// When that was seen.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
    /// What the latest look met, if it failed.
    pub trouble: Option<String>,
    /// Whether Jarvis may restart it.
    pub restart_allowed: bool,
}

impl Service {
    /// All declared services by key.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let services = moment.view.desired.services.iter();
        services
            .map(|(key, manifest)| Self::of(key, manifest, moment))
            .collect()
    }

    fn of(key: &ResourceKey, manifest: &Manifest<ServiceSpec>, moment: &Moment) -> Self {
        let seen = moment.view.observed.services.get(key);
        let nothing = Observation::default();
        let status = seen.map_or(&nothing, |seen| &seen.status);
        let known = status.fresh(moment.now, limits::IMPORTANT);
        Self {
            resource: key.to_string(),
            host: manifest.spec.target.host().to_string(),
            what: match &manifest.spec.check {
                ServiceCheck::Systemd(systemd) => systemd.unit.clone(),
                ServiceCheck::Docker(docker) => docker.container.clone(),
                ServiceCheck::Http(http) => http.url.clone(),
                ServiceCheck::Tcp(tcp) => tcp.address.clone(),
            },
            status: match known {
                Some(ServiceStatus::Up) => ServiceHealth::Up,
                Some(ServiceStatus::Down(_)) => ServiceHealth::Down,
                Some(ServiceStatus::Changing(_)) => ServiceHealth::Changing,
                Some(ServiceStatus::Missing) => ServiceHealth::Missing,
                None => ServiceHealth::Unknown,
            },
            status_word: known.map_or("unknown", ServiceStatus::as_str).to_owned(),
            seen_at: status.seen_at().map(Time),
            unknown_reason: reason(status, moment, limits::IMPORTANT),
            trouble: seen.and_then(|seen| seen.trouble.clone()),
            restart_allowed: manifest.spec.restart == Restart::Allowed,
        }
    }
}

/// A figure beyond its limit, or not yet back beyond its clear level.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct PassedLimit {
    /// The issue it is or becomes once it has lasted, `Kind/name#threshold-passed:threshold`.
    pub issue: String,
    /// Whose figure, `Kind/name`.
    pub resource: String,
    /// Which threshold, and which storage where there are several.
    pub threshold: String,
    /// The figure in its metric's unit; absent where the metric has none.
    pub value: Option<f64>,
    /// Since when.
    pub since: Time,
    /// When it was last known.
    pub seen_at: Time,
    /// Whether it has lasted long enough to count.
    pub counts: bool,
}

impl PassedLimit {
    /// All of them, by issue.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let (observed, issues) = (&moment.view.observed, &moment.view.memory.issues);
        observed
            .passed
            .iter()
            .map(|(key, passed)| Self {
                issue: key.to_string(),
                resource: key.resource.to_string(),
                threshold: key.about.clone().unwrap_or_default(),
                value: passed.value.filter(|value| value.is_finite()),
                since: passed.since.into(),
                seen_at: passed.seen_at.into(),
                counts: issues.contains_key(key),
            })
            .collect()
    }
}

/// A temperature of a node.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Temperature {
    /// The sensor, `chip label`.
    pub sensor: String,
    /// Degrees Celsius.
    pub celsius: f64,
}

/// Figures read on a node itself, over SSH.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct HostFigures {
    /// The temperature that stands for the node, degrees Celsius.
    pub temperature: Option<f64>,
    /// All sensors, by name.
    pub temperatures: Vec<Temperature>,
    /// Load average over one minute.
    pub load: Option<f64>,
    /// Processor cores.
    pub cores: Option<i32>,
    /// Share of time in which something waited for a processor, percent over ten seconds.
    pub cpu_pressure: Option<f64>,
    /// The same for storage.
    pub io_pressure: Option<f64>,
    /// The same for memory.
    pub memory_pressure: Option<f64>,
    /// When they were read.
    pub seen_at: Option<Time>,
    /// Why they are not known, if they are not.
    pub unknown_reason: Option<String>,
    /// What the latest look met, if it failed.
    pub trouble: Option<String>,
}

impl HostFigures {
    /// Of a node; none where SSH does not reach.
    pub fn of(node: &jarvis_model::NodeName, sensor: Option<&str>, moment: &Moment) -> Option<Self> {
        let host = jarvis_model::Host::Node(node.clone());
        let seen = moment.view.observed.hosts.get(&host)?;
        let known = seen.figures.fresh(moment.now, limits::IMPORTANT);
        let pressure = |of: &str| known.and_then(|known| known.pressure.get(of).copied());
        Some(Self {
            temperature: known.and_then(|known| known.temperature(sensor)),
            temperatures: known.map_or_else(Vec::new, |known| {
                let sensors = known.temperatures.iter();
                sensors
                    .map(|(sensor, celsius)| Temperature {
                        sensor: sensor.clone(),
                        celsius: *celsius,
                    })
                    .collect()
            }),
            load: known.and_then(|known| known.load),
            cores: known
                .and_then(|known| known.cores)
                .and_then(|cores| i32::try_from(cores).ok()),
            cpu_pressure: pressure("cpu"),
            io_pressure: pressure("io"),
            memory_pressure: pressure("memory"),
            seen_at: seen.figures.seen_at().map(Time),
            unknown_reason: reason(&seen.figures, moment, limits::IMPORTANT),
            trouble: seen.trouble.clone(),
        })
    }
}
