//! Test scenes: a journal, a declared guest that crashes after twenty seconds, and a recording of what was planned.

use crate::{
    folder::Writer,
    recorder::Limits,
    recording::Recording,
    replay::{ReplayError, Report, Span, replay},
};
use jarvis_guard::Floor;
use jarvis_model::{Action, Digest, Event, Memory, Observed, Origin, Tier, Timestamp, Vmid};
use jarvis_planner::{Input, plan};
use jarvis_ports::{Journal as _, Pass};
use jarvis_store::MemoryJournal;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

/// A small scene: one declared guest that crashed, a journal, a recording.
pub struct Scene {
    pub journal: MemoryJournal,
    pub memory: Memory,
    pub epoch: u64,
    pub desired: Arc<jarvis_crds::Desired>,
    pub observed: Observed,
    pub now: Timestamp,
    pub folder: TempDir,
}

const MANIFEST: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web}\nspec: {vmid: 101, runStrategy: Always}\n";

impl Scene {
    pub fn new() -> Self {
        let files = [("web.yaml".to_owned(), MANIFEST.as_bytes().to_vec())].into();
        let desired = jarvis_crds::load(&files, "c0ffee").unwrap().desired;
        let journal = MemoryJournal::new();
        let epoch = journal.acquire_lease().unwrap();
        let mut scene = Self {
            journal,
            memory: Memory::default(),
            epoch,
            desired: Arc::new(desired),
            observed: observed(),
            now: Timestamp::from_secs(1_000_000),
            folder: tempfile::tempdir().unwrap(),
        };
        let resources = scene.desired.resources().collect();
        let hash = scene.desired.revision.hash.clone();
        let commit = "c0ffee".to_owned();
        scene.remember(vec![Event::RevisionApplied {
            commit,
            hash,
            resources,
        }]);
        scene
    }

    pub fn remember(&mut self, events: Vec<Event>) {
        let stored = self
            .journal
            .append(self.memory.seq, self.epoch, self.now, events)
            .unwrap();
        for record in &stored {
            self.memory.apply(&record.record);
        }
    }

    pub fn pass(&self) -> Pass {
        let floor = Floor {
            autonomy: jarvis_model::Autonomy::L3,
            ..Floor::default()
        };
        let input = Input {
            floor: &floor,
            desired: &self.desired,
            desired_known: true,
            observed: &self.observed,
            memory: &self.memory,
            now: self.now,
        };
        let made = plan(&input);
        Pass {
            desired: self.desired.clone(),
            desired_known: true,
            observed: Arc::new(self.observed.clone()),
            seq: self.memory.seq,
            now: self.now,
            plan: Arc::new(made),
            floor,
        }
    }

    pub fn writer(&self, limits: Limits) -> Writer {
        Writer::new(self.path().to_owned(), "1.2.3".to_owned(), limits)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Passes, each with what it found remembered, ten seconds apart.
    pub fn run(&mut self, writer: &mut Writer, passes: usize) {
        for _ in 0..passes {
            let pass = self.pass();
            writer.pass(&pass, 0).unwrap();
            self.remember(pass.plan.events.clone());
            self.now = self.now + Duration::from_secs(10);
            self.observed.refresh(self.now);
        }
    }

    pub fn replay(&self) -> Result<Report, ReplayError> {
        replay(
            Recording::open(self.path()).unwrap(),
            &self.journal,
            Span::default(),
            &plan,
        )
    }

    pub fn decide(&mut self, evidence: &str) {
        let action = Action::StartGuest {
            vmid: Vmid::new(101).unwrap(),
        };
        let decided = Event::Decided {
            digest: Digest::of(&action),
            action,
            origin: Origin::Reconciler,
            resource: None,
            tier: Tier::Yellow,
            evidence: vec![evidence.to_owned()],
        };
        self.remember(vec![decided]);
    }
}

trait Refresh {
    fn refresh(&mut self, now: Timestamp);
}

impl Refresh for Observed {
    fn refresh(&mut self, now: Timestamp) {
        *self = at(now);
    }
}

fn observed() -> Observed {
    at(Timestamp::from_secs(1_000_000))
}

/// The cluster as seen at a time: one node, one guest that stopped after a while.
fn at(now: Timestamp) -> Observed {
    let millis = now.as_millis();
    let running = millis < 1_000_020_000;
    let status = if running { "running" } else { "stopped" };
    let known = |value: Value| json!({"known": {"value": value, "seenAt": millis}});
    let usage = json!({"cpu": 0.25 + f64::from(u32::try_from(millis % 1000).unwrap()), "memBytes": 17});
    serde_json::from_value(json!({
        "quorum": known(json!({"quorate": true, "expectedVotes": 1, "deviceVotes": 0, "agreeing": 2})),
        "nodes": {"a": {"name": "a", "status": known(json!("online")), "api": known(json!(true)), "returnedAt": null,
            "uptimeSecs": 5000, "votes": 1, "haState": null, "ip": null, "idle": known(json!(true)), "usage": usage}},
        "guests": {"101": {"vmid": 101, "kind": "qemu", "node": "a", "name": "web", "status": known(json!(status)),
            "agreeingSamples": 3,
            "live": known(json!({"status": status, "uptimeSecs": 7, "pid": null, "lock": null, "haManaged": false})),
            "uptimeSecs": 7, "template": false, "lock": null, "haState": null, "identity": known(json!("uuid-1")),
            "stopCause": known(json!({"cause": "noTask"})), "ready": {"unknown": {"why": "notYetSeen"}},
            "runningTask": null, "tags": [], "usage": usage}},
        "storages": {}, "tasks": [], "completePasses": 9, "lookedAt": millis,
    }))
    .unwrap()
}
