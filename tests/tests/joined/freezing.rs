//! The kill switch as a whole: by people and by the file on the disk, with an end and without, over deaths, in the middle
//! of what waits. Whatever is frozen, looking and alerting go on.

use crate::scenario::{vm, vmid};
use jarvis_controller::{CommandError, NewRequest, Person, View};
use jarvis_model::{
    Action, Door, Event, Freeze, FreezeScope, Origin, Outcome, Refusal, Role, Rule, Scope, TicketState,
};
use jarvis_simulator::Fault;
use jarvis_tests::{Rig, Setup, wait};
use std::{fs, time::Duration};

const LIMIT: Duration = Duration::from_secs(30);

fn operator() -> Person {
    Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    }
}

fn start(guest: u32, origin: Origin, recall: Option<Duration>) -> NewRequest {
    NewRequest {
        action: Action::StartGuest { vmid: vmid(guest) },
        origin,
        recall,
        hold: None,
    }
}

fn person() -> Origin {
    Origin::Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    }
}

fn token() -> Origin {
    Origin::Mcp {
        token: "desk".into(),
        scopes: vec![Scope::Operate],
    }
}

async fn rig() -> Rig {
    rig_at(Setup::default().factor).await
}

/// With a clock that runs this many times faster.
async fn rig_at(factor: u32) -> Rig {
    let rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "Always"),
        factor,
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "a first picture", LIMIT, |view| {
        view.memory.revision.is_some() && view.observed.complete_passes >= 2 && view.plan.report.is_empty()
    })
    .await;
    rig
}

fn scope(view: &View) -> Option<FreezeScope> {
    view.memory.kill_switch(view.at).scope_at(view.at)
}

fn by_file(view: &View) -> bool {
    view.memory.kill_switch(view.at).is_by_file()
}

fn alerted(view: &View) -> bool {
    view.memory.issues.values().any(|issue| issue.alerted)
}

fn mended(view: &View) -> bool {
    let mut issues = view.memory.issues.values();
    issues.any(|issue| issue.healthy_since.is_some())
}

