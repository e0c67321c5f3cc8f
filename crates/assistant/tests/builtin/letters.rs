//! The voice of mails and daily reports as they are sent, of every kind of news, plain and as subjects.

use crate::support::NOON;
use jarvis_assistant::persona::faults;
use jarvis_model::{
    Closed, Digest, Event, FreezeScope, Memory, NodeName, Observed, Record, Severity, Timestamp,
};
use jarvis_notify::{
    Content, Desk, Letter, Picture,
    letter::letters,
    render::{plain, subject},
    report::Day,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}, minimumSeverity: info}\n";

struct Story {
    desk: Desk,
    memory: Memory,
    picture: Picture,
    letters: Vec<Letter>,
}

impl Story {
    fn new() -> Self {
        let files = BTreeMap::from([("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())]);
        let desired = jarvis_crds::load(&files, "0123456789abcdef").map(|loaded| loaded.desired);
        Self {
            desk: Desk::default(),
            memory: Memory::default(),
            picture: Picture {
                cluster: "home".into(),
                desired: Arc::new(desired.unwrap_or_else(|errors| panic!("{errors:#?}"))),
                observed: Arc::new(Observed::default()),
                at: NOON,
            },
            letters: Vec::new(),
        }
    }

    /// It happens, and ten minutes later it is told.
    fn happens(&mut self, event: Event) {
        let at = self.picture.at;
        let record = Record {
            seq: self.memory.seq + 1,
            at,
            epoch: 1,
            event,
        };
        self.desk.take(&record, &self.memory, &self.picture);
        self.memory.apply(&record);
        self.picture.at = at + Duration::from_mins(10);
        self.letters
            .extend(self.desk.close(&self.picture, &BTreeSet::new()));
    }

    fn report(&mut self) {
        let mut day = Day::default();
        let record = Record {
            seq: 9,
            at: NOON,
            epoch: 1,
            event: Event::IssueEscalated {
                issue: issue(),
                resource_hash: String::new(),
                text: String::new(),
                evidence: Vec::new(),
            },
        };
        day.hear(&record, &"ab".repeat(32), &self.memory);
        let zone = jiff::tz::TimeZone::UTC;
        let report = day.report(
            &self.memory,
            &self.picture,
            &zone,
            NOON,
            NOON + Duration::from_hours(24),
        );
        let desired = self.picture.desired.clone();
        let (key, channel) = desired.channels.iter().next().unwrap();
        let content = Content::Report {
            report: Box::new(report),
        };
        self.letters
            .extend(letters("home", (&key.name, &channel.spec), &content, NOON));
    }
}

fn issue() -> jarvis_model::IssueKey {
    "VirtualMachine/media#guest-down".parse().unwrap()
}

fn events() -> Vec<Event> {
    let host = jarvis_model::Host::Node(NodeName::new("forge").unwrap());
    let until: Option<Timestamp> = Some(NOON + Duration::from_hours(48));
    vec![
        Event::IssueOpened {
            issue: issue(),
            summary: "guest 101 is stopped; no task explains it".to_owned(),
        },
        Event::IssueAlerted {
            issue: issue(),
            severity: Severity::Warning,
            text: "guest 101 is stopped. Not acted upon: a window is closed".to_owned(),
        },
        Event::IssueEscalated {
            issue: issue(),
            resource_hash: "h".to_owned(),
            text: "guest 101 is stopped. Tried 3 times within 60 minutes, last: failed: no space left"
                .to_owned(),
            evidence: vec!["list 4 s ago: stopped".to_owned()],
        },
        Event::IssueClosed {
            issue: issue(),
            because: Closed::SustainedHealth,
        },
        Event::QuorumLost,
        Event::QuorumRegained,
        Event::HostDistrusted {
            host: host.clone(),
            text: "it shows another key than the pinned one".to_owned(),
        },
        Event::HostTrusted { host },
        Event::FreezeSet {
            scope: FreezeScope::All,
            by: "anna".to_owned(),
            reason: "the move".to_owned(),
            until,
        },
        Event::Thawed {
            by: "anna".to_owned(),
        },
        Event::FreezeFileFound {
            scope: FreezeScope::Autonomy,
            reason: "the move".to_owned(),
        },
        Event::FreezeFileGone,
        Event::RevisionRejected {
            commit: "0123456789".to_owned(),
            errors: vec!["media.yaml:3: spec.vmid is missing".to_owned()],
        },
        Event::RevisionWithheld {
            commit: "0123456789".to_owned(),
            digest: Digest::of(&"x"),
            reason: "it removes 12 of 20 resources".to_owned(),
        },
        Event::SourceFailed {
            reason: "it does not answer".to_owned(),
        },
        Event::SourceRecovered,
    ]
}

#[test]
fn every_mail_and_report_is_in_the_voice() {
    let mut story = Story::new();
    story.report();
    for event in events() {
        story.happens(event);
    }
    story.report();
    let subjects: Vec<String> = story.letters.iter().map(subject).collect();
    assert!(subjects.len() >= 15, "{subjects:#?}");
    for letter in &story.letters {
        let text = format!(
            "{}\n{}",
            subject(letter),
            plain::text(letter, Some("https://jarvis.home.example"))
        );
        assert_eq!(faults(&text), Vec::<String>::new(), "{text}");
    }
}
