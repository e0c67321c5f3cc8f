//! A small world, and a controller without a loop: it keeps tickets, judges them with the real guard, and moves them on
//! when the test says so.

use jarvis_controller::{
    CommandError, Confirm, Handle, LoopState, NewRequest, RefusedCall, View,
    command::Command,
    history::History,
    testing::{TestSide, handle},
};
use jarvis_guard::{Floor, judge};
use jarvis_model::{
    Confirmed, Digest, Event, GuestKind, GuestObserved, GuestStatus, Host, HostFigures, HostObserved,
    Identity, LiveStatus, Memory, NodeName, NodeObserved, NodeStatus, Observation, Observed, Proposal,
    ProposalId, Quorum, StorageObserved, Ticket, TicketId, TicketState, Timestamp, UnknownReason, Usage,
    Verdict, Vmid,
};
use jarvis_planner::{Input, Plan, ticket::request};
use jarvis_ports::{Clock, Journal, ManifestSource, Stored};
use jarvis_store::{MemoryJournal, MemoryStore};
use jarvis_tools::{Caller, Desk, Registry, Side, ToolResult};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// When everything happens.
pub const START: Timestamp = Timestamp::from_secs(1_800_000_000);

pub const MANIFESTS: &str = "
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web-01}
spec: {vmid: 101, runStrategy: Always}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: db-01}
spec: {vmid: 102, runStrategy: RerunOnFailure}
---
apiVersion: jarvis.dev/v1alpha1
kind: SafetyPolicy
metadata: {name: house}
spec:
  protected: [{node: agent1}, {vmid: 103}]
  autonomy: {default: L2, ceiling: L3}
";

/// A clock that stands.
struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        START
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

fn node(name: &str, status: NodeStatus) -> NodeObserved {
    NodeObserved {
        name: NodeName::new(name).unwrap(),
        status: Observation::known(status, START),
        api: Observation::known(true, START),
        returned_at: None,
        uptime_secs: Some(86_400),
        votes: 1,
        ha_state: None,
        ip: Some("10.0.0.1".to_owned()),
        idle: Observation::default(),
        usage: Usage {
            cpu: Some(0.25),
            mem_bytes: Some(8 << 30),
            max_mem_bytes: Some(32 << 30),
            ..Usage::default()
        },
    }
}

pub fn guest(number: u32, name: &str, on: &str, status: GuestStatus) -> GuestObserved {
    let live = LiveStatus {
        status: status.clone(),
        uptime_secs: 3600,
        pid: Some(7),
        lock: None,
        ha_managed: false,
    };
    GuestObserved {
        vmid: vmid(number),
        kind: GuestKind::Qemu,
        node: NodeName::new(on).unwrap(),
        name: Some(name.to_owned()),
        status: Observation::known(status, START),
        agreeing_samples: 2,
        live: Observation::known(live, START),
        uptime_secs: Some(3600),
        template: false,
        lock: None,
        ha_state: None,
        identity: Observation::known(Identity(format!("uuid-{number}")), START),
        stop_cause: Observation::default(),
        ready: Observation::default(),
        running_task: None,
        tags: vec!["prod".to_owned()],
        usage: Usage::default(),
    }
}

fn observed() -> Observed {
    let nodes = [
        node("agent1", NodeStatus::Online),
        node("atlas", NodeStatus::Online),
        node("nova", NodeStatus::Online),
    ];
    let mut guests = vec![
        guest(101, "web-01", "atlas", GuestStatus::Running),
        guest(102, "db-01", "atlas", GuestStatus::Stopped),
        guest(103, "jarvis", "agent1", GuestStatus::Running),
        guest(104, "lost", "nova", GuestStatus::Running),
    ];
    guests[3].status = Observation::unknown(UnknownReason::NodeAway);
    let storage = |name: &str, used: u64| StorageObserved {
        storage: name.to_owned(),
        node: Some(NodeName::new("atlas").unwrap()),
        plugin: "dir".to_owned(),
        active: Observation::known(true, START),
        used_bytes: Some(used << 40),
        total_bytes: Some(20 << 40),
    };
    let figures = HostFigures {
        temperatures: BTreeMap::from([
            ("coretemp Core 0".to_owned(), 51.0),
            ("nvme Composite".to_owned(), 60.5),
        ]),
        load: Some(0.5),
        cores: Some(8),
        ..HostFigures::default()
    };
    let host = HostObserved {
        figures: Observation::known(figures, START),
        trouble: None,
    };
    Observed {
        quorum: Observation::known(
            Quorum {
                quorate: true,
                expected_votes: 3,
                device_votes: 0,
                agreeing: 3,
            },
            START,
        ),
        nodes: nodes.into_iter().map(|node| (node.name.clone(), node)).collect(),
        guests: guests.into_iter().map(|guest| (guest.vmid, guest)).collect(),
        storages: BTreeMap::from([
            ("storage/atlas/local".to_owned(), storage("local", 5)),
            ("storage/atlas/tank".to_owned(), storage("tank", 19)),
        ]),
        hosts: BTreeMap::from([(Host::Node(NodeName::new("atlas").unwrap()), host)]),
        complete_passes: 3,
        looked_at: Some(START),
        ..Observed::default()
    }
}

