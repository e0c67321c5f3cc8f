//! The guard from outside: what must not happen is asked for at every door of a running Jarvis. Each door gives the same
//! verdict, each refusal is on record, and nothing reaches the cluster. Beside each refused call stands an allowed one: it has
//! exactly one effect, so what is refused is not refused because nothing works.
//!
//! | part | what |
//! | --- | --- |
//! | [`table`] | the calls, as data |
//! | [`second`] | confirmations that do not count |
//! | [`doors`], [`chat`], [`spell`] | how each door is spoken to, and how it spells a call |
//! | [`scene`] | the demo, and the two witnesses: the simulated cluster's ledger and the audit trail |

mod chat;
mod doors;
mod scene;
mod second;
mod spell;
mod table;

use doors::{Answer, DOORS, Door, Verdict};
use scene::Scene;
use serde_json::Value;
use std::{fmt::Write as _, thread};
use table::{Expected, Row};

/// Everything that went otherwise than it should, told together at the end: one run shows all of it. And what must be on
/// record by then.
#[derive(Default)]
struct Findings {
    wrong: String,
    records: Vec<Record>,
}

/// What an answer must have left in the audit trail.
struct Record {
    name: String,
    door: Door,
    /// The ticket and the rule of what the guard refused; none for what never became a request.
    refused: Option<(String, String)>,
}

impl Findings {
    fn add(&mut self, what: &str) {
        let _ = writeln!(self.wrong, "- {what}");
    }

    /// An answer of the server must be on record.
    fn answered(&mut self, name: &str, door: Door, ticket: &str, answer: &Answer) {
        if answer.sent {
            let refused = match &answer.verdict {
                Verdict::Rule(rule) => Some((ticket.to_owned(), rule.clone())),
                _ => None,
            };
            self.records.push(Record {
                name: name.to_owned(),
                door,
                refused,
            });
        }
    }

    /// Looks for all of it: refusals by their tickets, and of what never became a request as many lines as there were.
    fn look_up(&mut self, audit: &[Value]) {
        for door in DOORS {
            let of_door = |line: &&Value| {
                line["event"] == "callRefused"
                    && line["origin"]
                        .as_str()
                        .is_some_and(|by| by.ends_with(door.mark()))
            };
            let lines: Vec<&Value> = audit
                .iter()
                .filter(of_door)
                .map(|line| &line["summary"])
                .collect();
            let calls = self.records.iter();
            let names: Vec<&str> = calls
                .filter(|record| record.door == door && record.refused.is_none())
                .map(|record| record.name.as_str())
                .collect();
            if lines.len() != names.len() {
                self.add(&format!("{door:?} refused {names:#?} and recorded {lines:#?}"));
            }
        }
        for record in std::mem::take(&mut self.records) {
            let Some((ticket, rule)) = &record.refused else {
                continue;
            };
            let condition = format!(" {rule}");
            let found = audit.iter().any(|line| {
                line["ticket"] == *ticket
                    && line["verdict"] == "refused"
                    && line["origin"]
                        .as_str()
                        .is_some_and(|by| by.ends_with(record.door.mark()))
                    && line["condition"]
                        .as_str()
                        .is_some_and(|by| by.ends_with(&condition))
            });
            if ticket.is_empty() || !found {
                self.add(&format!(
                    "{} at {:?} is not on record: {ticket} {rule}",
                    record.name, record.door
                ));
            }
        }
    }
}

#[test]
fn what_must_not_happen_happens_at_no_door() {
    let scene = Scene::begin();
    let mut findings = Findings::default();
    let waiting = second::begin(&scene);
    let calm = table::calm();
    let mut count = calm.len();
    for (at, row) in calm.iter().enumerate() {
        check(&scene, row, DOORS[at % DOORS.len()], &mut findings, true);
    }
    count += second::check(&scene, waiting, &mut findings);

    scene
        .demo
        .jarvis(&["freeze", "--all", "--reason", "a test"])
        .expect(0);
    let frozen = table::frozen();
    for row in &frozen {
        check(&scene, row, Door::Mcp, &mut findings, false);
    }
    scene.demo.jarvis(&["thaw"]).expect(0);
    for row in &frozen {
        beside(&scene, row, Door::Mcp, &mut findings);
    }
    count += frozen.len();

    scene.without_forge();
    let gone = table::one_node_gone();
    for (at, row) in gone.iter().enumerate() {
        check(&scene, row, DOORS[at % DOORS.len()], &mut findings, true);
    }
    count += gone.len();
    findings.look_up(&scene.audit());
    second::flood(&scene, &mut findings);
    assert!(count >= 60, "the table has {count} rows");
    assert!(findings.wrong.is_empty(), "of {count} rows:\n{}", findings.wrong);
}

