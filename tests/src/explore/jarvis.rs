//! Jarvis in the small world: the production planner, guard and pursuit over real memory. What the controller does around
//! them is redone here in its plainest form, so that every step can be interrupted.
//!
//! Memory is kept relative to one fixed `now`: when time passes, everything remembered grows older, in classes coarse
//! enough that the number of states stays finite.

use super::{
    Bug,
    world::{Actual, GUESTS, NODES, Task, World, node, vmid},
};
use jarvis_crds::{Desired, load};
use jarvis_guard::{Floor, permit, resolve};
use jarvis_model::{
    Action, Autonomy, Cause, Effect, Event, GuestKind, GuestObserved, GuestStatus, Identity, Intent,
    IntentId, LiveStatus, Memory, NodeObserved, NodeStatus, Observation, Observed, Outcome, Quorum, Record,
    Stage, StopCause, TaskObserved, Timestamp, UnknownReason, Upid, Usage, Vmid,
};
use jarvis_planner::{Decision, Evidence, Input, Plan, Step, plan, pursue, pursue::TaskSeen};
use std::{collections::BTreeMap, time::Duration};

/// The fixed time.
pub const NOW: u64 = 10_000_000;

/// The time now.
pub fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

/// How far an effect in hand has come, beyond what memory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hand {
    /// Nothing in hand.
    Free,
    /// The intent for this guest is logged and about to be sent.
    Logged(u8),
    /// It was sent; the reply is on its way.
    Sent(u8),
}

/// What the latest look showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// Not known.
    Unknown,
    /// As it was then.
    Known(Actual),
}

/// Jarvis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jarvis {
    /// What it remembers; durable.
    pub memory: Memory,
    /// What it has in hand; lost when it dies.
    pub hand: Hand,
    /// What the latest look showed; lost when it dies.
    pub seen: [Seen; GUESTS],
    /// Which nodes the latest look showed online.
    pub nodes: [bool; 3],
    /// Looks since the start, up to the gate.
    pub passes: u8,
    /// Which of the two manifests of guest 101 is in force.
    pub commit: bool,
    /// An intent of a process that died, which only that process could close (a seeded bug).
    pub orphaned: bool,
    /// An issue was escalated with attempts left.
    pub dishonest: bool,
}

/// The parts that never change.
pub struct Setting {
    desired: [Desired; 2],
    floor: Floor,
    /// The deliberate fault, or none.
    pub bug: Bug,
}

impl Setting {
    /// The setting, with a seeded bug or none.
    pub fn new(bug: Bug) -> Self {
        let floor = Floor {
            nodes: [node(2)].into(),
            guests: [Vmid::new(103).expect("in range")].into(),
            autonomy: Autonomy::L3,
            ..Floor::default()
        };
        Self {
            desired: [desired(60), desired(61)],
            floor,
            bug,
        }
    }

    /// The manifests in force.
    pub fn desired(&self, commit: bool) -> &Desired {
        &self.desired[usize::from(commit)]
    }

    /// The planner's input over this picture.
    pub fn input<'a>(&'a self, jarvis: &'a Jarvis, observed: &'a Observed) -> Input<'a> {
        Input {
            floor: &self.floor,
            desired: self.desired(jarvis.commit),
            desired_known: true,
            observed,
            memory: &jarvis.memory,
            now: now(),
        }
    }
}

fn desired(timeout: u8) -> Desired {
    let manifest = |name: &str, number: u32, timeout: u8| {
        format!(
            "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {{vmid: {number}, \
             runStrategy: RerunOnFailure, stopTimeout: {timeout}s}}\n---\n"
        )
    };
    let yaml = manifest("one", 101, timeout) + &manifest("two", 102, 60);
    let files = BTreeMap::from([("all.yaml".to_owned(), yaml.into_bytes())]);
    load(&files, &format!("c{timeout}"))
        .expect("valid manifests")
        .desired
}

impl Jarvis {
    /// Freshly started, everything seen running.
    pub fn begin(setting: &Setting) -> Self {
        let mut jarvis = Self {
            memory: Memory::default(),
            hand: Hand::Free,
            seen: [Seen::Known(Actual::Running); GUESTS],
            nodes: [true; 3],
            passes: 2,
            commit: false,
            orphaned: false,
            dishonest: false,
        };
        jarvis.apply_revision(setting);
        let world = World::WELL;
        let observed = jarvis.observed(&world, setting.bug);
        jarvis.pass(setting, &observed);
        jarvis.age(Duration::from_secs(400));
        jarvis
    }

