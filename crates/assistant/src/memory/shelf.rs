//! The memory: what is remembered, in memory and in the store.

use super::{
    recall,
    record::{Kind, Pending, Record, Said, Source, Trust},
};
use crate::calendar::Calendar;
use jarvis_model::Timestamp;
use jarvis_ports::{Store, StoreError, Write};
use jarvis_tools::clean;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(super) const SPACE: &str = "memory";
pub(super) const RECORD: u8 = b'r';
const PENDING: u8 = b'p';
/// Longest fact or preference, characters.
const SAID: usize = 500;
/// Longest summary.
pub(super) const SUMMARY: usize = 2000;
/// So many facts may wait for confirmation, each for a day.
const WAITING: usize = 20;
const WAITS: Duration = Duration::from_hours(24);
/// A summary of a conversation is kept for so long.
const CONVERSATION: Duration = Duration::from_hours(90 * 24);

/// How many of a class are kept. Of what people said none goes by itself: more is refused. Of the rest the oldest goes.
pub(super) fn most(kind: Kind) -> usize {
    match kind {
        Kind::Preference => 100,
        Kind::Fact | Kind::Conversation => 200,
        Kind::Day => 430,
        Kind::Month => 120,
    }
}

/// Why something is not remembered, or not forgotten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The store failed.
    #[error("cannot keep what is to be remembered: {0}")]
    Store(#[from] StoreError),
    /// A page is not what was written.
    #[error(
        "cannot read the memory: page {page} is damaged: {why}; delete the state folder's store to begin a new one"
    )]
    Page {
        /// Its key.
        page: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is nothing to remember in it.
    #[error("there is nothing to remember: the text is empty")]
    Empty,
    /// A name of a preference that is none.
    #[error("{name:?} is no name of a preference: use lower-case letters and `-`, at most 32")]
    Name {
        /// The name.
        name: String,
    },
    /// Too much of it.
    #[error("{most} are remembered already, which is the most; forget one first")]
    Full {
        /// How many.
        most: usize,
    },
    /// It is not there.
    #[error("nothing with number {id} is remembered; it may have been forgotten or have expired")]
    Unknown {
        /// Which.
        id: u64,
    },
}

#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) records: BTreeMap<u64, Record>,
    pending: BTreeMap<u64, Pending>,
    last_id: u64,
}

/// The memory: see the module's documentation. A clone is the same memory. Calls wait for the disk for a few milliseconds.
#[derive(Clone)]
pub struct Memory {
    pub(super) store: Arc<dyn Store>,
    pub(super) calendar: Calendar,
    shelf: Arc<Mutex<Shelf>>,
}

impl Memory {
    /// Opens the memory.
    pub fn open(store: Arc<dyn Store>, calendar: Calendar) -> Result<Self, MemoryError> {
        let records: BTreeMap<u64, Record> = load(store.as_ref(), RECORD)?;
        let pending: BTreeMap<u64, Pending> = load(store.as_ref(), PENDING)?;
        let last = |id: Option<&u64>| id.copied().unwrap_or(0);
        let last_id = last(records.keys().next_back()).max(last(pending.keys().next_back()));
        let shelf = Shelf {
            records,
            pending,
            last_id,
        };
        Ok(Self {
            store,
            calendar,
            shelf: Arc::new(Mutex::new(shelf)),
        })
    }

    /// Takes a fact that a person said. It is remembered once a person confirmed it.
    pub fn propose_fact(&self, said: Said<'_>, now: Timestamp) -> Result<Pending, MemoryError> {
        let text = cleaned(said.text, SAID)?;
        let mut shelf = self.shelf();
        self.drop_stale(&mut shelf, now)?;
        if shelf.pending.len() >= WAITING {
            return Err(MemoryError::Full { most: WAITING });
        }
        let pending = Pending {
            id: shelf.next_id(),
            text,
            by: said.user.to_owned(),
            at: now,
        };
        self.write(vec![put(PENDING, pending.id, &pending)])?;
        shelf.pending.insert(pending.id, pending.clone());
        Ok(pending)
    }

    /// Facts that wait.
    pub fn pending(&self, now: Timestamp) -> Vec<Pending> {
        let shelf = self.shelf();
        let fresh = shelf.pending.values().filter(|one| now.since(one.at) < WAITS);
        fresh.cloned().collect()
    }

    /// A person confirms a fact that waits; from here on it is remembered. `by` is an operator: the caller has checked that.
    pub fn confirm(&self, id: u64, by: &str, now: Timestamp) -> Result<Record, MemoryError> {
        let mut shelf = self.shelf();
        self.drop_stale(&mut shelf, now)?;
        let pending = shelf
            .pending
            .get(&id)
            .cloned()
            .ok_or(MemoryError::Unknown { id })?;
        shelf.room(Kind::Fact)?;
        let user = if pending.by == by {
            by.to_owned()
        } else {
            format!("{} (confirmed by {by})", pending.by)
        };
        let record = Record {
            id,
            kind: Kind::Fact,
            name: None,
            text: pending.text,
            source: Source::Person { user },
            made_at: now,
            expires_at: None,
            trust: Trust::Person,
            counts: BTreeMap::new(),
        };
        self.write(vec![delete(PENDING, id), put(RECORD, id, &record)])?;
        shelf.pending.remove(&id);
        shelf.records.insert(id, record.clone());
        Ok(record)
    }

