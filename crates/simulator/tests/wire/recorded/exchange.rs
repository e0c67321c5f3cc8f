//! A recorded exchange as steps, and sending them again.

use std::time::Duration;

use jarvis_simulator::{PASSWORD, SimTime};
use reqwest::Method;
use serde_json::Value;

use crate::common::{Got, Lab};

/// One request with the answer it got.
pub struct Recorded {
    pub method: String,
    /// As sent, with `/api2/...`.
    pub path: String,
    pub body: Option<String>,
    pub auth: String,
    pub node: String,
    /// Since the first step.
    pub at: Duration,
    /// Nothing: the connection was refused.
    pub status: Option<u16>,
    pub reason: String,
    /// Null: no body.
    pub answer: Value,
}

impl Recorded {
    /// The steps of a recording in time order; none for a timeline.
    pub fn steps_of(value: &Value) -> Vec<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(steps) = value["steps"].as_array() {
            return steps
                .iter()
                .map(|step| {
                    let request = step["request"].as_str().unwrap();
                    let (method, path) = request.split_once(' ').unwrap();
                    Self {
                        method: method.to_owned(),
                        path: path.to_owned(),
                        body: text(&step["request_body"]),
                        auth: text(&value["auth"]).unwrap(),
                        node: text(&value["sent_to_node"]).unwrap(),
                        at: Duration::from_millis(step["t_ms"].as_u64().unwrap()),
                        status: step["status"]
                            .as_u64()
                            .and_then(|status| u16::try_from(status).ok()),
                        reason: text(&step["reason"]).unwrap_or_default(),
                        answer: step["body"].clone(),
                    }
                })
                .collect();
        }
        let (request, response) = (&value["request"], &value["response"]);
        if request.is_null() {
            return Vec::new();
        }
        vec![Self {
            method: text(&request["method"]).unwrap(),
            path: text(&request["path"]).unwrap(),
            body: text(&request["body"]),
            auth: text(&request["auth"]).unwrap(),
            node: text(&request["sent_to_node"]).unwrap(),
            at: Duration::ZERO,
            status: response["status"]
                .as_u64()
                .and_then(|status| u16::try_from(status).ok()),
            reason: text(&response["reason"]).unwrap_or_default(),
            answer: response["body_json"].clone(),
        }]
    }

    /// The first request of a recording, for the table.
    pub fn title(value: &Value) -> String {
        Self::steps_of(value).first().map_or_else(
            || "polling".to_owned(),
            |step| {
                let path: String = step.shown_path().chars().take(90).collect();
                format!("{} {path}", step.method)
            },
        )
    }

    /// The path below the format.
    pub fn shown_path(&self) -> &str {
        self.path.strip_prefix("/api2/json").unwrap_or(&self.path)
    }
}

/// Sends the steps of a recording, with our task ids in place of the recorded ones.
pub struct Replay<'a> {
    lab: &'a Lab,
    client: reqwest::Client,
    /// Recorded task id and ours.
    tasks: Vec<(String, String)>,
    /// Authorization headers that a preparation made, by the words of the recording.
    pub tokens: Vec<(&'static str, String)>,
    began: Duration,
}

impl<'a> Replay<'a> {
    pub fn new(lab: &'a Lab, _value: &Value) -> Self {
        Self {
            lab,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            tasks: Vec::new(),
            tokens: Vec::new(),
            began: Duration::ZERO,
        }
    }

    /// Our task stands for this recorded one.
    pub fn stands_for(&mut self, recorded: &str, ours: &str) {
        self.tasks.push((recorded.to_owned(), ours.to_owned()));
    }

