//! A running demo with its tokens, and the two witnesses: what reached the simulated cluster, and what is on record.

use super::chat;
use crate::support::{DEADLINE, Demo, Said, program, until};
use futures::{SinkExt as _, StreamExt as _};
use jarvis_simulator::models::{Dialect, ModelServer, Options, Part};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    fs,
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// Simulated seconds in a second.
const FACTOR: &str = "10";

/// That Jarvis's own guest needs the name server, so that atlas is a host something protected depends on.
const DEPENDENCY: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: SafetyPolicy\nmetadata: {name: names}\nspec:\n  dependencies:\n    \
     - who: {vmid: 103}\n      needs: {vmid: 100}\n";

/// The demo, held still: what reaches the cluster comes from the doors alone.
pub struct Scene {
    pub demo: Demo,
    pub runtime: Runtime,
    pub http: Client,
    /// Whom the conversation asks.
    pub model: ModelServer,
    pub tokens: Tokens,
    control: (String, String),
}

/// Secrets of tokens, by what they may.
pub struct Tokens {
    /// May everything that a token may.
    pub red: String,
    /// Another one that may the same.
    pub other: String,
    /// May act, but not confirm over MCP.
    pub yellow: String,
    /// May look.
    pub reader: String,
}

impl Scene {
    pub fn begin() -> Self {
        let runtime = Runtime::new().unwrap();
        let model = Options {
            model: chat::MODEL.to_owned(),
            ..Options::new(Dialect::OpenaiCompatible, Part::Script(Vec::new()))
        };
        let model = runtime.block_on(ModelServer::start(model)).unwrap();
        let config = tempfile::NamedTempFile::new().unwrap();
        let text = format!(
            "assistant:\n  models:\n    - api: openai-compatible\n      model: {}\n      url: {}\n      windowTokens: 200000\n",
            chat::MODEL,
            model.base_url()
        );
        fs::write(config.path(), text).unwrap();
        let demo = Demo::with(&[
            "--time-factor",
            FACTOR,
            "--assistant",
            config.path().to_str().unwrap(),
        ]);
        let context = fs::read_to_string(demo.home.path().join("jarvis/context.json")).unwrap();
        let context: Value = serde_json::from_str(&context).unwrap();
        let word = |name: &str| context["chaos"][name].as_str().unwrap().to_owned();
        let token = |name: &str, role: &str, scope: &str| {
            let said = demo.jarvis(&["token", "create", name, "--role", role, "--scope", scope]);
            assert_eq!(said.code, 0, "{said:?}");
            said.out.trim().to_owned()
        };
        let scene = Self {
            control: (word("url"), word("secret")),
            tokens: Tokens {
                red: token("red", "operator", "operate-red"),
                other: token("other", "operator", "operate-red"),
                yellow: token("yellow", "operator", "operate"),
                reader: token("reader", "viewer", "read"),
            },
            runtime,
            http: Client::new(),
            model,
            demo,
        };
        scene.demo.jarvis(&["hold", "cluster", "--for", "24h"]).expect(0);
        scene.commit("names.yaml", DEPENDENCY);
        scene
    }

    /// Commits a manifest and waits until it is in force.
    pub fn commit(&self, name: &str, text: &str) {
        let manifests = self.demo.manifests();
        fs::write(manifests.join(name), text).unwrap();
        for arguments in [&["add", "--all"][..], &["commit", "--quiet", "--message", name]] {
            let done = Command::new("git")
                .args(arguments)
                .current_dir(&manifests)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .status();
            assert!(done.unwrap().success());
        }
        let head = Command::new("git")
            .args(["rev-parse", "HEAD"])
            .current_dir(&manifests)
            .output()
            .unwrap();
        let head = String::from_utf8(head.stdout).unwrap();
        until("the commit in force", || {
            let answer = self.graphql(&self.tokens.reader, "{ revision { commit } }", json!({}));
            (answer["data"]["revision"]["commit"] == head.trim()).then_some(())
        });
    }

