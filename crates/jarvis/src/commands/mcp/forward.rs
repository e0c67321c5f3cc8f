//! Hands requests on to a running Jarvis. Holds no rights but those of its token, and decides nothing.

use super::wire::{Upstream, WireError};
use crate::{cli::Connection, client::Client, environment::Environment, exit::Failure};
use jarvis_api::mcp::server;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ErrorCode, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ServerConfig,
    },
    service::RequestContext,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// The forwarder.
pub struct Forwarder {
    upstream: Upstream,
}

impl Forwarder {
    /// Finds the running Jarvis and the token for it, as every command does.
    pub fn find(connection: &Connection, environment: &Environment) -> Result<Self, Failure> {
        let client = Client::find(connection, environment)?;
        Ok(Self {
            upstream: Upstream::new(&client)?,
        })
    }
}

impl ServerHandler for Forwarder {
    fn get_info(&self) -> ServerConfig {
        server::info()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (quiet, _) = mpsc::unbounded_channel();
        let listed = self.upstream.ask("tools/list", None, json!({}), quiet).await;
        understood(listed.map_err(told)?)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.to_string();
        let arguments = request.arguments.map_or_else(|| json!({}), Value::Object);
        let params = json!({ "name": name, "arguments": arguments });
        let (steps, mut told_so_far) = mpsc::unbounded_channel();
        let asked = self.upstream.ask("tools/call", Some(&name), params, steps);
        let progress = async {
            let token = context.meta.get_progress_token();
            while let Some((done, text)) = told_so_far.recv().await {
                if let Some(token) = &token {
                    let step = ProgressNotificationParam::new(token.clone(), done).with_message(text);
                    drop(context.peer.notify_progress(step).await);
                }
            }
        };
        // Dropping the request closes its stream, which cancels the call on the other side.
        let answered = tokio::select! {
            (answered, ()) = async { tokio::join!(asked, progress) } => answered,
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
        };
        let result: CallToolResult = match answered {
            Ok(result) => understood(result)?,
            Err(error @ WireError::Protocol { .. }) => return Err(told(error)),
            // The assistant reads results, hardly errors of the protocol.
            Err(error) => server::result_of(jarvis_tools::ToolResult::failure(error.to_string())),
        };
        Ok(result.into())
    }
}

fn understood<T: DeserializeOwned>(result: Value) -> Result<T, ErrorData> {
    serde_json::from_value(result).map_err(|error| {
        ErrorData::internal_error(format!("Jarvis answered what cannot be read: {error}"), None)
    })
}

fn told(error: WireError) -> ErrorData {
    match error {
        WireError::Protocol { code, message } => ErrorData::new(ErrorCode(code), message, None),
        failed @ WireError::Failed(_) => ErrorData::internal_error(failed.to_string(), None),
    }
}
