//! Runbooks: which answers, step by step, one attempt a run, and a death of Jarvis at any point.

use crate::scene::{Scene, manifest, node_name, vm, vmid};
use jarvis_model::{
    Action, Autonomy, ConditionType, Event, FreezeScope, GuestStatus, Memory, Observation, Origin, Outcome,
    Record, Rule, ServiceStatus, StopCause,
};

const WEB: &str = "VirtualMachine/web";

fn book(name: &str, spec: &str) -> String {
    manifest("Runbook", name, spec)
}

/// A service that is down, and a runbook that answers.
fn service_down(steps: &str) -> Scene {
    let service = "{target: {node: a}, systemd: {unit: nginx.service}, restart: Allowed}";
    let yaml = manifest("Service", "nginx", service)
        + &book(
            "mend",
            &format!("{{trigger: {{issue: serviceDown}}, steps: [{steps}]}}"),
        );
    let mut scene = Scene::new();
    scene.declare(&yaml);
    scene.service_twice("nginx", ServiceStatus::Down("failed".into()));
    scene
}

fn guest_down(steps: &str, more: &str) -> Scene {
    let yaml = vm("web", 101, "Always", more)
        + &book(
            "mend",
            &format!("{{trigger: {{issue: guestDown}}, steps: [{steps}]}}"),
        );
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare(&yaml);
    scene.settle();
    scene.pass_time(60);
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, StopCause::NoTask);
    scene
}

fn steps(scene: &Scene) -> Vec<String> {
    let told = scene.events.iter().filter_map(|event| match event {
        Event::RunbookStepped { step, text, .. } => Some(format!("{step} {text}")),
        Event::RunbookEnded { failed, .. } => Some(failed.clone().unwrap_or("done".into())),
        _ => None,
    });
    told.collect()
}

#[test]
fn steps_follow_each_other_by_time_and_by_what_is_seen() {
    let mut scene = service_down(
        "{action: wait, timeout: 30s}, {action: restartService, verify: serviceUp, timeout: 2m}, {action: wait, timeout: 10s}",
    );
    let (plan, names) = scene.settle();
    assert_eq!(names, ["issueOpened", "runbookStepped"]);
    assert!(plan.decisions.is_empty());
    assert_eq!(plan.wake_at, Some(scene.now + std::time::Duration::from_secs(30)));
    scene.pass_time(30);
    let (plan, names) = scene.settle();
    assert_eq!(names, ["runbookStepped"]);
    let origin = Origin::Runbook { name: "mend".into() };
    assert_eq!(plan.decisions[0].request.origin, origin);
    assert_eq!(plan.decisions[0].attempt, 1);
    scene.act(Outcome::Verified);
    let (plan, names) = scene.settle();
    assert!(
        plan.decisions.is_empty() && names.is_empty(),
        "no step acts twice"
    );
    scene.pass_time(1);
    scene.service("nginx", ServiceStatus::Up);
    assert_eq!(scene.settle().1, ["runbookStepped"]);
    scene.pass_time(10);
    let names = scene.settle().1;
    assert!(names.contains(&"runbookEnded".to_owned()), "{names:?}");
    let expected = [
        "0 wait 30 s",
        "1 restart the service, until the service up is seen",
        "2 wait 10 s",
        "done",
    ];
    assert_eq!(steps(&scene), expected);
}

#[test]
fn a_run_is_one_attempt_however_many_steps_act() {
    let restart = "{action: restartService, timeout: 2m}";
    let mut scene = service_down(&[restart; 4].join(", "));
    for run in 1..=3 {
        for step in 1..=4 {
            scene.settle();
            assert!(
                matches!(scene.act(Outcome::Verified), Action::RestartService { .. }),
                "run {run} step {step}"
            );
            scene.pass_time(1);
            scene.service("nginx", ServiceStatus::Down("failed".into()));
        }
        scene.settle();
        let issue = scene.memory.issues.values().next().unwrap();
        assert_eq!(issue.attempts_in_window(scene.now), run);
        scene.pass_time(150);
    }
    let (plan, _) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert_eq!(scene.count("issueEscalated"), 1);
    assert_eq!(scene.count("intentLogged"), 12);
}

