//! Requests against recorded ones, and refusals against their classes.

use crate::{
    outcome::{Outcome, asked},
    recorded::{folders, wire_of},
};
use jarvis_llm::{
    Decoder, Wire,
    failure::{self, Refused},
};
use jarvis_llm::{Style, anthropic};
use jarvis_ports::model::{Block, CallResult, ErrorClass, History, Prompt, ToolOffer};
use serde_json::Value;
use std::{collections::BTreeMap, fs, time::Duration};

/// All recorded documents by name.
fn documents() -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    for folder in folders() {
        for part in ["anthropic", "openai-compatible"] {
            for entry in fs::read_dir(folder.join(part)).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{part}/{}", path.file_name().unwrap().to_string_lossy());
                if path.extension().is_some_and(|end| end == "json") {
                    documents.insert(
                        name,
                        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
                    );
                }
            }
        }
    }
    documents
}

fn whole(name: &str, document: &Value) -> Outcome {
    let mut decoder = Decoder::new(wire_of(name), asked());
    Outcome::of(&decoder.whole(document["response"]["body"].to_string().as_bytes()))
}

#[test]
fn answers_that_come_whole_are_read_like_streams() {
    let mut read = 0;
    for (name, document) in documents() {
        if document["response"]["status"] != 200 {
            continue;
        }
        read += 1;
        let (outcome, body) = (whole(&name, &document), &document["response"]["body"]);
        let answer = outcome.answer();
        assert!(answer.flaws.is_empty(), "{name}");
        let calls: Vec<(String, Value)> = answer
            .runnable()
            .map(|call| (call.id.clone(), Value::Object(call.object().unwrap())))
            .collect();
        let (text, wanted): (String, Vec<(String, Value)>) = match wire_of(&name) {
            Wire::Anthropic => {
                let blocks = body["content"].as_array().unwrap();
                let texts = blocks.iter().filter(|block| block["type"] == "text");
                let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
                (
                    texts.map(|block| block["text"].as_str().unwrap()).collect(),
                    calls
                        .map(|call| (call["id"].as_str().unwrap().to_owned(), call["input"].clone()))
                        .collect(),
                )
            }
            Wire::OpenaiCompatible => {
                let message = &body["choices"][0]["message"];
                let calls = message["tool_calls"].as_array().into_iter().flatten();
                (
                    message["content"].as_str().unwrap_or_default().to_owned(),
                    calls
                        .map(|call| {
                            let arguments = call["function"]["arguments"].as_str().unwrap();
                            (
                                call["id"].as_str().unwrap().to_owned(),
                                serde_json::from_str(arguments).unwrap(),
                            )
                        })
                        .collect(),
                )
            }
        };
        assert_eq!((outcome.text.clone(), calls), (text, wanted), "{name}");
        let usage = answer.usage.unwrap();
        let output = body["usage"]["output_tokens"]
            .as_u64()
            .or(body["usage"]["completion_tokens"].as_u64());
        assert_eq!(Some(usage.output_tokens), output, "{name}");
    }
    assert!(read >= 12, "{read}");
}

#[test]
fn caches_are_counted_apart() {
    let documents = documents();
    let usage = |name: &str| whole(name, &documents[name]).answer().usage.unwrap();
    let first = usage("anthropic/cache-write-then-read-1.json");
    assert_eq!(
        (
            first.input_tokens,
            first.cache_read_tokens,
            first.cache_write_tokens
        ),
        (3, 1111, 0)
    );
    let second = usage("anthropic/cache-write-then-read-2.json");
    assert_eq!((second.cache_read_tokens, second.cache_write_tokens), (1111, 418));
    assert_eq!(second.prompt_tokens(), 3 + 1111 + 418);
}

