//! The laboratory: world and Jarvis together as a model to check, with everything that may go wrong, each within a budget.

use super::{
    Bug,
    checker::{Kind, Model, Step},
    jarvis::{Hand, Jarvis, Seen, SeenService, Setting, now, target_of},
    world::{Actual, GUESTS, Hosts, NODES, SERVICE, TARGETS, Task, WAKE, World, name, node},
};
use jarvis_guard::{Nature, PlanSize, Request, judge};
use jarvis_model::{
    Action, Cause, ConditionType, Digest, Door, Event, FreezeScope, Observed, Origin, Role, Rule, Sync,
    TicketId, Tier, Verdict,
};
use std::time::Duration;

/// How often each thing may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Guests that crash.
    pub crashes: u8,
    /// Guests that a person stops.
    pub stops: u8,
    /// Lost requests and lost replies.
    pub losses: u8,
    /// Start tasks that fail.
    pub failures: u8,
    /// Looks that are old or lack a guest.
    pub blinks: u8,
    /// Deaths of Jarvis.
    pub deaths: u8,
    /// Nodes that lose power.
    pub outages: u8,
    /// Times the kill switch is pulled.
    pub freezes: u8,
    /// Commits that change a manifest.
    pub commits: u8,
    /// Wishes of a person to reboot a node.
    pub wishes: u8,
    /// Times the service ends.
    pub ends: u8,
    /// What is looked after besides the guests.
    pub hosts: Hosts,
}

/// World and Jarvis together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    world: World,
    jarvis: Jarvis,
    budget: Budget,
}

/// The model.
pub struct Lab {
    setting: Setting,
    budget: Budget,
}

type Steps = Vec<Step<State>>;

impl Lab {
    /// A laboratory with a seeded bug or none.
    pub fn new(bug: Bug, budget: Budget) -> Self {
        Self {
            setting: Setting::new(bug, budget.hosts),
            budget,
        }
    }

    fn bug(&self) -> Bug {
        self.setting.bug
    }

    fn observed(&self, state: &State) -> Observed {
        state.jarvis.observed(&state.world, self.bug())
    }

    /// Jarvis does what it would do next.
    fn work(&self, state: &State, look: Look) -> Step<State> {
        match state.jarvis.hand {
            Hand::Logged(guest) => self.send(state, guest),
            Hand::Sent(guest) => hear(state, guest, false, self.bug()),
            Hand::Free => self.pass(state, look),
        }
    }

    fn pass(&self, state: &State, look: Look) -> Step<State> {
        let mut next = state.clone();
        let (label, kind) = match look {
            Look::Fresh => ("look and work".to_owned(), Kind::Fair),
            Look::Stale => ("work on an old picture".to_owned(), Kind::Fault),
            Look::Partial(target) => (format!("look without {}", name(target)), Kind::Fault),
        };
        match look {
            Look::Fresh => next.jarvis.look(&state.world, None),
            Look::Stale => {}
            Look::Partial(guest) => next.jarvis.look(&state.world, Some(guest)),
        }
        // A wake holds its slot for five minutes at most.
        let wake = next.jarvis.intent_of(WAKE);
        if wake.is_some_and(|intent| now() >= intent.deadline) {
            next.world.lapse();
        }
        let observed = self.observed(&next);
        let plan = next.jarvis.pass(&self.setting, &observed);
        let moved = next.jarvis.pursue(&self.setting, &observed, &next.world);
        let mut what = label;
        let busy = next.jarvis.memory.open_intents().next().is_some() && self.bug() != Bug::IgnoresInFlight;
        if !moved && !busy {
            let chosen = plan
                .decisions
                .iter()
                .find(|decision| self.permits(&decision.verdict));
            if let Some(decision) = chosen {
                what = format!("{what}; log {}", decision.request.action);
                next.jarvis.log(decision, &self.setting, &observed);
                if let Some(guest) = target_of(&decision.request.action) {
                    next.world.tasks[usize::from(guest)] = match self.bug() {
                        Bug::IgnoresInFlight | Bug::ForgetsIntentOnDeath => {
                            next.world.tasks[usize::from(guest)]
                        }
                        _ => Task::None,
                    };
                }
            }
        }
        let broken = self
            .replanned(&next, &observed)
            .or_else(|| dishonest(&next.jarvis));
        Step {
            label: what,
            kind,
            broken,
            next,
        }
    }

    /// Q1: once a pass is over, planning again has nothing new to remember.
    fn replanned(&self, state: &State, observed: &Observed) -> Option<String> {
        let touched = state.jarvis.hand != Hand::Free || self.bug() != Bug::None || !sampled(state);
        if touched || state.jarvis.memory.open_intents().next().is_some() {
            return None;
        }
        let once = jarvis_planner::plan(&self.setting.input(&state.jarvis, observed));
        let twice = jarvis_planner::plan(&self.setting.input(&state.jarvis, observed));
        (once != twice).then(|| "Q1: planning twice gives two plans".to_owned())
    }

