//! `Node`: what is expected of one Proxmox node.

use super::is_default;
use crate::{
    schema::words::{AutonomyText, Ipv4Text, LineText, MacText, NodeNameText, PlainNameText},
    text::mac::MacAddress,
};
use jarvis_model::{Autonomy, NodeName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// What one node should be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSpec {
    /// Which configured cluster it belongs to; may be left out when there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PlainNameText>")]
    pub cluster: Option<String>,
    /// The node's name in Proxmox; the letter case counts.
    #[schemars(with = "NodeNameText")]
    pub node: NodeName,
    /// How to wake it. Without this it is never woken by Jarvis itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_on_lan: Option<WakeOnLan>,
    /// In which state it is healthy.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "Online"))]
    pub expected: Expected,
    /// Which sensor stands for its temperature; the hottest processor sensor when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<LineText>")]
    pub temperature_sensor: Option<String>,
    /// How far Jarvis may go with this node alone: from L0 (observe) over L1 (alert), L2 (recommend) and L3 (act and
    /// report) to L4 (act silently). Policies and the config file can lower it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutonomyText>")]
    pub autonomy: Option<Autonomy>,
}

impl NodeSpec {
    /// A node of which only the required things are said.
    pub fn new(node: NodeName) -> Self {
        Self {
            cluster: None,
            node,
            wake_on_lan: None,
            expected: Expected::Online,
            temperature_sensor: None,
            autonomy: None,
        }
    }
}

/// How to wake a node over the network.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct WakeOnLan {
    /// The address of the card that listens; what was read over SSH while the node was up when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<MacText>")]
    pub mac: Option<MacAddress>,
    /// Where to send the packet; `255.255.255.255` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4Text>")]
    pub broadcast: Option<Ipv4Addr>,
    /// The node that sends the packet in its own network; Jarvis itself sends when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeNameText>")]
    pub via: Option<NodeName>,
}

/// In which state a node is healthy. Whatever is written here, a node that is off counts as a missing vote.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
pub enum Expected {
    /// It should be up.
    #[default]
    Online,
    /// It is off on purpose.
    Offline,
    /// Either is fine.
    Any,
}
