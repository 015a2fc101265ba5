//! One client's conversation with the server: the server's side of the eight steps.
//!
//! A session receives commands from a stream, makes a reply for each, and sends it. A whole conversation runs on bytes
//! in memory too, as in this file's tests.
//!
//! Read first: [`crate::wire`], `server/reply.rs`, `file_handler.rs`, `registry.rs`. (`ending.rs` and the journal can
//! wait: why a session is over, and who is told what.) It does not know listeners, threads or sockets.

use std::io::{Read, Write};
use std::time::Instant;

use crate::journal::{Event, SessionJournal, Transfer};
use crate::server::ending::Ending;
use crate::server::file_handler::FileHandler;
use crate::server::registry::SessionGuard;
use crate::server::reply::Reply;
use crate::wire::framing::{copy_exactly, CopyError, LineReader, Received};
use crate::wire::telnet::WONT_TIMING_MARK;
use crate::wire::{Command, CommandSet, ReplyHeader};

/// Most bytes of a body that one read and one write move. Every session that sends a large file holds one such buffer,
/// and gives it back at the end of the reply. `docs/PERFORMANCE.md` says how it was chosen.
pub const PART: usize = 256 * 1024;

/// What a session talks over: a TCP connection, or bytes in memory.
///
/// A read fails with a time-out when no command is complete in time. A write fails with one when the peer takes
/// nothing, or too little, for so long.
pub trait Stream: Read + Write {
    /// From now on the time for the next command counts.
    fn restart_idle_time(&mut self);
}

/// One client's conversation. `C` is the handle by which the registry's owner can cut a session.
pub struct Session<'a, S, C> {
    /// The stream: commands come out of it line by line, replies go into it.
    pub lines: LineReader<S>,
    /// The served files.
    pub files: &'a FileHandler,
    /// The commands that this server takes.
    pub commands: CommandSet,
    /// The session's entry in the registry, which shows what it is doing.
    pub guard: &'a SessionGuard<C>,
    /// Where it reports what happened.
    pub journal: &'a SessionJournal,
}

impl<S: Stream, C> Session<'_, S, C> {
    /// Holds the whole conversation, and returns why it ended. The caller closes the connection.
    pub fn converse(&mut self) -> Ending {
        let ending = match self.eight_steps() {
            Ok(()) => Ending::Logout,
            Err(ending) => ending,
        };
        // If a refusal ends the session, it is sent last.
        if let Ending::Refused(refusal) = &ending {
            if let Err(failed) = self.send(Reply::refusal(refusal.clone())) {
                return failed;
            }
        }
        ending
    }

    /// The conversation as the report tells it, the server's side.
    ///
    /// The client's side is [`Client::eight_steps`](crate::client::Client::eight_steps).
    pub fn eight_steps(&mut self) -> Result<(), Ending> {
        self.send(Reply::greeting())?; // step 1

        // Step 6 is the loop.
        loop {
            let line = self.receive_line()?; // steps 2, 4 and 7
            let reply = match self.commands.parse(&line) {
                Ok(Command::List) => self.files.list(),                // step 3
                Ok(Command::Download(name)) => self.files.open(&name), // step 5
                Ok(Command::Help) => Reply::help(self.commands),
                Ok(Command::Logout) => return self.send(Reply::goodbye()), // step 8
                Ok(Command::Resume(offset, name)) => self.files.open_at(offset, &name),
                Ok(Command::Sum(name)) => self.files.sum(&name),
                Err(mistake) => Reply::refusal(mistake),
            };
            self.send(reply)?;
        }
    }

    /// Steps 2, 4 and 7, the server's side: receives the next command's line. Step 6 is the loop around it.
    ///
    /// The client's side is [`Client::list`](crate::client::Client::list),
    /// [`Client::download`](crate::client::Client::download) and [`Client::logout`](crate::client::Client::logout).
    pub fn receive_line(&mut self) -> Result<Vec<u8>, Ending> {
        self.journal.reply_is_complete();
        self.guard.await_command()?;
        self.lines.stream().restart_idle_time();
        loop {
            match self.lines.receive() {
                Ok(Received::Line(line)) => {
                    self.journal.command_received(&line);
                    return Ok(line);
                }
                Ok(Received::TimingMark) => self.answer_timing_mark()?,
                Ok(Received::TooLong) => return Err(Ending::line_too_long()),
                Ok(Received::End) => return Err(Ending::end_of_input(self.lines.waiting())),
                Err(error) => return Err(Ending::receiving_failed(error, self.lines.waiting())),
            }
        }
    }

    /// Sends any reply: its header and the beginning of its body in one write, then the rest.
    ///
    /// If a file becomes shorter meanwhile, the session ends: the client sees a short body. The missing bytes are never
    /// filled in.
    fn send(&mut self, mut reply: Reply) -> Result<(), Ending> {
        let (begun, size, header) = (Instant::now(), reply.size(), reply.header.to_line());
        self.guard.begin_reply(&reply.subject, size)?;
        let mut header_is_told = false;
        copy_exactly(header.as_bytes(), &mut reply.body, size, self.lines.stream(), PART, |part| {
            if !header_is_told {
                header_is_told = true;
                self.journal.tell(Event::Sent(header.as_bytes()));
                if !part.is_empty() {
                    self.journal.tell(Event::SentBodyStart(part));
                }
            }
            self.guard.progress(part.len() as u64);
        })?;
        match &reply.header {
            ReplyHeader::Err(refusal) => self.journal.tell(Event::Refused(refusal)),
            ReplyHeader::Ok(bytes) => {
                let sent = Transfer { subject: &reply.subject, bytes: *bytes, took: begun.elapsed() };
                self.journal.tell(Event::SentBody(sent));
            }
        }
        Ok(())
    }

    /// Answers Telnet's TIMING-MARK, between two replies. Without an answer, telnet shows nothing after its user
    /// pressed Ctrl-C. It is not a reply to a command, so the idle time is not restarted.
    fn answer_timing_mark(&mut self) -> Result<(), Ending> {
        self.guard.begin_reply("TIMING-MARK", 0)?;
        self.lines.stream().write_all(&WONT_TIMING_MARK).map_err(CopyError::Sink)?;
        self.guard.await_command()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::journal::Journal;
    use crate::server::limits::Limits;
    use crate::server::registry::Registry;
    use crate::server::reply::{GOODBYE, GREETING};
    use crate::wire::{ErrorCode, Refusal};

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

    impl Stream for InMemory<'_> {
        fn restart_idle_time(&mut self) {}
    }

    /// Holds the whole conversation with these bytes of the client; returns the server's, and how it ended.
    fn conversation(sent: &str) -> (String, Ending) {
        let files = FileHandler::new(concat!(env!("CARGO_MANIFEST_DIR"), "/server_data")).unwrap();
        let peer = "192.0.2.1:1000".parse().unwrap();
        // There is no connection: nothing to cut the session by.
        let guard = Registry::new(Limits { max_sessions: 1, max_per_address: None }).admit(peer, &().into()).unwrap();
        let journal = SessionJournal::new(&Journal::silent(), None, peer);
        let lines = LineReader::new(InMemory { sent: sent.as_bytes(), written: Vec::new() });
        let commands = CommandSet::Basic;
        let mut session = Session { lines, files: &files, commands, guard: &guard, journal: &journal };
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
        assert!(matches!(ending, Ending::Refused(Refusal { code: ErrorCode::IncompleteLine, .. })), "{ending}");
    }
}
