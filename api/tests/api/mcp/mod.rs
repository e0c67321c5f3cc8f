//! Tools for assistants, over HTTP: who gets in, both eras of the protocol, progress, cancellation, and what goes wrong.

mod conformance;
mod door;
mod eras;
mod fixture;
mod robust;

use crate::support::{Api, client::Answer};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// The era in which each request stands for itself.
const MODERN: &str = "2026-07-28";

/// What such a request carries.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
        "progressToken": "p",
    })
}

/// A request of the newer era.
fn request(api: &Api, token: &str, method: &str, name: Option<&str>, mut params: Value) -> RequestBuilder {
    params["_meta"] = meta();
    let mut request = api
        .post("/mcp")
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    request.json(&json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }))
}

/// A call of a tool.
fn call(api: &Api, token: &str, name: &str, arguments: Value) -> RequestBuilder {
    let params = json!({ "name": name, "arguments": arguments });
    request(api, token, "tools/call", Some(name), params)
}

/// All messages of an answer, whether it is one body or a stream.
async fn messages(response: Response) -> Vec<Value> {
    let text = response.text().await.unwrap();
    if let Ok(one) = serde_json::from_str::<Value>(&text) {
        return vec![one];
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok())
        .collect()
}

/// The result of a request that must have one.
async fn result(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let all = messages(response).await;
    let last = all.last().unwrap();
    assert!(last.get("result").is_some(), "{last}");
    last["result"].clone()
}

/// Status and code of a request that is refused before the protocol.
async fn refused(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}
