//! The hosts of the simulated world, without sockets: the programs that SSH would start there, and magic packets. A dead
//! process hears nothing any more, and sends nothing.

use super::{
    cluster::Cluster,
    effects::describe,
    stage::{Scene, Stage},
};
use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{Effect, Host, NodeName};
use jarvis_ports::{
    Accepted, HostAnswer, HostNews, HostRead, HostShell, LookError, PerformError, Waker,
    hostread::{self, Output},
};
use jarvis_simulator::{
    Place,
    programs::{self, Ran},
    world::place::Presence,
};
use std::time::Duration;
use tokio::{sync::mpsc, time::sleep};

/// A program's time limit.
const WITHIN: Duration = Duration::from_secs(10);
/// How long a silent machine is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The hosts, as one process of Jarvis reaches them.
pub struct Hosts(pub Cluster);

fn place_of(host: &Host) -> Option<Place> {
    match host {
        Host::Node(node) => Some(Place::node(node.as_str())),
        Host::Guest(vmid) => Some(Place::Guest(vmid.get())),
        Host::Named(_) => None,
    }
}

impl Hosts {
    /// Runs one program to its end.
    async fn run(&self, place: &Place, argv: &[String]) -> Result<Output, String> {
        let scene = &self.0.scene;
        let latency = scene.with(Stage::latency);
        sleep(latency).await;
        match scene.with(|stage| stage.world.presence(place)) {
            Presence::Answers => {}
            Presence::Silent => {
                sleep(PATIENCE).await;
                return Err("no answer in time".to_owned());
            }
            Presence::Gone => return Err("no route to host".to_owned()),
        }
        self.0.breathe().await;
        let ran = scene.with(|stage| programs::run(&mut stage.world, place, argv, "jarvis"));
        let output = match ran {
            Ran::Done(output) => output,
            Ran::Waits(job) => settled(scene, &job).await,
            Ran::Follows(_) => programs::Output::default(),
            Ran::Missing => programs::Output::failed(127, "not found"),
        };
        self.0.breathe().await;
        Ok(Output {
            exit: Some(i32::from(output.code)),
            stdout: output.stdout,
            stderr: output.stderr,
            ..Output::default()
        })
    }
}

async fn settled(scene: &Scene, job: &programs::Job) -> programs::Output {
    loop {
        if let Some(output) = scene.with(|stage| programs::settled(&stage.world, job)) {
            return output;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

#[async_trait]
impl HostShell for Hosts {
    fn reaches(&self, host: &Host) -> bool {
        matches!(host, Host::Node(_))
    }

    async fn read(&self, host: &Host, read: &HostRead) -> Result<HostAnswer, LookError> {
        let (what, whom) = (hostread::words(read), host.to_string());
        let missing = |why: String| LookError::Unreachable {
            what: what.clone(),
            whom: whom.clone(),
            why,
        };
        let place = place_of(host).ok_or_else(|| missing("nobody knows it".to_owned()))?;
        let argvs = hostread::programs(read, WITHIN).map_err(|unfit| missing(unfit.to_string()))?;
        let mut outputs = Vec::new();
        for argv in argvs {
            outputs.push(self.run(&place, &argv).await.map_err(missing)?);
        }
        hostread::answer(read, &outputs, &what, &whom)
    }

    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError> {
        self.0.breathe().await;
        let (intent, effect) = (permit.intent().clone(), permit.effect().clone());
        let Effect::Host { host, request, .. } = &effect else {
            return rejected(format!("{} is not for a host", describe(&effect)));
        };
        let Some(place) = place_of(host) else {
            return rejected(format!("nobody knows {host}"));
        };
        self.0.scene.send(&intent, &effect);
        let ran = self.run(&place, &request.argv()).await;
        self.0.scene.heard(&intent, &effect);
        match ran {
            Ok(output) if output.succeeded() => Ok(Accepted::by_program(&effect, output)),
            Ok(output) => Err(PerformError::Failed { text: output.told() }),
            Err(why) => rejected(why),
        }
    }

    async fn follow(&self, _nodes: Vec<NodeName>, _news: mpsc::Sender<HostNews>) {}
}

#[async_trait]
impl Waker for Hosts {
    async fn wake(&self, permit: Permit) -> Result<Accepted, PerformError> {
        self.0.breathe().await;
        let (intent, effect) = (permit.intent().clone(), permit.effect().clone());
        let Effect::Wake { mac, .. } = &effect else {
            return rejected(format!("{} is no wake", describe(&effect)));
        };
        self.0.scene.send(&intent, &effect);
        self.0.scene.with(|stage| stage.world.magic_packet(mac, "jarvis"));
        self.0.scene.heard(&intent, &effect);
        Ok(Accepted::default())
    }
}

fn rejected(text: String) -> Result<Accepted, PerformError> {
    Err(PerformError::Rejected {
        text,
        retryable: true,
    })
}
