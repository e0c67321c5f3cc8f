//! The dialogue that proves the conversation: the real program, played models in both dialects, real git, from the first question to
//! the commit that came of it. What is said is held against what the cluster, the repository and the journal say.

use crate::support::{Demo, until};
use jarvis_simulator::models::{Act, Cue, Dialect, Fault, ModelServer, Options, Part, Play};
use reqwest::Client;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};
use tokio::runtime::Runtime;

const FAR: &str = "claude-haiku-5-5";
const NEAR: &str = "qwen3.5-9b";
const MESSAGES: &str = "query($id: String!) { conversation(id: $id) { messages { seq user text state mind { name local reason \
    microDollars } facts { claim source } tools { tool } cards { kind notes ticket { id state digest outcome refusal { rule reason } } \
    proposal { id digest state } } } } }";

/// Nothing code understands by itself.
const ODD: &str = "Compose a few lines on the guests";

struct Dialogue {
    demo: Demo,
    runtime: Runtime,
    http: Client,
    far: Option<ModelServer>,
    near: Option<ModelServer>,
    token: String,
    conversation: Option<String>,
}

fn say(text: &str) -> Play {
    Act::say(text).into()
}

fn cue(when: &str, plays: Vec<Play>) -> Cue {
    Cue {
        when: when.to_owned(),
        plays,
    }
}

impl Dialogue {
    /// A demo with two models, and so many dollars a day.
    fn begin(day: &str, factor: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let cut = Act::say("A web of guests, steadfast in the night, each one").failing(Fault::CutAfter(5));
        let start = |dialect, name: &str, cues| {
            let options = Options {
                model: name.to_owned(),
                ..Options::new(dialect, Part::Cued(cues))
            };
            runtime.block_on(ModelServer::start(options)).unwrap()
        };
        let far = vec![
            cue("in the night", vec![cut]),
            cue("", vec![say("Far away I sing.")]),
        ];
        let far = start(Dialect::Anthropic, FAR, far);
        let near = start(
            Dialect::OpenaiCompatible,
            NEAR,
            vec![cue("", vec![say("In the house I sing.")])],
        );
        let home = tempfile::tempdir().unwrap();
        let (key, file) = (home.path().join("key"), home.path().join("assistant.yaml"));
        fs::write(&key, "a-key").unwrap();
        let text = format!(
            "assistant:\n  timeZone: Etc/UTC\n  models:\n    - {{api: anthropic, model: {FAR}, url: '{}', key: {{file: {}}}}}\n    \
             - {{api: openai-compatible, model: {NEAR}, url: '{}', windowTokens: 65536}}\n  budget: {{day: {day}}}\n",
            far.base_url(),
            key.display(),
            near.base_url()
        );
        fs::write(&file, text).unwrap();
        let demo = Demo::with(&["--time-factor", factor, "--assistant", file.to_str().unwrap()]);
        let created = demo.jarvis(&[
            "token",
            "create",
            "anna",
            "--role",
            "operator",
            "--scope",
            "operate-red",
        ]);
        assert_eq!(created.code, 0, "{created:?}");
        Self {
            token: created.out.trim().to_owned(),
            demo,
            runtime,
            http: Client::new(),
            far: Some(far),
            near: Some(near),
            conversation: None,
        }
    }

