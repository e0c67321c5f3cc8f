//! Every event is either told, as this table says, or not told.

use super::*;
use crate::samples::{Story, at, intent, web};
use jarvis_model::{Digest, FreezeScope, Host, NodeName, Rearmed};

fn told(story: &Story, event: Event) -> Option<Telling> {
    let record = Record {
        seq: story.memory.seq + 1,
        at: at(100),
        epoch: 1,
        event,
    };
    of(&record, &story.memory)
}

fn node() -> NodeName {
    NodeName::new("forge").unwrap()
}

type Row = (Event, (Kind, Severity));

fn summary() -> String {
    "s".to_owned()
}

fn of_issues() -> Vec<Row> {
    vec![
        (
            Event::IssueAlerted {
                issue: web(),
                severity: Severity::Critical,
                text: summary(),
            },
            (Kind::Alert, Severity::Critical),
        ),
        (
            Event::IssueEscalated {
                issue: web(),
                resource_hash: summary(),
                text: summary(),
                evidence: Vec::new(),
            },
            (Kind::Escalation, Severity::Critical),
        ),
        (
            Event::IssueClosed {
                issue: web(),
                because: Closed::SustainedHealth,
            },
            (Kind::Resolved, Severity::Warning),
        ),
    ]
}

fn of_the_whole() -> Vec<Row> {
    vec![
        (
            Event::HostDistrusted {
                host: Host::Named("backup".into()),
                text: "SHA256:a, not SHA256:b".into(),
            },
            (Kind::HostDistrusted, Severity::Critical),
        ),
        (
            Event::HostTrusted {
                host: Host::Named("backup".into()),
            },
            (Kind::HostTrusted, Severity::Warning),
        ),
        (Event::QuorumLost, (Kind::QuorumLost, Severity::Critical)),
        (Event::QuorumRegained, (Kind::QuorumRegained, Severity::Critical)),
        (
            Event::RoomLacking {
                text: "make room".into(),
            },
            (Kind::RoomLacking, Severity::Critical),
        ),
        (Event::RoomRegained, (Kind::RoomRegained, Severity::Warning)),
        (
            Event::FreezeSet {
                scope: FreezeScope::All,
                by: "anna".into(),
                reason: "rack".into(),
                until: None,
            },
            (Kind::Frozen, Severity::Warning),
        ),
        (
            Event::Thawed { by: "anna".into() },
            (Kind::Thawed, Severity::Warning),
        ),
        (
            Event::RevisionRejected {
                commit: "0123456789".into(),
                errors: vec!["a.yaml:1:1 bad".into()],
            },
            (Kind::RevisionRejected, Severity::Warning),
        ),
        (
            Event::RevisionWithheld {
                commit: "0123456789".into(),
                digest: Digest::of(&1),
                reason: summary(),
            },
            (Kind::RevisionWithheld, Severity::Warning),
        ),
        (
            Event::SourceFailed { reason: summary() },
            (Kind::SourceFailed, Severity::Warning),
        ),
        (Event::SourceRecovered, (Kind::SourceRecovered, Severity::Warning)),
        (
            Event::FreezeFileFound {
                scope: FreezeScope::All,
                reason: summary(),
            },
            (Kind::Frozen, Severity::Warning),
        ),
        (Event::FreezeFileGone, (Kind::Thawed, Severity::Warning)),
    ]
}

fn untold() -> Vec<Event> {
    vec![
        // Nodes are told by their issues, and nobody hears of the same twice.
        Event::NodeLost { node: node() },
        Event::NodeReturned { node: node() },
        Event::Started { version: summary() },
        Event::IssueOpened {
            issue: web(),
            summary: summary(),
        },
        Event::IssueHealthy { issue: web() },
        Event::IssueRelapsed {
            issue: web(),
            summary: summary(),
        },
        Event::IssueRearmed {
            issue: web(),
            because: Rearmed::Acknowledged { by: summary() },
        },
        Event::IntentLogged {
            intent: Box::new(intent("a", at(1), 1)),
        },
    ]
}

#[test]
fn some_events_are_told_and_the_others_are_not() {
    let mut story = Story::with(&[]);
    story.opened(0);
    for (event, expected) in of_issues().into_iter().chain(of_the_whole()) {
        let found = told(&story, event.clone()).map(|told| (told.news.kind, told.news.severity));
        assert_eq!(found, Some(expected), "{event:?}");
    }
    for event in untold() {
        assert_eq!(told(&story, event.clone()), None, "{event:?}");
    }
}

#[test]
fn what_jarvis_mended_alone_is_told_up_to_level_three() {
    let mut story = Story::with(&[]);
    story.opened(0);
    let logged = |intent: Intent| Event::IntentLogged {
        intent: Box::new(intent),
    };
    story.happens(10, logged(intent("alone", at(10), 2)));
    let person = Intent {
        origin: jarvis_model::Origin::Person {
            user: "anna".into(),
            role: jarvis_model::Role::Operator,
            door: jarvis_model::Door::Cli,
        },
        ..intent("person", at(11), 0)
    };
    story.happens(11, logged(person));
    let silent = Intent {
        silent: true,
        ..intent("silent", at(12), 1)
    };
    story.happens(12, logged(silent));
    let ended = |id: &str, outcome| Event::IntentClosed {
        intent: IntentId(id.into()),
        outcome,
    };
    let news = told(&story, ended("alone", Outcome::Verified)).unwrap().news;
    assert_eq!((news.kind, news.severity), (Kind::Mended, Severity::Warning));
    assert!(
        news.text.contains("start guest 101, attempt 2 of 3"),
        "{}",
        news.text
    );
    assert_eq!(news.tried.last().unwrap().text, "start guest 101: verified");
    for (id, outcome) in [
        ("alone", Outcome::NotVerified),
        ("silent", Outcome::Verified),
        ("person", Outcome::Verified),
    ] {
        assert_eq!(told(&story, ended(id, outcome)), None, "{id}");
    }
}

#[test]
fn an_escalation_says_what_was_tried_and_what_may_be_done() {
    let mut story = Story::lost_guest();
    let letters = story.letters(95);
    let crate::Content::News { items, .. } = &letters[0].content else {
        panic!()
    };
    let news = &items[0];
    let tried: Vec<&str> = news.tried.iter().map(|tried| tried.text.as_str()).collect();
    assert_eq!(tried, ["start guest 101: failed: no space left"; 3]);
    assert_eq!(
        news.evidence[0],
        "task UPID:atlas:000A: lvcreate: insufficient free space"
    );
    assert!(
        news.next
            .iter()
            .any(|next| next.starts_with("jarvis ack VirtualMachine/web-01#guest-down"))
    );
}

#[test]
fn text_of_the_infrastructure_is_made_harmless() {
    let story = Story::with(&[]);
    let text = format!("\u{1b}[2J\u{202e}gnp.exe\r\nBcc: all@x {}", "x".repeat(5_000));
    let event = Event::IssueAlerted {
        issue: web(),
        severity: Severity::Warning,
        text,
    };
    let news = told(&story, event).unwrap().news;
    assert!(news.text.starts_with("gnp.exe Bcc: all@x xxx"), "{}", news.text);
    assert!(news.text.chars().count() <= text::PARAGRAPH);
}
