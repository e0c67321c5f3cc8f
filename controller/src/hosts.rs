//! What is looked at on hosts, when, and by which way: figures and addresses of nodes, services, backups, logs behind an
//! escalation. Knows nothing of what follows from it.

use crate::{core::Core, ports::Ports};
use jarvis_crds::{ServiceCheck, ServiceSpec};
use jarvis_guard::Permit;
use jarvis_model::{
    Action, Cause, Effect, Event, Host, HostFigures, IssueKey, NodeName, Observed, Reach, ResourceKey,
    ServiceStatus, ServiceUnit, Stage, Timestamp, Upid,
};
use jarvis_planner::Look;
use jarvis_ports::{Accepted, HostAnswer, HostRead, LookError, PerformError};
use std::time::Duration;

/// How long a service that is asked for by HTTP or TCP may take to answer.
const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// A node's hardware address hardly ever changes.
const MAC_EVERY: Duration = Duration::from_hours(6);
/// Lines of a log behind an escalation.
const LOG_LINES: u32 = 20;

impl Core {
    /// Looks at hosts that are due: what was last known is older than its period.
    pub(crate) fn host_looks(&self, now: Timestamp) -> Vec<Look> {
        let mut looks = Vec::new();
        // What was answered a moment after one pass is due a moment before another, not at the one after that.
        let every = self.options.hosts_every;
        let early = (self.options.look_every / 2).min(every / 4);
        let every = every.saturating_sub(early);
        let due = |seen: Option<Timestamp>, every: Duration| seen.is_none_or(|seen| now.since(seen) >= every);
        for service in self.desired.services.keys() {
            let seen = self.observed.services.get(service);
            if due(seen.and_then(|seen| seen.status.seen_at()), every) {
                looks.push(Look::Service {
                    service: service.clone(),
                });
            }
        }
        let reached = |node: &&NodeName| {
            let host = Host::Node((*node).clone());
            self.ports
                .shell
                .as_ref()
                .is_some_and(|shell| shell.reaches(&host))
        };
        for node in self.observed.nodes.keys().filter(reached) {
            if !self.observed.node_online(node, now) {
                continue;
            }
            let host = Host::Node(node.clone());
            let seen = self.observed.hosts.get(&host);
            if due(seen.and_then(|seen| seen.figures.seen_at()), every) {
                looks.push(Look::Figures { host });
            }
            if due(self.macs_read.get(node).copied(), MAC_EVERY) {
                looks.push(Look::Mac { node: node.clone() });
            }
        }
        let watched = self
            .desired
            .thresholds
            .values()
            .any(|threshold| threshold.spec.metric == jarvis_crds::Metric::BackupAge);
        if watched && due(self.observed.backups.seen_at(), self.options.backups_every) {
            looks.push(Look::Backups);
        }
        looks
    }

    /// A host that shows another key than the pinned one is told of once, and once more when it shows the pinned one again.
    fn heed_key<T>(&mut self, host: &Host, result: &Result<T, LookError>) {
        let known = self.memory.distrusted.contains_key(host);
        let event = match result {
            Err(LookError::HostKeyChanged { why, .. }) if !known => Event::HostDistrusted {
                host: host.clone(),
                text: why.clone(),
            },
            Ok(_) if known => Event::HostTrusted { host: host.clone() },
            _ => return,
        };
        // What cannot be remembered now is told with the next look.
        drop(self.remember(vec![event]));
    }

    /// Takes in what a service does; says whether the look failed.
    pub(crate) fn absorb_service(
        &mut self,
        service: ResourceKey,
        result: Result<ServiceStatus, LookError>,
        at: Timestamp,
    ) -> bool {
        let target = self
            .desired
            .services
            .get(&service)
            .map(|service| &service.spec.target);
        if let Some(target) = target.filter(|target| target.reach() == Reach::Ssh) {
            let host = target.host();
            self.heed_key(&host, &result);
        }
        let known = self.observed_mut().services.entry(service).or_default();
        known.trouble = result.as_ref().err().map(ToString::to_string);
        let mut status = known.status.clone();
        let failed = crate::absorb::set(&mut status, result, at);
        known.see(status);
        failed
    }

    /// Takes in a host's figures; says whether the look failed.
    pub(crate) fn absorb_figures(
        &mut self,
        host: Host,
        result: Result<HostFigures, LookError>,
        at: Timestamp,
    ) -> bool {
        self.heed_key(&host, &result);
        let known = self.observed_mut().hosts.entry(host).or_default();
        known.trouble = result.as_ref().err().map(ToString::to_string);
        crate::absorb::set(&mut known.figures, result, at)
    }

