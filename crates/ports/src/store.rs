//! The store: everything derived or expiring. Losing it loses no truth; it is rebuilt from the journal or expires.

/// One write of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets a key, whatever it held.
    Put {
        /// Name of the space, e.g. `events`.
        space: String,
        /// Key, ordered bytewise.
        key: Vec<u8>,
        /// Value.
        value: Vec<u8>,
    },
    /// Removes a key.
    Delete {
        /// Name of the space.
        space: String,
        /// Key.
        key: Vec<u8>,
    },
    /// Fails the whole batch unless the key holds this now (None: is absent).
    Expect {
        /// Name of the space.
        space: String,
        /// Key.
        key: Vec<u8>,
        /// What it must hold.
        value: Option<Vec<u8>>,
    },
}

/// Why the store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// An `Expect` did not hold; nothing was written.
    #[error("the value under a key of {space} is not the expected one")]
    Conflict {
        /// The space.
        space: String,
    },
    /// The engine failed.
    #[error("cannot {what} the store: {why}")]
    Engine {
        /// open, read, write, flush.
        what: &'static str,
        /// Its words.
        why: String,
    },
}

/// Key, value pairs in key order.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// An ordered key-value store with spaces.
pub trait Store: Send + Sync {
    /// The value under a key.
    fn get(&self, space: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// Applies all writes of the batch atomically within each space, in order; checks every `Expect` first.
    fn apply(&self, batch: Vec<Write>) -> Result<(), StoreError>;
    /// Pairs with `from <= key < to` (no upper bound when `to` is empty), ascending or descending, at most `limit`.
    fn range(
        &self,
        space: &str,
        from: &[u8],
        to: &[u8],
        descending: bool,
        limit: usize,
    ) -> Result<Pairs, StoreError>;
    /// Makes everything written so far durable.
    fn flush(&self) -> Result<(), StoreError>;
}
