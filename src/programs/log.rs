//! The log: the journal as lines of text, and with `--trace` the conversation itself.
//!
//! Read first: [`crate::journal`], `printer.rs`. It does not know who reads the lines.

use std::fmt::{self, Write};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::journal::{Event, Record};
use crate::lock::locked;
use crate::programs::human::write_rate;
use crate::programs::printer::Printer;
use crate::server::registry::Registry;
use crate::wire::text::push_quote;
use crate::wire::{printable, Step, Verb};

/// Makes lines of a server's journal, and leaves them with a printer.
pub struct Log {
    printer: Printer,
    registry: Registry,
    started: Instant,
    trace: bool,
    /// Sessions that are active. The lock is held while they are counted: otherwise an old count could replace a newer
    /// one. Meanwhile the registry's lock is taken too.
    active: Mutex<usize>,
}

/// Room for most lines, so that a line is built in one piece of memory.
const USUAL_LINE: usize = 160;

impl Log {
    /// A log that counts its time from now. `trace` adds every line received and every header sent.
    pub fn new(printer: Printer, registry: Registry, trace: bool) -> Log {
        Log { printer, registry, started: Instant::now(), trace, active: Mutex::new(0) }
    }

    /// One line, if this is something for the log: since the start, who, on which thread, how many sessions are active,
    /// and what happened. To be called on the thread that did it.
    pub fn note(&self, record: &Record) {
        if self.is_told(record) {
            let active = self.count_active(&record.event);
            let mut line = String::with_capacity(USUAL_LINE);
            // Writing to memory can't fail.
            let _ = write_line(&mut line, record, self.started, active);
            self.printer.line(&line);
        }
    }

    fn is_told(&self, record: &Record) -> bool {
        match record.event {
            Event::Connected | Event::Refused(_) | Event::Closed(_) | Event::Notice(_) => true,
            // What every session says goes without saying: greeting, help, goodbye. The extensions belong to no step.
            Event::SentBody(sent) => match record.step {
                Some(step) => matches!(step, Step::SendList | Step::SendFile),
                None => sent.subject != Verb::Help.row().word,
            },
            Event::Received(_) | Event::Sent(_) => self.trace,
            Event::SentBodyStart(_) | Event::ReceivedBodyStart(_) => false,
        }
    }

    /// The count changes where a session begins or ends, and only there the registry is asked for it.
    fn count_active(&self, event: &Event) -> usize {
        locked(&self.active, |active| {
            if matches!(event, Event::Connected | Event::Closed(_)) {
                *active = self.registry.active();
            }
            *active
        })
    }
}

fn write_line(line: &mut String, record: &Record, started: Instant, active: usize) -> fmt::Result {
    let since_start = started.elapsed();
    write!(line, "{:>6}.{:03} s  ", since_start.as_secs(), since_start.subsec_millis())?;
    write_who(line, record)?;
    write!(line, "{active:>3} active  ")?;
    write_what(line, record)
}

fn write_who(text: &mut String, record: &Record) -> fmt::Result {
    match record.session {
        Some(number) => write!(text, "#{number:<4} ")?,
        None => text.push_str("-     "),
    }
    match record.peer {
        Some(peer) => write!(text, "{peer:<21} ")?,
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
        Event::Closed(why) => write!(text, "session ends: {}", printable(why)),
        Event::Notice(notice) => text.write_str(&printable(notice)),
        _ => text.write_str(&record.trace().unwrap_or_default()),
    }
}
