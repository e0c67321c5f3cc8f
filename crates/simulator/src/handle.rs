//! A cloneable handle on a running simulator: the truth, faults, time. The same as the control endpoint, in process.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::time::SimTime;
use crate::wire::answer::Body;
use crate::wire::http::Request;
use crate::wire::mischief::Mischief;
use crate::wire::serve::answer;
use crate::wire::shared::{Shared, lock};
use crate::world::World;
use crate::world::faults::Fault;
use crate::world::ledger::Ledger;

/// A handle; clones speak of the same simulator.
#[derive(Clone)]
pub struct SimulatorHandle {
    shared: Arc<Shared>,
}

/// What was answered to a question asked without a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Status code.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Body; empty when there is none.
    pub body: String,
}

impl SimulatorHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Simulated time (since the present scenario began).
    pub fn now(&self) -> SimTime {
        self.shared.with(|world| world.now())
    }

    /// Simulated Unix seconds.
    pub fn unix_now(&self) -> u64 {
        self.shared.with(|world| world.unix_now())
    }

    /// Lets simulated time pass at once; everything due happens in order.
    pub fn advance(&self, span: Duration) {
        self.shared.clock.advance(span);
        self.shared.with(|_| ());
    }

    /// Asks a node as a client does, without a socket: the same dispatch, rights, waiting and texts. `path` is that
    /// below `/api2/json`, `form` the body of a changing call.
    pub async fn ask(&self, authorization: &str, node: &str, method: &str, path: &str, form: &str) -> Told {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: format!("/api2/json{path}"),
            query: query.to_owned(),
            headers: vec![("authorization".to_owned(), authorization.to_owned())],
            body: form.as_bytes().to_vec(),
            refused: None,
        };
        let reply = answer(&self.shared, node, &request).await;
        let body = match reply.body {
            Body::None => String::new(),
            Body::Json(text) | Body::Other { text, .. } => text,
        };
        Told {
            status: reply.status,
            reason: reply.reason,
            body,
        }
    }

    /// Lets a fault happen now. The error says what is wrong with the fault.
    pub fn inject(&self, fault: &Fault) -> Result<(), String> {
        self.shared.with(|world| world.inject(fault))
    }

    /// Spoils the next matching answers.
    pub fn mischief(&self, mischief: Mischief) {
        if matches!(mischief, Mischief::StaleNext(_)) {
            self.shared.keep_past();
        }
        lock(&self.shared.mischief).push(mischief);
    }

    /// A fault or mischief in its JSON form.
    pub fn inject_json(&self, text: &str) -> Result<(), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let name = value["fault"]
            .as_str()
            .ok_or("say which: {\"fault\": \"crash-guest\", \"vmid\": 101}")?;
        if name.ends_with("-next") {
            let mischief = serde_json::from_value(value).map_err(|error| error.to_string())?;
            self.mischief(mischief);
            return Ok(());
        }
        let fault: Fault = serde_json::from_value(value).map_err(|error| error.to_string())?;
        self.inject(&fault)
    }

    /// What has happened so far.
    pub fn ledger(&self) -> Ledger {
        self.shared.with(|world| world.ledger.clone())
    }

    /// Looks at the world as it is now, or changes it.
    pub fn with_world<T>(&self, deed: impl FnOnce(&mut World) -> T) -> T {
        self.shared.with(deed)
    }

    /// Begins the scenario again.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Waits until every port is open or closed as its node is; they follow a moment after a fault.
    pub async fn ports_settled(&self) {
        self.shared.ports_settled().await;
    }

    /// How many clients follow a journal over SSH now.
    pub fn journal_followers(&self) -> usize {
        self.shared.journals.receiver_count()
    }

    /// The truth about nodes, guests and running tasks.
    pub fn state(&self) -> Value {
        self.shared.with(|world| truth(world))
    }
}

fn truth(world: &World) -> Value {
    let nodes: Vec<Value> = world
        .nodes
        .values()
        .map(|node| {
            json!({
                "node": node.name,
                "power": format!("{:?}", node.power).split('(').next().unwrap_or_default().to_lowercase(),
                "frozen": node.frozen,
                "proxy": node.daemons.proxy,
                "apiDaemon": node.daemons.api,
                "statusDaemon": node.daemons.status,
                "corosync": node.daemons.corosync,
                "quorate": node.works() && world.is_quorate(&node.name),
                "uptimeSecs": node.uptime(world.now()).as_secs(),
                "celsius": (world.node_celsius(&node.name, world.now()) * 10.0).round() / 10.0,
            })
        })
        .collect();
    let guests: Vec<Value> = world
        .guests
        .values()
        .map(|guest| {
            json!({
                "vmid": guest.vmid,
                "kind": guest.kind.word(),
                "name": guest.name,
                "node": guest.node,
                "status": guest.fine_status(),
                "pid": guest.process.as_ref().map(|process| process.pid),
                "uptimeSecs": guest.uptime_secs(world.now()),
                "lock": guest.lock,
                "uuid": guest.uuid,
                "mac": guest.mac,
                "haState": world.ha.services.get(&guest.vmid).map(crate::world::ha::Service::shown_state),
            })
        })
        .collect();
    let running: Vec<&str> = world
        .tasks
        .values()
        .filter(|task| task.end.is_none())
        .map(|task| task.upid.as_str())
        .collect();
    json!({
        "cluster": world.cluster,
        "atMs": world.now().as_millis(),
        "unixSecs": world.unix_now(),
        "quorate": world.majority_viewer().is_some(),
        "nodes": nodes,
        "guests": guests,
        "runningTasks": running,
    })
}
