//! The API of the cluster fails, hangs or lies at each step of a mending, against the real program: whatever it does, the
//! guest ends running, by one start and no more, and that is verified.

use crate::{
    stage::{OWN, Stage, of_guest},
    support::until,
};
use serde_json::{Value, json};
use std::{collections::VecDeque, fmt::Write as _, sync::Mutex};

/// Times as fast as a clock on the wall.
const FACTOR: u32 = 10;

/// What the API does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Refuses with this status; a request is not heard.
    Refuses(u16),
    /// Answers with this status, and does what was asked.
    Status(u16),
    /// Says nothing for longer than anybody waits.
    Hangs,
    /// Every type is another one.
    Nonsense,
    /// Half an answer.
    Cut,
    /// A page of HTML with `200 OK`.
    Page,
    /// As it was before.
    Stale,
    /// The answer is lost on its way.
    Lost,
}

/// At which step of the mending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The cluster-wide look by which it is found.
    Observing,
    /// The live look before anything is done.
    Looking,
    /// The request.
    Starting,
    /// The task that was begun.
    Polling,
    /// The look that shows whether it helped.
    Verifying,
}

use At::{Looking, Observing, Polling, Starting, Verifying};
use Trouble::{Cut, Hangs, Lost, Nonsense, Page, Refuses, Stale, Status};

const ROWS: [(At, Trouble); 34] = [
    (Observing, Status(500)),
    (Observing, Status(596)),
    (Observing, Hangs),
    (Observing, Nonsense),
    (Observing, Cut),
    (Observing, Page),
    (Observing, Stale),
    (Looking, Status(500)),
    (Looking, Status(596)),
    (Looking, Hangs),
    (Looking, Nonsense),
    (Looking, Cut),
    (Looking, Stale),
    (Starting, Refuses(500)),
    (Starting, Refuses(596)),
    (Starting, Status(500)),
    (Starting, Status(596)),
    (Starting, Hangs),
    (Starting, Nonsense),
    (Starting, Cut),
    (Starting, Page),
    (Starting, Lost),
    (Polling, Status(500)),
    (Polling, Status(596)),
    (Polling, Hangs),
    (Polling, Nonsense),
    (Polling, Cut),
    (Polling, Stale),
    (Verifying, Status(500)),
    (Verifying, Status(596)),
    (Verifying, Hangs),
    (Verifying, Nonsense),
    (Verifying, Cut),
    (Verifying, Stale),
];

/// How many answers are spoilt: more than one retry, fewer than it takes to call a node lost.
const ANSWERS: u32 = 3;
/// Longer than every time limit.
const FOR_EVER_MILLIS: u64 = 9_000;

/// The mischief of a row for a guest on a node.
fn mischief((at, trouble): (At, Trouble), node: &str, vmid: u32) -> Value {
    let (method, prefix, count) = match at {
        Observing => ("GET", "/cluster/resources".to_owned(), ANSWERS),
        Looking | Verifying => (
            "GET",
            format!("/nodes/{node}/qemu/{vmid}/status/current"),
            ANSWERS,
        ),
        Starting => ("POST", format!("/nodes/{node}/qemu/{vmid}/status/start"), 1),
        Polling => ("GET", format!("/nodes/{node}/tasks/UPID"), ANSWERS),
    };
    let (name, more) = match trouble {
        Refuses(status) => (
            "status-next",
            json!({ "status": status, "reason": "no", "unheard": true }),
        ),
        Status(status) => ("status-next", json!({ "status": status, "reason": "no" })),
        Hangs => ("delay-next", json!({ "millis": FOR_EVER_MILLIS })),
        Nonsense => ("wrong-types-next", json!({})),
        Cut => ("truncated-next", json!({})),
        Page => ("html-next", json!({})),
        Stale => ("stale-next", json!({})),
        Lost => ("reply-lost-next", json!({})),
    };
    let mut all = json!({ "fault": name, "prefix": prefix, "method": method, "count": count });
    let fields = all.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    all
}

