//! `list_nodes` and `get_node`.

use super::{Nothing, look, part, percent, reads};
use crate::{answer::Trouble, arguments, moment::Moment, schema, tool::Tool};
use jarvis_model::{GuestStatus, Host, NodeObserved, NodeStatus, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) const LIST: Tool = Tool {
    narrow: "use get_node for one",
    output: schema::output::<Nodes>,
    ..reads(
        "list_nodes",
        "Nodes",
        "All nodes: status online, offline or unknown, load, temperature, guests, protection.",
        |call| look::<Nothing, Nodes>(call, |_, moment| Ok(list(moment))),
    )
};

pub(crate) const GET: Tool = Tool {
    example: r#"{"node":"atlas"}"#,
    input: schema::input::<Which>,
    output: schema::output::<Node>,
    ..reads(
        "get_node",
        "One node",
        "One node in full, with the guests on it.",
        |call| look::<Which, Node>(call, get),
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// As list_nodes has it.
    node: String,
}

/// All nodes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Nodes {
    nodes: Vec<NodeLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A node in short.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeLine {
    node: String,
    /// `online`, `offline` or `unknown`.
    status: String,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Seconds since that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    celsius: Option<f64>,
    guests: usize,
    guests_running: usize,
    /// Nothing that interrupts it is ever done.
    protected: bool,
}

/// A node in full.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    #[serde(flatten)]
    line: NodeLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_secs: Option<u64>,
    votes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ha_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cores: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_percent: Option<f64>,
    /// What the last look over SSH met, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    /// The manifest that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Guests on it, as `101 web-01 running`.
    on_it: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn list(moment: &Moment) -> Nodes {
    let protected = moment.view.protected_nodes();
    let nodes = moment.view.observed.nodes.values();
    Nodes {
        nodes: nodes
            .map(|node| line(node, protected.contains(&node.name), moment))
            .collect(),
        note: None,
    }
}

fn line(node: &NodeObserved, protected: bool, moment: &Moment) -> NodeLine {
    let observed = &moment.view.observed;
    let here = || observed.guests.values().filter(|guest| guest.node == node.name);
    let running = |guest: &&jarvis_model::GuestObserved| {
        guest.status.fresh(moment.now, limits::CRITICAL) == Some(&GuestStatus::Running)
    };
    let usage = node.usage;
    NodeLine {
        node: node.name.to_string(),
        status: match node.status.fresh(moment.now, limits::CRITICAL) {
            Some(NodeStatus::Online) => "online",
            Some(NodeStatus::Offline) => "offline",
            None => "unknown",
        }
        .to_owned(),
        why: moment.why_not(&node.status, limits::CRITICAL),
        age_secs: moment.age(&node.status),
        cpu_percent: percent(usage.cpu),
        memory_percent: part(usage.mem_bytes, usage.max_mem_bytes),
        celsius: celsius(node, moment),
        guests: here().count(),
        guests_running: here().filter(running).count(),
        protected,
    }
}

/// The temperature that stands for a node, by the sensor its manifest names.
pub(super) fn celsius(node: &NodeObserved, moment: &Moment) -> Option<f64> {
    let figures = &moment
        .view
        .observed
        .hosts
        .get(&Host::Node(node.name.clone()))?
        .figures;
    let sensor = moment.view.desired.temperature_sensor(&node.name);
    figures.fresh(moment.now, limits::IMPORTANT)?.temperature(sensor)
}

fn get(which: &Which, moment: &Moment) -> Result<Node, Trouble> {
    let name = arguments::node(&which.node)?;
    let observed = &moment.view.observed;
    let Some(node) = observed.nodes.get(&name) else {
        let known: Vec<&str> = observed
            .nodes
            .keys()
            .map(jarvis_model::NodeName::as_str)
            .collect();
        return Err(Trouble(format!(
            "there is no node {name}; there are {}",
            known.join(", ")
        )));
    };
    let host = observed.hosts.get(&Host::Node(name.clone()));
    let figures = host.and_then(|host| host.figures.fresh(moment.now, limits::IMPORTANT));
    let declared = moment.view.desired.node_named(&name);
    let resource = declared.map(|(key, _)| key.to_string());
    Ok(Node {
        line: line(node, moment.view.protected_nodes().contains(&name), moment),
        uptime_secs: node.uptime_secs,
        votes: node.votes,
        ha_state: node.ha_state.clone(),
        ip: node.ip.clone(),
        load: figures.and_then(|figures| figures.load),
        cores: figures.and_then(|figures| figures.cores),
        disk_percent: part(node.usage.disk_bytes, node.usage.max_disk_bytes),
        trouble: host.and_then(|host| host.trouble.clone()),
        resource,
        on_it: observed
            .guests
            .values()
            .filter(|guest| guest.node == name)
            .map(|guest| super::guests::short(guest, moment))
            .collect(),
        note: None,
    })
}
