//! The two wires, and what their decoders share: bytes in, events out, the last one once.

use crate::{
    anthropic, failure, openai,
    sse::{Frame, Reader},
};
use jarvis_ports::model::{Arguments, Block, ErrorClass, Event, Flaw, ModelError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most an answer may be, bytes of its text, thought and calls together.
pub const LARGEST_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The most blocks or calls an answer may have.
pub const MOST_BLOCKS: usize = 1000;

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's chat completions, as llama-server and others speak them.
    OpenaiCompatible,
}

impl Wire {
    /// Its name, as an answer carries it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenaiCompatible => "openai-compatible",
        }
    }
}

/// What a decoder must know of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The model, as errors name it.
    pub model: String,
    /// How many turns the conversation had; part of ids that are made here.
    pub turns: usize,
    /// Whether tools were offered, so that calls may leak into text.
    pub with_tools: bool,
}

impl Asked {
    pub(crate) fn error(&self, class: ErrorClass, why: impl Into<String>) -> Event {
        Event::Error(ModelError {
            model: self.model.clone(),
            class,
            why: why.into(),
            retry_after: None,
            request_id: None,
        })
    }
}

/// One wire's part: what an event means.
pub(crate) trait Meaning {
    /// Takes an event; adds what it means. After a last event it is not called again.
    fn frame(&mut self, frame: &Frame, events: &mut Vec<Event>);
    /// The stream has ended and no last event was there.
    fn end(&mut self, events: &mut Vec<Event>);
    /// An answer that came whole, as the body of one JSON document.
    fn whole(&mut self, body: &str, events: &mut Vec<Event>);
}

/// Decodes one answer. A pure state machine over bytes, which may be cut anywhere. Its events end with one last one;
/// whatever comes after it is not read.
pub struct Decoder {
    asked: Asked,
    reader: Reader,
    meaning: Box<dyn Meaning + Send>,
    over: bool,
}

impl Decoder {
    /// For one answer.
    pub fn new(wire: Wire, asked: Asked) -> Self {
        let meaning: Box<dyn Meaning + Send> = match wire {
            Wire::Anthropic => Box::new(anthropic::Decode::new(asked.clone())),
            Wire::OpenaiCompatible => Box::new(openai::Decode::new(asked.clone())),
        };
        Self {
            asked,
            reader: Reader::default(),
            meaning,
            over: false,
        }
    }

    /// Reads on.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        if self.over {
            return events;
        }
        let mut frames = Vec::new();
        let read = self.reader.push(bytes, &mut frames);
        self.take(&frames, &mut events);
        if let (false, Err(error)) = (self.over, read) {
            events.push(self.asked.error(ErrorClass::Malformed, error.to_string()));
            self.over = true;
        }
        events
    }

    /// The stream has ended, in order or not.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.over {
            let last: Vec<Frame> = self.reader.finish().into_iter().collect();
            self.take(&last, &mut events);
        }
        if !self.over {
            self.meaning.end(&mut events);
            self.over = true;
        }
        events
    }

    /// A whole answer at once, for servers that do not stream.
    pub fn whole(&mut self, body: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        if std::mem::replace(&mut self.over, true) {
            return events;
        }
        match str::from_utf8(body) {
            Ok(text) => self.meaning.whole(text, &mut events),
            Err(_) => events.push(self.asked.error(ErrorClass::Malformed, "the answer is not UTF-8")),
        }
        if !events.last().is_some_and(Event::is_last) {
            events.push(self.asked.error(ErrorClass::Malformed, "the answer is not whole"));
        }
        events
    }

    fn take(&mut self, frames: &[Frame], events: &mut Vec<Event>) {
        for frame in frames {
            if self.over {
                return;
            }
            self.meaning.frame(frame, events);
            self.over = events.last().is_some_and(Event::is_last);
        }
    }
}

/// The text of an event as an object of JSON.
pub(crate) fn object(asked: &Asked, data: &str) -> Result<serde_json::Map<String, serde_json::Value>, Event> {
    serde_json::from_str(data).map_err(|error| {
        let shown = failure::clean(data, "", 80);
        asked.error(
            ErrorClass::Malformed,
            format!("an event is no JSON object ({error}): {shown}"),
        )
    })
}

/// Gives every call an id of its own, since results are told apart by it, and says which calls are broken.
pub(crate) fn settle(blocks: &mut [Block], asked: &Asked) -> Vec<Flaw> {
    let mut taken = BTreeSet::new();
    let mut flaws = Vec::new();
    for (place, block) in blocks.iter_mut().enumerate() {
        let Block::Call(call) = block else { continue };
        if call.id.is_empty() || taken.contains(&call.id) {
            call.id = format!("call_{}_{place}", asked.turns);
        }
        while !taken.insert(call.id.clone()) {
            call.id.push('x');
        }
        if let Arguments::Broken { why, .. } = &call.arguments {
            flaws.push(Flaw::BrokenCall {
                id: call.id.clone(),
                name: call.name.clone(),
                why: why.clone(),
            });
        }
    }
    flaws
}
