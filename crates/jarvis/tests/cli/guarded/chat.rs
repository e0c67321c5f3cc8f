//! The conversation as a door. A model server plays a part: it answers what a person says with the one call of a row, and what
//! became of that is read from the card, or from what the model is told. The person's words name the target, so that the call
//! gets as far as it can; what code would understand by itself they are not.
//!
//! A model confirms nothing: a card is confirmed as the page does it.

use super::{
    doors::{Answer, Verdict, followed, of_graphql, of_ticket},
    scene::Scene,
    spell,
};
use jarvis_simulator::models::{Act, Play};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The model's id.
pub const MODEL: &str = "play";

const UPDATES: &str = "subscription($id: String!) { conversation(id: $id) { messages { seq state user text mind { name } \
     cards { kind ticket { id state isFinal digest outcome refusal { rule } } } } } }";

/// Has the model call a tool in an answer to a person's words, in a new conversation when none is named.
pub fn call(
    scene: &Scene,
    token: &str,
    action: &Value,
    conversation: Option<&str>,
) -> Result<Answer, &'static str> {
    let (tool, arguments) = spell::mcp(action)?;
    let arguments = spell::twisted(action, arguments.to_string());
    let spoken = spell::spoken(action);
    let before = scene.model.heard().len();
    scene
        .model
        .play([played(action, tool, arguments), Act::say("Quite so.").into()]);
    let answers = match said(scene, token, conversation, &spoken.text) {
        Ok((_, answers)) => answers,
        Err(refused) => return Ok(refused),
    };
    let heard = scene.model.heard().split_off(before);
    let told = heard
        .last()
        .and_then(|last| last.body["messages"].as_array()?.last()?["content"].as_str())
        .unwrap_or_default();
    let card = answers.iter().find_map(|answer| {
        let mut cards = answer["cards"].as_array().into_iter().flatten();
        cards.find(|card| card["kind"] == "ACTION")
    });
    let verdict = match card {
        // How it ended is told in a message of code's own.
        _ if answers
            .first()
            .is_none_or(|answer| answer["mind"]["name"] != MODEL) =>
        {
            Verdict::Other("the model did not answer".to_owned())
        }
        Some(card) => of_ticket(&card["ticket"]),
        None => of_result(told, spoken.names_it),
    };
    let ticket = card.map_or("", |card| card["ticket"]["id"].as_str().unwrap_or_default());
    Ok(Answer {
        verdict,
        said: format!("{answers:?}; the model was told: {told}"),
        // What is written as text is no call.
        sent: action["leaked"].is_null(),
        ticket: ticket.to_owned(),
    })
}

fn played(action: &Value, tool: String, arguments: String) -> Play {
    let act = if action["leaked"].is_null() {
        Act {
            calls: vec![(tool, arguments)],
            ..Act::default()
        }
    } else {
        Act::leak(&tool, &serde_json::from_str(&arguments).unwrap())
    };
    act.into()
}

/// What a model is told of a call that became no request. A name that no word can spell is a target that nobody can name, so
/// that the conversation stops it before the tool would.
fn of_result(told: &str, names_it: bool) -> Verdict {
    let tells = |words: &str| told.contains(words);
    if tells("named neither by the person nor by a tool") {
        if names_it {
            Verdict::Unnamed
        } else {
            Verdict::Malformed
        }
    } else if [
        "wrong arguments",
        "there is no tool",
        "no JSON object",
        "call of a tool as text",
    ]
    .iter()
    .any(|words| tells(words))
    {
        Verdict::Malformed
    } else if tells("may look, not act") {
        Verdict::NotAllowed
    } else if tells("waits with this digest") || tells("does not count for you") {
        Verdict::NotConfirmed
    } else {
        Verdict::Other(told.to_owned())
    }
}

/// Says something and waits until Jarvis has answered: the conversation, and what was answered.
pub fn said(
    scene: &Scene,
    token: &str,
    conversation: Option<&str>,
    text: &str,
) -> Result<(String, Vec<Value>), Answer> {
    let query = "mutation($id: String, $text: String!) { sendMessage(conversation: $id, text: $text) { conversation seq } }";
    let sent = scene.graphql(token, query, json!({ "id": conversation, "text": text }));
    let place = &sent["data"]["sendMessage"];
    let (Some(id), Some(seq)) = (place["conversation"].as_str(), place["seq"].as_u64()) else {
        return Err(of_graphql(scene, &sent));
    };
    let mut answers: BTreeMap<u64, Value> = BTreeMap::new();
    let answers = scene.heard(token, UPDATES, json!({ "id": id }), |told| {
        for message in told["conversation"]["messages"].as_array().into_iter().flatten() {
            let number = message["seq"].as_u64().filter(|number| *number > seq);
            answers.extend(number.map(|number| (number, message.clone())));
        }
        let is_over = !answers.is_empty() && answers.values().all(|message| message["state"] != "COMING");
        is_over.then(|| answers.values().cloned().collect())
    });
    Ok((id.to_owned(), answers))
}

/// The conversation that was begun last.
pub fn latest(scene: &Scene, token: &str) -> Option<String> {
    let told = scene.graphql(token, "{ conversations(first: 1) { id } }", json!({}));
    let id = told["data"]["conversations"][0]["id"].as_str();
    id.map(str::to_owned)
}

/// Confirms a card as the page does, with what was typed.
pub fn confirm(scene: &Scene, token: &str, ticket: &str, digest: &str, typed: Option<&str>) -> Answer {
    let query = "mutation($digest: String!, $ticket: String, $typed: String) { confirm(digest: $digest, ticket: $ticket, typed: $typed) }";
    let given = json!({ "digest": digest, "ticket": ticket, "typed": typed });
    let answer = scene.graphql(token, query, given);
    if answer["errors"].is_array() {
        return of_graphql(scene, &answer);
    }
    let (verdict, said) = followed(scene, ticket);
    Answer {
        verdict,
        said,
        sent: true,
        ticket: ticket.to_owned(),
    }
}

/// Where a request stands.
pub fn stands(scene: &Scene, ticket: &str) -> Verdict {
    let query =
        "query($id: String!) { ticket(id: $id) { id state isFinal digest outcome refusal { rule } } }";
    let answer = scene.graphql(&scene.tokens.red, query, json!({ "id": ticket }));
    of_ticket(&answer["data"]["ticket"])
}
