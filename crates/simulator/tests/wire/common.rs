//! A simulator and a client for it. Time stands still unless a test lets it pass.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jarvis_simulator::{Options, Scenario, Simulator, SimulatorHandle};
use reqwest::Method;
use serde_json::Value;

/// An answer as a client sees it.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub reason: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["data"].clone()
    }
}

pub struct Lab {
    pub simulator: Simulator,
    pub handle: SimulatorHandle,
    client: reqwest::Client,
}

pub fn options() -> Options {
    Options {
        scenario: Scenario::homelab(),
        time_factor: 0,
        auth_delay: Duration::ZERO,
        protected: vec![103],
        epoch_secs: Some(1_795_447_000),
        ..Options::default()
    }
}

impl Lab {
    pub async fn start() -> Self {
        Self::with(options()).await
    }

    pub async fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let handle = simulator.handle();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            simulator,
            handle,
            client,
        }
    }

    /// A call through a node with the full token.
    pub async fn call(&self, node: &str, method: &str, path: &str, form: &str) -> Got {
        let authorization = self.simulator.tokens().full.authorization();
        self.call_as(&authorization, node, method, path, form).await
    }

    pub async fn call_as(
        &self,
        authorization: &str,
        node: &str,
        method: &str,
        path: &str,
        form: &str,
    ) -> Got {
        self.try_call(authorization, node, method, path, form)
            .await
            .unwrap()
    }

    pub async fn try_call(
        &self,
        authorization: &str,
        node: &str,
        method: &str,
        path: &str,
        form: &str,
    ) -> reqwest::Result<Got> {
        let url = format!("{}/api2/json{path}", self.simulator.url(node).unwrap());
        let mut request = self
            .client
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        if method == "POST" || method == "PUT" {
            request = request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form.to_owned());
        }
        let response = request.send().await?;
        let reason = response
            .extensions()
            .get::<hyper::ext::ReasonPhrase>()
            .map_or_else(
                || {
                    response
                        .status()
                        .canonical_reason()
                        .unwrap_or_default()
                        .to_owned()
                },
                |reason| String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            );
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Got {
            status,
            reason,
            headers,
            text: response.text().await?,
        })
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("atlas", "GET", path, "").await.data()
    }

    pub async fn post(&self, path: &str, form: &str) -> Got {
        self.call("atlas", "POST", path, form).await
    }

    /// A call that takes simulated time: time passes in steps until it is answered. Tells how long that was.
    pub async fn slow_call(&self, node: &str, method: &str, path: &str, form: &str) -> (Got, f64) {
        let began = self.handle.now();
        let call = self.call(node, method, path, form);
        tokio::pin!(call);
        let mut ticks = tokio::time::interval(Duration::from_millis(30));
        loop {
            tokio::select! {
                got = &mut call => return (got, self.handle.now().since(began).as_secs_f64()),
                _ = ticks.tick() => self.pass(0.5),
            }
        }
    }

    /// Lets simulated seconds pass.
    pub fn pass(&self, secs: f64) {
        self.handle.advance(Duration::from_secs_f64(secs));
    }

    /// The exit status of a task, letting simulated time pass until it ends.
    pub async fn finish(&self, upid: &str) -> String {
        let node = upid.split(':').nth(1).unwrap();
        for _ in 0..400 {
            let status = self
                .get(&format!(
                    "/nodes/{node}/tasks/{}/status",
                    upid.replace(':', "%3A")
                ))
                .await;
            if let Some(exit) = status["exitstatus"].as_str() {
                return exit.to_owned();
            }
            self.pass(0.5);
        }
        panic!("{upid} does not end");
    }

    /// The row of an id in `/cluster/resources`.
    pub async fn row(&self, id: &str) -> Value {
        let rows = self.get("/cluster/resources").await;
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == id)
            .cloned()
            .unwrap_or(Value::Null)
    }
}

/// A recorded exchange of the original.
pub fn recorded(id: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/pve/recorded-real")
        .join(format!("{id}.json"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// The recorded body.
pub fn recorded_data(id: &str) -> Value {
    recorded(id)["response"]["body_json"]["data"].clone()
}

/// The names of an object's keys.
pub fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .cloned()
        .collect()
}

/// The JSON type of a value.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
