//! What the broken servers do right, so that each file shows its loop and its mistake: the answer to a command, and
//! the good ways to receive, to send and to close. A file whose mistake is in one of these has its own version of it.
//!
//! Read first: `server/reply.rs`. It does not know the mistakes.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::lock::locked;
use crate::server::connection::{end_sending, read_until_end};
use crate::server::file_handler::FileHandler;
use crate::server::limits::Limits;
use crate::server::registry::Registry;
use crate::server::reply::Reply;
use crate::server::session::PART;
use crate::server::SESSION_STACK;
use crate::watch::Watch;
use crate::wire::framing::{copy_exactly, CopyError, LineReader, Received};
use crate::wire::telnet::{Heard, Telnet, WONT_TIMING_MARK};
use crate::wire::{Command, CommandSet, ErrorCode, Refusal, ReplyHeader};

/// Most sessions at once: enough for a class, and few enough to reach the limit by hand.
pub const MAX_SESSIONS: usize = 32;

/// How long the listener sleeps when the system refuses a connection or a thread. Without this sleep it would spin.
const TROUBLE_PAUSE: Duration = Duration::from_millis(50);

/// Gives each connection an entry in a registry and a thread, holds its conversation there, and closes it.
pub fn serve<T>(
    listener: &TcpListener,
    dir: &FileHandler,
    converse: impl Fn(&TcpStream, &FileHandler) -> io::Result<T> + Clone + Send + 'static,
    close: fn(&TcpStream),
) {
    let registry = Registry::new(Limits { max_sessions: MAX_SESSIONS, max_per_address: None });
    loop {
        let (stream, dir, converse) = (Arc::new(accept(listener)), dir.clone(), converse.clone());
        let admitted = stream.peer_addr().map(|peer| registry.admit(peer, &stream));
        spawn(move || {
            match admitted {
                // Whatever error ends the conversation, the entry is removed, and the connection closed.
                Ok(Ok(guard)) => {
                    let _ = converse(&stream, &dir);
                    drop(guard);
                }
                Ok(Err(full)) => drop(send(&stream, Reply::refusal(full).into())),
                Err(_) => return,
            }
            close(&stream);
        });
    }
}

/// The next connection.
pub fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return stream,
            Err(_) => thread::sleep(TROUBLE_PAUSE),
        }
    }
}

/// Does the work on a new thread. If the system refuses a thread, the work is dropped, and with it the connection.
pub fn spawn(work: impl FnOnce() + Send + 'static) {
    if thread::Builder::new().stack_size(SESSION_STACK).spawn(work).is_err() {
        thread::sleep(TROUBLE_PAUSE);
    }
}

/// Takes a place if one is free: it checks and takes under one lock.
pub fn take_place(taken: &Mutex<usize>, places: usize) -> bool {
    locked(taken, |taken| {
        let is_free = *taken < places;
        *taken += usize::from(is_free);
        is_free
    })
}

/// Tells the client that all places are taken.
pub fn refuse(stream: &TcpStream) {
    let full = Refusal::new(ErrorCode::ServerFull, "all places are taken; try again later");
    let _ = send(stream, Reply::refusal(full).into());
}

/// One reply, ready to be sent.
pub struct Answer {
    /// What is sent.
    pub reply: Reply,
    /// Is the session over after it?
    pub last: bool,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        let last = matches!(&reply.header, ReplyHeader::Err(refusal) if refusal.code.closes());
        Answer { reply, last }
    }
}

impl Answer {
    /// Does it say no?
    pub fn is_refusal(&self) -> bool {
        matches!(self.reply.header, ReplyHeader::Err(_))
    }
}

/// The answer to a command, or to a line that is not a command.
pub fn answer(command: Result<Command, Refusal>, files: &FileHandler) -> Answer {
    match command {
        Ok(Command::List) => files.list().into(),
        Ok(Command::Download(name)) => files.open(&name).into(),
        Ok(Command::Logout) => Answer { reply: Reply::goodbye(), last: true },
        // These servers know the four commands of the report, and no more.
        Ok(_) => Reply::help(CommandSet::Basic).into(),
        Err(refusal) => Reply::refusal(refusal).into(),
    }
}

/// The first reply.
pub fn greeting() -> Answer {
    Reply::greeting().into()
}

/// Receives the next command, whole, however many packets it came in; `None` at the end of the stream.
pub fn next_command(lines: &mut LineReader<&TcpStream>) -> io::Result<Option<Result<Command, Refusal>>> {
    Ok(next_line(lines)?.map(|line| line.and_then(|line| Command::parse(&line))))
}

/// The same, not yet understood: the line with its line end.
pub fn next_line(lines: &mut LineReader<&TcpStream>) -> io::Result<Option<Result<Vec<u8>, Refusal>>> {
    loop {
        return Ok(match lines.receive()? {
            Received::Line(line) => Some(Ok(line)),
            Received::TooLong => Some(Err(too_long())),
            Received::End if lines.waiting() > Some(0) => Some(Err(incomplete())),
            Received::End => None,
            Received::TimingMark => {
                lines.stream().write_all(&WONT_TIMING_MARK)?;
                continue;
            }
        });
    }
}

/// The refusal of a line that does not end.
pub fn too_long() -> Refusal {
    Refusal::new(ErrorCode::LineTooLong, "the line is too long; end each command with a newline")
}

/// The refusal of a line whose end never comes.
pub fn incomplete() -> Refusal {
    Refusal::new(ErrorCode::IncompleteLine, "the input ended inside a line; end each command with a newline")
}

/// The bytes of one read without Telnet's sequences, whose question is answered.
pub fn without_telnet(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (mut telnet, mut text) = (Telnet::default(), Vec::new());
    for byte in bytes {
        match telnet.hear(*byte) {
            Heard::Text(byte) => text.push(byte),
            Heard::Telnet => {}
            Heard::DoTimingMark => stream.write_all(&WONT_TIMING_MARK)?,
        }
    }
    Ok(text)
}

/// Sends a whole reply, its body to the last byte.
pub fn send(mut stream: &TcpStream, mut answer: Answer) -> io::Result<()> {
    let (header, size) = (answer.reply.header.to_line(), answer.reply.size());
    let copied = copy_exactly(header.as_bytes(), &mut answer.reply.body, size, &mut stream, PART, |_| {});
    copied.map_err(|error| match error {
        CopyError::Source(error) | CopyError::Sink(error) => error,
    })
}

/// A whole correct conversation. Read it before the files with a mistake in it. Did LOGOUT end it?
pub fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<bool> {
    send(stream, greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = next_command(&mut lines)? {
        let logs_out = matches!(command, Ok(Command::Logout));
        let answer = answer(command, dir);
        let last = answer.last;
        let sent = send(stream, answer);
        if last {
            // Also if the goodbye was not sent: a client may leave right after its LOGOUT.
            return Ok(logs_out);
        }
        sent?;
    }
    Ok(false)
}

/// Closes so that the client gets the last reply.
pub fn close(stream: &TcpStream) {
    end_sending(stream);
    read_until_end(stream, &Watch::default());
}
