//! What an event of the Messages stream means. Unknown events, blocks and deltas do no harm: blocks are kept as they come.

use crate::{
    failure, member,
    sse::Frame,
    wire::{Asked, LARGEST_ANSWER_BYTES, MOST_BLOCKS, Meaning, Wire, object, settle},
};
use jarvis_ports::model::{Answer, Arguments, Block, Call, ErrorClass, Event, StopReason, Usage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Members of a block that no unknown piece of it may change.
const SETTLED: [&str; 6] = ["type", "id", "name", "input", "text", "thinking"];

/// A block while it comes.
#[derive(Debug, Default)]
struct Growing {
    /// Its members as they are so far, without those below.
    members: Map<String, Value>,
    /// JSON text of its input, as far as it came in pieces.
    input: String,
    /// Which call of the answer it is, if it is one.
    call: Option<usize>,
    closed: bool,
}

/// The state of one answer.
#[derive(Debug)]
pub(crate) struct Decode {
    asked: Asked,
    begun: bool,
    shown: bool,
    bytes: usize,
    model: String,
    id: String,
    blocks: BTreeMap<u64, Growing>,
    calls: usize,
    usage: Map<String, Value>,
    stop: Option<StopReason>,
}

impl Decode {
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            begun: false,
            shown: false,
            bytes: 0,
            model: String::new(),
            id: String::new(),
            blocks: BTreeMap::new(),
            calls: 0,
            usage: Map::new(),
            stop: None,
        }
    }

    fn malformed(&self, why: impl Into<String>) -> Event {
        self.asked.error(ErrorClass::Malformed, why)
    }

    fn take(&mut self, kind: &str, event: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        match kind {
            "message_start" => self.begin(event, events),
            "content_block_start" => self.open(event, events)?,
            "content_block_delta" => self.grow(event, events)?,
            "content_block_stop" => self.close(event, events)?,
            "message_delta" => self.note_end(event, events),
            "message_stop" => {
                let answer = self.answer()?;
                events.push(Event::Stop(Box::new(answer)));
            }
            "error" => {
                let error = event.get("error").unwrap_or(&Value::Null);
                events.push(Event::Error(failure::in_stream(&self.asked.model, error)));
            }
            // `ping`, and whatever comes in later versions.
            _ => {}
        }
        Ok(())
    }

    /// Proxies say it twice, or begin anew in the middle: what was there before does not count.
    fn begin(&mut self, event: &Map<String, Value>, events: &mut Vec<Event>) {
        if self.begun && self.shown {
            events.push(Event::Restarted);
        }
        *self = Self {
            bytes: self.bytes,
            begun: true,
            ..Self::new(self.asked.clone())
        };
        if let Some(message) = member::object(event, "message") {
            member::text(message, "model").clone_into(&mut self.model);
            member::text(message, "id").clone_into(&mut self.id);
            self.merge_usage(message, events);
        }
    }

    fn open(&mut self, event: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        let (index, block) = (self.index(event)?, member::object(event, "content_block"));
        let mut members = block.cloned().unwrap_or_default();
        if let Some(known) = self.blocks.get(&index) {
            // The same event once more is none; another block in the same place is not to be guessed at.
            let same = ["type", "id"]
                .iter()
                .all(|name| known.members.get(*name) == members.get(*name));
            return if same && !known.closed {
                Ok(())
            } else {
                Err(self.malformed(format!("block {index} begins twice")))
            };
        }
        if self
            .blocks
            .last_key_value()
            .is_some_and(|(last, _)| *last > index)
        {
            return Err(self.malformed(format!("block {index} begins after a later one")));
        }
        if self.blocks.len() >= MOST_BLOCKS {
            return Err(self.malformed(format!("more than {MOST_BLOCKS} blocks")));
        }
        self.spend(serde_json::to_string(&members).map_or(0, |text| text.len()))?;
        let mut block = Growing::default();
        match member::text(&members, "type") {
            "tool_use" => {
                block.call = Some(self.calls);
                events.push(Event::ToolStart {
                    index: self.calls,
                    id: member::text(&members, "id").to_owned(),
                    name: member::text(&members, "name").to_owned(),
                });
                self.calls += 1;
                // A whole answer has its input here; a stream has an empty object here and pieces later.
                if let Some(input) = members
                    .remove("input")
                    .filter(|input| *input != Value::Object(Map::new()))
                {
                    block.input = input.to_string();
                }
            }
            "text" => say(events, Event::Text, member::text(&members, "text")),
            "thinking" => say(events, Event::Reasoning, member::text(&members, "thinking")),
            _ => {}
        }
        block.members = members;
        self.shown |= events.iter().any(Event::is_visible);
        self.blocks.insert(index, block);
        Ok(())
    }

    fn grow(&mut self, event: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        let index = self.index(event)?;
        let Some(delta) = member::object(event, "delta") else {
            return Ok(());
        };
        let size = delta
            .values()
            .map(|value| value.as_str().map_or_else(|| value.to_string().len(), str::len))
            .sum();
        self.spend(size)?;
        let last = self
            .blocks
            .last_key_value()
            .is_some_and(|(last, block)| *last == index && !block.closed);
        let Some(block) = self.blocks.get_mut(&index).filter(|_| last) else {
            return Err(self.malformed(format!("a piece of block {index}, which is not the open one")));
        };
        let kind = member::text(&block.members, "type").to_owned();
        match (member::text(delta, "type"), kind.as_str()) {
            ("text_delta", "text") => words(block, delta, "text", Event::Text, events),
            ("thinking_delta", "thinking") => words(block, delta, "thinking", Event::Reasoning, events),
            ("input_json_delta", _) => {
                let text = member::text(delta, "partial_json");
                block.input.push_str(text);
                if let Some(index) = block.call.filter(|_| !text.is_empty()) {
                    let text = text.to_owned();
                    events.push(Event::ToolArgs { index, text });
                }
            }
            ("citations_delta", _) => cite(&mut block.members, delta),
            // `signature_delta`, `compaction_delta` and what is not known yet: texts grow, the rest is set.
            _ => {
                for name in delta.keys().filter(|name| !SETTLED.contains(&name.as_str())) {
                    append(&mut block.members, delta, name);
                }
            }
        }
        self.shown |= events.iter().any(Event::is_visible);
        Ok(())
    }

    fn close(&mut self, event: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        let index = self.index(event)?;
        let Some(block) = self.blocks.get_mut(&index) else {
            return Err(self.malformed(format!("block {index} ends and never began")));
        };
        if !std::mem::replace(&mut block.closed, true) {
            events.extend(block.call.map(|index| Event::ToolEnd { index }));
        }
        Ok(())
    }

    fn note_end(&mut self, event: &Map<String, Value>, events: &mut Vec<Event>) {
        self.merge_usage(event, events);
        let Some(delta) = member::object(event, "delta") else {
            return;
        };
        if let Some(reason) = member::said(delta, "stop_reason") {
            self.stop = Some(stop_reason(&reason, member::object(delta, "stop_details")));
        }
    }

    /// Each figure is the last one that was told: those of the end are sums, and not all are told again.
    fn merge_usage(&mut self, holder: &Map<String, Value>, events: &mut Vec<Event>) {
        let Some(told) = member::object(holder, "usage") else {
            return;
        };
        // Figures are short; what is not is none.
        let figures = told
            .iter()
            .filter(|(_, value)| !value.is_null() && value.to_string().len() < 1000);
        for (name, value) in figures {
            if self.usage.len() < 64 || self.usage.contains_key(name) {
                self.usage.insert(name.clone(), value.clone());
            }
        }
        events.push(Event::Usage(usage(&self.usage)));
    }

    fn answer(&mut self) -> Result<Answer, Event> {
        if !self.begun {
            return Err(self.malformed("the message ends and never began"));
        }
        let mut blocks: Vec<Block> = std::mem::take(&mut self.blocks)
            .into_values()
            .map(finished)
            .collect();
        let flaws = settle(&mut blocks, &self.asked);
        Ok(Answer {
            wire: Wire::Anthropic.name().to_owned(),
            model: std::mem::take(&mut self.model),
            response_id: std::mem::take(&mut self.id),
            blocks,
            stop: self.stop.take().unwrap_or(StopReason::Other(String::new())),
            usage: (!self.usage.is_empty()).then(|| usage(&self.usage)),
            timings: None,
            flaws,
        })
    }

    fn index(&self, event: &Map<String, Value>) -> Result<u64, Event> {
        member::count(event, "index").ok_or_else(|| self.malformed("a block has no index"))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Event> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > LARGEST_ANSWER_BYTES {
            Err(self.malformed(format!("the answer is larger than {LARGEST_ANSWER_BYTES} bytes")))
        } else {
            Ok(())
        }
    }
}

