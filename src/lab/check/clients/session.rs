//! The scripted server's end of one connection: it sends what the script says, in the pieces that the script says, and
//! notes every event.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know what is checked.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::clients::causes::{why_another_line, ClientCause};
use crate::lab::check::clients::script::reply;
use crate::lab::check::outcome::{shown, Failure, Outcome, Steps};
use crate::lab::check::POLL;
use crate::wire::framing::is_timeout;
use crate::wire::{visible, Command, MAX_COMMAND_LINE};

/// The pause between two pieces: so they do not arrive in one read, unless the client reads late.
const BETWEEN: Duration = Duration::from_millis(2);

/// How many bytes of a header without an end are sent as fast as they are taken.
const FLOOD: usize = 8 * 1024 * 1024;

/// How much of it is sent in one write.
const PART: usize = 64 * 1024;

/// How many bytes that came after the last command are kept.
const MAX_REST: usize = 4096;

/// One connection of the client.
#[derive(Debug)]
pub struct Session {
    stream: TcpStream,
    steps: Steps,
    deadline: Instant,
    received: Vec<u8>,
    /// How many lines came.
    commands: usize,
}

/// How the client's side of a connection ended.
#[derive(Debug, Default)]
pub struct End {
    /// What it sent before the end, and nobody asked for.
    pub rest: Vec<u8>,
    /// Did it reset the connection, because it closed before it had read all bytes?
    pub reset: bool,
}

impl End {
    /// Expects that the client read all of the goodbye before it closed.
    ///
    /// # Errors
    /// If it did not: then TCP sent a reset.
    pub fn expect_in_order(&self) -> Outcome {
        if self.reset {
            return Err(Failure::closed("the client reset the connection: it closed without having read the goodbye"));
        }
        Ok(())
    }
}

