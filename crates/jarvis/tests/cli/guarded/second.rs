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

/// A machine that stays as it is: what is wrongly confirmed is asked for it.
const LEFT_ALONE: u32 = 115;
/// Machines that nothing needs; each is stopped once. One that was started a moment ago may be listed as stopped for some
/// seconds, and a request is refused meanwhile.
const STOPPED: [u32; 14] = [
    114, 116, 117, 201, 202, 203, 204, 205, 206, 207, 208, 210, 211, 212,
];

/// What is asked for: red at every door.
fn stop(vmid: u32) -> Value {
    json!({ "name": "stopGuest", "vmid": vmid })
}

fn asked(scene: &Scene, door: Door, token: &str, vmid: u32) -> Waiting {
    let action = stop(vmid);
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
    DOORS
        .map(|door| asked(scene, door, &scene.tokens.red, LEFT_ALONE))
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
            // A ticket is on record by the door it came through.
            let by = match wrong {
                Wrong::TheTokenAsAPerson => Door::Mcp,
                _ => door,
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
            waiting.door,
            &expected,
            &answer,
            &waiting.ticket,
            findings,
        );
    }
    right(scene, Door::Mcp, ALL.len(), findings);
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
        Wrong::WithoutTheScope => asked(scene, door, yellow, LEFT_ALONE),
        Wrong::TheTokenAsAPerson => Waiting {
            door,
            ..asked(scene, Door::Mcp, yellow, LEFT_ALONE)
        },
        Wrong::Used => asked(scene, door, red, STOPPED[door as usize]),
        _ => asked(scene, door, red, LEFT_ALONE),
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
    };
    Some((expected, answer, waiting.ticket))
}

/// The digest of one request for another one: by its ticket, or by the arguments of the call.
fn of_another(scene: &Scene, waiting: &Waiting) -> Answer {
    let red = &scene.tokens.red;
    if waiting.door != Door::Mcp {
        let other = asked(scene, waiting.door, red, LEFT_ALONE);
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
