//! Confirmations that do not count: made up, of another request, of another token, used, taken back, too late, or given before
//! the manifests changed; on a card also with no name or another one typed, by the model, or by saying yes. Beside each stands
//! the one that counts, once.

use super::{
    Findings, chat,
    doors::{Answer, DOORS, Door, Verdict},
    scene::Scene,
};
use crate::support::until;
use serde_json::{Value, json};

/// A request that waits.
#[derive(Clone)]
pub struct Waiting {
    door: Door,
    action: Value,
    ticket: String,
    digest: String,
}

/// A machine that stays as it is: what is wrongly confirmed is asked for it.
const LEFT_ALONE: u32 = 115;
/// Machines that nothing needs; each is stopped once. One that was started a moment ago may be listed as stopped for some
/// seconds, and a request is refused meanwhile.
const STOPPED: [u32; 19] = [
    114, 116, 117, 201, 202, 203, 204, 205, 206, 207, 208, 210, 211, 212, 102, 104, 108, 109, 111,
];

/// What is asked for: red at every door.
fn stop(vmid: u32) -> Value {
    json!({ "name": "stopGuest", "vmid": vmid })
}

/// Asks; what came instead, when it is no question for a confirmation.
fn asked(scene: &Scene, door: Door, token: &str, vmid: u32) -> Result<Waiting, Box<Answer>> {
    let action = stop(vmid);
    let answer = door.send(scene, token, &action).unwrap();
    let Verdict::Awaiting { ticket, digest } = answer.verdict else {
        return Err(Box::new(answer));
    };
    Ok(Waiting {
        door,
        action,
        ticket,
        digest,
    })
}

/// Asks at every door what will have lapsed when it is confirmed.
pub fn begin(scene: &Scene) -> Vec<Waiting> {
    DOORS
        .map(|door| asked(scene, door, &scene.tokens.red, LEFT_ALONE).unwrap())
        .into()
}

/// What is wrong with a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    MadeUp,
    NoDigest,
    OfAnotherRequest,
    OfAnotherToken,
    ByAReader,
    WithoutTheScope,
    TheTokenAsAPerson,
    TakenBack,
    Used,
    ManifestsChanged,
    NothingTyped,
    AnotherNameTyped,
    ByTheModel,
    BySayingYes,
}

const ALL: [Wrong; 14] = [
    Wrong::MadeUp,
    Wrong::NoDigest,
    Wrong::OfAnotherRequest,
    Wrong::OfAnotherToken,
    Wrong::ByAReader,
    Wrong::WithoutTheScope,
    Wrong::TheTokenAsAPerson,
    Wrong::TakenBack,
    Wrong::Used,
    Wrong::ManifestsChanged,
    Wrong::NothingTyped,
    Wrong::AnotherNameTyped,
    Wrong::ByTheModel,
    Wrong::BySayingYes,
];

/// Tries each at every door that can say it; returns how many there were.
pub fn check(scene: &Scene, lapsed: Vec<Waiting>, findings: &mut Findings) -> usize {
    for (at, wrong) in ALL.into_iter().enumerate() {
        for door in DOORS {
            let effects = scene.effects().len();
            let Some((expected, answer, ticket)) = tried(scene, wrong, door, findings) else {
                continue;
            };
            let by = match wrong {
                // A ticket is on record by the door it came through.
                Wrong::TheTokenAsAPerson => Door::Mcp,
                Wrong::ByTheModel | Wrong::OfAnotherToken => door,
                _ => confirming(door, &answer),
            };
            judged(&format!("{wrong:?}"), by, &expected, &answer, &ticket, findings);
            // The first use counts.
            let used = usize::from(wrong == Wrong::Used);
            let grown = scene.effects().len() - effects;
            if grown != used {
                findings.add(&format!("confirmation {wrong:?} at {door:?}: {grown} effects"));
            }
        }
        right(scene, DOORS[at % DOORS.len()], at, findings);
    }
    for waiting in &lapsed {
        let query = "query($id: String!) { ticket(id: $id) { state } }";
        until("what waited lapses", || {
            let answer = scene.graphql(&scene.tokens.red, query, json!({ "id": waiting.ticket }));
            let ticket = &answer["data"]["ticket"];
            // Of what is over only the latest are kept.
            (ticket.is_null() || ticket["state"] == "EXPIRED").then_some(())
        });
        let answer = confirmed(scene, waiting, &scene.tokens.red, &waiting.digest);
        let expected = Verdict::NotConfirmed;
        judged(
            "too late",
            confirming(waiting.door, &answer),
            &expected,
            &answer,
            &waiting.ticket,
            findings,
        );
    }
    right(scene, Door::Mcp, ALL.len(), findings);
    ALL.len() + 1
}

