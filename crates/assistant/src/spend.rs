//! What may be spent on language models, and what was. Money is put aside before a question is sent and settled by what it
//! really took, so that no cap is ever passed, however many ask at once; what was put aside when the program died counts in full.
//! Everything is in the store, durable before the question is sent.

use jarvis_model::Timestamp;
use jarvis_ports::{Store, StoreError, Write};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

const SPACE: &str = "spend";
const DAY: &str = "day/";
const ASIDE: &str = "aside/";
/// Days that are kept.
const KEPT_DAYS: i64 = 400;

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A person asks.
    Question,
    /// A mail or a report is worded.
    Narration,
    /// It is tried whether the model calls tools well.
    Canary,
}

impl Kind {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Question => "questions",
            Self::Narration => "narration",
            Self::Canary => "trials",
        }
    }
}

/// Most that may be spent, millionths of a dollar; none has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// For one request.
    pub per_request: Option<u64>,
    /// On a day.
    pub per_day: Option<u64>,
    /// In a month.
    pub per_month: Option<u64>,
}

/// Share of a cap from which on it is warned of, in percent.
const WARN_PERCENT: u64 = 80;

/// Sums of one model and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sum {
    /// What it came to.
    pub micro_dollars: u64,
    /// How often it was asked.
    pub questions: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    model: String,
    kind: Kind,
    sum: Sum,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Aside {
    day: Date,
    model: String,
    kind: Kind,
    micro_dollars: u64,
}

#[derive(Default)]
struct State {
    days: BTreeMap<Date, Vec<Line>>,
    aside: BTreeMap<u64, Aside>,
    next: u64,
}

/// The book of what is spent.
pub struct Ledger {
    store: Arc<dyn Store>,
    caps: Caps,
    zone: TimeZone,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

/// Money put aside for one question. Dropped without being settled it is given back: the question was not sent.
pub struct Reservation {
    ledger: Arc<Ledger>,
    id: u64,
    settled: bool,
}

/// Why a question may not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMoney {
    /// A cap would be passed.
    #[error(
        "the budget for {what} is {cap}, of which {spent} is spent or put aside, and this question may take {asked}"
    )]
    Over {
        /// a request, the day, the month.
        what: &'static str,
        /// The cap.
        cap: Dollars,
        /// What is gone.
        spent: Dollars,
        /// What would be put aside.
        asked: Dollars,
    },
    /// It could not be written down, so nothing is sent.
    #[error("what it may cost could not be written down: {0}")]
    Store(#[from] StoreError),
}

/// A sum as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub u64);

impl std::fmt::Display for Dollars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if part % 10_000 == 0 {
            write!(f, "${whole}.{:02}", part / 10_000)
        } else {
            write!(f, "${whole}.{part:06}")
        }
    }
}

/// A span of time in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// What was spent in it.
    pub micro_dollars: u64,
    /// What may be.
    pub cap: Option<u64>,
}

impl Spent {
    /// Share of the cap, in percent.
    pub fn percent(&self) -> Option<u64> {
        let cap = self.cap?;
        Some(if cap == 0 {
            100
        } else {
            self.micro_dollars.saturating_mul(100) / cap
        })
    }
}

/// What was spent, and on what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Today.
    pub day: Spent,
    /// The last seven days.
    pub week: Spent,
    /// This month.
    pub month: Spent,
    /// By model, this month.
    pub by_model: BTreeMap<String, Sum>,
    /// By kind, this month.
    pub by_kind: BTreeMap<Kind, Sum>,
    /// By day, the last 31, oldest first.
    pub days: Vec<(Date, Sum)>,
    /// Put aside for questions under way.
    pub aside: u64,
    /// What is nearly or wholly spent, a sentence each.
    pub warnings: Vec<String>,
}

