//! The clients of a load: one asks, waits for the answer and asks again; a slow one asks and never reads.
//!
//! Read first: `wire/framing.rs`. It does not know who measures.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::load::errors::{Errors, Trouble};
use crate::lab::load::waits::Waits;
use crate::lock::locked;
use crate::wire::framing::{is_timeout, read_reply_header};
use crate::wire::{Command, ReplyHeader};

/// Most bytes that one read takes.
const READ: usize = 64 * 1024;

/// How long a client waits after an error. Otherwise it would send requests as fast as the server can refuse them.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(20);

/// How many bytes of commands a slow client sends in one write.
const SLOW_BURST: usize = 16 * 1024;

/// How long a slow client may take to connect: when many clients connect, its first packet may be lost, and is sent
/// again a second later.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// If a slow client can write nothing for so long, it is stuck, and so is the server's thread. Also how often it checks
/// whether it should end.
const STUCK: Duration = Duration::from_millis(200);

/// A connection that fails with a time-out when its deadline is over, even if bytes still come.
pub struct Connection {
    input: BufReader<Timed>,
}

struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Connection {
    /// Connects, and reads the greeting.
    ///
    /// # Errors
    /// As for any request.
    pub fn open(server: SocketAddr, deadline: Instant) -> Result<Connection, Trouble> {
        let stream = time_left(deadline).and_then(|left| TcpStream::connect_timeout(&server, left));
        let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        let stream = stream.map_err(|error| {
            if is_timeout(&error) && Instant::now() >= deadline {
                Trouble::Late
            } else {
                Trouble::NoConnection(error)
            }
        })?;
        let mut connection = Connection { input: BufReader::with_capacity(READ, Timed { stream, deadline }) };
        connection.receive(|_| {})?;
        Ok(connection)
    }

    /// Sends one command and reads its whole answer. `on_part` is called with each part of the body.
    ///
    /// # Errors
    /// A refusal, a lost connection, a body shorter than promised, or the deadline.
    pub fn ask(&mut self, command: &Command, on_part: impl FnMut(&[u8])) -> Result<(), Trouble> {
        let sent = self.input.get_mut().write_all(format!("{command}\n").as_bytes());
        // A server that has closed may have said why. Its answer is more useful than the error of the write.
        self.receive(on_part).map_err(|trouble| match (trouble, sent) {
            (Trouble::Lost(_), Err(error)) => Trouble::of(error),
            (trouble, _) => trouble,
        })
    }

    /// Logs out, and sees the server close.
    ///
    /// # Errors
    /// As for any request, or if the server says more.
    pub fn log_out(mut self) -> Result<(), Trouble> {
        self.ask(&Command::Logout, |_| {})?;
        match self.input.fill_buf().map_err(Trouble::of)?.len() {
            0 => Ok(()),
            more => Err(Trouble::Broken(format!("{more} bytes came after the goodbye, where the end should come"))),
        }
    }

    fn receive(&mut self, mut on_part: impl FnMut(&[u8])) -> Result<(), Trouble> {
        let size = match read_reply_header(&mut self.input).map_err(Trouble::of)?.0 {
            ReplyHeader::Ok(size) => size,
            ReplyHeader::Err(refusal) => return Err(Trouble::Refused(refusal)),
        };
        let mut left = size;
        while left > 0 {
            let part = self.input.fill_buf().map_err(Trouble::of)?;
            let count = part.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if count == 0 {
                let came = size - left;
                return Err(Trouble::Broken(format!("the body ended after {came} of the {size} bytes promised")));
            }
            on_part(&part[..count]);
            self.input.consume(count);
            left -= count as u64;
        }
        Ok(())
    }
}

