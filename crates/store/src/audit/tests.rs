//! Whole trails: who, why, what, result and undo stand in each row; secrets in none.

use super::*;
use jarvis_model::{
    Action, Autonomy, Confirmed, Digest, Door, Effect, Event, FreezeScope, GuestKind, GuestVerb, Hold,
    HoldScope, Host, Intent, IntentId, IssueKey, NodeName, Origin, Outcome, ProposalId, Record, Refusal,
    Role, Rule, Scope, Stage, Ticket, TicketId, TicketState, Tier, Vmid, issue::Cause,
};

fn vmid() -> Vmid {
    Vmid::new(101).unwrap()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000 + secs)
}

fn person() -> Origin {
    Origin::Person {
        user: "anna".to_owned(),
        role: Role::Operator,
        door: Door::Dashboard,
    }
}

fn intent(id: &str, cause: Cause, origin: Origin) -> Box<Intent> {
    let node = NodeName::new("atlas").unwrap();
    Box::new(Intent {
        id: IntentId(id.to_owned()),
        resource: None,
        cause,
        action: Action::StartGuest { vmid: vmid() },
        effect: Effect::Guest {
            node,
            kind: GuestKind::Qemu,
            vmid: vmid(),
            request: GuestVerb::Start,
        },
        origin,
        tier: Tier::Yellow,
        digest: Digest::of(&id),
        revision: "abc".to_owned(),
        epoch: 1,
        attempt: 2,
        logged_at: at(0),
        deadline: at(180),
        uptime_before_secs: None,
        identity: None,
        undo: "shut guest 101 down".to_owned(),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    })
}

fn stored(events: Vec<Event>) -> Vec<Stored> {
    let record = |(seq, event)| Record {
        seq,
        at: at(seq),
        epoch: 3,
        event,
    };
    let stored = |record: Record| Stored {
        hash: format!("hash{}", record.seq),
        record,
    };
    (1..).zip(events).map(record).map(stored).collect()
}

fn issue() -> IssueKey {
    "VirtualMachine/web-01#guest-down".parse().unwrap()
}

#[test]
fn a_decision_is_kept_with_the_facts_it_stood_on() {
    let rows = rows(&stored(vec![Event::Decided {
        digest: Digest::of(&"decision"),
        action: Action::StartGuest {
            vmid: Vmid::new(101).unwrap(),
        },
        origin: Origin::Reconciler,
        resource: Some("VirtualMachine/web-01".parse().unwrap()),
        tier: Tier::Yellow,
        evidence: vec!["web-01 (101) is stopped".into(), "live read 1 s ago".into()],
    }]));
    let decided = &rows[0];
    assert_eq!(decided.summary, "decided to start guest 101");
    assert_eq!(
        (
            decided.origin.as_deref(),
            decided.tier.as_deref(),
            decided.verdict.as_deref()
        ),
        (Some("reconciler"), Some("yellow"), Some("permitted"))
    );
    assert_eq!(
        decided.condition.as_deref(),
        Some("web-01 (101) is stopped; live read 1 s ago")
    );
    assert_eq!(decided.digest.as_deref(), Some(Digest::of(&"decision").as_str()));
}

#[test]
fn the_rows_of_an_effect_stand_for_themselves() {
    let id = || IntentId("i1".to_owned());
    let upid = "UPID:atlas:0000C0DE:00001234:6AB12345:qmstart:101:jarvis@pve!act:";
    let rows = rows(&stored(vec![
        Event::IssueOpened {
            issue: issue(),
            summary: "down".to_owned(),
        },
        Event::IntentLogged {
            intent: intent("i1", Cause::Issue { issue: issue() }, Origin::Reconciler),
        },
        Event::EffectAccepted {
            intent: id(),
            upid: Some(upid.parse().unwrap()),
        },
        Event::TaskFinished { intent: id() },
        Event::IntentClosed {
            intent: id(),
            outcome: Outcome::Verified,
        },
    ]));
    let names: Vec<&str> = rows.iter().map(|row| row.event.as_str()).collect();
    assert_eq!(
        names,
        ["intentLogged", "effectAccepted", "intentClosed"],
        "only what belongs to the audit"
    );
    for row in &rows {
        assert_eq!(row.origin.as_deref(), Some("reconciler"));
        assert_eq!(
            (row.tier.as_deref(), row.intent.as_deref()),
            (Some("yellow"), Some("i1"))
        );
        assert_eq!(
            row.condition.as_deref(),
            Some("VirtualMachine/web-01#guest-down attempt 2")
        );
        assert_eq!(row.digest.as_deref(), Some(Digest::of(&"i1").as_str()));
        assert_eq!(row.undo.as_deref(), Some("shut guest 101 down"));
        assert_eq!((row.hash.clone(), row.epoch), (format!("hash{}", row.seq), 3));
    }
    assert_eq!(rows[0].verdict.as_deref(), Some("permitted"));
    assert_eq!(rows[0].task, None);
    assert_eq!(rows[1].task.as_deref(), Some(upid));
    assert_eq!(rows[2].task.as_deref(), Some(upid));
    assert_eq!(rows[2].result.as_deref(), Some("verified"));
    assert_eq!(rows[2].summary, "start guest 101: verified");
    assert_eq!(rows[0].time, "2026-09-21T14:13:22.000Z");
}

