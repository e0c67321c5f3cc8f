//! The fold: attempts count when logged, folding twice is harmless, approvals and holds lapse.

use super::*;
use crate::{Action, Closed, Effect, FreezeScope, GuestKind, GuestVerb, IssueKind, NodeName, Origin, Tier};

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn key() -> IssueKey {
    IssueKey {
        resource: "VirtualMachine/web-01".parse().unwrap(),
        kind: IssueKind::GuestDown,
        about: None,
    }
}

fn vmid() -> Vmid {
    Vmid::new(101).unwrap()
}

fn intent(id: &str, secs: u64, request: GuestVerb) -> Intent {
    let node = NodeName::new("atlas").unwrap();
    let effect = Effect::Guest {
        node,
        kind: GuestKind::Qemu,
        vmid: vmid(),
        request,
    };
    Intent {
        id: IntentId(id.into()),
        resource: Some(key().resource),
        cause: Cause::Issue { issue: key() },
        action: Action::StartGuest { vmid: vmid() },
        deadline: effect.deadline(at(secs)),
        effect,
        origin: Origin::Reconciler,
        tier: Tier::Yellow,
        digest: Digest::of(&id),
        revision: "r".into(),
        epoch: 1,
        attempt: 1,
        logged_at: at(secs),
        uptime_before_secs: None,
        identity: None,
        undo: String::new(),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    }
}

struct Log(Vec<Record>);

impl Log {
    fn add(&mut self, secs: u64, event: Event) {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Record {
            seq,
            at: at(secs),
            epoch: 1,
            event,
        });
    }
}

#[test]
fn an_attempt_counts_when_it_is_logged_whatever_becomes_of_it() {
    let mut log = Log(Vec::new());
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: "down".into(),
        },
    );
    log.add(
        2,
        Event::IntentLogged {
            intent: Box::new(intent("a", 2, GuestVerb::Start)),
        },
    );
    let memory = Memory::fold(&log.0);
    assert_eq!(memory.issues[&key()].attempts_in_window(at(2)), 1);
    assert_eq!(memory.acts_in_last_hour(at(2)), 1);
    assert_eq!(memory.open_intents().count(), 1);
    log.add(
        3,
        Event::IntentClosed {
            intent: IntentId("a".into()),
            outcome: Outcome::NotSent,
        },
    );
    let memory = Memory::fold(&log.0);
    assert_eq!(memory.issues[&key()].attempts_in_window(at(3)), 1);
    assert_eq!(memory.open_intents().count(), 0);
    assert_eq!(memory.issues[&key()].last_outcome, Some(Outcome::NotSent));
}

#[test]
fn folding_a_record_twice_changes_nothing() {
    let mut log = Log(Vec::new());
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: "down".into(),
        },
    );
    log.add(
        2,
        Event::IntentLogged {
            intent: Box::new(intent("a", 2, GuestVerb::Start)),
        },
    );
    let mut memory = Memory::fold(&log.0);
    let once = memory.clone();
    for record in &log.0 {
        memory.apply(record);
    }
    assert_eq!(memory, once);
}

#[test]
fn good_looks_do_not_give_attempts_back_but_an_acknowledgement_does() {
    let mut log = Log(Vec::new());
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: "down".into(),
        },
    );
    for n in 0..3 {
        log.add(
            2 + n,
            Event::IntentLogged {
                intent: Box::new(intent(&n.to_string(), 2 + n, GuestVerb::Start)),
            },
        );
    }
    log.add(
        9,
        Event::IntentClosed {
            intent: IntentId("2".to_owned()),
            outcome: Outcome::Unresolved,
        },
    );
    log.add(10, Event::IssueHealthy { issue: key() });
    log.add(
        11,
        Event::IssueRelapsed {
            issue: key(),
            summary: "again".into(),
        },
    );
    assert_eq!(Memory::fold(&log.0).issues[&key()].attempts_in_window(at(12)), 3);
    log.add(
        12,
        Event::IssueEscalated {
            issue: key(),
            resource_hash: "h".into(),
            text: String::new(),
            evidence: Vec::new(),
        },
    );
    assert!(Memory::fold(&log.0).issues[&key()].escalated_at.is_some());
    log.add(
        13,
        Event::IssueRearmed {
            issue: key(),
            because: Rearmed::Acknowledged { by: "op".into() },
        },
    );
    let memory = Memory::fold(&log.0);
    assert_eq!(memory.issues[&key()].attempts_in_window(at(14)), 0);
    assert_eq!(memory.issues[&key()].escalated_at, None);
    assert_eq!(
        memory.issues[&key()].last_outcome,
        None,
        "what became of the last attempt gave it to people; it may be tried again"
    );
    log.add(
        20,
        Event::IssueClosed {
            issue: key(),
            because: Closed::SustainedHealth,
        },
    );
    assert!(Memory::fold(&log.0).issues.is_empty());
}

