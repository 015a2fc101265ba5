//! What both drawings of a timeline share: the words for the states, the time axis, and what is left out of a picture
//! that would be too large.
//!
//! Read first: `mod.rs`. It does not know in which format it is drawn.

use std::time::Duration;

use super::{Lane, Panel, Side, Span, State};
use crate::wire::printable;

/// Most lanes of one side in a panel: as many as can be read on a projected page.
pub(super) const MAX_LANES: usize = 24;

/// The length of the axis of an empty picture.
const SHORTEST_AXIS: Duration = Duration::from_micros(1);

/// Up to this length the axis counts microseconds.
const AXIS_IN_MICROSECONDS: Duration = Duration::from_millis(1);

/// From this length on the axis counts seconds: five digits of milliseconds are hard to read.
const AXIS_IN_SECONDS: Duration = Duration::from_secs(10);

/// Both sides in the order of drawing, with their names.
pub(super) const SIDES: [(Side, &str); 2] = [(Side::Server, "server threads"), (Side::Client, "clients")];

/// All states in the order of the legend, which is also that of [`State`]: `state as usize` is its place.
pub(super) const STATES: [State; 11] = [
    State::Accepting,
    State::AwaitingTurn,
    State::AwaitingCommand,
    State::AwaitingLock,
    State::HoldingLock,
    State::Working,
    State::BlockedInSend,
    State::Closing,
    State::AwaitingServer,
    State::Receiving,
    State::Pausing,
];

/// A time for each state, in the order of [`STATES`].
pub(super) type Times = [Duration; STATES.len()];

impl State {
    /// What a reader of the legend sees.
    pub(super) fn words(self) -> &'static str {
        match self {
            State::Accepting => "waiting in accept",
            State::AwaitingTurn => "waiting for its turn in accept",
            State::AwaitingCommand => "waiting for a command",
            State::AwaitingLock => "waiting for the lock",
            State::HoldingLock => "holding the lock",
            State::Working => "reading the file and sending",
            State::BlockedInSend => "blocked in send",
            State::Closing => "waiting for the client's end (closing)",
            State::AwaitingServer => "waiting for the server",
            State::Receiving => "receiving",
            State::Pausing => "pausing on purpose",
        }
    }

    /// Whose state it is.
    pub(super) fn side(self) -> Side {
        match self {
            State::AwaitingServer | State::Receiving | State::Pausing => Side::Client,
            _ => Side::Server,
        }
    }
}