    /// Sends a step at its time and waits for what the recording saw, as its poller did.
    pub async fn send(&mut self, step: &Recorded) -> Option<Got> {
        let now = || self.lab.handle.now().since(SimTime::ZERO);
        if step.at.is_zero() || self.began.is_zero() {
            self.began = now().saturating_sub(step.at);
        }
        self.lab
            .handle
            .advance((self.began + step.at).saturating_sub(now()));
        let mut got = self.once(step).await;
        // A poll that saw the end came after the end; ours may end up to some seconds later.
        let ended = |got: &Option<Got>| {
            let text = got.as_ref().map(|got| got.text.as_str()).unwrap_or_default();
            !text.contains("\"status\":\"running\"")
        };
        let polls_end = step.path.ends_with("/status") && step.answer["data"]["status"] == "stopped";
        for _ in 0..20 {
            if !polls_end || ended(&got) {
                break;
            }
            self.lab.pass(0.25);
            self.began += Duration::from_millis(250);
            got = self.once(step).await;
        }
        if let (Some(got), Some(recorded)) = (&got, step.answer["data"].as_str())
            && recorded.starts_with("UPID:")
            && got.status == 200
        {
            let ours = got.json()["data"].as_str().unwrap_or_default().to_owned();
            self.tasks.push((recorded.to_owned(), ours));
        }
        got
    }

    async fn once(&self, step: &Recorded) -> Option<Got> {
        let call = self.call(step);
        tokio::pin!(call);
        let mut ticks = tokio::time::interval(Duration::from_millis(25));
        ticks.tick().await;
        let mut patience = 0;
        loop {
            tokio::select! {
                got = &mut call => return got,
                _ = ticks.tick() => {
                    patience += 1;
                    if patience > 3 {
                        self.lab.pass(1.0);
                    }
                }
            }
        }
    }

    async fn call(&self, step: &Recorded) -> Option<Got> {
        let mut path = step.path.clone();
        for (recorded, ours) in &self.tasks {
            let encoded = |upid: &str| upid.replace(':', "%3A").replace('@', "%40").replace('!', "%21");
            path = path
                .replace(recorded, ours)
                .replace(&encoded(recorded), &encoded(ours));
        }
        let url = format!("{}{path}", self.lab.simulator.url(&step.node).unwrap());
        let mut request = self
            .client
            .request(Method::from_bytes(step.method.as_bytes()).unwrap(), url);
        for (name, value) in self.credentials(&step.auth).await {
            request = request.header(name, value);
        }
        if let Some(body) = &step.body {
            let kind = if body.starts_with('{') {
                "application/json"
            } else {
                "application/x-www-form-urlencoded"
            };
            request = request
                .header("Content-Type", kind)
                .body(body.replace("PASSWORD-REMOVED", PASSWORD));
        } else if matches!(step.method.as_str(), "POST" | "PUT") {
            request = request.header("Content-Length", "0");
        }
        let response = request.send().await.ok()?;
        let reason = response
            .extensions()
            .get::<hyper::ext::ReasonPhrase>()
            .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
        let reason = reason.unwrap_or_else(|| {
            response
                .status()
                .canonical_reason()
                .unwrap_or_default()
                .to_owned()
        });
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(Got {
            status,
            reason,
            headers,
            text: response.text().await.unwrap(),
        })
    }

    async fn credentials(&self, auth: &str) -> Vec<(&'static str, String)> {
        if let Some((_, header)) = self.tokens.iter().find(|(words, _)| auth.starts_with(words)) {
            return vec![("Authorization", header.clone())];
        }
        let full = &self.lab.simulator.tokens().full;
        match auth {
            "none" => Vec::new(),
            "API token with a wrong secret" => {
                vec![("Authorization", format!("PVEAPIToken={}=wrong", full.id))]
            }
            cookie if cookie.starts_with("ticket cookie") => {
                let form = format!("username=root%40pam&password={PASSWORD}");
                let data = self
                    .lab
                    .call_as("", "pve", "POST", "/access/ticket", &form)
                    .await
                    .data();
                vec![(
                    "Cookie",
                    format!("PVEAuthCookie={}", data["ticket"].as_str().unwrap()),
                )]
            }
            token => {
                assert_eq!(token, "API token of root@pam, privsep=0");
                vec![("Authorization", full.authorization())]
            }
        }
    }
}
