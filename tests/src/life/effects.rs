//! Sending an effect: once, by the client's rules; and what the cluster makes of it, which goes on when the client dies.

use super::{
    bug::Bug,
    cluster::Cluster,
    journal::Trap,
    rows,
    stage::{Scene, Stage},
    wire::{self, Fate, WRITE_WITHIN},
};
use jarvis_guard::Permit;
use jarvis_model::{Effect, GuestVerb, IntentId, NodeVerb};
use jarvis_ports::{Accepted, PerformError};
use jarvis_simulator::world::{Refusal, actions::Action, task::Work};
use std::{sync::atomic::Ordering, time::Duration};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

/// The user that Jarvis's tasks run as.
pub const JARVIS: &str = "jarvis@pve!act";

/// A request is carried out at the latest this long after it was sent, or never.
const ARRIVES_WITHIN: Duration = Duration::from_secs(25);

fn rejected(text: &str, retryable: bool) -> PerformError {
    PerformError::Rejected {
        text: text.to_owned(),
        retryable,
    }
}

fn unknown(text: &str) -> PerformError {
    PerformError::Unknown {
        text: text.to_owned(),
    }
}

/// Sends the permitted effect.
pub async fn perform(cluster: &Cluster, permit: Permit) -> Result<Accepted, PerformError> {
    cluster.breathe().await;
    let scene = cluster.scene.clone();
    let (effect, intent) = (permit.effect().clone(), permit.intent().clone());
    let node = node_of(&effect).to_owned();
    let (way, slot, fate) = scene.with(|stage| {
        // Slow looks hold the two places a node has; an act waits for one.
        let busy = stage.wire.slow.is_some();
        let slot = if busy { stage.between(0, 9_000) } else { 0 };
        let way = stage.way(Some(&node));
        (way, Duration::from_millis(slot), stage.wire.fates.pop_front())
    });
    sleep(slot).await;
    cluster.breathe().await;
    if scene.watch.told() >= permit.send_before() {
        return Err(rejected("the permit has lapsed; nothing was sent", true));
    }
    let Some(entry) = way.entry.filter(|_| fate != Some(Fate::Refused)) else {
        sleep(Duration::from_millis(5)).await;
        return Err(rejected("connection refused; nothing was sent", true));
    };
    let told = scene.watch.told();
    let elapsed = scene.watch.elapsed_ms();
    scene.send(&intent, &effect);
    let outcome = exchange(cluster, &entry, &intent, &effect, fate).await;
    let repeats = scene.with(|stage| stage.bug == Bug::RepeatsLostWrites);
    if repeats && matches!(outcome, Err(PerformError::Unknown { .. })) {
        scene.with(|stage| stage.sent(&intent, &effect, told, elapsed));
        return exchange(cluster, &entry, &intent, &effect, None).await;
    }
    outcome
}

/// One request and its answer, if one comes.
async fn exchange(
    cluster: &Cluster,
    entry: &str,
    intent: &IntentId,
    effect: &Effect,
    fate: Option<Fate>,
) -> Result<Accepted, PerformError> {
    let scene = cluster.scene.clone();
    let latency = scene.with(Stage::latency);
    if fate == Some(Fate::RequestLost) {
        scene.with(|stage| stage.oracle.never_arrives(intent));
        sleep(WRITE_WITHIN).await;
        cluster.breathe().await;
        return Err(unknown("no answer in time"));
    }
    let (sender, answer) = oneshot::channel();
    let server = Server {
        scene: scene.clone(),
        entry: entry.to_owned(),
        intent: intent.clone(),
        effect: effect.clone(),
        fate,
        cluster: cluster.clone(),
    };
    // The cluster goes on with what reached it, also when Jarvis dies.
    tokio::spawn(async move {
        sleep((latency / 2).min(ARRIVES_WITHIN)).await;
        let reply = server.serve().await;
        sleep(latency / 2).await;
        if fate == Some(Fate::ReplyLost) {
            std::future::pending::<()>().await;
        }
        // Nobody listens after a time-out.
        drop(sender.send(reply));
    });
    let reply = timeout(WRITE_WITHIN, answer).await;
    cluster.breathe().await;
    match reply {
        Ok(Ok(reply)) => reply,
        Ok(Err(_)) | Err(_) => Err(unknown("no answer in time; whether it was begun is not known")),
    }
}

/// The cluster's side of one request.
struct Server {
    scene: Scene,
    entry: String,
    intent: IntentId,
    effect: Effect,
    fate: Option<Fate>,
    cluster: Cluster,
}

impl Server {
    async fn serve(&self) -> Result<Accepted, PerformError> {
        let foul = match self.fate {
            Some(Fate::Status(status)) => Some(status),
            _ => self.scene.with(Stage::foul_status),
        };
        if let Some(status) = foul {
            return self.refuse(status);
        }
        let node = node_of(&self.effect);
        let barred = self
            .scene
            .with(|stage| wire::barred(&stage.world, &self.entry, node, true));
        if let Some((wait, status)) = barred {
            self.scene.with(|stage| stage.oracle.never_arrives(&self.intent));
            sleep(wait).await;
            return Err(answered(status, "by the entry point"));
        }
        self.carry_out()
    }

    /// A status from the weather: below 502 nothing is done; above, one time in two it was done all the same.
    fn refuse(&self, status: u16) -> Result<Accepted, PerformError> {
        let done = status >= 502 && self.scene.with(|stage| stage.chance(50));
        if done {
            let _ = self.carry_out();
        } else {
            self.scene.with(|stage| stage.oracle.never_arrives(&self.intent));
        }
        Err(answered(status, "by the weather"))
    }

