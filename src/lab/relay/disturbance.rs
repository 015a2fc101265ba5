//! What the relay does to the bytes of one direction, as values; and how large a packet may be, and how long it waits.
//!
//! Read first: nothing. It does not know any socket, nor the time of day.

use std::fmt;
use std::time::Duration;

use crate::lab::random::Random;
use crate::programs::human::counted;

/// The pause after a packet of `--chop`: long enough that a waiting receiver reads each packet alone.
pub const CHOP_PAUSE: Duration = Duration::from_millis(2);

/// With `--rate`, a packet has at most the bytes of a tenth of a second. Larger packets would come in bursts.
const RATE_PACKETS: u64 = 10;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

impl Direction {
    /// The way back.
    pub fn other(self) -> Direction {
        match self {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        }
    }

    /// How it is drawn.
    pub fn arrow(self) -> &'static str {
        match self {
            Direction::Up => "->",
            Direction::Down => "<-",
        }
    }

    /// Who sends in it.
    pub fn sender(self) -> &'static str {
        match self {
            Direction::Up => "the client",
            Direction::Down => "the server",
        }
    }
}

/// What happens after so many bytes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many bytes are passed on, at least 1.
    pub after: u64,
    /// What happens then.
    pub then: Then,
}

/// How a direction is disturbed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The receiver sees the end of the stream, and the connection is closed.
    Cut,
    /// The receiver gets a reset.
    Reset,
    /// Nothing more is passed on. The connection stays open.
    Stall,
}

/// All that is done to one direction. The default does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disturbance {
    /// Most bytes of a packet.
    pub chop: Option<u64>,
    /// What arrives within this time goes on as one piece.
    pub glue: Option<Duration>,
    /// Everything goes on so much later.
    pub delay: Option<Duration>,
    /// Most bytes a second.
    pub rate: Option<u64>,
    /// What ends it.
    pub limit: Option<Limit>,
    /// The end goes on so much later.
    pub slow_close: Option<Duration>,
    /// Sizes and times are drawn at random within their bounds, from this seed.
    pub seed: Option<u64>,
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let drawn = if self.seed.is_some() { "up to " } else { "" };
        let mut parts = Vec::new();
        parts.extend(self.chop.map(|most| format!("packets of at most {}", bytes(most))));
        parts.extend(self.glue.map(|time| format!("one piece of what comes within {drawn}{time:?}")));
        parts.extend(self.delay.map(|time| format!("{drawn}{time:?} later")));
        parts.extend(self.rate.map(|rate| format!("at most {} a second", bytes(rate))));
        parts.extend(self.limit.map(|limit| format!("{} after {}", limit.then, bytes(limit.after))));
        parts.extend(self.slow_close.map(|time| format!("the end {time:?} later")));
        parts.extend(self.seed.map(|seed| format!("seed {seed}")));
        f.write_str(&if parts.is_empty() { "nothing".to_string() } else { parts.join(", ") })
    }
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Then::Cut => "the end of the stream",
            Then::Reset => "a reset",
            Then::Stall => "silence",
        })
    }
}

/// A number of bytes, in words.
pub fn bytes(count: u64) -> String {
    counted(count, "byte")
}

/// How large the packets of one direction are, and how long it waits. With a seed, only the seed decides where packets
/// end, and not the moment at which bytes come.
#[derive(Debug)]
pub struct Pace {
    disturbance: Disturbance,
    /// Random numbers for packets, and for pieces. They are separate because the number of pieces is different each
    /// time.
    random: Option<(Random, Random)>,
    /// Bytes that the packet which has begun may still take.
    left: u64,
}

impl Pace {
    /// The pace of one direction of the connection with this number.
    pub fn new(disturbance: &Disturbance, number: u64, direction: Direction) -> Pace {
        let random = disturbance.seed.map(|seed| {
            let mine = seed.wrapping_add(number << 2 | u64::from(direction == Direction::Down) << 1);
            (Random::new(mine), Random::new(!mine))
        });
        let mut pace = Pace { disturbance: disturbance.clone(), random, left: 0 };
        pace.left = pace.next_packet();
        pace
    }

