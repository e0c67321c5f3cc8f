//! A model server that plays a part: both wires, told beforehand what to answer and where to fail, and as strict with
//! requests as the originals. It thinks nothing; what it says is written here.
//!
//! Knows nothing of the client that is tested against it: requests are read and answers written as JSON, by the servers'
//! documentation alone.

mod anthropic;
mod openai;
mod part;
pub mod script;
mod serve;

pub use part::{Act, Cue, Fault, Part, Play};
pub use script::Script;

use serde_json::Value;
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Anthropic's Messages: `POST /v1/messages`.
    Anthropic,
    /// OpenAI's chat completions as llama-server speaks them: `POST /v1/chat/completions`.
    OpenaiCompatible,
}

/// How it is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The one model it has.
    pub model: String,
    /// The key it wants; none lets everybody in.
    pub key: Option<String>,
    /// What it plays.
    pub part: Part,
    /// The port, on loopback; 0 means any free one.
    pub port: u16,
}

impl Options {
    /// A server of the model `play` without a key, on any free port.
    pub fn new(dialect: Dialect, part: Part) -> Self {
        Self {
            dialect,
            model: "play".to_owned(),
            key: None,
            part,
            port: 0,
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Path.
    pub path: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body; null when it is no JSON.
    pub body: Value,
}

/// A running server. Ends with [`ModelServer::stop`], and takes no more requests once dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    script: Mutex<VecDeque<Play>>,
    heard: Mutex<Vec<Heard>>,
    gone: watch::Sender<usize>,
    end: CancellationToken,
}

impl Shared {
    fn next_play(&self) -> Option<Play> {
        let mut script = lock(&self.script);
        // The last one is played for ever.
        match script.len() {
            0 | 1 => script.front().cloned(),
            _ => script.pop_front(),
        }
    }
}

impl ModelServer {
    /// Starts it.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let script = match &options.part {
            Part::Script(plays) => plays.iter().cloned().collect(),
            Part::Cued(_) | Part::Obeying { .. } | Part::Looping { .. } => VecDeque::new(),
        };
        let shared = Arc::new(Shared {
            options,
            script: Mutex::new(script),
            heard: Mutex::default(),
            gone: watch::Sender::new(0),
            end: CancellationToken::new(),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(serve::listen(Arc::clone(&shared), listener, tasks.clone()));
        Ok(Self {
            address,
            shared,
            tasks,
        })
    }

    /// Where it listens, as the dialect's clients want it: Anthropic's without, the other's with `/v1`.
    pub fn base_url(&self) -> String {
        match self.shared.options.dialect {
            Dialect::Anthropic => format!("http://{}", self.address),
            Dialect::OpenaiCompatible => format!("http://{}/v1", self.address),
        }
    }

    /// The model it has.
    pub fn model(&self) -> &str {
        &self.shared.options.model
    }

    /// How it is spoken to.
    pub fn dialect(&self) -> Dialect {
        self.shared.options.dialect
    }

    /// From now on it plays these, whatever it was to play; for servers that play a script.
    pub fn play(&self, plays: impl IntoIterator<Item = Play>) {
        *lock(&self.shared.script) = plays.into_iter().collect();
    }

    /// All requests for answers so far.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.shared.heard).clone()
    }

    /// Returns once so many clients have hung up before their answer was finished.
    pub async fn hung_up(&self, count: usize) {
        let mut gone = self.shared.gone.subscribe();
        // The sender lives as long as this server does.
        let _ = gone.wait_for(|gone| *gone >= count).await;
    }

    /// Ends all connections.
    pub async fn stop(self) {
        self.shared.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.shared.end.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