    /// Brings the other manifest of guest 101 into force.
    pub fn apply_revision(&mut self, setting: &Setting) {
        let desired = setting.desired(self.commit);
        let event = Event::RevisionApplied {
            commit: desired.revision.commit.to_string(),
            hash: desired.revision.hash.clone(),
            resources: desired.resources().collect(),
        };
        self.remember(event);
    }

    /// Folds an event in.
    pub fn remember(&mut self, event: Event) {
        if let Event::IssueEscalated { issue, .. } = &event
            && let Some(issue) = self.memory.issues.get(issue)
        {
            let spent =
                issue.attempts_in_window(now()) >= 3 || issue.last_outcome == Some(Outcome::Unresolved);
            self.dishonest |= !spent;
        }
        let record = Record {
            seq: self.memory.seq + 1,
            at: now(),
            epoch: 1,
            event,
        };
        self.memory.apply(&record);
        self.memory.seq = 0;
    }

    /// Dies and starts again.
    pub fn die(&mut self, bug: Bug) {
        let open = self.memory.open_intents().next().is_some();
        if bug == Bug::ForgetsIntentOnDeath {
            self.memory.intents.retain(|_, intent| !intent.is_open());
        }
        self.orphaned = open && bug == Bug::OnlyTheWriterCloses;
        self.hand = match (
            bug,
            self.memory
                .open_intents()
                .next()
                .and_then(|intent| guest_of(&intent.action)),
        ) {
            (Bug::SendsAgainAfterDeath, Some(guest)) => Hand::Logged(guest),
            _ => Hand::Free,
        };
        self.seen = [Seen::Unknown; GUESTS];
        self.nodes = [true; 3];
        self.passes = 0;
    }

    /// Looks: everything that can be seen is seen. `partial` hides a guest.
    pub fn look(&mut self, world: &World, partial: Option<usize>) {
        for guest in 0..GUESTS {
            let visible = world.up[guest] && partial != Some(guest);
            self.seen[guest] = if visible {
                Seen::Known(world.guests[guest])
            } else {
                Seen::Unknown
            };
        }
        self.nodes = world.up;
        self.passes = (self.passes + 1).min(2);
    }

    /// The picture that the latest look gives.
    pub fn observed(&self, world: &World, bug: Bug) -> Observed {
        let quorate = self.nodes.iter().filter(|up| **up).count() >= 2;
        let quorum = Quorum {
            quorate,
            expected_votes: 3,
            device_votes: 0,
            agreeing: 2,
        };
        let mut observed = Observed {
            quorum: Observation::known(quorum, now()),
            complete_passes: u32::from(self.passes),
            looked_at: Some(now()),
            ..Observed::default()
        };
        for index in 0..NODES.len() {
            observed.nodes.insert(node(index), self.node(index, world));
        }
        for guest in 0..GUESTS {
            let seen = match (bug, self.seen[guest]) {
                (Bug::TakesUnknownForStopped, Seen::Unknown) => Seen::Known(Actual::Crashed),
                (Bug::IgnoresWhoStopped, Seen::Known(Actual::StoppedByPerson)) => {
                    Seen::Known(Actual::Crashed)
                }
                (_, seen) => seen,
            };
            observed.guests.insert(vmid(guest), Self::guest(guest, seen));
        }
        let jarvis = Vmid::new(103).expect("in range");
        let mut own = Self::guest(0, Seen::Known(Actual::Running));
        own.vmid = jarvis;
        own.node = node(2);
        own.identity = Observation::known(Identity("103".to_owned()), now());
        observed.guests.insert(jarvis, own);
        observed
    }

    fn node(&self, index: usize, world: &World) -> NodeObserved {
        let status = if self.nodes[index] {
            NodeStatus::Online
        } else {
            NodeStatus::Offline
        };
        let idle = index >= GUESTS || world.tasks[index] != Task::Running;
        NodeObserved {
            name: node(index),
            status: Observation::known(status, now()),
            api: Observation::known(self.nodes[index], now()),
            returned_at: None,
            uptime_secs: Some(100_000),
            votes: 1,
            ha_state: None,
            ip: None,
            idle: Observation::known(idle, now()),
            usage: Usage::default(),
        }
    }

