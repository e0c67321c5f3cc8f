//! Confirmations that do not count: made up, of another request, of another token, used, taken back, too late, or given before
//! the manifests changed. Beside each stands the one that counts, once.

use super::{
    Findings,
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

/// What is asked for: red everywhere, and on a machine that nothing needs.
fn act() -> Value {
    json!({ "name": "stopGuest", "vmid": 115 })
}

fn asked(scene: &Scene, door: Door, token: &str) -> Waiting {
    let action = act();
    let answer = door.send(scene, token, &action).unwrap();
    let Verdict::Awaiting { ticket, digest } = answer.verdict else {
        panic!("{door:?} does not ask for a confirmation: {answer:?}");
    };
    Waiting {
        door,
        action,
        ticket,
        digest,
    }
}

/// Asks at every door what will have lapsed when it is confirmed.
pub fn begin(scene: &Scene) -> Vec<Waiting> {
    DOORS.map(|door| asked(scene, door, &scene.tokens.red)).into()
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
}

const ALL: [Wrong; 10] = [
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
];

/// Tries each at every door that can say it; returns how many there were.
pub fn check(scene: &Scene, lapsed: Vec<Waiting>, findings: &mut Findings) -> usize {
    for (at, wrong) in ALL.into_iter().enumerate() {
        for door in DOORS {
            let effects = scene.effects().len();
            let Some((expected, answer, ticket)) = tried(scene, wrong, door, findings) else {
                continue;
            };
            // The first use counts, and the machine is started again.
            let used = if wrong == Wrong::Used { 2 } else { 0 };
            judged(
                scene,
                &format!("{wrong:?}"),
                door,
                &expected,
                &answer,
                record,
                findings,
            );
            let grown = scene.effects().len() - effects;
            if grown != used {
                findings.add(&format!("confirmation {wrong:?} at {door:?}: {grown} effects"));
            }
        }
        right(scene, DOORS[at % DOORS.len()], findings);
    }
    for waiting in &lapsed {
        let record = scene.last_record();
        let answer = confirmed(scene, waiting, &scene.tokens.red, &waiting.digest);
        let expected = Verdict::NotConfirmed;
        judged(
            scene,
            "too late",
            waiting.door,
            &expected,
            &answer,
            record,
            findings,
        );
    }
    right(scene, Door::Mcp, findings);
    ALL.len() + 1
}

fn confirmed(scene: &Scene, waiting: &Waiting, token: &str, digest: &str) -> Answer {
    waiting
        .door
        .confirm(scene, token, &waiting.action, &waiting.ticket, digest)
        .unwrap()
}

/// A wrong confirmation: what is expected, what came, and its ticket; none where a door has no way to give it.
fn tried(
    scene: &Scene,
    wrong: Wrong,
    door: Door,
    findings: &mut Findings,
) -> Option<(Verdict, Answer, String)> {
    let (red, yellow) = (&scene.tokens.red, &scene.tokens.yellow);
    let waiting = match wrong {
        // A command gives a digest and nothing else, and a digest is of one request.
        Wrong::NoDigest | Wrong::OfAnotherRequest if door == Door::Cli => return None,
        // A person, or a token with an operator's role, may confirm what another one asked for; a second call may not.
        Wrong::OfAnotherToken | Wrong::WithoutTheScope if door != Door::Mcp => return None,
        Wrong::TheTokenAsAPerson if door == Door::Mcp => return None,
        Wrong::WithoutTheScope => asked(scene, door, yellow),
        Wrong::TheTokenAsAPerson => Waiting {
            door,
            ..asked(scene, Door::Mcp, yellow)
        },
        _ => asked(scene, door, red),
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
            let again = by(red);
            start(scene, door, findings);
            (Verdict::NotConfirmed, again)
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
    };
    Some((expected, answer, waiting.ticket))
}

/// The digest of one request for another one: by its ticket, or by the arguments of the call.
fn of_another(scene: &Scene, waiting: &Waiting) -> Answer {
    let red = &scene.tokens.red;
    if waiting.door != Door::Mcp {
        let other = asked(scene, waiting.door, red);
        return confirmed(scene, waiting, red, &other.digest);
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

/// The confirmation that counts stops the machine, once. It is started again.
fn right(scene: &Scene, door: Door, findings: &mut Findings) {
    let before = scene.effects().len();
    let answer = door.carry_out(scene, &act()).unwrap();
    let grown = scene.effects().len() - before;
    if answer.verdict != Verdict::Done || grown != 1 {
        findings.add(&format!(
            "a confirmation that counts at {door:?}: {grown} effects: {answer:?}"
        ));
    }
    start(scene, door);
}

fn start(scene: &Scene, door: Door) {
    let started = door
        .carry_out(scene, &json!({ "name": "startGuest", "vmid": 115 }))
        .unwrap();
    assert_eq!(started.verdict, Verdict::Done, "{started:?}");
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