/// The door under which a confirmation is on record: a card's is given through GraphQL, and what the guard refuses then is
/// the conversation's.
fn confirming(door: Door, answer: &Answer) -> Door {
    match (door, &answer.verdict) {
        (Door::Chat, Verdict::Rule(_)) => Door::Chat,
        (Door::Chat, _) => Door::Graphql,
        _ => door,
    }
}

fn confirmed(scene: &Scene, waiting: &Waiting, token: &str, digest: &str) -> Answer {
    waiting
        .door
        .confirm(scene, token, &waiting.action, &waiting.ticket, digest)
        .unwrap()
}

/// Asks for what is to be confirmed wrongly; nothing where the door has no way to do so.
fn question(scene: &Scene, wrong: Wrong, door: Door) -> Option<Result<Waiting, Box<Answer>>> {
    let (red, yellow) = (&scene.tokens.red, &scene.tokens.yellow);
    Some(match wrong {
        // A command gives a digest and nothing else, and a digest is of one request.
        Wrong::NoDigest | Wrong::OfAnotherRequest if door == Door::Cli => return None,
        // A person, or a token with an operator's role, may confirm what another one asked for; a second call may not.
        Wrong::OfAnotherToken if !matches!(door, Door::Mcp | Door::Chat) => return None,
        Wrong::WithoutTheScope if door != Door::Mcp => return None,
        Wrong::TheTokenAsAPerson if door == Door::Mcp => return None,
        // Only a card has names typed, and only the conversation has a model and people's words.
        Wrong::NothingTyped | Wrong::AnotherNameTyped | Wrong::ByTheModel | Wrong::BySayingYes
            if door != Door::Chat =>
        {
            return None;
        }
        Wrong::WithoutTheScope => asked(scene, door, yellow, LEFT_ALONE),
        Wrong::TheTokenAsAPerson => {
            let asked = asked(scene, Door::Mcp, yellow, LEFT_ALONE);
            asked.map(|waiting| Waiting { door, ..waiting })
        }
        Wrong::Used => asked(scene, door, red, STOPPED[door as usize]),
        _ => asked(scene, door, red, LEFT_ALONE),
    })
}

/// A wrong confirmation: what is expected, what came, and its ticket; none where a door has no way to give it.
fn tried(
    scene: &Scene,
    wrong: Wrong,
    door: Door,
    findings: &mut Findings,
) -> Option<(Verdict, Answer, String)> {
    let (red, yellow) = (&scene.tokens.red, &scene.tokens.yellow);
    let waiting = match question(scene, wrong, door)? {
        Ok(waiting) => waiting,
        Err(came) => {
            findings.add(&format!(
                "{door:?} asks for no confirmation to be {wrong:?}: {came:?}"
            ));
            return None;
        }
    };
    let by = |token: &str| confirmed(scene, &waiting, token, &waiting.digest);
    let invalid = || Verdict::Rule("confirmation-invalid".to_owned());
    let (expected, answer) = match wrong {
        Wrong::MadeUp => (
            Verdict::NotConfirmed,
            confirmed(scene, &waiting, red, &"ab".repeat(32)),
        ),
        Wrong::NoDigest => (Verdict::Malformed, confirmed(scene, &waiting, red, "zz")),
        Wrong::OfAnotherRequest => (Verdict::NotConfirmed, of_another(scene, &waiting)),
        Wrong::OfAnotherToken if door == Door::Chat => (
            Verdict::NotConfirmed,
            by_a_model(scene, &scene.tokens.other, &waiting),
        ),
        Wrong::OfAnotherToken => (Verdict::NotConfirmed, by(&scene.tokens.other)),
        Wrong::ByAReader => (Verdict::NotAllowed, by(&scene.tokens.reader)),
        Wrong::WithoutTheScope => (Verdict::NotConfirmed, by(yellow)),
        Wrong::TheTokenAsAPerson => (invalid(), by(yellow)),
        Wrong::TakenBack => {
            let query = "mutation($ticket: String!) { reject(ticket: $ticket) }";
            let said = scene.graphql(red, query, json!({ "ticket": waiting.ticket }));
            if said["data"]["reject"] != true {
                findings.add(&format!("what waits cannot be rejected: {said}"));
            }
            (Verdict::NotConfirmed, by(red))
        }
        Wrong::Used => {
            let first = by(red);
            if first.verdict != Verdict::Done {
                findings.add(&format!("the first use at {door:?}: {first:?}"));
            }
            (Verdict::NotConfirmed, by(red))
        }
        Wrong::ManifestsChanged => {
            let name = format!("changed-{door:?}").to_lowercase();
            let vmid = 106 + door as u32;
            let text = format!(
                "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\n\
                 spec: {{vmid: {vmid}, runStrategy: Manual}}\n"
            );
            scene.commit(&format!("{name}.yaml"), &text);
            (invalid(), by(red))
        }
        Wrong::NothingTyped | Wrong::AnotherNameTyped => {
            let typed = (wrong == Wrong::AnotherNameTyped).then_some("116");
            let (ticket, digest) = (&waiting.ticket, &waiting.digest);
            (
                Verdict::Malformed,
                chat::confirm(scene, red, ticket, digest, typed),
            )
        }
        Wrong::ByTheModel => (Verdict::NotConfirmed, by_a_model(scene, red, &waiting)),
        Wrong::BySayingYes => (still_waiting(&waiting), by_saying_yes(scene, &waiting)),
    };
    Some((expected, answer, waiting.ticket))
}

