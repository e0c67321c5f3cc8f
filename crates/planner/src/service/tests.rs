//! Services: two looks, their host first, what may be restarted, what people are told, how often it is tried.

use crate::{
    plan::Look,
    scene::{Scene, manifest, node_name, vm, vmid},
};
use jarvis_model::{
    Action, Autonomy, ConditionType, Event, FreezeScope, GuestStatus, Host, Observation, Outcome, Rule,
    ServiceObserved, ServiceStatus, StopCause, UnknownReason,
};

const KEY: &str = "Service/nginx";

fn down() -> ServiceStatus {
    ServiceStatus::Down("failed".into())
}

fn spec(more: &str) -> String {
    let spec = format!("{{target: {{node: a}}, systemd: {{unit: nginx.service}}{more}}}");
    manifest("Service", "nginx", &spec)
}

/// nginx on node a was up, and two looks found it failed.
fn failed(more: &str) -> Scene {
    let mut scene = Scene::new();
    scene.declare(&spec(more));
    scene.service("nginx", ServiceStatus::Up);
    scene.settle();
    scene.pass_time(60);
    scene.service_twice("nginx", down());
    scene
}

fn restart() -> Action {
    Action::RestartService {
        host: Host::Node(node_name("a")),
        service: "nginx.service".into(),
    }
}

#[test]
fn a_service_that_runs_is_synced_and_wants_nothing() {
    let mut scene = Scene::new();
    scene.declare(&spec(", restart: Allowed"));
    scene.service("nginx", ServiceStatus::Up);
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty() && plan.looks.is_empty() && names.is_empty());
    assert_eq!(scene.says(KEY), (ConditionType::Ready, "Running".into()));
}

#[test]
fn one_look_opens_nothing_it_asks_for_a_second() {
    let mut scene = Scene::new();
    scene.declare(&spec(", restart: Allowed"));
    scene.service("nginx", ServiceStatus::Up);
    scene.settle();
    scene.pass_time(30);
    scene.service("nginx", down());
    let (plan, names) = scene.settle();
    assert!(names.is_empty() && plan.decisions.is_empty(), "{names:?}");
    let look = Look::Service {
        service: KEY.parse().unwrap(),
    };
    assert_eq!(plan.looks, [look]);
    scene.pass_time(2);
    let (plan, names) = scene.settle();
    assert_eq!(names, ["issueOpened"]);
    assert_eq!(plan.decisions[0].request.action, restart());
    assert!(plan.decisions[0].verdict.is_permit(), "{:?}", plan.decisions[0]);
}

#[test]
fn a_look_that_fails_in_between_starts_the_count_anew() {
    let mut seen = ServiceObserved::default();
    let at = jarvis_model::Timestamp::from_secs;
    let see = |seen: &mut ServiceObserved, secs| seen.see(Observation::known(down(), at(secs)));
    see(&mut seen, 1);
    seen.see(Observation::unknown(UnknownReason::NodeAway));
    see(&mut seen, 3);
    assert!(!seen.is_confirmed(std::time::Duration::ZERO));
    see(&mut seen, 4);
    assert!(seen.is_confirmed(std::time::Duration::ZERO));
    seen.see(Observation::known(ServiceStatus::Up, at(5)));
    assert!(!seen.is_confirmed(std::time::Duration::ZERO));
}

#[test]
fn a_restart_is_verified_and_the_issue_heals_by_two_looks_and_closes() {
    let mut scene = failed(", restart: Allowed");
    scene.settle();
    assert_eq!(scene.act(Outcome::Verified), restart());
    let (plan, _) = scene.settle();
    assert!(
        plan.decisions.is_empty(),
        "what was seen before the act counts no more"
    );
    assert!(matches!(plan.looks[..], [Look::Service { .. }]));
    scene.pass_time(1);
    scene.service("nginx", ServiceStatus::Up);
    assert!(scene.settle().1.is_empty(), "up once is not well yet");
    scene.pass_time(10);
    assert_eq!(scene.settle().1, ["issueHealthy"]);
    scene.pass_time(599);
    assert!(scene.settle().1.is_empty());
    scene.pass_time(1);
    assert_eq!(scene.settle().1, ["issueClosed"]);
}

#[test]
fn three_restarts_in_vain_then_people_are_asked() {
    let mut scene = failed(", restart: Allowed");
    for attempt in 1..=3 {
        let (plan, _) = scene.settle();
        assert_eq!(plan.decisions[0].attempt, attempt);
        scene.act(Outcome::NotVerified);
        scene.pass_time(150);
    }
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(scene.count("issueEscalated"), 1);
    assert_eq!(scene.says(KEY).0, ConditionType::Escalated);
    scene.declare(&spec(", restart: Allowed, autonomy: L3"));
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueRearmed".to_owned()));
    assert_eq!(plan.decisions.len(), 1);
}

