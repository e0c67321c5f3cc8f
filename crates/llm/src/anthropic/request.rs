//! The body of a request. The same conversation gives the same bytes, and a longer one begins with those of the shorter one,
//! cache marks aside; answers of this wire go back block for block as they came.

use crate::{
    settings::{Effort, Style, Thinking},
    turns::{Group, Said, Step, steps},
    wire::Wire,
};
use jarvis_ports::model::{Answer, Arguments, Block, Call, Prompt, ToolOffer};
use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Value>,
    messages: Vec<Message>,
}

#[derive(Debug, Serialize)]
struct Message {
    role: &'static str,
    content: Vec<Part>,
}

/// A block: of our making, or as it came.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part {
    Own(Value),
    Call(ToolUse),
    Raw(Box<RawValue>),
}

#[derive(Debug, Serialize)]
struct ToolUse {
    r#type: &'static str,
    id: String,
    name: String,
    input: Box<RawValue>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// The JSON text of a request for an answer to `prompt` by `model`.
pub fn body(model: &str, prompt: &Prompt, style: &Style) -> Result<String, serde_json::Error> {
    let mark = if style.long_cache {
        json!({"type": "ephemeral", "ttl": "1h"})
    } else {
        json!({"type": "ephemeral"})
    };
    let mut tools: Vec<Value> = prompt.tools.iter().map(tool).collect();
    let mut system: Vec<Value> = Vec::new();
    if !prompt.system.is_empty() {
        system.push(json!({"type": "text", "text": prompt.system}));
    }
    // Four marks are allowed: the end of the tools, that of the system text, and the ends of the last two messages that are
    // not the model's. A look for a cached beginning goes back 20 blocks from a mark, hence the second of these.
    for last in [tools.last_mut(), system.last_mut()].into_iter().flatten() {
        last["cache_control"] = mark.clone();
    }
    let mut messages = messages(prompt, style)?;
    for message in messages
        .iter_mut()
        .rev()
        .filter(|message| message.role == "user")
        .take(2)
    {
        if let Some(Part::Own(block)) = message.content.last_mut() {
            block["cache_control"] = mark.clone();
        }
    }
    serde_json::to_string(&Body {
        model,
        max_tokens: prompt.max_output_tokens,
        stream: true,
        thinking: style.thinking.map(thinking),
        output_config: style.effort.map(|effort: Effort| json!({"effort": effort})),
        tool_choice: (!tools.is_empty()).then(|| json!({"type": "auto"})),
        tools,
        system,
        messages,
    })
}

fn tool(offer: &ToolOffer) -> Value {
    json!({"name": offer.name, "description": offer.description, "input_schema": offer.schema})
}

fn thinking(thinking: Thinking) -> Value {
    match thinking {
        Thinking::Adaptive => json!({"type": "adaptive", "display": "summarized"}),
        Thinking::Budget(tokens) => json!({"type": "enabled", "budget_tokens": tokens}),
        Thinking::BetweenTools => json!({"type": "between_tools"}),
        Thinking::Off => json!({"type": "disabled"}),
    }
}

fn messages(prompt: &Prompt, style: &Style) -> Result<Vec<Message>, serde_json::Error> {
    let mut messages = Vec::new();
    for step in steps(&prompt.history) {
        match step {
            Step::Group(group) => messages.extend(said(&group, style)),
            Step::Answer(answer) => messages.push(Message {
                role: "assistant",
                content: answered(answer)?,
            }),
        }
    }
    Ok(messages)
}

/// All results of a batch in one message, before any words. Notes in a role of their own come after it.
fn said(group: &Group<'_>, style: &Style) -> Vec<Message> {
    let mut content: Vec<Part> = Vec::new();
    for result in &group.results {
        content.push(Part::Own(json!({
            "type": "tool_result",
            "tool_use_id": safe_id(&result.id),
            "content": result.text,
            "is_error": result.is_error,
        })));
    }
    let person = !group.results.is_empty() || group.said.iter().any(|said| matches!(said, Said::Person(_)));
    let own_role = style.system_notes && person;
    let text = |text: String| Part::Own(json!({"type": "text", "text": text}));
    let mut notes = Vec::new();
    for said in &group.said {
        match said {
            Said::Note(note) if own_role => notes.push(text((*note).to_owned())),
            said => content.push(text(said.marked())),
        }
    }
    let mut messages = vec![Message {
        role: "user",
        content,
    }];
    if !notes.is_empty() {
        messages.push(Message {
            role: "system",
            content: notes,
        });
    }
    messages
}

fn answered(answer: &Answer) -> Result<Vec<Part>, serde_json::Error> {
    let own = answer.wire == Wire::Anthropic.name();
    let mut content = Vec::new();
    for block in &answer.blocks {
        match block {
            // The server refuses blocks that say nothing, although it sends them.
            Block::Text(text) if text.trim().is_empty() => {}
            Block::Text(text) => content.push(Part::Own(json!({"type": "text", "text": text}))),
            Block::Call(call) => content.push(Part::Call(tool_use(call, own)?)),
            Block::Kept { json, .. } if own => content.push(Part::Raw(RawValue::from_string(json.clone())?)),
            // Thought of another wire means nothing here.
            Block::Kept { .. } | Block::Reasoning(_) => {}
        }
    }
    if content.is_empty() {
        content.push(Part::Own(json!({"type": "text", "text": "(no answer)"})));
    }
    Ok(content)
}

fn tool_use(call: &Call, own: bool) -> Result<ToolUse, serde_json::Error> {
    let input = match &call.arguments {
        Arguments::Whole(text) => text.clone(),
        Arguments::Broken { .. } => "{}".to_owned(),
    };
    Ok(ToolUse {
        r#type: "tool_use",
        id: safe_id(&call.id),
        name: call.name.clone(),
        input: RawValue::from_string(input)?,
        members: if own { call.members.clone() } else { Map::new() },
    })
}

/// Ids made by other servers may hold characters that are refused here; equal ids stay equal and different ones different.
fn safe_id(id: &str) -> String {
    let mut safe = String::with_capacity(id.len());
    for c in id.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => safe.push(c),
            other => safe.extend(["_x", &format!("{:x}", u32::from(other)), "_"]),
        }
    }
    safe
}