/// A model makes the second call itself, after a person said yes to it in words: in the same conversation, or in the latest
/// one of somebody else.
fn by_a_model(scene: &Scene, token: &str, waiting: &Waiting) -> Answer {
    let mut action = waiting.action.clone();
    action["digest"] = json!(waiting.digest);
    action["say"] = json!("Yes, I confirm it for 115, poetically speaking: please proceed.");
    chat::call(scene, token, &action, chat::latest(scene, token).as_deref()).unwrap()
}

/// Code answers a yes, and whatever it says: what waits goes on waiting.
fn by_saying_yes(scene: &Scene, waiting: &Waiting) -> Answer {
    let token = &scene.tokens.red;
    let place = chat::latest(scene, token);
    let (_, answers) = chat::said(scene, token, place.as_deref(), "yes").unwrap();
    Answer {
        verdict: chat::stands(scene, &waiting.ticket),
        said: format!("{answers:?}"),
        sent: false,
        ticket: waiting.ticket.clone(),
    }
}

fn still_waiting(waiting: &Waiting) -> Verdict {
    Verdict::Awaiting {
        ticket: waiting.ticket.clone(),
        digest: waiting.digest.clone(),
    }
}

/// The digest of one request for another one: by its ticket, or by the arguments of the call.
fn of_another(scene: &Scene, waiting: &Waiting) -> Answer {
    let red = &scene.tokens.red;
    if waiting.door != Door::Mcp {
        return match asked(scene, waiting.door, red, LEFT_ALONE) {
            Ok(other) => confirmed(scene, waiting, red, &other.digest),
            Err(came) => *came,
        };
    }
    let other = Waiting {
        action: json!({ "name": "stopGuest", "vmid": 117 }),
        ..waiting.clone()
    };
    confirmed(scene, &other, red, &waiting.digest)
}

fn judged(
    name: &str,
    door: Door,
    expected: &Verdict,
    answer: &Answer,
    ticket: &str,
    findings: &mut Findings,
) {
    findings.answered(&format!("confirmation {name}"), door, ticket, answer);
    if answer.verdict != *expected {
        findings.add(&format!(
            "confirmation {name} at {door:?}: {expected:?} expected, {:?} came: {}",
            answer.verdict, answer.said
        ));
    }
}

/// The confirmation that counts stops a machine, once.
fn right(scene: &Scene, door: Door, at: usize, findings: &mut Findings) {
    let before = scene.effects().len();
    let answer = door.carry_out(scene, &stop(STOPPED[DOORS.len() + at])).unwrap();
    let grown = scene.effects().len() - before;
    if answer.verdict != Verdict::Done || grown != 1 {
        findings.add(&format!(
            "a confirmation that counts at {door:?}: {grown} effects: {answer:?}"
        ));
    }
}

/// Who calls in vain without end fills no disk: most of it is only counted.
pub fn flood(scene: &Scene, findings: &mut Findings) {
    let before = refusals(scene).len();
    let calls = 120;
    for _ in 0..calls {
        let answer = Door::Mcp.send(scene, &scene.tokens.other, &json!({ "tool": "nothing" }));
        assert_eq!(answer.unwrap().verdict, Verdict::Malformed);
    }
    let told = until("the count on record", || {
        let told = refusals(scene).split_off(before);
        told.iter()
            .any(|line| line.contains("more calls of"))
            .then_some(told)
    });
    if told.len() >= calls {
        findings.add(&format!("a flood of {calls} calls left {} records", told.len()));
    }
}

fn refusals(scene: &Scene) -> Vec<String> {
    let lines = scene.audit().into_iter();
    lines
        .filter(|line| line["event"] == "callRefused")
        .map(|line| line["summary"].to_string())
        .collect()
}
