//! Looking: at Jarvis, at the own network, at the machine through Proxmox, and through the eyes of others. Every look ends
//! in time, and what cannot be seen is said to be unknown.
//!
//! Decides nothing.

use super::{
    config::Config,
    decide::{Agent, Answer, Found, Guest, Health, Witness},
};
use crate::exit::Failure;
use jarvis_controller::observe::stop_cause;
use jarvis_model::{GuestKind, GuestStatus, NodeName, StopCause, Timestamp, Vmid};
use jarvis_ports::{GuestRow, Hypervisor as _, Priority};
use jarvis_proxmox::{AgentStanding, Options, Proxmox, tls::problem_in};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use std::{collections::BTreeSet, error::Error, io, path::Path, time::Duration};
use tokio::net::TcpStream;

/// Jarvis and witnesses answer within this, or did not.
const WITHIN: Duration = Duration::from_secs(5);
/// Gateway and neighbours answer within this.
const NEAR: Duration = Duration::from_secs(3);
/// Everything about the machine is known within this, or is not.
const MACHINE: Duration = Duration::from_secs(30);
/// Tasks are read from this long ago.
const TASKS_SINCE: Duration = Duration::from_hours(24 * 7);
/// No more of an answer is read.
const LARGEST: usize = 64 * 1024;

/// Everything to look with.
pub struct Looks {
    config: Config,
    jarvis: reqwest::Client,
    others: reqwest::Client,
    /// Sees the machine.
    eyes: Proxmox,
}

/// `/api/health`, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    journal_head: u64,
    epoch: u64,
    last_pass_age_secs: Option<u64>,
}

impl Looks {
    /// Builds the clients; opens no connection.
    pub fn new(config: &Config) -> Result<Self, Failure> {
        let cluster = &config.cluster;
        let token = cluster
            .audit_token
            .clone()
            .unwrap_or_else(|| cluster.token.clone());
        let options = Options::new("home", cluster.entry_points.clone(), token, cluster.tls.clone());
        let eyes = options
            .and_then(Proxmox::new)
            .map_err(|error| Failure::error(format!("cannot use `cluster` of the config: {error}")))?;
        Ok(Self {
            jarvis: http(&config.jarvis.tls)?,
            others: http(&jarvis_proxmox::Tls::WebRoots)?,
            eyes,
            config: config.clone(),
        })
    }

    /// What the operator should know of the certificates.
    pub fn warnings(&self) -> Vec<String> {
        self.eyes.warnings()
    }

    /// Whether the maintenance file is there; one that cannot be looked for counts as there.
    pub fn in_maintenance(&self) -> bool {
        is_there(&self.config.maintenance_file)
    }

    /// Asks Jarvis how it is.
    pub async fn health(&self) -> Health {
        let url = below(&self.config.jarvis.url, "api/health");
        match tokio::time::timeout(WITHIN, ask(&self.jarvis, url)).await {
            Ok(Ok(told)) => Health::Answered(Answer {
                head: told.journal_head,
                epoch: told.epoch,
                pass_age: told.last_pass_age_secs.map(Duration::from_secs),
            }),
            Ok(Err(health)) => health,
            Err(_) => Health::Missed(format!("no answer within {} s", WITHIN.as_secs())),
        }
    }

    /// Freezes what Jarvis does alone; `token` is an operator's.
    pub async fn freeze(&self, token: &str, reason: &str) -> Result<(), String> {
        const MUTATION: &str = "mutation($reason: String!) { freeze(reason: $reason) { state } }";
        let sent = self
            .jarvis
            .post(below(&self.config.jarvis.url, "graphql"))
            .bearer_auth(token)
            .json(&serde_json::json!({ "query": MUTATION, "variables": { "reason": reason } }))
            .send()
            .await;
        let answer: serde_json::Value = match sent {
            Ok(answer) => answer.json().await.map_err(|error| causes(&error))?,
            Err(error) => return Err(causes(&error)),
        };
        match answer["errors"][0]["message"].as_str() {
            None if answer["data"]["freeze"]["state"] == "ON" => Ok(()),
            why => Err(why.unwrap_or("it did not answer as Jarvis does").to_owned()),
        }
    }

    /// Everything about a silence; Jarvis is asked once more last, for it may be back.
    pub async fn all(&self, now: Timestamp) -> Found {
        let gateway = std::slice::from_ref(&self.config.gateway);
        let (gateway, neighbour, guest, witnesses) = tokio::join!(
            any_answers(gateway),
            any_answers(&self.config.neighbours),
            tokio::time::timeout(MACHINE, self.machine(now)),
            self.witnesses(),
        );
        let guest = guest.unwrap_or_else(|_| Err("Proxmox does not answer in time".to_owned()));
        Found {
            health: self.health().await,
            maintenance: self.in_maintenance(),
            gateway,
            neighbour,
            guest,
            witnesses,
        }
    }

    async fn witnesses(&self) -> Vec<Witness> {
        let asked = self.config.witnesses.iter().map(|url| self.witness(url.clone()));
        futures::future::join_all(asked).await
    }

    /// A proxy in front of Jarvis says by its status whether Jarvis answers it.
    async fn witness(&self, url: Url) -> Witness {
        let asked = tokio::time::timeout(WITHIN, self.others.get(url).send()).await;
        match asked {
            Ok(Ok(answer)) if answer.status().is_success() => Witness::Answers,
            Ok(Ok(answer)) if is_gateway_error(answer.status()) => Witness::Silent,
            Ok(Ok(answer)) => Witness::Unknown(format!("it answered {}", answer.status())),
            Ok(Err(error)) => Witness::Unknown(causes(&error)),
            Err(_) => Witness::Unknown("no answer in time".to_owned()),
        }
    }

