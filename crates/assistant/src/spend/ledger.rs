//! The ledger: the book under one lock, and its pages in the store.
//!
//! Order is everything here. Money is set aside in memory first, so that what runs in parallel sees it; then it is written and
//! flushed; only then the caller holds a [`Reservation`]. The end of a request is written without a flush: what a crash takes
//! of it leaves the request open, and an open one counts at its ceiling.

use super::{
    book::Book,
    entry::{Entry, EntryState, Kind},
    over::{Cap, Caps, OverBudget},
    report::{self, Spend},
    sums::DaySum,
};
use crate::calendar::Calendar;
use jarvis_model::Timestamp;
use jarvis_ports::{
    Store, StoreError, Write,
    model::{Cost, Tariff, Usage},
};
use jiff::civil::Date;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

const SPACE: &str = "spend";
const ENTRY: u8 = b'e';
const DAY: u8 = b'd';
/// Single requests are kept for so many days, and at most so many of them.
const ENTRY_DAYS: i64 = 62;
const ENTRIES: usize = 20_000;
/// Sums of days are kept for so many.
const SUM_DAYS: i64 = 400;
/// The store is swept after so many requests.
const SWEEP_EVERY: u64 = 256;

/// Why there is no ledger. Without one no model that takes money may be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error("cannot open the ledger of what models cost: {0}")]
    Store(#[from] StoreError),
    /// A page is not what was written.
    #[error(
        "cannot read {page} in the ledger of what models cost: {why}; models that take money are not asked. Restore the state \
         folder from a backup"
    )]
    Page {
        /// Which.
        page: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a request may not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// A cap forbids it.
    #[error(transparent)]
    Over(#[from] OverBudget),
    /// It could not be written down that it is sent.
    #[error("cannot write down what this may cost: {0}; only local models are asked until the store works")]
    Store(#[from] StoreError),
}

/// What is about to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The model.
    pub model: &'a str,
    /// Whether it is in the house; then it costs nothing.
    pub is_local: bool,
    /// What for.
    pub kind: Kind,
    /// Bytes of the request, which bound its tokens.
    pub request_bytes: usize,
    /// The most the model may write.
    pub max_output_tokens: u32,
}

/// The ledger: see the module's documentation. A clone is the same ledger. Calls block for at most a few milliseconds;
/// [`Ledger::reserve`] waits for the disk, so on tokio call [`Ledger::reserve_aside`].
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn Store>,
    tariff: Arc<dyn Tariff>,
    caps: Caps,
    calendar: Calendar,
    book: Mutex<Book>,
    changed: watch::Sender<u64>,
}