/// A read that a signal interrupts begins again, with the time that is left.
impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(time_left(self.deadline)?))?;
            match self.stream.read(buffer) {
                Err(error) if is_too_early(&error, self.deadline) => {}
                done => return done,
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.stream.set_write_timeout(Some(time_left(self.deadline)?))?;
            match self.stream.write(bytes) {
                Err(error) if is_too_early(&error, self.deadline) => {}
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn time_left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

fn is_too_early(error: &io::Error, deadline: Instant) -> bool {
    error.kind() == io::ErrorKind::Interrupted || (is_timeout(error) && Instant::now() < deadline)
}

/// What one client does, and until when.
pub struct Task {
    /// The server that it asks.
    pub server: SocketAddr,
    /// What it asks.
    pub command: Command,
    /// Does each request have a connection of its own?
    pub reconnect: bool,
    /// From then on no request is begun.
    pub end: Instant,
    /// From then on no answer is waited for.
    pub give_up: Instant,
}

/// What came of it; of one client, or of several.
#[derive(Default)]
pub struct Tally {
    /// Whole answers until the end.
    pub answers: u64,
    /// Bytes of files until the end, those of unfinished answers too.
    pub bytes: u64,
    /// Connections that were greeted until the end.
    pub connections: u64,
    /// Every wait.
    pub waits: Waits,
    /// What went wrong.
    pub errors: Errors,
    /// The waits that did not end: at most one for each client.
    pub unfinished: Vec<Duration>,
    /// Clients that never got a whole answer.
    pub never_answered: usize,
}

impl Tally {
    /// Adds another client's tally.
    pub fn merge(&mut self, other: Tally) {
        self.answers += other.answers;
        self.bytes += other.bytes;
        self.connections += other.connections;
        self.waits.merge(&other.waits);
        self.errors.merge(other.errors);
        self.unfinished.extend(other.unfinished);
        self.never_answered += other.never_answered;
    }
}

/// One client of the closed loop.
pub struct Client<'a> {
    task: &'a Task,
    tally: Tally,
    kept: Option<Connection>,
    /// Since when it has been waiting.
    since: Instant,
}

impl Client<'_> {
    /// Asks at least once, and again and again until the end. It also returns its connection, if it is open. The
    /// connection stays open until all clients have ended, because closing it would free a place for a client that
    /// still waits.
    pub fn run(task: &Task) -> (Tally, Option<Connection>) {
        let mut client = Client { task, tally: Tally::default(), kept: None, since: Instant::now() };
        loop {
            match client.one_request() {
                Ok(()) => {}
                Err(Trouble::Late) => client.give_up(),
                Err(trouble) => {
                    client.tally.errors.add(&trouble);
                    thread::sleep(PAUSE_AFTER_ERROR);
                }
            }
            if Instant::now() >= task.end {
                break;
            }
        }
        client.tally.never_answered = usize::from(client.tally.waits.count() == client.tally.unfinished.len() as u64);
        (client.tally, client.kept)
    }

    /// Makes a connection, unless one is kept, and gets one file over it. After an error the next request makes a new
    /// connection.
    fn one_request(&mut self) -> Result<(), Trouble> {
        self.since = Instant::now();
        let mut connection = match self.kept.take() {
            Some(kept) => kept,
            None => self.connect()?,
        };
        let (tally, end) = (&mut self.tally, self.task.end);
        connection.ask(&self.task.command, |part| {
            if Instant::now() < end {
                tally.bytes += part.len() as u64;
            }
        })?;
        self.tally.waits.add(self.since.elapsed());
        self.tally.answers += u64::from(Instant::now() < end);
        if self.task.reconnect {
            self.since = Instant::now();
            return connection.log_out();
        }
        self.kept = Some(connection);
        Ok(())
    }

    fn connect(&mut self) -> Result<Connection, Trouble> {
        let connection = Connection::open(self.task.server, self.task.give_up)?;
        self.tally.connections += u64::from(Instant::now() < self.task.end);
        Ok(connection)
    }

    fn give_up(&mut self) {
        // The system may wake this thread some milliseconds late. They do not count as waiting.
        let waited = self.task.give_up.saturating_duration_since(self.since);
        self.tally.waits.add(waited);
        self.tally.unfinished.push(waited);
    }
}

/// What the slow clients and the thread that started them tell each other.
#[derive(Default)]
pub struct SlowState {
    /// How many are stuck or have ended, so that they will do nothing more.
    pub settled: usize,
    /// They should end.
    pub over: bool,
}

/// A slow client: asks again and again and reads nothing, until `over`. When every buffer on the way is full, the
/// server's writes wait for it, and then its own. It waits in a write and does not spin.
///
/// # Errors
/// The system's error when the server cuts it off or refuses it.
pub fn read_nothing(server: SocketAddr, command: &Command, state: &Mutex<SlowState>) -> io::Result<()> {
    let mut settled = false;
    let mut settle = || {
        if !std::mem::replace(&mut settled, true) {
            locked(state, |state| state.settled += 1);
        }
    };
    let result = ask_and_read_nothing(server, command, state, &mut settle);
    settle();
    result
}

fn ask_and_read_nothing(
    server: SocketAddr,
    command: &Command,
    state: &Mutex<SlowState>,
    mut on_stuck: impl FnMut(),
) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&server, CONNECT_TIME)?;
    stream.set_write_timeout(Some(STUCK))?;
    let line = format!("{command}\n");
    let burst = line.repeat(SLOW_BURST.div_ceil(line.len())).into_bytes();
    let mut sent = 0;
    while !locked(state, |state| state.over) {
        match stream.write(&burst[sent..]) {
            Ok(count) => sent = (sent + count) % burst.len(),
            Err(error) if is_timeout(&error) => on_stuck(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
