//! Conversations as requests: what both wires demand, checked on random conversations by a server that is as strict.

use crate::outcome::decode;
use jarvis_llm::{Effort, Style, Thinking, Wire, anthropic, openai};
use jarvis_ports::model::{
    Answer, Arguments, Block, Call, CallResult, History, Prompt, StopReason, ToolOffer,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn prompt(history: History) -> Prompt {
    let offer = |name: &str| ToolOffer {
        name: name.to_owned(),
        description: format!("What {name} does."),
        schema: json!({"type": "object", "properties": {}}),
    };
    Prompt {
        system: "You keep a cluster.".to_owned(),
        tools: vec![offer("list"), offer("start")],
        history,
        max_output_tokens: 900,
    }
}

fn answer(wire: Wire, blocks: Vec<Block>) -> Answer {
    let calls = blocks.iter().any(|block| matches!(block, Block::Call(_)));
    Answer {
        wire: wire.name().to_owned(),
        model: "m".to_owned(),
        response_id: "r".to_owned(),
        blocks,
        stop: if calls {
            StopReason::ToolUse
        } else {
            StopReason::EndTurn
        },
        usage: None,
        timings: None,
        flaws: Vec::new(),
    }
}

fn call(id: &str, arguments: Arguments) -> Block {
    Block::Call(Call {
        id: id.to_owned(),
        name: "list".to_owned(),
        arguments,
        members: Map::new(),
    })
}

fn whole(text: &str) -> Arguments {
    Arguments::Whole(text.to_owned())
}

fn fine(id: &str) -> CallResult {
    CallResult {
        id: id.to_owned(),
        text: format!("result of {id}"),
        is_error: false,
    }
}

fn messages_body(history: &History, style: &Style) -> Value {
    serde_json::from_str(&anthropic::body("m", &prompt(history.clone()), style).unwrap()).unwrap()
}

fn chat_body(history: &History) -> Value {
    serde_json::from_str(&openai::body("m", &prompt(history.clone()), &Style::default())).unwrap()
}

fn marks(value: &Value) -> usize {
    value.to_string().matches("cache_control").count()
}

#[test]
fn arguments_and_opaque_blocks_go_back_letter_by_letter() {
    let thought = r#"{"type":"thinking","thinking":"a \u00e9","signature":"s\/=="}"#;
    let arguments = r#"{"b": 1.0,  "a": 123456789012345678901234567890}"#;
    let kept = Block::Kept {
        kind: "thinking".to_owned(),
        json: thought.to_owned(),
        words: String::new(),
        thought: String::new(),
    };
    let mut history = History::asking("q");
    history
        .answer(answer(
            Wire::Anthropic,
            vec![
                kept.clone(),
                Block::Text("t".to_owned()),
                call("a", whole(arguments)),
            ],
        ))
        .unwrap();
    history.results(vec![fine("a")]).unwrap();
    let body = anthropic::body("m", &prompt(history.clone()), &Style::default()).unwrap();
    assert!(body.contains(thought) && body.contains(arguments), "{body}");
    let chat = openai::body("m", &prompt(history), &Style::default());
    assert!(!chat.contains("signature"), "thought of another wire is left out");
    assert!(chat.contains(&serde_json::to_string(arguments).unwrap()));
}

#[test]
fn broken_arguments_go_back_as_an_empty_object_with_an_error() {
    let broken = Arguments::Broken {
        text: "{\"a".to_owned(),
        why: "cut off".to_owned(),
    };
    for wire in [Wire::Anthropic, Wire::OpenaiCompatible] {
        let mut history = History::asking("q");
        history
            .answer(answer(wire, vec![call("a", broken.clone())]))
            .unwrap();
        history.results(Vec::new()).unwrap();
        let messages = messages_body(&history, &Style::default());
        assert_eq!(messages["messages"][1]["content"][0]["input"], json!({}));
        assert_eq!(messages["messages"][2]["content"][0]["is_error"], true);
        let chat = chat_body(&history);
        assert_eq!(
            chat["messages"][2]["tool_calls"][0]["function"]["arguments"],
            "{}"
        );
        assert_eq!(chat["messages"][2]["content"], Value::Null);
        assert_eq!(
            chat["messages"][3],
            json!({"role": "tool", "tool_call_id": "a", "content": "Error: Not run: cut off."})
        );
    }
}

#[test]
fn notes_have_a_role_of_their_own_where_it_is_taken_and_are_marked_text_elsewhere() {
    let mut history = History::asking("q");
    history.note("The kill switch is on.").unwrap();
    let own = Style {
        system_notes: true,
        ..Style::default()
    };
    let body = messages_body(&history, &own);
    assert_eq!(body["messages"][0]["content"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["messages"][1],
        json!({"role": "system", "content": [{"type": "text", "text": "The kill switch is on."}]})
    );
    let body = messages_body(&history, &Style::default());
    let marked = body["messages"][0]["content"][1]["text"].as_str().unwrap();
    assert!(
        marked.starts_with("[Note from the controller") && body["messages"].as_array().unwrap().len() == 1
    );
    let chat = chat_body(&history);
    assert!(
        chat["messages"][1]["content"]
            .as_str()
            .unwrap()
            .starts_with("q\n\n[Note from the controller")
    );
    // Alone after an answer it has nobody's turn to follow.
    history
        .answer(answer(Wire::Anthropic, vec![Block::Text("a".to_owned())]))
        .unwrap();
    history.note("Alone.").unwrap();
    let body = messages_body(&history, &own);
    assert_eq!(body["messages"][3]["role"], "user");
}

#[test]
fn nothing_is_sent_that_the_newer_version_refuses_and_options_only_when_configured() {
    let history = History::asking("q");
    let body = messages_body(&history, &Style::default());
    let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "model",
            "max_tokens",
            "stream",
            "tools",
            "tool_choice",
            "system",
            "messages"
        ]
    );
    assert_eq!(body["tool_choice"], json!({"type": "auto"}));
    let style = Style {
        effort: Some(Effort::Xhigh),
        thinking: Some(Thinking::Adaptive),
        long_cache: true,
        ..Style::default()
    };
    let body = messages_body(&history, &style);
    assert_eq!(body["output_config"], json!({"effort": "xhigh"}));
    assert_eq!(
        body["thinking"],
        json!({"type": "adaptive", "display": "summarized"})
    );
    assert_eq!(
        body["system"][0]["cache_control"],
        json!({"type": "ephemeral", "ttl": "1h"})
    );
    let chat = chat_body(&history);
    assert_eq!(chat["stream_options"], json!({"include_usage": true}));
    assert!(chat.get("temperature").is_none() && chat.get("tool_choice").is_none());
}

