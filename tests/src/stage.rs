//! A cluster, a Jarvis, a conversation, and language models: played ones, or whichever are to be tried.

use crate::{Rig, Setup, wait};
use jarvis_assistant::{
    Assistant, ConversationError,
    message::{Card, ConversationId, Message, MessageState},
    minds::{MindSetup, Minds, Options},
    spend::Caps,
    talk::Change,
};
use jarvis_controller::Person;
use jarvis_llm::{Limits, Prices, Provider, Secret, Settings};
use jarvis_model::{Door, Role, Ticket, TicketState};
use jarvis_simulator::models::{self, Act, Dialect, ModelServer, Part, Play};
use jarvis_store::MemoryStore;
use jarvis_tools::{Desk, Registry};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Nothing here takes longer.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Tokens a played model reads, and writes.
const WINDOW_TOKENS: u64 = 32_000;
const OUTPUT_TOKENS: u32 = 500;

/// Everything, running.
pub struct Stage {
    /// Cluster and Jarvis.
    pub rig: Rig,
    /// The door to conversations.
    pub assistant: Assistant,
    /// The one that goes on; none before the first question.
    pub conversation: Option<ConversationId>,
    _stop: tokio_util::sync::DropGuard,
}

/// A model server with what it plays, as the config would have it.
pub struct Cast {
    /// The server.
    pub server: ModelServer,
    /// How it is asked.
    pub settings: Settings,
}

/// A model that says these, one after the other.
pub async fn plays(dialect: Dialect, name: &str, plays: Vec<Play>) -> Cast {
    cast(dialect, name, Part::Script(plays)).await
}

/// A model that plays this part.
pub async fn cast(dialect: Dialect, name: &str, part: Part) -> Cast {
    let options = models::Options {
        model: name.to_owned(),
        ..models::Options::new(dialect, part)
    };
    let server = ModelServer::start(options).await.expect("a free port");
    let mut settings = match dialect {
        Dialect::OpenaiCompatible => Settings::local(&server.base_url(), name),
        Dialect::Anthropic => Settings::anthropic(name, Secret::parse("key").expect("a key")),
    };
    settings.base_url = server.base_url();
    // Of the stage's clock, which goes ten times as fast: a busy machine is no slow model.
    settings.limits = Limits {
        connect: Duration::from_secs(20),
        first_byte: Duration::from_mins(10),
        idle: Duration::from_mins(10),
        total: Duration::from_mins(10),
    };
    Cast { server, settings }
}

/// An answer of words.
pub fn say(text: &str) -> Play {
    Act::say(text).into()
}

/// An answer that calls a tool.
pub fn call(tool: &str, arguments: serde_json::Value) -> Play {
    Act::call(&[(tool, arguments)]).into()
}

/// Models over these tools; money counts at the built-in prices.
pub fn minds(setups: Vec<MindSetup>, caps: Caps, store: Arc<MemoryStore>) -> Minds {
    let options = Options {
        tariff: Arc::new(Prices::built_in()),
        caps,
        local_only: false,
    };
    Minds::open(setups, options, store, jiff::tz::TimeZone::UTC).expect("an empty ledger")
}

impl Stage {
    /// Over the home laboratory, with these models in this order.
    pub async fn with(casts: &[&Cast]) -> Self {
        Self::capped(casts, Caps::default()).await
    }

    /// The same with so much to spend.
    pub async fn capped(casts: &[&Cast], caps: Caps) -> Self {
        let rig = Rig::start(Setup {
            factor: 10,
            ..Setup::default()
        })
        .await;
        Self::seen(&rig).await;
        let store = Arc::new(MemoryStore::default());
        Self::over(rig, casts, caps, store)
    }

    /// Waits until the cluster was looked at.
    pub async fn seen(rig: &Rig) {
        wait::until(rig.jarvis(), "the cluster is seen", PATIENCE, |view| {
            view.observed.guests.len() > 5
        })
        .await;
    }

    /// Over a rig that runs.
    pub fn over(rig: Rig, casts: &[&Cast], caps: Caps, store: Arc<MemoryStore>) -> Self {
        let setup = |cast: &&Cast| MindSetup {
            model: Arc::new(Provider::new(cast.settings.clone(), rig.clock()).expect("settings")),
            window_tokens: WINDOW_TOKENS,
            max_output_tokens: OUTPUT_TOKENS,
            slots: 2,
        };
        let minds = minds(casts.iter().map(setup).collect(), caps, store);
        let assistant = Assistant::new(Self::registry(&rig), minds, jiff::tz::TimeZone::UTC);
        Self::of(rig, assistant)
    }

