//! The language models that can be asked, and what surrounds each question: the route with its reasons, a free slot, money set
//! aside and settled, failures heeded, a daily trial.

use crate::{
    calendar::Calendar,
    router::{
        self, MindNow, Privacy, Situation,
        breaker::Breaker,
        canary::Canary,
        escalate::{Escalation, Step},
        slots::{Rank, Slot, Slots},
    },
    spend::{Asked, Caps, Ledger, LedgerError, Outstanding, Spend},
};
pub use crate::{
    router::{Asking, escalate::Evidence},
    spend::Kind,
};
use jarvis_model::Timestamp;
use jarvis_ports::{
    Store,
    model::{ErrorClass, Model, ModelError, Prompt, Tariff, Usage, Waiting},
};
use jiff::tz::TimeZone;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

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
    slots: Slots,
}

struct Books {
    ledger: Ledger,
    canary: Canary,
}

/// All of them.
pub struct Minds {
    all: Vec<Arc<Mind>>,
    books: Option<Books>,
    local_only: bool,
    calendar: Calendar,
}

/// A model to be asked, and why it.
#[derive(Clone)]
pub struct Choice {
    /// Which.
    pub setup: Arc<MindSetup>,
    /// Why.
    pub reason: String,
    /// Whether it may be offered tools.
    pub tools: bool,
    mind: Arc<Mind>,
}

/// Whom to ask for one question, in order; in the end the built-in voice.
pub struct Chain {
    left: VecDeque<Choice>,
    links: Vec<router::Choice>,
    now: Vec<MindNow>,
    prompt_tokens: u64,
    escalation: Escalation,
    /// Why the built-in voice answers, when it comes to that.
    pub built_in: String,
}

/// What follows from evidence against a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is told what was wrong, and tries again.
    Repair,
    /// The next one is asked; why.
    Next(String),
    /// No other is asked; why.
    GiveUp(String),
}

impl Chain {
    /// Takes the next one out.
    pub fn take(&mut self) -> Option<Choice> {
        self.left.pop_front()
    }

    /// Why the next one is asked: what became of the one before.
    pub fn because(&mut self, why: &str) {
        why.clone_into(&mut self.built_in);
        if let Some(next) = self.left.front_mut() {
            next.reason = format!("{why}; {} answers instead", next.setup.model.id());
        }
    }

    /// Takes evidence against the model that was asked.
    pub fn saw(&mut self, evidence: Evidence, current: &str) -> Verdict {
        let step = self
            .escalation
            .saw(evidence, current, &self.links, &self.now, self.prompt_tokens);
        match step {
            Step::Repair => Verdict::Repair,
            Step::GiveUp { reason } => {
                self.left.clear();
                Verdict::GiveUp(reason)
            }
            Step::Escalate(to) => {
                while self
                    .left
                    .front()
                    .is_some_and(|next| Some(next.setup.model.id()) != to.mind.as_deref())
                {
                    self.left.pop_front();
                }
                Verdict::Next(to.reason)
            }
        }
    }

    /// The smallest window in it.
    pub fn smallest_window(&self) -> Option<u64> {
        self.left.iter().map(|choice| choice.setup.window_tokens).min()
    }
}

/// A question that may be sent now.
pub struct Admitted {
    money: Option<Outstanding>,
    mind: Arc<Mind>,
    at: Timestamp,
    ended: bool,
    _slot: Slot,
}

impl Drop for Admitted {
    /// A person stopped it: the money counts in full, and the model is not to blame.
    fn drop(&mut self) {
        if !self.ended {
            lock(&self.mind.breaker).abandoned(self.at);
        }
    }
}

/// How a model stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub name: String,
    /// Whether it runs in the house.
    pub local: bool,
    /// Whether it is asked when something is asked now.
    pub is_ready: bool,
    /// Why it is not, or not trusted with tools.
    pub reason: Option<String>,
}

impl Minds {
    /// These, in this order; what was spent on them before is in the store.
    ///
    /// # Errors
    /// When the ledger cannot be read; without one nothing that takes money may be asked.
    pub fn open(
        setups: Vec<MindSetup>,
        options: Options,
        store: Arc<dyn Store>,
        zone: TimeZone,
    ) -> Result<Self, LedgerError> {
        let calendar = Calendar::new(zone);
        let ledger = Ledger::open(store.clone(), options.tariff, options.caps, calendar.clone())?;
        let mind = |setup: MindSetup| {
            Arc::new(Mind {
                slots: Slots::new(setup.slots),
                setup: Arc::new(setup),
                breaker: Mutex::default(),
            })
        };
        Ok(Self {
            all: setups.into_iter().map(mind).collect(),
            books: Some(Books {
                canary: Canary::new(store, ledger.clone()),
                ledger,
            }),
            local_only: options.local_only,
            calendar,
        })
    }

