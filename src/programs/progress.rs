//! The progress of a download: a bar while it lasts, if there is a terminal, and one line at its end.
//!
//! Read first: `human.rs`. It does not know where the bytes come from.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::download::Stored;
use crate::client::resume::Resumed;
use crate::programs::human::{columns, fitted, human_rate, human_size};
use crate::wire::{printable, FileName};

/// How often the bar is drawn again: often enough to show progress, rarely enough to cost nothing. A shorter download
/// has no bar.
const REDRAW: Duration = Duration::from_millis(100);

/// Columns of a terminal whose width is not known: the bar then fits into every usual terminal.
const USUAL_COLUMNS: usize = 40;

/// Widest line, also on a wider terminal, so that it stays easy to read.
const MAX_COLUMNS: usize = 100;

/// Widths of the bar, the widest that fits is taken.
const BAR_WIDTHS: [usize; 4] = [24, 16, 10, 6];

/// Columns that a name always gets; other parts of the line are left out first. A shorter name needs less.
const NAME_WIDTH: usize = 8;

/// A bar on standard error.
pub struct ProgressBar {
    shown: bool,
    name: String,
    /// The first bytes that were reported: how many, and when. Bytes before them do not count in the rate.
    first: Option<(u64, Instant)>,
    drawn: Option<Instant>,
    /// Columns of the terminal, known when the bar is first drawn.
    columns: Option<usize>,
    /// Columns that the last drawing took.
    taken: usize,
}

impl ProgressBar {
    /// For a download that begins. It shows nothing if `quiet`, or if standard error is no terminal.
    pub fn new(name: &str, quiet: bool) -> ProgressBar {
        let shown = !quiet && io::stderr().is_terminal();
        ProgressBar { shown, name: printable(name), first: None, drawn: None, columns: None, taken: 0 }
    }

    /// So many bytes of so many have come.
    pub fn update(&mut self, done: u64, size: u64) {
        let (before, begun) = *self.first.get_or_insert_with(|| (done, Instant::now()));
        if !self.shown || self.drawn.unwrap_or(begun).elapsed() < REDRAW {
            return;
        }
        self.drawn = Some(Instant::now());
        // A terminal that is full to its last column goes on to the next line.
        let room = self.columns.get_or_insert_with(terminal_columns).saturating_sub(1);
        self.draw(&bar(&self.name, done, size, rate(done - before, begun.elapsed()), room));
    }

    /// Removes the bar.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            self.draw("");
            let _ = write!(io::stderr(), "\r");
        }
    }

    /// Draws over the whole last drawing.
    fn draw(&mut self, line: &str) {
        let now = columns(line);
        let _ = write!(io::stderr(), "\r{line}{:1$}", "", self.taken.saturating_sub(now));
        self.taken = now;
    }
}

/// The columns of the terminal. The standard library can't tell them. `COLUMNS` has them if the user exports it.
/// Otherwise, on Unix, `stty` tells them. It exists on each such system and takes a millisecond or two.
fn terminal_columns() -> usize {
    let exported = std::env::var("COLUMNS").ok().and_then(|columns| sensible(&columns));
    exported.or_else(columns_by_stty).unwrap_or(USUAL_COLUMNS)
}

fn columns_by_stty() -> Option<usize> {
    if !cfg!(unix) {
        return None;
    }
    let terminal = File::open("/dev/tty").ok()?;
    let stty = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    // ROWS COLUMNS; both are 0 where nobody set them.
    sensible(String::from_utf8(stty.stdout).ok()?.split_whitespace().nth(1)?)
}

fn sensible(columns: &str) -> Option<usize> {
    columns.parse().ok().filter(|columns| (1..=10_000).contains(columns))
}

/// Bytes a second, at least one: so the remaining time is always finite.
fn rate(bytes: u64, took: Duration) -> f64 {
    (bytes as f64 / took.as_secs_f64()).max(1.0)
}

