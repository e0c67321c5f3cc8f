//! The poller of the recordings before a simulated cluster: the same calls at the same seconds, one in flight each.
//!
//! Time is advanced by hand in quarters of a second, and the calls are carried along by hand, so that nothing depends
//! on the speed of this machine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jarvis_simulator::{Fault, Options, Scenario, Simulator, SimulatorHandle, Told};
use serde_json::Value;

use super::laboratory;
use super::list::Timeline;
use super::recording::{Act, Recording, rows_of, told};
use super::tracks::{Reader, Tracks};
use crate::common::options;

type Call = Pin<Box<dyn Future<Output = Told>>>;

const STEP_MS: u64 = 250;

/// Something to be done at a second.
pub enum Deed {
    Fault(Fault),
    Act(Act),
}

/// Whatever has been asked and not answered.
struct Poller {
    handle: SimulatorHandle,
    authorization: String,
    reader: Reader,
    /// By track name of an act, or path of a poll.
    flying: BTreeMap<(String, bool), Call>,
}

impl Poller {
    fn ask(&self, node: &str, method: &str, path: &str, form: &str) -> Call {
        let (handle, authorization) = (self.handle.clone(), self.authorization.clone());
        let [node, method, path, form] = [node, method, path, form].map(str::to_owned);
        Box::pin(tokio::task::unconstrained(async move {
            handle.ask(&authorization, &node, &method, &path, &form).await
        }))
    }

    fn now_secs(&self) -> f64 {
        self.handle.now().as_millis() as f64 / 1000.0
    }

    /// Carries every call as far as it gets now.
    fn carry(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        let at_secs = self.now_secs();
        let mut ready = Vec::new();
        for (key, call) in &mut self.flying {
            if let Poll::Ready(answer) = call.as_mut().poll(&mut context) {
                ready.push((key.clone(), answer));
            }
        }
        for (key, answer) in ready {
            self.flying.remove(&key);
            let (name, is_act) = key;
            if is_act {
                let name = name.split('#').next().unwrap().to_owned();
                self.reader
                    .note(name, at_secs, told(answer.status, &answer.reason));
                continue;
            }
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let rows = rows_of(&body["data"]);
            self.reader
                .answer(&name, at_secs, answer.status, &answer.reason, &rows);
        }
    }

    fn advance_to(&mut self, to_ms: u64) {
        let now_ms = self.handle.now().as_millis();
        self.handle
            .advance(Duration::from_millis(to_ms.saturating_sub(now_ms)));
        self.carry();
    }

    fn carry_out(&mut self, deed: Deed, number: usize) {
        match deed {
            Deed::Fault(fault) => self.handle.inject(&fault).unwrap(),
            Deed::Act(act) => {
                // A DELETE has no body.
                let (path, form) = match (act.method.as_str(), act.form.as_str()) {
                    ("DELETE", form) if !form.is_empty() => (format!("{}?{form}", act.path), ""),
                    (_, form) => (act.path.clone(), form),
                };
                let call = self.ask(&act.via, &act.method, &path, form);
                let name = format!("{} {} via {}#{number}", act.method, act.path, act.via);
                self.flying.insert((name, true), call);
                self.carry();
            }
        }
    }
}

fn millis(secs: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(secs).as_millis()).unwrap()
}

/// Tells a recorded timeline again.
pub async fn replay(timeline: &Timeline, recording: &Recording) -> Tracks {
    let world = laboratory::world(timeline, recording);
    let mut deeds: Vec<(f64, Deed)> = timeline
        .faults
        .iter()
        .map(|(at_secs, json)| (*at_secs, Deed::Fault(serde_json::from_str(json).unwrap())))
        .collect();
    deeds.extend(
        recording
            .acts()
            .into_iter()
            .map(|act| (act.at_secs, Deed::Act(act))),
    );
    let load = |(at_secs, factor): &(f64, u32)| (*at_secs, Deed::Fault(Fault::SlowTasks { factor: *factor }));
    deeds.extend(timeline.load.iter().map(load));
    run(
        world,
        timeline.guests,
        deeds,
        recording.polls(),
        recording.end_secs(),
    )
    .await
}

/// Runs a world until `end_secs` with deeds and polls (path, asked node).
pub async fn run(
    world: jarvis_simulator::world::World,
    guests: &[u32],
    mut deeds: Vec<(f64, Deed)>,
    polls: impl IntoIterator<Item = (String, String)>,
    end_secs: f64,
) -> Tracks {
    let options = Options {
        scenario: Scenario::Given(Box::new(world)),
        ..options()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let mut poller = Poller {
        handle: simulator.handle(),
        authorization: simulator.tokens().full.authorization(),
        reader: Reader::of(guests),
        flying: BTreeMap::new(),
    };
    let polls: Vec<(String, String)> = polls.into_iter().collect();
    deeds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut deeds = deeds.into_iter().enumerate().peekable();
    let mut at_ms = 0;
    while at_ms as f64 / 1000.0 <= end_secs {
        while let Some((number, (at_secs, deed))) = deeds.next_if(|(_, (at, _))| at * 1000.0 <= at_ms as f64)
        {
            poller.advance_to(millis(at_secs));
            poller.carry_out(deed, number);
        }
        poller.advance_to(at_ms);
        if at_ms % 1000 == 0 {
            for (path, via) in &polls {
                let key = (path.clone(), false);
                if !poller.flying.contains_key(&key) {
                    let call = poller.ask(via, "GET", path, "");
                    poller.flying.insert(key, call);
                }
            }
            poller.carry();
        }
        at_ms += STEP_MS;
    }
    let tracks = std::mem::take(&mut poller.reader).finish();
    drop(poller);
    simulator.stop().await;
    tracks
}
