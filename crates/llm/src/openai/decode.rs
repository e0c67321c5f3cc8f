//! What a chunk of chat completions means.

use super::calls::Calls;
use crate::{
    failure, member,
    sse::Frame,
    wire::{Asked, LARGEST_ANSWER_BYTES, MOST_BLOCKS, Meaning, Wire, object, settle},
};
use jarvis_ports::model::{Answer, Block, ErrorClass, Event, Flaw, StopReason, Timings, Usage};
use serde_json::{Map, Value};

/// Words by which a call is known that leaked into text, as models of several families write it.
const LEAKED: [&str; 7] = [
    "<tool_call>",
    "</tool_call>",
    "<function=",
    "<|tool_call",
    "<|python_tag|>",
    "[TOOL_CALLS]",
    "<function_call>",
];

/// The state of one answer.
#[derive(Debug)]
pub(crate) struct Decode {
    asked: Asked,
    bytes: usize,
    model: String,
    id: String,
    text: String,
    reasoning: String,
    calls: Calls,
    finish: Option<String>,
    usage: Option<Usage>,
    timings: Option<Timings>,
}

impl Decode {
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            bytes: 0,
            model: String::new(),
            id: String::new(),
            text: String::new(),
            reasoning: String::new(),
            calls: Calls::default(),
            finish: None,
            usage: None,
            timings: None,
        }
    }

    fn chunk(&mut self, chunk: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            events.push(Event::Error(failure::in_stream(&self.asked.model, error)));
            return Ok(());
        }
        for (own, name) in [(&mut self.model, "model"), (&mut self.id, "id")] {
            if own.is_empty() {
                member::text(chunk, name).clone_into(own);
            }
        }
        let choices = chunk.get("choices").and_then(Value::as_array);
        let first = choices.into_iter().flatten().filter_map(Value::as_object);
        // One answer is asked for; another one beside it is none of ours.
        for choice in first.filter(|choice| member::count(choice, "index").unwrap_or_default() == 0) {
            if let Some(delta) = member::object(choice, "delta") {
                self.delta(delta, events)?;
            }
            if let Some(reason) = member::said(choice, "finish_reason") {
                self.finish = Some(reason);
            }
        }
        self.figures(chunk, events);
        Ok(())
    }

    fn delta(&mut self, delta: &Map<String, Value>, events: &mut Vec<Event>) -> Result<(), Event> {
        let reasoning = ["reasoning_content", "reasoning"].map(|name| member::text(delta, name));
        if let Some(thought) = reasoning.into_iter().find(|thought| !thought.is_empty()) {
            self.spend(thought.len())?;
            self.reasoning.push_str(thought);
            events.push(Event::Reasoning(thought.to_owned()));
        }
        let text = words(delta.get("content"));
        if !text.is_empty() {
            self.spend(text.len())?;
            self.text.push_str(&text);
            events.push(Event::Text(text));
        }
        let fragments = delta.get("tool_calls").and_then(Value::as_array);
        for fragment in fragments.into_iter().flatten().filter_map(Value::as_object) {
            self.spend(serde_json::to_string(fragment).map_or(0, |text| text.len()))?;
            self.calls.take(fragment, events);
            if self.calls.len() > MOST_BLOCKS {
                return Err(self.malformed(format!("more than {MOST_BLOCKS} calls")));
            }
        }
        Ok(())
    }

    fn figures(&mut self, chunk: &Map<String, Value>, events: &mut Vec<Event>) {
        if let Some(told) = member::object(chunk, "timings") {
            self.timings = Some(timings(told));
        }
        if let Some(told) = member::object(chunk, "usage") {
            let usage = usage(told);
            self.usage = Some(usage);
            events.push(Event::Usage(usage));
        }
    }

    fn stop(&mut self, events: &mut Vec<Event>) {
        let reason = self.finish.take().unwrap_or_default();
        let called = self.calls.len() > 0;
        let stop = match reason.as_str() {
            "tool_calls" | "function_call" => StopReason::ToolUse,
            // Some servers say so although they call.
            "stop" if called => StopReason::ToolUse,
            "stop" => StopReason::EndTurn,
            "length" => StopReason::MaxTokens,
            "content_filter" => StopReason::Refusal {
                category: None,
                explanation: None,
            },
            other => StopReason::Other(failure::clean(other, "", 60)),
        };
        let mut blocks = Vec::new();
        let leaked = !called && self.asked.with_tools && self.leaked();
        if !self.reasoning.is_empty() {
            blocks.push(Block::Reasoning(std::mem::take(&mut self.reasoning)));
        }
        if !self.text.is_empty() {
            blocks.push(Block::Text(std::mem::take(&mut self.text)));
        }
        let cut = stop != StopReason::ToolUse;
        blocks.extend(self.calls.finish(cut, events).into_iter().map(Block::Call));
        let mut flaws = settle(&mut blocks, &self.asked);
        flaws.extend(leaked.then_some(Flaw::LeakedCall));
        events.push(Event::Stop(Box::new(Answer {
            wire: Wire::OpenaiCompatible.name().to_owned(),
            model: std::mem::take(&mut self.model),
            response_id: std::mem::take(&mut self.id),
            blocks,
            stop,
            usage: self.usage.or_else(|| self.timings.map(timed_usage)),
            timings: self.timings,
            flaws,
        })));
    }

    fn leaked(&self) -> bool {
        LEAKED
            .iter()
            .any(|word| self.text.contains(word) || self.reasoning.contains(word))
    }

    fn malformed(&self, why: impl Into<String>) -> Event {
        self.asked.error(ErrorClass::Malformed, why)
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
        if frame.data.trim() == "[DONE]" {
            self.stop(events);
            return;
        }
        let taken = object(&self.asked, &frame.data).and_then(|chunk| self.chunk(&chunk, events));
        events.extend(taken.err());
    }

    /// The mark of the end may be missing; the reason for it may not.
    fn end(&mut self, events: &mut Vec<Event>) {
        if self.finish.is_some() {
            self.stop(events);
        } else {
            events.push(
                self.asked
                    .error(ErrorClass::Network, "the answer broke off before its end"),
            );
        }
    }

    /// The same as a stream of one chunk, whose message is called another name.
    fn whole(&mut self, body: &str, events: &mut Vec<Event>) {
        let taken = object(&self.asked, body).and_then(|mut chunk| {
            for choice in chunk
                .get_mut("choices")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(message) = choice.get_mut("message").map(Value::take) {
                    choice["delta"] = message;
                }
            }
            self.chunk(&chunk, events)
        });
        match taken {
            Err(error) => events.push(error),
            Ok(()) if events.last().is_some_and(Event::is_last) => {}
            Ok(()) => self.end(events),
        }
    }
}