impl Meaning for Decode {
    fn frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let taken = object(&self.asked, &frame.data).and_then(|event| {
            let kind = member::text(&event, "type").to_owned();
            self.take(&kind, &event, events)
        });
        events.extend(taken.err());
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        events.push(
            self.asked
                .error(ErrorClass::Network, "the answer broke off before its end"),
        );
    }

    /// The same as a stream of it.
    fn whole(&mut self, body: &str, events: &mut Vec<Event>) {
        let taken = object(&self.asked, body).and_then(|mut message| {
            if message.contains_key("error") {
                return self.take("error", &message, events);
            }
            let blocks = message.remove("content");
            let blocks = blocks.as_ref().and_then(Value::as_array).into_iter().flatten();
            let ended = Map::from_iter([("delta".to_owned(), Value::Object(message.clone()))]);
            self.begin(
                &Map::from_iter([("message".to_owned(), Value::Object(message))]),
                events,
            );
            for (index, block) in blocks.enumerate() {
                let event = Map::from_iter([
                    ("index".to_owned(), Value::from(index)),
                    ("content_block".to_owned(), block.clone()),
                ]);
                self.open(&event, events)?;
                self.close(&event, events)?;
            }
            self.note_end(&ended, events);
            self.take("message_stop", &Map::new(), events)
        });
        events.extend(taken.err());
    }
}