    fn graphql(&self, query: &str, variables: &Value) -> Value {
        let request = self
            .http
            .post(format!("{}/graphql", self.demo.url().trim_end_matches('/')))
            .bearer_auth(&self.token)
            .json(&json!({ "query": query, "variables": variables }));
        let answer: Value = self
            .runtime
            .block_on(async { request.send().await.unwrap().json().await.unwrap() });
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    fn messages(&self) -> Vec<Value> {
        let told = self.graphql(MESSAGES, &json!({ "id": self.conversation }));
        told["conversation"]["messages"].as_array().unwrap().clone()
    }

    /// Asks, and waits for everything that is said to it.
    fn ask(&mut self, text: &str) -> Vec<Value> {
        let query = "mutation($id: String, $text: String!) { sendMessage(conversation: $id, text: $text) { conversation seq } }";
        let sent = self.graphql(query, &json!({ "id": self.conversation, "text": text }));
        self.conversation = sent["sendMessage"]["conversation"].as_str().map(str::to_owned);
        let seq = sent["sendMessage"]["seq"].as_u64();
        until(&format!("an answer to {text:?}"), || {
            let answers: Vec<Value> = self
                .messages()
                .into_iter()
                .filter(|message| message["seq"].as_u64() > seq)
                .collect();
            let over = !answers.is_empty() && answers.iter().all(|answer| answer["state"] != "COMING");
            over.then_some(answers)
        })
    }

    /// What Jarvis says by itself after a message.
    fn told_after(&self, seq: &Value, words: &str) -> Value {
        let seq = seq.as_u64();
        until(&format!("{words:?} told in the conversation"), || {
            let said = |message: &Value| {
                message["seq"].as_u64() > seq && message["text"].as_str().unwrap_or_default().contains(words)
            };
            self.messages().into_iter().find(said)
        })
    }

    /// Cuts the line to a model for good.
    fn cut(&mut self, model: fn(&mut Self) -> Option<ModelServer>) {
        let server = model(self).unwrap();
        self.runtime.block_on(server.stop());
    }
}

fn text(message: &Value) -> &str {
    message["text"].as_str().unwrap()
}

#[track_caller]
fn has(message: &Value, parts: &[&str]) {
    for part in parts {
        assert!(text(message).contains(part), "{part:?} is missing: {message:#}");
    }
}

fn mind(message: &Value) -> &str {
    message["mind"]["name"].as_str().unwrap_or_default()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn from_how_is_the_cluster_to_the_commit_and_back() {
    let mut dialogue = Dialogue::begin("1.00", "1");
    the_cluster(&mut dialogue);
    a_guest_is_started(&mut dialogue);
    what_is_protected(&mut dialogue);
    a_lasting_wish(&mut dialogue);
    what_was_fixed(&mut dialogue);
    the_line_is_cut(&mut dialogue);
}

/// True to the simulator, and every claim with its source.
fn the_cluster(dialogue: &mut Dialogue) {
    let answer = dialogue.ask("How's the cluster?").remove(0);
    let count = |what: &str, wanted: &str| {
        let told = dialogue.demo.jarvis(&["get", what, "--output", "json"]).expect(0);
        let all: Vec<Value> = serde_json::from_str(&told).unwrap();
        let so = |one: &&Value| one.to_string().to_lowercase().contains(wanted);
        (all.iter().filter(so).count(), all.len())
    };
    let (online, nodes) = count("nodes", "\"online\"");
    let (running, guests) = count("guests", "\"running\"");
    let guests_said = format!("{running} of {guests} guests running");
    has(
        &answer,
        &[&format!("{online} of {nodes} nodes online"), &guests_said],
    );
    assert_eq!(mind(&answer), "built-in");
    assert!(!answer["facts"].as_array().unwrap().is_empty(), "{answer:#}");
}

/// Asked, confirmed on the card, run, verified, reported.
fn a_guest_is_started(dialogue: &mut Dialogue) {
    dialogue.demo.jarvis(&["chaos", "user-stop", "101"]).expect(0);
    until("guest 101 stopped", || {
        let told = dialogue.demo.jarvis(&["get", "guests", "web-01"]).expect(0);
        told.to_lowercase().contains("stopped").then_some(())
    });
    let answer = dialogue.ask("Start VM 101").remove(0);
    let ticket = &answer["cards"][0]["ticket"];
    assert_eq!(ticket["state"], "AWAITING_CONFIRMATION", "{answer:#}");
    let confirm = "mutation($digest: String!, $ticket: String) { confirm(digest: $digest, ticket: $ticket) }";
    dialogue.graphql(
        confirm,
        &json!({ "digest": ticket["digest"], "ticket": ticket["id"] }),
    );
    has(&dialogue.told_after(&answer["seq"], "101"), &["verified"]);
    // The next look at the whole cluster shows what the look at the guest has proven.
    until("guest 101 running", || {
        let told = dialogue.demo.jarvis(&["get", "guests", "web-01"]).expect(0);
        told.to_lowercase().contains("running").then_some(())
    });
}

fn what_is_protected(dialogue: &mut Dialogue) {
    let answer = dialogue.ask("Reboot agent1").remove(0);
    has(&answer, &["103"]);
    let waits = answer["cards"]
        .as_array()
        .unwrap()
        .iter()
        .any(|card| card["ticket"]["state"] == "AWAITING_CONFIRMATION");
    assert!(!waits, "{answer:#}");
}

/// Its load, the guest that causes it, since when; once it was watched for a while.
#[test]
fn why_a_node_is_slow_is_told_with_the_guest_and_the_time() {
    let mut dialogue = Dialogue::begin("1.00", "10");
    for load in [
        r#"{"fault":"guest-load","vmid":106,"cpu":97.0}"#,
        r#"{"fault":"node-load","node":"forge","cpu":94.0}"#,
    ] {
        dialogue.demo.jarvis(&["chaos", "json", load]).expect(0);
    }
    let answer = until("the guest that causes it", || {
        let answer = dialogue.ask("Why is forge slow?").remove(0);
        ["ci-runner", "94 %"]
            .iter()
            .all(|part| text(&answer).contains(part))
            .then_some(answer)
    });
    has(&answer, &["Node forge is busy", "94 %", "since "]);
    let facts = answer["facts"].as_array().unwrap();
    assert!(
        facts.iter().any(|fact| fact["source"] == "node/forge cpu"),
        "{facts:#?}"
    );
}

/// One proposal with two changes, previewed, approved, committed, in force.
fn a_lasting_wish(dialogue: &mut Dialogue) {
    let manifests = dialogue.demo.manifests();
    let before = git(&manifests, &["rev-parse", "main"]);
    let answer = dialogue
        .ask("Keep media running and warn me when its disk passes 80 %")
        .remove(0);
    let cards = answer["cards"].as_array().unwrap();
    let proposals: Vec<&Value> = cards.iter().filter(|card| card["kind"] == "PROPOSAL").collect();
    assert_eq!(proposals.len(), 1, "one proposal with both: {answer:#}");
    let id = proposals[0]["proposal"]["id"].as_str().unwrap().to_owned();
    let shown = dialogue.graphql(
        "query($id: String!) { proposal(id: $id) { state digest diff effect conversation } }",
        &json!({ "id": id }),
    )["proposal"]
        .clone();
    let diff = shown["diff"].as_str().unwrap();
    assert!(
        diff.contains("+  runStrategy: Always")
            && diff.contains("kind: Threshold")
            && diff.contains("above: 80"),
        "{diff}"
    );
    assert!(!shown["effect"].as_str().unwrap().is_empty(), "{shown:#}");
    assert_eq!(
        git(&manifests, &["rev-parse", "main"]),
        before,
        "nothing is committed yet"
    );
    dialogue
        .demo
        .jarvis(&["proposals", "approve", &id, "--yes"])
        .expect(0);
    let format = "--format=%cn|%(trailers:key=Proposal,valueonly,separator=%x2c)|%(trailers:key=Conversation,valueonly,separator=%x2c)";
    let conversation = dialogue.conversation.clone().unwrap();
    assert_eq!(
        git(&manifests, &["log", "-1", format]),
        format!("Jarvis|{id}|{conversation}")
    );
    dialogue.told_after(&answer["seq"], "in force");
    until("media is synced", || {
        let told = dialogue.demo.jarvis(&["get", "resources"]).expect(0);
        let line = told.lines().find(|line| line.contains("VirtualMachine/media "))?;
        line.to_lowercase().contains("synced").then_some(())
    });
}

/// From the journal, exactly: what was mended is said, what was asked for by a person is not.
fn what_was_fixed(dialogue: &mut Dialogue) {
    dialogue.demo.jarvis(&["chaos", "crash", "100"]).expect(0);
    until("guest 100 mended", || {
        let told = dialogue.demo.jarvis(&["get", "events"]).expect(0);
        told.contains("Done and verified: start guest 100").then_some(())
    });
    let answer = until("the mended guest is told", || {
        let answer = dialogue.ask("What did you fix today?").remove(0);
        text(&answer).contains("dns-01").then_some(answer)
    });
    let sources: Vec<&str> = answer["facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|fact| fact["source"].as_str())
        .collect();
    assert!(
        sources.iter().any(|source| source.starts_with("event ")),
        "{sources:?}"
    );
    assert!(
        !text(&answer).contains("ci-runner"),
        "only what happened: {answer:#}"
    );
    let answer = dialogue.ask("What did you fix yesterday?").remove(0);
    assert!(!text(&answer).contains("dns-01"), "{answer:#}");
}

/// The far model breaks off, the near one takes over; with both gone the built-in voice answers.
fn the_line_is_cut(dialogue: &mut Dialogue) {
    let answer = dialogue.ask(ODD).remove(0);
    assert_eq!((text(&answer), mind(&answer)), ("Far away I sing.", FAR));
    assert!(
        answer["mind"]["microDollars"].as_u64() > Some(0),
        "its cost is told: {answer:#}"
    );
    let answers = dialogue.ask("Compose a few lines on guests in the night");
    assert_eq!(answers.len(), 2, "{answers:#?}");
    assert_eq!(
        (answers[0]["state"].as_str(), mind(&answers[0])),
        (Some("BROKEN"), FAR)
    );
    assert!(!text(&answers[0]).is_empty(), "what was shown stays");
    assert_eq!(
        (text(&answers[1]), mind(&answers[1])),
        ("In the house I sing.", NEAR)
    );
    let reason = answers[1]["mind"]["reason"].as_str().unwrap();
    assert!(reason.contains(FAR), "{reason}");
    dialogue.cut(|dialogue| dialogue.far.take());
    dialogue.cut(|dialogue| dialogue.near.take());
    let answer = dialogue.ask("Compose a few more lines").pop().unwrap();
    assert_eq!(mind(&answer), "built-in", "{answer:#}");
    let reason = answer["mind"]["reason"].as_str().unwrap();
    assert!(
        reason.contains(NEAR) || reason.contains("not reached"),
        "{reason}"
    );
    let answer = dialogue.ask("How's the cluster?").remove(0);
    has(&answer, &["nodes online"]);
}

#[test]
fn with_the_budget_spent_the_model_in_the_house_answers_and_says_so() {
    let mut dialogue = Dialogue::begin("0.001", "1");
    let answer = dialogue.ask(ODD).pop().unwrap();
    assert_eq!((text(&answer), mind(&answer)), ("In the house I sing.", NEAR));
    let reason = answer["mind"]["reason"].as_str().unwrap();
    assert!(reason.contains("budget"), "{reason}");
    assert!(
        dialogue.far.as_ref().unwrap().heard().is_empty(),
        "nothing is sent"
    );
}
