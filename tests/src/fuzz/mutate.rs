//! Changed copies of seeds, for runs without a fuzzer: small strokes that parsers trip over. The same seed of chance makes
//! the same copies, so that a failure can be repeated.

/// Chance that repeats itself (xorshift).
#[derive(Debug, Clone)]
pub struct Chance(u64);

/// What breaks parsers more often than chance finds it.
const WORDS: [&[u8]; 28] = [
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b": ",
    b"- ",
    b"---\n",
    b"#",
    b"&a ",
    b"*a",
    b"!!str ",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x94\xa5",
    b"../",
];

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % end.max(1)
    }
}

/// A copy of one of the seeds with one to six strokes.
pub fn copy(seeds: &[Vec<u8>], chance: &mut Chance, longest: usize) -> Vec<u8> {
    let mut bytes = seeds.get(chance.below(seeds.len())).cloned().unwrap_or_default();
    for _ in 0..=chance.below(6) {
        stroke(&mut bytes, seeds, chance);
    }
    bytes.truncate(longest);
    bytes
}

fn stroke(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let end = (at + chance.below(24)).min(bytes.len());
    match chance.below(8) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        2 => drop(bytes.drain(at..end)),
        3 => {
            let piece = bytes[at..end].to_vec();
            let times = 1 + chance.below(4);
            bytes.splice(at..at, piece.repeat(times)).for_each(drop);
        }
        4 | 5 => {
            let word = WORDS[chance.below(WORDS.len())];
            bytes.splice(at..end, word.iter().copied()).for_each(drop);
        }
        6 => {
            // The end of another seed, or a piece of it.
            let other = seeds.get(chance.below(seeds.len())).cloned().unwrap_or_default();
            let from = chance.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => bytes.truncate(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_copies_and_another_one_others() {
        let seeds = vec![b"one seed of many".to_vec(), b"and another one".to_vec()];
        let copies = |seed| -> Vec<Vec<u8>> {
            let mut chance = Chance::new(seed);
            (0..200).map(|_| copy(&seeds, &mut chance, 64)).collect()
        };
        assert_eq!(copies(1), copies(1));
        assert_ne!(copies(1), copies(2));
        assert!(copies(1).iter().all(|copy| copy.len() <= 64));
        let changed = copies(1).iter().filter(|copy| !seeds.contains(copy)).count();
        assert!(changed > 150, "{changed}");
    }
}
