//! Confirmations that do not count: made up, of another request, of another token, used, taken back, too late, or given before
//! the manifests changed. Beside each stands the one that counts, once.

use super::{
    Findings,
    doors::{Answer, DOORS, Door, Verdict},
    scene::Scene,
};
use serde_json::{Value, json};

/// A request that waits.
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
            let mut record = scene.last_record();
            let Some((expected, answer)) = tried(scene, wrong, door, &mut record) else {
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

/// The answer to a wrong confirmation and the one that is expected; none where a door has no way to give it.
fn tried(scene: &Scene, wrong: Wrong, door: Door, record: &mut u64) -> Option<(Verdict, Answer)> {
    let red = &scene.tokens.red;
    let by = |token: &str| asked(scene, door, token);
    let tried = match wrong {
        Wrong::MadeUp => (
            Verdict::NotConfirmed,
            confirmed(scene, &by(red), red, &"ab".repeat(32)),
        ),
        Wrong::NoDigest if door == Door::Cli => return None,
        Wrong::NoDigest => (Verdict::Malformed, confirmed(scene, &by(red), red, "zz")),
        // A command gives a digest and nothing else, and a digest is of one request.
        Wrong::OfAnotherRequest if door == Door::Cli => return None,
        Wrong::OfAnotherRequest => {
            let mut other = by(red);
            other.action["vmid"] = json!(117);
            let digest = match door {
                Door::Mcp => other.digest.clone(),
                _ => by(red).digest,
            };
            (Verdict::NotConfirmed, confirmed(scene, &other, red, &digest))
        }
        // A person or a token of an operator's role may confirm what another one asked for; a second call may not.
        Wrong::OfAnotherToken if door != Door::Mcp => return None,
        Wrong::OfAnotherToken => {
            let waiting = by(red);
            let answer = confirmed(scene, &waiting, &scene.tokens.other, &waiting.digest);
            (Verdict::NotConfirmed, answer)
        }
        Wrong::ByAReader => {
            let waiting = by(red);
            let answer = confirmed(scene, &waiting, &scene.tokens.reader, &waiting.digest);
            (Verdict::NotAllowed, answer)
        }
        Wrong::WithoutTheScope if door != Door::Mcp => return None,
        Wrong::WithoutTheScope => {
            let waiting = by(&scene.tokens.yellow);
            let answer = confirmed(scene, &waiting, &scene.tokens.yellow, &waiting.digest);
            (Verdict::NotConfirmed, answer)
        }
        Wrong::TheTokenAsAPerson if door == Door::Mcp => return None,
        Wrong::TheTokenAsAPerson => {
            let waiting = asked(scene, Door::Mcp, &scene.tokens.yellow);
            let answer = door.confirm(
                scene,
                &scene.tokens.yellow,
                &act(),
                &waiting.ticket,
                &waiting.digest,
            );
            (Verdict::Rule("confirmation-invalid".to_owned()), answer.unwrap())
        }
        Wrong::TakenBack => {
            let waiting = by(red);
            let query = "mutation($ticket: String!) { reject(ticket: $ticket) }";
            let said = scene.graphql(red, query, json!({ "ticket": waiting.ticket }));
            assert_eq!(said["data"]["reject"], true, "{said}");
            (
                Verdict::NotConfirmed,
                confirmed(scene, &waiting, red, &waiting.digest),
            )
        }
        Wrong::Used => {
            let waiting = by(red);
            let first = confirmed(scene, &waiting, red, &waiting.digest);
            assert_eq!(first.verdict, Verdict::Done, "{first:?}");
            *record = scene.last_record();
            (
                Verdict::NotConfirmed,
                confirmed(scene, &waiting, red, &waiting.digest),
            )
        }
        Wrong::ManifestsChanged => {
            let waiting = by(red);
            let name = format!("changed-{door:?}").to_lowercase();
            let text = format!(
                "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {{vmid: {}, runStrategy: Manual}}\n",
                106 + door as u32
            );
            scene.commit(&format!("{name}.yaml"), &text);
            let answer = confirmed(scene, &waiting, red, &waiting.digest);
            (Verdict::Rule("confirmation-invalid".to_owned()), answer)
        }
    };
    Some(tried)
}

fn judged(
    scene: &Scene,
    name: &str,
    door: Door,
    expected: &Verdict,
    answer: &Answer,
    record: u64,
    findings: &mut Findings,
) {
    if answer.verdict != *expected {
        findings.add(&format!(
            "confirmation {name} at {door:?}: {expected:?} expected, {:?} came: {}",
            answer.verdict, answer.said
        ));
    }
    let refused =
        |line: &Value| line["seq"].as_u64().is_some_and(|seq| seq > record) && line["verdict"] == "refused";
    if answer.sent && !scene.audit().iter().any(refused) {
        findings.add(&format!("confirmation {name} at {door:?} is not on record"));
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
    let record = scene.last_record();
    let calls = 120;
    for _ in 0..calls {
        let answer = Door::Mcp.send(scene, &scene.tokens.other, &json!({ "tool": "nothing" }));
        assert_eq!(answer.unwrap().verdict, Verdict::Malformed);
    }
    let told = crate::support::until("the count on record", || {
        let lines = scene.audit();
        let new = lines
            .iter()
            .filter(|line| line["seq"].as_u64().is_some_and(|seq| seq > record));
        let told: Vec<String> = new
            .filter(|line| line["event"] == "callRefused")
            .map(|line| line["summary"].to_string())
            .collect();
        told.iter()
            .any(|line| line.contains("more calls of"))
            .then_some(told)
    });
    if told.len() >= calls {
        findings.add(&format!("a flood of {calls} calls left {} records", told.len()));
    }
}
