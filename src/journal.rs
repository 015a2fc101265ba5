//! What happened, where in the code, and in which session: one stream of events.
//!
//! The server and the client tell their [`Journal`] each thing at the moment when it has happened, on the thread that
//! did it. Whoever wants to know passes an observer: the log, the trace and the classroom's tools all read this stream,
//! and the code of the eight steps knows none of them.

use std::fmt;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::wire::{visible, Refusal, Step};

/// One thing that happened. The observer is called on the thread that did it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The session's number; none for a client, and for what concerns the whole server.
    pub session: Option<u64>,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
    /// The step of the protocol that it belongs to.
    pub step: Option<Step>,
    /// The place in the code that did it.
    pub site: &'static Location<'static>,
    /// What happened.
    pub event: Event<'a>,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A connection stands; for the server: it has been admitted as a session.
    Connected,
    /// A refusal was sent: to a command, or, outside every session, to a connection that was turned away.
    Refused(&'a Refusal),
    /// A command line or a reply's header was sent, or was received: the bytes as on the wire, Telnet's left out.
    Sent(&'a [u8]),
    /// As above.
    Received(&'a [u8]),
    /// The first bytes of a body were sent, or were received. An empty body has none.
    SentBodyStart(&'a [u8]),
    /// As above.
    ReceivedBodyStart(&'a [u8]),
    /// A whole body was sent.
    SentBody(Transfer<'a>),
    /// This side has ended its sending side, or seen the other's end; and why.
    Closed(&'a str),
    /// Something went wrong that is no session's end.
    Notice(&'a str),
}

/// A body that went over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// The file's name, or the verb that was answered.
    pub subject: &'a str,
    /// Its size.
    pub bytes: u64,
    /// From the beginning of the transfer to its end.
    pub took: Duration,
}

impl Record<'_> {
    /// The record as a line of the trace: what went over the wire, with its step, every byte visible. `None` for what
    /// is no line of the wire.
    pub fn trace(&self) -> Option<String> {
        let step = self.step.map_or("------".to_string(), |step| format!("step {}", step.number()));
        match self.event {
            Event::Sent(line) => Some(format!("{step} sent     {}", visible(line))),
            Event::Received(line) => Some(format!("{step} received {}", visible(line))),
            _ => None,
        }
    }
}

/// What a thread does, or waits for, for a while. Phases lie within each other: a session, in it a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It waits in `accept`.
    Accept,
    /// It carries out the session of this number, for the client at this address.
    Session(u64, SocketAddr),
    /// It waits for bytes of the client's next command.
    Read,
    /// It hands bytes of a reply to the system, which makes it wait when the client does not read.
    Write,
    /// It waits for its turn to wait in `accept`, where threads take turns.
    AwaitTurn,
    /// It waits for the registry's lock.
    AwaitLock,
    /// It holds the registry's lock.
    HoldLock,
    /// It waits for the client's end, after its own.
    Linger,
}

/// Tells one reader when phases begin and end, if there is a reader; if not, it does nothing.
#[derive(Clone, Default)]
pub struct Watch {
    /// Called with the phase at its beginning, with `None` at its end, on the thread that it is about.
    reader: Option<Arc<PhaseReader>>,
}

type PhaseReader = dyn Fn(Option<Phase>) + Send + Sync;

/// A phase that lasts until this is dropped.
#[must_use = "the phase ends when this is dropped"]
pub struct Lasting<'a> {
    reader: Option<&'a PhaseReader>,
}

impl Watch {
    /// A watch with one reader: called with the phase at its beginning, with `None` at its end, on its thread.
    pub fn new(reader: impl Fn(Option<Phase>) + Send + Sync + 'static) -> Watch {
        Watch { reader: Some(Arc::new(reader)) }
    }

    /// From now on this thread is in that phase.
    pub fn begin(&self, phase: Phase) -> Lasting<'_> {
        let reader = self.reader.as_deref();
        if let Some(reader) = reader {
            reader(Some(phase));
        }
        Lasting { reader }
    }
}

impl Drop for Lasting<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader {
            reader(None);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.reader.is_some() { "Watch(on)" } else { "Watch(off)" })
    }
}

/// Where a server or a client tells what happened.
#[derive(Clone)]
pub struct Journal {
    observer: Arc<dyn Fn(&Record) + Send + Sync>,
    watch: Watch,
}

impl Journal {
    /// A journal with one reader.
    pub fn new(observer: impl Fn(&Record) + Send + Sync + 'static) -> Journal {
        Journal { observer: Arc::new(observer), watch: Watch::default() }
    }

    /// The same, and phases are told to this watch.
    pub fn watched_by(self, watch: Watch) -> Journal {
        Journal { watch, ..self }
    }

    /// Where phases are told.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// A journal that nobody reads.
    pub fn silent() -> Journal {
        Journal::new(|_| {})
    }

    /// Tells it to the observer, on this thread.
    pub fn tell(&self, record: Record) {
        (self.observer)(&record);
    }
}
