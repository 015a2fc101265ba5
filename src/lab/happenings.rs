//! What the server and the client told their journals, kept to be shown: nothing else is ever narrated.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, Journal, Record};
use crate::lock::locked;
use crate::server::registry::{Registry, SessionView};
use crate::wire::Step;

/// How much of a body is kept to be shown.
const BODY_START: usize = 64;

/// How often a wait looks again.
const POLL: Duration = Duration::from_millis(1);

/// The source files that carry out steps, as they were compiled: in them, the function around a line is found.
const SOURCES: [(&str, &str); 4] = [
    ("src/server/mod.rs", include_str!("../server/mod.rs")),
    ("src/server/session.rs", include_str!("../server/session.rs")),
    ("src/client/mod.rs", include_str!("../client/mod.rs")),
    ("src/client/download.rs", include_str!("../client/download.rs")),
];

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
    /// See [`Event`]; so for all of these.
    Connected,
    /// A line left.
    Sent,
    /// A line came.
    Received,
    /// The first bytes of a body left.
    SentBodyStart,
    /// The first bytes of a body came.
    ReceivedBodyStart,
    /// The last byte of a body left.
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
    /// The bytes on the wire, of a body the first ones; for `Closed`, why.
    pub bytes: Vec<u8>,
    /// The thread that did it.
    pub thread: String,
    /// The function that did it.
    pub function: String,
    /// Its `file:line`.
    pub place: String,
    /// The server's registry at that moment; only the server's side sees it.
    pub registry: Vec<SessionView>,
}

/// All that happened so far. A clone is another handle to the same.
#[derive(Debug, Clone, Default)]
pub struct Happenings {
    all: Arc<Mutex<Vec<Happening>>>,
}

impl Happenings {
    /// A journal whose events of the eight steps come here.
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

    /// Takes what happened in a step. With `last`, it waits until the server has told that, at most so long: client
    /// and server tell their sides at their own pace.
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
        Event::Closed(why) => (Kind::Closed, why.as_bytes()),
        // A refusal's line has been told as sent.
        Event::Refused(_) | Event::Notice(_) => return None,
    };
    let (file, line) = (record.site.file().replace('\\', "/"), record.site.line());
    Some(Happening {
        side,
        step: record.step?,
        kind,
        bytes: bytes.to_vec(),
        thread: thread::current().name().unwrap_or("unnamed").to_string(),
        function: function_around(&file, line).unwrap_or("?").to_string(),
        place: format!("{file}:{line}"),
        registry: registry.map(Registry::snapshot).unwrap_or_default(),
    })
}

/// The name of the function around a line of our own source.
fn function_around(file: &str, line: u32) -> Option<&'static str> {
    let (_, source) = SOURCES.iter().find(|(name, _)| file.ends_with(name))?;
    let above: Vec<_> = source.lines().take(line as usize).collect();
    above.iter().rev().find_map(|line| {
        let line = line.trim_start();
        let signature = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn ")?;
        signature.split(|character: char| !character.is_alphanumeric() && character != '_').next()
    })
}
