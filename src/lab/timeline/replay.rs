//! Makes lanes from the recording: it goes through the marks of each thread again. At each moment the innermost phase
//! counts.
//!
//! Read first: `recorder.rs`. It does not know how a picture is drawn.

use std::time::Duration;

use crate::lab::timeline::recorder::{Recorded, What};
use crate::lab::timeline::{Label, LabelKind, Lane, Side, Span, State};
use crate::programs::human::human_time;
use crate::watch::Phase;

/// A write takes microseconds if the socket's buffer has space. If a write took longer, the buffer was full, or its
/// thread had no processor for a while.
const BLOCKED: Duration = Duration::from_millis(1);

/// How many bytes fit into the empty buffer of every connection on Linux (`tcp_wmem`: 16 KiB at the beginning). If a
/// write was late although fewer bytes were in the buffer, it was not blocked: its thread had no processor.
const ALWAYS_ROOM: usize = 16 * 1024;

/// The lanes of the threads that accepted connections or carried out sessions, by their names' numbers; a sentence on
/// the registry's lock; and sentences on what the lanes don't show.
pub(super) fn lanes(threads: Vec<Recorded>) -> (Vec<Lane>, String, Vec<String>) {
    let mut locks = Locks::default();
    let lanes = threads.into_iter().map(|thread| Replay::new(&mut locks).play(thread));
    let (mut lanes, others): (Vec<_>, Vec<_>) = lanes.partition(serves);
    lanes.sort_by_key(|lane| number_in(&lane.name));
    let mut notes = Vec::new();
    let lingering = others.iter().filter(|lane| lane.spans.iter().any(|span| span.state == State::Closing)).count();
    if lingering > 0 {
        notes.push(format!("Threads that did nothing but wait for a client's end have no lane here: {lingering}."));
    }
    (lanes, locks.told(), notes)
}

/// Did this thread accept, or carry out a session?
fn serves(lane: &Lane) -> bool {
    lane.spans.iter().any(|span| span.state == State::Accepting)
        || lane.labels.iter().any(|label| label.kind == LabelKind::Session)
}

/// The number at the end of a thread's name; 0 for one that has none.
fn number_in(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

struct Replay<'a> {
    spans: Vec<Span>,
    labels: Vec<Label>,
    /// Which labels have begun and not ended.
    session: Option<usize>,
    command: Option<usize>,
    /// The phases that last, and when each began; the innermost is the last.
    lasting: Vec<(Phase, Duration)>,
    /// The end of the last span.
    since: Duration,
    /// How many bytes were written since the thread last waited for a command: no more of them can wait in the buffer.
    written: usize,
    locks: &'a mut Locks,
}

