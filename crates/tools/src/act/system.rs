//! Acts that reach further: commands on hosts, waking nodes.

use super::{ADDS, INTERRUPTS, acts, request};
use crate::{
    arguments, schema,
    tool::{Hints, Kind, Tool},
};
use jarvis_model::{Action, Tier};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) const COMMAND: Tool = Tool {
    kind: Kind::System,
    tier: Tier::Red,
    example: r#"{"host":"node/atlas","argv":["systemctl","status","pveproxy"]}"#,
    input: schema::input::<Command>,
    ..acts(
        "run_command",
        "Run a command",
        "Runs a command that a SafetyPolicy lists, without a shell; answers with its output. Red if it changes something.",
        Hints {
            idempotent: false,
            open_world: true,
            ..INTERRUPTS
        },
        |call| {
            request::<Command>(call, |command| {
                let action = Action::RunCommand {
                    host: arguments::host(&command.host)?,
                    argv: arguments::argv(&command.argv)?,
                };
                Ok((action, arguments::digest(command.digest.as_deref())?))
            })
        },
    )
};

pub(crate) const WAKE: Tool = Tool {
    kind: Kind::System,
    example: r#"{"node":"forge"}"#,
    input: schema::input::<Node>,
    ..acts(
        "wake_node",
        "Wake a node",
        "Wakes a node that is offline, over the network; takes minutes.",
        ADDS,
        |call| {
            request::<Node>(call, |which| {
                Ok((
                    Action::WakeNode {
                        node: arguments::node(&which.node)?,
                    },
                    None,
                ))
            })
        },
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Command {
    /// node/NAME or guest/VMID.
    host: String,
    /// Program and arguments.
    #[schemars(length(min = 1, max = 20))]
    argv: Vec<String>,
    /// Only in the second call.
    digest: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    node: String,
}
