//! Every event as a line of the feed, in words.

use jarvis_api::feed::{FeedLine, line};
use jarvis_model::{
    Action, Autonomy, Cause, Closed, Confirmed, Digest, Door, Effect, Event, FreezeScope, GuestKind,
    GuestVerb, Hold, Host, Identity, Intent, IntentId, IssueKey, Memory, NodeName, Origin, Outcome, Proposal,
    ProposalId, ProposalState, Rearmed, Record, ResourceKey, Role, Severity, Stage, Ticket, TicketId,
    TicketState, Tier, Timestamp, Vmid,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

fn vmid() -> Vmid {
    Vmid::new(101).unwrap()
}

fn issue() -> IssueKey {
    "VirtualMachine/web-01#guest-down".parse().unwrap()
}

fn web() -> ResourceKey {
    "VirtualMachine/web-01".parse().unwrap()
}

fn anna() -> Origin {
    Origin::Person {
        user: "anna".into(),
        role: Role::Operator,
        door: Door::Dashboard,
    }
}

fn intent() -> Intent {
    Intent {
        id: IntentId("i1".into()),
        resource: Some(web()),
        cause: Cause::Issue { issue: issue() },
        action: Action::StartGuest { vmid: vmid() },
        effect: Effect::Guest {
            node: NodeName::new("atlas").unwrap(),
            kind: GuestKind::Qemu,
            vmid: vmid(),
            request: GuestVerb::Start,
        },
        origin: Origin::Reconciler,
        tier: Tier::Yellow,
        digest: Digest::of(&1),
        revision: "0123456789".into(),
        epoch: 1,
        attempt: 1,
        logged_at: AT,
        deadline: AT,
        uptime_before_secs: None,
        identity: None,
        undo: "shut guest 101 down".into(),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    }
}

fn ticket() -> Ticket {
    Ticket {
        id: TicketId("t1".into()),
        action: Action::ShutdownGuest {
            vmid: vmid(),
            timeout_secs: 60,
        },
        origin: anna(),
        created_at: AT,
        not_before: AT,
        hold_secs: None,
        confirmed: None,
        state: TicketState::Queued,
    }
}

fn source_events() -> Vec<Event> {
    let commit = || "0123456789abcdef".to_owned();
    let resources = BTreeMap::from([(web(), "hash".to_owned())]);
    vec![
        Event::Started {
            version: "0.1.0".into(),
        },
        Event::RevisionApplied {
            commit: commit(),
            hash: "h".into(),
            resources,
        },
        Event::RevisionRejected {
            commit: commit(),
            errors: vec!["a.yaml:1:1 x: wrong".into(), "a.yaml:2:1 y: wrong".into()],
        },
        Event::RevisionWithheld {
            commit: commit(),
            digest: Digest::of(&1),
            reason: "4 of 5 resources would go".into(),
        },
        Event::SourceFailed {
            reason: "no route to host".into(),
        },
        Event::SourceRecovered,
    ]
}

fn issue_events() -> Vec<Event> {
    let summary = || "stopped; manifest says running".to_owned();
    vec![
        Event::IssueOpened {
            issue: issue(),
            summary: summary(),
        },
        Event::IssueAnnounced {
            issue: issue(),
            act_at: AT,
            text: "I shall start it in 60 s unless you hold it".into(),
        },
        Event::IssueAlerted {
            issue: issue(),
            severity: Severity::Warning,
            text: "it stopped twice today".into(),
        },
        Event::IssueAlerted {
            issue: issue(),
            severity: Severity::Critical,
            text: "it will not start".into(),
        },
        Event::IssueHealthy { issue: issue() },
        Event::IssueRelapsed {
            issue: issue(),
            summary: summary(),
        },
        Event::IssueEscalated {
            issue: issue(),
            resource_hash: "h".into(),
            text: "three starts failed: no space left".into(),
            evidence: Vec::new(),
        },
        Event::IssueRearmed {
            issue: issue(),
            because: Rearmed::Acknowledged { by: "anna".into() },
        },
        Event::IssueRearmed {
            issue: issue(),
            because: Rearmed::Commit {
                commit: "0123456789abcdef".into(),
            },
        },
        Event::IssueClosed {
            issue: issue(),
            because: Closed::SustainedHealth,
        },
        Event::IssueClosed {
            issue: issue(),
            because: Closed::NoLongerDeclared,
        },
    ]
}

fn act_events() -> Vec<Event> {
    let id = || IntentId("i1".into());
    let closed = |outcome| Event::IntentClosed {
        intent: id(),
        outcome,
    };
    let upid = "UPID:atlas:0000AAAA:00BBBBBB:68000000:qmstart:101:root@pam:"
        .parse()
        .unwrap();
    vec![
        Event::Decided {
            digest: Digest::of(&"decision"),
            action: Action::StartGuest {
                vmid: Vmid::new(101).unwrap(),
            },
            origin: Origin::Reconciler,
            resource: Some("VirtualMachine/web-01".parse().unwrap()),
            tier: Tier::Yellow,
            evidence: vec!["web-01 (101) is stopped".into(), "live read 1 s ago".into()],
        },
        Event::IntentLogged {
            intent: Box::new(intent()),
        },
        Event::EffectAccepted {
            intent: id(),
            upid: Some(upid),
        },
        Event::EffectAccepted {
            intent: id(),
            upid: None,
        },
        Event::ReplyUnknown {
            intent: id(),
            text: "connection reset".into(),
        },
        Event::TaskFinished { intent: id() },
        closed(Outcome::Verified),
        closed(Outcome::Rejected {
            text: "got lock timeout".into(),
            retryable: true,
        }),
        closed(Outcome::Failed {
            text: "start failed: exit code 1".into(),
        }),
        closed(Outcome::NotSent),
        closed(Outcome::NotVerified),
        closed(Outcome::Unresolved),
        Event::IntentClosed {
            intent: IntentId("forgotten".into()),
            outcome: Outcome::Verified,
        },
        Event::ActionRefused {
            action: Action::StopGuest {
                vmid: Vmid::new(103).unwrap(),
            },
            origin: anna(),
            refusal: crate::support::puppet::protected(),
        },
    ]
}

fn ticket_events() -> Vec<Event> {
    let id = || TicketId("t1".into());
    let changed = |state| Event::TicketChanged { ticket: id(), state };
    let confirmed = Confirmed {
        digest: Digest::of(&1),
        user: "anna".into(),
        at: AT,
    };
    let awaiting = TicketState::AwaitingConfirmation {
        digest: Digest::of(&1),
        typed: true,
        expires_at: AT,
    };
    vec![
        Event::TicketOpened {
            ticket: Box::new(ticket()),
        },
        Event::TicketConfirmed {
            ticket: id(),
            confirmed,
        },
        changed(TicketState::Queued),
        changed(awaiting),
        changed(TicketState::Running {
            intent: IntentId("i1".into()),
        }),
        changed(TicketState::Done {
            outcome: Outcome::Verified,
        }),
        changed(TicketState::Refused {
            refusal: crate::support::puppet::protected(),
        }),
        changed(TicketState::Recalled),
        changed(TicketState::Rejected),
        changed(TicketState::Expired),
        Event::Approved {
            digests: vec![Digest::of(&1), Digest::of(&2)],
            by: "anna".into(),
            expires_at: AT,
        },
    ]
}

fn person_events() -> Vec<Event> {
    let by = || "anna".to_owned();
    let hold = Hold {
        by: by(),
        reason: "new disks".into(),
        since: AT,
        until: None,
    };
    let freeze = |scope| Event::FreezeSet {
        scope,
        by: "anna".into(),
        reason: "storm".into(),
        until: None,
    };
    vec![
        freeze(FreezeScope::Autonomy),
        freeze(FreezeScope::All),
        Event::Thawed { by: by() },
        Event::FreezeFileFound {
            scope: FreezeScope::All,
            reason: "smoke".into(),
        },
        Event::FreezeFileGone,
        Event::HoldSet {
            scope: "VirtualMachine/web-01".parse().unwrap(),
            hold: hold.clone(),
        },
        Event::HoldSet {
            scope: "cluster".parse().unwrap(),
            hold,
        },
        Event::HoldReleased {
            scope: "node:forge".parse().unwrap(),
            by: by(),
        },
        Event::CeilingSet {
            ceiling: Some(Autonomy::L1),
            by: by(),
        },
        Event::CeilingSet {
            ceiling: None,
            by: by(),
        },
    ]
}

fn cluster_events() -> Vec<Event> {
    let node = || NodeName::new("forge").unwrap();
    let identity = || Identity("uuid".into());
    vec![
        Event::IdentitySeen {
            vmid: vmid(),
            identity: identity(),
        },
        Event::IdentityAccepted {
            vmid: vmid(),
            identity: identity(),
            by: "anna".into(),
        },
        Event::GuestsSeen {
            running: vec![vmid()],
            stopped: Vec::new(),
        },
        Event::NodeLost { node: node() },
        Event::NodeReturned { node: node() },
        Event::QuorumLost,
        Event::QuorumRegained,
    ]
}

fn access_events() -> Vec<Event> {
    let by = || "anna".to_owned();
    vec![
        Event::UserSet {
            user: "anna".into(),
            password_hash: "SECRET".into(),
            role: Role::Admin,
            one_time: false,
        },
        Event::TokenCreated {
            name: "ci".into(),
            secret_hash: "SECRET".into(),
            role: Role::Viewer,
            scopes: Vec::new(),
            by: by(),
            expires_at: None,
        },
        Event::TokenRevoked {
            name: "ci".into(),
            by: by(),
        },
        Event::SessionsRevoked {
            user: "berta".into(),
            by: by(),
        },
        Event::TerminalOpened {
            session: "s1".into(),
            user: by(),
            door: Door::Dashboard,
            host: Host::Node(NodeName::new("atlas").unwrap()),
            login: "ops".into(),
            recording: None,
        },
        Event::TerminalClosed {
            session: "s1".into(),
            user: by(),
            door: Door::Dashboard,
            host: Host::Node(NodeName::new("atlas").unwrap()),
            bytes_in: 5,
            bytes_out: 70,
            secs: 9,
            reason: "closed".into(),
        },
    ]
}

fn proposal() -> Proposal {
    Proposal {
        id: ProposalId("p1".into()),
        title: "Leave web-01 alone".into(),
        reason: String::new(),
        origin: anna(),
        conversation: None,
        base: "0123456789".into(),
        changes: Vec::new(),
        files: Vec::new(),
        resources: BTreeMap::from([(web(), None)]),
        effect: "Changes VirtualMachine/web-01: spec.runStrategy from Always to Manual.".into(),
        foreseen: Vec::new(),
        needs: Role::Operator,
        needs_reason: None,
        digest: Digest::of(&1),
        made_at: AT,
        expires_at: AT,
        state: ProposalState::Waiting,
    }
}

fn proposal_events() -> Vec<Event> {
    let (id, by) = (|| ProposalId("p1".into()), || "berta".to_owned());
    let failed = |conflict| Event::ProposalFailed {
        proposal: ProposalId("p1".into()),
        conflict,
        reason: "the branch moved".into(),
    };
    let pushed = |branch: &str, request: Option<&str>| Event::ProposalPushed {
        proposal: ProposalId("p1".into()),
        commit: "0123456789abcdef".into(),
        branch: branch.into(),
        request: request.map(str::to_owned),
    };
    vec![
        Event::ProposalMade {
            proposal: Arc::new(proposal()),
        },
        Event::ProposalApproved {
            proposal: id(),
            digest: Digest::of(&1),
            by: by(),
        },
        Event::ProposalRejected {
            proposal: id(),
            by: by(),
            reason: "not this week".into(),
        },
        Event::ProposalExpired { proposal: id() },
        pushed("main", None),
        pushed("jarvis/proposal-p1", Some("open a pull request")),
        failed(false),
        failed(true),
    ]
}

fn text_of(event: &Event, line: &FeedLine) -> String {
    let resource = line
        .resource
        .as_ref()
        .map_or(String::new(), |key| format!(" [{key}]"));
    let detail = line.detail.as_ref().map_or(String::new(), |detail| {
        format!("\n    {}", detail.replace('\n', "\n    "))
    });
    format!(
        "{}: {:?}{resource}\n  {}{detail}",
        event.name(),
        line.severity,
        line.title
    )
}

#[test]
fn every_event_has_its_line() {
    let known = [
        Event::IntentLogged {
            intent: Box::new(intent()),
        },
        Event::TicketOpened {
            ticket: Box::new(ticket()),
        },
        Event::ProposalMade {
            proposal: Arc::new(proposal()),
        },
    ];
    let records = (1..).zip(known).map(|(seq, event)| Record {
        seq,
        at: AT,
        epoch: 1,
        event,
    });
    let memory = Memory::fold(&records.collect::<Vec<_>>());
    let all: Vec<Event> = [
        source_events(),
        issue_events(),
        act_events(),
        ticket_events(),
        person_events(),
        cluster_events(),
        access_events(),
        proposal_events(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names: BTreeSet<String> = all.iter().map(Event::name).collect();
    assert_eq!(names.len(), 51, "a new event needs its line here: {names:?}");
    let lines: Vec<(&Event, FeedLine)> = all.iter().map(|event| (event, line(event, &memory))).collect();
    for (event, line) in &lines {
        assert!(
            !line.title.is_empty() && !line.title.ends_with('.'),
            "{event:?}: {line:?}"
        );
        assert!(!format!("{line:?}").contains("SECRET"), "{line:?}");
    }
    let text: Vec<String> = lines.iter().map(|(event, line)| text_of(event, line)).collect();
    insta::assert_snapshot!(text.join("\n"));
}
