//! The log: the journal as lines of text, and with `--trace` the conversation itself.
//!
//! Only a few refusals a second are logged for each session, and a few more for clients that get no session. A refusal
//! costs a client only a byte or a connection, so a client could fill the operator's disk with log lines.
//!
//! Read first: [`crate::journal`], `printer.rs`. It does not know who reads the lines.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, Record};
use crate::lock::locked;
use crate::programs::human::{as_ipv4, write_rate};
use crate::programs::printer::Printer;
use crate::server::registry::Registry;
use crate::wire::text::push_quote;
use crate::wire::{printable, Step, Verb};

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only what goes wrong: notices, clients that get no session, sessions that are cut or broken off. A client's
    /// mistake is reported only to that client.
    Quiet,
    /// Every session, and what it was sent.
    Usual,
    /// Every line received and every header sent too.
    Trace,
}

/// Makes lines from a server's journal, and gives them to a printer.
pub struct Log {
    printer: Printer,
    registry: Registry,
    started: Instant,
    detail: Detail,
    /// The lock is held while the active sessions are counted: otherwise an old count could replace a newer one.
    /// Meanwhile the registry's lock is taken too.
    counts: Mutex<Counts>,
}

/// Most lines fit into so many bytes, so that a line is built in one piece of memory.
const USUAL_LINE: usize = 160;

/// Most refusals of one session that are logged in [`BURST`]: more than a typing person causes. A client program can
/// cause 100 000 a second, with a byte for each.
const MAX_REFUSALS: u32 = 5;

/// Most clients without a session that are logged in [`BURST`]: a whole class that connects at the same time.
const MAX_TURNED_AWAY: u32 = 40;

/// After so long, refusals are logged again.
const BURST: Duration = Duration::from_secs(1);

/// What the log counts.
#[derive(Default)]
struct Counts {
    /// Sessions that are active.
    active: usize,
    /// The refusals of each session that had some, by the session's number; without a number, the clients that got no
    /// session.
    bursts: HashMap<Option<u64>, Burst>,
}

/// Refusals that came close together.
struct Burst {
    since: Instant,
    logged: u32,
    left_out: u64,
}

impl Log {
    /// A log that counts its time from now.
    pub fn new(printer: Printer, registry: Registry, detail: Detail) -> Log {
        Log { printer, registry, started: Instant::now(), detail, counts: Mutex::default() }
    }

    /// One line, if this is something for the log: the time since the start, the session, the thread, how many sessions
    /// are active, and what happened. Call it on the thread that did it.
    pub fn note(&self, record: &Record) {
        if !self.is_told(record) {
            return;
        }
        let (active, left_out, is_logged) = locked(&self.counts, |counts| {
            // The number of sessions changes only when one begins or ends, so the log asks the registry only then. A
            // quiet log does not see all of these events.
            if matches!(record.event, Event::Connected | Event::Closed { .. }) || self.detail == Detail::Quiet {
                counts.active = self.registry.active();
            }
            (counts.active, counts.take_left_out(record), counts.is_logged(record))
        });
        if left_out > 0 {
            self.print(record, active, |line| write!(line, "({left_out} more refusals are not logged)"));
        }
        if is_logged {
            self.print(record, active, |line| write_what(line, record));
        }
    }

    fn print(&self, record: &Record, active: usize, what: impl Fn(&mut String) -> fmt::Result) {
        let mut line = String::with_capacity(USUAL_LINE);
        // Writing to memory can't fail.
        let _ = write_head(&mut line, record, self.started, active).and_then(|()| what(&mut line));
        self.printer.line(&line);
    }

    fn is_told(&self, record: &Record) -> bool {
        let is_quiet = self.detail == Detail::Quiet;
        match record.event {
            Event::Notice(_) | Event::Closed { is_fault: true, .. } => true,
            Event::Connected | Event::Closed { .. } => !is_quiet,
            Event::Refused(_) => !is_quiet || record.session.is_none(),
            Event::SentBody(sent) => !is_quiet && is_asked_for(record.step, sent.subject),
            Event::Received(_) | Event::Sent(_) => self.detail == Detail::Trace,
            Event::SentBodyStart(_) | Event::ReceivedBodyStart(_) => false,
        }
    }
}

/// Is this body logged? Greeting, help and goodbye are not. The extensions belong to no step.
fn is_asked_for(step: Option<Step>, subject: &str) -> bool {
    match step {
        Some(step) => matches!(step, Step::SendList | Step::SendFile),
        None => subject != Verb::Help.row().word,
    }
}

impl Counts {
    /// How many refusals of this session were left out, if the log should say so now: when the burst or the session is
    /// over.
    fn take_left_out(&mut self, record: &Record) -> u64 {
        let Some(burst) = self.bursts.get(&record.session) else { return 0 };
        let is_over = burst.since.elapsed() >= BURST || matches!(record.event, Event::Closed { .. });
        if is_over {
            self.bursts.remove(&record.session).map_or(0, |burst| burst.left_out)
        } else {
            0
        }
    }

    /// Is this logged? Everything is, except refusals that are too many.
    fn is_logged(&mut self, record: &Record) -> bool {
        let Event::Refused(_) = record.event else { return true };
        let most = if record.session.is_some() { MAX_REFUSALS } else { MAX_TURNED_AWAY };
        let new = || Burst { since: Instant::now(), logged: 0, left_out: 0 };
        let burst = self.bursts.entry(record.session).or_insert_with(new);
        let is_logged = burst.logged < most;
        burst.logged += u32::from(is_logged);
        burst.left_out += u64::from(!is_logged);
        is_logged
    }
}

fn write_head(line: &mut String, record: &Record, started: Instant, active: usize) -> fmt::Result {
    let since_start = started.elapsed();
    write!(line, "{:>6}.{:03} s  ", since_start.as_secs(), since_start.subsec_millis())?;
    write_who(line, record)?;
    write!(line, "{active:>3} active  ")
}

fn write_who(text: &mut String, record: &Record) -> fmt::Result {
    match record.session {
        Some(number) => write!(text, "#{number:<4} ")?,
        None => text.push_str("-     "),
    }
    match record.peer {
        Some(peer) => write!(text, "{:<21} ", as_ipv4(peer))?,
        None => write!(text, "{:<21} ", "-")?,
    }
    write!(text, "{:<12} ", thread::current().name().unwrap_or("unnamed"))
}

fn write_what(text: &mut String, record: &Record) -> fmt::Result {
    match record.event {
        Event::Connected => text.write_str("session begins"),
        Event::Refused(refusal) if record.session.is_none() => write!(text, "turned away: {refusal}"),
        Event::Refused(refusal) => write!(text, "refused: {refusal}"),
        Event::SentBody(sent) => {
            let took = sent.took;
            text.push_str("sent ");
            push_quote(text, sent.subject);
            write!(text, ": {} bytes in {}.{:03} s, ", sent.bytes, took.as_secs(), took.subsec_millis())?;
            write_rate(text, sent.bytes, took)
        }
        Event::Closed { why, .. } => write!(text, "session ends: {}", printable(why)),
        Event::Notice(notice) => text.write_str(&printable(notice)),
        _ => text.write_str(&record.trace().unwrap_or_default()),
    }
}
