//! A timeline for a terminal: a strip of letters for each lane, the sums, and the names.
//!
//! Read first: `drawing.rs`. It does not know what was recorded how.

use std::time::Duration;

use super::drawing::{
    axis_length, axis_unit, drawn_lanes, fitted, is_wide, longest_state, occurring, sums, ticks, wrapped, Times, SIDES,
    STATES,
};
use super::{LabelKind, Lane, LongestWait, Panel, Picture, Side, Span, State};
use crate::programs::human::human_time;

/// The narrowest common terminal.
const WIDTH: usize = 80;

/// Columns for a lane's name.
const NAME: usize = 16;

/// Columns left of a strip: its lane's name, indented, and a bar.
const STRIP_LEFT: usize = 2 + NAME + 1;

/// Columns of a strip: what is left before the second bar.
const STRIP: usize = WIDTH - STRIP_LEFT - 1;

/// Columns for the name of a run, and for the bar of its longest wait; the time comes after it.
const WAIT_NAME: usize = 24;
const WAIT_BAR: usize = 40;

/// A state that would not be visible is shown if it has at least this part of a column: one in so many. With a smaller
/// part, a very short wait would hide work that took nearly all of the column.
const SEEN: u32 = 4;

/// Steps of the time axis: a number fits into each.
const MAX_STEPS: u32 = 6;

/// Most labels of a lane, so that the reader sees all of them quickly.
const MAX_LABELS: usize = 12;