    fn carry_out(&self) -> Result<Accepted, PerformError> {
        let (outcome, dies) = self.scene.with(|stage| {
            let outcome = act(stage, &self.effect);
            stage.arrived(&self.intent, &self.effect, &outcome);
            let dies = stage.trap == Some(Trap::Carried);
            if dies {
                stage.trap = None;
                stage.note("process", "dies while the answer is on its way");
            }
            (outcome, dies)
        });
        if dies {
            self.cluster.alive.store(false, Ordering::Relaxed);
            self.scene.died.notify_one();
        }
        match outcome {
            Ok(upid) => Ok(Accepted {
                upid: upid.and_then(|text| text.parse().ok()),
                output: None,
            }),
            Err(refusal) => Err(answered(refusal.status, &refusal.text)),
        }
    }
}

/// What a status means for a write, as the client reads it.
fn answered(status: u16, text: &str) -> PerformError {
    let full = format!("Proxmox answered {status} {text}");
    match status {
        502..=504 | 595..=999 => PerformError::Unknown { text: full },
        _ => PerformError::Rejected {
            retryable: text.contains("got timeout"),
            text: full,
        },
    }
}

/// Carries an effect out in the world.
fn act(stage: &mut Stage, effect: &Effect) -> Result<Option<String>, Refusal> {
    let world = &mut stage.world;
    let Effect::Guest {
        node,
        kind,
        vmid,
        request,
    } = effect
    else {
        let reboot = matches!(
            effect,
            Effect::Node {
                request: NodeVerb::Reboot,
                ..
            }
        );
        return world.power_command(node_of(effect), reboot).map(|()| None);
    };
    let (node, kind, vmid) = (node.as_str(), rows::world_kind(*kind), vmid.get());
    let seconds = |secs: &u32| Some(Duration::from_secs(u64::from(*secs)));
    let action = match request {
        GuestVerb::Start => Action::Start,
        GuestVerb::Stop => Action::Stop { overrule: false },
        GuestVerb::Reset => Action::Reset,
        GuestVerb::Shutdown { timeout_secs } => Action::Shutdown {
            timeout: seconds(timeout_secs),
            force: false,
        },
        GuestVerb::Reboot { timeout_secs } => Action::Reboot {
            timeout: seconds(timeout_secs),
        },
        GuestVerb::Snapshot { snapshot } => {
            let work = Work::Snapshot {
                name: snapshot.clone(),
                description: String::new(),
            };
            return world.snapshot(node, kind, vmid, work, JARVIS).map(Some);
        }
        GuestVerb::Rollback { snapshot } => {
            let work = Work::Rollback {
                name: snapshot.clone(),
            };
            return world.snapshot(node, kind, vmid, work, JARVIS).map(Some);
        }
        GuestVerb::Migrate { target, running } => {
            return world
                .migrate(node, kind, vmid, target.as_str(), *running, JARVIS)
                .map(Some);
        }
    };
    world.act(node, kind, vmid, action, JARVIS).map(Some)
}

/// The node whose slot an effect takes; every effect of this life has one.
pub fn node_of(effect: &Effect) -> &str {
    effect.node().map_or("", |node| node.as_str())
}

/// An effect in a few words.
pub fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Host { host, request, .. } => format!("{:?} on {host}", request.argv()),
        Effect::Wake { node, .. } => format!("wake {node}"),
        Effect::Node { node, request } => format!("{request:?} node {node}"),
        Effect::Guest {
            node, vmid, request, ..
        } => format!("{request:?} {vmid} on {node}"),
    }
}

impl Scene {
    /// A request leaves Jarvis.
    pub fn send(&self, intent: &IntentId, effect: &Effect) {
        let (told, elapsed) = (self.watch.told(), self.watch.elapsed_ms());
        self.with(|stage| stage.sent(intent, effect, told, elapsed));
    }
}

impl Scene {
    /// A host heard a request; nothing of it is left in the cluster.
    pub fn heard(&self, intent: &IntentId, effect: &Effect) {
        self.with(|stage| stage.arrived(intent, effect, &Ok(None)));
    }
}

impl Stage {
    /// A request leaves Jarvis.
    fn sent(&mut self, intent: &IntentId, effect: &Effect, told: jarvis_model::Timestamp, elapsed: u64) {
        let short = short(intent);
        self.note("sends", &format!("{} ({short})", describe(effect)));
        let Self { world, oracle, .. } = self;
        oracle.sending(world, intent, effect, told, elapsed);
    }

    /// The cluster took a request in, or refused it.
    fn arrived(&mut self, intent: &IntentId, effect: &Effect, outcome: &Result<Option<String>, Refusal>) {
        let text = match outcome {
            Ok(upid) => format!("accepted as {}", upid.as_deref().unwrap_or("power command")),
            Err(refusal) => format!("refused: {} {}", refusal.status, refusal.text),
        };
        self.note("cluster", &format!("{}: {text}", describe(effect)));
        self.oracle.arrived(intent, outcome.as_ref().ok().cloned());
    }
}

/// The end of an intent's name, which differs most.
pub fn short(intent: &IntentId) -> &str {
    let text = intent.0.as_str();
    text.get(text.len().saturating_sub(6)..).unwrap_or(text)
}
