//! Numbers that look random, and are the same again with the same seed.
//!
//! Read first: nothing. It does not know what they are for.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seeds that are chosen here are below this, so that they can be typed.
const MAX_SEED: u32 = 1_000_000;

/// A seed that nobody has used.
pub fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos() % MAX_SEED)
}

/// A small generator (Marsaglia's xorshift64): the same seed gives the same numbers everywhere.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Random {
        // Neighbouring seeds must not give similar numbers, and 0 would give nothing but zeros.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 1 to `most`, which is at least 1.
    pub fn up_to(&mut self, most: u64) -> u64 {
        1 + (self.number() >> 8) % most
    }

    /// This many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.number() >> 32) as u8).collect()
    }

    /// This many random small letters.
    pub fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'a' + (self.number() >> 32) as u8 % 26)).collect()
    }
}