impl Ledger {
    /// Opens the book. What was put aside when the program ended counts as spent.
    pub fn open(store: Arc<dyn Store>, caps: Caps, zone: TimeZone) -> Result<Self, StoreError> {
        let mut state = State::default();
        for (key, value) in store.range(SPACE, DAY.as_bytes(), b"day0", false, usize::MAX)? {
            let day = String::from_utf8_lossy(&key[DAY.len()..]).parse::<Date>();
            if let (Ok(day), Some(lines)) = (day, read(&value)) {
                state.days.insert(day, lines);
            }
        }
        let left = store.range(SPACE, ASIDE.as_bytes(), b"aside0", false, usize::MAX)?;
        let mut batch = Vec::new();
        for (key, value) in left {
            if let Some(aside) = read::<Aside>(&value) {
                book(&mut state, &aside, aside.micro_dollars);
                batch.push(day_write(&state, aside.day)?);
            }
            batch.push(delete(key));
        }
        store.apply(batch)?;
        store.flush()?;
        Ok(Self {
            store,
            caps,
            zone,
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
        })
    }

    /// Told whenever something is put aside or settled.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Puts the most a question can cost aside; durable when it returns.
    pub fn reserve(
        self: &Arc<Self>,
        model: &str,
        kind: Kind,
        ceiling: u64,
        now: Timestamp,
    ) -> Result<Reservation, NoMoney> {
        let day = self.day(now);
        let mut state = self.lock();
        self.check(&state, day, ceiling)?;
        let id = state.next;
        let aside = Aside {
            day,
            model: model.to_owned(),
            kind,
            micro_dollars: ceiling,
        };
        self.store.apply(vec![put(aside_key(id), &aside)?])?;
        self.store.flush()?;
        state.next += 1;
        state.aside.insert(id, aside);
        drop(state);
        self.tell();
        Ok(Reservation {
            ledger: self.clone(),
            id,
            settled: false,
        })
    }

    fn check(&self, state: &State, day: Date, asked: u64) -> Result<(), NoMoney> {
        let aside = |fits: &dyn Fn(Date) -> bool| -> u64 {
            let open = state.aside.values().filter(|aside| fits(aside.day));
            open.map(|aside| aside.micro_dollars).sum()
        };
        let same_month = |other: Date| (other.year(), other.month()) == (day.year(), day.month());
        let caps = [
            ("a request", self.caps.per_request, 0),
            (
                "the day",
                self.caps.per_day,
                spent(state, |one| one == day) + aside(&|one| one == day),
            ),
            (
                "the month",
                self.caps.per_month,
                spent(state, same_month) + aside(&same_month),
            ),
        ];
        for (what, cap, gone) in caps {
            if let Some(cap) = cap.filter(|cap| gone.saturating_add(asked) > *cap) {
                return Err(NoMoney::Over {
                    what,
                    cap: Dollars(cap),
                    spent: Dollars(gone),
                    asked: Dollars(asked),
                });
            }
        }
        Ok(())
    }

    fn settle(&self, id: u64, micro_dollars: Option<u64>) {
        let mut state = self.lock();
        let Some(aside) = state.aside.remove(&id) else {
            return;
        };
        let mut batch = vec![delete(aside_key(id))];
        if let Some(micro_dollars) = micro_dollars {
            book(&mut state, &aside, micro_dollars);
            forget_old(&mut state, aside.day, &mut batch);
            match day_write(&state, aside.day) {
                Ok(write) => batch.push(write),
                Err(error) => tracing::error!(%error, "what a model cost is not written down"),
            }
        }
        if let Err(error) = self.store.apply(batch).and_then(|()| self.store.flush()) {
            tracing::error!(%error, "what a model cost is not written down; at the next start it counts at its ceiling");
        }
        drop(state);
        self.tell();
    }