#[test]
fn a_step_that_fails_ends_the_run_and_the_next_comes_later() {
    let mut scene = service_down("{action: restartService}, {action: wait, timeout: 10s}");
    scene.settle();
    scene.act(Outcome::NotVerified);
    let names = scene.settle().1;
    assert_eq!(names, ["runbookEnded"]);
    assert!(steps(&scene)[1].starts_with("step 1, restart nginx.service on node a: finished"));
    scene.service("nginx", ServiceStatus::Down("failed".into()));
    assert!(scene.settle().1.is_empty(), "not at once");
    scene.pass_time(13);
    assert_eq!(scene.settle().1, ["runbookStepped"]);
}

#[test]
fn what_is_not_seen_in_time_fails_the_step() {
    let mut scene = service_down("{action: restartService, verify: serviceUp, timeout: 30s}");
    scene.settle();
    scene.act(Outcome::Verified);
    scene.pass_time(29);
    scene.settle();
    assert_eq!(scene.count("runbookEnded"), 0);
    scene.pass_time(1);
    scene.settle();
    assert!(steps(&scene)[1].ends_with("the service up was not seen in time"));
}

#[test]
fn a_budget_of_its_own_is_tighter() {
    let service = "{target: {node: a}, systemd: {unit: nginx}, restart: Allowed}";
    let yaml = manifest("Service", "nginx", service)
        + &book(
            "mend",
            "{trigger: {issue: serviceDown}, steps: [{action: restartService}], budget: {attempts: 1, per: 6h}}",
        );
    let mut scene = Scene::new();
    scene.declare(&yaml);
    scene.service_twice("nginx", ServiceStatus::Down("failed".into()));
    scene.settle();
    scene.act(Outcome::NotVerified);
    scene.pass_time(60);
    scene.settle();
    assert_eq!(scene.count("issueEscalated"), 1, "one attempt in six hours");
}

#[test]
fn red_steps_are_recommended_and_black_ones_refused() {
    let policy = manifest(
        "SafetyPolicy",
        "tools",
        "{commandAllowlist: [{name: rescan, argv: [/usr/sbin/rescan]}]}",
    );
    let service = manifest(
        "Service",
        "nginx",
        "{target: {node: a}, systemd: {unit: nginx}, restart: Allowed}",
    );
    let runbook = book(
        "mend",
        "{trigger: {issue: serviceDown}, steps: [{action: runCommand, command: rescan}]}",
    );
    let mut scene = Scene::new();
    scene.declare(&(policy.clone() + &service + &runbook));
    scene.service_twice("nginx", ServiceStatus::Down("failed".into()));
    let (plan, names) = scene.settle();
    assert_eq!(plan.decisions[0].verdict.word(), "needs confirmation");
    assert_eq!(names, ["issueOpened", "runbookStepped", "issueAlerted"]);
    scene.floor.nodes.insert(node_name("a"));
    assert_eq!(scene.plan().decisions[0].verdict.rule(), Some(Rule::Protected));
}

#[test]
fn a_command_that_no_policy_lists_fails_the_run_and_ends_with_people() {
    let mut scene = service_down("{action: wait, timeout: 1s}");
    let manifest = scene.desired.runbooks.values_mut().next().unwrap();
    manifest.spec.steps[0].action = jarvis_crds::StepAction::RunCommand;
    manifest.spec.steps[0].command = Some("gone".into());
    for _ in 0..3 {
        scene.settle();
        scene.pass_time(150);
    }
    scene.settle();
    assert_eq!(scene.count("issueEscalated"), 1);
    assert!(steps(&scene)[1].contains("no policy lists the command gone"));
}

