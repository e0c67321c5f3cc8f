//! Seeded randomness: a SplitMix64 stream and a stateless hash of numbers.
//!
//! Knows nothing of the world. The same seed gives the same stream on every machine.

/// A small deterministic stream of random numbers (SplitMix64). Not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// A stream that is fully determined by `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `bound` (0 when `bound` is 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        to_unit(self.next_u64())
    }

    /// Sixteen random bytes written as a version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A random address below the prefix `BC:24:11` that Proxmox uses for guests.
    pub fn guest_mac(&mut self) -> String {
        let bits = self.next_u64();
        format!(
            "BC:24:11:{:02X}:{:02X}:{:02X}",
            bits & 0xFF,
            (bits >> 8) & 0xFF,
            (bits >> 16) & 0xFF
        )
    }
}

/// A hash of numbers: equal input, equal output, on every machine.
pub fn hash(parts: &[u64]) -> u64 {
    parts
        .iter()
        .fold(0x51_7C_C1_B7_27_22_0A_95, |state, part| mix(state ^ mix(*part)))
}

/// A stable number for a text.
pub fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Maps 64 bits to 0 ≤ x < 1.
pub fn to_unit(bits: u64) -> f64 {
    ((bits >> 11) as f64) / ((1_u64 << 53) as f64)
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_stream() {
        let (mut a, mut b) = (Rng::new(7), Rng::new(7));
        assert!((0..100).all(|_| a.next_u64() == b.next_u64()));
        assert_ne!(Rng::new(8).next_u64(), Rng::new(7).next_u64());
    }

    #[test]
    fn unit_stays_in_its_range() {
        let mut rng = Rng::new(1);
        assert!((0..1000).map(|_| rng.unit()).all(|x| (0.0..1.0).contains(&x)));
    }
}
