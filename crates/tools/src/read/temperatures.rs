//! `get_temperatures`.

use super::{look, nodes, reads, storage::OnNode};
use crate::{answer::Trouble, arguments, moment::Moment, schema, tool::Tool};
use jarvis_model::{Host, limits};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) const TOOL: Tool = Tool {
    narrow: "narrow with node",
    input: schema::input::<OnNode>,
    output: schema::output::<Temperatures>,
    ..reads(
        "get_temperatures",
        "Temperatures",
        "Sensors of the nodes in degrees Celsius, read over SSH; `celsius` stands for the node.",
        |call| look::<OnNode, Temperatures>(call, of),
    )
};

/// Temperatures by node.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Temperatures {
    nodes: Vec<Node>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Temperatures of a node.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
pub struct Node {
    node: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    celsius: Option<f64>,
    sensors: Vec<Sensor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_secs: Option<u64>,
    /// Why they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// A sensor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sensor {
    sensor: String,
    celsius: f64,
}

fn of(which: &OnNode, moment: &Moment) -> Result<Temperatures, Trouble> {
    let wanted = which.node.as_deref().map(arguments::node).transpose()?;
    let observed = &moment.view.observed;
    let chosen = observed
        .nodes
        .values()
        .filter(|node| wanted.as_ref().is_none_or(|wanted| node.name == *wanted));
    let nodes = chosen.map(|node| {
        let host = observed.hosts.get(&Host::Node(node.name.clone()));
        let figures = host.map(|host| &host.figures);
        let known = figures.and_then(|figures| figures.fresh(moment.now, limits::IMPORTANT));
        let trouble = host.and_then(|host| host.trouble.clone());
        Node {
            node: node.name.to_string(),
            celsius: nodes::celsius(node, moment),
            sensors: known
                .iter()
                .flat_map(|known| &known.temperatures)
                .map(|(sensor, celsius)| Sensor {
                    sensor: sensor.clone(),
                    celsius: *celsius,
                })
                .collect(),
            age_secs: figures.and_then(|figures| moment.age(figures)),
            why: match figures {
                None => Some("nothing is configured to reach it over SSH".to_owned()),
                Some(figures) => moment
                    .why_not(figures, limits::IMPORTANT)
                    .map(|why| trouble.map_or(why.clone(), |trouble| format!("{why}: {trouble}"))),
            },
        }
    });
    let nodes: Vec<Node> = nodes.collect();
    match wanted {
        Some(name) if nodes.is_empty() => {
            Err(Trouble(format!("there is no node {name}; list_nodes shows them")))
        }
        _ => Ok(Temperatures { nodes, note: None }),
    }
}