impl Replay<'_> {
    fn new(locks: &mut Locks) -> Replay<'_> {
        Replay {
            spans: Vec::new(),
            labels: Vec::new(),
            session: None,
            command: None,
            lasting: Vec::new(),
            since: Duration::ZERO,
            written: 0,
            locks,
        }
    }

    fn play(mut self, thread: Recorded) -> Lane {
        for mark in thread.marks.into_iter().flatten() {
            match mark.what {
                What::Begins(phase) => self.begins(phase, mark.at),
                What::Ends => self.ends(mark.at),
                What::Command(text) => {
                    self.end_command(mark.at);
                    self.command = Some(self.begin_label(LabelKind::Command, text, mark.at));
                }
            }
        }
        // The recording may have ended in the middle of something.
        self.end_session(self.since);
        Lane { name: thread.name, side: Side::Server, spans: self.spans, labels: self.labels }
    }

    fn begins(&mut self, phase: Phase, at: Duration) {
        if let Some((outer, _)) = self.lasting.last() {
            self.add_span(state(*outer), at);
        }
        self.since = at;
        self.lasting.push((phase, at));
        match phase {
            Phase::Session(number, peer) => {
                let text = format!("session {number}, {peer}");
                self.session = Some(self.begin_label(LabelKind::Session, text, at));
            }
            Phase::Read => {
                // It waits for the next command: the last one has been answered.
                self.end_command(at);
                self.written = 0;
            }
            Phase::Write(bytes) => self.written = self.written.saturating_add(bytes),
            _ => {}
        }
    }

    fn ends(&mut self, at: Duration) {
        let Some((phase, begun)) = self.lasting.pop() else { return };
        let took = at.saturating_sub(begun);
        let is_blocked = matches!(phase, Phase::Write(_)) && took > BLOCKED && self.written > ALWAYS_ROOM;
        self.add_span(if is_blocked { State::BlockedInSend } else { state(phase) }, at);
        match phase {
            Phase::Session(..) => self.end_session(at),
            Phase::AwaitLock => self.locks.waited(took),
            Phase::HoldLock => self.locks.held(took),
            _ => {}
        }
    }

    /// The time since the last span.
    fn add_span(&mut self, state: State, to: Duration) {
        let from = std::mem::replace(&mut self.since, to);
        match self.spans.last_mut() {
            _ if from == to => {}
            Some(last) if last.state == state && last.to == from => last.to = to,
            _ => self.spans.push(Span { state, from, to }),
        }
    }

    /// Returns the label's index. Its end is set when it comes.
    fn begin_label(&mut self, kind: LabelKind, text: String, from: Duration) -> usize {
        self.labels.push(Label { kind, from, to: from, text });
        self.labels.len() - 1
    }

    fn end_command(&mut self, at: Duration) {
        if let Some(command) = self.command.take() {
            self.labels[command].to = at;
        }
    }

    fn end_session(&mut self, at: Duration) {
        self.end_command(at);
        if let Some(session) = self.session.take() {
            self.labels[session].to = at;
        }
    }
}

/// How a phase is drawn, unless it is a blocked write.
fn state(phase: Phase) -> State {
    match phase {
        Phase::Accept => State::Accepting,
        Phase::Read => State::AwaitingCommand,
        Phase::Session(..) | Phase::Write(_) => State::Working,
        Phase::AwaitTurn => State::AwaitingTurn,
        Phase::AwaitLock => State::AwaitingLock,
        Phase::HoldLock => State::HoldingLock,
        Phase::Linger => State::Closing,
    }
}

/// How the registry's lock was used.
#[derive(Default)]
struct Locks {
    taken: u64,
    longest_wait: Duration,
    longest_held: Duration,
}

impl Locks {
    fn waited(&mut self, waited: Duration) {
        self.longest_wait = self.longest_wait.max(waited);
    }

    fn held(&mut self, held: Duration) {
        self.taken += 1;
        self.longest_held = self.longest_held.max(held);
    }

