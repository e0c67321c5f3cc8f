//! What a stream of events comes to, and a plain way to decode.

use jarvis_llm::{Asked, Decoder, Wire};
use jarvis_ports::model::{Answer, Event, ModelError};

/// What is left of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Words as they were shown.
    pub text: String,
    /// Thought as it was shown.
    pub reasoning: String,
    /// Arguments as they were shown, by call.
    pub shown_arguments: Vec<String>,
    /// The answer.
    pub answer: Option<Answer>,
    /// Or why there is none.
    pub error: Option<ModelError>,
}

impl Outcome {
    /// Of events.
    ///
    /// # Panics
    /// When they do not end with exactly one last event.
    pub fn of(events: &[Event]) -> Self {
        let lasts = events.iter().filter(|event| event.is_last()).count();
        assert!(
            lasts == 1 && events.last().unwrap().is_last(),
            "one last event: {events:?}"
        );
        let mut outcome = Self::default();
        for event in events {
            match event.clone() {
                Event::Restarted => outcome = Self::default(),
                Event::Text(text) => outcome.text.push_str(&text),
                Event::Reasoning(text) => outcome.reasoning.push_str(&text),
                Event::ToolStart { index, .. } => {
                    assert_eq!(index, outcome.shown_arguments.len(), "calls begin in order");
                    outcome.shown_arguments.push(String::new());
                }
                Event::ToolArgs { index, text } => outcome.shown_arguments[index].push_str(&text),
                Event::ToolEnd { .. } | Event::Usage(_) => {}
                Event::Stop(answer) => outcome.answer = Some(*answer),
                Event::Error(error) => outcome.error = Some(error),
            }
        }
        outcome
    }

    /// Names and arguments of what would be run.
    pub fn runnable(&self) -> Vec<(String, String)> {
        let calls = self.answer.iter().flat_map(Answer::runnable);
        calls
            .map(|call| {
                (
                    call.name.clone(),
                    serde_json::to_string(&call.object().unwrap()).unwrap(),
                )
            })
            .collect()
    }

    /// The answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn answer(&self) -> &Answer {
        self.answer
            .as_ref()
            .unwrap_or_else(|| panic!("an answer: {:?}", self.error))
    }
}

/// As if tools were offered at the third turn.
pub fn asked() -> Asked {
    Asked {
        model: "tested".to_owned(),
        turns: 3,
        with_tools: true,
    }
}

/// The events of pieces of a stream and its end.
pub fn events<'a>(wire: Wire, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::new(wire, asked());
    let mut events: Vec<Event> = pieces.into_iter().flat_map(|piece| decoder.push(piece)).collect();
    events.extend(decoder.finish());
    assert!(
        decoder.push(b"data: {}\n\n").is_empty() && decoder.finish().is_empty(),
        "nothing follows"
    );
    events
}

/// What a stream comes to.
pub fn decode(wire: Wire, bytes: &[u8]) -> Outcome {
    Outcome::of(&events(wire, [bytes]))
}