    fn guest(index: usize, seen: Seen) -> GuestObserved {
        let away = Observation::unknown(UnknownReason::NodeAway);
        let known = match seen {
            Seen::Unknown => None,
            Seen::Known(Actual::Running) => Some(GuestStatus::Running),
            Seen::Known(_) => Some(GuestStatus::Stopped),
        };
        let uptime_secs = if known == Some(GuestStatus::Running) {
            300
        } else {
            0
        };
        let live = known.clone().map(|status| LiveStatus {
            status,
            uptime_secs,
            pid: None,
            lock: None,
            ha_managed: false,
        });
        let cause = match seen {
            Seen::Known(Actual::StoppedByPerson) => {
                let at = now() - Duration::from_mins(1);
                Some(StopCause::Person {
                    user: "u@pam".to_owned(),
                    task_type: "qmstop".to_owned(),
                    at,
                })
            }
            Seen::Known(Actual::Crashed) => Some(StopCause::NoTask),
            _ => None,
        };
        let number = vmid(index);
        GuestObserved {
            vmid: number,
            kind: GuestKind::Qemu,
            node: node(index),
            name: None,
            status: known.map_or(away, |status| Observation::known(status, now())),
            agreeing_samples: 2,
            live: live.map_or_else(Observation::default, |live| Observation::known(live, now())),
            uptime_secs: Some(uptime_secs),
            template: false,
            lock: None,
            ha_state: None,
            identity: Observation::known(Identity(number.to_string()), now()),
            stop_cause: cause.map_or_else(Observation::default, |cause| Observation::known(cause, now())),
            ready: Observation::default(),
            running_task: None,
            tags: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// Plans until nothing new is to be remembered.
    pub fn pass(&mut self, setting: &Setting, observed: &Observed) -> Plan {
        for _ in 0..8 {
            let mut next = plan(&setting.input(self, observed));
            let events = std::mem::take(&mut next.events);
            if events.is_empty() {
                return next;
            }
            for event in events {
                self.remember_bugged(setting.bug, event);
            }
        }
        plan(&setting.input(self, observed))
    }

    fn remember_bugged(&mut self, bug: Bug, event: Event) {
        if bug != Bug::NeverRearms || !matches!(event, Event::IssueRearmed { .. }) {
            self.remember(event);
        }
    }

    /// Logs the intent of a decision. With some seeded bugs it is not logged, or not counted.
    pub fn log(&mut self, decision: &Decision, setting: &Setting, observed: &Observed) {
        let bug = setting.bug;
        let Some(guest) = guest_of(&decision.request.action) else {
            return;
        };
        let intent = self.intent(decision, setting, observed);
        if bug != Bug::SendsWithoutRecord {
            self.remember(Event::IntentLogged {
                intent: Box::new(intent),
            });
        }
        if let (Bug::CountsAttemptsLate | Bug::IgnoresAttempts, Cause::Issue { issue }) =
            (bug, &decision.request.cause)
            && let Some(issue) = self.memory.issues.get_mut(issue)
        {
            issue.attempts.pop();
        }
        self.hand = Hand::Logged(guest);
    }

    /// The intent of a decision.
    fn intent(&self, decision: &Decision, setting: &Setting, observed: &Observed) -> Intent {
        let request = &decision.request;
        let facts = setting.input(self, observed).facts();
        let effect = resolve(&request.action, &facts).expect("a permitted action resolves");
        let taken = |id: &String| self.memory.intents.contains_key(&IntentId(id.clone()));
        let target = request.action.target();
        let id = (0..1000)
            .map(|n| format!("{target}-{n}"))
            .find(|id| !taken(id))
            .unwrap_or_default();
        Intent {
            id: IntentId(id),
            resource: request.resource.clone(),
            cause: request.cause.clone(),
            action: request.action.clone(),
            deadline: effect.deadline(now()),
            effect,
            origin: request.origin.clone(),
            tier: decision.verdict.tier(),
            digest: request.digest.clone(),
            revision: String::new(),
            epoch: 1,
            attempt: decision.attempt,
            logged_at: now(),
            uptime_before_secs: None,
            identity: None,
            undo: String::new(),
            silent: false,
            stage: Stage::Logged,
            outcome: None,
            closed_at: None,
        }
    }

    /// The guard's second word, directly before sending.
    pub fn may_send(&self, setting: &Setting, observed: &Observed, guest: usize) -> bool {
        let lenient = matches!(
            setting.bug,
            Bug::ReadsFreezeTooEarly
                | Bug::SendsWithoutRecord
                | Bug::SendsAgainAfterDeath
                | Bug::SendsAgainAfterLostReply
                | Bug::CountsAttemptsLate
                | Bug::IgnoresInFlight
                | Bug::IgnoresAttempts
                | Bug::TakesUnknownForStopped
        );
        if lenient {
            return true;
        }
        let Some(intent) = self.intent_of(guest) else {
            return false;
        };
        let request = jarvis_guard::Request {
            action: intent.action.clone(),
            origin: intent.origin.clone(),
            cause: intent.cause.clone(),
            resource: intent.resource.clone(),
            nature: jarvis_guard::Nature::Repair,
            autonomy: None,
            digest: intent.digest.clone(),
            plan_size: jarvis_guard::PlanSize {
                changes: 1,
                declared: 2,
            },
        };
        permit(intent, &request, &setting.input(self, observed).facts(), None).is_ok()
    }

    /// The open intent of a guest.
    pub fn intent_of(&self, guest: usize) -> Option<&Intent> {
        self.memory
            .open_intents()
            .find(|intent| intent.action.vmid() == Some(vmid(guest)))
    }

    /// One step of pursuing the open intents; false when there was nothing to do now.
    pub fn pursue(&mut self, setting: &Setting, observed: &Observed, world: &World) -> bool {
        let open: Vec<Intent> = self.memory.open_intents().cloned().collect();
        for intent in open {
            let Some(guest) = guest_of(&intent.action) else {
                continue;
            };
            let index = usize::from(guest);
            if self.hand == Hand::Logged(guest) || self.hand == Hand::Sent(guest) || self.orphaned {
                continue;
            }
            if setting.bug == Bug::SendsAgainAfterLostReply
                && matches!(intent.stage, Stage::ReplyUnknown { .. })
            {
                self.hand = Hand::Logged(guest);
                return true;
            }
            let evidence = evidence(&intent, index, world);
            if let Step::Record { event } = pursue(&intent, &evidence, observed, now()) {
                self.record(setting.bug, &intent, event);
                return true;
            }
        }
        false
    }

    fn record(&mut self, bug: Bug, intent: &Intent, event: Event) {
        let failed = matches!(&event, Event::IntentClosed { outcome, .. } if *outcome != Outcome::Verified);
        self.remember(event);
        if let (Bug::GivesUpAtOnce, true, Cause::Issue { issue }) = (bug, failed, &intent.cause) {
            let current = self
                .memory
                .revision
                .as_ref()
                .and_then(|r| r.resources.get(&issue.resource))
                .cloned();
            let resource_hash = current.unwrap_or_default();
            self.remember(Event::IssueEscalated {
                issue: issue.clone(),
                resource_hash,
                text: String::new(),
                evidence: Vec::new(),
            });
        }
        self.forget_closed(bug);
    }

    fn forget_closed(&mut self, bug: Bug) {
        self.memory.intents.retain(|_, intent| {
            let unresolved = intent.outcome == Some(Outcome::Unresolved) && bug != Bug::FreesSlotsByItself;
            intent.is_open() || unresolved
        });
    }

    /// The reply of the request in hand.
    pub fn hear(&mut self, guest: usize, lost: bool, bug: Bug) {
        self.hand = Hand::Free;
        let Some(intent) = self.intent_of(guest).map(|intent| intent.id.clone()) else {
            return;
        };
        let event = match (lost, bug) {
            (true, _) => Event::ReplyUnknown {
                intent,
                text: String::new(),
            },
            (false, Bug::CountsAttemptsLate) => {
                for issue in self
                    .memory
                    .issues
                    .values_mut()
                    .filter(|issue| issue.healthy_since.is_none())
                    .take(1)
                {
                    issue.attempts.push(now());
                }
                Event::EffectAccepted {
                    intent,
                    upid: Some(upid(guest)),
                }
            }
            (false, Bug::BelievesReplies) => Event::IntentClosed {
                intent,
                outcome: Outcome::Verified,
            },
            (false, _) => Event::EffectAccepted {
                intent,
                upid: Some(upid(guest)),
            },
        };
        self.remember(event);
        self.forget_closed(bug);
    }

    /// The intent in hand is given up without sending.
    pub fn drop_hand(&mut self, guest: usize, bug: Bug) {
        self.hand = Hand::Free;
        if let Some(intent) = self.intent_of(guest).map(|intent| intent.id.clone()) {
            self.remember(Event::IntentClosed {
                intent,
                outcome: Outcome::NotSent,
            });
            self.forget_closed(bug);
        }
    }

    /// Time passes: everything remembered grows older by `span`, in coarse classes.
    pub fn age(&mut self, span: Duration) {
        let older = |at: &mut Timestamp| *at = coarse(*at - span);
        let memory = &mut self.memory;
        for issue in memory.issues.values_mut() {
            older(&mut issue.opened_at);
            issue.attempts.iter_mut().for_each(older);
            issue
                .attempts
                .retain(|at| now().since(*at) < Duration::from_hours(1));
            issue.attempts.sort();
            for at in [
                &mut issue.healthy_since,
                &mut issue.announced_at,
                &mut issue.escalated_at,
            ]
            .into_iter()
            .flatten()
            {
                older(at);
            }
        }
        for intent in memory.intents.values_mut() {
            older(&mut intent.logged_at);
            intent.deadline = intent.effect.deadline(intent.logged_at);
            if let Some(at) = &mut intent.closed_at {
                older(at);
            }
            if let Stage::Accepted { at, .. } | Stage::Finished { at } = &mut intent.stage {
                older(at);
            }
        }
        memory.autonomous_acts.clear();
        for at in memory
            .running
            .values_mut()
            .chain(memory.resource_changed.values_mut())
        {
            *at = long_ago();
        }
        for (began, ended) in memory.stopped_after_running.values_mut() {
            (*began, *ended) = (long_ago(), long_ago());
        }
        memory.stopped_at.clear();
        if let Some(revision) = &mut memory.revision {
            revision.at = long_ago();
        }
    }
}

fn long_ago() -> Timestamp {
    now() - Duration::from_hours(2)
}

/// Ages are exact up to a minute, then "within the hour", then "long ago".
fn coarse(at: Timestamp) -> Timestamp {
    match now().since(at).as_secs() {
        0..=60 => at,
        61..=3599 => now() - Duration::from_secs(400),
        _ => long_ago(),
    }
}

fn upid(guest: usize) -> Upid {
    let text = format!(
        "UPID:{}:00000001:00000001:{NOW:08X}:qmstart:{}:j@pve!t:",
        NODES[guest],
        vmid(guest)
    );
    text.parse().expect("a plain task id")
}

fn evidence(intent: &Intent, guest: usize, world: &World) -> Evidence {
    if !world.up[guest] {
        return Evidence::default();
    }
    let started = Timestamp::from_secs(intent.logged_at.as_secs());
    let task = |at: Timestamp| {
        let text = format!(
            "UPID:{}:00000001:00000001:{:08X}:qmstart:{}:j@pve!t:",
            NODES[guest],
            at.as_secs(),
            vmid(guest)
        );
        TaskObserved {
            upid: text.parse().expect("a plain task id"),
            ended_at: None,
            exit: None,
        }
    };
    let tasks = if world.tasks[guest] == Task::None {
        Vec::new()
    } else {
        vec![task(started)]
    };
    let seen = match world.tasks[guest] {
        Task::None => TaskSeen::Gone,
        Task::Running => TaskSeen::Running,
        Task::Ok => TaskSeen::Ended("OK".to_owned()),
        Task::Failed => TaskSeen::Ended("start failed".to_owned()),
    };
    let running = world.guests[guest] == Actual::Running;
    let status = if running {
        GuestStatus::Running
    } else {
        GuestStatus::Stopped
    };
    let live = LiveStatus {
        status,
        uptime_secs: u64::from(running),
        pid: None,
        lock: None,
        ha_managed: false,
    };
    Evidence {
        tasks: Some((tasks, now())),
        task: Some((seen, now())),
        live: Some((live, now())),
        ..Evidence::default()
    }
}

/// The guest an action starts, as an index.
pub fn guest_of(action: &Action) -> Option<u8> {
    match action {
        Action::StartGuest { vmid } => u8::try_from(vmid.get().checked_sub(101)?)
            .ok()
            .filter(|n| usize::from(*n) < GUESTS),
        _ => None,
    }
}

/// The effect a permitted start is.
pub fn is_start(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Guest {
            request: jarvis_model::GuestVerb::Start,
            ..
        }
    )
}
