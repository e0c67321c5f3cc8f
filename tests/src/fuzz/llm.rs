//! Answers of language models' servers. The first byte says what: `A` a stream of Anthropic's Messages, `O` one of chat
//! completions, `a` and `o` such an answer as one document, `R` the body of a refusal; anything else is read as all of them.
//!
//! Whatever comes: events that end once; cuts are not seen; what is shown is what is kept; calls have ids of their own, and
//! only whole ones may be run.

use jarvis_llm::{
    Asked, Decoder, Wire,
    failure::{Refused, refusal},
};
use jarvis_ports::model::{Answer, Event};
use std::collections::BTreeSet;

/// A piece of this size cuts everything sooner or later in every place.
const PIECE: usize = 7;

/// Reads an answer.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let Some((mark, bytes)) = data.split_first() else {
        return;
    };
    let (both, none): (&[Wire], &[Wire]) = (&[Wire::Anthropic, Wire::OpenaiCompatible], &[]);
    let (streams, documents) = match mark {
        b'A' => (&both[..1], none),
        b'O' => (&both[1..], none),
        b'a' => (none, &both[..1]),
        b'o' => (none, &both[1..]),
        b'R' => (none, none),
        _ => (both, both),
    };
    for wire in streams {
        let whole = streamed(*wire, bytes, usize::MAX);
        assert_eq!(streamed(*wire, bytes, PIECE), whole, "cuts are seen");
        events_hold(&whole);
    }
    for wire in documents {
        events_hold(&decoder(*wire).whole(bytes));
    }
    if streams.is_empty() && documents.is_empty() {
        refusal_holds(bytes);
    }
}

fn decoder(wire: Wire) -> Decoder {
    Decoder::new(
        wire,
        Asked {
            model: "fuzzed".to_owned(),
            turns: 1,
            with_tools: true,
        },
    )
}

fn streamed(wire: Wire, bytes: &[u8], piece: usize) -> Vec<Event> {
    let mut decoder = decoder(wire);
    let mut events: Vec<Event> = bytes
        .chunks(piece)
        .flat_map(|piece| decoder.push(piece))
        .collect();
    events.extend(decoder.finish());
    assert!(
        decoder.push(b"data: {}\n\n").is_empty() && decoder.finish().is_empty(),
        "nothing follows the end"
    );
    events
}

fn events_hold(events: &[Event]) {
    let ends = events.iter().filter(|event| event.is_last()).count();
    assert!(
        ends == 1 && events.last().is_some_and(Event::is_last),
        "one end, and it is last"
    );
    let mut shown = String::new();
    for event in events {
        match event {
            Event::Restarted => shown.clear(),
            Event::Text(text) => shown.push_str(text),
            Event::Stop(answer) => answer_holds(answer, &shown),
            _ => {}
        }
    }
}

fn answer_holds(answer: &Answer, shown: &str) {
    assert_eq!(answer.text(), shown, "what is shown is what is kept");
    let ids: BTreeSet<&str> = answer.calls().map(|call| call.id.as_str()).collect();
    assert_eq!(
        ids.len(),
        answer.calls().count(),
        "every call has an id of its own"
    );
    assert!(!ids.contains(""), "every call has an id");
    for call in answer.runnable() {
        assert!(
            call.object().is_some() && !call.name.is_empty(),
            "only whole calls are run"
        );
    }
    let stored = serde_json::to_string(answer).expect("an answer is stored");
    let read: Answer = serde_json::from_str(&stored).expect("and read");
    assert_eq!(read.blocks, answer.blocks, "an answer is stored as it is");
}

fn refusal_holds(bytes: &[u8]) {
    for status in [400, 401, 429, 500, 529] {
        let refused = Refused {
            status,
            body: String::from_utf8_lossy(bytes).into_owned(),
            ..Refused::default()
        };
        let error = refusal("fuzzed", "secret", refused).error;
        assert!(!error.to_string().contains("secret"), "no error shows the key");
        assert!(error.why.chars().count() < 500, "no error repeats a long text");
        assert!(
            !error.to_string().chars().any(char::is_control),
            "an error is one line"
        );
    }
}
