//! The decision: every combination of what can be found, each limit at its edge, and random lives with restarts.

use super::*;
use jarvis_model::{GuestStatus, StopCause};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn limits() -> Limits {
    Limits {
        misses: 6,
        may_freeze: true,
        machine: "VM 103".to_owned(),
    }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn missed() -> Health {
    Health::Missed("no answer within 5 s".to_owned())
}

fn answer(head: u64) -> Health {
    Health::Answered(Answer {
        head,
        epoch: 1,
        pass_age: Some(secs(3)),
    })
}

/// A machine that is dead beyond doubt.
fn dead() -> Found {
    Found {
        health: missed(),
        maintenance: false,
        gateway: true,
        neighbour: true,
        guest: Ok(Guest {
            node: NodeName::new("atlas").unwrap(),
            is_machine: true,
            identity: Ok(()),
            ha_managed: false,
            lock: None,
            status: GuestStatus::Running,
            uptime: secs(86_400),
            agent: Agent::Silent,
            stopped_by: Err("it is not stopped".to_owned()),
        }),
        witnesses: Vec::new(),
    }
}

fn with_guest(change: impl FnOnce(&mut Guest)) -> Found {
    let mut found = dead();
    if let Ok(guest) = &mut found.guest {
        change(guest);
    }
    found
}

/// A watchdog with its clock.
struct Life {
    state: State,
    limits: Limits,
    now: Timestamp,
    maintenance: bool,
    notes: Vec<Note>,
    sent: Vec<(Timestamp, Deed)>,
}

impl Life {
    fn begin() -> Self {
        Self {
            state: State::default(),
            limits: limits(),
            now: NOW,
            maintenance: false,
            notes: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// One observation; what it leads to, looks and sendings aside.
    fn see(&mut self, observation: Observation, found: &Found) -> Vec<Act> {
        let (state, acts) = decide(&self.state, &self.limits, observation, self.now);
        self.state = state;
        for act in &acts {
            match act {
                Act::Look => {
                    let found = Box::new(found.clone());
                    self.see(Observation::Found(found.clone()), &found);
                }
                Act::Send { deed, .. } => {
                    self.sent.push((self.now, *deed));
                    let (deed, result) = (*deed, Ok("UPID:x".to_owned()));
                    self.see(Observation::Sent { deed, result }, found);
                }
                Act::Tell(note) => self.notes.push(note.clone()),
                Act::Freeze { .. } => {}
            }
        }
        acts
    }

    /// Asks once, ten seconds later.
    fn tick(&mut self, health: Health, found: &Found) -> Vec<Act> {
        self.now = self.now + secs(10);
        let maintenance = self.maintenance;
        self.see(Observation::Asked { health, maintenance }, found)
    }

    fn silent_for(&mut self, span: Duration, found: &Found) {
        for _ in 0..span.as_secs() / 10 {
            self.tick(missed(), found);
        }
    }

    /// What is kept survives; the rest does not.
    fn restart(&mut self) {
        let kept = serde_json::to_string(&self.state).unwrap();
        self.state = serde_json::from_str(&kept).unwrap();
    }

    fn kinds(&self, mailed: bool) -> Vec<Kind> {
        let notes = self.notes.iter().filter(|note| note.mail == mailed);
        notes.map(|note| note.kind).collect()
    }
}

#[test]
fn six_misses_in_a_row_and_not_five() {
    let mut life = Life::begin();
    for _ in 0..3 {
        for _ in 0..5 {
            assert_eq!(life.tick(missed(), &dead()), Vec::new());
        }
        life.tick(answer(7), &dead());
    }
    for _ in 0..5 {
        life.tick(missed(), &dead());
    }
    assert!(life.sent.is_empty());
    life.tick(missed(), &dead());
    assert_eq!(life.sent, [(life.now, Deed::Reset)]);
    assert_eq!(life.kinds(true), [Kind::Acted]);
    assert_eq!(life.kinds(false), [Kind::Silent, Kind::Acting]);
}

#[test]
fn two_acts_ten_minutes_apart_then_people_are_told_once_until_the_window_has_passed() {
    let mut life = Life::begin();
    life.silent_for(secs(WINDOW.as_secs() - 60), &dead());
    assert_eq!(life.sent.len(), MOST_ACTS);
    let apart = life.sent[1].0.since(life.sent[0].0);
    assert!(apart >= HOLD_OFF && apart < HOLD_OFF + LOOK_AGAIN, "{apart:?}");
    assert_eq!(life.kinds(true), [Kind::Acted, Kind::Acted, Kind::GaveUp]);
    for _ in 0..3 {
        life.restart();
        life.silent_for(secs(30), &dead());
    }
    assert_eq!(life.sent.len(), MOST_ACTS, "a restart gives no new acts");
    assert_eq!(life.kinds(true).len(), 3, "and tells nobody again");
    life.silent_for(secs(300), &dead());
    assert_eq!(life.sent.len(), MOST_ACTS + 1, "the window has passed");
}

#[test]
fn the_edges_of_the_limits() {
    let acted = |ago: &[Duration]| State {
        acts: ago.iter().map(|ago| NOW - *ago).collect(),
        ..State::default()
    };
    let below = |span: Duration| span.checked_sub(Duration::from_millis(1)).unwrap();
    for (state, leave) in [
        (acted(&[]), Leave::Given),
        (acted(&[below(HOLD_OFF)]), Leave::HoldsOff),
        (acted(&[HOLD_OFF]), Leave::Given),
        (acted(&[below(WINDOW), HOLD_OFF]), Leave::UsedUp),
        (acted(&[WINDOW, HOLD_OFF]), Leave::Given),
        (acted(&[below(WINDOW), below(HOLD_OFF)]), Leave::HoldsOff),
        (State::unreadable("x".into()), Leave::Unreadable("x".into())),
    ] {
        assert_eq!(state.leave(NOW), leave, "{:?}", state.acts);
    }
    let ahead = State {
        acts: vec![NOW + secs(3600)],
        ..State::default()
    };
    assert_eq!(
        ahead.leave(NOW),
        Leave::HoldsOff,
        "an act that lies ahead holds off"
    );
}

#[test]
fn a_state_that_cannot_be_read_never_acts_and_says_so() {
    let mut life = Life::begin();
    life.state = State::unreadable("torn".to_owned());
    life.silent_for(WINDOW * 2, &dead());
    assert!(life.sent.is_empty());
    assert_eq!(life.kinds(true), [Kind::GaveUp]);
}

#[test]
fn maintenance_silences_and_counting_begins_anew_after_it() {
    let mut life = Life::begin();
    life.maintenance = true;
    life.silent_for(secs(3600), &dead());
    assert!(
        life.sent.is_empty() && life.kinds(true).is_empty(),
        "{:?}",
        life.notes
    );
    life.maintenance = false;
    life.silent_for(secs(50), &dead());
    assert!(life.sent.is_empty(), "five misses since");
    life.silent_for(secs(10), &dead());
    assert_eq!(life.sent.len(), 1);
    assert_eq!(
        life.kinds(false)[..2],
        [Kind::Maintenance, Kind::Maintenance],
        "its beginning and its end are in the log"
    );
}

#[test]
fn maintenance_that_begins_while_it_looks_is_heeded() {
    let mut life = Life::begin();
    let found = Found {
        maintenance: true,
        ..dead()
    };
    life.silent_for(secs(60), &found);
    assert!(life.sent.is_empty() && life.kinds(true).is_empty());
}

#[test]
fn an_answer_that_comes_while_it_looks_is_heeded() {
    let mut life = Life::begin();
    let back = Found {
        health: answer(3),
        ..dead()
    };
    life.silent_for(secs(60), &back);
    assert!(life.sent.is_empty());
    assert_eq!(life.state.misses, 0);
    let untrusted = Found {
        health: Health::Untrusted("another certificate".into()),
        ..dead()
    };
    life.silent_for(secs(60), &untrusted);
    assert!(life.sent.is_empty());
    assert_eq!(life.kinds(true), [Kind::LeftAlone]);
}

/// Who may be acted upon, written down a second time, in other words than the code.
fn expected(found: &Found) -> Option<Deed> {
    let Ok(guest) = &found.guest else { return None };
    let untouched = guest.is_machine && guest.identity.is_ok() && !guest.ha_managed && guest.lock.is_none();
    let near = found.gateway && found.neighbour;
    let reached = found.witnesses.contains(&Witness::Answers);
    if !untouched || !near || reached {
        return None;
    }
    let unreached = found.witnesses.contains(&Witness::Silent);
    match guest.status {
        GuestStatus::Running => {
            let old = guest.uptime >= secs(300);
            let agreed =
                guest.agent == Agent::Silent || (matches!(guest.agent, Agent::Unknown(_)) && unreached);
            (old && agreed).then_some(Deed::Reset)
        }
        GuestStatus::Stopped => matches!(
            guest.stopped_by,
            Ok(StopCause::NoTask | StopCause::StartFailed { .. })
        )
        .then_some(Deed::Start),
        GuestStatus::Held(_) => None,
    }
}

fn causes() -> Vec<Result<StopCause, String>> {
    vec![
        Ok(StopCause::NoTask),
        Ok(StopCause::Person {
            user: "anna@pam".into(),
            task_type: "qmshutdown".into(),
            at: NOW,
        }),
        Ok(StopCause::Ourselves { at: NOW }),
        Ok(StopCause::System {
            task_type: "stopall".into(),
            at: NOW,
        }),
        Ok(StopCause::StartFailed {
            text: "no memory".into(),
            at: NOW,
        }),
        Ok(StopCause::Unreadable),
        Err("no rights".into()),
    ]
}

fn guests() -> Vec<Guest> {
    let unknown = || Agent::Unknown("none is configured".into());
    let mut all = Vec::new();
    for status in [
        GuestStatus::Running,
        GuestStatus::Stopped,
        GuestStatus::Held("paused".into()),
    ] {
        for agent in [Agent::Answers, Agent::Silent, unknown()] {
            for uptime in [secs(0), secs(299), secs(300), secs(86_400)] {
                for stopped_by in causes() {
                    for spoilt in 0..5 {
                        let Ok(mut guest) = dead().guest else { continue };
                        guest.status = status.clone();
                        guest.agent = agent.clone();
                        guest.uptime = uptime;
                        guest.stopped_by = stopped_by.clone();
                        match spoilt {
                            1 => guest.is_machine = false,
                            2 => guest.identity = Err("another".into()),
                            3 => guest.ha_managed = true,
                            4 => guest.lock = Some("backup".into()),
                            _ => {}
                        }
                        all.push(guest);
                    }
                }
            }
        }
    }
    all
}

#[test]
fn of_all_that_can_be_found_only_the_dead_are_acted_upon_and_every_other_case_is_told() {
    let unknown = || Witness::Unknown("504 of another".into());
    let witnesses = [
        vec![],
        vec![Witness::Answers],
        vec![Witness::Silent],
        vec![unknown()],
        vec![Witness::Silent, Witness::Answers],
        vec![Witness::Silent, unknown()],
    ];
    let mut guests: Vec<Result<Guest, String>> = guests().into_iter().map(Ok).collect();
    guests.push(Err("no entry point answers".into()));
    let (mut acted, mut left) = (0, 0);
    for guest in &guests {
        for witnesses in &witnesses {
            for near in 0..4 {
                let found = Found {
                    gateway: near & 1 == 0,
                    neighbour: near & 2 == 0,
                    guest: guest.clone(),
                    witnesses: witnesses.clone(),
                    ..dead()
                };
                let mut life = Life::begin();
                life.silent_for(secs(60), &found);
                let deed = life.sent.first().map(|(_, deed)| *deed);
                assert_eq!(deed, expected(&found), "{found:?}");
                if deed.is_some() {
                    acted += 1;
                    assert_eq!(life.kinds(true), [Kind::Acted]);
                } else {
                    left += 1;
                    let told = life.notes.iter().filter(|note| note.kind == Kind::LeftAlone);
                    assert_eq!(told.count(), 1, "{found:?}");
                }
            }
        }
    }
    assert!(acted > 50 && left > 10_000, "{acted} {left}");
}

#[test]
fn each_reason_is_told_once_in_a_silence_and_again_in_the_next() {
    let mut life = Life::begin();
    let alive = with_guest(|guest| guest.agent = Agent::Answers);
    let stopped = with_guest(|guest| {
        guest.status = GuestStatus::Stopped;
        guest.stopped_by = causes().swap_remove(1);
    });
    for _ in 0..4 {
        life.silent_for(secs(600), &alive);
        life.silent_for(secs(600), &stopped);
        life.restart();
    }
    assert_eq!(life.kinds(true), [Kind::LeftAlone, Kind::LeftAlone]);
    assert!(
        life.notes
            .iter()
            .any(|note| note.text.contains("anna@pam stopped it"))
    );
    life.silent_for(secs(60), &alive);
    life.tick(answer(1), &alive);
    life.silent_for(secs(60), &alive);
    assert_eq!(
        life.kinds(true)[2..],
        [Kind::Answers, Kind::LeftAlone],
        "who was mailed of the silence is mailed of its end"
    );
}

#[test]
fn what_passes_by_itself_mails_nobody() {
    for found in [
        Found {
            gateway: false,
            ..dead()
        },
        with_guest(|guest| guest.uptime = secs(20)),
    ] {
        let mut life = Life::begin();
        life.silent_for(secs(600), &found);
        life.tick(answer(1), &found);
        assert!(
            life.sent.is_empty() && life.kinds(true).is_empty(),
            "{:?}",
            life.notes
        );
        assert!(life.kinds(false).contains(&Kind::LeftAlone));
    }
}

#[test]
fn a_shorter_journal_is_told_and_jarvis_frozen_until_that_has_worked() {
    let mut life = Life::begin();
    life.tick(answer(1000), &dead());
    life.tick(answer(1001), &dead());
    life.restart();
    assert_eq!(life.tick(answer(1001), &dead()), Vec::new());
    let acts = life.tick(answer(990), &dead());
    assert!(matches!(&acts[0], Act::Tell(note) if note.kind == Kind::RolledBack && note.mail));
    assert!(matches!(&acts[1], Act::Freeze { .. }), "{acts:?}");
    life.see(Observation::Frozen(Err("starting".into())), &dead());
    life.restart();
    let again = life.tick(answer(991), &dead());
    assert!(
        matches!(again[..], [Act::Freeze { .. }]),
        "tried again, told once: {again:?}"
    );
    life.see(Observation::Frozen(Err("starting".into())), &dead());
    life.see(Observation::Frozen(Ok(())), &dead());
    assert_eq!(life.tick(answer(992), &dead()), Vec::new());
    assert_eq!(life.kinds(true), [Kind::RolledBack, Kind::NotDone, Kind::Froze]);
}

#[test]
fn without_a_token_a_roll_back_is_told_with_what_to_do_and_in_maintenance_it_is_meant() {
    let mut life = Life::begin();
    life.limits.may_freeze = false;
    life.tick(answer(1000), &dead());
    let acts = life.tick(answer(10), &dead());
    assert!(
        matches!(&acts[..], [Act::Tell(note)] if note.text.contains("touch freeze")),
        "{acts:?}"
    );
    let mut life = Life::begin();
    life.tick(answer(1000), &dead());
    life.maintenance = true;
    life.tick(answer(10), &dead());
    life.maintenance = false;
    life.tick(answer(11), &dead());
    assert!(life.kinds(true).is_empty());
    assert!(life.kinds(false).contains(&Kind::RolledBack));
    assert!(!life.state.freeze_due);
}

#[test]
fn a_loop_that_stands_still_is_told_once_and_never_reset() {
    let stalled = |age| {
        Health::Answered(Answer {
            head: 5,
            epoch: 1,
            pass_age: Some(secs(age)),
        })
    };
    let mut life = Life::begin();
    for age in 0..400 {
        life.tick(stalled(age * 10), &dead());
    }
    assert!(life.sent.is_empty());
    assert_eq!(life.kinds(true), [Kind::Stalled]);
    life.tick(stalled(1), &dead());
    life.tick(stalled(121), &dead());
    assert_eq!(life.kinds(true), [Kind::Stalled, Kind::Stalled]);
}

#[test]
fn what_answers_and_is_not_trusted_is_no_silence() {
    let mut life = Life::begin();
    for _ in 0..100 {
        life.tick(Health::Untrusted("another certificate".into()), &dead());
    }
    assert!(life.sent.is_empty());
    assert_eq!(life.kinds(true), [Kind::LeftAlone]);
}

#[test]
fn a_clock_that_is_moved_gives_no_new_acts_and_takes_none() {
    for millis in [-3_600_000, 7 * 3_600_000, 315_360_000_000] {
        let mut life = Life::begin();
        life.silent_for(secs(60), &dead());
        life.silent_for(HOLD_OFF + secs(60), &dead());
        assert_eq!(life.sent.len(), 2);
        let span = Duration::from_millis(i64::unsigned_abs(millis));
        life.now = if millis < 0 {
            life.now - span
        } else {
            life.now + span
        };
        life.see(Observation::ClockMoved { millis }, &dead());
        life.silent_for(secs(3600), &dead());
        assert_eq!(life.sent.len(), 2, "{millis}");
        life.silent_for(WINDOW, &dead());
        assert_eq!(life.sent.len(), 4, "{millis}: by the time that has really passed");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Silent(u64, usize),
    Answers,
    Restart,
    Maintenance(bool),
    Away(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..120_u64, 0..4_usize).prop_map(|(ticks, what)| Step::Silent(ticks, what)),
        1 => Just(Step::Answers),
        1 => Just(Step::Restart),
        1 => any::<bool>().prop_map(Step::Maintenance),
        1 => (1..20_000_u64).prop_map(Step::Away),
    ]
}

proptest! {
    #[test]
    fn in_any_life_acts_are_rare_apart_and_never_in_maintenance(steps in prop::collection::vec(step(), 1..80)) {
        let what = [
            dead(),
            with_guest(|guest| guest.agent = Agent::Answers),
            with_guest(|guest| {
                guest.status = GuestStatus::Stopped;
                guest.stopped_by = Ok(StopCause::NoTask);
            }),
            Found { gateway: false, ..dead() },
        ];
        let mut life = Life::begin();
        for step in steps {
            let before = life.sent.len();
            match step {
                Step::Silent(ticks, index) => life.silent_for(secs(ticks * 10), &what[index]),
                Step::Answers => drop(life.tick(answer(1), &dead())),
                Step::Restart => life.restart(),
                Step::Maintenance(on) => life.maintenance = on,
                Step::Away(away) => life.now = life.now + secs(away),
            }
            prop_assert!(!life.maintenance || life.sent.len() == before);
        }
        for pair in life.sent.windows(2) {
            prop_assert!(pair[1].0.since(pair[0].0) >= HOLD_OFF);
        }
        for three in life.sent.windows(MOST_ACTS + 1) {
            prop_assert!(three[MOST_ACTS].0.since(three[0].0) >= WINDOW);
        }
        let acted = life.notes.iter().filter(|note| note.kind == Kind::Acted);
        prop_assert!(acted.clone().all(|note| note.mail) && acted.count() == life.sent.len());
    }
}