impl Session {
    /// A session over an accepted connection. Nothing takes longer than until the deadline.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(stream: TcpStream, steps: Steps, deadline: Instant) -> io::Result<Session> {
        stream.set_nonblocking(false)?;
        // Without a delay, each piece leaves by itself.
        stream.set_nodelay(true)?;
        let session = Session { stream, steps, deadline, received: Vec::new(), commands: 0 };
        session.step("<- (connects)");
        Ok(session)
    }

    /// Sends bytes in one write. If sending fails, that is only noted: what the client does next tells more.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.step(&format!("-> {}", shown(bytes)));
        if self.write(bytes).is_err() {
            self.step("   (the client takes no more: sending broke off)");
        }
    }

    /// Sends a reply: its first line and its body in one write.
    pub fn ok(&mut self, body: impl AsRef<[u8]>) {
        self.send(reply(body));
    }

    /// Sends bytes in pieces of this size, with a moment between them.
    pub fn send_in_pieces(&mut self, bytes: impl AsRef<[u8]>, size: usize) {
        let bytes = bytes.as_ref();
        let pieces = bytes.len().div_ceil(size);
        self.step(&format!("-> {} (in {pieces} pieces of {size} bytes)", shown(bytes)));
        for piece in bytes.chunks(size) {
            if self.write(piece).is_err() {
                return self.step("   (the client takes no more: sending broke off)");
            }
            thread::sleep(BETWEEN.min(self.left()));
        }
    }

    /// Sends nothing for a while.
    pub fn pause(&self, time: Duration) {
        self.step(&format!("   (nothing is sent for {} ms)", time.as_millis()));
        thread::sleep(time.min(self.left()));
    }

    /// Sends a reply's first line that never ends, until the client leaves.
    ///
    /// # Errors
    /// If it does not leave.
    pub fn send_endless_line(&mut self) -> Outcome {
        self.step("-> OK 111111111111111111111111111111111111111111111111111111111111 (and so on, without an end)");
        let (mut sent, part) = (0, [b'1'; PART]);
        let mut wrote = self.write(b"OK ");
        while wrote.is_ok() && !self.left().is_zero() {
            if sent < FLOOD {
                (wrote, sent) = (self.write(&part), sent + PART);
            } else {
                // So slowly that the client need not keep much, and so often that the server is not silent.
                thread::sleep(POLL);
                wrote = self.write(b"1");
            }
        }
        if wrote.as_ref().map_or_else(is_timeout, |()| true) {
            let what = format!("after some {sent} bytes without a line feed the client has not left");
            return Err(Failure::nothing_came(what));
        }
        self.step("<- (the client has left)");
        Ok(())
    }

    /// The next line with its line end; `None` at the end of what the client sends.
    ///
    /// # Errors
    /// If no line comes, or half a line.
    pub fn line(&mut self, expected: &str) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let rest = self.received.split_off(end + 1);
                let line = std::mem::replace(&mut self.received, rest);
                self.commands += 1;
                self.step(&format!("<- {}", shown(&line)));
                return Ok(Some(line));
            }
            if self.received.len() >= MAX_COMMAND_LINE {
                self.note_received();
                let what = format!("{} bytes came without a line feed", self.received.len());
                return Err(Failure::wrong(what).because_client(ClientCause::NoLineEnd));
            }
            match self.receive() {
                Ok(0) if self.received.is_empty() => {
                    self.step("<- (end of the connection)");
                    return Ok(None);
                }
                Ok(0) => {
                    self.note_received();
                    self.step("<- (end of the connection)");
                    let what = "the client ended the connection inside a line".to_string();
                    return Err(Failure::wrong(what).because_client(ClientCause::NoLineEnd));
                }
                Ok(_) => {}
                Err(error) if is_timeout(&error) => {
                    self.note_received();
                    self.step("<- (nothing more until the time-out)");
                    let waits = (self.commands > 0).then_some(ClientCause::StillReads);
                    let cause = if self.received.is_empty() { waits } else { Some(ClientCause::NoLineEnd) };
                    return Err(Failure::nothing_came(format!("waited in vain for {expected}")).because_client(cause));
                }
                // Systems have several numbers and names for a reset. So every other error counts as a reset.
                Err(_) => {
                    self.step("<- (the connection was reset)");
                    return Ok(None);
                }
            }
        }
    }

    /// Receives this command.
    ///
    /// # Errors
    /// If anything else comes.
    pub fn expect_command(&mut self, wanted: &str) -> Outcome {
        let Some(line) = self.line(&format!("'{wanted}'"))? else {
            return Err(Failure::closed(format!("expected '{wanted}', and the client ended the connection")));
        };
        let same = match (Command::parse(&line), Command::parse(wanted.as_bytes())) {
            (Ok(sent), Ok(wanted)) => sent == wanted,
            _ => line.strip_suffix(b"\n").is_some_and(|line| line == wanted.as_bytes()),
        };
        if same {
            return Ok(());
        }
        let what = format!("expected '{}', received '{}'", visible(wanted.as_bytes()), shown(&line));
        Err(Failure::wrong(what).because_client(why_another_line(&line, wanted)))
    }

    /// Waits for the first command, and leaves it unread in the system's buffer.
    ///
    /// # Errors
    /// If no command comes.
    pub fn peek_at_a_command(&mut self) -> Outcome {
        let mut buffer = [0; MAX_COMMAND_LINE];
        loop {
            let left = self.left();
            let seen = self.stream.set_read_timeout(Some(left.max(POLL))).and_then(|()| self.stream.peek(&mut buffer));
            match seen {
                Ok(count) if buffer[..count].contains(&b'\n') => {
                    self.step(&format!("<- {} (left unread)", shown(&buffer[..count])));
                    return Ok(());
                }
                Ok(1..) if !left.is_zero() => thread::sleep(POLL),
                Ok(0) => return Err(Failure::closed("the client ended the connection before its command")),
                _ => {
                    return Err(
                        Failure::nothing_came("waited in vain for a command").because_client(ClientCause::NoLineEnd)
                    )
                }
            }
        }
    }

    /// Ends the sending side.
    pub fn end_sending(&mut self) {
        self.step("-> (end of the connection)");
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Closes before it has read all that the client sent: then TCP sends a reset.
    pub fn reset(self) {
        self.step("-> (the connection is reset)");
    }

    /// Reads until the client ends its side; `None` if it does not do so before the deadline.
    pub fn until_end(&mut self) -> Option<End> {
        loop {
            match self.receive() {
                Ok(0) => {
                    self.step("<- (end of the connection)");
                    return Some(End { rest: std::mem::take(&mut self.received), reset: false });
                }
                Ok(_) => self.received.truncate(MAX_REST),
                Err(error) if is_timeout(&error) => return None,
                Err(_) => {
                    self.step("<- (the connection was reset)");
                    return Some(End { rest: std::mem::take(&mut self.received), reset: true });
                }
            }
        }
    }

    /// Does the client end its side within this time? What it sends is kept.
    pub fn has_ended_within(&mut self, time: Duration) -> bool {
        let until = (Instant::now() + time).min(self.deadline);
        let whole = std::mem::replace(&mut self.deadline, until);
        let mut received = self.receive();
        while matches!(received, Ok(1..)) && self.received.len() < MAX_REST {
            received = self.receive();
        }
        self.deadline = whole;
        !matches!(&received, Ok(1..)) && !matches!(&received, Err(error) if is_timeout(error))
    }

    /// One read; 0 at the end of the stream.
    fn receive(&mut self) -> io::Result<usize> {
        let mut buffer = [0; MAX_COMMAND_LINE];
        loop {
            let left = self.left();
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    self.received.extend_from_slice(&buffer[..*read.as_ref().unwrap_or(&0)]);
                    return read;
                }
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.left().max(POLL)))?;
        self.stream.write_all(bytes)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn note_received(&self) {
        if !self.received.is_empty() {
            self.step(&format!("<- {}", shown(&self.received)));
        }
    }

    fn step(&self, text: &str) {
        self.steps.add(1, text.to_string());
    }
}
