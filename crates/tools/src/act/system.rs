//! Acts that reach further: commands on hosts, waking nodes.

use super::{ADDS, INTERRUPTS, Outcome, acts, request, request_and};
use crate::{
    arguments, schema,
    tool::{Call, Hints, Kind, Tool},
};
use jarvis_model::{Action, TicketId, Tier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) const COMMAND: Tool = Tool {
    kind: Kind::System,
    tier: Tier::Red,
    example: r#"{"host":"node/atlas","argv":["systemctl","status","pveproxy"]}"#,
    input: schema::input::<Command>,
    output: schema::output::<Ran>,
    ..acts(
        "run_command",
        "Run a command",
        "Runs a command on a SafetyPolicy's list, without a shell; gives its output. Red if it changes things.",
        Hints {
            idempotent: false,
            open_world: true,
            ..INTERRUPTS
        },
        |call| {
            request_and(
                call,
                |command: &Command| {
                    let action = Action::RunCommand {
                        host: arguments::host(&command.host)?,
                        argv: arguments::argv(&command.argv)?,
                    };
                    Ok((action, arguments::digest(command.digest.as_deref())?))
                },
                Ran::of,
            )
        },
    )
};

/// What became of a command.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ran {
    #[serde(flatten)]
    outcome: Outcome,
    /// What it wrote, if it was run to its good end. A failed one's last words are in `words`.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl Ran {
    fn of(call: &Call, mut outcome: Outcome) -> Self {
        let written = call.desk.handle.written(&TicketId(outcome.ticket.clone()));
        if written.as_ref().is_some_and(|written| written.cut) {
            outcome.notes.push("It wrote more than is kept.".to_owned());
        }
        Self {
            outcome,
            output: written.map(|written| written.lines.join("\n")),
        }
    }
}

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