    /// The tools over a rig.
    pub fn registry(rig: &Rig) -> Registry {
        Registry::new(Desk {
            handle: rig.jarvis().clone(),
            clock: rig.clock(),
        })
    }

    /// With conversations as they are.
    pub fn of(rig: Rig, assistant: Assistant) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(assistant.clone().run(stop.clone()));
        Self {
            rig,
            assistant,
            conversation: None,
            _stop: stop.drop_guard(),
        }
    }

    /// Who asks.
    pub fn anna() -> Person {
        Person {
            user: "anna".to_owned(),
            role: Role::Operator,
            door: Door::Dashboard,
        }
    }

    /// Asks, and waits for the last message of the answer.
    pub async fn ask(&mut self, text: &str) -> Message {
        self.ask_as(&Self::anna(), text).await
    }

    /// The same by somebody; the conversation at hand is theirs.
    pub async fn ask_as(&mut self, who: &Person, text: &str) -> Message {
        let answer = self.ask_within(who, text, PATIENCE).await;
        answer.expect("an answer within a minute")
    }

    /// Says something as soon as the answer before is over and kept.
    async fn send(&self, who: &Person, text: &str) -> (ConversationId, u64) {
        let begun = std::time::Instant::now();
        loop {
            match self.assistant.send(who, self.conversation.clone(), text) {
                Err(ConversationError::Busy) if begun.elapsed() < PATIENCE => tokio::task::yield_now().await,
                sent => return sent.expect("a conversation"),
            }
        }
    }

    /// The same; none when it takes longer.
    pub async fn ask_within(&mut self, who: &Person, text: &str, patience: Duration) -> Option<Message> {
        let (id, seq) = self.send(who, text).await;
        self.conversation = Some(id.clone());
        let followed = self.assistant.follow(&who.user, &id);
        let (_, mut changes) = followed.expect("a conversation");
        let waiting = async {
            loop {
                let kept = self.assistant.conversation(&who.user, &id);
                let messages = kept.expect("a conversation").messages;
                // How something ended may be told between.
                let told = |message: &&Message| {
                    let reason = message.mind.as_ref().map(|mind| mind.reason.as_str());
                    reason == Some("reports how it ended")
                };
                let answers: Vec<&Message> = messages
                    .iter()
                    .filter(|message| message.seq > seq && !told(message))
                    .collect();
                let coming = answers
                    .iter()
                    .any(|message| message.state == MessageState::Coming);
                if let Some(last) = answers.last().filter(|_| !coming) {
                    return (*last).clone();
                }
                // Who is too slow looks again.
                while changes
                    .recv()
                    .await
                    .is_ok_and(|change| !matches!(change, Change::Message(_)))
                {}
            }
        };
        tokio::time::timeout(patience, waiting).await.ok()
    }

    /// Everything said so far.
    pub fn messages(&self) -> Vec<Message> {
        let id = self.conversation.as_ref().expect("a conversation");
        let kept = self.assistant.conversation("anna", id);
        kept.expect("a conversation").messages
    }

    /// The request behind the first card of a message.
    pub fn ticket(&self, message: &Message) -> Ticket {
        let id = message.cards.iter().find_map(|card| match card {
            Card::Action { ticket, .. } => Some(ticket.clone()),
            _ => None,
        });
        let view = self.rig.jarvis().view();
        view.memory.tickets[&id.expect("a card with an action")].clone()
    }

    /// Ends everything.
    pub async fn end(mut self) {
        self.rig.stop().await;
        self.rig.simulator.stop().await;
    }

    /// How many requests there are that could still act or have.
    pub fn effects(&self) -> usize {
        self.rig.jarvis().view().memory.intents.len()
    }

    /// How many requests wait for a person.
    pub fn waiting(&self) -> usize {
        let view = self.rig.jarvis().view();
        let waits = |ticket: &&Ticket| matches!(ticket.state, TicketState::AwaitingConfirmation { .. });
        view.memory.tickets.values().filter(waits).count()
    }
}
