//! Any bytes: no panic, one last event, nothing seen of cuts, memory within the limits.

use crate::outcome::{Outcome, events};
use jarvis_llm::{Decoder, Wire, sse, wire::LARGEST_ANSWER_BYTES};
use jarvis_ports::model::{ErrorClass, Event};
use proptest::prelude::*;
use serde_json::json;

/// Members as both wires use them, with values that fit and values that do not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("0".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("-1e300".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        "[a-z_<>{}\\[\\] ]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        prop::sample::select(vec![
            "tool_use",
            "text",
            "thinking",
            "end_turn",
            "stop",
            "tool_calls",
            "length"
        ])
        .prop_map(|word| format!("\"{word}\"")),
    ]
}

fn members(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(names), value()), 0..5).prop_map(|members| {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

const BLOCK: &[&str] = &[
    "type",
    "id",
    "name",
    "input",
    "text",
    "thinking",
    "signature",
    "data",
    "partial_json",
    "citation",
    "stop_reason",
];
const USAGE: &[&str] = &[
    "input_tokens",
    "output_tokens",
    "cache_creation",
    "prompt_tokens",
    "total_tokens",
    "completion_tokens",
];
const DELTA: &[&str] = &["role", "content", "reasoning", "reasoning_content", "tool_calls"];
const CALL: &[&str] = &["index", "id", "type", "function"];
const FUNCTION: &[&str] = &["name", "arguments"];

fn anthropic_event() -> impl Strategy<Value = String> {
    let kinds = vec![
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
        "odd",
    ];
    (prop::sample::select(kinds), 0u64..4, members(BLOCK), members(BLOCK), members(USAGE)).prop_map(
        |(kind, index, block, delta, usage)| {
            format!(
                "{{\"type\":\"{kind}\",\"index\":{index},\"content_block\":{block},\"delta\":{delta},\"usage\":{usage},\"message\":{{\"usage\":{usage}}}}}"
            )
        },
    )
}

fn chat_event() -> impl Strategy<Value = String> {
    let call = (members(CALL), members(FUNCTION), 0u64..3).prop_map(|(call, function, index)| {
        match call.strip_suffix('}').filter(|call| call.len() > 1) {
            Some(call) => format!("{call},\"function\":{function},\"index\":{index}}}"),
            None => format!("{{\"function\":{function}}}"),
        }
    });
    let delta = prop_oneof![
        members(DELTA),
        call.prop_map(|call| format!("{{\"tool_calls\":[{call}]}}"))
    ];
    let chunk = (delta, value(), members(USAGE)).prop_map(|(delta, finish, usage)| {
        format!("{{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}],\"usage\":{usage},\"timings\":{usage}}}")
    });
    prop_oneof![8 => chunk, 1 => Just("[DONE]".to_owned()), 1 => members(&["error", "choices", "usage"])]
}

fn stream(event: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(event, 0..25).prop_map(|events| {
        let framed: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        framed.concat().into_bytes()
    })
}

/// What holds for any bytes on either wire.
fn holds(bytes: &[u8], size: usize) {
    for wire in [Wire::Anthropic, Wire::OpenaiCompatible] {
        let whole = events(wire, [bytes]);
        assert_eq!(events(wire, bytes.chunks(size)), whole);
        let outcome = Outcome::of(&whole);
        if let Some(answer) = &outcome.answer {
            let ids: std::collections::BTreeSet<&str> = answer.calls().map(|call| call.id.as_str()).collect();
            assert!(
                ids.len() == answer.calls().count() && !ids.contains(""),
                "every call has an id of its own"
            );
            assert!(
                answer
                    .runnable()
                    .all(|call| call.object().is_some() && !call.name.is_empty())
            );
            assert_eq!(answer.text(), outcome.text, "what is shown is what is kept");
        }
        let mut decoder = Decoder::new(wire, crate::outcome::asked());
        let document = decoder.whole(bytes);
        assert!(document.last().unwrap().is_last());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), size in 1usize..40) {
        holds(&bytes, size);
    }

    #[test]
    fn any_events_of_messages_are_read_or_refused(bytes in stream(anthropic_event()), size in 1usize..40) {
        holds(&bytes, size);
    }

    #[test]
    fn any_chunks_of_completions_are_read_or_refused(bytes in stream(chat_event()), size in 1usize..40) {
        holds(&bytes, size);
    }
}

/// Feeds the same event until the decoder has enough; answers how many bytes it took.
fn flood(wire: Wire, begin: &[serde_json::Value], event: &serde_json::Value) -> (usize, ErrorClass) {
    let mut decoder = Decoder::new(wire, crate::outcome::asked());
    for event in begin {
        decoder.push(format!("data: {event}\n\n").as_bytes());
    }
    let piece = format!("data: {event}\n\n").repeat(8);
    let mut taken = 0;
    loop {
        taken += piece.len();
        assert!(taken < 8 * LARGEST_ANSWER_BYTES, "it ends");
        if let Some(Event::Error(error)) = decoder.push(piece.as_bytes()).pop() {
            return (taken, error.class);
        }
    }
}

#[test]
fn an_answer_grows_to_its_limit_and_no_further() {
    let long = "x".repeat(64 * 1024);
    let begin = [
        json!({"type": "message_start", "message": {"id": "m"}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "n"}}),
    ];
    for delta in [
        json!({"type": "input_json_delta", "partial_json": long}),
        json!({"type": "odd", "odd": long}),
        json!({"type": "citations_delta", "citation": {"cited": long}}),
    ] {
        let event = json!({"type": "content_block_delta", "index": 0, "delta": delta});
        let (taken, class) = flood(Wire::Anthropic, &begin, &event);
        assert_eq!(class, ErrorClass::Malformed);
        assert!(taken < LARGEST_ANSWER_BYTES + (2 << 20), "{taken}");
    }
    for delta in [
        json!({"content": long}),
        json!({"reasoning": long}),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": long}}]}),
    ] {
        let event = json!({"choices": [{"index": 0, "delta": delta}]});
        let (taken, class) = flood(Wire::OpenaiCompatible, &[], &event);
        assert_eq!(class, ErrorClass::Malformed);
        assert!(taken < LARGEST_ANSWER_BYTES + (2 << 20), "{taken}");
    }
}

