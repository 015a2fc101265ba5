//! A client's end of a conversation with the server under examination. It notes every event, and where a test would
//! panic it returns a [`Failure`] that says what came instead.
//!
//! Read first: `docs/PROTOCOL.md`, `outcome.rs`, `leave.rs`. It does not know what is checked.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::cause::{Cause, HeaderFault};
use crate::lab::check::outcome::{shown, Failure, Outcome, Steps, Verdict};
use crate::lab::check::servers::leave::{Courtesy, Leaving, Standing};
use crate::lab::check::POLL;
use crate::wire::framing::is_timeout;
use crate::wire::{ErrorCode, Refusal, ReplyHeader, MAX_REPLY_LINE};

/// How long a client waits between two parts of a command. If a server takes one read for one message, it answers the
/// first part in this time, before the second part comes.
pub const PAUSE: Duration = Duration::from_millis(200);

/// Largest body that a client accepts: far more than any fixture, far less than memory. A client keeps one body and no
/// copy of it: the checks read a list in place.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// How long the first greeting may take when the program has just opened its port.
const FIRST_GREETING: Duration = Duration::from_secs(1);

/// After this line nothing more is sent.
const LOGOUT: &[u8] = b"LOGOUT\n";

/// How much is received in one read.
const PART: usize = 64 * 1024;

/// Most bytes that can wait for a client that does not read: above the largest receive buffer of Linux (`tcp_rmem`:
/// 6 MiB unless set otherwise).
const MAX_WAITING: usize = 8 * 1024 * 1024;

/// Bodies of these sizes, in bytes, are remembered: no two files have the same body by chance, and they cost little.
const REMEMBERED: RangeInclusive<usize> = 12..=PART;

/// How many bodies are remembered.
const MAX_BODIES: usize = 16;

/// If nothing more arrives for this time, the server most likely can't send more.
const STUCK: Duration = Duration::from_millis(250);

/// A reply as it came.
#[derive(Debug)]
pub enum Reply {
    /// OK with its body.
    Ok(Vec<u8>),
    /// ERR with its code and message.
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
    standing: Standing,
    /// It has begun a line, and no answer has come since.
    line_is_open: bool,
    /// How many replies it waits for: the greeting, and one for each line.
    awaited: usize,
    /// Bytes were there before it had asked for any.
    has_unasked: bool,
    /// Something has come.
    has_received: bool,
    /// The first bodies that came, but not the large ones.
    bodies: Vec<Vec<u8>>,
    vanishes: bool,
    courtesy: Courtesy,
}

/// Does a server listen there? A client connects, and leaves as soon as it has been greeted.
pub fn somebody_listens(address: SocketAddr) -> bool {
    let Ok(stream) = TcpStream::connect_timeout(&address, FIRST_GREETING) else { return false };
    // The first greeting may take longer than later ones.
    let _ = stream.set_read_timeout(Some(FIRST_GREETING)).and_then(|()| stream.peek(&mut [0]));
    let courtesy = Courtesy::default();
    courtesy.see_off(Leaving { stream, standing: Standing::NotGreeted, line_is_open: false });
    courtesy.see_all_off();
    true
}