#[test]
fn recorded_refusals_have_their_classes() {
    let documents = documents();
    let failure = |name: &str| {
        let response = &documents[name]["response"];
        let header = |header: &str| response["headers"][header].as_str();
        failure::refusal(
            "m",
            "",
            Refused {
                status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
                retry_after: failure::retry_after(None, header("retry-after"), std::time::UNIX_EPOCH),
                should_retry: header("x-should-retry").map(|word| word == "true"),
                request_id: None,
                body: response["body"].to_string(),
            },
        )
    };
    let limited = failure("anthropic/http-429-rate-limit.json");
    assert_eq!(limited.error.class, ErrorClass::RateLimited);
    assert_eq!(limited.error.retry_after, Some(Duration::from_secs(12)));
    assert_eq!(
        limited.error.request_id.as_deref(),
        Some("req_011CTxRateLimitedAbcdEf")
    );
    let long = ErrorClass::ContextTooLong {
        prompt_tokens: Some(13392),
        window_tokens: Some(8192),
    };
    for (name, class) in [
        ("anthropic/http-404-count-tokens.json", ErrorClass::BadRequest),
        (
            "anthropic/http-400-effort-unsupported.json",
            ErrorClass::BadRequest,
        ),
        (
            "openai-compatible/groq-400-tool-use-failed.json",
            ErrorClass::Malformed,
        ),
        ("openai-compatible/llama-server-400-context.json", long),
        (
            "openai-compatible/llama-server-503-loading.json",
            ErrorClass::Overloaded,
        ),
    ] {
        assert_eq!(failure(name).error.class, class, "{name}");
    }
}

/// Texts as lists of blocks, as the recorded client writes them.
fn in_blocks(message: &Value) -> Value {
    let mut message = message.clone();
    for block in message["content"].as_array_mut().unwrap() {
        block.as_object_mut().unwrap().remove("cache_control");
    }
    message
}

fn offers(body: &Value) -> Vec<ToolOffer> {
    let tools = body["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| ToolOffer {
            name: tool["name"].as_str().unwrap().to_owned(),
            description: tool["description"].as_str().unwrap().to_owned(),
            schema: tool["input_schema"].clone(),
        })
        .collect()
}

/// From the recorded first answer and the recorded results our second request says what the recorded one says, thought and
/// signature to the letter.
#[test]
fn the_next_request_is_the_recorded_one() {
    let documents = documents();
    for case in ["parallel-tools", "tool-with-thinking"] {
        let first = &documents[&format!("anthropic/{case}-turn1.json")];
        let recorded = &documents[&format!("anthropic/{case}-turn2.json")]["request"]["body"];
        let question = recorded["messages"][0]["content"][0]["text"].as_str().unwrap();
        let mut history = History::asking(question);
        history
            .answer(whole("anthropic/", first).answer().clone())
            .unwrap();
        let results = recorded["messages"][2]["content"].as_array().unwrap().iter();
        let results = results.map(|result| CallResult {
            id: result["tool_use_id"].as_str().unwrap().to_owned(),
            text: result["content"].as_str().unwrap().to_owned(),
            is_error: false,
        });
        // In any order: that of the calls is restored.
        history.results(results.rev().collect()).unwrap();
        let prompt = Prompt {
            system: "system".to_owned(),
            tools: offers(recorded),
            history,
            max_output_tokens: 4096,
        };
        let body = anthropic::body("m", &prompt, &Style::default()).unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        let ours: Vec<Value> = body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(in_blocks)
            .collect();
        let theirs: Vec<Value> = recorded["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(in_blocks)
            .collect();
        assert_eq!(ours, theirs, "{case}");
    }
}

#[test]
fn a_signed_thought_that_came_whole_is_kept_to_the_letter() {
    let documents = documents();
    let document = &documents["anthropic/opus5-adaptive-thinking.json"];
    let outcome = whole("anthropic/", document);
    let Block::Kept { json, .. } = &outcome.answer().blocks[0] else {
        panic!("a thought is first");
    };
    let kept: Value = serde_json::from_str(json).unwrap();
    assert_eq!(kept, document["response"]["body"]["content"][0]);
}
