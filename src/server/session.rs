//! One client's conversation with the server: the server's side of the eight steps.
//!
//! A session reads commands from a stream and writes replies to it. It knows no listener, no thread and no socket, so
//! a whole conversation runs on bytes in memory too, as in this module's tests.
//!
//! Two words from the rooms around it: a *place* is the session's entry in the [`registry`](crate::server::registry),
//! and *the stop* is the operator's command that ends the server.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Instant;

use crate::journal::{Event, Journal, Record, Transfer};
use crate::server::file_handler::FileHandler;
use crate::server::registry::{shutting_down, Dismissed, Place, Stopping};
use crate::wire::framing::{copy_exactly, is_timeout, CopyError, LineReader, Received};
use crate::wire::telnet::WONT_TIMING_MARK;
use crate::wire::{Command, ErrorCode, FileName, Refusal, ReplyHeader, Step, Verb, MAX_COMMAND_LINE};

/// The body of the first reply. It names HELP, for whoever comes with netcat.
pub const GREETING: &str = "Welcome to the file server. Send HELP for the commands, each on a line of its own.\n";

/// The body of the last reply.
pub const GOODBYE: &str = "Goodbye.\n";

/// Most bytes of a body that one read and one write move. Small enough that what was read is still in the processor's
/// cache when it is written, also with a hundred sessions that take turns: twice this size was measurably slower on one
/// stream and on 64. Every session that sends holds one such buffer, and gives it back at the end of the reply.
pub const PART: usize = 48 * 1024;

/// One client's conversation.
pub struct Session<'a, S> {
    /// The stream: commands come out of it line by line, replies go into it.
    pub lines: LineReader<S>,
    /// The client's address, for the journal.
    pub peer: SocketAddr,
    /// The files.
    pub dir: &'a FileHandler,
    /// The session's entry in the registry, which shows what it is doing.
    pub place: &'a Place,
    /// Where it tells what happened.
    pub journal: &'a Journal,
}

/// Why a session is over.
#[derive(Debug)]
pub enum Ending {
    /// The client logged out.
    Logout,
    /// The client ended its sending side between two commands.
    EndOfStream,
    /// After this refusal the server closes.
    Refused(ErrorCode),
    /// A body's promised size can't be kept: the file shrank, or reading failed.
    BodyCut(io::Error),
    /// The client took no byte of a reply for the idle time-out.
    NotTaken,
    /// The connection failed.
    Lost(io::Error),
    /// The stop says the last line on the session's behalf.
    Dismissed,
    /// A bug of ours.
    Panicked,
}