#[test]
fn a_relapse_stays_one_issue() {
    let mut scene = failed(", restart: Allowed");
    scene.settle();
    scene.act(Outcome::Verified);
    scene.pass_time(1);
    scene.service("nginx", ServiceStatus::Up);
    scene.pass_time(20);
    scene.settle();
    scene.service_twice("nginx", down());
    let (plan, names) = scene.settle();
    assert_eq!(names, ["issueRelapsed"]);
    assert_eq!(plan.decisions[0].attempt, 2);
}

#[test]
fn what_is_only_reported_is_told_once_and_never_restarted() {
    let by_unit = spec("");
    let by_http = manifest(
        "Service",
        "nginx",
        "{target: {node: a}, http: {url: 'http://10.0.0.1/'}}",
    );
    for yaml in [by_unit, by_http] {
        let mut scene = Scene::new();
        scene.declare(&yaml);
        scene.service_twice("nginx", down());
        let (plan, names) = scene.settle();
        assert!(plan.decisions.is_empty());
        assert_eq!(names, ["issueOpened", "issueAlerted"]);
        assert_eq!(scene.says(KEY), (ConditionType::Suspended, "AlertOnly".into()));
        scene.pass_time(600);
        assert!(scene.settle().1.is_empty(), "told once");
    }
}

#[test]
fn what_should_be_stopped_is_recommended_and_never_done_alone() {
    for level in Autonomy::ALL {
        let mut scene = Scene::new();
        scene.floor.autonomy = level;
        scene.declare(&spec(", state: Stopped"));
        scene.service_twice("nginx", ServiceStatus::Up);
        let (plan, _) = scene.settle();
        let decision = &plan.decisions[0];
        assert!(matches!(decision.request.action, Action::StopService { .. }));
        assert!(!decision.verdict.is_permit(), "{level}");
        let recommended = decision.verdict.word() == "needs confirmation";
        assert_eq!(recommended, level >= Autonomy::L2, "{level}");
    }
    let mut scene = Scene::new();
    scene.declare(&spec(", state: Stopped"));
    scene.service("nginx", down());
    assert!(scene.settle().1.is_empty());
    assert_eq!(scene.says(KEY), (ConditionType::Ready, "Stopped".into()));
}

#[test]
fn nothing_is_decided_from_unknown() {
    let mut scene = failed(", restart: Allowed");
    scene.settle();
    let seen = scene.observed.services.values_mut().next().unwrap();
    seen.see(Observation::unknown(UnknownReason::NodeAway));
    seen.trouble = Some("no route to 10.0.0.7:22".into());
    let plan = scene.settle().0;
    assert!(plan.decisions.is_empty());
    let status = &plan.statuses[&KEY.parse().unwrap()];
    let headline = status.headline().unwrap();
    assert_eq!(headline.reason, "CannotLook");
    assert!(
        headline.message.contains("no route to 10.0.0.7:22"),
        "{headline:?}"
    );
    scene.observed.services.clear();
    let plan = scene.settle().0;
    assert!(plan.decisions.is_empty());
    assert!(matches!(plan.looks[..], [Look::Service { .. }]));
    scene.service_twice("nginx", down());
    scene.now = scene.now + std::time::Duration::from_secs(91);
    assert!(scene.plan().decisions.is_empty(), "91 s old is not known");
}

#[test]
fn a_service_that_changes_is_waited_for_and_counts_as_down_after_minutes() {
    let mut scene = Scene::new();
    scene.declare(&spec(", restart: Allowed"));
    scene.service_twice("nginx", ServiceStatus::Changing("activating".into()));
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty() && names.is_empty());
    assert_eq!(scene.says(KEY).1, "Changing");
    scene.pass_time(300);
    let (plan, names) = scene.settle();
    assert_eq!(names, ["issueOpened"]);
    assert_eq!(plan.decisions.len(), 1, "a unit that restarts for ever is down");
}

#[test]
fn a_missing_unit_is_blocked_with_a_remedy() {
    let mut scene = Scene::new();
    scene.declare(&spec(", restart: Allowed"));
    scene.service_twice("nginx", ServiceStatus::Missing);
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(scene.says(KEY), (ConditionType::Blocked, "UnitMissing".into()));
}

#[test]
fn a_dead_node_takes_its_services_along_and_their_recovery_is_seen() {
    let mut scene = Scene::new();
    scene.declare(&spec(", restart: Allowed"));
    scene.service("nginx", ServiceStatus::Up);
    scene.settle();
    scene.offline("a");
    // An outside look finds it down, as it must.
    scene.service_twice("nginx", down());
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert!(!names.contains(&"issueOpened".to_owned()), "{names:?}");
    assert_eq!(scene.says(KEY), (ConditionType::Suspended, "HostAway".into()));
    scene.back("a");
    scene.settle();
    assert_eq!(scene.says(KEY).1, "Grace", "two minutes after the node's return");
    scene.pass_time(120);
    scene.service_twice("nginx", down());
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueOpened".to_owned()), "{names:?}");
    assert_eq!(plan.decisions.len(), 1);
}

