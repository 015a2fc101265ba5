//! The journal as lines of text: the log, and with `--trace` the conversation itself.

use std::fmt::{self, Write};
use std::thread;
use std::time::Duration;

use crate::journal::{Event, Record};
use crate::programs::human::human_rate;
use crate::wire::{printable, quote, Step};

/// Room for most lines, so that a line is built in one piece of memory.
const USUAL_LINE: usize = 160;

/// One line of the log, or `None` if this is nothing for the log: since the start, who, on which thread, how many
/// sessions are active, and what happened. To be called on the thread that did it.
pub fn line(record: &Record, since_start: Duration, active: impl Fn() -> usize, trace: bool) -> Option<String> {
    if !is_told(record, trace) {
        return None;
    }
    let mut line = String::with_capacity(USUAL_LINE);
    // Writing to memory can't fail.
    let _ = write_who(&mut line, record, since_start, active()).and_then(|()| write_what(&mut line, record));
    Some(line)
}

fn is_told(record: &Record, trace: bool) -> bool {
    match record.event {
        Event::Connected | Event::Refused(_) | Event::Closed(_) | Event::Notice(_) => true,
        // What every session says goes without saying.
        Event::SentBody(_) => matches!(record.step, Some(Step::SendList | Step::SendFile)),
        Event::Received(_) | Event::Sent(_) => trace,
        Event::SentBodyStart(_) | Event::ReceivedBodyStart(_) => false,
    }
}

fn write_who(line: &mut String, record: &Record, since_start: Duration, active: usize) -> fmt::Result {
    write!(line, "{:>6}.{:03} s  ", since_start.as_secs(), since_start.subsec_millis())?;
    match record.session {
        Some(number) => write!(line, "#{number:<4} ")?,
        None => line.push_str("-     "),
    }
    match record.peer {
        Some(peer) => write!(line, "{peer:<21} ")?,
        None => write!(line, "{:<21} ", "-")?,
    }
    let thread = thread::current();
    write!(line, "{:<12} {active:>3} active  ", thread.name().unwrap_or("unnamed"))
}

fn write_what(line: &mut String, record: &Record) -> fmt::Result {
    match record.event {
        Event::Connected => line.write_str("session begins"),
        Event::Refused(refusal) if record.session.is_none() => write!(line, "turned away: {refusal}"),
        Event::Refused(refusal) => write!(line, "refused: {refusal}"),
        Event::SentBody(sent) => {
            let (name, took) = (quote(sent.subject), sent.took);
            write!(line, "sent {name}: {} bytes in ", sent.bytes)?;
            write!(line, "{}.{:03} s, {}", took.as_secs(), took.subsec_millis(), human_rate(sent.bytes, took))
        }
        Event::Closed(why) => write!(line, "session ends: {}", printable(why)),
        Event::Notice(text) => line.write_str(&printable(text)),
        _ => line.write_str(&record.trace().unwrap_or_default()),
    }
}