#[test]
fn the_rows_of_a_request_name_the_person_and_the_confirmation() {
    let id = || TicketId("t1".to_owned());
    let digest = Digest::of(&"d");
    let refusal = Refusal {
        rule: Rule::Protected,
        tier: Tier::Black,
        resource: "guest 101".to_owned(),
        reason: "guest 101 is protected".to_owned(),
        unblock: "nothing does".to_owned(),
    };
    let ticket = Ticket {
        id: id(),
        action: Action::StopGuest { vmid: vmid() },
        origin: person(),
        created_at: at(0),
        not_before: at(4),
        hold_secs: Some(3600),
        confirmed: None,
        state: TicketState::AwaitingConfirmation {
            digest: digest.clone(),
            typed: false,
            expires_at: at(300),
        },
    };
    let confirmed = Confirmed {
        digest: digest.clone(),
        user: "bert".to_owned(),
        at: at(2),
    };
    let closed = TicketState::Refused {
        refusal: refusal.clone(),
    };
    let rows = rows(&stored(vec![
        Event::TicketOpened {
            ticket: Box::new(ticket),
        },
        Event::TicketConfirmed {
            ticket: id(),
            confirmed,
        },
        Event::TicketChanged {
            ticket: id(),
            state: closed,
        },
        Event::ActionRefused {
            action: Action::DestroyGuest { vmid: vmid() },
            origin: person(),
            refusal,
        },
    ]));
    let users: Vec<_> = rows.iter().map(|row| row.user.as_deref().unwrap()).collect();
    assert_eq!(users, ["anna", "bert", "anna", "anna"]);
    assert!(
        rows.iter()
            .all(|row| row.origin.as_deref() == Some("anna (dashboard)"))
    );
    assert_eq!(rows[0].verdict.as_deref(), Some("needs confirmation"));
    assert_eq!(rows[1].digest.as_deref(), Some(digest.as_str()));
    for row in &rows[2..] {
        assert_eq!(row.verdict.as_deref(), Some("refused"));
        assert_eq!(row.condition.as_deref(), Some("JV1002 protected"));
        assert_eq!(row.tier.as_deref(), Some("black"));
    }
}