#[test]
fn an_approval_is_used_up_by_the_intent_that_carries_its_digest() {
    let mut log = Log(Vec::new());
    let digest = Digest::of(&"a");
    log.add(
        1,
        Event::Approved {
            digests: vec![digest.clone()],
            by: "op".into(),
            expires_at: at(100),
        },
    );
    let memory = Memory::fold(&log.0);
    assert!(memory.approval(&digest, at(99)).is_some());
    assert!(memory.approval(&digest, at(100)).is_none());
    log.add(
        2,
        Event::IntentLogged {
            intent: Box::new(intent("a", 2, GuestVerb::Start)),
        },
    );
    assert!(Memory::fold(&log.0).approval(&digest, at(3)).is_none());
}

#[test]
fn a_stop_of_our_own_is_remembered_for_pacing() {
    let mut log = Log(Vec::new());
    log.add(
        2,
        Event::IntentLogged {
            intent: Box::new(intent("a", 2, GuestVerb::Stop)),
        },
    );
    log.add(
        5,
        Event::IntentClosed {
            intent: IntentId("a".into()),
            outcome: Outcome::Verified,
        },
    );
    assert_eq!(Memory::fold(&log.0).stopped_at[&vmid()], at(5));
}

#[test]
fn freeze_and_holds_are_folded() {
    let mut log = Log(Vec::new());
    let hold = Hold {
        by: "op".into(),
        reason: String::new(),
        since: at(1),
        until: Some(at(50)),
    };
    log.add(
        1,
        Event::HoldSet {
            scope: HoldScope::Cluster,
            hold,
        },
    );
    log.add(
        2,
        Event::FreezeSet {
            scope: FreezeScope::All,
            by: "op".into(),
            reason: String::new(),
            until: None,
        },
    );
    let memory = Memory::fold(&log.0);
    assert!(memory.hold_on(&[HoldScope::Cluster], at(49)).is_some());
    assert!(memory.hold_on(&[HoldScope::Cluster], at(50)).is_none());
    assert_eq!(memory.freeze.scope_at(at(3)), Some(FreezeScope::All));
    log.add(3, Event::Thawed { by: "op".into() });
    assert_eq!(Memory::fold(&log.0).freeze.scope_at(at(4)), None);
}

#[test]
fn the_freeze_file_and_people_freeze_each_for_themselves() {
    let mut log = Log(Vec::new());
    let found = |scope| Event::FreezeFileFound {
        scope,
        reason: "rack on fire".into(),
    };
    let set = |scope, until| Event::FreezeSet {
        scope,
        by: "op".into(),
        reason: String::new(),
        until,
    };
    let scope = |log: &Log, secs| Memory::fold(&log.0).kill_switch(at(secs)).scope_at(at(secs));
    let by_file = |log: &Log, secs| Memory::fold(&log.0).kill_switch(at(secs)).is_by_file();
    log.add(1, set(FreezeScope::All, Some(at(50))));
    log.add(2, found(FreezeScope::Autonomy));
    assert_eq!(
        scope(&log, 3),
        Some(FreezeScope::All),
        "what stops more is in force"
    );
    assert!(!by_file(&log, 3));
    assert_eq!(
        scope(&log, 50),
        Some(FreezeScope::Autonomy),
        "the file has no time limit"
    );
    assert!(by_file(&log, 50));
    log.add(51, Event::Thawed { by: "op".into() });
    assert!(by_file(&log, 52), "a thaw does not release what the file froze");
    log.add(53, set(FreezeScope::Autonomy, None));
    assert!(
        by_file(&log, 54),
        "alike, the file is shown: it outlives the thaw"
    );
    log.add(55, Event::FreezeFileGone);
    assert_eq!(
        scope(&log, 56),
        Some(FreezeScope::Autonomy),
        "the person's freeze stays"
    );
    log.add(57, Event::Thawed { by: "op".into() });
    assert_eq!(scope(&log, 58), None);
    let mut memory = Memory::fold(&log.0);
    memory.freeze = Freeze::Unreadable {
        reason: "torn".into(),
    };
    memory.apply(&Record {
        seq: memory.seq + 1,
        at: at(60),
        epoch: 1,
        event: found(FreezeScope::All),
    });
    assert!(matches!(memory.kill_switch(at(61)), Freeze::Unreadable { .. }));
}

#[test]
fn closed_intents_are_bounded_and_open_ones_never_dropped() {
    let mut log = Log(Vec::new());
    log.add(
        1,
        Event::IntentLogged {
            intent: Box::new(intent("000-open", 1, GuestVerb::Start)),
        },
    );
    for n in 0..300_u64 {
        let id = format!("{:03}", n + 1);
        log.add(
            2,
            Event::IntentLogged {
                intent: Box::new(intent(&id, 2, GuestVerb::Start)),
            },
        );
        log.add(
            2,
            Event::IntentClosed {
                intent: IntentId(id),
                outcome: Outcome::Verified,
            },
        );
    }
    let memory = Memory::fold(&log.0);
    assert!(memory.intents.len() <= KEPT);
    assert!(memory.intents.contains_key(&IntentId("000-open".into())));
}

