//! The journal as lines of text: the log, and with `--trace` the conversation itself.

use std::thread;
use std::time::Duration;

use crate::journal::{Event, Record};
use crate::protocol::{printable, quote, Step};

/// One line of the log, or `None` if this is nothing for the log: since the start, who, on which thread, how many
/// sessions are active, and what happened. To be called on the thread that did it.
pub fn line(record: &Record, since_start: Duration, active: impl Fn() -> usize, trace: bool) -> Option<String> {
    let what = what_happened(record, trace)?;
    let active = active();
    let seconds = since_start.as_secs_f64();
    let session = record.session.map_or("-".to_string(), |number| format!("#{number}"));
    let peer = record.peer.map_or("-".to_string(), |peer| peer.to_string());
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    Some(format!("{seconds:10.3} s  {session:<5} {peer:<21} {thread:<12} {active:>3} active  {what}"))
}

fn what_happened(record: &Record, trace: bool) -> Option<String> {
    Some(match record.event {
        Event::Connected => "session begins".to_string(),
        Event::Refused(refusal) if record.session.is_none() => format!("turned away: {refusal}"),
        Event::Refused(refusal) => format!("refused: {refusal}"),
        Event::SentBody(sent) if matches!(record.step, Some(Step::SendList | Step::SendFile)) => format!(
            "sent {}: {} bytes in {:.3} s, {}",
            quote(sent.subject),
            sent.bytes,
            sent.took.as_secs_f64(),
            sent.rate()
        ),
        Event::Closed(why) => format!("session ends: {}", printable(why)),
        Event::Notice(text) => printable(text),
        Event::Received(_) | Event::Sent(_) if trace => record.trace()?,
        Event::SentBody(_) | Event::Received(_) | Event::Sent(_) => return None,
        Event::SentBodyStart(_) | Event::ReceivedBodyStart(_) => return None,
    })
}