    /// What was spent.
    pub fn report(&self, now: Timestamp) -> Report {
        let day = self.day(now);
        let state = self.lock();
        let week_began = day.saturating_sub(6.days());
        let month_began = day.first_of_month();
        let mut report = Report {
            day: Spent {
                micro_dollars: spent(&state, |one| one == day),
                cap: self.caps.per_day,
            },
            week: Spent {
                micro_dollars: spent(&state, |one| one >= week_began && one <= day),
                cap: None,
            },
            month: Spent {
                micro_dollars: spent(&state, |one| one >= month_began && one <= day),
                cap: self.caps.per_month,
            },
            aside: state.aside.values().map(|aside| aside.micro_dollars).sum(),
            ..Report::default()
        };
        for line in state.days.range(month_began..=day).flat_map(|(_, lines)| lines) {
            for sum in [
                report.by_model.entry(line.model.clone()).or_default(),
                report.by_kind.entry(line.kind).or_default(),
            ] {
                sum.micro_dollars += line.sum.micro_dollars;
                sum.questions += line.sum.questions;
            }
        }
        let shown = state.days.range(day.saturating_sub(30.days())..=day);
        report.days = shown.map(|(day, lines)| (*day, whole(lines))).collect();
        for (what, until, spent) in [
            ("the day", "midnight", report.day),
            ("the month", "the end of the month", report.month),
        ] {
            match spent.percent() {
                Some(percent) if percent >= 100 => report.warnings.push(format!(
                    "The budget of {what} is spent. Until {until} only models in the house are asked."
                )),
                Some(percent) if percent >= WARN_PERCENT => {
                    report
                        .warnings
                        .push(format!("{percent} % of the budget of {what} is spent."));
                }
                _ => {}
            }
        }
        report
    }

    fn day(&self, now: Timestamp) -> Date {
        let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        self.zone.to_datetime(at).date()
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// The question was answered, or may have been: this is what it took.
    pub fn settle(mut self, micro_dollars: u64) {
        self.settled = true;
        self.ledger.settle(self.id, Some(micro_dollars));
    }

    /// It is not known what it took: it counts in full.
    pub fn settle_in_full(mut self) {
        self.settled = true;
        let most = self
            .ledger
            .lock()
            .aside
            .get(&self.id)
            .map(|aside| aside.micro_dollars);
        self.ledger.settle(self.id, most);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.settled {
            self.ledger.settle(self.id, None);
        }
    }
}

fn spent(state: &State, fits: impl Fn(Date) -> bool) -> u64 {
    let days = state.days.iter().filter(|(day, _)| fits(**day));
    days.map(|(_, lines)| whole(lines).micro_dollars).sum()
}

fn whole(lines: &[Line]) -> Sum {
    lines.iter().fold(Sum::default(), |all, line| Sum {
        micro_dollars: all.micro_dollars + line.sum.micro_dollars,
        questions: all.questions + line.sum.questions,
    })
}

fn book(state: &mut State, aside: &Aside, micro_dollars: u64) {
    let lines = state.days.entry(aside.day).or_default();
    let same = |line: &&mut Line| line.model == aside.model && line.kind == aside.kind;
    if let Some(line) = lines.iter_mut().find(same) {
        line.sum.micro_dollars += micro_dollars;
        line.sum.questions += 1;
    } else {
        lines.push(Line {
            model: aside.model.clone(),
            kind: aside.kind,
            sum: Sum {
                micro_dollars,
                questions: 1,
            },
        });
    }
}

fn forget_old(state: &mut State, today: Date, batch: &mut Vec<Write>) {
    let oldest = today.saturating_sub(KEPT_DAYS.days());
    while let Some(first) = state.days.first_entry().filter(|first| *first.key() < oldest) {
        batch.push(delete(day_key(*first.key())));
        first.remove();
    }
}

fn day_key(day: Date) -> Vec<u8> {
    format!("{DAY}{day}").into_bytes()
}

fn aside_key(id: u64) -> Vec<u8> {
    format!("{ASIDE}{id:020}").into_bytes()
}

fn day_write(state: &State, day: Date) -> Result<Write, StoreError> {
    put(day_key(day), &state.days.get(&day))
}

fn put(key: Vec<u8>, value: &impl Serialize) -> Result<Write, StoreError> {
    let value = serde_json::to_vec(value).map_err(|error| StoreError::Engine {
        what: "write",
        why: error.to_string(),
    })?;
    Ok(Write::Put {
        space: SPACE.to_owned(),
        key,
        value,
    })
}

fn delete(key: Vec<u8>) -> Write {
    Write::Delete {
        space: SPACE.to_owned(),
        key,
    }
}

fn read<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    serde_json::from_slice(value)
        .inspect_err(|error| tracing::warn!(%error, "an entry of what was spent cannot be read"))
        .ok()
}