fn refusal(state: &TicketState) -> Option<&Refusal> {
    match state {
        TicketState::Refused { refusal } => Some(refusal),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_touched_file_freezes_over_deaths_and_removing_it_thaws() {
    let mut rig = rig().await;
    fs::write(rig.freeze_file(), "").unwrap();
    let frozen = wait::until(rig.jarvis(), "frozen by the file", LIMIT, by_file).await;
    assert_eq!(scope(&frozen), Some(FreezeScope::Autonomy));
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    let view = wait::until(rig.jarvis(), "the crash is alerted while frozen", LIMIT, alerted).await;
    assert!(
        view.plan
            .decisions
            .iter()
            .all(|decision| decision.verdict.rule() == Some(Rule::Frozen)),
        "{:?}",
        view.plan.decisions
    );
    rig.kill().await;
    rig.resume(None);
    let seen = rig.jarvis().view().version;
    wait::until(rig.jarvis(), "many more passes", LIMIT, |view| {
        view.version > seen && view.state.passes > 30 && view.observed.complete_passes >= 2
    })
    .await;
    assert_eq!(
        rig.calls("start", 101),
        0,
        "nothing was sent, before and after the death"
    );
    let thawed = rig.jarvis().thaw(operator()).await;
    assert!(
        matches!(&thawed, Err(CommandError::WrongState { why, .. }) if why.contains("remove that file")),
        "{thawed:?}"
    );
    let ticket = rig.jarvis().request(start(105, person(), None)).await.unwrap();
    wait::until(rig.jarvis(), "a person's start runs", LIMIT, |view| {
        view.memory.tickets[&ticket.id].state
            == TicketState::Done {
                outcome: Outcome::Verified,
            }
    })
    .await;
    fs::remove_file(rig.freeze_file()).unwrap();
    wait::until(rig.jarvis(), "thawed and mended", LIMIT, mended).await;
    assert_eq!(rig.starts(101), 1);
    let told = wait::events(rig.jarvis());
    let of_the_file = told
        .iter()
        .map(Event::name)
        .filter(|name| name.starts_with("freezeFile"));
    assert_eq!(
        of_the_file.collect::<Vec<_>>(),
        ["freezeFileFound", "freezeFileGone"],
        "each told once, however many passes and deaths saw it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_cancels_what_waits_and_with_all_that_of_persons_too() {
    // What waits is judged in each pass: on a busy machine a faster clock would let the quorum grow too old for it.
    let rig = rig_at(4).await;
    let jarvis = rig.jarvis();
    let long = Some(Duration::from_mins(5));
    let of_token = jarvis.request(start(105, token(), long)).await.unwrap();
    let of_person = jarvis.request(start(112, person(), long)).await.unwrap();
    assert_eq!(
        (&of_token.state, &of_person.state),
        (&TicketState::Queued, &TicketState::Queued)
    );
    fs::write(rig.freeze_file(), "moving the rack\n").unwrap();
    let view = wait::until(jarvis, "what the token asked is cancelled", LIMIT, |view| {
        view.memory.tickets[&of_token.id].state.is_final()
    })
    .await;
    let refused = refusal(&view.memory.tickets[&of_token.id].state).expect("refused");
    assert_eq!(refused.rule, Rule::Frozen);
    assert!(refused.to_string().contains("moving the rack"), "{refused}");
    assert_eq!(view.memory.tickets[&of_person.id].state, TicketState::Queued);
    fs::write(rig.freeze_file(), "all smoke in the cellar\n").unwrap();
    let view = wait::until(jarvis, "what the person asked is cancelled", LIMIT, |view| {
        view.memory.tickets[&of_person.id].state.is_final()
    })
    .await;
    let refused = refusal(&view.memory.tickets[&of_person.id].state).expect("refused");
    assert!(refused.to_string().contains("smoke in the cellar"), "{refused}");
    let at_once = jarvis.request(start(105, person(), None)).await.unwrap();
    assert_eq!(
        refusal(&at_once.state).map(|refusal| refusal.rule),
        Some(Rule::Frozen)
    );
    assert_eq!(rig.calls("start", 105) + rig.calls("start", 112), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removing_the_file_leaves_what_a_person_froze() {
    let rig = rig().await;
    let jarvis = rig.jarvis();
    jarvis
        .freeze(FreezeScope::Autonomy, "upgrade".into(), None, operator())
        .await
        .unwrap();
    fs::write(rig.freeze_file(), "all").unwrap();
    wait::until(jarvis, "the file's freeze is in force", LIMIT, |view| {
        by_file(view) && scope(view) == Some(FreezeScope::All)
    })
    .await;
    fs::remove_file(rig.freeze_file()).unwrap();
    let view = wait::until(jarvis, "the person's is left", LIMIT, |view| !by_file(view)).await;
    assert!(matches!(
        view.memory.kill_switch(view.at),
        Freeze::On { by, reason, .. } if by == "op" && reason == "upgrade"
    ));
    jarvis.thaw(operator()).await.unwrap();
    assert_eq!(scope(&jarvis.view()), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_read_stops_everybody_and_alerts_go_on() {
    let rig = rig().await;
    fs::create_dir(rig.freeze_file()).unwrap();
    let view = wait::until(rig.jarvis(), "frozen by what cannot be read", LIMIT, by_file).await;
    assert_eq!(scope(&view), Some(FreezeScope::All));
    let refused = rig.jarvis().request(start(105, person(), None)).await.unwrap();
    let why = refusal(&refused.state).expect("refused").to_string();
    assert!(why.contains("cannot be read"), "{why}");
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "the crash is alerted", LIMIT, alerted).await;
    assert_eq!(rig.calls("start", 101) + rig.calls("start", 105), 0);
    fs::remove_dir(rig.freeze_file()).unwrap();
    wait::until(rig.jarvis(), "mended after it is gone", LIMIT, mended).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_with_an_end_outlives_a_death_and_ends_by_itself() {
    let mut rig = rig().await;
    let ttl = Some(Duration::from_mins(4));
    rig.jarvis()
        .freeze(FreezeScope::Autonomy, "an hour's peace".into(), ttl, operator())
        .await
        .unwrap();
    let until = rig.now() + Duration::from_mins(4);
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "the crash is alerted while frozen", LIMIT, alerted).await;
    rig.kill().await;
    rig.resume(None);
    assert_eq!(
        scope(&rig.jarvis().view()),
        Some(FreezeScope::Autonomy),
        "at once after the death"
    );
    assert_eq!(rig.calls("start", 101), 0);
    wait::until(rig.jarvis(), "mended when its time was over", LIMIT, mended).await;
    let records = wait::records(rig.jarvis());
    let lapsed = records
        .iter()
        .find(|record| {
            record.event
                == Event::Thawed {
                    by: "its time limit".into(),
                }
        })
        .expect("the end is on record");
    let logged = records
        .iter()
        .find(|record| matches!(record.event, Event::IntentLogged { .. }))
        .expect("an intent");
    assert!(lapsed.at >= until - Duration::from_secs(1) && logged.seq > lapsed.seq);
    assert_eq!(rig.starts(101), 1);
}