/// A line of at most `room` columns. A name loses its middle first; then the bar gets shorter; then the remaining time
/// is dropped, and the rate.
fn bar(name: &str, done: u64, size: u64, rate: f64, room: usize) -> String {
    let room = room.min(MAX_COLUMNS);
    let part = if size == 0 { 1.0 } else { done as f64 / size as f64 };
    let percent = format!("{:3.0} %", (part * 100.0).floor());
    let left = format!("  {} left", minutes((size - done) as f64 / rate));
    let rate = format!("  {}/s", human_size(rate as u64));
    let drawn = |width: usize| {
        let full = (part * width as f64) as usize;
        format!("[{}{}] ", "#".repeat(full), "-".repeat(width - full))
    };
    let [.., shortest] = BAR_WIDTHS;
    let wide = BAR_WIDTHS.map(|width| format!("{}{percent}{rate}{left}", drawn(width)));
    let narrow = [format!("{}{percent}{rate}", drawn(shortest)), format!("{}{percent}", drawn(shortest)), percent];
    let name_width = columns(name).min(NAME_WIDTH) + 2;
    let fitting = wide.into_iter().chain(narrow).find(|line| line.len() + name_width <= room);
    let mut line = fitting.unwrap_or_default();
    if !line.is_empty() {
        line.push_str("  ");
    }
    let room_for_name = room - line.len();
    line + &fitted(name, room_for_name)
}

/// `m:ss`, or hours where it takes long.
fn minutes(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours @ 1..=99 => format!("{hours} h"),
        _ => "days".to_string(),
    }
}

/// The line at the end: name, bytes received, time, place and rate.
pub fn summary(name: &FileName, stored: &Stored, took: Duration) -> String {
    let (received, resumed) = match &stored.resumed {
        Resumed::NoPart => (stored.bytes, String::new()),
        Resumed::After(bytes) => (stored.bytes - bytes, format!(", continued after {}", human_size(*bytes))),
        Resumed::Anew(reason) => (stored.bytes, format!(", not continued: {reason}")),
    };
    format!(
        "{}: {} in {:.3} s, stored as {}{}{resumed}, {}",
        printable(name.as_str()),
        human_size(received),
        took.as_secs_f64(),
        printable(&stored.path.to_string_lossy()),
        if stored.replaced { " (replaced)" } else { "" },
        human_rate(received, took),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_line_fits_every_width() {
        let names =
            ["a", "a name that is somewhat longer than the others.tar.gz", "名前の長いファイル名前の長い.txt", ""];
        let states = [(0, 1, 1.0), (MIB, 3 * MIB, 0.5), (u64::MAX / 3, u64::MAX / 2, 90_000.0), (1, u64::MAX / 2, 9.0)];
        for room in 0..200 {
            for name in names {
                for (done, size, seconds) in states {
                    let line = bar(name, done, size, rate(done, Duration::from_secs_f64(seconds)), room);
                    assert!(columns(&line) <= room, "{room}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn the_least_important_part_is_left_out_first() {
        let bar = |name: &str, room| bar(name, MIB, 4 * MIB, rate(MIB, Duration::from_secs(2)), room);
        assert_eq!(bar("notes.txt", 79), "[######------------------]  25 %  512.0 KiB/s  0:06 left  notes.txt");
        assert_eq!(bar("a rather long name.txt", 39), "[#-----]  25 %  512.0 KiB/s  a ra...txt");
        assert_eq!(bar("a", 39), "[#-----]  25 %  512.0 KiB/s  a");
        assert_eq!(bar("名前.txt", 24), "[#-----]  25 %  名前.txt");
    }

    #[test]
    fn a_width_that_is_none_is_not_believed() {
        for (columns, wanted) in [("80", Some(80)), ("0", None), ("-1", None), ("wide", None), ("99999999", None)] {
            assert_eq!(sensible(columns), wanted, "{columns}");
        }
    }
}
