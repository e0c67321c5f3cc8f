//! What servers do that a plain reading of the documentation would not survive, as streams of our own.

use crate::outcome::{Outcome, decode};
use jarvis_llm::Wire;
use jarvis_ports::model::{Arguments, ErrorClass, Flaw, StopReason};
use serde_json::{Value, json};

/// A stream of chunks with these deltas, ended by `finish`.
fn chunks(deltas: &[Value], finish: &str) -> Outcome {
    let chunk = |delta| json!({"id": "c", "choices": [{"index": 0, "delta": delta}]});
    let chunks: Vec<String> = deltas
        .iter()
        .map(|delta| format!("data: {}\n\n", chunk(delta)))
        .collect();
    let last = json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]});
    let text = format!("{}data: {last}\n\ndata: [DONE]\n\n", chunks.concat());
    decode(Wire::OpenaiCompatible, text.as_bytes())
}

fn fragment(call: Value) -> Value {
    json!({"tool_calls": [call]})
}

/// Id, name and arguments of all calls, fit or not.
fn calls(outcome: &Outcome) -> Vec<(String, String, Option<Value>)> {
    let calls = outcome.answer().calls();
    calls
        .map(|call| {
            (
                call.id.clone(),
                call.name.clone(),
                call.object().map(Value::Object),
            )
        })
        .collect()
}

fn call(id: &str, name: &str, arguments: Value) -> (String, String, Option<Value>) {
    (id.to_owned(), name.to_owned(), Some(arguments))
}

#[test]
fn an_empty_id_or_name_overwrites_nothing() {
    let outcome = chunks(
        &[
            json!({"role": "assistant", "content": null}),
            fragment(
                json!({"index": 0, "id": "a", "type": "function", "function": {"name": "look", "arguments": "{"}}),
            ),
            fragment(
                json!({"index": 0, "id": "", "type": "function", "function": {"name": "", "arguments": "\"x\":"}}),
            ),
            fragment(json!({"index": 0, "id": null, "function": {"name": null, "arguments": "1}"}})),
        ],
        "tool_calls",
    );
    assert_eq!(calls(&outcome), [call("a", "look", json!({"x": 1}))]);
    assert_eq!(outcome.shown_arguments, ["{\"x\":1}"]);
}

#[test]
fn fragments_of_parallel_calls_interleave_and_begin_at_any_index() {
    let part = |index: u64, text: &str| fragment(json!({"index": index, "function": {"arguments": text}}));
    let start = |index: u64, id: &str, name: &str| {
        fragment(json!({"index": index, "id": id, "function": {"name": name}}))
    };
    let outcome = chunks(
        &[
            start(2, "b", "second"),
            start(1, "a", "first"),
            part(1, "{\"n\""),
            part(2, "{\"n\":2"),
            part(1, ":1}"),
            part(2, "}"),
        ],
        "stop",
    );
    // In the order of the index; and a stop with whole calls is one for their sake.
    assert_eq!(
        calls(&outcome),
        [
            call("a", "first", json!({"n": 1})),
            call("b", "second", json!({"n": 2}))
        ]
    );
    assert_eq!(outcome.answer().stop, StopReason::ToolUse);
    assert_eq!(outcome.runnable().len(), 2);
}

#[test]
fn calls_without_an_index_or_all_with_the_same_are_told_apart() {
    let whole = |id: &str, n: u64| json!({"id": id, "function": {"name": "look", "arguments": format!("{{\"n\":{n}}}")}});
    let expected = [
        call("a", "look", json!({"n": 1})),
        call("b", "look", json!({"n": 2})),
    ];
    let plain = chunks(&[fragment(whole("a", 1)), fragment(whole("b", 2))], "tool_calls");
    assert_eq!(calls(&plain), expected);
    let same = |id, n| {
        let mut call = whole(id, n);
        call["index"] = json!(0);
        fragment(call)
    };
    assert_eq!(
        calls(&chunks(&[same("a", 1), same("b", 2)], "tool_calls")),
        expected
    );
    let continued = [
        fragment(json!({"id": "a", "function": {"name": "look", "arguments": "{\"n\""}})),
        fragment(json!({"function": {"arguments": ":1}"}})),
        fragment(whole("b", 2)),
    ];
    assert_eq!(calls(&chunks(&continued, "tool_calls")), expected);
}