#[test]
fn memory_survives_json() {
    let mut log = Log(Vec::new());
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: "down".into(),
        },
    );
    log.add(
        2,
        Event::IntentLogged {
            intent: Box::new(intent("a", 2, GuestVerb::Start)),
        },
    );
    for record in &log.0 {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(&serde_json::from_str::<Record>(&text).unwrap(), record);
    }
    let memory = Memory::fold(&log.0);
    let text = serde_json::to_string(&memory).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
}

#[test]
fn a_run_of_a_runbook_is_one_attempt_however_often_it_acts() {
    let mut log = Log(Vec::new());
    let stepped = |step| Event::RunbookStepped {
        issue: key(),
        runbook: "mend".into(),
        step,
        text: String::new(),
    };
    let acted = |id: &str, secs| {
        let mut intent = intent(id, secs, GuestVerb::Start);
        intent.origin = crate::Origin::Runbook { name: "mend".into() };
        intent.cause = Cause::Issue { issue: key() };
        Event::IntentLogged {
            intent: Box::new(intent),
        }
    };
    let made = |log: &Log, secs| Memory::fold(&log.0).issues[&key()].attempts_in_window(at(secs));
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: String::new(),
        },
    );
    for (secs, event) in [
        (2, stepped(0)),
        (3, acted("a", 3)),
        (4, stepped(1)),
        (5, acted("b", 5)),
    ] {
        log.add(secs, event);
    }
    assert_eq!(made(&log, 6), 1);
    let ended = Event::RunbookEnded {
        issue: key(),
        runbook: "mend".into(),
        failed: None,
    };
    log.add(7, ended);
    log.add(8, stepped(0));
    assert_eq!(made(&log, 9), 2, "the next run is the next attempt");
    log.add(4000, acted("c", 4000));
    assert_eq!(
        made(&log, 4001),
        1,
        "an act long after its run began counts by itself"
    );
}

#[test]
fn what_is_mended_silently_is_not_told_until_it_is_alerted() {
    let mut log = Log(Vec::new());
    let opened = || Event::IssueOpened {
        issue: key(),
        summary: String::new(),
    };
    let closed = || Event::IssueClosed {
        issue: key(),
        because: Closed::SustainedHealth,
    };
    log.add(1, opened());
    log.add(1, Event::IssueSilenced { issue: key() });
    assert!(!opened().is_told(&Memory::fold(&log.0)));
    log.add(9, closed());
    assert!(!closed().is_told(&Memory::fold(&log.0)), "nor is its end");
    log.add(10, opened());
    assert!(opened().is_told(&Memory::fold(&log.0)), "each time anew");
    log.add(10, Event::IssueSilenced { issue: key() });
    log.add(
        11,
        Event::IssueAlerted {
            issue: key(),
            severity: crate::Severity::Warning,
            text: String::new(),
        },
    );
    log.add(12, closed());
    assert!(closed().is_told(&Memory::fold(&log.0)));
}

#[test]
fn an_acknowledged_issue_is_not_alerted_again_until_it_comes_back() {
    let mut log = Log(Vec::new());
    let summary = String::new();
    let alerted = Event::IssueAlerted {
        issue: key(),
        severity: crate::Severity::Warning,
        text: String::new(),
    };
    let rearmed = |because| Event::IssueRearmed {
        issue: key(),
        because,
    };
    let stands = |log: &Log| {
        let open = Memory::fold(&log.0).issues[&key()].clone();
        (open.alerted, open.acknowledged)
    };
    log.add(
        1,
        Event::IssueOpened {
            issue: key(),
            summary: summary.clone(),
        },
    );
    log.add(2, alerted);
    assert_eq!(stands(&log), (true, false));
    let by = "anna".to_owned();
    log.add(3, rearmed(Rearmed::Acknowledged { by }));
    assert_eq!(
        stands(&log),
        (true, true),
        "told, and known: nothing to tell again"
    );
    log.add(4, Event::IssueHealthy { issue: key() });
    log.add(
        5,
        Event::IssueRelapsed {
            issue: key(),
            summary,
        },
    );
    assert_eq!(stands(&log), (true, false), "it came back");
    log.add(
        6,
        rearmed(Rearmed::Commit {
            commit: "c0ffee".to_owned(),
        }),
    );
    assert_eq!(stands(&log), (false, false));
}

#[test]
fn a_node_that_was_shut_down_is_remembered_until_it_is_back() {
    let mut log = Log(Vec::new());
    let node = crate::NodeName::new("a").unwrap();
    log.add(
        1,
        Event::NodeShutDown {
            node: node.clone(),
            text: "by hand".into(),
        },
    );
    assert!(Memory::fold(&log.0).shut_down.contains_key(&node));
    log.add(2, Event::NodeReturned { node });
    assert!(Memory::fold(&log.0).shut_down.is_empty());
}
