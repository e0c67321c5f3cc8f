//! The scenario of the README, joined: a commit starts a VM, a crash is mended, protection holds, freeze stops,
//! a dead node's guests are unknown while others are mended.

use jarvis_controller::{Confirm, NewRequest, Person};
use jarvis_model::{
    Action, Door, Event, FreezeScope, GuestStatus, HoldScope, NodeName, NodeStatus, Origin, Outcome,
    ResourceKey, Role, Rule, Sync, TicketState, Vmid, limits,
};
use jarvis_simulator::Fault;
use jarvis_tests::{Rig, Setup, wait};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

pub fn vm(name: &str, vmid: u32, strategy: &str) -> String {
    format!(
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {{vmid: {vmid}, \
         runStrategy: {strategy}}}\n---\n"
    )
}

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).expect("a number in range")
}

fn key(name: &str) -> ResourceKey {
    format!("VirtualMachine/{name}").parse().expect("a plain name")
}

fn operator() -> Person {
    Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    }
}

fn request(action: Action) -> NewRequest {
    let origin = Origin::Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    };
    NewRequest {
        action,
        origin,
        recall: None,
        hold: None,
    }
}

fn synced(view: &jarvis_controller::View, name: &str) -> bool {
    view.plan
        .statuses
        .get(&key(name))
        .is_some_and(|status| status.sync == Sync::Synced)
}

fn names(rig: &Rig, from: usize) -> Vec<String> {
    wait::events(rig.jarvis())
        .iter()
        .skip(from)
        .map(Event::name)
        .collect()
}

/// Whether `wanted` appear in `names` in this order.
fn in_order(names: &[String], wanted: &[&str]) -> bool {
    let mut rest = names.iter();
    wanted.iter().all(|word| rest.any(|name| name == word))
}