impl<S: Read + Write> Session<'_, S> {
    /// Holds the whole conversation, and returns why it ended. To close the connection (step 8) is left to the caller.
    pub fn converse(&mut self) -> Ending {
        match self.eight_steps() {
            Ok(()) => Ending::Logout,
            Err(ending) => ending,
        }
    }

    /// The conversation as the report tells it; the loop is step 6.
    pub fn eight_steps(&mut self) -> Result<(), Ending> {
        self.greet()?;
        loop {
            match self.next_command()? {
                Command::List => self.send_list()?,
                Command::Download(name) => self.send_file(&name)?,
                Command::Help => self.send_help()?,
                Command::Logout => return self.say_goodbye(),
            }
        }
    }

    /// Step 1, the server's side: greets the client that has connected.
    ///
    /// The client's side is [`Client::connect`](crate::client::Client::connect).
    pub fn greet(&mut self) -> Result<(), Ending> {
        self.reply(Some(Step::Connect), "greeting", GREETING.len() as u64, GREETING.as_bytes())
    }

    /// Steps 2, 4 and 7, the server's side: receives the next command. Step 6 is the loop around it.
    ///
    /// A client's mistake is refused, and the session goes on. The client's side is
    /// [`Client::list`](crate::client::Client::list), [`Client::download`](crate::client::Client::download) and
    /// [`Client::logout`](crate::client::Client::logout).
    pub fn next_command(&mut self) -> Result<Command, Ending> {
        loop {
            let line = self.next_line()?;
            let verb = Verb::of_line(&line);
            self.tell(verb.and_then(Verb::asked_in), Event::Received(&line));
            match Command::parse(&line) {
                Ok(command) => return Ok(command),
                Err(refusal) => self.refuse(verb.and_then(Verb::answered_in), refusal)?,
            }
        }
    }

    fn next_line(&mut self) -> Result<Vec<u8>, Ending> {
        loop {
            let refusal = match self.lines.receive() {
                Ok(Received::Line(line)) => return Ok(line),
                Ok(Received::TimingMark) => {
                    self.answer_timing_mark()?;
                    continue;
                }
                Ok(Received::End) if self.lines.waiting() == 0 => return Err(Ending::EndOfStream),
                Ok(Received::End) => incomplete_line(self.lines.waiting()),
                Ok(Received::TooLong) => line_too_long(),
                Err(error) if is_timeout(&error) => idle_timeout(self.lines.waiting()),
                Err(error) => return Err(Ending::Lost(error)),
            };
            self.refuse(None, refusal)?;
        }
    }

    /// Step 3, the server's side: answers LIST with a line for each file.
    ///
    /// The client's side is [`Client::list`](crate::client::Client::list).
    pub fn send_list(&mut self) -> Result<(), Ending> {
        let files = match self.dir.list() {
            Ok(files) => files,
            Err(refusal) => return self.refuse(Some(Step::SendList), refusal),
        };
        let mut body = Vec::new();
        for file in files {
            // Writing to memory can't fail.
            let _ = writeln!(body, "{file}");
        }
        self.reply(Some(Step::SendList), Verb::List.word(), body.len() as u64, &*body)
    }

    /// Step 5, the server's side: answers DOWNLOAD with the file's size, then its bytes.
    ///
    /// If the file shrinks meanwhile the promise of its size can't be kept, and the session ends: the client sees a
    /// short body, never a filled-up one. The client's side is [`Client::download`](crate::client::Client::download).
    pub fn send_file(&mut self, name: &FileName) -> Result<(), Ending> {
        match self.dir.open(name) {
            Ok((file, size)) => self.reply(Some(Step::SendFile), name.as_str(), size, file),
            Err(refusal) => self.refuse(Some(Step::SendFile), refusal),
        }
    }

    /// Answers HELP, at any time, with a line for each command. It belongs to no step.
    pub fn send_help(&mut self) -> Result<(), Ending> {
        let text: String = Verb::ALL.iter().map(|verb| format!("{}\n", verb.help())).collect();
        self.reply(None, Verb::Help.word(), text.len() as u64, text.as_bytes())
    }

    /// Step 8, the server's side: says goodbye. The server closes the connection right after.
    ///
    /// The client's side is [`Client::logout`](crate::client::Client::logout).
    pub fn say_goodbye(&mut self) -> Result<(), Ending> {
        self.send(Some(Step::Close), Verb::Logout.word(), GOODBYE.len() as u64, GOODBYE.as_bytes())
    }

    /// Telnet's question, answered between two replies; without an answer a telnet whose user pressed Ctrl-C shows
    /// nothing any more.
    fn answer_timing_mark(&mut self) -> Result<(), Ending> {
        self.place.begin_reply("TIMING-MARK", 0)?;
        // It is no reply, so the time for the next command goes on counting.
        self.lines.stream().write_all(&WONT_TIMING_MARK).map_err(lost_in_write)?;
        self.await_command()
    }

    /// One whole reply, `OK <size>` and the body; then it is the client's turn.
    #[track_caller]
    fn reply(&mut self, step: Option<Step>, subject: &str, size: u64, body: impl Read) -> Result<(), Ending> {
        self.send(step, subject, size, body)?;
        self.await_command()
    }

    #[track_caller]
    fn send(&mut self, step: Option<Step>, subject: &str, size: u64, mut body: impl Read) -> Result<(), Ending> {
        self.place.begin_reply(subject, size)?;
        let site = Location::caller();
        let (session, peer, place, journal) = (Some(self.place.number()), Some(self.peer), self.place, self.journal);
        let tell = |event: Event| journal.tell(Record { session, peer, step, site, event });

        let begun = Instant::now();
        let header = ReplyHeader::Ok(size).to_line();
        let mut header_sent = false;
        let stream = self.lines.stream();
        let copied = copy_exactly(header.as_bytes(), &mut body, size, stream, PART, |chunk| {
            if !header_sent {
                header_sent = true;
                tell(Event::Sent(header.as_bytes()));
                if !chunk.is_empty() {
                    tell(Event::SentBodyStart(chunk));
                }
            }
            place.progress(chunk.len() as u64);
        });
        copied.map_err(|error| match error {
            CopyError::Source(error) => Ending::BodyCut(error),
            CopyError::Sink(error) => lost_in_write(error),
        })?;
        self.end_of_reply()?;
        tell(Event::SentBody(Transfer { subject, bytes: size, took: begun.elapsed() }));
        Ok(())
    }

    /// `ERR <CODE> <message>` in place of a reply; after some codes the session ends.
    #[track_caller]
    fn refuse(&mut self, step: Option<Step>, refusal: Refusal) -> Result<(), Ending> {
        self.place.begin_reply("refusal", 0)?;
        let header = ReplyHeader::Err(refusal.clone()).to_line();
        self.lines.stream().write_all(header.as_bytes()).map_err(lost_in_write)?;
        self.end_of_reply()?;
        self.tell(step, Event::Sent(header.as_bytes()));
        self.tell(step, Event::Refused(&refusal));
        match refusal.code.closes() {
            true => Err(Ending::Refused(refusal.code)),
            false => self.await_command(),
        }
    }

    /// To flush means here that a whole reply is out: from now on the time for the next command counts.
    fn end_of_reply(&mut self) -> Result<(), Ending> {
        self.lines.stream().flush().map_err(Ending::Lost)
    }

    /// The session waits for a command from here, or, if the server is stopping, says so and ends.
    fn await_command(&mut self) -> Result<(), Ending> {
        self.place.end_reply().or_else(|Stopping| self.refuse(None, shutting_down()))
    }

    #[track_caller]
    fn tell(&self, step: Option<Step>, event: Event) {
        let (session, peer, site) = (Some(self.place.number()), Some(self.peer), Location::caller());
        self.journal.tell(Record { session, peer, step, site, event });
    }
}

