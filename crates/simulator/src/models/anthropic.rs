//! Anthropic's Messages: which requests are refused, and an answer as events. By the documentation of version 2026-10-21.

use super::part::{Act, Scene};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const VERSIONS: [&str; 2] = ["2026-10-21", "2023-06-01"];
const MOST_MARKS: usize = 4;

/// What a request must be: the reason of a refusal otherwise.
pub fn check(version: Option<&str>, body: &Value) -> Result<(), String> {
    let version = version.unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Err(format!("anthropic-version: {version:?} is not known"));
    }
    for name in ["model", "max_tokens", "messages"] {
        if body.get(name).is_none() {
            return Err(format!("{name}: field required"));
        }
    }
    if version == VERSIONS[0]
        && let Some(name) = ["temperature", "top_p", "top_k"]
            .iter()
            .find(|name| body.get(**name).is_some())
    {
        return Err(format!("{name}: is no longer accepted"));
    }
    let marks = marks(body);
    if marks > MOST_MARKS {
        return Err(format!(
            "a maximum of {MOST_MARKS} blocks with cache_control may be provided, found {marks}"
        ));
    }
    messages(body)
}

fn marks(value: &Value) -> usize {
    match value {
        Value::Object(members) => {
            usize::from(members.contains_key("cache_control")) + members.values().map(marks).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(marks).sum(),
        _ => 0,
    }
}

fn messages(body: &Value) -> Result<(), String> {
    let messages = list(&body["messages"]);
    if messages.last().is_none_or(|last| last["role"] == "assistant") {
        return Err("messages: the last one must not be the assistant's".to_owned());
    }
    let mut owed: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for (at, message) in messages.iter().enumerate() {
        let (role, blocks) = (
            message["role"].as_str().unwrap_or_default(),
            list(&message["content"]),
        );
        if blocks.is_empty() {
            return Err(format!("messages.{at}: content is empty"));
        }
        if !owed.is_empty() {
            settle(at, role, &blocks, &owed)?;
            owed.clear();
        }
        match role {
            "user" => {}
            "system" if at > 0 && messages[at - 1]["role"] == "user" => {}
            "assistant" => {
                thoughts(at, body, &blocks)?;
                for block in blocks.iter().filter(|block| block["type"] == "tool_use") {
                    let id = block["id"].as_str().unwrap_or_default().to_owned();
                    if !block["input"].is_object() || !known.insert(id.clone()) || !is_id(&id) {
                        return Err(format!("messages.{at}: tool_use with a wrong id or input"));
                    }
                    owed.push(id);
                }
            }
            other => return Err(format!("messages.{at}: role {other:?} is not allowed here")),
        }
        if blocks.iter().any(|block| {
            block["type"] == "text" && block["text"].as_str().is_none_or(|text| text.trim().is_empty())
        }) {
            return Err(format!("messages.{at}: text content blocks must be non-empty"));
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// All results of a batch stand at the beginning of the one message after it.
fn settle(at: usize, role: &str, blocks: &[Value], owed: &[String]) -> Result<(), String> {
    let results: Vec<&str> = blocks
        .iter()
        .take_while(|block| block["type"] == "tool_result")
        .filter_map(|block| block["tool_use_id"].as_str())
        .collect();
    let first = role == "user" && results.len() == owed.len();
    if first && owed.iter().all(|id| results.contains(&id.as_str())) {
        return Ok(());
    }
    Err(format!(
        "messages.{at}: tool_use ids {owed:?} without their tool_result blocks right after"
    ))
}

/// A thought comes back as it went, after what it came after.
fn thoughts(at: usize, body: &Value, blocks: &[Value]) -> Result<(), String> {
    for block in blocks.iter().filter(|block| block["type"] == "thinking") {
        let thought = block["thinking"].as_str().unwrap_or_default();
        if block["signature"] != signature(body, at, thought).as_str() {
            return Err(format!(
                "messages.{at}: a thinking block or what comes before it was changed"
            ));
        }
    }
    Ok(())
}

/// The signature of a thought that follows the first `before` messages of a request.
fn signature(body: &Value, before: usize, thought: &str) -> String {
    let messages: Vec<Value> = list(&body["messages"]).into_iter().take(before).collect();
    let seen = plain(&json!([body["system"], body["tools"], messages, thought]));
    let digest = Sha256::digest(seen.to_string().as_bytes());
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}

/// Without cache marks, which may move.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "cache_control")
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        _ => Vec::new(),
    }
}

/// What it is about.
pub fn scene(body: &Value) -> Scene {
    let tools = list(&body["tools"]);
    let offered = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .map(str::to_owned);
    let messages = list(&body["messages"]);
    let newest = messages
        .iter()
        .rev()
        .take_while(|message| message["role"] != "assistant");
    let results = newest
        .flat_map(|message| list(&message["content"]))
        .filter(|block| block["type"] == "tool_result")
        .flat_map(|block| list(&block["content"]))
        .filter_map(|part| part["text"].as_str().map(str::to_owned));
    // Results come as a person's message too, without words of their own before them.
    let is_question = |message: &Value| {
        message["role"] == "user"
            && list(&message["content"])
                .first()
                .is_some_and(|block| block["type"] == "text")
    };
    let asked = messages.iter().rposition(is_question);
    let since = &messages[asked.map_or(0, |at| at + 1)..];
    let words = |at: usize| {
        let blocks = list(&messages[at]["content"]);
        let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        texts.join("\n")
    };
    Scene {
        offered: offered.collect(),
        results: results.collect(),
        question: asked.map_or_else(String::new, words),
        answered: since
            .iter()
            .filter(|message| message["role"] == "assistant")
            .count(),
    }
}

/// A whole answer.
pub fn whole(model: &str, id: &str, body: &Value, act: &Act) -> Value {
    let mut content = Vec::new();
    if !act.thought.is_empty() {
        let signature = signature(body, list(&body["messages"]).len(), &act.thought);
        content.push(json!({"type": "thinking", "thinking": act.thought, "signature": signature}));
    }
    if !act.text.is_empty() {
        content.push(json!({"type": "text", "text": act.text}));
    }
    for (at, (tool, arguments)) in act.calls.iter().enumerate() {
        let input: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
        content.push(
            json!({"type": "tool_use", "id": format!("toolu_{id}_{at}"), "name": tool, "input": input}),
        );
    }
    json!({
        "id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": reason(act), "stop_sequence": null, "usage": usage(body, act),
    })
}

fn reason(act: &Act) -> &'static str {
    match (act.cut_short, act.calls.is_empty()) {
        (true, _) => "max_tokens",
        (false, true) => "end_turn",
        (false, false) => "tool_use",
    }
}

fn usage(body: &Value, act: &Act) -> Value {
    let tokens = |bytes: usize| bytes.div_ceil(4);
    let written =
        act.thought.len() + act.text.len() + act.calls.iter().map(|(_, text)| text.len()).sum::<usize>();
    json!({
        "input_tokens": tokens(body.to_string().len()), "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0, "output_tokens": tokens(written),
    })
}

/// The same as events of a stream.
pub fn events(model: &str, id: &str, body: &Value, act: &Act) -> Vec<String> {
    let mut message = whole(model, id, body, act);
    let blocks = list(&message["content"]);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    let mut events = vec![
        event("message_start", json!({"message": message})),
        event("ping", json!({})),
    ];
    for (index, block) in blocks.iter().enumerate() {
        let open = act.cut_short && index + 1 == blocks.len() && block["type"] == "tool_use";
        events.extend(block_events(index, block, act, open));
    }
    events.push(event(
        "message_delta",
        json!({"delta": {"stop_reason": reason(act), "stop_sequence": null}, "usage": usage(body, act)}),
    ));
    events.push(event("message_stop", json!({})));
    events
}

fn block_events(index: usize, block: &Value, act: &Act, open: bool) -> Vec<String> {
    let mut start = block.clone();
    let mut deltas: Vec<Value> = Vec::new();
    match block["type"].as_str() {
        Some("text") => {
            start["text"] = json!("");
            deltas.extend(Act::pieces(&act.text).map(|text| json!({"type": "text_delta", "text": text})));
        }
        Some("thinking") => {
            start["thinking"] = json!("");
            start["signature"] = json!("");
            deltas.extend(
                Act::pieces(&act.thought).map(|text| json!({"type": "thinking_delta", "thinking": text})),
            );
            deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
        }
        _ => {
            start["input"] = json!({});
            let at = block["id"]
                .as_str()
                .and_then(|id| id.rsplit('_').next()?.parse::<usize>().ok());
            let text = at
                .and_then(|at| act.calls.get(at))
                .map_or("", |(_, text)| text.as_str());
            let middle = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(at, _)| at);
            for piece in ["", &text[..middle], &text[middle..]] {
                deltas.push(json!({"type": "input_json_delta", "partial_json": piece}));
            }
        }
    }
    let mut events = vec![event(
        "content_block_start",
        json!({"index": index, "content_block": start}),
    )];
    events.extend(
        deltas
            .iter()
            .map(|delta| event("content_block_delta", json!({"index": index, "delta": delta}))),
    );
    if !open {
        events.push(event("content_block_stop", json!({"index": index})));
    }
    events
}

/// One more word of an answer without end.
pub fn more() -> String {
    event(
        "content_block_delta",
        json!({"index": 0, "delta": {"type": "text_delta", "text": "and so on "}}),
    )
}

/// An error inside a stream.
pub fn error_event() -> String {
    event(
        "error",
        json!({"error": {"type": "overloaded_error", "message": "Overloaded"}}),
    )
}

/// The body of a refusal.
pub fn refusal(status: u16, why: &str) -> String {
    let kind = match status {
        401 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "invalid_request_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": why}, "request_id": "req_play"}).to_string()
}

fn event(kind: &str, mut members: Value) -> String {
    members["type"] = json!(kind);
    format!("event: {kind}\ndata: {members}\n\n")
}
