//! All conversations: kept in the store, each its owner's alone, the oldest dropped when there are too many.

use crate::{
    message::ConversationId,
    talk::{Kept, Talk},
};
use jarvis_model::Timestamp;
use jarvis_ports::{Store, StoreError, Write};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where conversations are, by id.
const TALKS: &str = "talks";
/// Where their heads are, by user and id.
const HEADS: &str = "talk-heads";
/// Conversations that are kept of one user.
pub const KEPT_PER_USER: usize = 200;
/// Conversations that stay open in memory.
const OPEN: usize = 64;

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// Its name.
    pub id: ConversationId,
    /// What it began with.
    pub title: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When something was last said in it.
    pub last_at: Timestamp,
    /// What it has cost.
    pub micro_dollars: u64,
    /// Whether something in it still waits to be told how it ended.
    pub open: bool,
    /// Whether something was said in it that is in no summary yet.
    #[serde(default)]
    pub unsummed: bool,
}

/// All conversations.
pub struct Talks {
    store: Arc<dyn Store>,
    open: Mutex<BTreeMap<ConversationId, Arc<Talk>>>,
}

impl Talks {
    /// Over this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            open: Mutex::default(),
        }
    }

    /// Begins one.
    pub fn begin(&self, user: &str, now: Timestamp) -> Result<(ConversationId, Arc<Talk>), StoreError> {
        let id = new_id(now)?;
        for old in self.heads(user, usize::MAX)?.iter().skip(KEPT_PER_USER - 1) {
            self.remove(user, &old.id)?;
        }
        let talk = Arc::new(Talk::new(Kept::new(id.clone(), user, now)));
        self.lock().insert(id.clone(), talk.clone());
        Ok((id, talk))
    }

    /// One of a user's; none when there is no such one of theirs.
    pub fn find(&self, user: &str, id: &ConversationId) -> Result<Option<Arc<Talk>>, StoreError> {
        let mut open = self.lock();
        if let Some(talk) = open.get(id) {
            return Ok(Some(talk.clone()).filter(|talk| talk.kept().user == user));
        }
        let Some(bytes) = self.store.get(TALKS, id.0.as_bytes())? else {
            return Ok(None);
        };
        let Ok(kept) = serde_json::from_slice::<Kept>(&bytes) else {
            tracing::warn!(%id, "a conversation cannot be read and is left alone");
            return Ok(None);
        };
        if kept.user != user {
            return Ok(None);
        }
        if open.len() >= OPEN {
            open.retain(|_, talk| Arc::strong_count(talk) > 1);
        }
        let talk = Arc::new(Talk::new(kept.broken_off()));
        open.insert(id.clone(), talk.clone());
        Ok(Some(talk))
    }

    /// Writes one down.
    pub fn keep(&self, talk: &Talk) -> Result<(), StoreError> {
        if talk.is_gone() {
            return Ok(());
        }
        let kept = talk.kept();
        let head = Head {
            id: kept.id.clone(),
            title: kept.title.clone(),
            started_at: kept.started_at,
            last_at: kept.last_at,
            micro_dollars: kept.micro_dollars(),
            open: !kept.awaited.is_empty(),
            unsummed: kept.summed < kept.last_seq(),
        };
        self.store.apply(vec![
            put(TALKS, kept.id.0.as_bytes().to_vec(), &kept)?,
            put(HEADS, head_key(&kept.user, &kept.id.0), &head)?,
        ])
    }

    /// A user's, the latest begun first.
    pub fn heads(&self, user: &str, most: usize) -> Result<Vec<Head>, StoreError> {
        let pairs = self
            .store
            .range(HEADS, &head_key(user, ""), &head_key(user, "\u{7f}"), true, most)?;
        let heads = pairs
            .iter()
            .filter_map(|(_, value)| serde_json::from_slice(value).ok());
        Ok(heads.collect())
    }

    /// Those of everybody in which something waits to be told, with their owners.
    pub fn open(&self) -> Result<Vec<(String, ConversationId)>, StoreError> {
        self.those(|head| head.open)
    }

    /// Those of everybody in which nothing was said since then and that are in no summary, with their owners.
    pub fn unsummed(&self, quiet_since: Timestamp) -> Result<Vec<(String, ConversationId)>, StoreError> {
        self.those(|head| head.unsummed && head.last_at <= quiet_since)
    }

    fn those(&self, wanted: impl Fn(&Head) -> bool) -> Result<Vec<(String, ConversationId)>, StoreError> {
        let pairs = self.store.range(HEADS, &[], &[], true, usize::MAX)?;
        let found = pairs.iter().filter_map(|(key, value)| {
            let head: Head = serde_json::from_slice(value).ok()?;
            let user = key.split(|byte| *byte == 0).next()?;
            wanted(&head).then(|| (String::from_utf8_lossy(user).into_owned(), head.id))
        });
        Ok(found.collect())
    }

    /// Deletes one; false when there is none.
    pub fn remove(&self, user: &str, id: &ConversationId) -> Result<bool, StoreError> {
        let Some(talk) = self.find(user, id)? else {
            return Ok(false);
        };
        self.lock().remove(id);
        let delete = |space: &str, key: Vec<u8>| Write::Delete {
            space: space.to_owned(),
            key,
        };
        self.store.apply(vec![
            delete(TALKS, id.0.as_bytes().to_vec()),
            delete(HEADS, head_key(user, &id.0)),
        ])?;
        talk.remove();
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ConversationId, Arc<Talk>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn head_key(user: &str, id: &str) -> Vec<u8> {
    [user.as_bytes(), &[0], id.as_bytes()].concat()
}

fn put(space: &str, key: Vec<u8>, value: &impl Serialize) -> Result<Write, StoreError> {
    let value = serde_json::to_vec(value).map_err(|error| StoreError::Engine {
        what: "write",
        why: error.to_string(),
    })?;
    Ok(Write::Put {
        space: space.to_owned(),
        key,
        value,
    })
}

/// Later ones come later in order.
fn new_id(now: Timestamp) -> Result<ConversationId, StoreError> {
    let mut random = [0_u8; 6];
    getrandom::fill(&mut random).map_err(|error| StoreError::Engine {
        what: "write",
        why: format!("no random bytes to name a conversation: {error}"),
    })?;
    Ok(ConversationId(format!(
        "{:012x}{}",
        now.as_millis(),
        hex::encode(random)
    )))
}
