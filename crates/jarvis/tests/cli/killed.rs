//! The real program, killed at each step of what it mends by SIGKILL, against a simulated cluster in another process: a
//! guest that crashed, a service that ended, a node that is away. After the next start everything is well, and the cluster
//! was asked exactly once.

use crate::{
    stage::{Stage, of_guest},
    support::until,
};
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Mutex};

const WEB: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: RerunOnFailure}\n";
const POST: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: Service\nmetadata: {name: post}\nspec: {target: {node: atlas}, systemd: {unit: postfix.service}, restart: Allowed}\n";
const FORGE: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata: {name: forge}\nspec: {node: forge, wakeOnLan: {mac: \"02:20:00:00:00:04\", via: atlas}}\n";

/// What is wrong, and what is asked of the cluster because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    /// A guest crashed: it is started.
    Guest,
    /// A service ended: it is restarted over SSH.
    Service,
    /// A node is away: another one sends it a packet.
    Node,
}

use Ill::{Guest, Node, Service};

impl Ill {
    fn manifest(self) -> &'static str {
        match self {
            Guest => WEB,
            Service => POST,
            Node => FORGE,
        }
    }

    /// How fast the cluster lives: a node is given two minutes, and boots.
    fn factor(self) -> u32 {
        match self {
            Guest | Service => 10,
            Node => 20,
        }
    }

    fn befalls(self, stage: &Stage) {
        stage.fault(&match self {
            Guest => of_guest("crash-guest", 101),
            Service => json!({ "fault": "fail-service", "node": "atlas", "service": "postfix.service" }),
            Node => json!({ "fault": "power-loss", "node": "forge" }),
        });
    }

    /// How often the cluster was asked for what mends it.
    fn asked(self, stage: &Stage) -> usize {
        let ledger = stage.ledger();
        let count = |list: &str, fits: &dyn Fn(&Value) -> bool| {
            ledger[list]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| fits(row))
                .count()
        };
        match self {
            Guest => stage.starts(101).0,
            Service => count("commands", &|row| row["service"] == "postfix.service"),
            Node => count("wakes", &|row| row["node"] == "forge"),
        }
    }
}

/// Each record at which it is killed, and what makes that moment last.
const ROWS: [(Ill, &str, Option<&str>); 14] = [
    (Node, "issueOpened", None),
    (Node, "intentLogged", None),
    (Node, "effectAccepted", None),
    (Node, "intentClosed", None),
    (Guest, "issueOpened", None),
    (Guest, "intentLogged", None),
    // The request is sent and not answered.
    (
        Guest,
        "intentLogged",
        Some(
            "{\"fault\": \"delay-next\", \"prefix\": \"/nodes/atlas/qemu/101/status/start\", \"millis\": 3000}",
        ),
    ),
    // The task runs.
    (
        Guest,
        "effectAccepted",
        Some("{\"fault\": \"slow-tasks\", \"factor\": 10}"),
    ),
    (Guest, "taskFinished", None),
    (Guest, "intentClosed", None),
    (Service, "issueOpened", None),
    (Service, "intentLogged", None),
    (Service, "effectAccepted", None),
    (Service, "intentClosed", None),
];

/// Something is being mended; Jarvis is killed as soon as `event` is durable. What is wrong with how it went on.
fn killed_at((ill, event, fault): (Ill, &str, Option<&str>)) -> Result<(), String> {
    let stage = Stage::set(ill.factor());
    stage.declare(ill.manifest());
    let mut first = stage.run();
    until("the manifest is in force and seen to be so", || {
        let said = stage.jarvis(&["get", "resources"]);
        said.out.contains("Synced").then_some(())
    });
    if let Some(fault) = fault {
        stage.fault(&serde_json::from_str(fault).unwrap());
    }
    ill.befalls(&stage);
    until("the moment to kill", || (stage.count(event) > 0).then_some(()));
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    drop(first);
    let mut second = stage.run();
    until("everything is well", || {
        let issues = stage.jarvis(&["get", "issues"]).out;
        issues.contains("healthy").then_some(())
    });
    let asked = ill.asked(&stage);
    if asked != 1 {
        return Err(format!(
            "{ill:?} killed at {event}: asked {asked} times\n{}",
            second.log()
        ));
    }
    assert_eq!(second.terminate(), 0, "{}", second.log());
    let verified = stage.jarvis(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    Ok(())
}

#[test]
fn at_each_step_of_each_mending_it_asks_once() {
    let waiting = Mutex::new(VecDeque::from(ROWS));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(row) = waiting.lock().unwrap().pop_front() else {
                        return;
                    };
                    let lived = killed_at(row);
                    wrong.lock().unwrap().extend(lived.err());
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