/// One of each, in a fixed order.
#[expect(clippy::too_many_lines, reason = "an event after the other")]
fn changes_by_people() -> Vec<Event> {
    let hold = Hold {
        by: "anna".to_owned(),
        reason: "work".to_owned(),
        since: at(0),
        until: Some(at(60)),
    };
    let by = || "anna".to_owned();
    vec![
        Event::Started {
            version: "1.2.3".to_owned(),
        },
        Event::UserSet {
            user: "bert".to_owned(),
            password_hash: "SECRET".to_owned(),
            role: Role::Admin,
            one_time: true,
        },
        Event::TokenCreated {
            name: "ci".to_owned(),
            secret_hash: "SECRET".to_owned(),
            role: Role::Viewer,
            scopes: vec![Scope::Read, Scope::OperateRed],
            by: by(),
            expires_at: None,
        },
        Event::TokenRevoked {
            name: "ci".to_owned(),
            by: by(),
        },
        Event::SessionsRevoked {
            user: "bert".to_owned(),
            by: by(),
        },
        Event::FreezeSet {
            scope: FreezeScope::All,
            by: by(),
            reason: "fire".to_owned(),
            until: None,
        },
        Event::Thawed { by: by() },
        Event::FreezeFileFound {
            scope: FreezeScope::All,
            reason: "smoke".to_owned(),
        },
        Event::FreezeFileGone,
        Event::HoldSet {
            scope: HoldScope::Cluster,
            hold,
        },
        Event::HoldReleased {
            scope: HoldScope::Cluster,
            by: by(),
        },
        Event::CeilingSet {
            ceiling: Some(Autonomy::L1),
            by: by(),
        },
        Event::Approved {
            digests: vec![Digest::of(&1)],
            by: by(),
            expires_at: at(300),
        },
        Event::RevisionRejected {
            commit: "c".to_owned(),
            errors: vec!["e1".to_owned(), "e2".to_owned()],
        },
        Event::TerminalOpened {
            session: "s1".to_owned(),
            user: by(),
            door: Door::Dashboard,
            host: Host::Guest(vmid()),
            login: "ops".to_owned(),
            recording: Some("x.cast".to_owned()),
        },
        Event::TerminalClosed {
            session: "s1".to_owned(),
            user: by(),
            door: Door::Dashboard,
            host: Host::Guest(vmid()),
            bytes_in: 5,
            bytes_out: 70,
            secs: 9,
            reason: "closed".to_owned(),
        },
        Event::ProposalApproved {
            proposal: ProposalId("p1".to_owned()),
            digest: Digest::of(&2),
            by: by(),
        },
        Event::ProposalPushed {
            proposal: ProposalId("p1".to_owned()),
            commit: "c0ffee".to_owned(),
            branch: "main".to_owned(),
            request: None,
        },
        Event::ProposalFailed {
            proposal: ProposalId("p1".to_owned()),
            conflict: true,
            reason: "web was changed".to_owned(),
        },
        Event::ProposalRejected {
            proposal: ProposalId("p2".to_owned()),
            by: by(),
            reason: "no".to_owned(),
        },
        Event::ProposalExpired {
            proposal: ProposalId("p3".to_owned()),
        },
        Event::CallRefused {
            by: "token desk (mcp)".to_owned(),
            call: "stop_guest".to_owned(),
            reason: "wrong arguments".to_owned(),
            more: 3,
        },
    ]
}

#[test]
fn what_people_change_is_told_and_secrets_are_not() {
    let rows = rows(&stored(changes_by_people()));
    assert_eq!(rows.len(), 22);
    let exported: String = rows.iter().map(|row| to_json_line(row) + &to_csv(row)).collect();
    assert!(!exported.contains("SECRET"));
    let said: Vec<&str> = rows.iter().map(|row| row.summary.as_str()).collect();
    assert_eq!(
        said[1],
        "user bert was set with role admin, password to be changed at once"
    );
    assert_eq!(
        said[2],
        "token ci was created: role viewer, scopes [read, operate-red], without end"
    );
    assert_eq!(said[5], "everything, persons too was frozen until released: fire");
    assert_eq!(
        said[7],
        "everything, persons too was frozen by the freeze file: smoke"
    );
    assert_eq!(said[8], "the freeze file is gone");
    assert_eq!(said[9], "cluster is held until 2026-09-21T14:14:20.000Z: work");
    assert_eq!(said[11], "the ceiling of autonomy was set to L1");
    assert_eq!(said[13], "revision c has errors: e1; e2");
    assert_eq!(
        said[14],
        "terminal s1 was opened on guest 101 as ops, recorded in x.cast"
    );
    assert_eq!(
        said[15],
        "terminal s1 on guest 101 ended after 9 s, 5 bytes typed, 70 shown: closed"
    );
    assert_eq!(rows[14].origin.as_deref(), Some("anna (dashboard)"));
    assert_eq!(said[16], "proposal p1 was approved");
    assert_eq!(said[17], "proposal p1 was pushed to main as c0ffee");
    assert_eq!(rows[17].undo.as_deref(), Some("git revert c0ffee"));
    assert_eq!(said[18], "proposal p1 was not pushed: web was changed");
    assert_eq!(said[19], "proposal p2 was rejected: no");
    assert_eq!(said[20], "proposal p3 expired unanswered");
    assert_eq!(
        said[21],
        "stop_guest was refused: wrong arguments; and 3 more calls of token desk (mcp) before it"
    );
    assert!(
        rows.iter()
            .all(|row| !row.summary.is_empty() && row.summary != row.event)
    );
}

#[test]
fn exports_read_back() {
    let rows = rows(&stored(vec![Event::Thawed {
        by: "=cmd()".to_owned(),
    }]));
    let line = to_json_line(&rows[0]);
    assert_eq!(line.matches('\n').count(), 1);
    assert_eq!(serde_json::from_str::<AuditRow>(&line).unwrap(), rows[0]);
    let csv = csv_header() + &to_csv(&rows[0]);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    assert!(lines[1].contains("\"'=cmd()\""), "{}", lines[1]);
}