fn incomplete_line(waiting: usize) -> Refusal {
    let message = format!("your sending side ended inside a line of {waiting} bytes; end every command with a newline");
    Refusal::new(ErrorCode::IncompleteLine, message)
}

fn line_too_long() -> Refusal {
    let message = format!("{MAX_COMMAND_LINE} bytes came without completing a line; end every command with a newline");
    Refusal::new(ErrorCode::LineTooLong, message)
}

fn idle_timeout(waiting: usize) -> Refusal {
    let message = format!(
        "no command was complete in time, {waiting} bytes of an unfinished line wait; \
         connect again, and end every line with a newline"
    );
    Refusal::new(ErrorCode::IdleTimeout, message)
}

fn lost_in_write(error: io::Error) -> Ending {
    if is_timeout(&error) {
        Ending::NotTaken
    } else {
        Ending::Lost(error)
    }
}

impl From<Dismissed> for Ending {
    fn from(_: Dismissed) -> Ending {
        Ending::Dismissed
    }
}

/// Why it ended, for the log.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Ending::Logout => f.write_str("logged out"),
            Ending::EndOfStream => f.write_str("the client ended its sending side without LOGOUT"),
            Ending::Refused(code) => write!(f, "closed after {}", code.word()),
            Ending::BodyCut(error) => write!(f, "the promised size can't be kept, the body is cut: {error}"),
            Ending::NotTaken => f.write_str("the client took no byte for the idle time-out"),
            Ending::Lost(error) => write!(f, "the connection is lost: {error}"),
            Ending::Dismissed => f.write_str("dismissed by the stop"),
            Ending::Panicked => f.write_str("the session panicked: a bug in this server, please report it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::server::registry::{Limits, Registry};

    /// What the client sent, and what the session wrote: a stream without a socket.
    struct InMemory<'a> {
        sent: &'a [u8],
        written: Vec<u8>,
    }

    impl Read for InMemory<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.sent.read(buffer)
        }
    }

    impl Write for InMemory<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Holds the whole conversation with these bytes of the client; returns the server's, and how it ended.
    fn conversation(sent: &str) -> (String, Ending) {
        let dir = FileHandler::new(concat!(env!("CARGO_MANIFEST_DIR"), "/server_data")).unwrap();
        let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // The registry keeps a connection to cut the session by; the conversation itself does not touch it.
        let unused = Arc::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        let peer = unused.local_addr().unwrap();
        let place = registry.admit(peer, &unused).unwrap();
        let stream = InMemory { sent: sent.as_bytes(), written: Vec::new() };
        let journal = Journal::silent();
        let lines = LineReader::new(stream);
        let mut session = Session { lines, peer, dir: &dir, place: &place, journal: &journal };
        let ending = session.converse();
        let written = std::mem::take(&mut session.lines.stream().written);
        (String::from_utf8(written).unwrap(), ending)
    }

    fn greeting() -> String {
        format!("OK {}\n{GREETING}", GREETING.len())
    }

    #[test]
    fn a_whole_session_runs_on_bytes_in_memory() {
        let (said, ending) = conversation("DOWNLOAD notes.txt\nDOWNLOAD empty.txt\nLOGOUT\nLIST\n");
        let file = "OK 34\nTCP delivers bytes, not messages.\n";
        assert_eq!(said, format!("{}{file}OK 0\nOK {}\n{GOODBYE}", greeting(), GOODBYE.len()));
        assert!(matches!(ending, Ending::Logout), "{ending}");
    }

    #[test]
    fn a_mistake_is_refused_and_the_session_goes_on() {
        let (said, ending) = conversation("WHAT\nDOWNLOAD notes.txt\n");
        assert!(said.contains("\nERR UNKNOWN_COMMAND ") && said.ends_with("not messages.\n"), "{said}");
        assert!(matches!(ending, Ending::EndOfStream), "{ending}");
    }

    #[test]
    fn an_unfinished_line_ends_the_session() {
        let (said, ending) = conversation("LIS");
        assert!(said.starts_with(&format!("{}ERR INCOMPLETE_LINE ", greeting())), "{said}");
        assert!(matches!(ending, Ending::Refused(ErrorCode::IncompleteLine)), "{ending}");
    }
}
