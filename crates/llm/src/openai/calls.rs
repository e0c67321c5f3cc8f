//! Calls of tools out of fragments. Servers cut them in many ways: whole or in pieces, interleaved, without an index or with
//! the same one for all, with ids and names that come once, never, or again as empty texts.

use crate::member;
use jarvis_ports::model::{Arguments, Call, Event};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Growing {
    index: u64,
    id: String,
    name: String,
    arguments: String,
    /// Which call it is for those who look on: known once its name is.
    shown: Option<usize>,
}

/// The calls of one answer while they come.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "they are what they are")]
pub struct Calls {
    calls: Vec<Growing>,
    /// The call that an index means at present.
    at: BTreeMap<u64, usize>,
    /// How many are shown.
    shown: usize,
}

impl Calls {
    /// How many.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Takes a fragment.
    pub fn take(&mut self, fragment: &Map<String, Value>, events: &mut Vec<Event>) {
        let empty = Map::new();
        let function = member::object(fragment, "function").unwrap_or(&empty);
        let (id, name) = (member::text(fragment, "id"), member::text(function, "name"));
        let position = self.position(member::count(fragment, "index"), id, name);
        let call = &mut self.calls[position];
        // What is known is never overwritten: continuations repeat it, or say it empty.
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        let text = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(whole @ Value::Object(_)) => whole.to_string(),
            _ => String::new(),
        };
        call.arguments.push_str(&text);
        // Arguments that came before the name are shown with it.
        let (index, text) = match call.shown {
            Some(index) => (index, text),
            None if call.name.is_empty() => return,
            None => {
                let index = self.shown;
                (self.shown, call.shown) = (index + 1, Some(index));
                events.push(Event::ToolStart {
                    index,
                    id: call.id.clone(),
                    name: call.name.clone(),
                });
                (index, call.arguments.clone())
            }
        };
        if !text.is_empty() {
            events.push(Event::ToolArgs { index, text });
        }
    }

    fn position(&mut self, index: Option<u64>, id: &str, name: &str) -> usize {
        let by_id = |calls: &[Growing]| calls.iter().rposition(|call| !id.is_empty() && call.id == id);
        let known = match index {
            // Another id and a name in the place of a call: a server that gives all calls the same index.
            Some(index) => self.at.get(&index).copied().filter(|position| {
                let call = &self.calls[*position];
                id.is_empty() || call.id.is_empty() || call.id == id || name.is_empty()
            }),
            None => by_id(&self.calls).or_else(|| {
                let continues = id.is_empty() && name.is_empty();
                continues.then(|| self.calls.len().checked_sub(1)).flatten()
            }),
        };
        if let Some(position) = known {
            return position;
        }
        let next = self
            .at
            .keys()
            .next_back()
            .map_or(0, |last| last.saturating_add(1));
        let index = index.unwrap_or(next);
        self.calls.push(Growing {
            index,
            ..Growing::default()
        });
        self.at.insert(index, self.calls.len() - 1);
        self.calls.len() - 1
    }

    /// All of them, in the order of their index; `cut` says that the answer was not finished.
    pub fn finish(&mut self, cut: bool, events: &mut Vec<Event>) -> Vec<Call> {
        self.at.clear();
        let mut calls: Vec<(usize, Growing)> =
            std::mem::take(&mut self.calls).into_iter().enumerate().collect();
        calls.sort_by_key(|(position, call)| (call.index, *position));
        calls
            .into_iter()
            .map(|(_, call)| {
                events.extend(call.shown.map(|index| Event::ToolEnd { index }));
                finished(call, cut)
            })
            .collect()
    }
}

fn finished(call: Growing, cut: bool) -> Call {
    let arguments = if call.name.is_empty() {
        Arguments::Broken {
            text: call.arguments,
            why: "it names no tool".to_owned(),
        }
    } else if cut {
        Arguments::Broken {
            text: call.arguments,
            why: "its arguments were cut off".to_owned(),
        }
    } else {
        member::arguments(call.arguments)
    };
    Call {
        id: call.id,
        name: call.name,
        arguments,
        members: Map::new(),
    }
}
