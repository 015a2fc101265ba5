//! A client's end of a conversation with the server under examination. It notes every step, and where a test would
//! panic it returns a [`Failure`] that says what came instead.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know what is checked.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::outcome::{Failure, Steps, Verdict};
use crate::wire::framing::is_timeout;
use crate::wire::{visible, ErrorCode, Refusal, ReplyHeader, MAX_REPLY_LINE};

/// How long a client waits between two parts of a command: long enough that a server that takes one read for one
/// message has answered the first part before the second comes.
pub const PAUSE: Duration = Duration::from_millis(200);

/// How often a wait looks again.
pub const POLL: Duration = Duration::from_millis(20);

/// Largest body that is believed: far more than any fixture, far less than memory. A client keeps one body, and
/// keeps it once: the checks look through a list where it lies.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// How much of what was sent or received a step shows.
const SHOWN: usize = 100;

/// How much is received in one read.
const PART: usize = 64 * 1024;

/// When nothing more has arrived for so long, the server is taken to be stuck in sending.
const STUCK: Duration = Duration::from_millis(250);

/// A reply as it came.
#[derive(Debug)]
pub enum Reply {
    /// With its body.
    Ok(Vec<u8>),
    /// With its code and message.
    Err(Refusal),
}

/// One client.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    number: usize,
    steps: Steps,
    deadline: Instant,
    received: Vec<u8>,
    /// Its sending side is open, and it will not just vanish: it takes its leave.
    polite: bool,
}

impl Peer {
    /// Connects, and reads nothing yet. Nothing that this client does lasts beyond the deadline.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn connect(address: SocketAddr, number: usize, steps: Steps, deadline: Instant) -> Result<Peer, Failure> {
        let left = deadline.saturating_duration_since(Instant::now()).max(POLL);
        let connected = TcpStream::connect_timeout(&address, left).and_then(|stream| {
            // What is sent in parts has to leave in parts.
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => {
                steps.add(number, "connects".to_string());
                Ok(Peer { stream, number, steps, deadline, received: Vec::new(), polite: true })
            }
            Err(error) => {
                steps.add(number, format!("can't connect to {address}: {error}"));
                let what = format!("client {number} got no connection to {address}: does the server still listen?");
                Err(Failure { verdict: Verdict::NoReply, what })
            }
        }
    }