impl Ledger {
    /// Opens the ledger. Requests that were open when Jarvis last ended are lost: they count at their ceilings.
    pub fn open(
        store: Arc<dyn Store>,
        tariff: Arc<dyn Tariff>,
        caps: Caps,
        calendar: Calendar,
    ) -> Result<Self, LedgerError> {
        let mut book = Book::default();
        for (key, value) in store.range(SPACE, &[DAY], &[DAY + 1], false, usize::MAX)? {
            let (date, sum) = day_page(&key, &value)?;
            book.days.insert(date, sum);
        }
        for (key, value) in store.range(SPACE, &[ENTRY], &[ENTRY + 1], false, usize::MAX)? {
            let entry: Entry = serde_json::from_slice(&value).map_err(|error| page(&key, &error))?;
            book.last_id = book.last_id.max(entry.id);
            match entry.state {
                EntryState::Open => book.open.insert(entry.id, entry),
                EntryState::Lost => book.lost.insert(entry.id, entry),
                EntryState::Settled => None,
            };
        }
        let left_open: Vec<u64> = book.open.keys().copied().collect();
        for id in left_open {
            if let Some(entry) = book.lose(id) {
                store.apply(pages(&book, &entry))?;
            }
        }
        store.flush()?;
        let shared = Shared {
            store,
            tariff,
            caps,
            calendar,
            book: Mutex::new(book),
            changed: watch::Sender::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Sets aside the most that a request can cost, durably. A model in the house is never refused.
    pub fn reserve(&self, now: Timestamp, asked: Asked<'_>) -> Result<Reservation, ReserveError> {
        let shared = &self.shared;
        let ceiling = if asked.is_local {
            Cost::default()
        } else {
            shared
                .tariff
                .ceiling(asked.model, asked.request_bytes, asked.max_output_tokens)
        };
        let entry = Entry {
            id: 0,
            at: now,
            day: shared.calendar.date(now),
            model: asked.model.to_owned(),
            local: asked.is_local,
            kind: asked.kind,
            ceiling: ceiling.micro_dollars,
            cost: 0,
            assumed: ceiling.assumed,
            state: EntryState::Open,
        };
        let entry = self.write_down(now, entry)?;
        if entry.id.is_multiple_of(SWEEP_EVERY) {
            self.sweep(now);
        }
        shared.tell();
        Ok(Reservation {
            held: Some(Held {
                ledger: self.clone(),
                id: entry.id,
                local: entry.local,
                model: entry.model,
                ceiling,
            }),
        })
    }

    /// The same for those who may not wait for the disk.
    pub async fn reserve_aside(&self, now: Timestamp, asked: Asked<'_>) -> Result<Reservation, ReserveError> {
        let (ledger, model) = (self.clone(), asked.model.to_owned());
        let Asked {
            is_local,
            kind,
            request_bytes,
            max_output_tokens,
            ..
        } = asked;
        let reserving = tokio::task::spawn_blocking(move || {
            let asked = Asked {
                model: &model,
                is_local,
                kind,
                request_bytes,
                max_output_tokens,
            };
            ledger.reserve(now, asked)
        });
        reserving.await.unwrap_or_else(|error| {
            Err(ReserveError::Store(StoreError::Engine {
                what: "write",
                why: error.to_string(),
            }))
        })
    }

    fn write_down(&self, now: Timestamp, entry: Entry) -> Result<Entry, ReserveError> {
        let shared = &self.shared;
        let local = entry.local;
        let entry = {
            let mut book = shared.book();
            if !local {
                book.check(&shared.caps, &shared.calendar, now, entry.ceiling)?;
            }
            let entry = book.reserve(entry);
            match shared.store.apply(vec![put_entry(&entry)]) {
                Err(error) if !local => {
                    book.open.remove(&entry.id);
                    return Err(error.into());
                }
                Err(error) => tracing::warn!(%error, "a local request is not in the ledger on disk"),
                Ok(()) => {}
            }
            entry
        };
        // Outside the lock: who else reserves meanwhile shares the flush of the disk, and sees this one in the book.
        if !local && let Err(error) = shared.store.flush() {
            self.release(entry.id);
            return Err(error.into());
        }
        Ok(entry)
    }

    /// The cap of the day or the month when nothing of it is left.
    pub fn spent(&self, now: Timestamp) -> Option<OverBudget> {
        let shared = &self.shared;
        let over = shared.book().check(&shared.caps, &shared.calendar, now, 1).err();
        over.filter(|over| over.cap != Cap::Request)
    }

    /// What was spent, and what may be.
    pub fn report(&self, now: Timestamp) -> Spend {
        let shared = &self.shared;
        report::of(
            &shared.book(),
            &shared.caps,
            &shared.calendar,
            shared.tariff.as_of(),
            now,
        )
    }

    /// The last requests, newest first.
    pub fn entries(&self, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let pairs = self
            .shared
            .store
            .range(SPACE, &[ENTRY], &[ENTRY + 1], true, limit)?;
        let entries = pairs
            .iter()
            .map(|(key, value)| serde_json::from_slice(value).map_err(|error| page(key, &error)));
        entries.collect()
    }

    /// Requests whose end nobody saw.
    pub fn lost(&self) -> Vec<Entry> {
        self.shared.book().lost.values().cloned().collect()
    }

    /// What one of them has cost is known after all. False when there is no such one.
    pub fn known(&self, id: u64, cost: u64) -> bool {
        let found = self.shared.write_end(|book| book.known(id, cost));
        self.shared.tell();
        found
    }

    /// Changes with everything that is set aside or spent.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    fn settle(&self, id: u64, cost: Cost, usage: &Usage) {
        self.shared
            .write_end(|book| book.settle(id, cost.micro_dollars, cost.assumed, usage));
        self.shared.tell();
    }

    fn release(&self, id: u64) {
        let mut book = self.shared.book();
        book.open.remove(&id);
        let forgotten = self.shared.store.apply(vec![Write::Delete {
            space: SPACE.to_owned(),
            key: entry_key(id),
        }]);
        drop(book);
        if let Err(error) = forgotten {
            tracing::warn!(%error, id, "money that was set aside is given back in memory only");
        }
        self.shared.tell();
    }

    /// Removes what is too old, or too much.
    fn sweep(&self, now: Timestamp) {
        let shared = &self.shared;
        let today = shared.calendar.date(now);
        let before = |days: i64| today.saturating_sub(jiff::Span::new().days(days));
        let mut book = shared.book();
        let old_days = before(SUM_DAYS);
        let gone: Vec<Date> = book.days.range(..old_days).map(|(day, _)| *day).collect();
        let mut batch: Vec<Write> = gone.iter().map(|day| delete(day_key(*day))).collect();
        book.days.retain(|day, _| *day >= old_days);
        let all = shared
            .store
            .range(SPACE, &[ENTRY], &[ENTRY + 1], false, usize::MAX);
        let entries = all.unwrap_or_default();
        let surplus = entries.len().saturating_sub(ENTRIES);
        for (place, (key, value)) in entries.into_iter().enumerate() {
            let Ok(entry) = serde_json::from_slice::<Entry>(&value) else {
                continue;
            };
            let is_old = place < surplus || entry.day < before(ENTRY_DAYS);
            if is_old && !book.open.contains_key(&entry.id) {
                book.lost.remove(&entry.id);
                batch.push(delete(key));
            }
        }
        if let Err(error) = shared.store.apply(batch) {
            tracing::warn!(%error, "old pages of the ledger stay");
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a request in the book and on its pages. False when the book knows no such request.
    fn write_end(&self, end: impl FnOnce(&mut Book) -> Option<Entry>) -> bool {
        let mut book = self.book();
        let Some(entry) = end(&mut book) else {
            return false;
        };
        // Under the lock: the sum of a day that is written last is the newest.
        if let Err(error) = self.store.apply(pages(&book, &entry)) {
            tracing::warn!(%error, id = entry.id, "the end of a request is not in the ledger on disk");
        }
        true
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// What every reservation carries.
struct Held {
    ledger: Ledger,
    id: u64,
    model: String,
    local: bool,
    ceiling: Cost,
}

/// Money that is set aside for a request that was not sent. Dropped, it is given back.
#[must_use = "money stays set aside as long as this lives"]
pub struct Reservation {
    held: Option<Held>,
}

impl Reservation {
    /// The number of its entry.
    pub fn id(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.id)
    }

    /// The request is sent now: from here on it counts.
    pub fn sent(mut self) -> Outstanding {
        Outstanding {
            held: self.held.take(),
        }
    }

    /// Gives the money back: nothing was sent.
    pub fn release(self) {}
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.ledger.release(held.id);
        }
    }
}

/// Money that is set aside for a request that was sent. Dropped, as when a person stops the answer, it counts at its ceiling:
/// what was written until then is charged, and nobody told how much it was.
#[must_use = "dropped, the request counts at the most it can cost"]
pub struct Outstanding {
    held: Option<Held>,
}

impl Outstanding {
    /// Ends it with what was used; what it has cost. When that was not told it counts at its ceiling.
    pub fn settle(mut self, usage: Option<&Usage>) -> Cost {
        self.held
            .take()
            .map_or_else(Cost::default, |held| held.end(usage))
    }

    /// Ends it without cost: the server refused it before it read it.
    pub fn unbilled(mut self) {
        if let Some(held) = self.held.take() {
            held.ledger.release(held.id);
        }
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.end(None);
        }
    }
}

impl Held {
    fn end(self, usage: Option<&Usage>) -> Cost {
        let cost = match usage {
            _ if self.local => Cost::default(),
            Some(usage) => self.ledger.shared.tariff.cost(&self.model, usage),
            None => self.ceiling,
        };
        if cost.micro_dollars > self.ceiling.micro_dollars {
            tracing::warn!(model = %self.model, cost = cost.micro_dollars, ceiling = self.ceiling.micro_dollars,
                "an answer cost more than its ceiling");
        }
        let usage = usage.copied().unwrap_or_default();
        self.ledger.settle(self.id, cost, &usage);
        cost
    }
}

fn entry_key(id: u64) -> Vec<u8> {
    [&[ENTRY][..], &id.to_be_bytes()].concat()
}

fn day_key(day: Date) -> Vec<u8> {
    [&[DAY][..], day.to_string().as_bytes()].concat()
}

fn put_entry(entry: &Entry) -> Write {
    put(entry_key(entry.id), serde_json::to_vec(entry))
}

/// The entry, and the sum of its day.
fn pages(book: &Book, entry: &Entry) -> Vec<Write> {
    let day = book.days.get(&entry.day).cloned().unwrap_or_default();
    vec![
        put_entry(entry),
        put(day_key(entry.day), serde_json::to_vec(&day)),
    ]
}

fn put(key: Vec<u8>, value: Result<Vec<u8>, serde_json::Error>) -> Write {
    Write::Put {
        space: SPACE.to_owned(),
        key,
        // Plain fields and string keys: there is nothing JSON cannot hold.
        value: value.unwrap_or_default(),
    }
}

fn delete(key: Vec<u8>) -> Write {
    Write::Delete {
        space: SPACE.to_owned(),
        key,
    }
}

fn day_page(key: &[u8], value: &[u8]) -> Result<(Date, DaySum), LedgerError> {
    let text = String::from_utf8_lossy(&key[1..]);
    let date = text.parse::<Date>().map_err(|error| page(key, &error))?;
    let sum = serde_json::from_slice(value).map_err(|error| page(key, &error))?;
    Ok((date, sum))
}

fn page(key: &[u8], error: &dyn std::fmt::Display) -> LedgerError {
    LedgerError::Page {
        page: format!("page {}", hex::encode(key)),
        why: error.to_string(),
    }
}
