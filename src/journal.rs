//! What happened, and in which session: the server and the client report it to an observer.
//!
//! Each event is reported after it has happened, on the thread that did it. (Only a client's command is reported just
//! before it is sent.) The log, the trace and the instruments are observers. The code of the eight steps does not know
//! them.
//!
//! Read first: [`crate::wire`]. It does not know the server, the client, or who listens.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::wire::{visible, Refusal, Step, Verb};

/// One thing that happened. The observer is called on the thread that did it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The session's number; none for a client, and for what concerns the whole server.
    pub session: Option<u64>,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
    /// The step of the protocol that it belongs to.
    pub step: Option<Step>,
    /// What happened.
    pub event: Event<'a>,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A connection is established; for the server: it has been admitted as a session.
    Connected,
    /// A refusal was sent: to a command, or to a connection that was refused and got no session.
    Refused(&'a Refusal),
    /// A command line or a reply's header was sent: the bytes as on the wire.
    Sent(&'a [u8]),
    /// A command line or a reply's header was received: the bytes as on the wire, Telnet's left out.
    Received(&'a [u8]),
    /// The first bytes of a body were sent. An empty body has none.
    SentBodyStart(&'a [u8]),
    /// The first bytes of a body were received. An empty body has none.
    ReceivedBodyStart(&'a [u8]),
    /// A whole body was sent.
    SentBody(Transfer<'a>),
    /// This side has ended its sending side, or seen the other's end.
    Closed {
        /// Why; in words.
        why: &'a str,
        /// Something went wrong: the conversation was cut or broken off.
        is_fault: bool,
    },
    /// A problem that does not end a session.
    Notice(&'a str),
}

/// A body that went over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// A file's name, a word such as `LIST`, `greeting` or `refusal`, or the line of an extension's command.
    pub subject: &'a str,
    /// Its size.
    pub bytes: u64,
    /// From the beginning of the transfer to its end.
    pub took: Duration,
}

impl Record<'_> {
    /// The record as a line of the trace: what was sent or received, with its step, every byte visible. `None` if the
    /// event is not a line of the protocol.
    pub fn trace(&self) -> Option<String> {
        let step = self.step.map_or("------".to_string(), |step| format!("step {}", step.number()));
        match self.event {
            Event::Sent(line) => Some(format!("{step} sent     {}", visible(line))),
            Event::Received(line) => Some(format!("{step} received {}", visible(line))),
            _ => None,
        }
    }
}

/// Where a server or a client reports what happened. A clone has the same observer.
#[derive(Clone)]
pub struct Journal {
    observer: Arc<dyn Fn(&Record) + Send + Sync>,
}

impl Journal {
    /// A journal with one observer.
    pub fn new(observer: impl Fn(&Record) + Send + Sync + 'static) -> Journal {
        Journal { observer: Arc::new(observer) }
    }

    /// A journal that nobody reads.
    pub fn silent() -> Journal {
        Journal::new(|_| {})
    }

    /// Reports it to the observer, on this thread.
    pub fn tell(&self, record: Record) {
        (self.observer)(&record);
    }

    /// Something went wrong that concerns the whole server.
    pub fn notice(&self, text: &str) {
        self.tell(Record { session: None, peer: None, step: None, event: Event::Notice(text) });
    }
}

/// The journal of one connection: it adds to each event the session, the peer and the step. The step follows from the
/// commands, by their table.
pub struct SessionJournal {
    journal: Journal,
    session: Option<u64>,
    peer: SocketAddr,
    /// The step that the next reply belongs to.
    answer: Cell<Option<Step>>,
}

impl SessionJournal {
    /// For a connection that has just been made: the first reply, the greeting, belongs to step 1.
    pub fn new(journal: &Journal, session: Option<u64>, peer: SocketAddr) -> SessionJournal {
        SessionJournal { journal: journal.clone(), session, peer, answer: Cell::new(Some(Step::Connect)) }
    }

    /// The last reply is complete: what comes next does not belong to its step.
    pub fn reply_is_complete(&self) {
        self.answer.set(None);
    }

    /// A client has sent this command line.
    pub fn command_sent(&self, line: &[u8]) {
        self.command(line, Event::Sent(line));
    }

    /// The server has received this command line.
    pub fn command_received(&self, line: &[u8]) {
        self.command(line, Event::Received(line));
    }

    fn command(&self, line: &[u8], event: Event) {
        let steps = Verb::of_line(line).and_then(|verb| verb.row().steps);
        self.answer.set(steps.map(|(_, answered_in)| answered_in));
        self.tell_in(steps.map(|(asked_in, _)| asked_in), event);
    }

    /// Anything but a command line.
    pub fn tell(&self, event: Event) {
        self.tell_in(self.answer.get(), event);
    }

    fn tell_in(&self, step: Option<Step>, event: Event) {
        self.journal.tell(Record { session: self.session, peer: Some(self.peer), step, event });
    }
}