/// Draws the picture in lines of at most 80 columns.
pub fn text(picture: &Picture) -> String {
    let length = axis_length(&picture.panels);
    let mut lines = wrapped(&picture.title, fits_a_line);
    lines.push(String::new());
    lines.extend(longest_waits(&picture.longest_waits, length));
    lines.extend(legend(picture, length));
    if let Some(zoom) = &picture.zoom {
        let length = axis_length(std::slice::from_ref(&zoom.panel));
        lines.push(String::new());
        lines.extend(draw(&zoom.panel, length));
        lines.push(format!("(Here a column is {} ms wide.)", milliseconds(length / STRIP as u32)));
    }
    for panel in &picture.panels {
        lines.push(String::new());
        lines.extend(draw(panel, length));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A bar for each run.
fn longest_waits(waits: &[LongestWait], length: Duration) -> Vec<String> {
    if waits.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["The longest time that a client waited for the server:".to_string()];
    for LongestWait { of, lasted } in waits {
        let name = fitted(of, |name| columns(name) <= WAIT_NAME);
        let bar = letter(State::AwaitingServer).to_string().repeat(1 + column_of_width(*lasted, length, WAIT_BAR - 1));
        let filling = " ".repeat(WAIT_NAME.saturating_sub(columns(&name)));
        lines.push(format!("  {name}{filling}|{bar} {}", human_time(*lasted)));
    }
    lines.push(String::new());
    lines
}

fn legend(picture: &Picture, length: Duration) -> Vec<String> {
    let mut lines = Vec::new();
    let panels = || picture.panels.iter().chain(picture.zoom.iter().map(|zoom| &zoom.panel));
    for (side, name) in SIDES {
        let states = occurring(panels().flat_map(|panel| &panel.lanes), side);
        lines.extend(states.first().map(|_| name.to_string()));
        lines.extend(states.iter().map(|state| format!("  {} {}", letter(*state), state.words())));
    }
    lines.push(String::new());
    let column = milliseconds(length / STRIP as u32);
    lines.extend(wrapped(
        &format!(
            "Small letters wait, capital letters work. A column is {column} ms wide and shows the state that took most \
             of it. If a state would not be visible in its lane, it gets a column in which it took at least a \
             quarter. A shorter state is only in the sums."
        ),
        fits_a_line,
    ));
    lines
}

fn draw(panel: &Panel, length: Duration) -> Vec<String> {
    let mut lines = wrapped(&panel.title, fits_a_line);
    let underline = lines.iter().map(|line| columns(line)).max().unwrap_or_default();
    lines.push("=".repeat(underline));
    let mut notes = Vec::new();
    let mut shown = Vec::new();
    for (side, name) in SIDES {
        let (lanes, left_out) = drawn_lanes(panel, side);
        if !lanes.is_empty() {
            lines.push(name.to_string());
        }
        lines.extend(lanes.iter().map(|lane| format!("  {}|{}|", name_of(lane), strip(&lane.spans, length))));
        notes.extend(left_out);
        shown.push((side, lanes));
    }
    lines.extend(axis(length));
    for note in panel.notes.iter().chain(&notes) {
        lines.extend(wrapped(note, fits_a_line));
    }
    for (side, lanes) in &shown {
        lines.extend(table(lanes, *side));
    }
    lines.extend(labels(shown.iter().flat_map(|(_, lanes)| lanes)));
    lines
}

/// The lane's name, filled up to [`NAME`] columns.
fn name_of(lane: &Lane) -> String {
    let name = fitted(&lane.name, |name| columns(name) < NAME);
    let filling = " ".repeat(NAME.saturating_sub(columns(&name)));
    format!("{name}{filling}")
}

/// One letter a column.
fn strip(spans: &[Span], length: Duration) -> String {
    let times = times_of_columns(spans, length);
    let least = length / STRIP as u32 / SEEN;
    let mut shown: Vec<Option<State>> = times.iter().map(longest_if_any).collect();
    for state in STATES {
        let unseen = !shown.contains(&Some(state));
        let is_elsewhere = |column: &usize| shown.iter().filter(|other| **other == shown[*column]).count() > 1;
        let longest = (0..STRIP)
            .filter(|column| times[*column][state as usize] >= least && is_elsewhere(column))
            .max_by_key(|column| times[*column][state as usize]);
        if let (true, Some(column)) = (unseen, longest) {
            shown[column] = Some(state);
        }
    }
    shown.into_iter().map(|state| state.map_or(' ', letter)).collect()
}

fn longest_if_any(times: &Times) -> Option<State> {
    times.iter().any(|time| !time.is_zero()).then(|| longest_state(times))
}

/// How long each state lasted in each column.
fn times_of_columns(spans: &[Span], length: Duration) -> Vec<Times> {
    let mut times = vec![Times::default(); STRIP];
    let begin_of = |column: usize| length.mul_f64(column as f64 / STRIP as f64);
    for span in spans {
        let (first, last) = (column_of(span.from, length), column_of(span.to, length));
        for (column, times) in times.iter_mut().enumerate().take(last + 1).skip(first) {
            let (from, to) = (span.from.max(begin_of(column)), span.to.min(begin_of(column + 1)));
            times[span.state as usize] += to.saturating_sub(from);
        }
    }
    times
}

fn column_of(time: Duration, length: Duration) -> usize {
    column_of_width(time, length, STRIP).min(STRIP - 1)
}

/// The column of this moment, if so many columns stand for the whole length.
fn column_of_width(time: Duration, length: Duration, width: usize) -> usize {
    let column = time.as_secs_f64() / length.as_secs_f64() * width as f64;
    (column as usize).min(width)
}

fn axis(length: Duration) -> [String; 2] {
    let (unit, _) = axis_unit(length);
    let mut marks = " ".repeat(STRIP_LEFT);
    let mut numbers = format!("  time in {unit}");
    for (time, number) in ticks(length, MAX_STEPS) {
        let column = STRIP_LEFT + column_of(time, length);
        marks = format!("{marks:-<column$}+");
        let column = column.min(WIDTH - number.len());
        numbers = format!("{numbers:<column$}{number}");
    }
    [format!("{marks:-<width$}", width = STRIP_LEFT + STRIP), numbers]
}

/// A line for each lane: how long it was in each state, in all.
fn table(lanes: &[&Lane], side: Side) -> Vec<String> {
    let states = occurring(lanes.iter().copied(), side);
    let sums: Vec<Times> = lanes.iter().map(|lane| sums(&lane.spans)).collect();
    let widest = sums.iter().flatten().map(|sum| milliseconds(*sum).len()).max().unwrap_or_default();
    let cell = widest + 2;
    let mut lines = Vec::new();
    // More columns than fit go on below.
    for states in states.chunks((WIDTH - STRIP_LEFT) / cell) {
        lines.push(String::new());
        let letters: String = states.iter().map(|state| format!("{:>cell$}", letter(*state))).collect();
        lines.push(format!("{:<width$}{letters}", "in all, in ms", width = 2 + NAME));
        for (lane, sums) in lanes.iter().zip(&sums) {
            let cells = states.iter().map(|state| match sums[*state as usize] {
                Duration::ZERO => format!("{:>cell$}", "-"),
                sum => format!("{:>cell$}", milliseconds(sum)),
            });
            lines.push(format!("  {}{}", name_of(lane), cells.collect::<String>()));
        }
    }
    lines
}

/// The names of sessions and commands, with their beginning and how long they lasted.
fn labels<'a>(lanes: impl Iterator<Item = &'a &'a Lane>) -> Vec<String> {
    let mut lines = Vec::new();
    for lane in lanes.filter(|lane| !lane.labels.is_empty()) {
        lines.push(String::new());
        lines.push(format!("  {}{:>13}{:>13}  (in ms)", name_of(lane), "begins", "lasts"));
        for label in lane.labels.iter().take(MAX_LABELS) {
            let (begin, lasted) = (milliseconds(label.from), milliseconds(label.to.saturating_sub(label.from)));
            let indent = if label.kind == LabelKind::Command { "  " } else { "" };
            let line = format!("{:width$}{begin:>13}{lasted:>13}  {indent}{}", "", label.text, width = 2 + NAME);
            lines.push(fitted(&line, fits_a_line));
        }
        if lane.labels.len() > MAX_LABELS {
            lines.push(format!("{:width$}and {} more", "", lane.labels.len() - MAX_LABELS, width = NAME + 7));
        }
    }
    lines
}

/// Columns of the text in a terminal.
fn columns(text: &str) -> usize {
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

fn fits_a_line(text: &str) -> bool {
    columns(text) <= WIDTH
}

/// Exact to the microsecond.
fn milliseconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_millis(), time.as_micros() % 1000)
}

