//! One direction of one connection, on a thread of its own: it reads, waits as long as it must, and writes.
//!
//! Read first: `buffer.rs`, `pair.rs`, `source.rs`. It does not know the other direction.

use std::io;
use std::time::{Duration, Instant};

use crate::lab::relay::buffer::Buffer;
use crate::lab::relay::disturbance::{bytes, Direction, Disturbance, Pace, Then};
use crate::lab::relay::pair::{Broken, Pair};
use crate::lab::relay::source::Source;
use crate::lab::relay::told::ConnectionTold;
use crate::server::connection::{cut, end_sending, read_until_end};
use crate::watch::Watch;

/// For a shorter wait than this the thread sleeps. A read's time-out would last too long, because the system counts it
/// in ticks of some milliseconds.
const SHORTEST_READ: Duration = Duration::from_millis(20);

/// How long a reset waits for input that can stay unread, if there is none yet.
const RESET_WAIT: Duration = Duration::from_secs(1);

/// How long a connection stays open under `--stall-after` when nothing passes in either direction. Without this limit,
/// two peers that wait for each other would keep the relay's threads for ever.
const SILENCE: Duration = Duration::from_secs(60);

/// How often a silent direction checks whether both ends are still connected.
const SILENCE_LOOK: Duration = Duration::from_millis(200);

/// Why a direction ends.
enum Ending {
    /// The sender has ended its sending side, and everything before that has been passed on.
    End,
    /// The limit of bytes has been passed on.
    Limit(Then),
    /// Nothing more can be passed on.
    Broken(Broken),
}

impl From<Broken> for Ending {
    fn from(broken: Broken) -> Ending {
        Ending::Broken(broken)
    }
}

/// One direction of a connection.
pub struct Flow<'a> {
    pair: &'a Pair,
    direction: Direction,
    disturbance: &'a Disturbance,
    told: &'a ConnectionTold<'a>,
    source: Source<'a>,
    buffer: Buffer,
    pace: Pace,
    /// How many bytes were passed on.
    passed: u64,
    /// The next packet waits until then, because of the last packet.
    free_at: Instant,
    /// When the sender's end goes on, once it has come.
    end_due: Option<Instant>,
}

