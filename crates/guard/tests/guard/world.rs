//! A small cluster in which everything is well, to be spoiled one thing at a time. Knows no rule.

use jarvis_crds::{
    AnyManifest, AppliesTo, Budgets, Dependency, DependencyEnd, Desired, Expected, GuestSpec,
    MaintenanceWindowSpec, Manifest, NodeSpec, Protected, RunStrategy, SafetyPolicySpec, Selector,
    WindowEffect,
};
use jarvis_guard::{Facts, Floor, Nature, PlanSize, Request, judge};
use jarvis_model::{
    Action, Autonomy, Cause, Confirmed, Digest, Door, Event, Freeze, FreezeScope, GuestKind, GuestObserved,
    GuestStatus, Hold, HoldScope, Identity, Intent, IntentId, IssueKey, IssueKind, LiveStatus, Memory,
    NodeName, NodeObserved, NodeStatus, Observation, Observed, Origin, Outcome, Quorum, Record, ResourceKey,
    ResourceKind, Role, Scope, Stage, StopCause, Ticket, TicketId, TicketState, Tier, Timestamp, Usage,
    Verdict, Vmid,
};
use std::{sync::LazyLock, time::Duration};

/// Monday, 2026-01-05 12:00:00 UTC.
pub const NOW: Timestamp = Timestamp::from_secs(1_767_614_400);

/// Everything a judgement looks at, owned.
#[derive(Debug, Clone)]
pub struct World {
    pub floor: Floor,
    pub desired: Desired,
    pub observed: Observed,
    pub memory: Memory,
    pub now: Timestamp,
}

/// Four nodes with a vote each. Guest 103 on agent1 is Jarvis itself. Everything was seen a second ago. Autonomy is L4
/// everywhere, so that what is refused is refused for the reason at hand.
pub fn world() -> World {
    static WORLD: LazyLock<World> = LazyLock::new(build);
    WORLD.clone()
}

fn build() -> World {
    let mut world = World {
        floor: Floor {
            own_guest: Some(vmid(103)),
            autonomy: Autonomy::L4,
            ..Floor::default()
        },
        desired: Desired::new("c0ffee", []),
        observed: Observed {
            complete_passes: 10,
            looked_at: Some(secs_ago(1)),
            ..Observed::default()
        },
        memory: Memory::default(),
        now: NOW,
    };
    let quorum = Quorum {
        quorate: true,
        expected_votes: 4,
        device_votes: 0,
        agreeing: 2,
    };
    world.observed.quorum = Observation::known(quorum, secs_ago(1));
    for name in ["agent1", "atlas", "forge", "nova"] {
        world.observed.nodes.insert(node(name), healthy_node(name));
    }
    world.add(101, "web", "atlas", GuestKind::Qemu, GuestStatus::Stopped);
    world.add(102, "dns", "forge", GuestKind::Lxc, GuestStatus::Running);
    world.add(103, "jarvis", "agent1", GuestKind::Qemu, GuestStatus::Running);
    world.add(104, "db", "nova", GuestKind::Qemu, GuestStatus::Running);
    for number in [101, 102, 104] {
        world.declare_guest(number);
    }
    world
}