/// Small where it waits, capital where it works.
fn letter(state: State) -> char {
    match state {
        State::Accepting => 'a',
        State::AwaitingCommand => 'c',
        State::AwaitingTurn => 't',
        State::AwaitingLock => 'l',
        State::HoldingLock => 'L',
        State::Working => 'S',
        State::BlockedInSend => 'b',
        State::Closing => 'e',
        State::AwaitingServer => 'w',
        State::Receiving => 'R',
        State::Pausing => 'p',
    }
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::*;

    fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Duration::from_micros(from), to: Duration::from_micros(to) }
    }

    fn drawn(lanes: Vec<Lane>) -> String {
        let (title, notes) = ("a run".to_string(), vec!["word ".repeat(60)]);
        let panel = Panel { title, notes, lanes, ..Panel::default() };
        text(&Picture { title: "A title.".to_string(), panels: vec![panel], ..Picture::default() })
    }

    fn lane(name: &str, spans: Vec<Span>) -> Lane {
        Lane { name: name.to_string(), side: Side::Server, spans, labels: Vec::new() }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_and_no_name_moves_its_cursor() {
        let nasty = "\u{1b}[2J\u{202e}文件名\n".repeat(20);
        for length in [0, 7, 1_000, 600_000, 1_000_000, 9_999_999, 86_400_000_000] {
            let lasts = length / 10;
            let spans: Vec<_> =
                (0..).zip(STATES).map(|(place, state)| span(state, place * lasts, (place + 1) * lasts)).collect();
            let mut one = lane(&nasty, spans);
            let (from, to) = (Duration::ZERO, Duration::from_micros(length));
            one.labels = vec![Label { kind: LabelKind::Command, from, to, text: nasty.clone() }; MAX_LABELS + 8];
            let text = drawn(vec![one; 300]);
            for line in text.lines() {
                assert!(columns(line) <= WIDTH, "{} columns: {line}", columns(line));
            }
            assert!(!text.contains(|character: char| character.is_control() && character != '\n'), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
            for bound in ["276 threads of the server are left out", "and 8 more"] {
                assert!(text.contains(bound), "{text}");
            }
            assert!(text.lines().count() < 1_000, "{} lines", text.lines().count());
        }
    }

    #[test]
    fn every_state_has_its_own_letter_a_small_one_if_it_waits() {
        for (place, state) in STATES.into_iter().enumerate() {
            assert!(STATES[..place].iter().all(|other| letter(*other) != letter(state)), "{state:?}");
        }
        let works = |state: &State| letter(*state).is_uppercase();
        let working: Vec<_> = STATES.into_iter().filter(works).collect();
        assert_eq!(working, [State::HoldingLock, State::Working, State::Receiving]);
    }

    #[test]
    fn a_state_of_microseconds_hides_no_other() {
        let length = Duration::from_millis(600);
        let spans = [
            span(State::Accepting, 0, 101_000),
            span(State::HoldingLock, 101_000, 101_003),
            span(State::AwaitingLock, 101_003, 101_005),
            span(State::AwaitingCommand, 101_005, 110_000),
            span(State::Accepting, 110_000, 300_000),
        ];
        let strip = strip(&spans, length);
        assert_eq!(strip.len(), STRIP);
        assert_eq!(strip.trim_end().len(), STRIP / 2, "{strip}");
        assert_eq!(strip.matches('c').count(), 1, "{strip}");
        assert_eq!(strip.matches('L').count() + strip.matches('l').count(), 0, "{strip}");
    }

    #[test]
    fn a_state_that_is_never_the_longest_takes_a_column_of_which_it_has_a_good_part() {
        let spans = [
            span(State::Working, 0, 7_000),
            span(State::HoldingLock, 7_000, 10_000),
            span(State::Working, 10_000, 30_000),
        ];
        assert_eq!(strip(&spans, Duration::from_millis(600)), format!("{:<STRIP$}", "LSS"));
    }

    #[test]
    fn the_sums_are_exact() {
        let spans =
            vec![span(State::Working, 0, 10), span(State::Accepting, 10, 2_000), span(State::Working, 2_000, 2_345)];
        let text = drawn(vec![lane("main", spans)]);
        let words = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let table: Vec<_> = text.lines().skip_while(|line| !line.starts_with("in all, in ms")).map(words).collect();
        assert_eq!(table[0], ["in", "all,", "in", "ms", "a", "S"]);
        assert_eq!(table[1], ["main", "1.990", "0.355"]);
    }
}
