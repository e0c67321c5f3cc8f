//! What the tests of this crate tell stories with: channels in YAML, events one after another, a clock that is set.

use crate::{desk::Desk, letter::Letter, picture::Picture};
use jarvis_crds::Desired;
use jarvis_model::{
    Action, Cause, Digest, Effect, Event, GuestKind, GuestVerb, Intent, IntentId, IssueKey, Memory, NodeName,
    Observed, Origin, Outcome, Record, Severity, Stage, Tier, Timestamp, Vmid,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// 2026-11-28 12:00:00 UTC, 13:00 in Berlin.
pub const NOON: u64 = 1_795_867_200;

pub fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(NOON + secs)
}

pub const MAIL: &str =
    "kind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}\n";
pub const PHONE: &str = "kind: NotificationChannel\nmetadata: {name: phone}\nspec: {ntfy: {topic: jarvis}, minimumSeverity: critical}\n";
pub const WEB: &str = "kind: VirtualMachine\nmetadata: {name: web-01, labels: {app: shop}}\nspec: {vmid: 101, runStrategy: Always}\n";

pub fn desired(documents: &[&str]) -> Arc<Desired> {
    let documents: Vec<String> = documents
        .iter()
        .map(|document| format!("apiVersion: jarvis.dev/v1alpha1\n{document}"))
        .collect();
    let files = BTreeMap::from([("all.yaml".to_owned(), documents.join("---\n").into_bytes())]);
    Arc::new(jarvis_crds::load(&files, "0123456789abcdef").unwrap().desired)
}

pub fn web() -> IssueKey {
    "VirtualMachine/web-01#guest-down".parse().unwrap()
}

pub fn intent(id: &str, logged_at: Timestamp, attempt: u32) -> Intent {
    let vmid = Vmid::new(101).unwrap();
    let effect = Effect::Guest {
        node: NodeName::new("atlas").unwrap(),
        kind: GuestKind::Qemu,
        vmid,
        request: GuestVerb::Start,
    };
    Intent {
        id: IntentId(id.into()),
        resource: Some(web().resource),
        cause: Cause::Issue { issue: web() },
        action: Action::StartGuest { vmid },
        deadline: effect.deadline(logged_at),
        effect,
        origin: Origin::Reconciler,
        tier: Tier::Yellow,
        digest: Digest::of(&id),
        revision: "r".into(),
        epoch: 1,
        attempt,
        logged_at,
        uptime_before_secs: None,
        identity: None,
        undo: "shut guest 101 down".into(),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    }
}

/// A story: events go through memory and desk.
pub struct Story {
    pub memory: Memory,
    pub desk: Desk,
    pub picture: Picture,
}

impl Story {
    pub fn with(documents: &[&str]) -> Self {
        Self {
            memory: Memory::default(),
            desk: Desk::default(),
            picture: Picture {
                cluster: "home".into(),
                desired: desired(documents),
                observed: Arc::new(Observed::default()),
                at: at(0),
            },
        }
    }

    pub fn happens(&mut self, secs: u64, event: Event) {
        self.picture.at = at(secs);
        let record = Record {
            seq: self.memory.seq + 1,
            at: at(secs),
            epoch: 1,
            event,
        };
        self.desk.take(&record, &self.memory, &self.picture);
        self.memory.apply(&record);
    }

    pub fn letters(&mut self, secs: u64) -> Vec<Letter> {
        self.picture.at = at(secs);
        self.desk.close(&self.picture, &BTreeSet::new())
    }

    /// Channel and subject of the letters that are due.
    pub fn told(&mut self, secs: u64) -> Vec<String> {
        let letters = self.letters(secs);
        letters
            .iter()
            .map(|letter| format!("{}: {}", letter.channel, crate::render::subject(letter)))
            .collect()
    }

    pub fn opened(&mut self, secs: u64) {
        let summary = "guest 101 is stopped; no task explains it".to_owned();
        self.happens(
            secs,
            Event::IssueOpened {
                issue: web(),
                summary,
            },
        );
    }

    pub fn alerted(&mut self, secs: u64, severity: Severity) {
        let text = "guest 101 is stopped. Not acted upon: a window is closed".to_owned();
        self.happens(
            secs,
            Event::IssueAlerted {
                issue: web(),
                severity,
                text,
            },
        );
    }

    pub fn tried(&mut self, secs: u64, attempt: u32, outcome: Outcome) {
        self.acted(
            secs,
            intent(&format!("intent-{secs:05}"), at(secs), attempt),
            outcome,
        );
    }

    pub fn acted(&mut self, secs: u64, intent: Intent, outcome: Outcome) {
        let id = intent.id.clone();
        let intent = Box::new(intent);
        self.happens(secs, Event::IntentLogged { intent });
        self.happens(secs + 5, Event::IntentClosed { intent: id, outcome });
    }

    pub fn escalated(&mut self, secs: u64) {
        self.happens(
            secs,
            Event::IssueEscalated {
                issue: web(),
                resource_hash: "h".into(),
                text: "guest 101 is stopped. Tried 3 times within 60 minutes, last: failed: no space left. Look at the \
                       task log in Proxmox, start it by hand, then acknowledge the issue"
                    .into(),
                evidence: vec![
                    "task UPID:atlas:000A: \u{1b}[31mlvcreate: insufficient free space\u{1b}[0m".into(),
                    "list 4 s ago: stopped".into(),
                ],
            },
        );
    }

    pub fn closed(&mut self, secs: u64) {
        let because = jarvis_model::Closed::SustainedHealth;
        self.happens(
            secs,
            Event::IssueClosed {
                issue: web(),
                because,
            },
        );
    }

    /// A guest that could not be started, given to people.
    pub fn lost_guest() -> Self {
        let mut story = Self::with(&[MAIL, PHONE, WEB]);
        story.opened(0);
        for (secs, attempt) in [(10, 1), (25, 2), (70, 3)] {
            let text = "no space left".into();
            story.tried(secs, attempt, Outcome::Failed { text });
        }
        story.escalated(80);
        story
    }
}