    async fn machine(&self, now: Timestamp) -> Result<Guest, String> {
        let vmid = self.config.vmid;
        let cluster = self
            .eyes
            .look_cluster()
            .await
            .map_err(|error| error.to_string())?;
        let row = cluster
            .guests
            .into_iter()
            .find(|guest| guest.vmid == vmid)
            .ok_or_else(|| format!("the cluster knows no guest {vmid}, or the token may not see it"))?;
        let live = self
            .eyes
            .look_guest(&row.node, row.kind, vmid, Priority::Act)
            .await
            .map_err(|error| error.to_string())?;
        let is_machine = row.kind == GuestKind::Qemu && !row.template;
        let agent = match (&live.status, is_machine) {
            (GuestStatus::Running, true) => self.agent(&row.node, vmid).await,
            _ => Agent::Unknown("not asked: it does not run".to_owned()),
        };
        let stopped_by = match live.status {
            GuestStatus::Stopped => self.stopped_by(&row, now).await,
            _ => Err("it is not stopped".to_owned()),
        };
        Ok(Guest {
            is_machine,
            identity: self.identity(&row).await,
            ha_managed: live.ha_managed || row.ha_state.is_some(),
            lock: live.lock.or(row.lock),
            status: live.status,
            uptime: Duration::from_secs(live.uptime_secs),
            agent,
            stopped_by,
            node: row.node,
        })
    }

    async fn identity(&self, row: &GuestRow) -> Result<(), String> {
        let Some(wanted) = &self.config.identity else {
            return Ok(());
        };
        match self.eyes.look_identity(&row.node, row.kind, row.vmid).await {
            Ok(Some(found)) if found == *wanted => Ok(()),
            Ok(Some(found)) => Err(format!("another guest has its number: its uuid is {}", found.0)),
            Ok(None) => Err("it has no uuid".to_owned()),
            Err(error) => Err(format!(
                "whether it is the one that was named is not known: {error}"
            )),
        }
    }

    /// The agent is asked with the reading token only: the acting one may not.
    async fn agent(&self, node: &NodeName, vmid: Vmid) -> Agent {
        if self.config.cluster.audit_token.is_none() {
            return Agent::Unknown("no auditToken is configured".to_owned());
        }
        match self.eyes.agent_standing(node, vmid).await {
            Ok(AgentStanding::Answers) => Agent::Answers,
            Ok(AgentStanding::Silent) => Agent::Silent,
            Ok(AgentStanding::Absent) => Agent::Unknown("none is configured in Proxmox".to_owned()),
            Err(error) => Agent::Unknown(error.to_string()),
        }
    }

    /// Why it stopped. Without the right to see everybody's tasks an empty list says nothing.
    async fn stopped_by(&self, row: &GuestRow, now: Timestamp) -> Result<StopCause, String> {
        let node = &row.node;
        if self.config.cluster.audit_token.is_none() {
            return Err("no auditToken is configured".to_owned());
        }
        let told = |error: jarvis_ports::LookError| error.to_string();
        let rights = self
            .eyes
            .preflight(std::slice::from_ref(node), &[])
            .await
            .map_err(told)?;
        if !rights.holds(&format!("/nodes/{node}"), "Sys.Audit") {
            return Err(format!("the auditToken lacks Sys.Audit on /nodes/{node}"));
        }
        let since = now - TASKS_SINCE;
        let own = self
            .eyes
            .look_guest_tasks(node, row.vmid, since)
            .await
            .map_err(told)?;
        let all = self.eyes.look_node_tasks(node, since).await.map_err(told)?;
        // When it went down is not known here: any stop of all guests may be why, and then it is left alone.
        Ok(stop_cause(&own, &all, &BTreeSet::new(), Some(since)))
    }
}

/// What is there and cannot be looked at is there.
fn is_there(path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}

/// Follows no redirect, so that no token goes elsewhere, and keeps no connection, so that each question is a new one.
fn http(tls: &jarvis_proxmox::Tls) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder();
    if let Some(tls) = tls
        .client_config()
        .map_err(|error| Failure::error(error.to_string()))?
    {
        builder = builder.tls_backend_preconfigured(tls);
    }
    builder
        .redirect(reqwest::redirect::Policy::none())
        .timeout(WITHIN)
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .map_err(|error| Failure::error(format!("cannot build an HTTP client: {}", causes(&error))))
}

async fn ask(http: &reqwest::Client, url: Url) -> Result<Told, Health> {
    let mut answer = http
        .get(url)
        .send()
        .await
        .map_err(|error| match distrust(&error) {
            Some(problem) => Health::Untrusted(problem),
            None => Health::Missed(causes(&error)),
        })?;
    if !answer.status().is_success() {
        return Err(Health::Missed(format!("it answered {}", answer.status())));
    }
    let mut body = Vec::new();
    while let Some(part) = answer
        .chunk()
        .await
        .map_err(|error| Health::Missed(causes(&error)))?
    {
        body.extend_from_slice(&part);
        if body.len() > LARGEST {
            return Err(Health::Missed("its answer has no end".to_owned()));
        }
    }
    serde_json::from_slice(&body).map_err(|_| Health::Missed("it did not answer as Jarvis does".to_owned()))
}

/// What is wrong with the certificate, if that is the trouble.
fn distrust(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(problem) = problem_in(error) {
            return Some(problem);
        }
        cause = error.source();
    }
    None
}

fn is_gateway_error(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Whether one of these machines answers: a refused connection is an answer too.
async fn any_answers(addresses: &[String]) -> bool {
    let asked = addresses.iter().map(|address| async move {
        match tokio::time::timeout(NEAR, TcpStream::connect(address)).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
            Err(_) => false,
        }
    });
    futures::future::join_all(asked).await.contains(&true)
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = format!("{text}: {error}");
        inner = error.source();
    }
    text
}
