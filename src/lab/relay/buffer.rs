//! What one direction holds: bytes that have arrived and have not yet gone, in pieces, each with the time at which it
//! goes.
//!
//! Read first: `disturbance.rs`. It does not know where the bytes come from.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Most bytes that a direction holds. While it is full, the relay does not read, and TCP makes the sender wait.
pub const BUFFER: usize = 64 * 1024;

/// Most pieces that a direction holds: bytes that come one by one must not take more memory than bytes in large pieces.
const MAX_PIECES: usize = 1024;

/// The bounded buffer of one direction.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
    /// Together they are the filled bytes.
    pieces: VecDeque<Piece>,
}

#[derive(Debug)]
struct Piece {
    length: usize,
    due: Instant,
    /// Bytes that arrive before this time belong to it.
    open_until: Instant,
}

impl Default for Buffer {
    /// An empty one.
    fn default() -> Buffer {
        Buffer { bytes: vec![0; BUFFER], filled: 0, pieces: VecDeque::new() }
    }
}

impl Buffer {
    /// Is there space for more bytes?
    pub fn has_room(&self) -> bool {
        self.filled < BUFFER && self.pieces.len() < MAX_PIECES
    }

    /// Where to put it.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    /// Takes note that `count` bytes were put there just now. `times` says how long a new piece gathers more bytes, and
    /// how much later it goes on.
    pub fn arrived(&mut self, count: usize, now: Instant, times: impl FnOnce() -> (Duration, Duration)) {
        self.filled += count;
        match self.pieces.back_mut() {
            Some(last) if now < last.open_until => last.length += count,
            _ => {
                let (glue, delay) = times();
                self.pieces.push_back(Piece { length: count, due: now + glue + delay, open_until: now + glue });
            }
        }
        if self.filled == BUFFER {
            self.gather_no_more(now);
        }
    }

    /// A full buffer can't take more bytes, so the last piece goes on without the rest of its gathering time.
    fn gather_no_more(&mut self, now: Instant) {
        if let Some(last) = self.pieces.back_mut() {
            last.due -= last.open_until.saturating_duration_since(now);
            last.open_until = now;
        }
    }

    /// When the first piece goes on.
    pub fn due(&self) -> Option<Instant> {
        self.pieces.front().map(|piece| piece.due)
    }

    /// The first piece, or so many bytes of it.
    pub fn first(&self, at_most: u64) -> &[u8] {
        let length = self.pieces.front().map_or(0, |piece| piece.length);
        &self.bytes[..length.min(usize::try_from(at_most).unwrap_or(usize::MAX))]
    }

    /// Removes `count` bytes of the first piece: they were sent.
    pub fn remove(&mut self, count: usize) {
        self.bytes.copy_within(count..self.filled, 0);
        self.filled -= count;
        if let Some(first) = self.pieces.front_mut() {
            first.length -= count;
            if first.length == 0 {
                self.pieces.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: Duration = Duration::from_secs(1);
    const DELAY: Duration = Duration::from_secs(10);

    fn put(buffer: &mut Buffer, bytes: &[u8], now: Instant, times: (Duration, Duration)) {
        buffer.space()[..bytes.len()].copy_from_slice(bytes);
        buffer.arrived(bytes.len(), now, || times);
    }

    #[test]
    fn what_arrives_within_the_time_of_a_piece_belongs_to_it() {
        let (mut buffer, start) = (Buffer::default(), Instant::now());
        put(&mut buffer, b"one", start, (GLUE, DELAY));
        put(&mut buffer, b"two", start + GLUE / 2, (GLUE, DELAY));
        put(&mut buffer, b"three", start + GLUE, (GLUE, DELAY));
        assert_eq!((buffer.first(100), buffer.due()), (&b"onetwo"[..], Some(start + GLUE + DELAY)));
        buffer.remove(6);
        assert_eq!((buffer.first(2), buffer.due()), (&b"th"[..], Some(start + GLUE * 2 + DELAY)));
        buffer.remove(2);
        assert_eq!(buffer.first(100), b"ree");
        buffer.remove(3);
        assert_eq!((buffer.first(100), buffer.due()), (&b""[..], None));
    }

    #[test]
    fn without_such_a_time_every_arrival_is_a_piece_of_its_own() {
        let (mut buffer, start) = (Buffer::default(), Instant::now());
        for part in [b"a", b"b"] {
            put(&mut buffer, part, start, (Duration::ZERO, Duration::ZERO));
        }
        assert_eq!((buffer.first(100), buffer.due()), (&b"a"[..], Some(start)));
    }

    #[test]
    fn it_is_full_with_many_bytes_or_many_pieces_and_then_gathers_no_more() {
        let (mut buffer, start) = (Buffer::default(), Instant::now());
        put(&mut buffer, &[b'x'; BUFFER], start, (GLUE, DELAY));
        assert_eq!((buffer.has_room(), buffer.due()), (false, Some(start + DELAY)));
        let mut buffer = Buffer::default();
        (0..MAX_PIECES).for_each(|_| put(&mut buffer, b"x", start, (Duration::ZERO, DELAY)));
        assert!(!buffer.has_room());
        buffer.remove(1);
        assert!(buffer.has_room());
    }
}