impl Span {
    pub(super) fn lasted(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// The states of one side that these lanes were in.
pub(super) fn occurring<'a>(lanes: impl Iterator<Item = &'a Lane>, side: Side) -> Vec<State> {
    let mut occurs = [false; STATES.len()];
    for span in lanes.flat_map(|lane| &lane.spans) {
        occurs[span.state as usize] = true;
    }
    STATES.into_iter().filter(|state| state.side() == side && occurs[*state as usize]).collect()
}

/// How long the spans are in each state, in all.
pub(super) fn sums(spans: &[Span]) -> Times {
    let mut sums = Times::default();
    for span in spans {
        sums[span.state as usize] += span.lasted();
    }
    sums
}

/// The state with the longest time; of two that are equal, the first.
pub(super) fn longest_state(times: &Times) -> State {
    STATES.into_iter().rev().max_by_key(|state| times[*state as usize]).unwrap_or(State::Accepting)
}

/// The lanes of one side that are drawn, in their order: if there are too many, those with the longest recorded time,
/// and a sentence about the others.
pub(super) fn drawn_lanes(panel: &Panel, side: Side) -> (Vec<&Lane>, Option<String>) {
    let lanes: Vec<&Lane> = panel.lanes.iter().filter(|lane| lane.side == side).collect();
    if lanes.len() <= MAX_LANES {
        return (lanes, None);
    }
    let recorded = |place: &usize| std::cmp::Reverse(lanes[*place].spans.iter().map(Span::lasted).sum::<Duration>());
    let mut places: Vec<usize> = (0..lanes.len()).collect();
    places.sort_by_cached_key(recorded);
    places.truncate(MAX_LANES);
    places.sort_unstable();
    let what = match side {
        Side::Server => "threads of the server",
        Side::Client => "clients",
    };
    let left_out = lanes.len() - MAX_LANES;
    let sentence = format!("{left_out} {what} are left out; the {MAX_LANES} that were recorded longest are shown.");
    (places.into_iter().map(|place| lanes[place]).collect(), Some(sentence))
}

/// The length of the common time axis of these panels: that of the longest.
pub(super) fn axis_length(panels: &[Panel]) -> Duration {
    let lanes = panels.iter().flat_map(|panel| &panel.lanes);
    let ends = lanes.flat_map(|lane| {
        let spans = lane.spans.iter().map(|span| span.to);
        spans.chain(lane.labels.iter().map(|label| label.to))
    });
    ends.max().unwrap_or_default().max(SHORTEST_AXIS)
}

/// Round times from 0 to `length`, at most `most` steps apart from each other, as numbers of [`axis_unit`].
pub(super) fn ticks(length: Duration, most: u32) -> Vec<(Duration, String)> {
    let step = round_step(length, most);
    let (_, unit) = axis_unit(length);
    let times = (0..=most).map(|count| step.saturating_mul(count)).take_while(|time| *time <= length);
    times.map(|time| (time, format!("{}", time.as_nanos() as f64 / unit.as_nanos() as f64))).collect()
}

/// The unit of an axis of that length.
pub(super) fn axis_unit(length: Duration) -> (&'static str, Duration) {
    if length < AXIS_IN_MICROSECONDS {
        ("µs", Duration::from_micros(1))
    } else if length < AXIS_IN_SECONDS {
        ("ms", Duration::from_millis(1))
    } else {
        ("s", Duration::from_secs(1))
    }
}

/// The shortest of 1, 2, 5, 10, 20, 50, ... tenths of a microsecond of which `most` cover the length.
fn round_step(length: Duration, most: u32) -> Duration {
    let mut power = Duration::from_nanos(100);
    loop {
        for step in [1, 2, 5].map(|factor| power.saturating_mul(factor)) {
            if step.saturating_mul(most) >= length {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// A time for people, exact to the microsecond; one under a millisecond to the nanosecond.
pub(super) fn exact(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        format!("{} µs", time.as_nanos() as f64 / 1000.0)
    } else {
        format!("{} ms", time.as_micros() as f64 / 1000.0)
    }
}

/// Does this character take two columns in a terminal, as the letters of East Asia and emoji do?
pub(super) fn is_wide(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115f}' | '\u{2e80}'..)
}

/// The text on one line, escaped for a terminal, and without its end if it does not fit.
pub(super) fn fitted(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let text = printable(text);
    if fits(&text) {
        return text;
    }
    let shortened = text.char_indices().map(|(end, _)| format!("{}…", &text[..end]));
    shortened.take_while(|text| fits(text)).last().unwrap_or_else(|| "…".to_string())
}

/// The text as lines that fit, broken between words.
pub(super) fn wrapped(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(|word| fitted(word, &fits)) {
        let longer = lines.last().map(|line| format!("{line} {word}")).filter(|line| fits(line));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) => *line = longer,
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_stands_at_its_own_place() {
        for (place, state) in STATES.into_iter().enumerate() {
            assert_eq!(state as usize, place);
        }
    }

    #[test]
    fn ticks_are_round_and_reach_the_end() {
        let numbers = |length, most| -> Vec<String> {
            ticks(Duration::from_micros(length), most).into_iter().map(|(_, number)| number).collect()
        };
        assert_eq!(numbers(903_400, 10), ["0", "100", "200", "300", "400", "500", "600", "700", "800", "900"]);
        assert_eq!(numbers(1_000, 5), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(numbers(61_000_000, 4), ["0", "20", "40", "60"]);
    }

    #[test]
    fn the_lanes_that_were_recorded_longest_stay_in_their_order() {
        let lane = |place: u64| Lane {
            name: place.to_string(),
            side: Side::Client,
            spans: vec![Span { state: State::Receiving, from: Duration::ZERO, to: Duration::from_millis(place) }],
            labels: Vec::new(),
        };
        let lanes = [50, 1, 40].into_iter().chain(2..30).map(lane).collect();
        let panel = Panel { lanes, ..Panel::default() };
        let (drawn, sentence) = drawn_lanes(&panel, Side::Client);
        let names: Vec<_> = drawn.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names[..4], ["50", "40", "8", "9"]);
        assert_eq!(names.len(), MAX_LANES);
        assert_eq!(sentence.unwrap(), "7 clients are left out; the 24 that were recorded longest are shown.");
        assert_eq!(drawn_lanes(&panel, Side::Server), (Vec::new(), None));
    }

    #[test]
    fn text_is_shortened_and_wrapped_to_what_fits() {
        let within = |room| move |text: &str| text.chars().count() <= room;
        assert_eq!(fitted("notes.txt", within(9)), "notes.txt");
        assert_eq!(fitted("notes.txt", within(6)), "notes…");
        assert_eq!(fitted("notes.txt", within(0)), "…");
        assert_eq!(fitted("a\nb", within(9)), "a\\nb");
        assert_eq!(wrapped("one two  three", within(7)), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", within(7)), ["incomp…"]);
    }

    #[test]
    fn times_are_exact() {
        assert_eq!(exact(Duration::from_nanos(1_234)), "1.234 µs");
        assert_eq!(exact(Duration::from_nanos(12_345_678)), "12.345 ms");
        assert_eq!(exact(Duration::from_millis(40)), "40 ms");
    }
}
