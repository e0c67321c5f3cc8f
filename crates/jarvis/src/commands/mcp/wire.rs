//! One request of the protocol (its era of 2026-07-28, where each stands for itself) over HTTP, and its answer: a JSON
//! body, or an event stream with progress before the result.

use crate::{
    client::{Client, unreachable},
    exit::Failure,
};
use jarvis_api::mcp::server;
use reqwest::{Response, StatusCode, Url};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

/// The era that is spoken.
const VERSION: &str = "2026-07-28";
/// Longest time for one answer; tools have less.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Longest answer, bytes.
const LARGEST: usize = 1024 * 1024;
/// The one request on its stream.
const ID: u64 = 1;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side refused the request as such.
    #[error("{message}")]
    Protocol {
        /// Code of JSON-RPC.
        code: i32,
        /// Why.
        message: String,
    },
    /// It could not be asked, or did not answer as Jarvis does.
    #[error("{0}")]
    Failed(String),
}

/// A running Jarvis.
pub struct Upstream {
    base: Url,
    url: Url,
    token: Zeroizing<String>,
    http: reqwest::Client,
}

impl Upstream {
    /// The one that commands talk to.
    pub fn new(client: &Client) -> Result<Self, Failure> {
        let (base, token, http) = client.parts();
        let url = base
            .join(jarvis_api::mcp::PATH)
            .map_err(|error| Failure::error(error.to_string()))?;
        Ok(Self {
            base,
            url,
            token,
            http,
        })
    }

    /// Asks; progress goes to `steps` as it comes. Dropping this cancels it on the other side.
    pub async fn ask(
        &self,
        method: &str,
        name: Option<&str>,
        mut params: Value,
        steps: UnboundedSender<(f64, String)>,
    ) -> Result<Value, WireError> {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": server::implementation(),
            "progressToken": ID,
        });
        let body = json!({ "jsonrpc": "2.0", "id": ID, "method": method, "params": params });
        let mut request = self
            .http
            .post(self.url.clone())
            .timeout(TIMEOUT)
            .bearer_auth(self.token.as_str())
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", VERSION)
            .header("mcp-method", method)
            .json(&body);
        if let Some(name) = name.filter(|name| name.bytes().all(|b| b.is_ascii_graphic())) {
            request = request.header("mcp-name", name);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| WireError::Failed(unreachable(&self.base, &error).text))?;
        self.read(response, &steps).await
    }

    async fn read(
        &self,
        mut response: Response,
        steps: &UnboundedSender<(f64, String)>,
    ) -> Result<Value, WireError> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(WireError::Failed(
                "the token is not accepted: it is unknown, revoked or lapsed; `jarvis token create` makes one".to_owned(),
            ));
        }
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|kind| kind.to_str().ok());
        let streams = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
        let mut lines = Lines::default();
        let mut whole = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| WireError::Failed(unreachable(&self.base, &error).text))?
        {
            if whole.len() + lines.held() + chunk.len() > LARGEST {
                return Err(WireError::Failed(format!(
                    "{} answers more than can be read",
                    self.base
                )));
            }
            if !streams {
                whole.extend_from_slice(&chunk);
                continue;
            }
            for message in lines.take(&chunk) {
                if let Some(ended) = heard(&message, steps) {
                    return ended;
                }
            }
        }
        let body: Value = serde_json::from_slice(&whole).unwrap_or_default();
        heard(&body, steps).unwrap_or_else(|| Err(self.not_ours(status, &body)))
    }

    fn not_ours(&self, status: StatusCode, body: &Value) -> WireError {
        let said = body["errors"][0]["message"].as_str();
        WireError::Failed(match said {
            Some(said) => said.to_owned(),
            None => format!(
                "{} answered {status}, and not as Jarvis does; check the URL",
                self.base
            ),
        })
    }
}

/// What a message means: progress, or the end.
fn heard(message: &Value, steps: &UnboundedSender<(f64, String)>) -> Option<Result<Value, WireError>> {
    if message["method"] == "notifications/progress" {
        let params = &message["params"];
        let text = params["message"].as_str().unwrap_or_default().to_owned();
        // Nobody may be listening.
        drop(steps.send((params["progress"].as_f64().unwrap_or_default(), text)));
        return None;
    }
    if let Some(result) = message.get("result") {
        return Some(Ok(result.clone()));
    }
    let error = message.get("error")?;
    let code = error["code"].as_i64().and_then(|code| i32::try_from(code).ok());
    Some(Err(WireError::Protocol {
        code: code.unwrap_or(-32603),
        message: error["message"]
            .as_str()
            .unwrap_or("an error without words")
            .to_owned(),
    }))
}

/// The messages of an event stream, out of pieces cut anywhere.
#[derive(Default)]
struct Lines {
    /// What is not yet a whole line.
    rest: Vec<u8>,
    /// Data of the event that is not yet over.
    data: String,
}

impl Lines {
    fn held(&self) -> usize {
        self.rest.len() + self.data.len()
    }

    fn take(&mut self, chunk: &[u8]) -> Vec<Value> {
        self.rest.extend_from_slice(chunk);
        let mut messages = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            } else if line.is_empty() {
                let event = std::mem::take(&mut self.data);
                messages.extend(serde_json::from_str(&event).ok());
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "id: 0\nretry: 3000\ndata:\n\n: still here\n\ndata: {\"method\":\"notifications/progress\",\"params\":{\"progress\":1.0,\"message\":\"asked\"}}\r\n\r\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\ndata: \"id\":1,\"result\":{\"ok\":\"ä\"}}\n\n";

    /// Whatever way the bytes are cut, the same messages come out.
    #[test]
    fn a_stream_may_be_cut_anywhere() {
        let whole = Lines::default().take(STREAM.as_bytes());
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[1]["result"]["ok"], "ä");
        for size in 1..STREAM.len() {
            let mut lines = Lines::default();
            let cut: Vec<Value> = STREAM
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| lines.take(piece))
                .collect();
            assert_eq!(cut, whole, "in pieces of {size}");
        }
    }

    #[test]
    fn progress_is_told_and_the_end_ends() {
        let (steps, mut told) = tokio::sync::mpsc::unbounded_channel();
        let messages = Lines::default().take(STREAM.as_bytes());
        assert!(heard(&messages[0], &steps).is_none());
        assert_eq!(told.try_recv().unwrap(), (1.0, "asked".to_owned()));
        assert_eq!(heard(&messages[1], &steps).unwrap().unwrap()["ok"], "ä");
        let refused = json!({ "error": { "code": -32602, "message": "no such tool" } });
        let error = heard(&refused, &steps).unwrap().unwrap_err();
        assert!(
            matches!(error, WireError::Protocol { code: -32602, .. }),
            "{error}"
        );
    }
}