    fn permits(&self, verdict: &Verdict) -> bool {
        let ignored: &[Rule] = match self.bug() {
            Bug::IgnoresInFlight => &[Rule::InFlight, Rule::Unresolved],
            Bug::IgnoresAttempts | Bug::CountsAttemptsLate => &[Rule::Attempts],
            Bug::WakesWhileAnotherIsAway => &[Rule::MassFailure, Rule::NoQuorum],
            _ => &[],
        };
        verdict.is_permit() || verdict.rule().is_some_and(|rule| ignored.contains(&rule))
    }

    fn send(&self, state: &State, guest: u8) -> Step<State> {
        let index = usize::from(guest);
        let mut next = state.clone();
        let observed = self.observed(state);
        if !state.jarvis.may_send(&self.setting, &observed, index) {
            next.jarvis.drop_hand(index, self.bug());
            return Step {
                label: format!("do not send for {}", name(index)),
                kind: Kind::Fair,
                next,
                broken: None,
            };
        }
        next.jarvis.hand = Hand::Sent(guest);
        let broken = broken_by_sending(state, index).or_else(|| {
            let reported = index == SERVICE && self.budget.hosts == Hosts::Reported;
            reported.then(|| "S7: what is only reported is restarted".to_owned())
        });
        next.world.start(index);
        let broken = broken.or_else(|| {
            (next.world.starts[index] > 3).then(|| "S3: a fourth start within the hour".to_owned())
        });
        Step {
            label: format!("send for {}", name(index)),
            kind: Kind::Fair,
            next,
            broken,
        }
    }

    /// What a person's wish to reboot a node would come to.
    fn wish(&self, state: &State, index: usize) -> Step<State> {
        let mut next = state.clone();
        next.budget.wishes -= 1;
        let observed = self.observed(state);
        let digest = Digest::of(&index);
        let request = Request {
            action: Action::RebootNode { node: node(index) },
            origin: Origin::Person {
                user: "p".to_owned(),
                role: Role::Admin,
                door: Door::Cli,
            },
            cause: Cause::Ticket {
                ticket: TicketId("wish".to_owned()),
            },
            resource: None,
            nature: Nature::Change,
            autonomy: None,
            digest,
            plan_size: PlanSize {
                changes: 1,
                declared: 2,
            },
        };
        let verdict = judge(&request, &self.setting.input(&state.jarvis, &observed).facts());
        let ignored: &[Rule] = match self.bug() {
            Bug::IgnoresProtection => &[Rule::Protected, Rule::ProtectedDependency],
            Bug::IgnoresQuorumAfter => &[
                Rule::QuorumAfter,
                Rule::OtherNodeUnhealthy,
                Rule::NodeAway,
                Rule::NoQuorum,
            ],
            _ => &[],
        };
        let ignored = verdict.rule().is_some_and(|rule| ignored.contains(&rule));
        let done = ignored || matches!(verdict, Verdict::Permit { .. } | Verdict::Confirm { .. });
        let seen_up = state.jarvis.nodes.iter().filter(|up| **up).count();
        let broken = if !done {
            None
        } else if index == 2 {
            Some("S1: the node Jarvis lives on would be rebooted".to_owned())
        } else if seen_up - usize::from(state.jarvis.nodes[index]) < 2 {
            Some("S6: quorum would not survive".to_owned())
        } else {
            None
        };
        Step {
            label: format!("a person wishes to reboot {}", NODES[index]),
            kind: Kind::Fault,
            next,
            broken,
        }
    }

    fn faults(&self, state: &State, steps: &mut Steps) {
        let budget = state.budget;
        for guest in 0..GUESTS {
            guest_faults(state, guest, steps);
        }
        for target in [SERVICE, WAKE] {
            host_faults(state, target, steps);
        }
        self.lossy(state, steps);
        self.blinking(state, steps);
        if budget.deaths > 0 {
            steps.push(fault(state, "Jarvis dies", |next| {
                next.budget.deaths -= 1;
                next.jarvis.die(self.bug());
            }));
        }
        for index in 0..2 {
            power(state, index, steps);
        }
        let frozen = state.jarvis.memory.freeze.scope_at(now()).is_some();
        if frozen {
            steps.push(fault(state, "thaw", |next| {
                next.jarvis.remember(Event::Thawed { by: "p".to_owned() });
            }));
        } else if budget.freezes > 0 {
            steps.push(fault(state, "freeze", |next| {
                next.budget.freezes -= 1;
                let (by, reason) = ("p".to_owned(), String::new());
                next.jarvis.remember(Event::FreezeSet {
                    scope: FreezeScope::Autonomy,
                    by,
                    reason,
                    until: None,
                });
            }));
        }
        if budget.commits > 0 {
            steps.push(fault(state, "a commit changes the manifest of 101", |next| {
                next.budget.commits -= 1;
                next.jarvis.commit = !next.jarvis.commit;
                next.jarvis.apply_revision(&self.setting);
                next.jarvis.memory.resource_changed.clear();
                next.jarvis.age(Duration::ZERO);
                next.world.starts[0] = 0;
            }));
        }
        if budget.wishes > 0 {
            steps.push(self.wish(state, 2));
            steps.push(self.wish(state, 0));
        }
    }