    /// Takes in by which address a node can be woken; remembered, for it cannot be asked for when it is needed.
    pub(crate) fn absorb_mac(
        &mut self,
        node: NodeName,
        result: Result<String, LookError>,
        at: Timestamp,
    ) -> bool {
        let Ok(mac) = result else { return true };
        if self.memory.macs.get(&node) != Some(&mac) {
            let seen = Event::MacSeen {
                node: node.clone(),
                mac,
            };
            if self.remember(vec![seen]).is_err() {
                return true;
            }
        }
        self.macs_read.insert(node, at);
        false
    }

    /// Takes in the log behind an escalation; what cannot be read is said to be so, and not waited for.
    pub(crate) fn absorb_log(
        &mut self,
        issue: IssueKey,
        result: Result<Vec<String>, LookError>,
        at: Timestamp,
    ) -> bool {
        let log = self.observed_mut().logs.entry(issue).or_default();
        crate::absorb::set(log, result, at)
    }

    /// Forgets what was seen of services that are no longer declared, and logs of issues that are over.
    pub(crate) fn forget_hosts(&mut self) {
        let (desired, memory) = (self.desired.clone(), self.memory.clone());
        let declared = |key: &ResourceKey| desired.services.contains_key(key);
        let open = |issue: &IssueKey| memory.issues.contains_key(issue);
        let all = self.observed.services.keys().all(declared) && self.observed.logs.keys().all(open);
        if !all {
            let observed = self.observed_mut();
            observed.services.retain(|key, _| declared(key));
            observed.logs.retain(|issue, _| open(issue));
        }
    }
}

fn no_shell(what: &str, host: &Host) -> LookError {
    LookError::Missing {
        what: format!("{what} on {host}"),
        why: "no SSH access to it is configured; add it under `ssh` in jarvis.yaml".to_owned(),
    }
}

/// Reads on a host, by SSH or through its guest's agent.
pub async fn read(
    ports: &Ports,
    host: &Host,
    reach: Reach,
    node: Option<&NodeName>,
    read: &HostRead,
) -> Result<HostAnswer, LookError> {
    if let (Reach::GuestAgent, Host::Guest(vmid), Some(node)) = (reach, host, node) {
        return ports.hypervisor.read_by_agent(node, *vmid, read).await;
    }
    match &ports.shell {
        Some(shell) if shell.reaches(host) => shell.read(host, read).await,
        _ => Err(no_shell("look", host)),
    }
}

fn node_of<'a>(host: &'a Host, observed: &'a Observed) -> Option<&'a NodeName> {
    match host {
        Host::Node(node) => Some(node),
        Host::Guest(vmid) => observed.guests.get(vmid).map(|guest| &guest.node),
        Host::Named(_) => None,
    }
}

/// A host, the node it lives on, and the way there.
#[derive(Debug, Clone)]
pub struct Way {
    host: Host,
    node: Option<NodeName>,
    reach: Reach,
}

impl Way {
    /// The way to a host as things are.
    pub fn to(host: Host, reach: Reach, observed: &Observed) -> Self {
        Self {
            node: node_of(&host, observed).cloned(),
            host,
            reach,
        }
    }

    /// State of a unit or container there.
    pub async fn service(&self, ports: &Ports, unit: ServiceUnit) -> Result<ServiceStatus, LookError> {
        let asked = HostRead::Service(unit);
        match read(ports, &self.host, self.reach, self.node.as_ref(), &asked).await? {
            HostAnswer::Service(status) => Ok(status),
            other => Err(odd(&self.host, &other)),
        }
    }

    /// Figures of the host.
    pub async fn figures(&self, ports: &Ports) -> Result<HostFigures, LookError> {
        match read(
            ports,
            &self.host,
            self.reach,
            self.node.as_ref(),
            &HostRead::Figures,
        )
        .await?
        {
            HostAnswer::Figures(figures) => Ok(figures),
            other => Err(odd(&self.host, &other)),
        }
    }

    /// The address of its network card.
    pub async fn mac(&self, ports: &Ports) -> Result<String, LookError> {
        match read(ports, &self.host, self.reach, self.node.as_ref(), &HostRead::Mac).await? {
            HostAnswer::Mac(mac) => Ok(mac),
            other => Err(odd(&self.host, &other)),
        }
    }

