//! One wait for the registry's lock, enlarged: which thread held the lock, which waited for it, and for how long.
//!
//! Read first: `mod.rs`. It does not know how a picture is drawn.

use std::time::Duration;

use super::{Lane, Panel, Span, State};
use crate::programs::human::{counted, human_time};

/// How much is drawn before the lock is taken and after the wait is over: one part in so many of the time between.
const MARGIN: u32 = 3;

/// Most lanes of other threads that want or have the lock meanwhile, besides the holder and the waiting thread: more
/// would hide these two.
const MAX_OTHERS: usize = 4;

/// A part of a panel: a thread waits for the lock, and another one holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zoom {
    /// Its first lane is that of the thread that holds the lock, its second that of the thread that waits.
    pub panel: Panel,
    /// When the first releases the lock.
    pub released: Duration,
}

/// A wait, and the hold during which it began. The lanes are places in the panel.
struct Contention {
    holder: usize,
    hold: Span,
    waiter: usize,
    wait: Span,
}

impl Contention {
    /// How long the lock was held while the other thread waited.
    fn lasted(&self) -> Duration {
        self.hold.to.min(self.wait.to) - self.wait.from
    }
}

impl Zoom {
    /// The wait during which another thread held the lock for the longest time; `None` if no thread of the panel waited
    /// for another.
    pub fn of(panel: &Panel) -> Option<Zoom> {
        let holds = spans(panel, State::HoldingLock);
        let Contention { holder, hold, waiter, wait } = spans(panel, State::AwaitingLock)
            .into_iter()
            .filter_map(|(waiter, wait)| {
                let begun = holds.partition_point(|(_, hold)| hold.from <= wait.from);
                let (holder, hold) = *holds.get(begun.checked_sub(1)?)?;
                let is_held = holder != waiter && wait.from < hold.to;
                is_held.then_some(Contention { holder, hold, waiter, wait })
            })
            .max_by_key(Contention::lasted)?;

        let margin = (wait.to.max(hold.to) - hold.from) / MARGIN;
        let (from, to) = (hold.from.saturating_sub(margin), wait.to.max(hold.to) + margin);
        let lane = |place: usize| &panel.lanes[place];
        let others = (0..panel.lanes.len()).filter(|place| ![holder, waiter].contains(place)).map(lane);
        let (holder, waiter) = (lane(holder), lane(waiter));
        let mut closer = Panel {
            title: format!("One wait for the lock: {} holds it, and {} waits", holder.name, waiter.name),
            notes: vec![told(&holder.name, hold, &waiter.name, wait, &holds)],
            lock: String::new(),
            lanes: [holder, waiter].into_iter().chain(others).cloned().collect(),
        };
        closer.cut_to(from, to);
        closer.lanes.retain(|lane| lane.spans.iter().any(wants_or_has_the_lock));
        closer.lanes.truncate(2 + MAX_OTHERS);
        for lane in &mut closer.lanes {
            lane.labels.clear();
        }
        Some(Zoom { panel: closer, released: hold.to - from })
    }
}

fn wants_or_has_the_lock(span: &Span) -> bool {
    matches!(span.state, State::AwaitingLock | State::HoldingLock)
}

/// All spans in that state, each with its lane's place, in the order of their beginning.
fn spans(panel: &Panel, state: State) -> Vec<(usize, Span)> {
    let of_lane = |(place, lane): (usize, &Lane)| {
        let spans: Vec<_> = lane.spans.iter().filter(|span| span.state == state).collect();
        spans.into_iter().map(|span| (place, *span)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = panel.lanes.iter().enumerate().flat_map(of_lane).collect();
    all.sort_by_key(|(_, span)| span.from);
    all
}

fn told(holder: &str, hold: Span, waiter: &str, wait: Span, holds: &[(usize, Span)]) -> String {
    let time = |from: Duration, to: Duration| human_time(to.saturating_sub(from));
    let between = holds.iter().filter(|(_, other)| hold.to <= other.from && other.to <= wait.to).count();
    let taken = match between {
        0 => "nobody took the lock in between".to_string(),
        count => format!("in between the lock was taken {}", counted(count as u64, "time")),
    };
    format!(
        "{holder} held the lock for {}. {waiter} waited for {}: {} of them until {holder} released it, and {} until it \
         had the lock itself ({taken}). A thread that sleeps has to be woken first, and given a processor.",
        time(hold.from, hold.to),
        time(wait.from, wait.to),
        time(wait.from, hold.to),
        time(hold.to, wait.to),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Side;
    use super::*;

    fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Duration::from_micros(from), to: Duration::from_micros(to) }
    }

    fn panel(lanes: Vec<Vec<Span>>) -> Panel {
        let lane =
            |(place, spans)| Lane { name: format!("session-{place}"), side: Side::Server, spans, labels: vec![] };
        let lanes = lanes.into_iter().enumerate().map(lane).collect();
        Panel { title: String::new(), notes: Vec::new(), lock: String::new(), lanes }
    }

    #[test]
    fn the_wait_that_was_longest_held_up_is_shown_with_its_holder_first() {
        use State::{AwaitingCommand, AwaitingLock, HoldingLock, Working};
        let zoom = Zoom::of(&panel(vec![
            vec![span(AwaitingCommand, 0, 9000)],
            // A long wait that began when the lock was free: its thread had no processor.
            vec![span(AwaitingLock, 2000, 2900), span(HoldingLock, 2900, 2901)],
            vec![span(AwaitingLock, 5010, 5090), span(HoldingLock, 5090, 5100), span(Working, 5100, 8000)],
            vec![span(HoldingLock, 10, 12), span(Working, 4000, 5000), span(HoldingLock, 5000, 5030)],
            vec![span(AwaitingLock, 11, 13), span(HoldingLock, 5040, 5050)],
        ]))
        .unwrap();
        assert_eq!(zoom.panel.title, "One wait for the lock: session-3 holds it, and session-2 waits");
        let names: Vec<_> = zoom.panel.lanes.iter().map(|lane| lane.name.as_str()).collect();
        // The last thread takes the lock in between. What the others do does not matter.
        assert_eq!(names, ["session-3", "session-2", "session-4"]);
        // From a third of the 90 µs before the lock was taken.
        assert_eq!(zoom.released, Duration::from_micros(60));
        assert_eq!(
            zoom.panel.lanes[1].spans,
            [span(AwaitingLock, 40, 120), span(HoldingLock, 120, 130), span(Working, 130, 150)]
        );
        let note = &zoom.panel.notes[0];
        let sentence = "session-3 held the lock for 30 µs. session-2 waited for 80 µs: 20 µs of them until session-3 \
                        released it, and 60 µs until it had the lock itself (in between the lock was taken 1 time).";
        assert!(note.contains(sentence), "{note}");
    }

    #[test]
    fn where_nobody_waited_for_another_thread_there_is_nothing_to_show() {
        let alone = vec![span(State::AwaitingLock, 0, 1), span(State::HoldingLock, 1, 2)];
        assert_eq!(Zoom::of(&panel(vec![alone, vec![span(State::AwaitingLock, 3, 9)]])), None);
    }
}