/// A block of an answer, by three numbers.
fn block((kind, id, text): (u8, u16, u8)) -> Block {
    match kind % 6 {
        0 => Block::Text(["Yes.", "", "  ", "é"][usize::from(text % 4)].to_owned()),
        1 => Block::Reasoning("hm".to_owned()),
        2 => Block::Kept {
            kind: "odd".to_owned(),
            json: r#"{"type":"odd","x":1}"#.to_owned(),
            words: String::new(),
            thought: String::new(),
        },
        3 => call(
            &format!("c.{id}"),
            Arguments::Broken {
                text: "{".to_owned(),
                why: "cut".to_owned(),
            },
        ),
        _ => call(&format!("c{id}"), whole("{\"a\": 1}")),
    }
}

/// A step of a conversation: of which kind, and what goes into its blocks.
type Move = (u8, Vec<(u8, u16, u8)>);

/// What a conversation may be: at each step either the model answers, or people, notes and tools speak.
fn conversation() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec(
        (
            any::<u8>(),
            prop::collection::vec((any::<u8>(), any::<u16>(), any::<u8>()), 0..5),
        ),
        1..12,
    )
}

/// Plays it; every state in which a model may answer goes to `seen`.
fn play(steps: &[Move], mut seen: impl FnMut(&History)) {
    let mut history = History::asking("How is it?");
    let mut ids = std::collections::BTreeSet::new();
    for (step, (kind, blocks)) in steps.iter().enumerate() {
        seen(&history);
        let wire = if kind % 2 == 0 {
            Wire::Anthropic
        } else {
            Wire::OpenaiCompatible
        };
        let mut blocks: Vec<Block> = blocks.iter().copied().map(block).collect();
        // Ids differ, as decoders see to.
        blocks.retain(|block| match block {
            Block::Call(call) => ids.insert(call.id.clone()),
            _ => true,
        });
        let known: Vec<String> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Call(call) => Some(call.id.clone()),
                _ => None,
            })
            .collect();
        history.answer(answer(wire, blocks)).unwrap();
        if !known.is_empty() {
            history
                .results(
                    known
                        .iter()
                        .rev()
                        .skip(usize::from(kind % 3))
                        .map(|id| fine(id))
                        .collect(),
                )
                .unwrap();
        }
        if kind % 5 == 0 {
            history.note(format!("note {step}")).unwrap();
        }
        if known.is_empty() || kind % 7 == 0 {
            history.ask(if kind % 11 == 0 { "" } else { "And now?" }).unwrap();
        }
    }
    seen(&history);
}

