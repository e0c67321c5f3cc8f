//! The language models that can be asked, in their order, and what surrounds each question: why this one, a free place, money put
//! aside and settled, failures heeded. Which one is asked is decided by rules; only evidence changes it.

pub use crate::spend::Kind;
use crate::{
    breaker::Breaker,
    spend::{Caps, Ledger, Report, Reservation},
};
use jarvis_model::Timestamp;
use jarvis_ports::{
    Store, StoreError,
    model::{ErrorClass, Model, ModelError, Prompt, Tariff, Usage},
};
use jiff::tz::TimeZone;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// A model that can be asked.
pub struct MindSetup {
    /// It.
    pub model: Arc<dyn Model>,
    /// Tokens it can read.
    pub window_tokens: u64,
    /// Tokens an answer may have.
    pub max_output_tokens: u32,
    /// Questions it answers at a time.
    pub slots: usize,
}

/// What may be asked and spent.
#[derive(Clone)]
pub struct Options {
    /// What answers cost.
    pub tariff: Arc<dyn Tariff>,
    /// What may be spent.
    pub caps: Caps,
    /// Whether only models in the house are asked.
    pub local_only: bool,
}

struct Mind {
    setup: Arc<MindSetup>,
    breaker: Mutex<Breaker>,
    places: Arc<Semaphore>,
}

/// All of them.
pub struct Minds {
    all: Vec<Arc<Mind>>,
    options: Option<Options>,
    ledger: Option<Arc<Ledger>>,
}

/// Why another model is to take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Its calls came broken twice.
    MalformedTwice,
    /// It went on calling.
    LoopLimit,
    /// The conversation does not fit into it.
    ContextFull,
}

impl Evidence {
    /// What an error proves.
    pub fn of_error(error: &ModelError) -> Option<Self> {
        matches!(error.class, ErrorClass::ContextTooLong { .. }).then_some(Self::ContextFull)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedTwice => "called tools wrongly twice",
            Self::LoopLimit => "went on calling tools without an answer",
            Self::ContextFull => "cannot read a conversation as long as this one",
        })
    }
}

/// A model to be asked, and why it.
#[derive(Clone)]
pub struct Choice {
    /// Which.
    pub setup: Arc<MindSetup>,
    /// Why.
    pub reason: String,
    mind: Arc<Mind>,
}

/// Whom to ask for one question, in order.
#[derive(Default)]
pub struct Chain {
    left: VecDeque<Choice>,
    escalated: bool,
    because: Option<String>,
    /// Why nobody is asked, when nobody is.
    pub none: String,
}

impl Chain {
    /// The next one.
    pub fn next(&mut self) -> Option<Choice> {
        let mut choice = self.left.pop_front()?;
        if let Some(because) = &self.because {
            choice.reason = format!("{because}; {} answers instead", choice.setup.model.id());
        }
        Some(choice)
    }

    /// The one before does not manage, and this proves it. That counts once: what a second one does not manage either is not
    /// handed on.
    pub fn escalate(&mut self, _: Evidence) {
        if std::mem::replace(&mut self.escalated, true) {
            self.left.clear();
        }
    }

    /// Why the next one is asked.
    pub fn because(&mut self, why: &str) {
        self.because = Some(why.to_owned());
    }

    /// The smallest window in it.
    pub fn smallest_window(&self) -> Option<u64> {
        self.left.iter().map(|choice| choice.setup.window_tokens).min()
    }
}

/// A question that may be sent now.
pub struct Admitted {
    money: Option<Reservation>,
    _place: OwnedSemaphorePermit,
}

/// How a model stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub name: String,
    /// Whether it runs in the house.
    pub local: bool,
    /// `ready`, `resting` or `not asked`.
    pub state: &'static str,
    /// Why it is not ready.
    pub reason: Option<String>,
}

impl Minds {
    /// These, in this order; what was spent on them before is in the store.
    pub fn open(
        setups: Vec<MindSetup>,
        options: Options,
        store: Arc<dyn Store>,
        zone: TimeZone,
    ) -> Result<Self, StoreError> {
        let ledger = Arc::new(Ledger::open(store, options.caps, zone)?);
        let mind = |setup: MindSetup| {
            Arc::new(Mind {
                places: Arc::new(Semaphore::new(setup.slots.max(1))),
                setup: Arc::new(setup),
                breaker: Mutex::default(),
            })
        };
        Ok(Self {
            all: setups.into_iter().map(mind).collect(),
            options: Some(options),
            ledger: Some(ledger),
        })
    }