#[test]
fn it_replaces_the_built_in_answer_and_others_keep_theirs() {
    let mut scene = guest_down("{action: createSnapshot}, {action: startGuest}", "");
    let other = vm("db", 102, "Always", "");
    let yaml = vm("web", 101, "Always", "")
        + &other
        + &book(
            "mend",
            "{trigger: {issue: guestDown, selector: {names: [web]}}, steps: [{action: createSnapshot}, {action: startGuest}]}",
        );
    scene.guest(102, "b", GuestStatus::Running);
    scene.declare(&yaml);
    scene.settle();
    scene.guest(102, "b", GuestStatus::Stopped);
    scene.cause(102, StopCause::NoTask);
    let (plan, _) = scene.settle();
    let wanted: Vec<String> = plan
        .decisions
        .iter()
        .map(|decision| {
            format!(
                "{} by {}",
                decision.request.action.verb(),
                decision.request.origin.label()
            )
        })
        .collect();
    assert_eq!(wanted, ["start by reconciler", "snapshot by runbook mend"]);
}

#[test]
fn a_guest_that_the_run_stops_is_not_started_behind_its_back() {
    let yaml = vm(
        "web",
        101,
        "RerunOnFailure",
        "  ready:\n    tcp: {address: '10.0.0.5:22'}\n    within: 10s\n",
    ) + &book(
        "cold",
        "{trigger: {issue: guestNotReady}, steps: [{action: shutdownGuest}, {action: wait, timeout: 20s}, {action: startGuest}]}",
    );
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare(&yaml);
    let failing = |scene: &mut Scene| {
        let now = scene.now;
        scene.edit(101, |guest| guest.ready = Observation::known(false, now));
    };
    failing(&mut scene);
    scene.settle();
    scene.pass_time(120);
    failing(&mut scene);
    let (plan, names) = scene.settle();
    assert!(names.contains(&"runbookStepped".to_owned()), "{names:?}");
    assert!(matches!(
        plan.decisions[0].request.action,
        Action::ShutdownGuest { .. }
    ));
    scene.act(Outcome::Verified);
    scene.guest(101, "a", GuestStatus::Stopped);
    let at = scene.now;
    scene.cause(101, StopCause::Ourselves { at });
    let (plan, names) = scene.settle();
    assert!(names.contains(&"runbookStepped".to_owned()), "{names:?}");
    assert!(plan.decisions.is_empty(), "it waits twenty seconds");
    assert_eq!(scene.says(WEB).1, "RunbookInProgress");
    scene.pass_time(20);
    let (plan, _) = scene.settle();
    assert_eq!(
        plan.decisions[0].request.action,
        Action::StartGuest { vmid: vmid(101) }
    );
    scene.act(Outcome::Verified);
    scene.guest(101, "a", GuestStatus::Running);
    scene.settle();
    assert_eq!(steps(&scene).last().unwrap(), "done");
    assert_eq!(
        scene.count("issueOpened"),
        1,
        "the guest was never down for a failure"
    );
}

#[test]
fn a_threshold_names_its_runbook() {
    let yaml = manifest(
        "Threshold",
        "full",
        "{on: {kind: VirtualMachine}, metric: memory, above: 90, runbook: reboot}",
    ) + &vm("web", 101, "Always", "")
        + &book(
            "reboot",
            "{trigger: {issue: thresholdPassed}, steps: [{action: rebootGuest}]}",
        )
        + &book(
            "another",
            "{trigger: {issue: thresholdPassed}, steps: [{action: startGuest}]}",
        );
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.edit(101, |guest| {
        (guest.usage.mem_bytes, guest.usage.max_mem_bytes) = (Some(99), Some(100));
    });
    scene.declare(&yaml);
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueAlerted".to_owned()), "{names:?}");
    assert!(matches!(
        plan.decisions[0].request.action,
        Action::RebootGuest { .. }
    ));
}

