//! The body of a request. What has broken such servers is not sent: arguments in the history that are no JSON, calls without
//! an id, a system message amid the conversation, two messages of a person one after the other.

use crate::{
    settings::{Style, Thinking},
    turns::{Group, Step, steps},
};
use jarvis_ports::model::{Answer, Arguments, Call, Prompt, ToolOffer};
use serde_json::{Map, Value, json};

/// The JSON text of a request for an answer to `prompt` by `model`.
pub fn body(model: &str, prompt: &Prompt, style: &Style) -> String {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(model));
    set("stream", json!(true));
    set("stream_options", json!({"include_usage": true}));
    set("max_tokens", json!(prompt.max_output_tokens));
    if let Some(effort) = style.effort {
        set("reasoning_effort", json!(effort));
    }
    if style.thinking == Some(Thinking::Off) {
        set("chat_template_kwargs", json!({"enable_thinking": false}));
    }
    if !prompt.tools.is_empty() {
        set("tools", prompt.tools.iter().map(tool).collect());
        if style.parallel_calls {
            set("parallel_tool_calls", json!(true));
        }
    }
    let mut messages = Vec::new();
    if !prompt.system.is_empty() {
        messages.push(json!({"role": "system", "content": prompt.system}));
    }
    for step in steps(&prompt.history) {
        match step {
            Step::Group(group) => said(&group, &mut messages),
            Step::Answer(answer) => messages.push(answered(answer)),
        }
    }
    set("messages", Value::Array(messages));
    Value::Object(body).to_string()
}

fn tool(offer: &ToolOffer) -> Value {
    json!({
        "type": "function",
        "function": {"name": offer.name, "description": offer.description, "parameters": offer.schema},
    })
}

fn said(group: &Group<'_>, messages: &mut Vec<Value>) {
    for result in &group.results {
        let content = if result.is_error {
            format!("Error: {}", result.text)
        } else {
            result.text.clone()
        };
        messages.push(json!({"role": "tool", "tool_call_id": result.id, "content": content}));
    }
    if !group.said.is_empty() {
        let texts: Vec<String> = group.said.iter().map(|said| said.marked()).collect();
        messages.push(json!({"role": "user", "content": texts.join("\n\n")}));
    }
}

fn answered(answer: &Answer) -> Value {
    let calls: Vec<Value> = answer.calls().map(call).collect();
    let text = answer.text();
    if calls.is_empty() {
        return json!({"role": "assistant", "content": text});
    }
    let content = if text.is_empty() {
        Value::Null
    } else {
        Value::String(text)
    };
    json!({"role": "assistant", "content": content, "tool_calls": calls})
}

fn call(call: &Call) -> Value {
    let arguments = match &call.arguments {
        Arguments::Whole(text) => text.as_str(),
        Arguments::Broken { .. } => "{}",
    };
    json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    })
}