    async fn log(&self, ports: &Ports, unit: Option<ServiceUnit>) -> Result<Vec<String>, LookError> {
        let asked = HostRead::Log {
            unit,
            lines: LOG_LINES,
        };
        match read(ports, &self.host, self.reach, self.node.as_ref(), &asked).await? {
            HostAnswer::Lines(lines) => Ok(lines),
            other => Err(odd(&self.host, &other)),
        }
    }
}

fn odd(host: &Host, answer: &HostAnswer) -> LookError {
    LookError::Malformed {
        what: format!("look on {host}"),
        why: format!("an answer to another question: {answer:?}"),
    }
}

/// What a service does, by its manifest's check.
pub async fn service(ports: &Ports, spec: ServiceSpec, way: Way) -> Result<ServiceStatus, LookError> {
    if let Some(reference) = spec.reference() {
        return way.service(ports, reference.name.unit()).await;
    }
    let (up, missed) = match &spec.check {
        ServiceCheck::Http(http) => {
            let up = ports.probe.http(&http.url, Some(http.status), PROBE_WITHIN).await;
            (up, format!("no answer with {} within 5 s", http.status))
        }
        ServiceCheck::Tcp(tcp) => {
            let up = ports.probe.tcp(&tcp.address, PROBE_WITHIN).await;
            (up, "no connection within 5 s".to_owned())
        }
        ServiceCheck::Systemd(_) | ServiceCheck::Docker(_) => return Err(no_shell("look", &way.host)),
    };
    Ok(if up {
        ServiceStatus::Up
    } else {
        ServiceStatus::Down(missed)
    })
}

/// Where the log behind an escalation is found.
#[derive(Debug, Clone)]
pub enum LogPlace {
    /// Of a task.
    Task(Upid),
    /// Of a unit or container.
    Unit(Way, ServiceUnit),
}

impl Core {
    /// Where the log of an issue's latest act is, if there is one.
    pub(crate) fn log_place(&self, issue: &IssueKey) -> Option<LogPlace> {
        let intents = self.memory.intents.values();
        let latest = intents
            .filter(|intent| intent.cause == Cause::Issue { issue: issue.clone() })
            .max_by_key(|intent| intent.logged_at)?;
        match (&latest.effect, &latest.stage) {
            (
                Effect::Host {
                    host, reach, request, ..
                },
                _,
            ) => match request {
                jarvis_model::HostVerb::Service { unit, .. } => Some(LogPlace::Unit(
                    Way::to(host.clone(), *reach, &self.observed),
                    unit.clone(),
                )),
                jarvis_model::HostVerb::Command { .. } => None,
            },
            (_, Stage::Accepted { upid: Some(upid), .. }) => Some(LogPlace::Task(upid.clone())),
            _ => self
                .latest_task(&latest.action, latest.logged_at)
                .map(LogPlace::Task),
        }
    }

    /// The newest task of an act's guest that began after it was logged.
    fn latest_task(&self, action: &Action, since: Timestamp) -> Option<Upid> {
        let vmid = action.vmid()?;
        let tasks = self.observed.tasks.iter().map(|task| &task.upid);
        tasks
            .filter(|upid| upid.vmid() == Some(vmid) && upid.started_at() + Duration::from_secs(5) >= since)
            .max_by_key(|upid| upid.started_at())
            .cloned()
    }
}

/// The log itself.
pub async fn log(ports: &Ports, place: Option<LogPlace>) -> Result<Vec<String>, LookError> {
    match place {
        Some(LogPlace::Task(upid)) => ports.hypervisor.look_task_log(&upid, LOG_LINES as usize).await,
        Some(LogPlace::Unit(way, unit)) => way.log(ports, Some(unit)).await,
        None => Ok(Vec::new()),
    }
}

/// Sends a permitted effect through whatever carries it out.
pub async fn perform(ports: &Ports, permit: Permit) -> Result<Accepted, PerformError> {
    let nobody = |text: &str| {
        Err(PerformError::Rejected {
            text: text.to_owned(),
            retryable: false,
        })
    };
    match permit.effect() {
        Effect::Guest { .. }
        | Effect::Node { .. }
        | Effect::Host {
            reach: Reach::GuestAgent,
            ..
        } => ports.hypervisor.perform(permit).await,
        Effect::Host { .. } | Effect::Wake { via: Some(_), .. } => match &ports.shell {
            Some(shell) => shell.perform(permit).await,
            None => nobody("no SSH access is configured; add `ssh` to jarvis.yaml"),
        },
        Effect::Wake { via: None, .. } => match &ports.waker {
            Some(waker) => waker.wake(permit).await,
            None => nobody("this Jarvis sends no Wake-on-LAN packets"),
        },
    }
}