/// Text, alone or as a list of parts.
fn words(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(Value::as_object);
            texts
                .filter(|part| member::text(part, "type") == "text")
                .map(|part| member::text(part, "text"))
                .collect()
        }
        _ => String::new(),
    }
}

fn usage(told: &Map<String, Value>) -> Usage {
    let count = |name| member::count(told, name).unwrap_or_default();
    let (prompt, written, total) = (
        count("prompt_tokens"),
        count("completion_tokens"),
        count("total_tokens"),
    );
    let cached = member::inner_count(told, "prompt_tokens_details", "cached_tokens")
        .or_else(|| member::count(told, "prompt_cache_hit_tokens"))
        .unwrap_or_default()
        .min(prompt);
    Usage {
        input_tokens: prompt - cached,
        cache_read_tokens: cached,
        // Some leave thought out of what was written, and count it in the sum.
        output_tokens: written.max(total.saturating_sub(prompt)),
        thinking_tokens: member::inner_count(told, "completion_tokens_details", "reasoning_tokens")
            .unwrap_or_default(),
        ..Usage::default()
    }
}

fn timings(told: &Map<String, Value>) -> Timings {
    let count = |name| member::count(told, name).unwrap_or_default();
    let millis = |name| told.get(name).and_then(Value::as_f64).unwrap_or_default();
    Timings {
        cached_tokens: count("cache_n"),
        prompt_tokens: count("prompt_n"),
        prompt_ms: millis("prompt_ms"),
        predicted_tokens: count("predicted_n"),
        predicted_ms: millis("predicted_ms"),
    }
}

fn timed_usage(timings: Timings) -> Usage {
    Usage {
        input_tokens: timings.prompt_tokens,
        cache_read_tokens: timings.cached_tokens,
        output_tokens: timings.predicted_tokens,
        ..Usage::default()
    }
}