    /// A person does not want a fact that waits to be remembered.
    pub fn reject(&self, id: u64) -> Result<(), MemoryError> {
        let mut shelf = self.shelf();
        if !shelf.pending.contains_key(&id) {
            return Err(MemoryError::Unknown { id });
        }
        self.write(vec![delete(PENDING, id)])?;
        shelf.pending.remove(&id);
        Ok(())
    }

    /// Keeps what a person chose, in place of an earlier choice of that name.
    pub fn prefer(&self, name: &str, said: Said<'_>, now: Timestamp) -> Result<Record, MemoryError> {
        let fine = |c: char| c.is_ascii_lowercase() || c == '-';
        if name.is_empty() || name.len() > 32 || !name.chars().all(fine) {
            return Err(MemoryError::Name {
                name: clean::line(name, 40),
            });
        }
        let draft = Record {
            id: 0,
            kind: Kind::Preference,
            name: Some(name.to_owned()),
            text: cleaned(said.text, SAID)?,
            source: Source::Person {
                user: said.user.to_owned(),
            },
            made_at: now,
            expires_at: None,
            trust: Trust::Person,
            counts: BTreeMap::new(),
        };
        self.keep(draft, Vec::new())
    }

    /// Keeps what a conversation of this user was about, in place of an earlier summary of it.
    pub fn conversation(
        &self,
        (id, user): (&str, &str),
        summary: &str,
        now: Timestamp,
    ) -> Result<Record, MemoryError> {
        let draft = Record {
            id: 0,
            kind: Kind::Conversation,
            name: Some(id.to_owned()),
            text: cleaned(summary, SUMMARY)?,
            source: Source::Conversation {
                id: id.to_owned(),
                user: user.to_owned(),
            },
            made_at: now,
            expires_at: Some(now + CONVERSATION),
            trust: Trust::Recorded,
            counts: BTreeMap::new(),
        };
        self.keep(draft, Vec::new())
    }

    /// Forgets one, for good.
    pub fn forget(&self, id: u64) -> Result<(), MemoryError> {
        let mut shelf = self.shelf();
        if !shelf.records.contains_key(&id) {
            return Err(MemoryError::Unknown { id });
        }
        self.write(vec![delete(RECORD, id)])?;
        shelf.records.remove(&id);
        Ok(())
    }

    /// Forgets the summary of a conversation, if there is one.
    pub fn forget_conversation(&self, id: &str) -> Result<(), MemoryError> {
        let found = {
            let shelf = self.shelf();
            let mut records = shelf.records.values();
            records
                .find(|one| one.kind == Kind::Conversation && one.name.as_deref() == Some(id))
                .map(|one| one.id)
        };
        found.map_or(Ok(()), |id| self.forget(id))
    }

    /// Puts one right in a person's words; they are its source from then on.
    pub fn correct(&self, id: u64, said: Said<'_>, now: Timestamp) -> Result<Record, MemoryError> {
        let text = cleaned(said.text, SAID)?;
        let mut shelf = self.shelf();
        let mut record = shelf
            .records
            .get(&id)
            .cloned()
            .ok_or(MemoryError::Unknown { id })?;
        record.text = text;
        record.made_at = now;
        record.trust = Trust::Person;
        record.source = Source::Person {
            user: said.user.to_owned(),
        };
        self.write(vec![put(RECORD, id, &record)])?;
        shelf.records.insert(id, record.clone());
        Ok(record)
    }

    /// What is remembered, of a class and with a text in it; newest first.
    pub fn list(&self, kind: Option<Kind>, with: &str, now: Timestamp) -> Vec<Record> {
        let with = with.to_lowercase();
        let shelf = self.shelf();
        let wanted = shelf.records.values().rev().filter(|one| {
            is_alive(one, now)
                && kind.is_none_or(|kind| one.kind == kind)
                && (one.text.to_lowercase().contains(&with)
                    || one.name.as_deref().is_some_and(|name| name.contains(&with)))
        });
        wanted.cloned().collect()
    }

    /// Everything that is for this user, as JSON lines.
    pub fn export(&self, user: &str) -> String {
        let shelf = self.shelf();
        let lines = shelf
            .records
            .values()
            .filter(|one| one.is_for(user))
            .filter_map(|one| serde_json::to_string(one).ok());
        lines.map(|line| line + "\n").collect()
    }