async fn quiet_rig(manifests: String) -> Rig {
    let rig = Rig::start(Setup {
        manifests,
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "the first picture", LIMIT, |view| {
        view.memory.revision.is_some() && view.observed.complete_passes >= 2 && view.plan.report.is_empty()
    })
    .await;
    rig
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_starts_a_stopped_vm_and_is_verified() {
    let rig = quiet_rig(vm("win-lab", 105, "Halted")).await;
    let before = wait::events(rig.jarvis()).len();
    let began = rig.now();
    rig.repository
        .commit(
            &[("all.yaml", &vm("win-lab", 105, "Always"))],
            "Keep the lab running",
        )
        .unwrap();
    wait::until(rig.jarvis(), "running, verified and synced", LIMIT, |view| {
        synced(view, "win-lab") && view.memory.running.contains_key(&vmid(105))
    })
    .await;
    let took = rig.now().since(began);
    assert!(took <= Duration::from_mins(2), "{took:?} by the cluster's clock");
    wait::until(rig.jarvis(), "seen well by two looks", LIMIT, |view| {
        let mut issues = view
            .memory
            .issues
            .values()
            .filter(|issue| issue.key.resource == key("win-lab"));
        issues.all(|issue| issue.healthy_since.is_some())
    })
    .await;
    let seen = names(&rig, before);
    let wanted = [
        "revisionApplied",
        "issueOpened",
        "intentLogged",
        "effectAccepted",
        "taskFinished",
        "intentClosed",
        "issueHealthy",
    ];
    assert!(in_order(&seen, &wanted), "{seen:?}");
    assert_eq!(rig.starts(105), 1);
    assert_eq!(rig.calls("start", 105), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_is_found_restarted_verified_and_nothing_oscillates() {
    let rig = quiet_rig(vm("web-01", 101, "RerunOnFailure")).await;
    let before = wait::events(rig.jarvis()).len();
    let began = rig.now();
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    let found = wait::until(rig.jarvis(), "the issue", LIMIT, |view| {
        !view.memory.issues.is_empty()
    })
    .await;
    assert!(
        found.at.since(began) <= Duration::from_mins(2),
        "found after {:?}",
        found.at.since(began)
    );
    let mended = wait::until(rig.jarvis(), "mended", LIMIT, |view| {
        view.memory
            .issues
            .values()
            .all(|issue| issue.healthy_since.is_some())
            && view.memory.open_intents().next().is_none()
    })
    .await;
    assert!(
        mended.at.since(began) <= Duration::from_mins(3),
        "mended after {:?}",
        mended.at.since(began)
    );
    assert!(in_order(
        &names(&rig, before),
        &["issueOpened", "intentLogged", "intentClosed", "issueHealthy"]
    ));
    let closed = wait::events(rig.jarvis())
        .into_iter()
        .find_map(|event| match event {
            Event::IntentClosed { outcome, .. } => Some(outcome),
            _ => None,
        });
    assert_eq!(closed, Some(Outcome::Verified));
    let passes = mended.state.passes;
    wait::until(rig.jarvis(), "two further looks", LIMIT, |view| {
        view.state.passes > passes + 4 && view.at.since(mended.at) > Duration::from_secs(40)
    })
    .await;
    assert_eq!(
        rig.calls("start", 101),
        1,
        "with unchanged inputs nothing more is done"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_stopped_stays_stopped() {
    let rig = quiet_rig(vm("web-01", 101, "RerunOnFailure")).await;
    rig.inject(&Fault::UserStop {
        vmid: 101,
        user: "alex@pam".into(),
    });
    let view = wait::until(rig.jarvis(), "the stop is understood", LIMIT, |view| {
        view.plan.statuses[&key("web-01")]
            .headline()
            .is_some_and(|condition| condition.reason == "StoppedOnPurpose")
    })
    .await;
    assert!(view.memory.issues.is_empty());
    let at = view.at;
    wait::until(rig.jarvis(), "two minutes later", LIMIT, |view| {
        view.at.since(at) > Duration::from_mins(2)
    })
    .await;
    assert_eq!(rig.calls("start", 101), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_carries_jarvis_is_never_rebooted_and_its_neighbour_is_after_confirmation() {
    let rig = quiet_rig(vm("web-01", 101, "Always")).await;
    let node = |name: &str| NodeName::new(name).unwrap();
    let refused = rig
        .jarvis()
        .request(request(Action::RebootNode { node: node("agent1") }))
        .await
        .unwrap();
    let TicketState::Refused { refusal } = refused.state else {
        panic!("must be refused: {refused:?}")
    };
    assert!(matches!(
        refusal.rule,
        Rule::Protected | Rule::ProtectedDependency
    ));
    assert!(
        refusal.to_string().contains("103") || refusal.resource.contains("agent1"),
        "{refusal}"
    );
    let forge = rig
        .jarvis()
        .request(request(Action::RebootNode { node: node("forge") }))
        .await
        .unwrap();
    let id = forge.id.clone();
    let view = wait::until(rig.jarvis(), "a confirmation is asked for", LIMIT, |view| {
        matches!(
            view.memory.tickets[&id].state,
            TicketState::AwaitingConfirmation { .. }
        )
    })
    .await;
    let TicketState::AwaitingConfirmation { digest, .. } = view.memory.tickets[&id].state.clone() else {
        unreachable!()
    };
    let confirm = |digest| Confirm {
        ticket: Some(id.clone()),
        digest,
        typed: Some("forge".into()),
        by: operator(),
    };
    let wrong = jarvis_model::Digest::of(&"something else");
    assert!(
        rig.jarvis().confirm(confirm(wrong)).await.is_err(),
        "another digest confirms nothing"
    );
    rig.jarvis().confirm(confirm(digest.clone())).await.unwrap();
    assert!(
        rig.jarvis().confirm(confirm(digest)).await.is_err(),
        "a confirmation works once"
    );
    wait::until(rig.jarvis(), "rebooted and verified", LIMIT, |view| {
        view.memory.tickets[&id].state
            == TicketState::Done {
                outcome: Outcome::Verified,
            }
    })
    .await;
    let ledger = rig.simulator.handle().ledger();
    let power: Vec<_> = ledger
        .calls
        .iter()
        .filter(|call| call.vmid.is_none())
        .map(|call| call.path.clone())
        .collect();
    assert_eq!(power, ["/nodes/forge/status"], "one reboot, of forge");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn freeze_stops_the_loop_not_the_alerts_nor_a_person_and_all_stops_both() {
    let rig = quiet_rig(vm("web-01", 101, "Always")).await;
    let jarvis = rig.jarvis();
    jarvis
        .freeze(FreezeScope::Autonomy, "upgrade".into(), None, operator())
        .await
        .unwrap();
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(jarvis, "the crash is alerted", LIMIT, |view| {
        view.memory.issues.values().any(|issue| issue.alerted)
    })
    .await;
    assert_eq!(rig.calls("start", 101), 0, "nothing is sent while frozen");
    let ticket = jarvis
        .request(request(Action::StartGuest { vmid: vmid(101) }))
        .await
        .unwrap();
    wait::until(jarvis, "a person's start runs", LIMIT, |view| {
        view.memory.tickets[&ticket.id].state
            == TicketState::Done {
                outcome: Outcome::Verified,
            }
    })
    .await;
    assert_eq!(rig.calls("start", 101), 1);
    jarvis
        .freeze(FreezeScope::All, "stop".into(), None, operator())
        .await
        .unwrap();
    let refused = jarvis
        .request(request(Action::StartGuest { vmid: vmid(105) }))
        .await
        .unwrap();
    assert!(
        matches!(refused.state, TicketState::Refused { ref refusal } if refusal.rule == Rule::Frozen),
        "{refused:?}"
    );
    assert_eq!(rig.calls("start", 105), 0);
    jarvis.thaw(operator()).await.unwrap();
    let ticket = jarvis
        .request(request(Action::StartGuest { vmid: vmid(105) }))
        .await
        .unwrap();
    wait::until(jarvis, "after the thaw it runs", LIMIT, |view| {
        view.memory.tickets[&ticket.id].state.is_final()
    })
    .await;
    assert_eq!(rig.starts(105), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_dead_node_leaves_its_guests_unknown_and_the_others_mended() {
    let rig = quiet_rig(vm("web-01", 101, "Always") + &vm("media", 102, "Always")).await;
    rig.inject(&Fault::PowerLoss { node: "forge".into() });
    let forge = NodeName::new("forge").unwrap();
    let view = wait::until(rig.jarvis(), "forge is known offline", LIMIT, |view| {
        view.observed.nodes[&forge]
            .status
            .fresh(view.at, limits::CRITICAL)
            == Some(&NodeStatus::Offline)
    })
    .await;
    assert_eq!(
        view.observed.guests[&vmid(102)].status.value(),
        None,
        "unknown, not running and not stopped"
    );
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(
        rig.jarvis(),
        "the guest of a living node is mended",
        LIMIT,
        |view| {
            view.memory
                .issues
                .iter()
                .any(|(issue, open)| issue.resource == key("web-01") && open.healthy_since.is_some())
        },
    )
    .await;
    assert_eq!((rig.calls("start", 101), rig.calls("start", 102)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_quorum_nothing_is_done() {
    let rig = quiet_rig(vm("web-01", 101, "Always")).await;
    rig.inject(&Fault::LoseQuorum {
        keep: Some("atlas".into()),
    });
    wait::until(rig.jarvis(), "quorum is known lost", LIMIT, |view| {
        view.memory.quorum_lost
    })
    .await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    let at = rig.now();
    wait::until(rig.jarvis(), "a minute later", LIMIT, |view| {
        view.at.since(at) > Duration::from_mins(1)
    })
    .await;
    assert_eq!(rig.calls("start", 101), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_commit_changes_nothing_and_a_shrinking_one_waits_for_an_admin() {
    let four = [("web-01", 101), ("media", 102), ("nas", 104), ("win-lab", 105)];
    let manifests: String = four.iter().map(|(name, id)| vm(name, *id, "Manual")).collect();
    let rig = quiet_rig(manifests).await;
    let jarvis = rig.jarvis();
    let good = jarvis.view().desired.revision.commit.clone();
    rig.repository
        .commit(&[("all.yaml", "kind: VirtualMachin\n")], "Break it")
        .unwrap();
    let view = wait::until(jarvis, "the break is told", LIMIT, |view| {
        view.memory.pending.is_some()
    })
    .await;
    assert_eq!(
        (view.desired.revision.commit.clone(), view.desired.len()),
        (good.clone(), 4)
    );
    rig.repository
        .commit(&[("all.yaml", &vm("web-01", 101, "Manual"))], "Remove most")
        .unwrap();
    let view = wait::until(jarvis, "the shrink is withheld", LIMIT, |view| {
        matches!(
            view.memory.pending,
            Some(jarvis_model::memory::PendingRevision::Withheld { .. })
        )
    })
    .await;
    assert_eq!(view.desired.len(), 4);
    let Some(jarvis_model::memory::PendingRevision::Withheld { digest, .. }) = view.memory.pending.clone()
    else {
        unreachable!()
    };
    let confirm = |role| Confirm {
        ticket: None,
        digest: digest.clone(),
        typed: None,
        by: Person {
            user: "op".into(),
            role,
            door: Door::Cli,
        },
    };
    assert!(jarvis.confirm(confirm(Role::Operator)).await.is_err());
    jarvis.confirm(confirm(Role::Admin)).await.unwrap();
    wait::until(jarvis, "it is in force", LIMIT, |view| view.desired.len() == 1).await;
    let touched: Vec<_> = rig.simulator.handle().ledger().calls;
    assert!(touched.is_empty(), "released, never destroyed: {touched:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn do_and_hold_keeps_the_reconciler_off_and_a_recall_takes_a_request_back() {
    let rig = quiet_rig(vm("web-01", 101, "Always")).await;
    let jarvis = rig.jarvis();
    let mut recalled = request(Action::ShutdownGuest {
        vmid: vmid(101),
        timeout_secs: 60,
    });
    recalled.recall = Some(Duration::from_mins(10));
    let ticket = jarvis.request(recalled).await.unwrap();
    jarvis.recall(ticket.id.clone(), operator()).await.unwrap();
    let mut held = request(Action::ShutdownGuest {
        vmid: vmid(101),
        timeout_secs: 60,
    });
    held.hold = Some(Duration::from_hours(1));
    let ticket = jarvis.request(held).await.unwrap();
    let view = wait::until(jarvis, "it is shut down", LIMIT, |view| {
        view.memory.tickets[&ticket.id].state.is_final()
    })
    .await;
    assert_eq!(
        view.memory.tickets[&ticket.id].state,
        TicketState::Done {
            outcome: Outcome::Verified
        }
    );
    let at = view.at;
    let view = wait::until(jarvis, "three minutes later", LIMIT, |view| {
        view.at.since(at) > Duration::from_mins(3)
    })
    .await;
    assert_eq!(
        view.observed.guests[&vmid(101)].status.value(),
        Some(&GuestStatus::Stopped)
    );
    assert_eq!((rig.calls("shutdown", 101), rig.calls("start", 101)), (1, 0));
    jarvis
        .release(HoldScope::Resource(key("web-01")), operator())
        .await
        .unwrap();
    wait::until(jarvis, "released, it is announced and started", LIMIT, |_| {
        rig.calls("start", 101) == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_kept_can_be_held() {
    let service = "---\napiVersion: jarvis.dev/v1alpha1\nkind: Service\nmetadata: {name: clock}\nspec: {target: {node: atlas}, systemd: {unit: chrony}}\n";
    let rig = quiet_rig(vm("web-01", 101, "Always") + service).await;
    let jarvis = rig.jarvis();
    let scope = HoldScope::Resource("Service/clock".parse().unwrap());
    let hold = |scope: &HoldScope| jarvis.hold(scope.clone(), "winding it up".to_owned(), None, operator());
    hold(&scope).await.unwrap();
    wait::until(jarvis, "it is shown as held", LIMIT, |view| {
        let status = view.plan.statuses.get(&"Service/clock".parse().unwrap());
        status.is_some_and(|status| status.health == jarvis_model::Health::Suspended)
    })
    .await;
    jarvis.release(scope, operator()).await.unwrap();
    let unknown = HoldScope::Resource("Service/other".parse().unwrap());
    assert!(hold(&unknown).await.is_err());
}