fn say(events: &mut Vec<Event>, kind: fn(String) -> Event, text: &str) {
    if !text.is_empty() {
        events.push(kind(text.to_owned()));
    }
}

/// A piece of what is shown as it comes.
fn words(
    block: &mut Growing,
    delta: &Map<String, Value>,
    name: &str,
    kind: fn(String) -> Event,
    events: &mut Vec<Event>,
) {
    let piece = member::text(delta, name);
    match block.members.get_mut(name) {
        Some(Value::String(text)) => text.push_str(piece),
        _ => {
            block.members.insert(name.to_owned(), Value::from(piece));
        }
    }
    say(events, kind, piece);
}

/// A text of the delta is added to the block's; anything else takes its place.
fn append(members: &mut Map<String, Value>, delta: &Map<String, Value>, name: &str) {
    let Some(new) = delta.get(name) else { return };
    match (members.get_mut(name), new) {
        (Some(Value::String(old)), Value::String(new)) => old.push_str(new),
        _ => {
            members.insert(name.to_owned(), new.clone());
        }
    }
}

fn cite(members: &mut Map<String, Value>, delta: &Map<String, Value>) {
    let Some(citation) = delta.get("citation") else {
        return;
    };
    match members.get_mut("citations") {
        Some(Value::Array(citations)) => citations.push(citation.clone()),
        _ => {
            members.insert("citations".to_owned(), Value::Array(vec![citation.clone()]));
        }
    }
}

fn finished(mut block: Growing) -> Block {
    let kind = member::text(&block.members, "type").to_owned();
    if block.call.is_some() {
        return Block::Call(call(block));
    }
    if !block.input.is_empty() {
        let input = serde_json::from_str(&block.input).unwrap_or(Value::Object(Map::new()));
        block.members.insert("input".to_owned(), input);
    }
    let plain = block
        .members
        .keys()
        .all(|name| matches!(name.as_str(), "type" | "text"));
    if kind == "text" && plain {
        return Block::Text(member::text(&block.members, "text").to_owned());
    }
    let own = |wanted: &str| {
        if kind == wanted {
            member::text(&block.members, wanted).to_owned()
        } else {
            String::new()
        }
    };
    Block::Kept {
        words: own("text"),
        thought: own("thinking"),
        json: Value::Object(block.members.clone()).to_string(),
        kind,
    }
}

fn call(block: Growing) -> Call {
    let mut members = block.members;
    let mut take = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (id, name, _) = (take("id"), take("name"), take("type"));
    let arguments = match (block.closed, id.is_empty() || name.is_empty()) {
        (_, true) => Arguments::Broken {
            text: block.input,
            why: "it has no id or no name".to_owned(),
        },
        (false, _) => Arguments::Broken {
            text: block.input,
            why: "its arguments were cut off".to_owned(),
        },
        (true, _) => member::arguments(block.input),
    };
    Call {
        id,
        name,
        arguments,
        members,
    }
}

fn stop_reason(reason: &str, details: Option<&Map<String, Value>>) -> StopReason {
    match reason {
        "end_turn" => StopReason::EndTurn,
        "tool_use" => StopReason::ToolUse,
        "max_tokens" => StopReason::MaxTokens,
        "stop_sequence" => StopReason::StopSequence,
        "pause_turn" => StopReason::Paused,
        "model_context_window_exceeded" => StopReason::ContextFull,
        "refusal" => StopReason::Refusal {
            category: details
                .and_then(|details| member::said(details, "category"))
                .map(|text| failure::clean(&text, "", 60)),
            explanation: details
                .and_then(|details| member::said(details, "explanation"))
                .map(|text| failure::clean(&text, "", 400)),
        },
        other => StopReason::Other(failure::clean(other, "", 60)),
    }
}

fn usage(told: &Map<String, Value>) -> Usage {
    let count = |name| member::count(told, name).unwrap_or_default();
    let long = member::inner_count(told, "cache_creation", "ephemeral_1h_input_tokens").unwrap_or_default();
    let written = count("cache_creation_input_tokens");
    Usage {
        input_tokens: count("input_tokens"),
        cache_write_tokens: written.saturating_sub(long),
        cache_write_long_tokens: long,
        cache_read_tokens: count("cache_read_input_tokens"),
        output_tokens: count("output_tokens"),
        thinking_tokens: member::inner_count(told, "output_tokens_details", "thinking_tokens")
            .unwrap_or_default(),
        surcharge: member::text(told, "inference_geo") == "us",
    }
}