    fn next_packet(&mut self) -> u64 {
        let chop = self.disturbance.chop.map(|most| match &mut self.random {
            Some((packets, _)) => packets.up_to(most),
            None => most,
        });
        let of_rate = self.disturbance.rate.map(|rate| (rate / RATE_PACKETS).max(1));
        chop.unwrap_or(u64::MAX).min(of_rate.unwrap_or(u64::MAX))
    }

    /// How many bytes the next packet may have.
    pub fn room(&self) -> u64 {
        self.left
    }

    /// Takes note that `count` bytes were sent. Returns how long the next bytes wait.
    pub fn sent(&mut self, count: u64) -> Duration {
        self.left -= count;
        let for_rate = self.disturbance.rate.map(|rate| Duration::from_secs_f64(count as f64 / rate as f64));
        let mut wait = for_rate.unwrap_or_default();
        if self.left == 0 {
            self.left = self.next_packet();
            if self.disturbance.chop.is_some() {
                let pause = match &mut self.random {
                    Some((packets, _)) => drawn(packets, 2 * CHOP_PAUSE),
                    None => CHOP_PAUSE,
                };
                wait = wait.max(pause);
            }
        }
        wait
    }

    /// For a piece that has begun to arrive: how long it gathers more bytes, and how much later all of it goes on.
    pub fn times_of_a_piece(&mut self) -> (Duration, Duration) {
        let (glue, delay) = (self.disturbance.glue, self.disturbance.delay);
        let mut time = |bound: Option<Duration>| match (bound, &mut self.random) {
            (None, _) => Duration::ZERO,
            (Some(bound), None) => bound,
            (Some(bound), Some((_, pieces))) => drawn(pieces, bound),
        };
        (time(glue), time(delay))
    }
}

fn drawn(random: &mut Random, bound: Duration) -> Duration {
    let most = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.up_to(most.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where packets end in the first 1000 bytes, if so many arrive at once.
    fn ends(seed: u64, number: u64, direction: Direction, arriving: u64) -> (Vec<u64>, Vec<Duration>) {
        let disturbance = Disturbance { chop: Some(50), seed: Some(seed), ..Disturbance::default() };
        let mut pace = Pace::new(&disturbance, number, direction);
        let (mut offset, mut ends, mut pauses) = (0, Vec::new(), Vec::new());
        while offset < 1000 {
            let arrived_to = (offset / arriving + 1) * arriving;
            let size = pace.room().min(arrived_to - offset);
            assert!((1..=50).contains(&size));
            let whole = size == pace.room();
            let pause = pace.sent(size);
            offset += size;
            if whole {
                ends.push(offset);
                pauses.push(pause);
            }
        }
        (ends, pauses)
    }

    #[test]
    fn the_same_seed_ends_packets_at_the_same_bytes_however_they_arrive() {
        let first = ends(7, 1, Direction::Down, 1000);
        assert_eq!(first, ends(7, 1, Direction::Down, 1000));
        assert_eq!(first, ends(7, 1, Direction::Down, 3));
        assert!(first.1.iter().all(|pause| *pause > Duration::ZERO && *pause <= 2 * CHOP_PAUSE), "{first:?}");
        for other in
            [ends(8, 1, Direction::Down, 1000), ends(7, 2, Direction::Down, 1000), ends(7, 1, Direction::Up, 9)]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn the_rate_bounds_both_the_packet_and_the_wait_behind_it() {
        let mut pace = Pace::new(&Disturbance { rate: Some(1000), ..Disturbance::default() }, 1, Direction::Up);
        assert_eq!((pace.room(), pace.sent(100)), (100, Duration::from_millis(100)));
        assert_eq!((pace.room(), pace.sent(30), pace.room()), (100, Duration::from_millis(30), 70));
        let slowest = Pace::new(&Disturbance { rate: Some(1), ..Disturbance::default() }, 1, Direction::Up);
        assert_eq!(slowest.room(), 1);
    }

    #[test]
    fn without_a_disturbance_there_is_no_bound_and_no_wait() {
        let mut pace = Pace::new(&Disturbance::default(), 1, Direction::Up);
        assert_eq!((pace.room(), pace.sent(1 << 20)), (u64::MAX, Duration::ZERO));
        assert_eq!(pace.times_of_a_piece(), (Duration::ZERO, Duration::ZERO));
    }
}
