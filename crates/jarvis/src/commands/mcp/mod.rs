//! `jarvis mcp`: the tools for an assistant that starts its servers itself and speaks over standard input and output.
//!
//! | module | what |
//! | --- | --- |
//! | [`forward`] | hands everything on to a running Jarvis, with the token of that one |
//! | [`wire`] | one request of the protocol over HTTP, and its answer as it comes |
//! | [`own`] | with a config file and no running Jarvis: looks at the cluster itself, and does nothing |

mod forward;
mod own;
mod wire;

use crate::{
    cli::{Connection, Mcp},
    environment::Environment,
    exit::{Exit, Failure, Outcome},
};
use rmcp::{ServerHandler, ServiceExt as _, service::ServerInitializeError, transport::stdio};

/// Runs the command until the assistant closes its end.
pub async fn run(arguments: &Mcp, connection: &Connection, environment: &Environment) -> Outcome {
    match &arguments.config {
        Some(config) => own::run(config, environment).await,
        None => serve(forward::Forwarder::find(connection, environment)?).await,
    }
}

/// Serves standard input and output. Nothing but the protocol is written there.
async fn serve<S: ServerHandler>(server: S) -> Outcome {
    let running = match server.serve(stdio()).await {
        Ok(running) => running,
        // It was closed before anything was said: a client that only looked whether it starts.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(Exit::Ok),
        Err(error) => {
            return Err(Failure::error(format!(
                "cannot speak with the assistant: {error}; this command is started by one, see docs/MCP.md"
            )));
        }
    };
    match running.waiting().await {
        Ok(_) => Ok(Exit::Ok),
        Err(error) => Err(Failure::error(format!("the conversation broke off: {error}"))),
    }
}
