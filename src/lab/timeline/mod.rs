//! A timeline: what threads and clients did, and when, as lanes beside each other on one time scale.
//!
//! A [`Picture`] is recorded first and drawn afterwards. Times are counted from the beginning of their [`Panel`].
//!
//! Read first: `watch.rs`. It does not know who is recorded.

pub mod recorder;

pub mod zoom;

mod replay;

mod drawing;

mod bars;

pub mod svg;

pub mod text;

pub mod file;

use std::time::Duration;

use crate::lab::timeline::zoom::Zoom;
use crate::programs::human::human_time;

/// How much is drawn before the first client and after the last: one part in so many of the time between.
const MARGIN: u32 = 20;

/// A whole timeline: panels under each other, on one time scale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// One sentence that says what to see.
    pub title: String,
    /// How long somebody waited in each of several runs; empty if there is nothing to compare.
    pub longest_waits: Vec<LongestWait>,
    /// A closer look, on a scale of its own.
    pub zoom: Option<Zoom>,
    /// At least one.
    pub panels: Vec<Panel>,
}

/// The longest time that a client waited for the server in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongestWait {
    /// Which run.
    pub of: String,
    /// How long.
    pub lasted: Duration,
}

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    /// What ran.
    pub title: String,
    /// Sentences below the lanes: what the picture can't show, or leaves out.
    pub notes: Vec<String>,
    /// How the registry's lock was used, in a sentence: a note for pictures about the lock.
    pub lock: String,
    /// The server's threads, then the clients.
    pub lanes: Vec<Lane>,
}

impl Panel {
    /// The part in which there were clients, with a little before and after. A person needs seconds between two
    /// commands of the shell. On that scale the work of the threads would be a dot.
    pub fn around_its_sessions(mut self) -> Panel {
        let labels = self.lanes.iter().flat_map(|lane| &lane.labels);
        let sessions: Vec<_> = labels.filter(|label| label.kind == LabelKind::Session).collect();
        let (first, last) =
            (sessions.iter().map(|label| label.from).min(), sessions.iter().map(|label| label.to).max());
        let (Some(first), Some(last)) = (first, last) else { return self };
        let margin = (last - first) / MARGIN;
        let (from, to) = (first.saturating_sub(margin), last + margin);
        self.cut_to(from, to);
        let (begun, ended) = (human_time(from), human_time(to));
        self.notes
            .insert(0, format!("Drawn is the time in which there were clients: from {begun} to {ended} of the run."));
        self
    }

    /// Leaves out what was not between these two moments, and makes the first of them zero.
    fn cut_to(&mut self, from: Duration, to: Duration) {
        let within = |time: Duration| time.clamp(from, to) - from;
        for lane in &mut self.lanes {
            for span in &mut lane.spans {
                (span.from, span.to) = (within(span.from), within(span.to));
            }
            lane.spans.retain(|span| span.from < span.to);
            for label in &mut lane.labels {
                (label.from, label.to) = (within(label.from), within(label.to));
            }
        }
        self.lanes.retain(|lane| !lane.spans.is_empty());
    }
}

/// What one thread of the server, or one client, did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The thread's name, or the client's.
    pub name: String,
    /// Whose lane it is.
    pub side: Side,
    /// In order, and without overlap. Between them the lane is empty: the thread had not started, had ended, or did
    /// nothing of interest.
    pub spans: Vec<Span>,
    /// In the order of their beginning.
    pub labels: Vec<Label>,
}

/// Whose lane it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A thread of the server.
    Server,
    /// A client.
    Client,
}

/// For so long a lane was in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which one.
    pub state: State,
    /// Its beginning.
    pub from: Duration,
    /// Its end, not before its beginning.
    pub to: Duration,
}

/// What a thread or a client was doing, or waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A thread waits in `accept` for the next connection.
    Accepting,
    /// A thread waits for its turn to wait in `accept`.
    AwaitingTurn,
    /// A thread waits for its client's next command.
    AwaitingCommand,
    /// A thread waits for the registry's lock.
    AwaitingLock,
    /// A thread holds the registry's lock.
    HoldingLock,
    /// A thread works for its client: mostly, it reads the file and sends.
    Working,
    /// A thread waits in a write: the socket's buffer is full, because the client has not read what was sent before.
    BlockedInSend,
    /// A thread has ended its sending side, and waits for its client's end.
    Closing,
    /// A client waits for the server: for the greeting, or for the first byte of a reply.
    AwaitingServer,
    /// A client receives a reply.
    Receiving,
    /// A client pauses on purpose, and does not read.
    Pausing,
}

/// A name for a part of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it names.
    pub kind: LabelKind,
    /// From here ...
    pub from: Duration,
    /// ... to here.
    pub to: Duration,
    /// As it came, perhaps from the network: the drawing must escape it.
    pub text: String,
}

/// What a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// A session. Its commands lie within it.
    Session,
    /// One command with its reply.
    Command,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_and_after_all_clients_is_cut_off() {
        let ms = Duration::from_millis;
        let span = |state, from, to| Span { state, from: ms(from), to: ms(to) };
        let session = Label { kind: LabelKind::Session, from: ms(1000), to: ms(1200), text: "session 1".to_string() };
        let lane = |spans, labels| Lane { name: "a".to_string(), side: Side::Server, spans, labels };
        let lanes = vec![
            lane(vec![span(State::Accepting, 0, 5000)], Vec::new()),
            lane(vec![span(State::Working, 1000, 1200), span(State::Closing, 1200, 2200)], vec![session]),
            lane(vec![span(State::Closing, 4000, 5000)], Vec::new()),
        ];
        let panel = Panel { lanes, ..Panel::default() }.around_its_sessions();
        assert_eq!(panel.lanes.len(), 2);
        assert_eq!(panel.lanes[0].spans, [span(State::Accepting, 0, 220)]);
        assert_eq!(panel.lanes[1].spans, [span(State::Working, 10, 210), span(State::Closing, 210, 220)]);
        assert_eq!((panel.lanes[1].labels[0].from, panel.lanes[1].labels[0].to), (ms(10), ms(210)));
        assert!(panel.notes[0].contains("from 990 ms to 1.21 s"), "{:?}", panel.notes);
    }
}