    /// None at all.
    pub fn none() -> Self {
        Self {
            all: Vec::new(),
            books: None,
            local_only: false,
            calendar: Calendar::new(TimeZone::UTC),
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

    fn as_they_are(&self, now: Timestamp) -> Vec<MindNow> {
        let mind_now = |mind: &Arc<Mind>| {
            let id = mind.setup.model.id();
            let finding = self.books.as_ref().and_then(|books| books.canary.finding(id));
            MindNow {
                id: id.to_owned(),
                local: mind.setup.model.is_local(),
                window_tokens: Some(mind.setup.window_tokens),
                demoted: finding.and_then(|finding| finding.demoted()),
                breaker: lock(&mind.breaker).standing(now),
            }
        };
        self.all.iter().map(mind_now).collect()
    }

    fn routed(&self, minds: &[MindNow], asking: Asking, prompt_tokens: u64, now: Timestamp) -> router::Route {
        let spent = self.books.as_ref().and_then(|books| books.ledger.spent(now));
        let spent = spent.map(|over| over.to_string());
        let situation = Situation {
            asking,
            privacy: if self.local_only {
                Privacy::InHouse
            } else {
                Privacy::Anywhere
            },
            minds,
            prompt_tokens,
            spent: spent.as_deref(),
            offline: None,
            now,
        };
        router::route(&situation, &self.calendar)
    }

    /// Whom to ask, in order.
    pub fn chain(&self, asking: Asking, prompt_tokens: u64, now: Timestamp) -> Chain {
        let minds = self.as_they_are(now);
        let route = self.routed(&minds, asking, prompt_tokens, now);
        let find = |link: &router::Choice| {
            let id = link.mind.as_deref()?;
            let mind = self.all.iter().find(|mind| mind.setup.model.id() == id)?;
            Some(Choice {
                setup: mind.setup.clone(),
                reason: link.reason.clone(),
                tools: link.tools,
                mind: mind.clone(),
            })
        };
        Chain {
            left: route.chain.iter().filter_map(find).collect(),
            built_in: route
                .chain
                .last()
                .map(|link| link.reason.clone())
                .unwrap_or_default(),
            links: route.chain,
            now: minds,
            prompt_tokens,
            escalation: Escalation::default(),
        }
    }

    /// Waits for a slot and sets aside the most it can cost, for a person's question. The words say why it may not be sent.
    pub async fn admit(&self, choice: &Choice, prompt: &Prompt, now: Timestamp) -> Result<Admitted, String> {
        self.admit_as(choice, prompt, now, (Kind::Question, Rank::Question))
            .await
    }

    /// The same for whatever it is paid as, at its rank.
    pub(crate) async fn admit_as(
        &self,
        choice: &Choice,
        prompt: &Prompt,
        now: Timestamp,
        (kind, rank): (Kind, Rank),
    ) -> Result<Admitted, String> {
        let mind = &choice.mind;
        let id = mind.setup.model.id();
        lock(&mind.breaker)
            .admit(now)
            .map_err(|standing| standing.words(id, &self.calendar, now).unwrap_or_default())?;
        let slot = mind.slots.take(rank).await;
        let Some(books) = &self.books else {
            lock(&mind.breaker).abandoned(now);
            return Err("there is no ledger".to_owned());
        };
        let asked = Asked {
            model: id,
            is_local: mind.setup.model.is_local(),
            kind,
            request_bytes: bytes_of(prompt),
            max_output_tokens: prompt.max_output_tokens,
        };
        match books.ledger.reserve_aside(now, asked).await {
            Ok(reserved) => Ok(Admitted {
                money: Some(reserved.sent()),
                mind: mind.clone(),
                at: now,
                ended: false,
                _slot: slot,
            }),
            Err(error) => {
                lock(&mind.breaker).abandoned(now);
                Err(error.to_string())
            }
        }
    }

    /// It answered; what that cost, in millionths of a dollar.
    pub fn settle(&self, choice: &Choice, mut admitted: Admitted, usage: Option<&Usage>) -> u64 {
        admitted.ended = true;
        lock(&choice.mind.breaker).answered();
        admitted
            .money
            .take()
            .map_or(0, |money| money.settle(usage).micro_dollars)
    }

    /// It failed. What the far side may have charged for counts in full; what it certainly did not, not at all.
    pub fn failed(
        &self,
        choice: &Choice,
        mut admitted: Admitted,
        error: &ModelError,
        began: bool,
        now: Timestamp,
    ) {
        admitted.ended = true;
        lock(&choice.mind.breaker).failed(now, error.class, error.retry_after);
        let Some(money) = admitted.money.take() else {
            return;
        };
        let charged = began
            || matches!(
                error.class,
                ErrorClass::Timeout(Waiting::FirstByte | Waiting::Idle | Waiting::Total)
                    | ErrorClass::Malformed
            );
        if charged {
            money.settle(None);
        } else {
            money.unbilled();
        }
    }

    /// Tries each model that is due, once a day, when nobody waits for it.
    pub async fn try_daily(&self, now: Timestamp) {
        let Some(books) = &self.books else { return };
        for mind in &self.all {
            let id = mind.setup.model.id();
            if !books.canary.is_due(id, now) || !lock(&mind.breaker).standing(now).admits() {
                continue;
            }
            let _slot = mind.slots.take(Rank::Background).await;
            match books.canary.run(mind.setup.model.as_ref(), now).await {
                Ok(finding) => tracing::info!(
                    model = id,
                    passed = finding.passed,
                    asked = finding.asked,
                    "tried"
                ),
                Err(error) => tracing::info!(model = id, %error, "could not be tried"),
            }
        }
    }

    /// What was spent; none without models.
    pub fn report(&self, now: Timestamp) -> Option<Spend> {
        self.books.as_ref().map(|books| books.ledger.report(now))
    }

    /// Told whenever something is set aside or settled; none without models.
    pub fn spending(&self) -> Option<watch::Receiver<u64>> {
        self.books.as_ref().map(|books| books.ledger.changes())
    }

    /// How each of them stands.
    pub fn standings(&self, now: Timestamp) -> Vec<Standing> {
        let minds = self.as_they_are(now);
        let route = self.routed(&minds, Asking::Question, 0, now);
        let standing = |mind: &MindNow| {
            let over = route.passed_over.iter().find(|(id, _)| *id == mind.id);
            Standing {
                name: mind.id.clone(),
                local: mind.local,
                is_ready: over.is_none(),
                reason: over.map(|(_, why)| why.clone()).or_else(|| mind.demoted.clone()),
            }
        };
        minds.iter().map(standing).collect()
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
    prompt
        .system
        .len()
        .saturating_add(tools)
        .saturating_add(history)
        .saturating_add(1024)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
