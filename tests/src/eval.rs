//! Requests as operators make them, with what must come of each: which tools are called, which card or proposal appears, what
//! the answer says. Asked of a played model they prove that everything is joined; asked of a real one they tell what it is
//! worth; asked of code alone they tell what needs no model.
//!
//! | module | what |
//! | --- | --- |
//! | [`request`] | the requests, as their file tells them |
//! | [`score`] | whether what came of one is what must come of it |
//! | [`report`] | rates with their bounds, tokens, cost, time |
//!
//! Every request has its own cluster and its own conversation. Nothing is ever confirmed or approved.

pub mod report;
pub mod request;
pub mod score;

use crate::{
    Rig, Setup,
    stage::{Cast, Stage, cast, minds},
    wait,
};
use futures::{StreamExt, stream};
use jarvis_assistant::{
    Assistant,
    message::Message,
    minds::{MindSetup, Minds},
    spend::Caps,
};
use jarvis_llm::{Provider, Settings};
use jarvis_model::Cause;
use jarvis_ports::SystemClock;
use jarvis_simulator::models::{Act, Cue, Dialect, Part, Play};
use jarvis_store::MemoryStore;
use request::Request;
use score::{Came, Flaw};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Simulated seconds in a second, and where much has to happen before.
const FACTOR: u32 = 2;
const FAST: u32 = 20;
const SOON_SECS: u64 = 10;
/// The cluster shows what was done to it within this.
const SHOWN_WITHIN: Duration = Duration::from_mins(1);

/// Who is asked.
#[derive(Clone)]
pub enum Mind {
    /// Code alone.
    BuiltIn,
    /// A played model that does what each request wants: this proves plumbing, and nothing of any model.
    Scripted(Dialect),
    /// A model.
    Model(Box<Tried>),
}

/// A model that is tried.
#[derive(Clone)]
pub struct Tried {
    /// Which, where, how.
    pub settings: Settings,
    /// Tokens it reads.
    pub window_tokens: u64,
    /// Tokens an answer may have.
    pub max_output_tokens: u32,
    /// How long one answer may take, tools included.
    pub patience: Duration,
}

/// What came of one request.
#[derive(Debug)]
pub struct Tally {
    /// Which.
    pub name: String,
    /// What kind it is.
    pub kind: request::Kind,
    /// What is wrong with it; empty when it passed.
    pub flaws: Vec<Flaw>,
    /// What was said.
    pub text: String,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost at the price table.
    pub micro_dollars: u64,
    /// From the question to the last word.
    pub took: Duration,
}

/// Asks all of them, so many at a time; tells each as it comes.
pub async fn run(
    requests: &[Request],
    mind: &Mind,
    at_once: usize,
    mut told: impl FnMut(&Tally),
) -> Vec<Tally> {
    let asking: Vec<_> = requests
        .iter()
        .map(|request| Box::pin(one(request, mind)))
        .collect();
    let mut asking = stream::iter(asking).buffered(at_once.max(1));
    let mut all = Vec::new();
    while let Some(tally) = asking.next().await {
        told(&tally);
        all.push(tally);
    }
    all
}

/// Asks one, on a cluster of its own.
pub async fn one(request: &Request, mind: &Mind) -> Tally {
    let rig = Rig::start(Setup {
        factor: if request.shown_secs > SOON_SECS {
            FAST
        } else {
            FACTOR
        },
        look_every: Duration::from_secs(2),
        manifests: manifests(),
        ..Setup::default()
    })
    .await;
    wait::until(
        rig.jarvis(),
        "cluster and manifests are known",
        SHOWN_WITHIN,
        |view| view.observed.complete_passes > 2 && !view.desired.guests.is_empty(),
    )
    .await;
    prepare(&rig, request).await;
    let mut played = Vec::new();
    let (assistant, patience) = assistant(&rig, request, mind, &mut played).await;
    let mut stage = Stage::of(rig, assistant);
    let began = Instant::now();
    let answer = stage.ask_within(&Stage::anna(), &request.ask, patience).await;
    let took = began.elapsed();
    let by_model = !matches!(mind, Mind::BuiltIn);
    let came = came(&stage, answer, by_model);
    let mut tally = Tally {
        name: request.name.clone(),
        kind: request.kind,
        flaws: score::judge(request, &came),
        text: came.text,
        prompt_tokens: 0,
        output_tokens: 0,
        micro_dollars: 0,
        took,
    };
    for used in stage.messages().into_iter().filter_map(|message| message.mind) {
        tally.prompt_tokens += used.prompt_tokens;
        tally.output_tokens += used.output_tokens;
        tally.micro_dollars += used.micro_dollars;
    }
    stage.end().await;
    for cast in played {
        cast.server.stop().await;
    }
    tally
}

