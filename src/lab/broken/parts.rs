//! What the broken servers do right, so that each file shows its loop and its mistake: the answer to a command, and
//! the good ways to receive, to send and to close. A file that makes its mistake in one of these has its own.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::server::connection::{drain, end_sending};
use crate::server::file_handler::FileHandler;
use crate::server::registry::{Limits, Registry};
use crate::server::session::{GOODBYE, GREETING, PART};
use crate::server::SESSION_STACK;
use crate::wire::framing::{copy_exactly, CopyError, LineReader, Received};
use crate::wire::telnet::{Heard, Telnet, WONT_TIMING_MARK};
use crate::wire::{Command, ErrorCode, Refusal, ReplyHeader, Verb};

/// Most sessions at once: a class and some more, few enough to be met by hand.
pub const MOST_SESSIONS: usize = 32;

/// How long the listener rests when the system grants no connection or no thread: without a rest it would spin.
const TROUBLE_PAUSE: Duration = Duration::from_millis(50);

/// Gives each connection a place and a thread, holds its conversation there, and closes it.
pub fn serve(
    listener: &TcpListener,
    dir: &FileHandler,
    converse: impl Fn(&TcpStream, &FileHandler) -> io::Result<()> + Clone + Send + 'static,
    close: fn(&TcpStream),
) {
    let registry = Registry::new(Limits { max_sessions: MOST_SESSIONS, max_per_address: None });
    loop {
        let (stream, dir, converse) = (Arc::new(accept(listener)), dir.clone(), converse.clone());
        let place = stream.peer_addr().map(|peer| registry.admit(peer, &stream));
        spawn(move || {
            match place {
                // Whatever error ends the conversation, the place is given back, and the connection closed.
                Ok(Ok(place)) => {
                    let _ = converse(&stream, &dir);
                    drop(place);
                }
                Ok(Err(full)) => drop(send(&stream, Answer::refused(full))),
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

/// Does the work on a thread of its own. If the system grants none, what the work owns is dropped: the connection.
pub fn spawn(work: impl FnOnce() + Send + 'static) {
    if thread::Builder::new().stack_size(SESSION_STACK).spawn(work).is_err() {
        thread::sleep(TROUBLE_PAUSE);
    }
}

/// One reply, ready to be sent.
pub struct Answer {
    /// Its first line.
    pub header: ReplyHeader,
    /// What follows that line.
    pub body: Box<dyn Read>,
    /// Is the session over after it?
    pub last: bool,
}

impl Answer {
    /// A reply whose body is in memory.
    pub fn text(text: impl Into<Vec<u8>>) -> Answer {
        let text = text.into();
        Answer { header: ReplyHeader::Ok(text.len() as u64), body: Box::new(io::Cursor::new(text)), last: false }
    }

    /// The answer that says no.
    pub fn refused(refusal: Refusal) -> Answer {
        let last = refusal.code.closes();
        Answer { header: ReplyHeader::Err(refusal), body: Box::new(io::empty()), last }
    }

    /// Does it say no?
    pub fn is_refusal(&self) -> bool {
        matches!(self.header, ReplyHeader::Err(_))
    }
}

/// What a command, or a line that is none, is answered.
pub fn answer(command: Result<Command, Refusal>, dir: &FileHandler) -> Answer {
    let answer = command.and_then(|command| match command {
        Command::List => Ok(Answer::text(dir.list()?.iter().map(|file| format!("{file}\n")).collect::<String>())),
        Command::Download(name) => {
            let (file, size) = dir.open(&name)?;
            Ok(Answer { header: ReplyHeader::Ok(size), body: Box::new(file), last: false })
        }
        Command::Help => Ok(Answer::text(Verb::ALL.map(|verb| format!("{}\n", verb.help())).concat())),
        Command::Logout => Ok(Answer { last: true, ..Answer::text(GOODBYE) }),
    });
    answer.unwrap_or_else(Answer::refused)
}

/// The first reply.
pub fn greeting() -> Answer {
    Answer::text(GREETING)
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
            Received::End if lines.waiting() > 0 => Some(Err(incomplete())),
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
    let header = answer.header.to_line();
    let size = if let ReplyHeader::Ok(size) = answer.header { size } else { 0 };
    let copied = copy_exactly(header.as_bytes(), &mut answer.body, size, &mut stream, PART, |_| {});
    copied.map_err(|error| match error {
        CopyError::Source(error) | CopyError::Sink(error) => error,
    })
}

/// A whole conversation, as it should be: to be read before those with a mistake in it.
pub fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    send(stream, greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = next_command(&mut lines)? {
        let answer = answer(command, dir);
        let last = answer.last;
        send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

/// Closes so that the client gets the last reply.
pub fn close(stream: &TcpStream) {
    end_sending(stream);
    drain(stream);
}