impl Peer {
    /// Connects, and reads nothing yet. Nothing that this client does lasts beyond the deadline.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn connect(
        address: SocketAddr,
        number: usize,
        steps: Steps,
        deadline: Instant,
        courtesy: Courtesy,
    ) -> Result<Peer, Failure> {
        let left = deadline.saturating_duration_since(Instant::now()).max(POLL);
        let connected = TcpStream::connect_timeout(&address, left).and_then(|stream| {
            // Without a delay, each part leaves by itself.
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => {
                steps.add(number, "connects".to_string());
                Ok(Peer {
                    stream,
                    number,
                    steps,
                    deadline,
                    received: Vec::new(),
                    standing: Standing::NotGreeted,
                    line_is_open: false,
                    awaited: 1,
                    has_unasked: false,
                    has_received: false,
                    bodies: Vec::new(),
                    vanishes: false,
                    courtesy,
                })
            }
            Err(error) => {
                steps.add(number, format!("can't connect to {address}: {error}"));
                let what = format!("client {number} got no connection to {address}: does the server still listen?");
                Err(Failure { client: Some(number), ..Failure::new(Verdict::NoReply, what) })
            }
        }
    }

    /// The same client with another deadline.
    pub fn until(mut self, deadline: Instant) -> Peer {
        self.deadline = deadline;
        self
    }

    /// Its number among the clients of the check.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Sends bytes as they are, in one write. If sending fails, that is only noted: the reply may still have come.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.has_unasked |= self.standing == Standing::Open && self.awaited == 0 && self.more_waits();
        self.awaited += bytes.iter().filter(|byte| **byte == b'\n').count();
        self.line_is_open = bytes.last().map_or(self.line_is_open, |last| *last != b'\n');
        if bytes.windows(LOGOUT.len()).any(|line| line == LOGOUT) {
            self.standing = Standing::Closing;
        }
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
        self.standing = Standing::Closing;
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Goes away without a word.
    pub fn vanish(mut self) {
        self.step("vanishes without LOGOUT");
        self.vanishes = true;
    }

    /// Waits until something has come, and reads none of it. If the client then vanishes, the server gets a reset and
    /// not the end of the stream.
    pub fn leave_unread(&self) {
        let waited = self.stream.set_read_timeout(Some(PAUSE)).and_then(|()| self.stream.peek(&mut [0]));
        self.step(if waited.is_ok() { "does not read what has come" } else { "gets nothing" });
    }

    /// Reads one whole reply.
    ///
    /// # Errors
    /// If nothing comes, or what comes is no reply.
    pub fn reply(&mut self) -> Result<Reply, Failure> {
        self.reply_of(None)
    }

    /// The same, where it is known how many bytes its body should have.
    fn reply_of(&mut self, wanted: Option<usize>) -> Result<Reply, Failure> {
        let line = self.line()?;
        let reply = match ReplyHeader::parse(&line[..line.len() - 1]) {
            Ok(ReplyHeader::Ok(size)) if size > MAX_BODY => {
                return Err(self.wrong(format!("the header promises {size} bytes, and nothing here is so large")))
            }
            Ok(ReplyHeader::Ok(size)) => Reply::Ok(self.body(size as usize, wanted)?),
            Ok(ReplyHeader::Err(refusal)) => Reply::Err(refusal),
            Err(why) => return Err(self.bad_header(&line, why)),
        };
        self.awaited = self.awaited.saturating_sub(1);
        match &reply {
            Reply::Ok(body) if REMEMBERED.contains(&body.len()) && self.bodies.len() < MAX_BODIES => {
                self.bodies.push(body.clone());
            }
            _ => {}
        }
        if matches!(&reply, Reply::Err(refusal) if refusal.code.closes()) {
            self.standing = Standing::Closing;
        }
        Ok(reply)
    }

    /// A line that is no header. It may be what an earlier reply left behind.
    fn bad_header(&mut self, line: &[u8], why: &str) -> Failure {
        // The next line tells whether the header was cut in two.
        let _ = self.more_waits();
        let cause = match HeaderFault::of(&line[..line.len() - 1], &self.received) {
            HeaderFault::NoHeader | HeaderFault::Binary | HeaderFault::SizeAlone if self.has_unasked => {
                Cause::SizeTooSmall
            }
            fault => Cause::Header(fault),
        };
        self.wrong(format!("this is no reply's first line: '{}'; {why}", shown(line))).because(cause)
    }

    /// Reads a reply that must be OK; its body.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_ok(&mut self) -> Result<Vec<u8>, Failure> {
        self.expect_ok_of(None)
    }

    /// The same, where it is known how many bytes the body should have.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_ok_of(&mut self, wanted: Option<usize>) -> Result<Vec<u8>, Failure> {
        match self.reply_of(wanted)? {
            Reply::Ok(body) => Ok(body),
            Reply::Err(refusal) => Err(self.refused("OK", &refusal)),
        }
    }

    /// A refusal came where something else should.
    fn refused(&self, expected: &str, refusal: &Refusal) -> Failure {
        let failure = self.wrong(format!("expected {expected}, received ERR {refusal}"));
        match refusal.code {
            ErrorCode::LineTooLong => failure.because(Cause::ShortLines),
            ErrorCode::Later(_) => failure.because(Cause::OwnCode),
            _ => failure,
        }
    }

    /// Reads a reply that must be OK with this body.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_body(&mut self, expected: &[u8]) -> Outcome {
        let body = self.expect_ok_of(Some(expected.len())).map_err(|failure| self.cut_body(failure, expected))?;
        match difference(expected, &body) {
            None => Ok(()),
            Some(difference) => Err(self.other_body(expected, &body, &difference)),
        }
    }

    /// The same, where the lines may stand in another order.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_lines(&mut self, expected: &[u8]) -> Outcome {
        let body = self.expect_ok_of(Some(expected.len()))?;
        match difference(&sorted_lines(expected), &sorted_lines(&body)) {
            None => Ok(()),
            Some(_) => {
                let difference = difference(expected, &body).unwrap_or_default();
                Err(self.other_body(expected, &body, &difference))
            }
        }
    }

    /// No whole body came. The part that came may show why.
    fn cut_body(&self, failure: Failure, expected: &[u8]) -> Failure {
        let next_is_zero = expected.starts_with(&self.received) && expected.get(self.received.len()) == Some(&0);
        match failure.verdict {
            Verdict::NoReply if next_is_zero => failure.because(Cause::CutAtZero),
            _ => failure,
        }
    }

    /// The body is not the expected one. If one is the beginning of the other, the size may be wrong.
    fn other_body(&mut self, expected: &[u8], body: &[u8], difference: &str) -> Failure {
        let failure = self.wrong(format!("the body is not what it should be: {difference}"));
        if self.bodies.iter().filter(|earlier| *earlier == body).count() > 1 {
            return failure.because(Cause::EarlierAnswer);
        }
        if has(body, REPLACEMENT) && !has(expected, REPLACEMENT) {
            return failure.because(Cause::Decoded);
        }
        // More commands may have been sent, and then more has to come.
        if self.awaited == 0 && expected.starts_with(body) && self.more_waits() {
            return failure.because(Cause::SizeTooSmall);
        }
        match body.strip_prefix(expected) {
            Some(behind) if behind.starts_with(b"OK ") || behind.starts_with(b"ERR ") => {
                failure.because(Cause::SizeTooLarge)
            }
            _ => failure,
        }
    }

    /// Reads a reply that must be ERR with this code.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_err(&mut self, code: ErrorCode) -> Outcome {
        let expected = code.word();
        match self.reply()? {
            Reply::Err(refusal) if refusal.code == code => Ok(()),
            Reply::Err(refusal) => Err(self.refused(&format!("ERR {expected}"), &refusal)),
            Reply::Ok(body) => {
                Err(self.wrong(format!("expected ERR {expected}, received OK with a body of {} bytes", body.len())))
            }
        }
    }

    /// Expects that nothing is left behind the last reply.
    ///
    /// # Errors
    /// If something is left.
    pub fn expect_no_more(&mut self) -> Outcome {
        if !self.more_waits() {
            return Ok(());
        }
        let more = std::mem::take(&mut self.received);
        self.note("<-", &more);
        let what = format!("behind the body that the header promised came more: '{}'", shown(&more));
        Err(self.wrong(what).because(Cause::SizeTooSmall))
    }

    /// Reads the header of a reply that must be OK. Returns the size that it promises.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn expect_size(&mut self) -> Result<usize, Failure> {
        let line = self.line()?;
        match ReplyHeader::parse(&line[..line.len() - 1]) {
            Ok(ReplyHeader::Ok(size)) => Ok(size as usize),
            Ok(ReplyHeader::Err(refusal)) => Err(self.wrong(format!("expected OK, received ERR {refusal}"))),
            Err(why) => Err(self.bad_header(&line, why)),
        }
    }

    /// Reads this many bytes, or what comes until the connection ends or is reset.
    ///
    /// # Errors
    /// If neither comes.
    pub fn bytes_or_end(&mut self, count: usize) -> Result<Vec<u8>, Failure> {
        while self.received.len() < count {
            let expected = format!("{count} bytes, or the end after {}", self.received.len());
            match self.receive(&expected) {
                Ok(0) => break,
                Err(failure) if failure.verdict != Verdict::LostToReset => return Err(failure),
                Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(self.take(count.min(self.received.len())))
    }

    /// Expects that the session goes on: LIST gets a reply, whichever it is. (Another check asks for the right reply.)
    ///
    /// # Errors
    /// If LIST gets no reply.
    pub fn expect_goes_on(&mut self) -> Outcome {
        self.send("LIST\n");
        let went_on = self.reply().map(drop);
        went_on.map_err(|failure| {
            let has_ended = matches!(failure.verdict, Verdict::Closed | Verdict::LostToReset);
            let failure = failure.after("the session should go on, but: ");
            if has_ended {
                failure.because(Cause::SessionEnds)
            } else {
                failure
            }
        })
    }

    /// Expects that the server ends the connection in order, with nothing more to read.
    ///
    /// # Errors
    /// If more comes, or no end, or a reset.
    pub fn expect_end(&mut self) -> Outcome {
        if self.received.is_empty() && self.receive("the end of the connection")? == 0 {
            return Ok(());
        }
        let more = std::mem::take(&mut self.received);
        self.note("<-", &more);
        let failure = self.wrong(format!("expected the end of the connection, received more: '{}'", shown(&more)));
        if more.starts_with(b"OK ") || more.starts_with(b"ERR ") {
            Err(failure)
        } else {
            Err(failure.because(Cause::SizeTooSmall))
        }
    }

    /// Steps 7 and 8: LOGOUT, the goodbye, the end.
    ///
    /// # Errors
    /// If anything else comes.
    pub fn log_out(&mut self) -> Outcome {
        self.send("LOGOUT\n");
        self.expect_ok()?;
        self.expect_end()
    }

    /// Reads this many raw bytes.
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

    /// Reads nothing until the server can't send more: then no more bytes arrive.
    pub fn let_it_fill(&mut self) {
        let mut buffer = vec![0; MAX_WAITING];
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
                return Err(self.wrong(what).because(Cause::Header(HeaderFault::NoLineFeed)));
            }
            match self.receive(expected) {
                Ok(0) => {
                    let failure = self.closed(expected);
                    return Err(self.cut_header(failure));
                }
                Ok(_) => {}
                Err(failure) => return Err(self.cut_header(failure)),
            }
        }
    }

    /// Nothing more comes, and what came has no line end: what kind of line is it?
    fn cut_header(&self, failure: Failure) -> Failure {
        if self.received.is_empty() || failure.verdict == Verdict::LostToReset {
            return failure;
        }
        match HeaderFault::of(&self.received, b"") {
            // Nothing is wrong with the part that came.
            HeaderFault::LeadingZeros | HeaderFault::NotPrintable => {
                failure.because(Cause::Header(HeaderFault::NoLineFeed))
            }
            fault => failure.because(Cause::Header(fault)),
        }
    }

    /// Reads a body of this size. If all bytes came that should come, and the size says more, the size is wrong.
    fn body(&mut self, size: usize, wanted: Option<usize>) -> Result<Vec<u8>, Failure> {
        while self.received.len() < size {
            let came = self.received.len();
            let expected = format!("the rest of the body ({came} of {size} bytes came)");
            let failure = match self.receive(&expected) {
                Ok(0) => self.closed(&expected),
                Ok(_) => continue,
                Err(failure) => failure,
            };
            let is_all_there = wanted.map_or(size <= PART, |wanted| came >= wanted);
            return Err(if is_all_there && failure.verdict != Verdict::LostToReset {
                failure.because(Cause::SizeTooLarge)
            } else {
                failure
            });
        }
        Ok(self.take(size))
    }

    /// Are there bytes that nobody has read yet? It looks and does not wait.
    pub fn more_waits(&mut self) -> bool {
        let mut buffer = [0; PART];
        if self.received.is_empty() && self.stream.set_nonblocking(true).is_ok() {
            if let Ok(count) = self.stream.read(&mut buffer) {
                self.has_received |= count > 0;
                self.received.extend_from_slice(&buffer[..count]);
            }
            let _ = self.stream.set_nonblocking(false);
        }
        !self.received.is_empty()
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
            Ok(0) => {
                self.standing = Standing::Ended;
                self.step("<- (end of the connection)");
            }
            Ok(count) => {
                self.has_received = true;
                self.received.extend_from_slice(&buffer[..count]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return self.receive(expected),
            Err(error) => return Err(self.nothing(expected, &error)),
        }
        if self.standing == Standing::NotGreeted {
            self.standing = Standing::after(&self.received);
        }
        self.line_is_open = false;
        Ok(read.unwrap_or(0))
    }

    /// Why a read brought nothing: the time-out, or a reset. Systems have several numbers and names for a reset. So
    /// every error that is no time-out counts as a reset.
    fn nothing(&mut self, expected: &str, error: &io::Error) -> Failure {
        self.note("<-", &self.received);
        let number = self.number;
        if is_timeout(error) {
            self.step("<- (nothing more until the time-out)");
            return self.failure(Verdict::NoReply, format!("client {number} waited in vain for {expected}"));
        }
        self.standing = Standing::Ended;
        self.step("<- (the connection was reset)");
        let what = format!("client {number} waited for {expected}, and the server reset the connection");
        self.failure(Verdict::LostToReset, what).because(Cause::Reset)
    }

    fn closed(&mut self, expected: &str) -> Failure {
        self.note("<-", &self.received);
        let what = format!("client {} waited for {expected}, and the server ended the connection", self.number);
        let failure = self.failure(Verdict::Closed, what);
        if self.has_received {
            failure
        } else {
            failure.because(Cause::ClosedUngreeted)
        }
    }

    fn failure(&self, verdict: Verdict, what: String) -> Failure {
        Failure { client: Some(self.number), ..Failure::new(verdict, what) }
    }

    /// Something came that this client did not expect.
    pub fn wrong(&self, what: impl Into<String>) -> Failure {
        self.failure(Verdict::Failed, what.into())
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.received.split_off(count);
        let taken = std::mem::replace(&mut self.received, rest);
        self.note("<-", &taken);
        taken
    }

    /// Is more than this pause left of the check's time?
    pub fn has_time_for(&self, pause: Duration) -> bool {
        self.left() > pause
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

/// Leaves as a good client leaves, unless it is to vanish.
impl Drop for Peer {
    fn drop(&mut self) {
        if self.vanishes || self.standing == Standing::Ended {
            return;
        }
        if let Ok(stream) = self.stream.try_clone() {
            let (standing, line_is_open) = (self.standing, self.line_is_open);
            self.courtesy.see_off(Leaving { stream, standing, line_is_open });
        }
    }
}

/// The character that stands for bytes that are no text, in UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The same lines, sorted by their bytes.
pub fn sorted_lines(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// The first difference of two bodies, in a sentence; `None` if they are equal.
fn difference(expected: &[u8], body: &[u8]) -> Option<String> {
    /// How many bytes of each are shown.
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