#[test]
fn a_guest_that_is_away_ill_or_busy_takes_its_services_along() {
    type Change = fn(&mut Scene);
    let rows: [(Change, &str); 4] = [
        (|scene| scene.guest(101, "a", GuestStatus::Stopped), "HostAway"),
        (
            |scene| scene.edit(101, |guest| guest.lock = Some("backup".into())),
            "Grace",
        ),
        (
            |scene| {
                let upid = "UPID:a:00000001:00000001:000F4240:vzdump:101:root@pam:"
                    .parse()
                    .unwrap();
                scene.edit(101, |guest| guest.running_task = Some(upid));
            },
            "Grace",
        ),
        (
            |scene| drop(scene.observed.guests.remove(&vmid(101))),
            "HostMissing",
        ),
    ];
    let yaml = vm("web", 101, "Manual", "")
        + &manifest(
            "Service",
            "nginx",
            "{target: {guest: {vmid: 101}}, docker: {container: nginx}, restart: Allowed}",
        );
    for (change, reason) in rows {
        let mut scene = Scene::new();
        scene.guest(101, "a", GuestStatus::Running);
        scene.declare(&yaml);
        scene.service_twice("nginx", down());
        change(&mut scene);
        let (plan, names) = scene.settle();
        assert!(plan.decisions.is_empty(), "{reason}");
        assert!(!names.contains(&"issueOpened".to_owned()), "{reason}: {names:?}");
        assert_eq!(scene.says(KEY).1, reason);
    }
    let mut neighbour = Scene::new();
    neighbour.guest(101, "a", GuestStatus::Running);
    neighbour.declare(&yaml);
    neighbour.service_twice("nginx", down());
    assert_eq!(neighbour.settle().0.decisions.len(), 1);
}

#[test]
fn a_guest_that_has_just_been_started_is_looked_at_before_its_services() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    let yaml = vm("web", 101, "Always", "")
        + &manifest(
            "Service",
            "nginx",
            "{target: {guest: {vmid: 101}}, systemd: {unit: nginx}, restart: Allowed}",
        );
    scene.declare(&yaml);
    scene.settle();
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, StopCause::NoTask);
    scene.service_twice("nginx", down());
    scene.settle();
    scene.act(Outcome::Verified);
    scene.guest(101, "a", GuestStatus::Running);
    scene.settle();
    assert_eq!(scene.says(KEY).1, "HostAway", "its guest is not sure to stay up");
    scene.pass_time(10);
    scene.settle();
    assert_eq!(
        scene.settle().0.decisions[0].request.action.vmid(),
        Some(vmid(101))
    );
}

#[test]
fn a_frozen_jarvis_restarts_nothing_and_still_tells() {
    let mut scene = failed(", restart: Allowed");
    scene.remember(Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "op".into(),
        reason: String::new(),
        until: None,
    });
    let (plan, names) = scene.settle();
    assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::Frozen));
    assert!(names.contains(&"issueAlerted".to_owned()), "{names:?}");
    scene.pass_time(600);
    assert!(scene.settle().1.is_empty());
}

#[test]
fn the_levels_of_autonomy_for_a_service_that_is_down() {
    let rows = [
        (Autonomy::L0, "refused", false, false),
        (Autonomy::L1, "refused", true, false),
        (Autonomy::L2, "needs confirmation", true, false),
        (Autonomy::L3, "permitted", false, false),
        (Autonomy::L4, "permitted", false, true),
    ];
    for (level, word, alerted, silent) in rows {
        let mut scene = failed(", restart: Allowed");
        scene.floor.autonomy = level;
        let (plan, names) = scene.settle();
        assert_eq!(plan.decisions[0].verdict.word(), word, "{level}");
        assert_eq!(names.contains(&"issueAlerted".to_owned()), alerted, "{level}");
        if word == "permitted" {
            scene.act(Outcome::Verified);
        }
        let opened = scene
            .events
            .iter()
            .find(|event| event.name() == "issueOpened")
            .unwrap();
        assert_eq!(opened.is_told(&scene.memory), !silent, "{level}");
        let acted = scene
            .events
            .iter()
            .filter(|event| event.name().starts_with("intent"));
        let told = acted.filter(|event| event.is_told(&scene.memory)).count();
        assert_eq!(told > 0, word == "permitted" && !silent, "{level}");
    }
}
