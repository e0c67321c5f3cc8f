//! Output that was read from Proxmox and not yet taken by the terminal. Bounded: `pveproxy` keeps for a slow reader whatever
//! the guest writes, without end and in the memory of the node, so its socket is read however slow the browser is. What does
//! not fit here is left out, and that is said where it was. Pure.

use jarvis_ports::terminal::PIECE;
use std::collections::VecDeque;

/// The most that is held, bytes.
pub const MOST: usize = 1 << 20;

/// The output that waits.
#[derive(Debug, Default)]
pub struct Backlog {
    held: VecDeque<u8>,
    left_out: u64,
}

impl Backlog {
    /// Adds output. Once some was left out, so is all that comes before the rest is taken: it would not follow on.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.left_out > 0 || self.held.len() + bytes.len() > MOST {
            self.left_out += bytes.len() as u64;
        } else {
            self.held.extend(bytes);
        }
    }

    /// Whether there is something to take.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.left_out == 0
    }

    /// The next piece; what was left out, in words, after all that came before it. An unfinished sequence and colours end
    /// before those words.
    pub fn take(&mut self) -> Vec<u8> {
        if self.held.is_empty() && self.left_out > 0 {
            let bytes = std::mem::take(&mut self.left_out);
            return format!(
                "\x18\x1b[0m\r\n[{bytes} bytes were left out: the console writes faster than they are shown]\r\n"
            )
            .into_bytes();
        }
        let length = self.held.len().min(PIECE);
        self.held.drain(..length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(backlog: &mut Backlog) -> Vec<u8> {
        let mut taken = Vec::new();
        while !backlog.is_empty() {
            let piece = backlog.take();
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            taken.extend(piece);
        }
        taken
    }

    #[test]
    fn what_fits_comes_out_as_it_went_in() {
        let mut backlog = Backlog::default();
        let bytes: Vec<u8> = (0..=250).cycle().take(MOST).collect();
        bytes.chunks(7001).for_each(|chunk| backlog.push(chunk));
        assert!(all(&mut backlog) == bytes);
    }

    #[test]
    fn a_flood_is_cut_at_its_bound_and_that_is_said_once() {
        let mut backlog = Backlog::default();
        for _ in 0..10 {
            backlog.push(&vec![b'y'; MOST / 2]);
            assert!(backlog.held.len() <= MOST);
        }
        backlog.push(b"late");
        let shown = all(&mut backlog);
        let left_out = 8 * (MOST / 2) + 4;
        assert!(shown[..MOST].iter().all(|byte| *byte == b'y'));
        let said = String::from_utf8_lossy(&shown[MOST..]);
        assert!(
            said.contains(&format!("[{left_out} bytes were left out")),
            "{said}"
        );
        backlog.push(b"on");
        assert_eq!(all(&mut backlog), b"on", "it goes on as if nothing had been");
    }
}
