//! `get_temperatures`.

use super::{nodes, reads, storage::OnNode};
use crate::{
    answer::{Answer, Trouble},
    arguments,
    moment::Moment,
    schema,
    tool::{Call, Desk, Running, Tool},
};
use jarvis_controller::history::Course;
use jarvis_guard::words;
use jarvis_model::{Host, NodeName, Timestamp, limits};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// How far back the hottest hour is looked for.
const WEEK: Duration = Duration::from_hours(24 * 7);

pub(crate) const TOOL: Tool = Tool {
    narrow: "narrow with node",
    input: schema::input::<OnNode>,
    output: schema::output::<Temperatures>,
    ..reads(
        "get_temperatures",
        "Temperatures",
        "Sensors of the nodes, °C; `celsius` and `week` stand for the node.",
        list,
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
    week: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// A sensor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sensor {
    sensor: String,
    celsius: f64,
}

fn list(call: Call) -> Running {
    Box::pin(async move {
        let which: OnNode = arguments::read(call.arguments)?;
        let desk = call.desk;
        // Figures by the hour are read from a file.
        let read = tokio::task::spawn_blocking(move || of(&which, &desk.moment(), &desk));
        let found = read
            .await
            .map_err(|_| Trouble("reading the figures was cut short; try again".to_owned()))??;
        Answer::of(&found)
    })
}

/// The last seven days in words, or what there is of them.
fn week(desk: &Desk, node: &NodeName, now: Timestamp) -> Result<Option<String>, Trouble> {
    let series = format!("node/{node}/temperature");
    let hours = desk.handle.hours(&series, now - WEEK);
    let hours = hours.map_err(|error| Trouble(error.to_string()))?;
    Ok(Course::of(&hours).map(|course| {
        format!(
            "{:.1} to {:.1} °C, mean {:.1}, hottest in the hour from {}, known since {}",
            course.min,
            course.max,
            course.mean,
            words::time(course.peak),
            words::time(course.from)
        )
    }))
}

fn of(which: &OnNode, moment: &Moment, desk: &Desk) -> Result<Temperatures, Trouble> {
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
        Ok(Node {
            node: node.name.to_string(),
            week: week(desk, &node.name, moment.now)?,
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
        })
    });
    let nodes: Vec<Node> = nodes.collect::<Result<_, Trouble>>()?;
    match wanted {
        Some(name) if nodes.is_empty() => {
            Err(Trouble(format!("there is no node {name}; list_nodes shows them")))
        }
        _ => Ok(Temperatures { nodes, note: None }),
    }
}
