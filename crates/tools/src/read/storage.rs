//! `get_storage`.

use super::{look, part, reads};
use crate::{answer::Trouble, arguments, moment::Moment, schema, tool::Tool};
use jarvis_model::limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) const TOOL: Tool = Tool {
    narrow: "narrow with node",
    example: r#"{"node":"atlas"}"#,
    input: schema::input::<OnNode>,
    output: schema::output::<Storages>,
    ..reads(
        "get_storage",
        "Storage",
        "Storages and how full they are, fullest first.",
        |call| look::<OnNode, Storages>(call, of),
    )
};

/// Perhaps of one node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnNode {
    /// Only on this node.
    pub node: Option<String>,
}

/// Storages, fullest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Storages {
    storages: Vec<StorageLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A storage.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageLine {
    storage: String,
    /// Absent when it is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    plugin: String,
    /// Absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_bytes: Option<u64>,
}

fn of(which: &OnNode, moment: &Moment) -> Result<Storages, Trouble> {
    let node = which.node.as_deref().map(arguments::node).transpose()?;
    let wanted = moment
        .view
        .observed
        .storages
        .values()
        .filter(|storage| node.is_none() || storage.node.is_none() || storage.node == node);
    let mut storages: Vec<StorageLine> = wanted
        .map(|storage| StorageLine {
            storage: storage.storage.clone(),
            node: storage.node.as_ref().map(ToString::to_string),
            plugin: storage.plugin.clone(),
            active: storage.active.fresh(moment.now, limits::IMPORTANT).copied(),
            used_percent: part(storage.used_bytes, storage.total_bytes),
            used_bytes: storage.used_bytes,
            total_bytes: storage.total_bytes,
        })
        .collect();
    storages.sort_by(|a, b| {
        let (a, b) = (a.used_percent.unwrap_or(-1.0), b.used_percent.unwrap_or(-1.0));
        b.total_cmp(&a)
    });
    Ok(Storages { storages, note: None })
}
