//! Laws that hold in every world: more protection, policy, freeze or ignorance never permits more; the same question
//! has one answer; order does not matter.

use crate::world::*;
use jarvis_crds::{
    AppliesTo, AutonomyRule, Budgets, Dependency, DependencyEnd, Desired, Expected, Place, Protected,
    SafetyPolicySpec, WindowEffect,
};
use jarvis_guard::{Nature, PlanSize, Request, base_tier, objections, preview, warnings};
use jarvis_model::{
    Action, Autonomy, Event, FreezeScope, GuestStatus, HoldScope, Host, NodeStatus, Observation, Origin,
    Outcome, Role, Rule, Scope, Tier, UnknownReason,
};
use proptest::prelude::*;
use std::time::Duration;

const NODES: [&str; 4] = ["agent1", "atlas", "forge", "nova"];
const GUESTS: [u32; 5] = [101, 102, 103, 104, 999];

fn any_guest() -> impl Strategy<Value = u32> {
    proptest::sample::select(GUESTS.to_vec())
}

fn any_node() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(NODES.to_vec())
}

fn any_level() -> impl Strategy<Value = Autonomy> {
    proptest::sample::select(Autonomy::ALL.to_vec())
}

fn any_action() -> impl Strategy<Value = Action> {
    let name = || "before".to_owned();
    prop_oneof![
        4 => any_guest().prop_map(start),
        2 => any_guest().prop_map(shutdown),
        2 => any_guest().prop_map(reboot),
        2 => any_guest().prop_map(stop),
        1 => any_guest().prop_map(reset),
        1 => any_guest().prop_map(move |number| Action::CreateSnapshot { vmid: vmid(number), snapshot: name() }),
        1 => any_guest().prop_map(move |number| Action::RollbackSnapshot { vmid: vmid(number), snapshot: name() }),
        2 => (any_guest(), any_node()).prop_map(|(number, to)| migrate(number, to)),
        1 => any_guest().prop_map(|number| Action::DestroyGuest { vmid: vmid(number) }),
        2 => any_node().prop_map(reboot_node),
        1 => any_node().prop_map(shutdown_node),
        1 => any_node().prop_map(|name| Action::WakeNode { node: node(name) }),
        1 => any_guest().prop_map(|number| {
            Action::RestartService { host: Host::Guest(vmid(number)), service: "nginx".to_owned() }
        }),
        1 => Just(Action::Unknown { name: "fly".to_owned() }),
    ]
}

fn any_origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        4 => Just(Origin::Reconciler),
        1 => Just(runbook()),
        2 => Just(anna(Role::Operator)),
        1 => Just(anna(Role::Viewer)),
        1 => Just(chat(Role::Operator)),
        1 => Just(mcp(&[Scope::Read, Scope::Operate])),
        1 => Just(mcp(&[Scope::OperateRed])),
    ]
}

fn any_request() -> impl Strategy<Value = Request> {
    let sizes = prop_oneof![3 => Just((1, 33)), 1 => (1..20_u32, 1..60_u32)];
    (
        any_action(),
        any_origin(),
        proptest::option::of(any_level()),
        any::<bool>(),
        sizes,
    )
        .prop_map(|(action, origin, autonomy, change, (changes, declared))| {
            let base = if origin.is_autonomous() {
                reconciler_request(action)
            } else {
                person_request(action)
            };
            let nature = if change { Nature::Change } else { Nature::Repair };
            Request {
                origin,
                autonomy,
                nature,
                plan_size: PlanSize { changes, declared },
                ..base
            }
        })
}

