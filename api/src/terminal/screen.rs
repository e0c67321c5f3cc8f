//! What a terminal wrote, as far as it is kept: a bounded ring with counts. Pure.
//!
//! Guarantees: at most [`KEPT`] bytes are held; what the browser has not acknowledged is never dropped, for no more is taken in
//! before it is; a browser that comes back gets the bytes it misses once, or is told that they are gone.

use std::collections::VecDeque;

/// Bytes kept, acknowledged ones included.
pub const KEPT: usize = 256 * 1024;
/// Bytes sent in one message at most.
pub const MESSAGE: usize = 16 * 1024;

/// The ring. Counts are of bytes since the terminal was opened, or since its output was lost.
#[derive(Debug, Default)]
pub struct Screen {
    kept: VecDeque<u8>,
    /// Count before the first byte kept.
    start: u64,
    /// What the browser has processed.
    acknowledged: u64,
    /// Bytes since the terminal was opened, lost ones included.
    total: u64,
}

/// An acknowledgement of what was never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impossible;

impl Screen {
    /// Count after the last byte.
    pub fn end(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// All bytes since the terminal was opened.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.kept.len()
    }

    /// Whether a piece of this length may be taken in.
    pub fn has_room(&self, piece: usize) -> bool {
        self.end() - self.acknowledged + piece as u64 <= KEPT as u64
    }

    /// Takes a piece in; the oldest bytes go. There must be room for it.
    pub fn push(&mut self, piece: &[u8]) {
        debug_assert!(
            self.has_room(piece.len()),
            "output is taken in only when there is room"
        );
        let over = (self.kept.len() + piece.len()).saturating_sub(KEPT);
        self.kept.drain(..over);
        self.start += over as u64;
        self.kept.extend(piece);
        self.total += piece.len() as u64;
    }

    /// Bytes from a count on, at most [`MESSAGE`]; none when there are none yet.
    pub fn after(&self, sent: u64) -> Option<Vec<u8>> {
        let from = usize::try_from(sent.checked_sub(self.start)?).ok()?;
        let to = self.kept.len().min(from + MESSAGE);
        (from < to).then(|| self.kept.range(from..to).copied().collect())
    }

    /// The browser has processed this many bytes in all.
    pub fn acknowledge(&mut self, total: u64) -> Result<(), Impossible> {
        if total > self.end() {
            return Err(Impossible);
        }
        self.acknowledged = self.acknowledged.max(total);
        Ok(())
    }

    /// A browser comes back that has received this many bytes. False when what it misses is gone: everything kept is dropped
    /// then, and counts begin again at 0.
    pub fn resume(&mut self, received: u64) -> bool {
        if (self.start..=self.end()).contains(&received) {
            // Possibly less than before: what is sent again must not fall out meanwhile.
            self.acknowledged = received;
            return true;
        }
        *self = Self {
            total: self.total,
            ..Self::default()
        };
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_browser_that_acknowledges_nothing_fills_the_ring_and_no_more() {
        let mut screen = Screen::default();
        let piece = vec![7; 16 * 1024];
        while screen.has_room(piece.len()) {
            screen.push(&piece);
        }
        assert_eq!((screen.held(), screen.end()), (KEPT, KEPT as u64));
        assert!(!screen.has_room(1));
        screen.acknowledge(1).unwrap();
        assert!(screen.has_room(1) && !screen.has_room(2));
        assert_eq!(screen.acknowledge(KEPT as u64 + 1), Err(Impossible));
    }

    #[test]
    fn what_is_gone_is_told_and_counts_begin_again() {
        let mut screen = Screen::default();
        for _ in 0..40 {
            screen.push(&[1; 16 * 1024]);
            screen.acknowledge(screen.end()).unwrap();
        }
        let total = screen.total();
        assert!(!screen.resume(3), "byte 4 fell out long ago");
        assert_eq!((screen.end(), screen.held(), screen.total()), (0, 0, total));
        screen.push(b"new");
        assert_eq!(screen.after(0).unwrap(), b"new");
        assert!(!screen.resume(4), "more than was ever sent");
    }

    proptest! {
        /// However pieces, messages, acknowledgements and reconnections interleave, the browser has the stream exactly.
        #[test]
        fn the_browser_gets_every_byte_once(steps in proptest::collection::vec((0_u8..4, 1_usize..40_000), 1..80)) {
            let mut screen = Screen::default();
            let (mut written, mut received) = (Vec::<u8>::new(), Vec::<u8>::new());
            let mut next = 0_u8;
            for (step, count) in steps {
                match step {
                    0 => {
                        let piece: Vec<u8> = (0..count).map(|_| { next = next.wrapping_add(101); next }).collect();
                        if screen.has_room(piece.len()) {
                            screen.push(&piece);
                            written.extend(piece);
                        }
                    }
                    1 => received.extend(screen.after(received.len() as u64).unwrap_or_default()),
                    2 => screen.acknowledge(received.len() as u64).unwrap(),
                    _ => prop_assert!(screen.resume(received.len() as u64)),
                }
                prop_assert!(screen.held() <= KEPT);
                prop_assert_eq!(screen.end(), written.len() as u64);
            }
            while let Some(more) = screen.after(received.len() as u64) {
                received.extend(more);
            }
            prop_assert!(received == written);
        }
    }
}