#[test]
fn nothing_begins_where_nothing_may_be_done() {
    for level in [Autonomy::L0, Autonomy::L1] {
        let mut scene = service_down("{action: wait, timeout: 30s}, {action: restartService}");
        scene.floor.autonomy = level;
        let (plan, names) = scene.settle();
        assert!(
            !names.contains(&"runbookStepped".to_owned()),
            "{level}: {names:?}"
        );
        assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::Autonomy));
        assert_eq!(scene.count("issueAlerted"), usize::from(level == Autonomy::L1));
    }
}

#[test]
fn a_freeze_in_the_middle_stops_the_next_step_and_a_thaw_lets_it_go_on() {
    let mut scene =
        service_down("{action: restartService}, {action: wait, timeout: 5s}, {action: restartService}");
    scene.settle();
    scene.act(Outcome::Verified);
    scene.settle();
    scene.remember(Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "op".into(),
        reason: String::new(),
        until: None,
    });
    scene.pass_time(10);
    let (plan, names) = scene.settle();
    assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::Frozen));
    assert!(names.contains(&"issueAlerted".to_owned()));
    scene.pass_time(3600);
    scene.settle();
    scene.remember(Event::Thawed { by: "op".into() });
    assert!(scene.settle().0.decisions[0].verdict.is_permit());
}

#[test]
fn a_runbook_that_is_gone_ends_its_runs() {
    let mut scene = service_down("{action: wait, timeout: 30s}, {action: restartService}");
    scene.settle();
    let service = "{target: {node: a}, systemd: {unit: nginx.service}, restart: Allowed}";
    scene.declare(&manifest("Service", "nginx", service));
    let (_, names) = scene.settle();
    assert!(names.contains(&"runbookEnded".to_owned()), "{names:?}");
    scene.pass_time(60);
    let (plan, _) = scene.settle();
    assert_eq!(plan.decisions[0].request.origin, Origin::Reconciler);
}

/// Jarvis dies after every single record and starts again on the fold alone: the story and what is sent are the same.
#[test]
fn a_death_at_any_point_of_a_run_changes_nothing() {
    let story = |dies: bool| {
        let mut scene = guest_down(
            "{action: createSnapshot}, {action: wait, timeout: 20s}, {action: startGuest, verify: guestRunning, timeout: 1m}",
            "",
        );
        let mut sent = Vec::new();
        for _ in 0..12 {
            loop {
                let plan = scene.plan();
                let Some(event) = plan.events.into_iter().next() else {
                    break;
                };
                scene.remember(event);
                if dies {
                    let records = scene.events.iter().zip(1..);
                    let records: Vec<Record> = records
                        .map(|(event, seq)| Record {
                            seq,
                            at: scene.times[usize::try_from(seq).unwrap() - 1],
                            epoch: 1,
                            event: event.clone(),
                        })
                        .collect();
                    scene.memory = Memory::fold(&records);
                    scene.observed.passed.clear();
                }
            }
            if scene.plan().decisions.iter().any(|one| one.verdict.is_permit()) {
                let action = scene.act(Outcome::Verified);
                if matches!(action, Action::StartGuest { .. }) {
                    scene.guest(101, "a", GuestStatus::Running);
                }
                sent.push(action.verb());
            }
            scene.pass_time(10);
        }
        (sent, steps(&scene))
    };
    let (sent, told) = story(false);
    assert_eq!(sent, ["snapshot", "start"]);
    assert_eq!(told.last().unwrap(), "done");
    assert_eq!(story(true), (sent, told));
}

#[test]
fn waiting_runs_show_where_they_are() {
    let mut scene = service_down("{action: wait, timeout: 30s}, {action: restartService}");
    let plan = scene.settle().0;
    let status = &plan.statuses[&"Service/nginx".parse().unwrap()];
    let headline = status.headline().unwrap();
    assert_eq!(headline.kind, ConditionType::Reconciling);
    assert!(
        headline.message.ends_with("runbook mend: step 1 of 2, wait 30 s"),
        "{headline:?}"
    );
}