/// What every request of Messages must be.
fn strict(body: &Value) {
    let messages = body["messages"].as_array().unwrap();
    assert!(marks(body) <= 4 && marks(body) >= 3, "{} marks", marks(body));
    assert_ne!(messages.last().unwrap()["role"], "assistant");
    for (at, message) in messages.iter().enumerate() {
        let content = message["content"].as_array().unwrap();
        assert!(!content.is_empty());
        let before = at.checked_sub(1).map(|at| messages[at]["role"].as_str().unwrap());
        match message["role"].as_str().unwrap() {
            "user" => assert_eq!(before.unwrap_or("assistant"), "assistant"),
            "assistant" => assert_ne!(before.unwrap_or("assistant"), "assistant"),
            role => assert!(role == "system" && before == Some("user")),
        }
        for block in content.iter().filter(|block| block["type"] == "text") {
            assert!(!block["text"].as_str().unwrap().trim().is_empty());
        }
        let calls: Vec<&Value> = content
            .iter()
            .filter(|block| block["type"] == "tool_use")
            .map(|call| &call["id"])
            .collect();
        if !calls.is_empty() {
            let results = messages[at + 1]["content"].as_array().unwrap();
            let results: Vec<&Value> = results
                .iter()
                .take(calls.len())
                .map(|result| &result["tool_use_id"])
                .collect();
            assert_eq!(calls, results);
        }
    }
}

fn unmarked(body: &Value) -> Vec<String> {
    let text = body["messages"]
        .to_string()
        .replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "");
    let messages: Vec<Value> = serde_json::from_str(&text).unwrap();
    messages.iter().map(Value::to_string).collect()
}

proptest! {
    #[test]
    fn any_conversation_is_one_for_both_wires_and_only_grows(steps in conversation(), system_notes: bool) {
        let style = Style { system_notes, ..Style::default() };
        let mut before: Option<(Vec<String>, Vec<Value>)> = None;
        play(&steps, |history| {
            let body = messages_body(history, &style);
            strict(&body);
            let chat = chat_body(history);
            let chat = chat["messages"].as_array().unwrap().clone();
            for pair in chat.windows(2) {
                assert!(!(pair[0]["role"] == "user" && pair[1]["role"] == "user"));
            }
            let messages = unmarked(&body);
            if let Some((earlier, earlier_chat)) = &before {
                assert_eq!(&messages[..earlier.len()], &earlier[..]);
                assert_eq!(&chat[..earlier_chat.len()], &earlier_chat[..]);
            }
            before = Some((messages, chat));
        });
    }
}

/// The strict reading above is none of an empty set.
#[test]
fn random_conversations_hold_calls_notes_and_both_wires() {
    let steps: Vec<Move> = (0..12)
        .map(|at| (at * 5, vec![(at, u16::from(at), at)]))
        .collect();
    let mut longest = String::new();
    play(&steps, |history| {
        longest = messages_body(
            history,
            &Style {
                system_notes: true,
                ..Style::default()
            },
        )
        .to_string();
    });
    for word in [
        "tool_use",
        "\"role\":\"system\"",
        "Not run: cut",
        "\"type\":\"odd\"",
        "c_x2e_",
        "(no answer)",
    ] {
        assert!(longest.contains(word), "{word}");
    }
}

/// What was decoded goes back as it came.
#[test]
fn a_decoded_thought_and_call_go_back_as_they_came() {
    let stream = [
        json!({"type": "message_start", "message": {"id": "m", "model": "x"}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Ü "}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "AB+/=="}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "list", "input": {}, "caller": {"type": "direct"}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\" :1}"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}),
        json!({"type": "message_stop"}),
    ];
    let framed: Vec<String> = stream.iter().map(|event| format!("data: {event}\n\n")).collect();
    let text = framed.concat();
    let mut history = History::asking("q");
    history
        .answer(decode(Wire::Anthropic, text.as_bytes()).answer().clone())
        .unwrap();
    history.results(vec![fine("t1")]).unwrap();
    let stored: History = serde_json::from_str(&serde_json::to_string(&history).unwrap()).unwrap();
    let body = anthropic::body("m", &prompt(stored), &Style::default()).unwrap();
    for part in [
        r#"{"type":"thinking","thinking":"Ü ","signature":"AB+/=="}"#,
        r#"{"type":"tool_use","id":"t1","name":"list","input":{"a" :1},"caller":{"type":"direct"}}"#,
    ] {
        assert!(body.contains(part), "{part}\n{body}");
    }
}
