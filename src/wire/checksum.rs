//! CRC-32C, a checksum against accidents: damaged, mixed or wrong bytes. It is no protection against a person, who can
//! make other bytes with the same checksum.
//!
//! Read first: `docs/EXTENSIONS.md`, which says why this one. It does not know whose bytes it sums.

use std::fmt;

/// The bytes of a part. SUM answers with a line for each part: the checksum of the file up to the end of that part.
pub const SUM_PART: u64 = 1024 * 1024;

/// The bytes of such a line: eight digits and LF.
pub const SUM_LINE: u64 = 9;

/// The polynomial of Castagnoli with its bits in reverse, as RFC 3720 (iSCSI) uses it.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// `TABLES[zeros][byte]` is the remainder of that byte with so many zero bytes behind it. With eight tables, eight
/// bytes are summed in one step: measured 4 times as fast as one byte after the other.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    // A `for` can't run at compile time.
    let mut index = 0;
    while index < 8 * 256 {
        let (zeros, byte) = (index / 256, index % 256);
        let mut remainder = if zeros == 0 { byte as u32 } else { tables[zeros - 1][byte] };
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (POLYNOMIAL * (remainder & 1));
            bit += 1;
        }
        tables[zeros][byte] = remainder;
        index += 1;
    }
    tables
}

/// The checksum of the bytes that were added so far; at first of none. Shown, it is eight hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum(u32);

impl Checksum {
    /// Adds bytes. In how many pieces they come does not matter.
    pub fn add(&mut self, bytes: &[u8]) {
        let after = |zeros: usize, byte: u8| TABLES[zeros][usize::from(byte)];
        let mut sum = !self.0;
        let mut eights = bytes.chunks_exact(8);
        for eight in &mut eights {
            let mut next = [0; 8];
            next.copy_from_slice(eight);
            // The checksum so far is mixed into the first four bytes.
            let [a, b, c, d, e, f, g, h] = (u64::from_le_bytes(next) ^ u64::from(sum)).to_le_bytes();
            sum = after(7, a) ^ after(6, b) ^ after(5, c) ^ after(4, d);
            sum ^= after(3, e) ^ after(2, f) ^ after(1, g) ^ after(0, h);
        }
        for byte in eights.remainder() {
            sum = (sum >> 8) ^ after(0, sum.to_le_bytes()[0] ^ byte);
        }
        self.0 = !sum;
    }
}

impl Checksum {
    /// It as a line of the answer to SUM: [`SUM_LINE`] bytes.
    pub fn line(self) -> String {
        format!("{self}\n")
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u32 {
        let mut checksum = Checksum::default();
        checksum.add(bytes);
        checksum.0
    }

    #[test]
    fn the_test_vectors_of_rfc_3720_come_out() {
        let up: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        assert_eq!(of(&[0; 32]), 0x8A91_36AA);
        assert_eq!(of(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(of(&up), 0x46DD_794E);
        assert_eq!(of(&down), 0x113F_DB5C);
    }

    #[test]
    fn the_usual_check_of_the_digits_and_of_nothing_comes_out() {
        assert_eq!(of(b"123456789"), 0xE306_9283);
        assert_eq!(of(b""), 0);
        assert_eq!(Checksum::default().to_string(), "00000000");
    }

    #[test]
    fn the_pieces_in_which_bytes_come_do_not_matter() {
        let bytes: Vec<u8> = (0..1000u32).map(|number| ((number * 7919) >> 3) as u8).collect();
        for length in 1..40 {
            let mut checksum = Checksum::default();
            bytes.chunks(length).for_each(|piece| checksum.add(piece));
            assert_eq!(checksum.0, of(&bytes), "pieces of {length} bytes");
        }
    }

    #[test]
    #[ignore = "a measurement: cargo test --release --lib speed -- --ignored --nocapture"]
    fn speed() {
        let bytes = vec![0x5A; 64 * 1024];
        let begun = std::time::Instant::now();
        let mut checksum = Checksum::default();
        (0..16 * 1024).for_each(|_| checksum.add(std::hint::black_box(&bytes)));
        println!("1 GiB: {checksum}, {:.2} GiB/s", 1.0 / begun.elapsed().as_secs_f64());
    }
}