    /// Sends bytes as they are, in one write. That it breaks off is only noted: the reply may be there all the same.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.note("->", bytes);
        let timeout = self.stream.set_write_timeout(Some(self.left().max(POLL)));
        if timeout.and_then(|()| self.stream.write_all(bytes)).is_err() {
            self.step("   (the server takes no more: sending broke off)");
        }
    }

    /// Sends a command's parts with a pause between them, so that each arrives by itself.
    pub fn send_in_parts(&mut self, parts: &[&[u8]]) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                thread::sleep(PAUSE.min(self.left()));
            }
            self.send(part);
        }
    }

    /// Ends the sending side.
    pub fn half_close(&mut self) {
        self.step("-> (end of the sending side)");
        self.polite = false;
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Goes away without a word.
    pub fn vanish(mut self) {
        self.step("vanishes without LOGOUT");
        self.polite = false;
    }

    /// Reads one whole reply.
    ///
    /// # Errors
    /// If none comes, or what comes is none.
    pub fn reply(&mut self) -> Result<Reply, Failure> {
        let line = self.line()?;
        match ReplyHeader::parse(&line[..line.len() - 1]) {
            Ok(ReplyHeader::Ok(size)) if size > MAX_BODY => {
                Err(Failure::wrong(format!("the header promises {size} bytes, and nothing here is so large")))
            }
            Ok(ReplyHeader::Ok(size)) => self.body(size as usize).map(Reply::Ok),
            Ok(ReplyHeader::Err(refusal)) => Ok(Reply::Err(refusal)),
            Err(why) => Err(Failure::wrong(format!("this is no reply's first line: '{}'; {why}", shown(&line)))),
        }
    }

    /// Reads a reply that must be OK; its body.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_ok(&mut self) -> Result<Vec<u8>, Failure> {
        match self.reply()? {
            Reply::Ok(body) => Ok(body),
            Reply::Err(refusal) => Err(Failure::wrong(format!("expected OK, received ERR {refusal}"))),
        }
    }

    /// Reads a reply that must be OK with this body.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_body(&mut self, expected: &[u8]) -> Result<(), Failure> {
        let body = self.expect_ok()?;
        match difference(expected, &body) {
            None => Ok(()),
            Some(difference) => Err(Failure::wrong(format!("the body is not what it should be: {difference}"))),
        }
    }

    /// Reads a reply that must be ERR with this code.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_err(&mut self, code: ErrorCode) -> Result<(), Failure> {
        let expected = code.word();
        match self.reply()? {
            Reply::Err(refusal) if refusal.code == code => Ok(()),
            Reply::Err(refusal) => Err(Failure::wrong(format!("expected ERR {expected}, received ERR {refusal}"))),
            Reply::Ok(body) => {
                Err(Failure::wrong(format!("expected ERR {expected}, received OK with a body of {} bytes", body.len())))
            }
        }
    }

    /// The session has gone on: HELP is answered.
    ///
    /// # Errors
    /// If it is not.
    pub fn expect_goes_on(&mut self) -> Result<(), Failure> {
        self.send("HELP\n");
        let went_on = self.expect_ok().map(drop);
        went_on
            .map_err(|failure| Failure { what: format!("the session should go on, but: {}", failure.what), ..failure })
    }

    /// The server ends the connection in order, with nothing more to read.
    ///
    /// # Errors
    /// If more comes, or no end, or a reset.
    pub fn expect_end(&mut self) -> Result<(), Failure> {
        if self.received.is_empty() && self.receive("the end of the connection")? == 0 {
            return Ok(());
        }
        let more = std::mem::take(&mut self.received);
        self.note("<-", &more);
        Err(Failure::wrong(format!("expected the end of the connection, received more: '{}'", shown(&more))))
    }

    /// Steps 7 and 8: LOGOUT, the goodbye, the end.
    ///
    /// # Errors
    /// If anything else comes.
    pub fn log_out(&mut self) -> Result<(), Failure> {
        self.send("LOGOUT\n");
        self.expect_ok()?;
        self.expect_end()
    }

    /// Reads so many raw bytes.
    ///
    /// # Errors
    /// If they do not come.
    pub fn bytes(&mut self, count: usize) -> Result<Vec<u8>, Failure> {
        while self.received.len() < count {
            if self.receive(&format!("{count} bytes"))? == 0 {
                return Err(self.closed(&format!("{count} bytes")));
            }
        }
        Ok(self.take(count))
    }

    /// Reads nothing until the server can send no more: what arrived does not grow any longer.
    pub fn let_it_fill(&mut self) {
        let mut buffer = vec![0; 128 * PART];
        let (mut arrived, mut since) = (0, Instant::now());
        let _ = self.stream.set_read_timeout(Some(STUCK));
        while !self.left().is_zero() && (arrived == 0 || since.elapsed() < STUCK) {
            let now = self.stream.peek(&mut buffer).unwrap_or(0);
            if now != arrived {
                (arrived, since) = (now, Instant::now());
            }
            thread::sleep(POLL);
        }
        self.step(&format!("reads nothing; {arrived} bytes wait for it"));
    }

    /// The first line of a reply, with its LF.
    fn line(&mut self) -> Result<Vec<u8>, Failure> {
        let expected = "a reply's first line";
        loop {
            if let Some(end) = self.received.iter().take(MAX_REPLY_LINE).position(|byte| *byte == b'\n') {
                return Ok(self.take(end + 1));
            }
            if self.received.len() >= MAX_REPLY_LINE {
                let what =
                    format!("a reply's first line has at most {MAX_REPLY_LINE} bytes, and this one does not end");
                self.note("<-", &self.received);
                return Err(Failure::wrong(what));
            }
            if self.receive(expected)? == 0 {
                return Err(self.closed(expected));
            }
        }
    }

    fn body(&mut self, size: usize) -> Result<Vec<u8>, Failure> {
        while self.received.len() < size {
            let expected = format!("the rest of the body ({} of {size} bytes came)", self.received.len());
            if self.receive(&expected)? == 0 {
                return Err(self.closed(&expected));
            }
        }
        Ok(self.take(size))
    }

    /// One read; 0 at the end of the stream.
    fn receive(&mut self, expected: &str) -> Result<usize, Failure> {
        let mut buffer = [0; PART];
        let left = self.left();
        let read = if left.is_zero() {
            Err(io::Error::from(ErrorKind::TimedOut))
        } else {
            self.stream.set_read_timeout(Some(left)).and_then(|()| self.stream.read(&mut buffer))
        };
        match read {
            Ok(0) => self.step("<- (end of the connection)"),
            Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => return self.receive(expected),
            Err(error) => return Err(self.nothing(expected, &error)),
        }
        Ok(read.unwrap_or(0))
    }

    /// Why a read brought nothing: time, or a reset. Systems number and name a reset in several ways, so whatever is no
    /// time-out is one.
    fn nothing(&mut self, expected: &str, error: &io::Error) -> Failure {
        self.note("<-", &self.received);
        let number = self.number;
        if is_timeout(error) {
            self.step("<- (nothing more until the time-out)");
            let what = format!("client {number} waited in vain for {expected}");
            return Failure { verdict: Verdict::NoReply, what };
        }
        self.step("<- (the connection was reset)");
        let what = format!("client {number} waited for {expected}, and the server reset the connection");
        Failure { verdict: Verdict::LostToReset, what }
    }

    fn closed(&mut self, expected: &str) -> Failure {
        self.note("<-", &self.received);
        let what = format!("client {} waited for {expected}, and the server ended the connection", self.number);
        Failure { verdict: Verdict::Closed, what }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.received.split_off(count);
        let taken = std::mem::replace(&mut self.received, rest);
        self.note("<-", &taken);
        taken
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn note(&self, direction: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.step(&format!("{direction} {}", shown(bytes)));
        }
    }

    fn step(&self, text: &str) {
        self.steps.add(self.number, text.to_string());
    }
}

/// Takes its leave, without waiting for the answer: so no check leaves the next one a session that has not ended. The
/// LF completes whatever line it had begun.
impl Drop for Peer {
    fn drop(&mut self) {
        if self.polite && self.stream.set_nonblocking(true).is_ok() {
            let _ = self.stream.write_all(b"\nLOGOUT\n");
        }
    }
}

/// Bytes for a person, not too many of them.
pub fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        0..=SHOWN => visible(bytes),
        count => format!("{}... ({count} bytes)", visible(&bytes[..SHOWN])),
    }
}

/// Where two bodies part, in a sentence; `None` if they don't.
fn difference(expected: &[u8], body: &[u8]) -> Option<String> {
    /// How much of either is shown.
    const AROUND: usize = 8;
    if expected == body {
        return None;
    }
    let same = expected.iter().zip(body).take_while(|(a, b)| a == b).count();
    let part = |bytes: &[u8]| shown(&bytes[same..bytes.len().min(same + AROUND)]);
    Some(format!(
        "it has {} bytes and should have {}; at byte {same} it goes on with '{}' and should with '{}'",
        body.len(),
        expected.len(),
        part(body),
        part(expected)
    ))
}