impl<'a> Flow<'a> {
    /// A direction in which nothing has been passed on yet. `keeps_a_byte_unread`: so that its sender can be reset.
    pub fn new(
        pair: &'a Pair,
        direction: Direction,
        disturbance: &'a Disturbance,
        keeps_a_byte_unread: bool,
        told: &'a ConnectionTold<'a>,
    ) -> Flow<'a> {
        Flow {
            pair,
            direction,
            disturbance,
            told,
            source: Source::new(pair, direction, keeps_a_byte_unread),
            buffer: Buffer::default(),
            pace: Pace::new(disturbance, told.number, direction),
            passed: 0,
            free_at: Instant::now(),
            end_due: None,
        }
    }

    /// Passes everything on, and then ends the direction as it must.
    pub fn run(mut self) {
        let concluded = match self.pass_all() {
            Ending::End => self.pass_end_on("end of stream"),
            Ending::Limit(Then::Cut) => self.cut(),
            Ending::Limit(Then::Reset) => {
                self.reset();
                Ok(())
            }
            Ending::Limit(Then::Stall) => self.fall_silent(),
            Ending::Broken(broken) => Err(broken),
        };
        match concluded {
            Ok(()) | Err(Broken::Over) => {}
            Err(Broken::Sender(why)) => self.give_up(self.direction, &why),
            Err(Broken::Receiver(why)) => self.give_up(self.direction.other(), &why),
        }
    }

    /// Reads and writes until there is nothing more to pass on.
    fn pass_all(&mut self) -> Ending {
        loop {
            if let Err(ending) = self.next() {
                return ending;
            }
        }
    }

    /// Does the next thing: passes a packet on, waits for its time, or reads.
    fn next(&mut self) -> Result<(), Ending> {
        match (self.buffer.due(), self.end_due) {
            (None, None) => Ok(self.receive(None)?),
            (None, Some(end)) => {
                self.pair.wait_until(end.max(self.free_at))?;
                Err(Ending::End)
            }
            (Some(due), end) => {
                let (now, at) = (Instant::now(), due.max(self.free_at));
                if at <= now {
                    self.pass_packet()
                } else if end.is_some() || !self.buffer.has_room() || at - now < SHORTEST_READ {
                    Ok(self.pair.wait_until(at)?)
                } else {
                    Ok(self.receive(Some(at))?)
                }
            }
        }
    }

    fn receive(&mut self, until: Option<Instant>) -> Result<(), Broken> {
        let read = self.source.read(self.buffer.space(), until);
        let read = read.map_err(|error| self.pair.unless_over(Broken::Sender(error)))?;
        let now = Instant::now();
        match read {
            None => {}
            Some(0) if self.pair.is_over() => return Err(Broken::Over),
            Some(0) => self.end_due = Some(now + self.pace.times_of_a_piece().1),
            Some(count) => self.buffer.arrived(count, now, || self.pace.times_of_a_piece()),
        }
        Ok(())
    }

    fn pass_packet(&mut self) -> Result<(), Ending> {
        if self.pair.is_over() {
            return Err(Broken::Over.into());
        }
        let to_limit = self.disturbance.limit.map(|limit| limit.after - self.passed);
        let packet = self.buffer.first(self.pace.room().min(to_limit.unwrap_or(u64::MAX)));
        let count = packet.len();
        // Reported first: otherwise the answer could be reported before its question.
        self.told.passes(self.direction, self.passed, packet);
        self.pair.write(self.direction, packet)?;
        self.buffer.remove(count);
        self.passed += count as u64;
        self.free_at = Instant::now() + self.pace.sent(count as u64);
        match self.disturbance.limit {
            Some(limit) if limit.after == self.passed => Err(Ending::Limit(limit.then)),
            _ => Ok(()),
        }
    }

    fn pass_end_on(&self, what: &str) -> Result<(), Broken> {
        self.pair.wait_until(Instant::now() + self.disturbance.slow_close.unwrap_or_default())?;
        self.told.ends(self.direction, &format!("{what} after {}", bytes(self.passed)));
        end_sending(self.pair.receiver(self.direction));
        Ok(())
    }

    /// The receiver gets the end, and time to read all before it. The sender's connection is closed.
    fn cut(&self) -> Result<(), Broken> {
        self.pass_end_on("cut: end of stream")?;
        self.pair.set_over();
        cut(self.pair.sender(self.direction));
        read_until_end(self.pair.receiver(self.direction), &Watch::default());
        self.pair.end();
        Ok(())
    }

    /// Leaves the receiver's connection with unread input. When both threads have ended it is closed, and so reset.
    fn reset(&self) {
        self.pair.set_over();
        let receiver = self.pair.receiver(self.direction);
        let waiting = receiver.set_read_timeout(Some(RESET_WAIT)).and_then(|()| receiver.peek(&mut [0]));
        if matches!(waiting, Ok(1)) {
            self.told.resets(self.direction, &format!("reset after {}", bytes(self.passed)));
        } else {
            let why = "no reset, for the receiver sent nothing that could stay unread: end of stream";
            self.told.ends(self.direction, &format!("{why} after {}", bytes(self.passed)));
        }
        cut(self.pair.sender(self.direction));
    }

    /// Reads no more, so that TCP makes the sender wait, as on a broken line. It lasts until one end vanishes, or until
    /// nothing has passed in either direction for so long.
    fn fall_silent(&self) -> Result<(), Broken> {
        self.told.notes(self.direction, &format!("silence after {}", bytes(self.passed)));
        while self.pair.silent_for() < SILENCE {
            self.pair.still_stands(self.direction)?;
            self.pair.wait_until(Instant::now() + SILENCE_LOOK)?;
        }
        self.told.notes(self.direction, &format!("nothing passed for {SILENCE:?}: the connection is closed"));
        self.pair.end();
        Ok(())
    }

    /// The sender of the direction `of` has vanished: the relay ends the other connection too.
    fn give_up(&self, of: Direction, why: &io::Error) {
        self.told.vanished(of, why);
        self.pair.end();
    }
}