    /// Node forge loses power for good, and Jarvis has seen it.
    pub fn without_forge(&self) {
        self.demo.jarvis(&["chaos", "ignore-wake", "forge"]).expect(0);
        self.demo.jarvis(&["chaos", "node-down", "forge"]).expect(0);
        until("forge is known to be offline", || {
            let query = "{ node(name: \"forge\") { status } }";
            let answer = self.graphql(&self.tokens.reader, query, json!({}));
            answer["data"]["node"]
                .to_string()
                .contains("OFFLINE")
                .then_some(())
        });
    }

    /// Runs a command with a token.
    pub fn command(&self, token: &str, arguments: &[&str]) -> Said {
        let output = program(self.demo.home.path())
            .env("JARVIS_TOKEN", token)
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        output.unwrap().into()
    }

    pub fn graphql(&self, token: &str, query: &str, variables: Value) -> Value {
        self.graphql_text(
            token,
            json!({ "query": query, "variables": variables }).to_string(),
        )
    }

    pub fn graphql_text(&self, token: &str, body: String) -> Value {
        let request = self
            .http
            .post(format!("{}/graphql", self.demo.url()))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body);
        let text = self
            .runtime
            .block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Subscribes, and takes what is told until it is what one waits for.
    pub fn heard<T>(
        &self,
        token: &str,
        subscription: &str,
        variables: Value,
        mut wanted: impl FnMut(&Value) -> Option<T>,
    ) -> T {
        let url = self.demo.url().replacen("http", "ws", 1);
        let mut request = format!("{}/graphql", url.trim_end_matches('/'))
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let payload = json!({ "query": subscription, "variables": variables });
        let subscribe = json!({ "id": "one", "type": "subscribe", "payload": payload });
        let hearing = async {
            let (mut socket, _) = connect_async(request).await.unwrap();
            for message in [json!({ "type": "connection_init" }), subscribe] {
                socket.send(Message::text(message.to_string())).await.unwrap();
            }
            while let Some(message) = socket.next().await {
                let message = message.unwrap();
                let told: Value =
                    serde_json::from_str(message.to_text().unwrap_or_default()).unwrap_or_default();
                if told["type"] == "next"
                    && let Some(found) = wanted(&told["payload"]["data"])
                {
                    return found;
                }
                assert!(
                    told["type"] != "error" && told["type"] != "complete",
                    "{subscription}: {told}"
                );
            }
            panic!("{subscription}: the socket ended");
        };
        let heard = self
            .runtime
            .block_on(async { tokio::time::timeout(DEADLINE, hearing).await });
        heard.unwrap_or_else(|_| panic!("{subscription}: not within {DEADLINE:?}"))
    }

    /// Everything that reached the cluster: accepted calls, what was asked of services, packets that wake. What the guest
    /// agent is asked only looks, but for services, and those are told by the services.
    pub fn effects(&self) -> Vec<String> {
        let request = self
            .http
            .get(format!("{}/control/ledger", self.control.0.trim_end_matches('/')))
            .bearer_auth(&self.control.1);
        let ledger: Value = self
            .runtime
            .block_on(async { request.send().await.unwrap().json().await.unwrap() });
        let each = |name: &str, form: fn(&Value) -> String| -> Vec<String> {
            ledger[name].as_array().unwrap().iter().map(form).collect()
        };
        let mut all = each("calls", |call| {
            format!("{} {}", text(call, "method"), text(call, "path"))
        });
        all.retain(|call| !call.contains("/agent/"));
        all.extend(each("commands", |asked| {
            format!(
                "{} {} {}",
                text(asked, "place"),
                text(asked, "action"),
                text(asked, "service")
            )
        }));
        all.extend(each("wakes", |wake| format!("wake {}", text(wake, "node"))));
        all
    }

    /// The whole audit trail.
    pub fn audit(&self) -> Vec<Value> {
        let request = self
            .http
            .get(format!("{}/api/audit.jsonl", self.demo.url()))
            .bearer_auth(&self.tokens.red);
        let text = self
            .runtime
            .block_on(async { request.send().await.unwrap().text().await.unwrap() });
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