/// The machines that run, which are not Jarvis's own: number, name and node.
fn machines(stage: &Stage) -> Vec<(u32, String, String)> {
    let state = stage.state();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let guests = state["guests"].as_array().unwrap().iter();
    guests
        .filter(|guest| guest["kind"] == "qemu" && guest["status"] == "running")
        .filter(|guest| guest["vmid"] != OWN)
        .map(|guest| {
            let vmid = u32::try_from(guest["vmid"].as_u64().unwrap()).unwrap();
            (vmid, text(guest, "name"), text(guest, "node"))
        })
        .collect()
}

fn declared(machines: &[(u32, String, String)]) -> String {
    let mut text = String::new();
    for (vmid, name, _) in machines {
        let _ = writeln!(
            text,
            "---\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {{vmid: {vmid}, \
             runStrategy: RerunOnFailure}}"
        );
    }
    text
}

/// How the acts for a guest ended, as Jarvis has it.
fn outcomes(stage: &Stage, vmid: u32) -> Vec<Value> {
    let said = stage.jarvis(&["get", "intents", "--output", "json"]);
    let all: Vec<Value> = serde_json::from_str(&said.out).unwrap_or_default();
    let what = format!("start guest {vmid}");
    all.into_iter()
        .filter(|intent| intent["action"]["text"] == what.as_str())
        .map(|intent| intent["outcome"].clone())
        .collect()
}

/// Proxmox refuses by 500, and nothing else says that it did not: such a refusal is believed, so that the next attempt may be
/// made before the guest is seen to run. It is refused there.
const DENIED: (At, Trouble) = (Starting, Status(500));

/// Whether the guest was started once, and asked for once.
fn is_once(row: (At, Trouble), (requests, starts): (usize, usize)) -> bool {
    starts == 1 && (requests == 1 || (requests == 2 && row == DENIED))
}

/// Lives one row through; what is wrong with how it ended.
fn live(stage: &Stage, row: (At, Trouble), machine: &(u32, String, String)) -> Result<(), String> {
    let (vmid, _, node) = machine;
    let spoil = mischief(row, node, *vmid);
    let accepted = stage.count("effectAccepted");
    if matches!(row.0, Observing | Looking | Starting) {
        stage.fault(&spoil);
    }
    stage.fault(&of_guest("crash-guest", *vmid));
    if matches!(row.0, Polling | Verifying) {
        until("the request is taken", || {
            (stage.count("effectAccepted") > accepted).then_some(())
        });
        stage.fault(&spoil);
    }
    let outcomes = until("the act is over", || {
        let outcomes = outcomes(stage, *vmid);
        let over = !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome != Value::Null);
        (over && stage.runs(*vmid)).then_some(outcomes)
    });
    let verified = outcomes.iter().filter(|outcome| *outcome == "verified").count();
    if is_once(row, stage.starts(*vmid)) && (verified == 1 || row == DENIED) {
        return Ok(());
    }
    let starts = stage.starts(*vmid);
    Err(format!(
        "{row:?} on {vmid}: requests and starts {starts:?}, acts {outcomes:?}"
    ))
}

#[test]
fn an_api_that_fails_hangs_or_lies_at_any_step_leads_to_one_start_and_no_more() {
    let waiting = Mutex::new(VecDeque::from(ROWS));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let stage = Stage::with(FACTOR, &["--nodes", "3", "--guests", "40"]);
                let machines = machines(&stage);
                stage.declare(&declared(&machines));
                let mut process = stage.run();
                until("all is seen", || {
                    let said = stage.jarvis(&["get", "resources"]);
                    let synced = said.out.matches("Synced").count();
                    (synced >= machines.len()).then_some(())
                });
                let mut lived = Vec::new();
                for machine in &machines {
                    let Some(row) = waiting.lock().unwrap().pop_front() else {
                        break;
                    };
                    let ended = live(&stage, row, machine);
                    wrong.lock().unwrap().extend(ended.err());
                    lived.push((row, machine.0));
                }
                stage.passes(60);
                for (row, vmid) in lived {
                    let starts = stage.starts(vmid);
                    assert!(is_once(row, starts), "{row:?} on {vmid}, later: {starts:?}");
                }
                assert_eq!(process.terminate(), 0, "{}", process.log());
                stage.jarvis(&["audit", "verify"]).expect(0);
            });
        }
    });
    assert!(waiting.lock().unwrap().is_empty(), "too few machines");
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