    /// Requests and replies that are lost.
    fn lossy(&self, state: &State, steps: &mut Steps) {
        let (guest, what) = match state.jarvis.hand {
            Hand::Logged(guest) => (guest, "the request for"),
            Hand::Sent(guest) => (guest, "the reply about"),
            Hand::Free => return,
        };
        if state.budget.losses > 0 {
            let label = format!("{what} {} is lost", name(usize::from(guest)));
            steps.push(fault(state, &label, |next| {
                next.budget.losses -= 1;
                next.jarvis.hear(usize::from(guest), true, self.bug());
            }));
        }
    }

    /// Looks that are old or lack a guest.
    fn blinking(&self, state: &State, steps: &mut Steps) {
        if state.budget.blinks == 0 || state.jarvis.hand != Hand::Free {
            return;
        }
        let served = matches!(state.budget.hosts, Hosts::Service | Hosts::Reported);
        let hidden = served.then_some(Look::Partial(SERVICE));
        let looks = [Look::Stale, Look::Partial(0), Look::Partial(1)];
        for look in looks.into_iter().chain(hidden) {
            let mut step = self.work(state, look);
            step.next.budget.blinks -= 1;
            steps.push(step);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Look {
    Fresh,
    Stale,
    Partial(usize),
}

/// One state in sixteen: planning twice is dear, and a planner that is not a function shows it everywhere.
fn sampled(state: &State) -> bool {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish().is_multiple_of(16)
}

fn dishonest(jarvis: &Jarvis) -> Option<String> {
    jarvis
        .dishonest
        .then(|| "L2: escalated with attempts left".to_owned())
}

fn hear(state: &State, guest: u8, lost: bool, bug: Bug) -> Step<State> {
    let mut next = state.clone();
    next.jarvis.hear(usize::from(guest), lost, bug);
    Step {
        label: format!("hear about {}", name(usize::from(guest))),
        kind: Kind::Fair,
        next,
        broken: None,
    }
}

/// Promises that sending this start now would break.
fn broken_by_sending(state: &State, guest: usize) -> Option<String> {
    let (world, jarvis) = (&state.world, &state.jarvis);
    let intent = jarvis.intent_of(guest);
    let open = jarvis.memory.open_intents().count();
    let away = jarvis.nodes.iter().filter(|up| !**up).count();
    let text = if intent.is_none() {
        "S9: no record precedes the effect"
    } else if open > 1 {
        "S8: more than one intent is open"
    } else if intent.is_some_and(|intent| intent.tier != Tier::Yellow) {
        "S7: not of a tier that Jarvis does alone"
    } else if jarvis.memory.freeze.scope_at(now()).is_some() {
        "S4: sent while frozen"
    } else if world.busy_elsewhere(guest) {
        "S2: effects in flight on two nodes"
    } else if world.tasks[guest] != Task::None {
        "S8: a second request for one intent"
    } else if !is_known(jarvis, guest) {
        "S5: the target is not known"
    } else if away > 1 {
        "S10: more than one node is unhealthy"
    } else if jarvis.seen.get(guest) == Some(&Seen::Known(Actual::StoppedByPerson)) {
        "Q3: what a person stopped is started"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// Whether the target's state was seen: a guest by a look, a service by two that agree, a node as away.
fn is_known(jarvis: &Jarvis, target: usize) -> bool {
    match target {
        SERVICE => matches!(jarvis.service, SeenService::Known(_, 2..)),
        WAKE => !jarvis.nodes[1],
        guest => jarvis.seen[guest] != Seen::Unknown,
    }
}

fn fault(state: &State, label: &str, change: impl FnOnce(&mut State)) -> Step<State> {
    let mut next = state.clone();
    change(&mut next);
    Step {
        label: label.to_owned(),
        kind: Kind::Fault,
        next,
        broken: None,
    }
}

fn guest_faults(state: &State, guest: usize, steps: &mut Steps) {
    let number = 101 + guest;
    let runs = state.world.guests[guest] == Actual::Running && state.world.up[guest];
    if runs && state.budget.crashes > 0 {
        steps.push(fault(state, &format!("{number} crashes"), |next| {
            next.budget.crashes -= 1;
            next.world.guests[guest] = Actual::Crashed;
        }));
    }
    if runs && state.budget.stops > 0 && state.jarvis.intent_of(guest).is_none() {
        steps.push(fault(state, &format!("a person stops {number}"), |next| {
            next.budget.stops -= 1;
            next.world.guests[guest] = Actual::StoppedByPerson;
        }));
    }
    if state.world.tasks[guest] == Task::Running && state.budget.failures > 0 {
        steps.push(fault(state, &format!("the start of {number} fails"), |next| {
            next.budget.failures -= 1;
            next.world.tasks[guest] = Task::Failed;
        }));
    }
}

fn host_faults(state: &State, target: usize, steps: &mut Steps) {
    let served = matches!(state.budget.hosts, Hosts::Service | Hosts::Reported);
    if target == SERVICE && served && state.budget.ends > 0 && state.world.service {
        steps.push(fault(state, "the service ends", |next| {
            next.budget.ends -= 1;
            next.world.service = false;
        }));
    }
    if state.world.tasks[target] == Task::Running && state.budget.failures > 0 {
        let label = format!("what was done to {} comes to nothing", name(target));
        steps.push(fault(state, &label, |next| {
            next.budget.failures -= 1;
            next.world.tasks[target] = Task::Failed;
        }));
    }
}

fn power(state: &State, index: usize, steps: &mut Steps) {
    if state.world.up[index] && state.budget.outages > 0 {
        steps.push(fault(
            state,
            &format!("node {} loses power", NODES[index]),
            |next| {
                next.budget.outages -= 1;
                next.world.lose(index);
            },
        ));
    } else if !state.world.up[index] {
        steps.push(fault(state, &format!("node {} returns", NODES[index]), |next| {
            next.world.regain(index);
        }));
    }
}

impl Model for Lab {
    type State = State;

    fn begin(&self) -> Vec<State> {
        vec![State {
            world: World::WELL,
            jarvis: Jarvis::begin(&self.setting),
            budget: self.budget,
        }]
    }

    fn steps(&self, state: &State) -> Steps {
        let mut steps = vec![self.work(state, Look::Fresh)];
        for target in 0..TARGETS {
            if state.world.tasks[target] == Task::Running && state.world.reaches(target) {
                let mut next = state.clone();
                next.world.end_well(target);
                let label = format!("what was done to {} ends well", name(target));
                steps.push(Step {
                    label,
                    kind: Kind::Fair,
                    next,
                    broken: None,
                });
            }
        }
        if state.jarvis.hand == Hand::Free {
            for (secs, label) in [(20, "20 s pass"), (400, "minutes pass"), (7200, "hours pass")] {
                let mut next = state.clone();
                next.jarvis.age(Duration::from_secs(secs));
                if secs == 7200 {
                    next.world.starts = [0; TARGETS];
                }
                if next != *state {
                    steps.push(Step {
                        label: label.to_owned(),
                        kind: Kind::Fair,
                        next,
                        broken: None,
                    });
                }
            }
        }
        self.faults(state, &mut steps);
        steps
    }

    fn unrest(&self, state: &State) -> Option<String> {
        if state.jarvis.memory.freeze.scope_at(now()).is_some() {
            return None;
        }
        if state.jarvis.memory.open_intents().next().is_some() {
            return Some("an intent stays open".to_owned());
        }
        if state.jarvis.hand != Hand::Free {
            return Some("something stays in hand".to_owned());
        }
        let observed = self.observed(state);
        let plan = jarvis_planner::plan(&self.setting.input(&state.jarvis, &observed));
        for (key, status) in &plan.statuses {
            let headline = status.headline()?;
            let settled = matches!(
                headline.kind,
                ConditionType::Escalated | ConditionType::Blocked | ConditionType::Suspended
            );
            let fine = status.sync == Sync::Synced || settled || status.sync == Sync::Unknown;
            if !fine {
                return Some(format!("{key} is {:?}, {}", status.sync, headline.reason));
            }
            if headline.kind == ConditionType::Blocked && headline.message.is_empty() {
                return Some(format!("L4: {key} is blocked without a remedy"));
            }
        }
        for issue in state.jarvis.memory.issues.values() {
            let current = state
                .jarvis
                .memory
                .revision
                .as_ref()
                .and_then(|r| r.resources.get(&issue.key.resource));
            if issue.escalated_at.is_some() && issue.escalated_hash.as_ref() != current {
                return Some(format!("L3: {} stays escalated after a commit", issue.key));
            }
        }
        None
    }
}