    /// None at all.
    pub fn none() -> Self {
        Self {
            all: Vec::new(),
            options: None,
            ledger: None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, as configured.
    pub fn setups(&self) -> impl Iterator<Item = &Arc<MindSetup>> {
        self.all.iter().map(|mind| &mind.setup)
    }

    /// Whom to ask, in order: as configured, those left out that may not be asked at all.
    pub fn chain(&self, kind: Kind, now: Timestamp) -> Chain {
        let mut chain = Chain {
            none: "no language model is configured".to_owned(),
            ..Chain::default()
        };
        for mind in &self.all {
            let name = mind.setup.model.id();
            if let Some(why) = self.kept_out(mind, now) {
                let why = format!("{name} is not asked: {why}");
                chain.none.clone_from(&why);
                chain.because(&why);
                continue;
            }
            let what = match kind {
                Kind::Question => "no status question I know by myself",
                Kind::Narration => "to be worded",
                Kind::Canary => "its daily trial",
            };
            chain.left.push_back(Choice {
                reason: format!("{what}; {name} is the first to ask"),
                setup: mind.setup.clone(),
                mind: mind.clone(),
            });
        }
        chain
    }

    fn local_only(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.local_only)
    }

    /// Why a model is not asked, whatever the question.
    fn kept_out(&self, mind: &Mind, now: Timestamp) -> Option<String> {
        if self.local_only() && !mind.setup.model.is_local() {
            return Some("only models in the house are asked".to_owned());
        }
        lock(&mind.breaker).state(now)
    }

    /// Waits for a free place and puts the most it can cost aside. The words say why it may not be sent.
    pub async fn admit(
        &self,
        choice: &Choice,
        prompt: &Prompt,
        kind: Kind,
        now: Timestamp,
    ) -> Result<Admitted, String> {
        let mind = &choice.mind;
        let setup = &mind.setup;
        if kind != Kind::Question && mind.places.available_permits() < 2.min(setup.slots) {
            return Err("people go first".to_owned());
        }
        lock(&mind.breaker).ask(now)?;
        let place = Arc::clone(&mind.places)
            .acquire_owned()
            .await
            .map_err(|_| "it is closed".to_owned());
        let place = place.inspect_err(|_| lock(&mind.breaker).not_sent())?;
        let book = self.options.as_ref().zip(self.ledger.as_ref());
        let money = match book.filter(|_| !setup.model.is_local()) {
            None => None,
            Some((options, ledger)) => {
                let bytes = bytes_of(prompt);
                let most = options
                    .tariff
                    .ceiling(setup.model.id(), bytes, prompt.max_output_tokens);
                let reserved = ledger.reserve(setup.model.id(), kind, most.micro_dollars, now);
                Some(reserved.map_err(|error| {
                    lock(&mind.breaker).not_sent();
                    error.to_string()
                })?)
            }
        };
        Ok(Admitted { money, _place: place })
    }

    /// It answered; what that cost, in millionths of a dollar.
    pub fn settle(&self, choice: &Choice, admitted: Admitted, usage: Option<&Usage>) -> u64 {
        lock(&choice.mind.breaker).answered();
        let (Some(money), Some(options)) = (admitted.money, &self.options) else {
            return 0;
        };
        match usage {
            Some(usage) if usage.prompt_tokens() > 0 => {
                let cost = options.tariff.cost(choice.setup.model.id(), usage).micro_dollars;
                money.settle(cost);
                cost
            }
            _ => {
                money.settle_in_full();
                0
            }
        }
    }

    /// It failed. What a far side that never answered may have charged counts in full, unless it certainly charged nothing.
    pub fn failed(&self, choice: &Choice, admitted: Admitted, error: &ModelError, now: Timestamp) {
        lock(&choice.mind.breaker).failed(error.class, error.retry_after, now);
        let Some(money) = admitted.money else { return };
        match error.class {
            ErrorClass::Auth
            | ErrorClass::Quota
            | ErrorClass::RateLimited
            | ErrorClass::BadRequest
            | ErrorClass::ContextTooLong { .. }
            | ErrorClass::Timeout(jarvis_ports::model::Waiting::Connect) => drop(money),
            _ => money.settle_in_full(),
        }
    }

    /// What was spent.
    pub fn report(&self, now: Timestamp) -> Report {
        self.ledger
            .as_ref()
            .map(|ledger| ledger.report(now))
            .unwrap_or_default()
    }

    /// Told whenever something is put aside or settled; none without models.
    pub fn spending(&self) -> Option<watch::Receiver<u64>> {
        self.ledger.as_ref().map(|ledger| ledger.changes())
    }

    /// Of which day the prices are.
    pub fn prices_as_of(&self) -> &str {
        self.options.as_ref().map_or("", |options| options.tariff.as_of())
    }

    /// How each of them stands.
    pub fn standings(&self, now: Timestamp) -> Vec<Standing> {
        let standing = |mind: &Arc<Mind>| {
            let local = mind.setup.model.is_local();
            let kept_out = self.kept_out(mind, now);
            let broke = (!local).then(|| self.report(now).warnings).unwrap_or_default();
            let broke = broke
                .into_iter()
                .find(|warning| warning.contains("is spent. Until"));
            Standing {
                name: mind.setup.model.id().to_owned(),
                local,
                state: match (&kept_out, &broke) {
                    (None, None) => "ready",
                    (Some(_), _) if self.local_only() && !local => "not asked",
                    (Some(_), _) => "resting",
                    (None, Some(_)) => "over budget",
                },
                reason: kept_out.or(broke),
            }
        };
        self.all.iter().map(standing).collect()
    }
}

/// Bytes of a question, more rather than less.
fn bytes_of(prompt: &Prompt) -> usize {
    let tools: usize = prompt
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.schema.to_string().len() + 64)
        .sum();
    let history = serde_json::to_string(&prompt.history).map_or(usize::MAX, |text| text.len());
    prompt.system.len().saturating_add(tools).saturating_add(history)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
