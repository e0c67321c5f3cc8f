//! What every journal does with an append before it writes: who may, and the bytes. Knows no files.

use crate::{
    chain::Hash,
    frame::{self, Head, MAX_PAYLOAD},
};
use jarvis_model::{Event, Record, Timestamp};
use jarvis_ports::{JournalError, Stored};

/// Lets the holder of the current lease through whose picture is up to date. The lease is looked at first: a writer that
/// lost it must learn that, not be told to catch up and try again.
pub(crate) fn admit(
    current_epoch: u64,
    head: u64,
    epoch: u64,
    expected_head: u64,
) -> Result<(), JournalError> {
    if epoch != current_epoch {
        return Err(JournalError::Fenced {
            held: epoch,
            current: current_epoch,
        });
    }
    if expected_head != head {
        return Err(JournalError::Conflict {
            expected: expected_head,
            actual: head,
        });
    }
    Ok(())
}

/// One append, ready to be written in one piece.
pub(crate) struct Batch {
    /// Its frames.
    pub(crate) bytes: Vec<u8>,
    /// What the caller gets.
    pub(crate) stored: Vec<Stored>,
    /// Where each frame begins within `bytes`.
    pub(crate) offsets: Vec<u64>,
    /// Hash of the last record.
    pub(crate) hash: Hash,
}

impl Batch {
    /// Numbers, serialises and chains `events` behind record `head` with hash `previous`.
    pub(crate) fn encode(
        head: u64,
        previous: Hash,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Self, String> {
        let count = u32::try_from(events.len()).map_err(|_| "too many events for one append".to_owned())?;
        let mut batch = Self {
            bytes: Vec::new(),
            stored: Vec::new(),
            offsets: Vec::new(),
            hash: previous,
        };
        for (place, event) in (0..count).zip(events) {
            let record = Record {
                seq: head + 1 + u64::from(place),
                at,
                epoch,
                event,
            };
            let payload =
                serde_json::to_vec(&record).map_err(|error| format!("record is not JSON: {error}"))?;
            let payload_len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            if payload_len as usize > MAX_PAYLOAD {
                return Err(format!(
                    "a record of {payload_len} bytes is over the limit of {MAX_PAYLOAD}"
                ));
            }
            let left = count - 1 - place;
            let head = Head {
                payload_len,
                place,
                left,
                seq: record.seq,
                epoch,
                previous: batch.hash,
            };
            batch.offsets.push(batch.bytes.len() as u64);
            batch.hash = frame::encode(&head, &payload, &mut batch.bytes);
            batch.stored.push(Stored {
                record,
                hash: batch.hash.to_hex(),
            });
        }
        Ok(batch)
    }
}