#[test]
fn ids_that_are_missing_or_equal_are_made_and_differ_between_turns() {
    let whole = |id: Value| json!({"id": id, "function": {"name": "look", "arguments": {}}});
    let mut first = whole(json!(""));
    first["index"] = json!(0);
    let mut second = whole(Value::Null);
    second["index"] = json!(1);
    let outcome = chunks(&[fragment(first), fragment(second)], "tool_calls");
    let ids: Vec<String> = outcome.answer().calls().map(|call| call.id.clone()).collect();
    assert_eq!(ids, ["call_3_0", "call_3_1"]);
    assert_eq!(
        outcome.runnable().len(),
        2,
        "an object in the place of a text is read too"
    );
}

#[test]
fn a_whole_call_said_twice_is_not_run_twice() {
    let whole =
        fragment(json!({"index": 0, "id": "a", "function": {"name": "look", "arguments": "{\"n\":1}"}}));
    let outcome = chunks(&[whole.clone(), whole], "tool_calls");
    assert!(outcome.runnable().is_empty());
    assert!(matches!(outcome.answer().flaws[..], [Flaw::BrokenCall { .. }]));
}

#[test]
fn arguments_that_are_no_object_are_broken_and_empty_ones_are_an_empty_object() {
    let with = |arguments: &str| {
        chunks(
            &[fragment(
                json!({"index": 0, "id": "a", "function": {"name": "look", "arguments": arguments}}),
            )],
            "tool_calls",
        )
    };
    for broken in [
        "{",
        "[]",
        "null",
        "\"{}\"",
        "{\"a\":1}}",
        "{\"a\":1e999}",
        &"{\"a\":".repeat(500),
    ] {
        let outcome = with(broken);
        let call = outcome.answer().calls().next().unwrap().clone();
        assert!(
            matches!(&call.arguments, Arguments::Broken { text, .. } if text == broken),
            "{broken}"
        );
        assert!(outcome.runnable().is_empty() && outcome.answer().is_malformed());
    }
    for empty in ["", " ", "{}", " { } "] {
        assert_eq!(
            with(empty).runnable(),
            [("look".to_owned(), "{}".to_owned())],
            "{empty:?}"
        );
    }
}