/// Sends a row through every door that can say it, and then its neighbour through one.
fn check(scene: &Scene, row: &Row, turn: Door, findings: &mut Findings, neighbour: bool) {
    let effects = scene.effects();
    // All at once: no door waits for another, and none helps another in.
    let answers: Vec<(Door, Answer)> = thread::scope(|scope| {
        let asked = DOORS.map(|door| scope.spawn(move || Some((door, sent(scene, row, door).ok()?))));
        asked
            .into_iter()
            .filter_map(|asked| asked.join().unwrap())
            .collect()
    });
    let name = format!("{}, {}", row.group, row.name);
    if answers.is_empty() {
        findings.add(&format!("{name}: no door can say it"));
    }
    for (door, answer) in &answers {
        findings.answered(&name, *door, &answer.ticket, answer);
        if !fits(row.expected, &answer.verdict) {
            findings.add(&format!(
                "{name} at {door:?}: {:?} expected, {:?} came: {}",
                row.expected, answer.verdict, answer.said
            ));
        }
    }
    let now = scene.effects();
    if now != effects {
        findings.add(&format!(
            "{name} reached the cluster: {:?}",
            &now[effects.len()..]
        ));
    }
    if neighbour {
        beside(scene, row, turn, findings);
    }
}

fn sent(scene: &Scene, row: &Row, door: Door) -> Result<Answer, &'static str> {
    let mut call = row.call.clone();
    let fields = call.as_object_mut().unwrap();
    let only = fields.remove("only");
    let token = match fields.remove("token") {
        Some(_) => &scene.tokens.reader,
        None => &scene.tokens.red,
    };
    let may = match only.as_ref().and_then(Value::as_str) {
        None => true,
        Some("json") => door != Door::Cli,
        Some("mcp") => matches!(door, Door::Mcp | Door::Chat),
        Some("cli") => door == Door::Cli,
        Some("chat") => door == Door::Chat,
        Some(_) => door == Door::Graphql,
    };
    if may {
        door.send(scene, token, &call)
    } else {
        Err("the row is about another door's words")
    }
}

fn fits(expected: Expected, verdict: &Verdict) -> bool {
    match (expected, verdict) {
        (Expected::Rule(wanted), Verdict::Rule(rule)) => wanted == rule,
        (Expected::Malformed, Verdict::Malformed)
        | (Expected::Unnamed, Verdict::Unnamed)
        | (Expected::NotAllowed, Verdict::NotAllowed) => true,
        _ => false,
    }
}

/// Does what is allowed, and sees that exactly that reached the cluster, once.
fn beside(scene: &Scene, row: &Row, turn: Door, findings: &mut Findings) {
    let effects = scene.effects();
    let first = DOORS.iter().position(|door| *door == turn).unwrap_or_default();
    let mut doors = DOORS.iter().cycle().skip(first).take(DOORS.len());
    let name = format!("beside {}, {}", row.group, row.name);
    let Some((door, answer)) =
        doors.find_map(|door| Some((door, door.carry_out(scene, &row.beside.call).ok()?)))
    else {
        findings.add(&format!("{name}: no door can say it"));
        return;
    };
    if answer.verdict != Verdict::Done {
        findings.add(&format!(
            "{name} at {door:?}: {:?}: {}",
            answer.verdict, answer.said
        ));
    }
    let now = scene.effects();
    let new: Vec<&String> = now.iter().filter(|effect| !effects.contains(effect)).collect();
    let grown = now.len() - effects.len();
    let fits = now
        .iter()
        .filter(|effect| effect.ends_with(&row.beside.effect))
        .count()
        == effects
            .iter()
            .filter(|effect| effect.ends_with(&row.beside.effect))
            .count()
            + 1;
    if grown != 1 || !fits {
        findings.add(&format!(
            "{name} at {door:?}: {grown} effects, not one {}: {new:?}",
            row.beside.effect
        ));
    }
}
