//! A cluster, a Jarvis, a conversation, and models that play a part.

use jarvis_assistant::{
    Assistant, ConversationError,
    message::{Card, ConversationId, Message, MessageState},
    minds::{MindSetup, Minds, Options},
    spend::Caps,
    talk::Change,
};
use jarvis_controller::Person;
use jarvis_llm::{Limits, Prices, Provider, Secret, Settings};
use jarvis_model::{Door, Role, TicketState};
use jarvis_simulator::models::{self, Act, Dialect, ModelServer, Part, Play};
use jarvis_store::MemoryStore;
use jarvis_tests::{Rig, Setup, wait};
use jarvis_tools::{Desk, Registry};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Nothing here takes longer.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Everything, running.
pub struct Stage {
    pub rig: Rig,
    pub assistant: Assistant,
    pub conversation: Option<ConversationId>,
    _stop: tokio_util::sync::DropGuard,
}

/// A model server with what it plays, as the config would have it.
pub struct Cast {
    pub server: ModelServer,
    pub settings: Settings,
}

/// A model that says these, one after the other.
pub async fn plays(dialect: Dialect, name: &str, plays: Vec<Play>) -> Cast {
    cast(dialect, name, Part::Script(plays)).await
}

pub async fn cast(dialect: Dialect, name: &str, part: Part) -> Cast {
    let server = ModelServer::start(models::Options {
        model: name.to_owned(),
        ..models::Options::new(dialect, part)
    })
    .await
    .unwrap();
    let local = dialect == Dialect::OpenaiCompatible;
    let mut settings = if local {
        Settings::local(&server.base_url(), name)
    } else {
        Settings::anthropic(name, Secret::parse("key").unwrap())
    };
    settings.base_url = server.base_url();
    settings.limits = Limits {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_secs(4),
        idle: Duration::from_secs(4),
        total: Duration::from_secs(30),
    };
    Cast { server, settings }
}

pub fn say(text: &str) -> Play {
    Act::say(text).into()
}

pub fn call(tool: &str, arguments: serde_json::Value) -> Play {
    Act::call(&[(tool, arguments)]).into()
}

impl Stage {
    /// Over the home laboratory, with these models in this order.
    pub async fn with(casts: &[&Cast]) -> Self {
        Self::capped(casts, Caps::default()).await
    }

    pub async fn capped(casts: &[&Cast], caps: Caps) -> Self {
        let rig = Rig::start(Setup {
            factor: 10,
            ..Setup::default()
        })
        .await;
        wait::until(rig.jarvis(), "the cluster is seen", PATIENCE, |view| {
            view.observed.guests.len() > 5
        })
        .await;
        let store = Arc::new(MemoryStore::default());
        Self::over(rig, casts, caps, store)
    }

    pub fn over(rig: Rig, casts: &[&Cast], caps: Caps, store: Arc<MemoryStore>) -> Self {
        let registry = Registry::new(Desk {
            handle: rig.jarvis().clone(),
            clock: rig.clock(),
        });
        let setup = |cast: &&Cast| MindSetup {
            model: Arc::new(Provider::new(cast.settings.clone(), rig.clock()).unwrap()),
            window_tokens: 32_000,
            max_output_tokens: 500,
            slots: 2,
        };
        let options = Options {
            tariff: Arc::new(Prices::built_in()),
            caps,
            local_only: false,
        };
        let zone = jiff::tz::TimeZone::UTC;
        let minds = Minds::open(
            casts.iter().map(setup).collect(),
            options,
            store.clone(),
            zone.clone(),
        )
        .unwrap();
        let assistant = Assistant::new(registry, minds, zone);
        let stop = CancellationToken::new();
        tokio::spawn(assistant.clone().run(stop.clone()));
        Self {
            rig,
            assistant,
            conversation: None,
            _stop: stop.drop_guard(),
        }
    }

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

    /// Says something as soon as the answer before is over and kept.
    async fn send(&self, who: &Person, text: &str) -> (ConversationId, u64) {
        let begun = std::time::Instant::now();
        loop {
            match self.assistant.send(who, self.conversation.clone(), text) {
                Err(ConversationError::Busy) if begun.elapsed() < PATIENCE => tokio::task::yield_now().await,
                sent => return sent.unwrap(),
            }
        }
    }

    /// The same by somebody; the conversation at hand is theirs.
    pub async fn ask_as(&mut self, who: &Person, text: &str) -> Message {
        let (id, seq) = self.send(who, text).await;
        self.conversation = Some(id.clone());
        let (_, mut changes) = self.assistant.follow(&who.user, &id).unwrap();
        let waiting = async {
            loop {
                let messages = self.assistant.conversation(&who.user, &id).unwrap().messages;
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
                while !matches!(changes.recv().await.unwrap(), Change::Message(_)) {}
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap()
    }

    pub fn messages(&self) -> Vec<Message> {
        let id = self.conversation.as_ref().unwrap();
        self.assistant.conversation("anna", id).unwrap().messages
    }

    /// The request behind the first card of a message.
    pub fn ticket(&self, message: &Message) -> jarvis_model::Ticket {
        let id = message.cards.iter().find_map(|card| match card {
            Card::Action { ticket, .. } => Some(ticket.clone()),
            _ => None,
        });
        let view = self.rig.jarvis().view();
        view.memory.tickets[&id.expect("a card with an action")].clone()
    }

    /// How many requests there are that could still act or have.
    pub fn effects(&self) -> usize {
        self.rig.jarvis().view().memory.intents.len()
    }

    pub fn waiting(&self) -> usize {
        let view = self.rig.jarvis().view();
        let waits =
            |ticket: &&jarvis_model::Ticket| matches!(ticket.state, TicketState::AwaitingConfirmation { .. });
        view.memory.tickets.values().filter(waits).count()
    }
}