fn view() -> View {
    let files = BTreeMap::from([("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())]);
    let desired = match jarvis_crds::load(&files, "0123456789abcdef0123456789abcdef01234567") {
        Ok(loaded) => loaded.desired,
        Err(errors) => panic!("{errors:#?}"),
    };
    let plan = Plan {
        revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        at: START,
        digest: Digest::of(&"empty"),
        decisions: Vec::new(),
        statuses: BTreeMap::new(),
        events: Vec::new(),
        looks: Vec::new(),
        report: Vec::new(),
        wake_at: None,
    };
    View {
        version: 1,
        at: START,
        cluster: "home".into(),
        observed: Arc::new(observed()),
        desired: Arc::new(desired),
        memory: Arc::new(Memory::default()),
        plan: Arc::new(plan),
        floor: Arc::new(Floor::default()),
        state: LoopState {
            epoch: 1,
            passes: 3,
            last_look_at: Some(START),
            ..LoopState::default()
        },
    }
}

/// The controller without a loop.
#[derive(Clone)]
pub struct Puppet {
    pub handle: Handle,
    views: watch::Sender<Arc<View>>,
    records: broadcast::Sender<Arc<Stored>>,
    journal: Arc<MemoryJournal>,
    history: Arc<Mutex<History>>,
    /// What was asked, in `Debug` form.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Puppet {
    /// Starts one; it answers until the test ends.
    pub fn start() -> Self {
        Self::with_source(None)
    }

    /// Starts one whose manifests come from there.
    pub fn with_source(source: Option<Arc<dyn ManifestSource>>) -> Self {
        let journal = Arc::new(MemoryJournal::new());
        journal.acquire_lease().unwrap();
        let (handle, side) = handle(view(), journal.clone(), Arc::new(MemoryStore::new()), source);
        let TestSide {
            mut commands,
            views,
            records,
            history,
            ..
        } = side;
        let puppet = Self {
            handle,
            views,
            records,
            journal,
            history,
            asked: Arc::default(),
        };
        let served = puppet.clone();
        tokio::spawn(async move {
            while let Some(command) = commands.recv().await {
                served.answer(command);
            }
        });
        puppet
    }

    /// A registry over it.
    pub fn registry(&self) -> Registry {
        Registry::new(self.desk())
    }

    /// What the loop saw at a time, with these degrees in the place of atlas' sensors.
    pub fn look(&self, at: Timestamp, degrees: f64) {
        let view = self.handle.view();
        let mut observed = Observed::clone(&view.observed);
        let host = observed.hosts.entry(Host::Node(NodeName::new("atlas").unwrap()));
        let figures = HostFigures {
            temperatures: BTreeMap::from([("coretemp Package id 0".to_owned(), degrees)]),
            ..HostFigures::default()
        };
        host.or_default().figures = Observation::known(figures, at);
        let mut history = self.history.lock().unwrap();
        let store = self.handle.store().clone();
        history
            .take(&observed, &view.desired, at, store.as_ref())
            .unwrap();
    }

    /// What tools work with.
    pub fn desk(&self) -> Desk {
        Desk {
            handle: self.handle.clone(),
            clock: Arc::new(Still),
        }
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Changes the picture.
    pub fn change(&self, change: impl FnOnce(&mut View)) {
        self.views.send_modify(|view| {
            let mut next = View::clone(view);
            next.version += 1;
            change(&mut next);
            *view = Arc::new(next);
        });
    }

    /// Writes records, folds and announces them.
    pub fn append(&self, events: Vec<Event>) {
        let stored = self
            .journal
            .append(self.journal.head(), 1, START, events)
            .unwrap();
        self.change(|view| {
            for record in &stored {
                Arc::make_mut(&mut view.memory).apply(&record.record);
            }
        });
        for record in stored {
            let _ = self.records.send(Arc::new(record));
        }
    }

    /// Moves a ticket on.
    pub fn move_on(&self, ticket: &str, state: TicketState) {
        let ticket = TicketId(ticket.to_owned());
        self.append(vec![Event::TicketChanged { ticket, state }]);
    }

    fn answer(&self, command: Command) {
        // Nothing is asked by a call that was refused; it is on record.
        if let Command::CallRefused(refused, reply) = command {
            let RefusedCall { by, call, reason } = refused;
            self.append(vec![Event::CallRefused {
                by,
                call,
                reason,
                more: 0,
            }]);
            drop(reply.send(Ok(())));
            return;
        }
        self.asked.lock().unwrap().push(format!("{command:?}"));
        match command {
            Command::Request(new, reply) => {
                let ticket = self.ticket(new);
                self.append(vec![Event::TicketOpened {
                    ticket: Box::new(ticket.clone()),
                }]);
                let _ = reply.send(Ok(ticket));
            }
            Command::Confirm(confirm, reply) => {
                let _ = reply.send(self.confirm(confirm));
            }
            Command::Recall(ticket, _, reply) => {
                self.move_on(&ticket.0, TicketState::Recalled);
                let _ = reply.send(Ok(()));
            }
            Command::Propose(proposal, reply) => {
                let id = ProposalId("p1".to_owned());
                let _ = reply.send(Ok(Arc::new(Proposal { id, ..*proposal })));
            }
            other => panic!("no tool asks for {other:?}"),
        }
    }

    fn ticket(&self, new: NewRequest) -> Ticket {
        let view = self.handle.view();
        let mut ticket = Ticket {
            id: TicketId(format!("t{}", view.memory.tickets.len() + 1)),
            action: new.action,
            origin: new.origin,
            created_at: START,
            not_before: START,
            hold_secs: None,
            confirmed: None,
            state: TicketState::Queued,
        };
        let input = Input {
            floor: &view.floor,
            desired: &view.desired,
            desired_known: true,
            observed: &view.observed,
            memory: &view.memory,
            now: START,
        };
        let asked = request(&ticket, &input);
        let facts = jarvis_guard::Facts {
            floor: &view.floor,
            desired: &view.desired,
            observed: &view.observed,
            memory: &view.memory,
            now: START,
        };
        match judge(&asked, &facts) {
            Verdict::Refuse { refusal } => ticket.state = TicketState::Refused { refusal },
            Verdict::Confirm { typed, .. } => {
                ticket.state = TicketState::AwaitingConfirmation {
                    digest: asked.digest,
                    typed,
                    expires_at: START + Duration::from_mins(5),
                };
            }
            Verdict::Wait { .. } | Verdict::Permit { .. } => {}
        }
        ticket
    }

    #[expect(clippy::unnecessary_wraps, reason = "the answer of a command")]
    fn confirm(&self, confirm: Confirm) -> Result<(), CommandError> {
        let ticket = confirm.ticket.unwrap();
        let confirmed = Confirmed {
            digest: confirm.digest,
            user: confirm.by.user,
            at: START,
        };
        self.append(vec![Event::TicketConfirmed { ticket, confirmed }]);
        Ok(())
    }
}

/// A caller with all scopes but the last.
pub fn operator() -> Caller {
    use jarvis_model::Scope::{Operate, Propose, Read};
    Caller::token("desk", vec![Read, Propose, Operate])
}

/// A caller who only reads.
pub fn reader() -> Caller {
    Caller::token("eyes", vec![jarvis_model::Scope::Read])
}

/// Calls without a side.
pub async fn call(registry: &Registry, caller: &Caller, name: &str, arguments: Value) -> ToolResult {
    registry.call(caller, name, arguments, Side::default()).await
}

/// The structured part of an answer that is no error.
pub fn data(result: &ToolResult) -> &Value {
    assert!(!result.is_error, "{}", result.text);
    result.structured.as_ref().unwrap()
}