impl World {
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            floor: &self.floor,
            desired: &self.desired,
            observed: &self.observed,
            memory: &self.memory,
            now: self.now,
        }
    }

    pub fn judge(&self, request: &Request) -> Verdict {
        judge(request, &self.facts())
    }

    pub fn guest(&mut self, number: u32) -> &mut GuestObserved {
        self.observed.guests.get_mut(&vmid(number)).unwrap()
    }

    pub fn node(&mut self, name: &str) -> &mut NodeObserved {
        self.observed.nodes.get_mut(&node(name)).unwrap()
    }

    pub fn quorum(&mut self) -> &mut Quorum {
        match &mut self.observed.quorum {
            Observation::Known { value, .. } => value,
            Observation::Unknown { .. } => panic!("quorum is not known here"),
        }
    }

    pub fn live(&mut self, number: u32) -> &mut LiveStatus {
        match &mut self.guest(number).live {
            Observation::Known { value, .. } => value,
            Observation::Unknown { .. } => panic!("the live status is not known here"),
        }
    }

    /// The live and listed status of a guest.
    pub fn set_status(&mut self, number: u32, status: GuestStatus) {
        self.live(number).status = status.clone();
        self.guest(number).status = Observation::known(status, secs_ago(1));
    }

    pub fn set_offline(&mut self, name: &str) {
        self.node(name).status = Observation::known(NodeStatus::Offline, secs_ago(1));
    }

    pub fn add(&mut self, number: u32, name: &str, on: &str, kind: GuestKind, status: GuestStatus) {
        let seen = healthy_guest(number, name, on, kind, status);
        self.observed.guests.insert(vmid(number), seen);
        self.memory.identities.insert(vmid(number), identity(number));
    }

    /// Adds a manifest, or replaces the one of its name.
    pub fn declare(&mut self, manifest: AnyManifest) {
        let one = Desired::new("c0ffee", [manifest]);
        self.desired.guests.extend(one.guests);
        self.desired.nodes.extend(one.nodes);
        self.desired.services.extend(one.services);
        self.desired.runbooks.extend(one.runbooks);
        self.desired.policies.extend(one.policies);
        self.desired.windows.extend(one.windows);
    }

    pub fn declare_guest(&mut self, number: u32) {
        let spec = GuestSpec::new(vmid(number), RunStrategy::Always);
        self.declare(AnyManifest::VirtualMachine(Manifest::named(
            &name_of(number),
            spec,
        )));
    }

    pub fn declare_node(&mut self, name: &str, expected: Expected) {
        let spec = NodeSpec {
            expected,
            ..NodeSpec::new(node(name))
        };
        self.declare(AnyManifest::Node(Manifest::named(name, spec)));
    }

    pub fn policy(&mut self, name: &str, spec: SafetyPolicySpec) {
        self.declare(AnyManifest::SafetyPolicy(Manifest::named(name, spec)));
    }

    pub fn protect(&mut self, protected: Protected) {
        self.policy(
            "core",
            SafetyPolicySpec {
                protected: vec![protected],
                ..SafetyPolicySpec::default()
            },
        );
    }

    pub fn depend(&mut self, name: &str, who: DependencyEnd, needs: DependencyEnd) {
        let dependencies = vec![Dependency { who, needs }];
        self.policy(
            name,
            SafetyPolicySpec {
                dependencies,
                ..SafetyPolicySpec::default()
            },
        );
    }

    pub fn budgets(&mut self, budgets: Budgets) {
        self.policy(
            "budgets",
            SafetyPolicySpec {
                budgets,
                ..SafetyPolicySpec::default()
            },
        );
    }

    pub fn window(
        &mut self,
        name: &str,
        effect: WindowEffect,
        schedule: &str,
        hours: u64,
        applies_to: AppliesTo,
    ) {
        self.declare(AnyManifest::MaintenanceWindow(Manifest::named(
            name,
            MaintenanceWindowSpec {
                effect,
                schedule: schedule.to_owned(),
                duration: Duration::from_hours(hours),
                time_zone: "UTC".to_owned(),
                selector: Selector::default(),
                applies_to,
                overrun: false,
            },
        )));
    }

    pub fn hold(&mut self, scope: HoldScope, until: Option<Timestamp>) {
        let hold = Hold {
            by: "anna".to_owned(),
            reason: "replacing a disk".to_owned(),
            since: secs_ago(60),
            until,
        };
        self.memory.holds.insert(scope, hold);
    }

    pub fn freeze(&mut self, scope: FreezeScope) {
        self.memory.freeze = Freeze::On {
            scope,
            by: "anna".to_owned(),
            reason: "moving house".to_owned(),
            since: secs_ago(60),
            until: None,
        };
    }

    /// Records what happened, the way the journal would.
    pub fn happened(&mut self, at: Timestamp, event: Event) {
        let seq = self.memory.seq + 1;
        self.memory.apply(&Record {
            seq,
            at,
            epoch: 1,
            event,
        });
    }

    pub fn open_issue(&mut self, at: Timestamp) {
        self.happened(
            at,
            Event::IssueOpened {
                issue: issue(),
                summary: "web is down".to_owned(),
            },
        );
    }

    /// An attempt at the issue of guest 101 that ended in an error.
    pub fn failed_attempt(&mut self, at: Timestamp) {
        let intent = Intent {
            logged_at: at,
            ..self.intent_for(&start_by_reconciler())
        };
        let id = IntentId(format!("attempt-{}", at.as_millis()));
        let intent = Intent {
            id: id.clone(),
            ..intent
        };
        self.happened(
            at,
            Event::IntentLogged {
                intent: Box::new(intent),
            },
        );
        let outcome = Outcome::Failed {
            text: "start failed".to_owned(),
        };
        self.happened(
            at + Duration::from_secs(1),
            Event::IntentClosed { intent: id, outcome },
        );
    }

    /// The intent that an executor would log for a request now.
    pub fn intent_for(&self, request: &Request) -> Intent {
        let effect = jarvis_guard::resolve(&request.action, &self.observed).unwrap();
        Intent {
            id: IntentId("intent-1".to_owned()),
            resource: request.resource.clone(),
            cause: request.cause.clone(),
            action: request.action.clone(),
            deadline: effect.deadline(self.now),
            effect,
            origin: request.origin.clone(),
            tier: jarvis_guard::base_tier(&request.action, &self.desired),
            digest: request.digest.clone(),
            revision: self.desired.revision.commit.to_string(),
            epoch: 7,
            attempt: 1,
            logged_at: self.now,
            uptime_before_secs: None,
            identity: None,
            undo: String::new(),
            silent: false,
            stage: Stage::Logged,
            outcome: None,
            closed_at: None,
        }
    }

    /// Another act, in flight on the node where its target lives.
    pub fn in_flight(&mut self, action: Action) {
        let at = secs_ago(5);
        let request = person_request(action);
        let intent = Intent {
            id: IntentId("other".to_owned()),
            logged_at: at,
            ..self.intent_for(&request)
        };
        self.happened(
            at,
            Event::IntentLogged {
                intent: Box::new(intent),
            },
        );
    }

    /// Opens the ticket of a request.
    pub fn open_ticket(&mut self, request: &Request) {
        let Cause::Ticket { ticket } = &request.cause else {
            panic!("not a ticket's request")
        };
        let ticket = Ticket {
            id: ticket.clone(),
            action: request.action.clone(),
            origin: request.origin.clone(),
            created_at: secs_ago(30),
            not_before: secs_ago(26),
            hold_secs: None,
            confirmed: None,
            state: TicketState::Queued,
        };
        self.memory.tickets.insert(ticket.id.clone(), ticket);
    }

    /// Opens the ticket of a request and confirms it.
    pub fn confirm(&mut self, request: &Request, user: &str) {
        self.open_ticket(request);
        let Cause::Ticket { ticket } = &request.cause else {
            panic!("not a ticket's request")
        };
        let confirmed = Confirmed {
            digest: request.digest.clone(),
            user: user.to_owned(),
            at: secs_ago(10),
        };
        self.memory.tickets.get_mut(ticket).unwrap().confirmed = Some(confirmed);
    }

    /// A person approves a recommendation.
    pub fn approve(&mut self, request: &Request) {
        let expires_at = self.now + Duration::from_mins(5);
        let digests = vec![request.digest.clone()];
        self.happened(
            secs_ago(10),
            Event::Approved {
                digests,
                by: "anna".to_owned(),
                expires_at,
            },
        );
    }
}

