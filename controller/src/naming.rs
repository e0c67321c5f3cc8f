//! Names of intents and tickets: time-ordered UUIDs (version 7) whose other bits are a hash of what makes them one of a
//! kind. Nothing random: the same life of a controller gives the same names, so that a failure can be played again.
//!
//! Two of one kind never share a name: the journal's head moves with each, and the lease epoch with each process.

use crate::core::Core;
use jarvis_model::{Digest, Timestamp};
use serde::Serialize;

impl Core {
    /// A name for the next thing of this kind, which is about to be recorded.
    pub(crate) fn name_of(&self, kind: &str, content: &impl Serialize, now: Timestamp) -> String {
        let place = (kind, self.epoch, self.memory.seq, now.as_millis());
        unique(&Digest::of(&(place, content)), now)
    }
}

fn unique(digest: &Digest, now: Timestamp) -> String {
    let mut rest = [0; 10];
    let pairs = digest.as_str().as_bytes().chunks_exact(2);
    for (byte, pair) in rest.iter_mut().zip(pairs) {
        let text = std::str::from_utf8(pair).unwrap_or("00");
        *byte = u8::from_str_radix(text, 16).unwrap_or(0);
    }
    uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &rest)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_by_time_and_differ_by_what_they_name() {
        let at = Timestamp::from_secs(1_795_000_000);
        let name = |content: u64, at| unique(&Digest::of(&content), at);
        assert_eq!(name(1, at), name(1, at));
        assert_ne!(name(1, at), name(2, at));
        let later = at + std::time::Duration::from_millis(1);
        assert!((0..50).all(|content| name(content, at) < name(content + 7, later)));
        let parsed = uuid::Uuid::parse_str(&name(3, at)).unwrap();
        assert_eq!(parsed.get_version_num(), 7);
    }
}