    /// What helps with a question and may be told, within a budget of tokens: preferences and facts first, then summaries that
    /// speak of the same things, then what is newest.
    pub fn relevant(
        &self,
        question: &str,
        budget_tokens: usize,
        now: Timestamp,
        may: &dyn Fn(&Record) -> bool,
    ) -> Vec<Record> {
        let shelf = self.shelf();
        let told = shelf
            .records
            .values()
            .filter(|one| is_alive(one, now) && may(one));
        let alive: Vec<&Record> = told.collect();
        recall::relevant(&alive, question, budget_tokens)
    }

    /// Keeps a record in place of one of the same class and name, together with other writes.
    pub(super) fn keep(&self, mut draft: Record, mut also: Vec<Write>) -> Result<Record, MemoryError> {
        let mut shelf = self.shelf();
        let same = |one: &&Record| draft.replaces(one);
        let earlier = shelf.records.values().find(same).map(|one| one.id);
        let mut gone = None;
        if earlier.is_none() {
            match draft.kind {
                Kind::Preference | Kind::Fact => shelf.room(draft.kind)?,
                _ => gone = shelf.surplus(draft.kind),
            }
        }
        draft.id = match earlier {
            Some(id) => id,
            None => shelf.next_id(),
        };
        also.extend(gone.map(|id| delete(RECORD, id)));
        also.push(put(RECORD, draft.id, &draft));
        self.write(also)?;
        if let Some(id) = gone {
            shelf.records.remove(&id);
        }
        shelf.records.insert(draft.id, draft.clone());
        Ok(draft)
    }

    /// Forgets what has expired.
    pub(super) fn expire(&self, now: Timestamp) -> Result<usize, MemoryError> {
        let mut shelf = self.shelf();
        self.drop_stale(&mut shelf, now)?;
        let over: Vec<u64> = shelf
            .records
            .values()
            .filter(|one| !is_alive(one, now))
            .map(|one| one.id)
            .collect();
        self.write(over.iter().map(|id| delete(RECORD, *id)).collect())?;
        shelf.records.retain(|id, _| !over.contains(id));
        Ok(over.len())
    }

    fn drop_stale(&self, shelf: &mut Shelf, now: Timestamp) -> Result<(), MemoryError> {
        let is_stale = |one: &Pending| now.since(one.at) >= WAITS;
        let stale: Vec<u64> = shelf
            .pending
            .values()
            .filter(|one| is_stale(one))
            .map(|one| one.id)
            .collect();
        if !stale.is_empty() {
            self.write(stale.iter().map(|id| delete(PENDING, *id)).collect())?;
            shelf.pending.retain(|_, one| !is_stale(one));
        }
        Ok(())
    }

    fn write(&self, batch: Vec<Write>) -> Result<(), MemoryError> {
        self.store.apply(batch)?;
        Ok(self.store.flush()?)
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn room(&self, kind: Kind) -> Result<(), MemoryError> {
        let most = most(kind);
        let count = self.records.values().filter(|one| one.kind == kind).count();
        if count < most {
            Ok(())
        } else {
            Err(MemoryError::Full { most })
        }
    }

    /// The oldest of a class that is full.
    fn surplus(&self, kind: Kind) -> Option<u64> {
        let of_kind = || self.records.values().filter(|one| one.kind == kind);
        let is_full = of_kind().count() >= most(kind);
        of_kind()
            .min_by_key(|one| one.made_at)
            .filter(|_| is_full)
            .map(|one| one.id)
    }
}

fn is_alive(record: &Record, now: Timestamp) -> bool {
    record.expires_at.is_none_or(|end| now < end)
}

fn cleaned(text: &str, limit: usize) -> Result<String, MemoryError> {
    let text = clean::text(text.trim(), limit);
    if text.trim().is_empty() {
        return Err(MemoryError::Empty);
    }
    Ok(text)
}

fn load<T: DeserializeOwned>(store: &dyn Store, of: u8) -> Result<BTreeMap<u64, T>, MemoryError> {
    let pairs = store.range(SPACE, &[of], &[of + 1], false, usize::MAX)?;
    let damaged = |key: &[u8], why: String| MemoryError::Page {
        page: hex::encode(key),
        why,
    };
    let one = |(key, value): (Vec<u8>, Vec<u8>)| {
        let id = <[u8; 8]>::try_from(&key[1..]).map_err(|error| damaged(&key, error.to_string()))?;
        let record = serde_json::from_slice(&value).map_err(|error| damaged(&key, error.to_string()))?;
        Ok((u64::from_be_bytes(id), record))
    };
    pairs.into_iter().map(one).collect()
}

fn key(of: u8, id: u64) -> Vec<u8> {
    [&[of][..], &id.to_be_bytes()].concat()
}

fn put<T: Serialize>(of: u8, id: u64, value: &T) -> Write {
    Write::Put {
        space: SPACE.to_owned(),
        key: key(of, id),
        // Plain fields and string keys: there is nothing JSON cannot hold.
        value: serde_json::to_vec(value).unwrap_or_default(),
    }
}

pub(super) fn delete(of: u8, id: u64) -> Write {
    Write::Delete {
        space: SPACE.to_owned(),
        key: key(of, id),
    }
}