#[test]
fn blocks_and_calls_are_counted() {
    let mut decoder = Decoder::new(Wire::Anthropic, crate::outcome::asked());
    decoder.push(b"data: {\"type\":\"message_start\"}\n\n");
    let mut error = None;
    for index in 0..=1000 {
        let event = json!({"type": "content_block_start", "index": index, "content_block": {"type": "text"}});
        error = decoder.push(format!("data: {event}\n\n").as_bytes()).pop();
    }
    assert!(matches!(&error, Some(Event::Error(error)) if error.why.contains("1000 blocks")));
    let mut decoder = Decoder::new(Wire::OpenaiCompatible, crate::outcome::asked());
    for index in 0..=1000 {
        let event = json!({"choices": [{"delta": {"tool_calls": [{"index": index, "id": "a", "function": {"name": "n"}}]}}]});
        error = decoder.push(format!("data: {event}\n\n").as_bytes()).pop();
    }
    assert!(matches!(&error, Some(Event::Error(error)) if error.why.contains("1000 calls")));
}

#[test]
fn a_line_without_end_is_refused_at_its_limit() {
    for wire in [Wire::Anthropic, Wire::OpenaiCompatible] {
        let mut decoder = Decoder::new(wire, crate::outcome::asked());
        let piece = vec![b'x'; 1 << 20];
        let pushed = (1..1000).find(|_| !decoder.push(&piece).is_empty()).unwrap();
        assert_eq!(pushed, sse::LONGEST_LINE_BYTES / piece.len() + 1);
        assert!(decoder.push(&piece).is_empty() && decoder.finish().is_empty());
    }
}