pub fn healthy_node(name: &str) -> NodeObserved {
    NodeObserved {
        name: node(name),
        status: Observation::known(NodeStatus::Online, secs_ago(1)),
        api: Observation::known(true, secs_ago(1)),
        returned_at: None,
        uptime_secs: Some(90_000),
        votes: 1,
        ha_state: None,
        ip: None,
        idle: Observation::default(),
        usage: Usage::default(),
    }
}

pub fn healthy_guest(
    number: u32,
    name: &str,
    on: &str,
    kind: GuestKind,
    status: GuestStatus,
) -> GuestObserved {
    let live = LiveStatus {
        status: status.clone(),
        uptime_secs: 0,
        pid: None,
        lock: None,
        ha_managed: false,
    };
    GuestObserved {
        vmid: vmid(number),
        kind,
        node: node(on),
        name: Some(name.to_owned()),
        status: Observation::known(status, secs_ago(1)),
        agreeing_samples: 3,
        live: Observation::known(live, secs_ago(1)),
        uptime_secs: None,
        template: false,
        lock: None,
        ha_state: None,
        identity: Observation::known(identity(number), secs_ago(1)),
        stop_cause: Observation::known(StopCause::NoTask, secs_ago(1)),
        ready: Observation::default(),
        running_task: None,
        tags: Vec::new(),
        usage: Usage::default(),
    }
}

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