#[test]
fn what_was_cut_off_or_ended_oddly_is_not_run() {
    let whole = fragment(json!({"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}));
    for (finish, stop) in [
        ("length", StopReason::MaxTokens),
        (
            "content_filter",
            StopReason::Refusal {
                category: None,
                explanation: None,
            },
        ),
        ("something_new", StopReason::Other("something_new".to_owned())),
    ] {
        let outcome = chunks(std::slice::from_ref(&whole), finish);
        assert_eq!(outcome.answer().stop, stop);
        assert!(outcome.runnable().is_empty(), "{finish}");
    }
    let unended = format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({"choices": [{"index": 0, "delta": whole}]})
    );
    assert!(
        decode(Wire::OpenaiCompatible, unended.as_bytes())
            .runnable()
            .is_empty()
    );
}

#[test]
fn thought_has_two_names_and_words_come_alone_or_in_parts() {
    let outcome = chunks(
        &[
            json!({"reasoning": "a"}),
            json!({"reasoning_content": "b", "reasoning": "b", "content": ""}),
            json!({"content": [{"type": "text", "text": "c"}, {"type": "image_url"}]}),
            json!({"content": "d", "role": "assistant"}),
        ],
        "stop",
    );
    assert_eq!((outcome.reasoning.as_str(), outcome.text.as_str()), ("ab", "cd"));
}

#[test]
fn a_call_in_text_or_thought_is_a_leak_only_where_tools_were_offered() {
    for (delta, leaks) in [
        (
            json!({"content": "<tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_call>"}),
            true,
        ),
        (
            json!({"reasoning_content": "So:\n<function=look>\n</function>"}),
            true,
        ),
        (json!({"content": "[TOOL_CALLS][{\"name\": \"look\"}]"}), true),
        (json!({"content": "Call the tool and be done."}), false),
    ] {
        let outcome = chunks(std::slice::from_ref(&delta), "stop");
        assert_eq!(
            outcome.answer().flaws.contains(&Flaw::LeakedCall),
            leaks,
            "{delta}"
        );
        assert!(outcome.runnable().is_empty());
    }
    // One that is cut in two is one still.
    let outcome = chunks(
        &[json!({"content": "<tool_"}), json!({"content": "call>"})],
        "stop",
    );
    assert!(outcome.answer().is_malformed());
}

/// Events of Messages; each has its type.
fn messages(events: &[Value]) -> Outcome {
    let framed: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let text = framed.concat();
    decode(Wire::Anthropic, text.as_bytes())
}

fn begin() -> Value {
    json!({"type": "message_start", "message": {"id": "m", "model": "x", "usage": {"input_tokens": 5}}})
}

#[test]
fn an_answer_without_any_block_and_one_with_unknown_things_are_answers() {
    let refusal = messages(&[
        begin(),
        json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": null}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ]);
    assert!(refusal.answer().blocks.is_empty());
    assert_eq!(refusal.answer().usage.unwrap().input_tokens, 5);
    let odd = messages(&[
        json!({"type": "brand_new", "x": [1]}),
        begin(),
        json!({"type": "content_block_start", "index": 7, "content_block": {"type": "hologram", "beam": "a"}}),
        json!({"type": "content_block_delta", "index": 7, "delta": {"type": "beam_delta", "beam": "b", "depth": 2}}),
        json!({"type": "content_block_stop", "index": 7}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tea_time"}}),
        json!({"type": "message_stop"}),
    ]);
    let jarvis_ports::model::Block::Kept { json, .. } = &odd.answer().blocks[0] else {
        panic!("it is kept");
    };
    assert_eq!(json, "{\"type\":\"hologram\",\"beam\":\"ab\",\"depth\":2}");
    assert_eq!(odd.answer().stop, StopReason::Other("tea_time".to_owned()));
}

#[test]
fn a_tool_is_run_only_when_its_block_was_closed_and_the_message_ended_for_it() {
    let stream = |close: bool, stop: &str| {
        let mut events = vec![
            begin(),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "look", "input": {}}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}}),
        ];
        events.extend(close.then(|| json!({"type": "content_block_stop", "index": 0})));
        events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop}}));
        events.push(json!({"type": "message_stop"}));
        messages(&events)
    };
    assert_eq!(stream(true, "tool_use").runnable().len(), 1);
    for (close, stop) in [
        (false, "tool_use"),
        (true, "max_tokens"),
        (true, "refusal"),
        (true, "new"),
        (true, "end_turn"),
    ] {
        assert!(stream(close, stop).runnable().is_empty(), "{close} {stop}");
    }
}

#[test]
fn pieces_out_of_place_are_told_and_not_guessed_at() {
    let open =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let piece =
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}});
    let close = json!({"type": "content_block_stop", "index": 0});
    for events in [
        vec![begin(), piece.clone()],
        vec![begin(), open.clone(), close.clone(), piece],
        vec![begin(), open.clone(), close.clone(), open],
        vec![begin(), close],
        vec![json!({"type": "message_stop"})],
        vec![json!([1])],
    ] {
        assert_eq!(
            messages(&events).error.unwrap().class,
            ErrorClass::Malformed,
            "{events:?}"
        );
    }
}