/// Conversations with this mind alone; models are asked everything, also what code would answer.
async fn assistant(
    rig: &Rig,
    request: &Request,
    mind: &Mind,
    played: &mut Vec<Cast>,
) -> (Assistant, Duration) {
    let zone = jiff::tz::TimeZone::UTC;
    let registry = Stage::registry(rig);
    let (settings, window_tokens, max_output_tokens, patience) = match mind {
        Mind::BuiltIn => {
            let assistant = Assistant::new(registry, Minds::none(), zone);
            return (assistant, SHOWN_WITHIN);
        }
        Mind::Scripted(dialect) => {
            let part = Part::Cued(vec![script(request)]);
            let cast = cast(*dialect, "scripted", part).await;
            let settings = cast.settings.clone();
            played.push(cast);
            (settings, 65_536, 1024, SHOWN_WITHIN)
        }
        Mind::Model(tried) => (
            tried.settings.clone(),
            tried.window_tokens,
            tried.max_output_tokens,
            tried.patience,
        ),
    };
    let setup = MindSetup {
        // A model takes its time by the wall, however fast the cluster's goes.
        model: Arc::new(Provider::new(settings, Arc::new(SystemClock)).expect("settings that were checked")),
        window_tokens,
        max_output_tokens,
        slots: 1,
    };
    let minds = minds(vec![setup], Caps::default(), Arc::new(MemoryStore::default()));
    (Assistant::for_trial(registry, minds, zone), patience)
}

/// What a model would say and call that does what the request wants.
fn script(request: &Request) -> Cue {
    let calls: Vec<(String, String)> = request
        .calls
        .iter()
        .map(|call| (call.tools()[0].to_owned(), call.played().to_string()))
        .collect();
    let words = request.says.iter().map(|said| request::ways(said)[0]);
    let words: Vec<&str> = words.collect();
    let said: Play = Act::say(&format!("It is so: {}.", words.join(", "))).into();
    let called = Play {
        act: Act {
            calls,
            ..Act::default()
        },
        fault: None,
    };
    Cue {
        when: String::new(),
        plays: if request.calls.is_empty() {
            vec![said]
        } else {
            vec![called, said]
        },
    }
}

/// Does to the cluster what the request begins with, and waits until Jarvis has seen it.
async fn prepare(rig: &Rig, request: &Request) {
    let handle = rig.simulator.handle();
    for fault in &request.before {
        handle.inject(fault).expect("a fault the simulator knows");
    }
    for (vmid, name) in &request.names {
        handle.with_world(|world| {
            let guest = world.guests.get_mut(vmid);
            guest.expect("a guest that is there").name.clone_from(name);
        });
    }
    if request.before.is_empty() && request.names.is_empty() {
        return;
    }
    let after = rig.now() + Duration::from_secs(request.shown_secs);
    wait::until(rig.jarvis(), "what was done is seen", SHOWN_WITHIN, |view| {
        view.observed.looked_at.is_some_and(|at| at > after)
    })
    .await;
}

/// Everything that can be judged.
fn came(stage: &Stage, answer: Option<Message>, by_model: bool) -> Came {
    let messages = stage.messages();
    let view = stage.rig.jarvis().view();
    let tools = messages.iter().flat_map(|message| &message.tools);
    let is_answered = answer.is_some();
    let mind = answer.as_ref().and_then(|message| message.mind.as_ref());
    let mind = mind.map_or_else(String::new, |mind| mind.name.clone());
    let texts: Vec<String> = messages
        .iter()
        .skip(1)
        .map(|message| message.text.clone())
        .collect();
    Came {
        is_answered,
        by_model,
        mind,
        text: texts.join("\n"),
        calls: tools
            .map(|used| {
                let arguments = serde_json::from_str(&used.arguments).unwrap_or_default();
                (used.tool.clone(), arguments)
            })
            .collect(),
        tickets: view.memory.tickets.values().cloned().collect(),
        proposals: view.memory.proposals.values().cloned().collect(),
        // What the reconciler does by itself is no answer to anybody.
        done: view
            .memory
            .intents
            .values()
            .filter(|intent| matches!(intent.cause, Cause::Ticket { .. }))
            .count(),
    }
}

/// The household's manifests, in one file.
fn manifests() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/homelab/manifests");
    let mut texts = Vec::new();
    for below in [folder.clone(), folder.join("guests")] {
        let mut files: Vec<_> = std::fs::read_dir(&below)
            .expect("the examples")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ext| ext == "yaml"))
            .collect();
        files.sort();
        texts.extend(
            files
                .iter()
                .map(|path| std::fs::read_to_string(path).expect("an example")),
        );
    }
    texts.join("---\n")
}
