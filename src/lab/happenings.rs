//! What the server and the client reported to their journals. The walk shows this and nothing else.
//!
//! Read first: `journal.rs`. It does not know how they are shown.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, Journal, Record};
use crate::lock::locked;
use crate::server::registry::{Registry, SessionView};
use crate::wire::Step;

/// How much of a body is kept to be shown.
const BODY_START: usize = 64;

/// How often a wait checks again.
const POLL: Duration = Duration::from_millis(1);

/// A function that carries out a step, and its source file, as it was compiled.
pub struct Place {
    /// Its name.
    pub function: &'static str,
    /// The file's path.
    pub file: &'static str,
    source: &'static str,
}

const SERVER: (&str, &str) = ("src/server/mod.rs", include_str!("../server/mod.rs"));
const CLOSING: (&str, &str) = ("src/server/closing.rs", include_str!("../server/closing.rs"));
const SESSION: (&str, &str) = ("src/server/session.rs", include_str!("../server/session.rs"));
const REPLY: (&str, &str) = ("src/server/reply.rs", include_str!("../server/reply.rs"));
const FILE_HANDLER: (&str, &str) = ("src/server/file_handler.rs", include_str!("../server/file_handler.rs"));
const CLIENT: (&str, &str) = ("src/client/mod.rs", include_str!("../client/mod.rs"));

/// The function that carries out a step on one side: the same table as in [`crate`]. If two functions share a step, one
/// begins or ends the connection, and the other sends or receives.
pub fn place(side: Side, step: Step, kind: Kind) -> Option<Place> {
    use Step::{AskForFile, AskForList, Close, Connect, Logout, SendFile, SendList};
    let (function, (file, source)) = match (side, step, kind) {
        (Side::Client, Connect, _) => ("connect", CLIENT),
        (Side::Client, AskForList | SendList, _) => ("list", CLIENT),
        (Side::Client, AskForFile | SendFile, _) => ("download", CLIENT),
        (Side::Client, Logout | Close, _) => ("logout", CLIENT),
        (Side::Server, Connect, Kind::Connected) => ("admit", SERVER),
        (Side::Server, Connect, _) => ("greeting", REPLY),
        (Side::Server, AskForList | AskForFile | Logout, _) => ("receive_line", SESSION),
        (Side::Server, SendList, _) => ("list", FILE_HANDLER),
        (Side::Server, SendFile, _) => ("open", FILE_HANDLER),
        (Side::Server, Close, Kind::Closed) => ("half_close", CLOSING),
        (Side::Server, Close, _) => ("goodbye", REPLY),
        (_, Step::Repeat, _) => return None,
    };
    Some(Place { function, file, source })
}

impl Place {
    /// The line of the file in which the function begins, from 1.
    pub fn line(&self) -> Option<usize> {
        let signature = format!("fn {}(", self.function);
        self.source.lines().position(|line| line.contains(&signature)).map(|index| index + 1)
    }
}

/// Who told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// What happened, of the events that belong to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// See [`Event`], here and for all of these.
    Connected,
    /// A line was sent.
    Sent,
    /// A line was received.
    Received,
    /// The first bytes of a body were sent.
    SentBodyStart,
    /// The first bytes of a body were received.
    ReceivedBodyStart,
    /// The last byte of a body was sent.
    SentBody,
    /// The connection is over.
    Closed,
}

/// One event, copied out of the journal on the thread where it happened.
#[derive(Debug, Clone)]
pub struct Happening {
    /// Who told it.
    pub side: Side,
    /// To which step it belongs.
    pub step: Step,
    /// What it was.
    pub kind: Kind,
    /// The bytes as they were sent, or the first bytes of a body; for `Closed`, the reason.
    pub bytes: Vec<u8>,
    /// The thread that did it.
    pub thread: String,
    /// The function that carries out this part of the step.
    pub function: &'static str,
    /// Its `file:line`.
    pub place: String,
    /// The server's registry at that moment; only the server's side sees it.
    pub registry: Vec<SessionView>,
}

/// All that has happened. A clone is another handle to the same data.
#[derive(Debug, Clone, Default)]
pub struct Happenings {
    all: Arc<Mutex<Vec<Happening>>>,
}

impl Happenings {
    /// A journal that collects the events of the eight steps here.
    pub fn journal(&self, side: Side, registry: Option<Registry>) -> Journal {
        let happenings = self.clone();
        Journal::new(move |record| {
            if let Some(happening) = happening(side, record, registry.as_ref()) {
                happenings.lock(|all| all.push(happening));
            }
        })
    }

    fn lock<T>(&self, work: impl FnOnce(&mut Vec<Happening>) -> T) -> T {
        locked(&self.all, work)
    }

    /// Takes what happened in a step. With `last`, it waits for this event of the server, at most so long: the client
    /// and the server report their sides at different times.
    pub fn take(&self, step: Step, last: Option<Kind>, at_most: Duration) -> Vec<Happening> {
        let deadline = Instant::now() + at_most;
        let of_step = |happening: &Happening| happening.step == step;
        let is_last = |happening: &Happening| {
            of_step(happening) && happening.side == Side::Server && Some(happening.kind) == last
        };
        while last.is_some() && !self.lock(|all| all.iter().any(is_last)) && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        self.lock(|all| {
            let (taken, rest) = std::mem::take(all).into_iter().partition(of_step);
            *all = rest;
            taken
        })
    }
}

fn happening(side: Side, record: &Record, registry: Option<&Registry>) -> Option<Happening> {
    let (kind, bytes) = match record.event {
        Event::Connected => (Kind::Connected, &[][..]),
        Event::Sent(line) => (Kind::Sent, line),
        Event::Received(line) => (Kind::Received, line),
        Event::SentBodyStart(body) => (Kind::SentBodyStart, &body[..body.len().min(BODY_START)]),
        Event::ReceivedBodyStart(body) => (Kind::ReceivedBodyStart, &body[..body.len().min(BODY_START)]),
        Event::SentBody(_) => (Kind::SentBody, &[][..]),
        Event::Closed { why, .. } => (Kind::Closed, why.as_bytes()),
        // A refusal's line has been reported as sent.
        Event::Refused(_) | Event::Notice(_) => return None,
    };
    let step = record.step?;
    let place = place(side, step, kind)?;
    Some(Happening {
        side,
        step,
        kind,
        bytes: bytes.to_vec(),
        thread: thread::current().name().unwrap_or("unnamed").to_string(),
        function: place.function,
        place: format!("{}:{}", place.file, place.line().unwrap_or(0)),
        registry: registry.map(Registry::snapshot).unwrap_or_default(),
    })
}