/// One thing that happened to the world.
#[derive(Debug, Clone)]
enum Happening {
    Status(u32, GuestStatus),
    Offline(&'static str),
    Unseen(&'static str),
    Moved(u32, &'static str),
    Lock(u32),
    Ha(u32),
    Confirmed,
    Approved,
    Attempt(u64),
    Acts(u32),
    InFlight,
    Stopped(u32, u64),
    MayBeOff(&'static str),
    Agreeing(u32),
    Floor(Autonomy),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let guest = || proptest::sample::select(vec![101_u32, 102, 103, 104]);
    let status = prop_oneof![
        Just(GuestStatus::Running),
        Just(GuestStatus::Stopped),
        Just(GuestStatus::Held("paused".to_owned())),
    ];
    prop_oneof![
        3 => (guest(), status).prop_map(|(number, status)| Happening::Status(number, status)),
        1 => any_node().prop_map(Happening::Offline),
        1 => any_node().prop_map(Happening::Unseen),
        1 => (guest(), any_node()).prop_map(|(number, to)| Happening::Moved(number, to)),
        1 => guest().prop_map(Happening::Lock),
        1 => guest().prop_map(Happening::Ha),
        6 => Just(Happening::Confirmed),
        4 => Just(Happening::Approved),
        1 => (1..100_u64).prop_map(Happening::Attempt),
        1 => (1..30_u32).prop_map(Happening::Acts),
        1 => Just(Happening::InFlight),
        1 => (guest(), 0..10_u64).prop_map(|(number, ago)| Happening::Stopped(number, ago)),
        1 => any_node().prop_map(Happening::MayBeOff),
        1 => (0..3_u32).prop_map(Happening::Agreeing),
        2 => any_level().prop_map(Happening::Floor),
    ]
}

fn happen(world: &mut World, request: &Request, what: Happening) {
    match what {
        Happening::Status(number, status) => world.set_status(number, status),
        Happening::Offline(name) => world.set_offline(name),
        Happening::Unseen(name) => world.node(name).status = Observation::unknown(UnknownReason::Stale),
        Happening::Moved(number, to) => world.guest(number).node = node(to),
        Happening::Lock(number) => world.guest(number).lock = Some("backup".to_owned()),
        Happening::Ha(number) => world.guest(number).ha_state = Some("started".to_owned()),
        Happening::Confirmed if !request.origin.is_autonomous() => world.confirm(request, "anna"),
        Happening::Confirmed => {}
        Happening::Approved => world.approve(request),
        Happening::Attempt(minutes) => {
            if !world.memory.issues.contains_key(&issue()) {
                world.open_issue(mins_ago(120));
            }
            if world.observed.guests.contains_key(&vmid(101)) {
                world.failed_attempt(mins_ago(minutes));
            }
        }
        Happening::Acts(count) => world
            .memory
            .autonomous_acts
            .extend((0..count).map(|_| mins_ago(5))),
        Happening::InFlight => world.in_flight(shutdown(104)),
        Happening::Stopped(number, ago) => {
            world.memory.stopped_at.insert(vmid(number), secs_ago(ago));
        }
        Happening::MayBeOff(name) => world.declare_node(name, Expected::Any),
        Happening::Agreeing(count) => {
            if let Observation::Known { value, .. } = &mut world.observed.quorum {
                value.agreeing = count;
            }
        }
        Happening::Floor(level) => world.floor.autonomy = level,
    }
}

/// A request in a world in which a few things happened.
fn any_case() -> impl Strategy<Value = (World, Request)> {
    (any_request(), proptest::collection::vec(any_happening(), 0..5)).prop_map(|(request, happenings)| {
        let mut world = world();
        for what in happenings {
            happen(&mut world, &request, what);
        }
        (world, request)
    })
}

fn any_end() -> impl Strategy<Value = DependencyEnd> {
    prop_oneof![
        any_guest().prop_map(|number| DependencyEnd::Guest(vmid(number))),
        any_node().prop_map(|name| DependencyEnd::Node(node(name))),
    ]
}

fn any_protected() -> impl Strategy<Value = Protected> {
    prop_oneof![
        any_guest().prop_map(|number| Protected::Guest(vmid(number))),
        any_node().prop_map(|name| Protected::Node(node(name))),
        any_guest().prop_map(|number| Protected::DockerDaemon(Place::Guest(vmid(number)))),
    ]
}

fn any_policy() -> impl Strategy<Value = SafetyPolicySpec> {
    let dependency = (any_end(), any_end()).prop_map(|(who, needs)| Dependency { who, needs });
    let budget = || proptest::option::of(0..40_u32);
    (
        proptest::collection::vec(any_protected(), 0..3),
        proptest::collection::vec(dependency, 0..4),
        (
            proptest::option::of(any_level()),
            proptest::option::of(any_level()),
        ),
        (budget(), budget(), budget()),
    )
        .prop_map(
            |(protected, dependencies, (default, ceiling), budgets)| SafetyPolicySpec {
                protected,
                dependencies,
                autonomy: AutonomyRule { default, ceiling },
                budgets: Budgets {
                    attempts_per_issue: budgets.0,
                    actions_per_hour: budgets.1,
                    largest_plan: budgets.2,
                    nodes_at_once: None,
                },
                command_allowlist: Vec::new(),
            },
        )
}

fn permits(world: &World, request: &Request) -> bool {
    world.judge(request).is_permit()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_policy_only_tightens((world, request) in any_case(), policy in any_policy(), more in any_policy()) {
        let mut tighter = world.clone();
        tighter.policy("added", policy);
        prop_assert!(permits(&world, &request) || !permits(&tighter, &request));
        let mut tightest = tighter.clone();
        tightest.policy("more", more);
        prop_assert!(permits(&tighter, &request) || !permits(&tightest, &request));
    }

    #[test]
    fn a_tier_only_rises_with_policies((world, request) in any_case(), policy in any_policy()) {
        let mut tighter = world.clone();
        tighter.policy("added", policy);
        let tier = |world: &World| preview(&request, &world.facts()).tier;
        prop_assert!(tier(&tighter) >= tier(&world));
        prop_assert!(tier(&world) >= base_tier(&request.action, &world.desired));
        prop_assert!(world.judge(&request).tier() >= base_tier(&request.action, &world.desired));
    }

    #[test]
    fn the_floor_only_tightens((world, request) in any_case(), number in any_guest(), name in any_node(), level in any_level()) {
        let changes: [Box<dyn Fn(&mut World)>; 7] = [
            Box::new(move |world| world.floor.guests.extend([vmid(number)])),
            Box::new(move |world| world.floor.nodes.extend([node(name)])),
            Box::new(move |world| world.floor.own_node = Some(node(name))),
            Box::new(move |world| world.floor.ceiling = world.floor.ceiling.min(level)),
            Box::new(move |world| world.memory.ceiling = Some(level)),
            Box::new(move |world| world.floor.actions_per_hour /= 2),
            Box::new(move |world| world.floor.start_gate_passes += 10),
        ];
        for change in changes {
            let mut tighter = world.clone();
            change(&mut tighter);
            prop_assert!(permits(&world, &request) || !permits(&tighter, &request));
        }
    }

    #[test]
    fn freezing_holding_and_forbidding_only_tighten((world, request) in any_case(), name in any_node()) {
        let changes: [Box<dyn Fn(&mut World)>; 6] = [
            Box::new(|world| world.freeze(FreezeScope::Autonomy)),
            Box::new(|world| world.freeze(FreezeScope::All)),
            Box::new(|world| world.hold(HoldScope::Cluster, None)),
            Box::new(move |world| world.hold(HoldScope::Node(node(name)), Some(NOW + Duration::from_mins(1)))),
            Box::new(|world| world.window("deny", WindowEffect::Deny, "0 11 * * *", 3, AppliesTo::Both)),
            Box::new(|world| world.in_flight(shutdown(104))),
        ];
        for change in changes {
            let mut tighter = world.clone();
            change(&mut tighter);
            prop_assert!(permits(&world, &request) || !permits(&tighter, &request));
        }
    }

    #[test]
    fn freeze_all_permits_nothing_and_freeze_nothing_of_jarvis((world, request) in any_case()) {
        let mut frozen = world;
        frozen.freeze(FreezeScope::Autonomy);
        prop_assert!(!(request.origin.is_autonomous() && permits(&frozen, &request)));
        frozen.freeze(FreezeScope::All);
        prop_assert!(!permits(&frozen, &request));
    }

    #[test]
    fn ignorance_permits_nothing((world, request) in any_case(), which in 0..4_usize) {
        let mut blind = world;
        let why = || UnknownReason::Stale;
        match which {
            0 => blind.observed.quorum = Observation::unknown(why()),
            1 => blind.observed.nodes.values_mut().for_each(|node| node.status = Observation::unknown(why())),
            2 => blind.observed.guests.values_mut().for_each(|guest| guest.live = Observation::unknown(why())),
            _ => blind.observed.guests.values_mut().for_each(|guest| guest.identity = Observation::unknown(why())),
        }
        let guest_facts = which >= 2;
        prop_assume!(!guest_facts || request.action.vmid().is_some());
        prop_assert!(!permits(&blind, &request));
    }

    #[test]
    fn knowledge_that_aged_permits_nothing((world, request) in any_case(), hours in 1..10_u64) {
        let mut later = world;
        later.now = NOW + Duration::from_hours(hours);
        prop_assert!(!permits(&later, &request));
    }

    #[test]
    fn nothing_protected_is_ever_permitted((world, request) in any_case()) {
        if permits(&world, &request) {
            prop_assert_ne!(request.action.vmid(), Some(vmid(103)));
            let home = &world.observed.guests[&vmid(103)].node;
            prop_assert_ne!(request.action.node(), Some(home));
        }
    }

    #[test]
    fn nothing_is_permitted_beside_an_open_effect_or_without_quorum((world, request) in any_case()) {
        let mut busy = world.clone();
        busy.in_flight(reboot_node("forge"));
        prop_assert!(!permits(&busy, &request));
        let mut split = world;
        split.quorum().quorate = false;
        prop_assert!(!permits(&split, &request));
    }

    #[test]
    fn quorum_holds_after_whatever_is_permitted((world, request) in any_case()) {
        if permits(&world, &request)
            && let Action::RebootNode { node: lost } | Action::ShutdownNode { node: lost } = &request.action
        {
            let online = |name: &jarvis_model::NodeName| world.observed.node_online(name, world.now);
            let left = world.observed.nodes.iter().filter(|(name, _)| *name != lost && online(name));
            prop_assert!(2 * left.count() > world.observed.nodes.len());
        }
    }

    #[test]
    fn jarvis_alone_does_nothing_red_and_little((world, request) in any_case()) {
        if permits(&world, &request) && request.origin.is_autonomous() {
            let approved = world.memory.approval(&request.digest, world.now).is_some();
            let attempts = world.memory.issues.get(&issue()).map_or(0, |issue| issue.attempts_in_window(world.now));
            prop_assert!(approved || base_tier(&request.action, &world.desired) == Tier::Yellow);
            prop_assert!(attempts < 3);
            prop_assert!(world.memory.acts_in_last_hour(world.now) < 20);
        }
    }

    #[test]
    fn the_same_question_has_one_answer((world, request) in any_case()) {
        let copy = world.clone();
        prop_assert_eq!(world.judge(&request), copy.judge(&request));
        prop_assert_eq!(objections(&request, &world.facts()).first().cloned(), match world.judge(&request) {
            jarvis_model::Verdict::Permit { .. } => None,
            other => Some(other),
        });
        prop_assert_eq!(warnings(&request, &world.facts()), warnings(&request, &copy.facts()));
    }

    #[test]
    fn the_order_of_manifests_does_not_matter(
        (world, request) in any_case(),
        policies in proptest::collection::vec(any_policy(), 0..4),
        seed in any::<u64>(),
    ) {
        let mut world = world;
        for (index, policy) in policies.into_iter().enumerate() {
            world.policy(&format!("policy-{index}"), policy);
        }
        let mut manifests = world.desired.manifests();
        let length = manifests.len();
        for index in 0..length {
            let other = usize::try_from(seed.rotate_left(u32::try_from(index % 64).unwrap()) % length as u64).unwrap();
            manifests.swap(index, other);
        }
        let mut shuffled = world.clone();
        shuffled.desired = Desired::new("c0ffee", manifests);
        prop_assert_eq!(world.judge(&request), shuffled.judge(&request));
        prop_assert_eq!(preview(&request, &world.facts()), preview(&request, &shuffled.facts()));
    }

    #[test]
    fn an_unanswered_effect_holds_everything_until_there_is_evidence((world, request) in any_case()) {
        let mut world = world;
        world.node("forge").status = Observation::known(NodeStatus::Online, secs_ago(1));
        world.in_flight(reboot_node("forge"));
        let intent = jarvis_model::IntentId("other".to_owned());
        world.happened(secs_ago(1), Event::IntentClosed { intent, outcome: Outcome::Unresolved });
        prop_assert!(!permits(&world, &request));
    }

    #[test]
    fn every_refusal_says_what_would_unblock_it((world, request) in any_case()) {
        for objection in objections(&request, &world.facts()) {
            let text = match objection {
                jarvis_model::Verdict::Refuse { refusal } | jarvis_model::Verdict::Wait { refusal, .. } => {
                    prop_assert!(!refusal.resource.is_empty());
                    prop_assert!(refusal.reason.ends_with('.'));
                    refusal.unblock
                }
                jarvis_model::Verdict::Confirm { reason, .. } => reason,
                jarvis_model::Verdict::Permit { .. } => return Err(TestCaseError::fail("a permit is no objection")),
            };
            prop_assert!(text.len() > 10 && text.ends_with('.'));
        }
    }
}

/// The laws above would hold of a guard that permits nothing; this one does permit, through every kind of door.
#[test]
fn the_cases_of_the_laws_are_not_vacuous() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut permitted = std::collections::BTreeMap::<&str, u32>::new();
    let mut rules = std::collections::BTreeSet::<Rule>::new();
    for _ in 0..3000 {
        let (world, request) = any_case().new_tree(&mut runner).unwrap().current();
        let verdict = world.judge(&request);
        rules.extend(verdict.rule());
        let kind = match (&request.origin, base_tier(&request.action, &world.desired)) {
            (Origin::Reconciler | Origin::Runbook { .. }, Tier::Yellow) => "jarvis yellow",
            (Origin::Reconciler | Origin::Runbook { .. }, _) => "jarvis red",
            (_, Tier::Yellow) => "others yellow",
            _ => "others red",
        };
        *permitted.entry(kind).or_default() += u32::from(verdict.is_permit());
    }
    assert_eq!(permitted.len(), 4);
    assert!(permitted.values().all(|count| *count >= 20), "{permitted:?}");
    assert!(rules.len() >= 20, "{rules:?}");
}