    fn told(&self) -> String {
        let (taken, wait, held) = (self.taken, human_time(self.longest_wait), human_time(self.longest_held));
        format!(
            "The registry's lock was taken {taken} times; the longest wait for it was {wait}, the longest hold {held}."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::timeline::recorder::Mark;
    use What::{Begins, Ends};

    const PHASE: Phase = Phase::Accept;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// The lane of a thread that did this, each at its millisecond; and the sentence on the lock.
    fn replayed(marks: impl IntoIterator<Item = (u64, What)>) -> (Lane, String) {
        let marks = marks.into_iter().map(|(at, what)| Mark { at: ms(at), what }).collect();
        let (mut lanes, lock, _) = lanes(vec![Recorded { name: "worker-1".to_string(), marks: vec![marks] }]);
        (lanes.remove(0), lock)
    }

    fn session() -> What {
        Begins(Phase::Session(7, "127.0.0.1:5".parse().unwrap()))
    }

    #[test]
    fn the_innermost_phase_counts_and_spans_follow_each_other_without_overlap() {
        let (lane, _) =
            replayed([(0, Begins(PHASE)), (2, Ends), (3, session()), (4, Begins(Phase::Read)), (9, Ends), (10, Ends)]);
        let spans: Vec<_> = lane.spans.iter().map(|span| (span.state, span.from, span.to)).collect();
        let expected = [
            (State::Accepting, ms(0), ms(2)),
            (State::Working, ms(3), ms(4)),
            (State::AwaitingCommand, ms(4), ms(9)),
            (State::Working, ms(9), ms(10)),
        ];
        assert_eq!(spans, expected);
    }

    #[test]
    fn a_large_write_is_work_unless_it_takes_longer_than_a_write_does() {
        let write =
            |took: u64| replayed([(0, session()), (5, Begins(Phase::Write(1 << 18))), (5 + took, Ends), (30, Ends)]).0;
        assert_eq!(write(1).spans, [Span { state: State::Working, from: ms(0), to: ms(30) }]);
        assert_eq!(write(9).spans[1], Span { state: State::BlockedInSend, from: ms(5), to: ms(14) });
    }

    #[test]
    fn a_small_reply_is_never_blocked_however_long_its_thread_had_no_processor() {
        let mut marks = vec![(0, session())];
        for at in (0..1000).map(|reply| 10 * reply) {
            marks.extend([(at, Begins(Phase::Read)), (at + 1, Ends)]);
            marks.extend([(at + 1, Begins(Phase::Write(34))), (at + 9, Ends)]);
        }
        let states: Vec<_> = replayed(marks).0.spans.iter().map(|span| span.state).collect();
        assert!(states.contains(&State::Working) && !states.contains(&State::BlockedInSend), "{states:?}");
    }

    #[test]
    fn the_short_end_of_a_large_file_is_blocked_behind_its_beginning() {
        let (lane, _) = replayed([
            (0, session()),
            (1, Begins(Phase::Write(ALWAYS_ROOM))),
            (1, Ends),
            (2, Begins(Phase::Write(1))),
            (9, Ends),
        ]);
        assert_eq!(lane.spans[1], Span { state: State::BlockedInSend, from: ms(2), to: ms(9) });
    }

    #[test]
    fn a_command_lasts_until_the_next_read_and_at_most_as_long_as_its_session() {
        let command = |text: &str| What::Command(text.to_string());
        let (lane, _) = replayed([
            (1, session()),
            (2, command("LIST")),
            (4, Begins(Phase::Read)),
            (5, Ends),
            (6, command("HELP")),
            (7, command("LOGOUT")),
            (9, Ends),
            (10, Begins(PHASE)),
            (11, Ends),
        ]);
        let labels: Vec<_> = lane.labels.iter().map(|label| (label.text.as_str(), label.from, label.to)).collect();
        let expected = [
            ("session 7, 127.0.0.1:5", ms(1), ms(9)),
            ("LIST", ms(2), ms(4)),
            ("HELP", ms(6), ms(7)),
            ("LOGOUT", ms(7), ms(9)),
        ];
        assert_eq!(labels, expected);
    }

    #[test]
    fn what_the_end_of_the_recording_cut_off_lasts_until_there() {
        let (lane, _) = replayed([(1, session()), (2, Begins(Phase::Read)), (8, Ends)]);
        assert_eq!((lane.labels[0].from, lane.labels[0].to), (ms(1), ms(8)));
    }

    #[test]
    fn the_registrys_lock_is_told_from_the_turn_to_accept() {
        let lock =
            |at| [(at, Begins(Phase::AwaitLock)), (at + 1, Ends), (at + 1, Begins(Phase::HoldLock)), (at + 3, Ends)];
        let turn = [(20, Begins(Phase::AwaitTurn)), (90, Ends), (90, Begins(PHASE)), (99, Ends)];
        let (lane, locks) = replayed(lock(1).into_iter().chain(lock(5)).chain(turn));
        assert!(locks.contains("taken 2 times; the longest wait for it was 1 ms, the longest hold 2 ms"), "{locks}");
        assert!(lane.spans.contains(&Span { state: State::AwaitingTurn, from: ms(20), to: ms(90) }));
    }
}
