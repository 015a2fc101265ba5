//! The rectangles of a drawing: one for each span, and one for each group of spans that are too short to be drawn
//! alone.
//!
//! Read first: `drawing.rs`. It does not know how a rectangle looks.

use std::time::Duration;

use super::drawing::{longest_state, sums, Times};
use super::{Span, State};

/// Most grains of a group: enough to recognise its pattern, and to have few bars in a busy lane.
pub(super) const GATHERING: u32 = 4;

/// What is drawn as one rectangle.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) from: Duration,
    pub(super) to: Duration,
    /// More than one where spans were too narrow.
    pub(super) spans: usize,
    pub(super) times: Times,
    pub(super) narrow: bool,
}

impl Bar {
    fn of(span: &Span, grain: Duration) -> Bar {
        let times = sums(std::slice::from_ref(span));
        Bar { from: span.from, to: span.to, spans: 1, times, narrow: span.lasted() < grain }
    }

    /// Takes in what follows it.
    fn take(&mut self, next: &Bar) {
        self.to = next.to;
        self.spans += next.spans;
        for (sum, time) in self.times.iter_mut().zip(next.times) {
            *sum += time;
        }
    }

    pub(super) fn state(&self) -> State {
        longest_state(&self.times)
    }
}

/// The spans as bars, in order and without overlap. Neighbouring spans that are shorter than the grain become one
/// group, up to [`GATHERING`] grains. Neighbouring groups that show the same state become one. So at most three bars
/// begin in a grain. Spans of no length are left out.
pub(super) fn gathered(spans: &[Span], grain: Duration) -> Vec<Bar> {
    let joins = |last: &Bar, next: &Bar| last.narrow && next.narrow && next.from < last.to + grain;
    let mut bars: Vec<Bar> = Vec::new();
    for span in spans.iter().filter(|span| !span.lasted().is_zero()) {
        let next = Bar::of(span, grain);
        match bars.last_mut() {
            Some(last) if joins(last, &next) && next.to <= last.from + grain * GATHERING => last.take(&next),
            _ => bars.push(next),
        }
    }
    bars.dedup_by(|next, last| {
        let is_the_same = joins(last, next) && last.state() == next.state();
        if is_the_same {
            last.take(next);
        }
        is_the_same
    });
    bars
}

/// A part of a lane in which one state is seen, apart from bars that are too narrow to count: a word can be written
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) state: State,
    pub(super) from: Duration,
    pub(super) to: Duration,
}

/// The stretches of a lane, in order.
pub(super) fn stretches(bars: &[Bar], grain: Duration) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for bar in bars.iter().filter(|bar| !bar.narrow) {
        let state = bar.state();
        match stretches.last_mut() {
            Some(last) if last.state == state && bar.from <= last.to + grain * GATHERING => last.to = bar.to,
            _ => stretches.push(Stretch { state, from: bar.from, to: bar.to }),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::super::drawing::STATES;
    use super::*;

    fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Duration::from_micros(from), to: Duration::from_micros(to) }
    }

    #[test]
    fn gathering_keeps_the_order_and_all_times_and_bounds_the_bars() {
        const GRAIN: Duration = Duration::from_micros(1000);
        let mut spans = Vec::new();
        let mut at = 0;
        for (count, state) in (0..30_000).zip(STATES.into_iter().cycle()) {
            // From next to nothing to two grains, with a gap now and then.
            let lasts = if count % 97 == 0 { 2_000 } else { 1 + count * 7919 % 311 };
            spans.push(span(state, at, at + lasts));
            at += lasts + if count % 13 == 0 { 40 } else { 0 };
        }
        let bars = gathered(&spans, GRAIN);
        assert!(bars.len() as u64 <= 3 * at / 1000, "{} bars in {at} microseconds", bars.len());
        assert!(bars.windows(2).all(|two| two[0].to <= two[1].from && two[0].from <= two[0].to));
        let gathered: Duration = bars.iter().flat_map(|bar| bar.times).sum();
        assert_eq!(gathered, spans.iter().map(Span::lasted).sum());
        assert_eq!(bars.iter().map(|bar| bar.spans).sum::<usize>(), spans.len());
        let wide: Vec<_> = bars.iter().filter(|bar| !bar.narrow).map(|bar| (bar.from, bar.to, bar.spans)).collect();
        let long = spans.iter().filter(|span| span.lasted() >= GRAIN).map(|span| (span.from, span.to, 1));
        assert_eq!(wide, long.collect::<Vec<_>>());
    }

    #[test]
    fn a_stretch_goes_over_what_is_too_narrow_to_count_and_ends_at_what_is_not() {
        let spans = [
            span(State::BlockedInSend, 0, 9_000),
            span(State::Working, 9_000, 9_100),
            span(State::BlockedInSend, 9_100, 20_000),
            span(State::Working, 20_000, 30_000),
            span(State::BlockedInSend, 30_000, 40_000),
        ];
        let grain = Duration::from_millis(1);
        let found: Vec<_> = stretches(&gathered(&spans, grain), grain)
            .into_iter()
            .map(|stretch| (stretch.state, stretch.from.as_millis(), stretch.to.as_millis()))
            .collect();
        assert_eq!(found, [(State::BlockedInSend, 0, 20), (State::Working, 20, 30), (State::BlockedInSend, 30, 40)]);
    }

    #[test]
    fn what_took_no_time_is_no_bar() {
        let spans = [span(State::Working, 5, 5), span(State::Closing, 5, 6), span(State::Working, 6, 6)];
        let bars = gathered(&spans, Duration::from_millis(1));
        assert_eq!((bars.len(), bars[0].spans, bars[0].state()), (1, 1, State::Closing));
    }
}