pub fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

pub fn identity(number: u32) -> Identity {
    Identity(format!("00000000-0000-4000-8000-{number:012}"))
}

pub fn secs_ago(secs: u64) -> Timestamp {
    NOW - Duration::from_secs(secs)
}

pub fn mins_ago(mins: u64) -> Timestamp {
    NOW - Duration::from_mins(mins)
}

pub fn name_of(number: u32) -> String {
    match number {
        101 => "web".to_owned(),
        102 => "dns".to_owned(),
        104 => "db".to_owned(),
        _ => format!("guest-{number}"),
    }
}

pub fn key(number: u32) -> ResourceKey {
    ResourceKey::new(ResourceKind::VirtualMachine, &name_of(number)).unwrap()
}

/// The issue of guest 101.
pub fn issue() -> IssueKey {
    IssueKey {
        resource: key(101),
        kind: IssueKind::GuestDown,
        about: None,
    }
}

pub fn start(number: u32) -> Action {
    Action::StartGuest { vmid: vmid(number) }
}

pub fn shutdown(number: u32) -> Action {
    Action::ShutdownGuest {
        vmid: vmid(number),
        timeout_secs: 60,
    }
}

pub fn reboot(number: u32) -> Action {
    Action::RebootGuest {
        vmid: vmid(number),
        timeout_secs: 60,
    }
}

pub fn stop(number: u32) -> Action {
    Action::StopGuest { vmid: vmid(number) }
}

pub fn reset(number: u32) -> Action {
    Action::ResetGuest { vmid: vmid(number) }
}

pub fn migrate(number: u32, to: &str) -> Action {
    Action::MigrateGuest {
        vmid: vmid(number),
        target: node(to),
    }
}

pub fn reboot_node(name: &str) -> Action {
    Action::RebootNode { node: node(name) }
}

pub fn shutdown_node(name: &str) -> Action {
    Action::ShutdownNode { node: node(name) }
}

pub fn anna(role: Role) -> Origin {
    Origin::Person {
        user: "anna".to_owned(),
        role,
        door: Door::Dashboard,
    }
}

pub fn chat(role: Role) -> Origin {
    Origin::Chat {
        user: "anna".to_owned(),
        role,
    }
}

pub fn mcp(scopes: &[Scope]) -> Origin {
    Origin::Mcp {
        token: "desk".to_owned(),
        scopes: scopes.to_vec(),
    }
}

pub fn runbook() -> Origin {
    Origin::Runbook {
        name: "restart-web".to_owned(),
    }
}

fn request(action: Action, origin: Origin, cause: Cause) -> Request {
    let digest = Digest::of(&(&action, &cause, "c0ffee"));
    let resource = match action.vmid().map(Vmid::get) {
        Some(number @ (101 | 102 | 104)) => Some(key(number)),
        _ => None,
    };
    Request {
        action,
        origin,
        cause,
        resource,
        nature: Nature::Repair,
        autonomy: None,
        digest,
        plan_size: PlanSize {
            changes: 1,
            declared: 33,
        },
    }
}

/// A request with a ticket.
pub fn ticket_request(action: Action, origin: Origin) -> Request {
    let ticket = TicketId("ticket-1".to_owned());
    Request {
        nature: Nature::Change,
        ..request(action, origin, Cause::Ticket { ticket })
    }
}

/// An operator asks on the dashboard.
pub fn person_request(action: Action) -> Request {
    ticket_request(action, anna(Role::Operator))
}

/// The reconciler wants to mend the issue of guest 101.
pub fn reconciler_request(action: Action) -> Request {
    request(action, Origin::Reconciler, Cause::Issue { issue: issue() })
}

/// The plainest autonomous act: start guest 101, which crashed.
pub fn start_by_reconciler() -> Request {
    reconciler_request(start(101))
}

/// A permit's tier.
pub fn permitted(tier: Tier) -> Verdict {
    Verdict::Permit { tier }
}
