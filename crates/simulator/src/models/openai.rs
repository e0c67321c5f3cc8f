//! Chat completions as llama-server speaks them: which requests are refused, and an answer as chunks. By its documentation
//! and by what its users report.

use super::part::{Act, Scene};
use serde_json::{Value, json};

/// What a request must be: status and reason of a refusal otherwise.
pub fn check(body: &Value) -> Result<(), (u16, String)> {
    let messages = body["messages"]
        .as_array()
        .filter(|messages| !messages.is_empty());
    let Some(messages) = messages else {
        return Err((400, "'messages' is required".to_owned()));
    };
    let mut owed: Vec<&str> = Vec::new();
    let mut before = "";
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            match owed.iter().position(|owed| *owed == id) {
                Some(place) => drop(owed.remove(place)),
                None => return Err((400, format!("message {at}: no call has the id {id:?}"))),
            }
        } else if !owed.is_empty() {
            return Err((400, format!("message {at}: the calls {owed:?} have no results")));
        }
        // Templates of several models fail on these.
        if (role == "system" && at > 0) || (role == "user" && before == "user") {
            return Err((
                500,
                format!("message {at}: the template does not take the role {role} here"),
            ));
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
            if serde_json::from_str::<Value>(arguments).is_err() {
                return Err((
                    500,
                    format!("message {at}: failed to parse tool call arguments as JSON"),
                ));
            }
            match call["id"].as_str() {
                Some(id) if !id.is_empty() => owed.push(id),
                _ => return Err((500, format!("message {at}: a call without an id"))),
            }
        }
        before = role;
    }
    if before == "assistant" {
        Err((400, "the last message is the assistant's".to_owned()))
    } else {
        Ok(())
    }
}

/// What it is about.
pub fn scene(body: &Value) -> Scene {
    let items = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let tools = items("tools");
    let offered = tools
        .iter()
        .filter_map(|tool| tool["function"]["name"].as_str())
        .map(str::to_owned);
    let messages = items("messages");
    let newest = messages
        .iter()
        .rev()
        .take_while(|message| message["role"] != "assistant");
    let results = newest
        .filter(|message| message["role"] == "tool")
        .filter_map(|message| message["content"].as_str().map(str::to_owned));
    let asked = messages.iter().rposition(|message| message["role"] == "user");
    let since = &messages[asked.map_or(0, |at| at + 1)..];
    Scene {
        offered: offered.collect(),
        results: results.collect(),
        question: asked.map_or_else(String::new, |at| words(&messages[at]["content"])),
        answered: since
            .iter()
            .filter(|message| message["role"] == "assistant")
            .count(),
    }
}

fn words(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten();
    let parts: Vec<&str> = parts.filter_map(|part| part["text"].as_str()).collect();
    content.as_str().map_or_else(|| parts.join("\n"), str::to_owned)
}

/// A whole answer.
pub fn whole(model: &str, id: &str, body: &Value, act: &Act) -> Value {
    let calls: Vec<Value> = act
        .calls
        .iter()
        .enumerate()
        .map(|(at, call)| whole_call(id, at, call))
        .collect();
    let mut message = json!({"role": "assistant", "content": act.text});
    if !act.thought.is_empty() {
        message["reasoning_content"] = json!(act.thought);
    }
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    let mut answer = frame(model, id);
    answer["object"] = json!("chat.completion");
    answer["choices"] = json!([{"index": 0, "message": message, "finish_reason": reason(act)}]);
    let figures = figures(body, act);
    answer["usage"] = figures["usage"].clone();
    answer["timings"] = figures["timings"].clone();
    answer
}

fn whole_call(id: &str, at: usize, (tool, arguments): &(String, String)) -> Value {
    json!({"id": format!("call{id}{at}"), "type": "function", "function": {"name": tool, "arguments": arguments}})
}

fn reason(act: &Act) -> &'static str {
    match (act.cut_short, act.calls.is_empty()) {
        (true, _) => "length",
        (false, true) => "stop",
        (false, false) => "tool_calls",
    }
}

fn frame(model: &str, id: &str) -> Value {
    json!({
        "choices": [], "created": 1_790_000_000, "id": format!("chatcmpl-{id}"), "model": model,
        "system_fingerprint": "b9998-play", "object": "chat.completion.chunk",
    })
}

fn figures(body: &Value, act: &Act) -> Value {
    let (read, written) = (
        body.to_string().len().div_ceil(4),
        (act.text.len() + act.thought.len()).div_ceil(4) + act.calls.len() * 20,
    );
    json!({
        "usage": {
            "completion_tokens": written, "prompt_tokens": read, "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
        "timings": {
            "cache_n": 0, "prompt_n": read, "prompt_ms": 500.0, "predicted_n": written, "predicted_ms": 1500.0,
        },
    })
}

/// The same as chunks of a stream.
pub fn events(model: &str, id: &str, body: &Value, act: &Act) -> Vec<String> {
    let chunk = |delta: Value, reason: Value| {
        let mut chunk = frame(model, id);
        chunk["choices"] = json!([{"finish_reason": reason, "index": 0, "delta": delta}]);
        format!("data: {chunk}\n\n")
    };
    let piece = |delta: Value| chunk(delta, Value::Null);
    let mut events = vec![piece(json!({"role": "assistant", "content": null}))];
    events.extend(Act::pieces(&act.thought).map(|text| piece(json!({"reasoning_content": text}))));
    events.extend(Act::pieces(&act.text).map(|text| piece(json!({"content": text}))));
    for (at, call) in act.calls.iter().enumerate() {
        let mut first = whole_call(id, at, call);
        first["index"] = json!(at);
        first["function"]["arguments"] = json!("");
        events.push(piece(json!({"tool_calls": [first]})));
        let text = call.1.as_str();
        let middle = text
            .char_indices()
            .nth(text.chars().count() / 2)
            .map_or(0, |(at, _)| at);
        for part in [&text[..middle], &text[middle..]] {
            events.push(piece(
                json!({"tool_calls": [{"index": at, "function": {"arguments": part}}]}),
            ));
        }
    }
    events.push(chunk(json!({}), json!(reason(act))));
    let mut last = frame(model, id);
    let figures = figures(body, act);
    last["usage"] = figures["usage"].clone();
    last["timings"] = figures["timings"].clone();
    events.push(format!("data: {last}\n\n"));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

/// One more word of an answer without end.
pub fn more(model: &str, id: &str) -> String {
    let mut chunk = frame(model, id);
    chunk["choices"] = json!([{"finish_reason": null, "index": 0, "delta": {"content": "and so on "}}]);
    format!("data: {chunk}\n\n")
}

/// An error inside a stream.
pub fn error_event() -> String {
    let error =
        json!({"error": {"code": 500, "message": "context shift is disabled", "type": "server_error"}});
    format!("data: {error}\n\n")
}

/// The body of a refusal.
pub fn refusal(status: u16, why: &str) -> String {
    let kind = match status {
        401 => "authentication_error",
        404 => "not_found_error",
        503 => "unavailable_error",
        500..=599 => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"code": status, "message": why, "type": kind}}).to_string()
}
