//! How far a download is: a bar while it lasts, where there is a terminal, and one line at its end.
//!
//! Read first: `human.rs`. It does not know where the bytes come from.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::journal::Transfer;
use crate::programs::human::{human_rate, human_size};
use crate::wire::printable;

/// How often the bar is drawn anew: often enough to look alive, seldom enough to cost nothing.
const REDRAW: Duration = Duration::from_millis(100);

const BAR_WIDTH: usize = 24;

/// Columns of the whole line: one less than the narrowest common terminal, which would go on to a second line.
const LINE_WIDTH: usize = 79;

/// A bar on standard error.
pub struct ProgressBar {
    shown: bool,
    name: String,
    begun: Instant,
    drawn: Option<Instant>,
}

impl ProgressBar {
    /// For a download that was begun then. It shows nothing if `quiet`, or if standard error is no terminal.
    pub fn new(name: &str, quiet: bool, begun: Instant) -> ProgressBar {
        let shown = !quiet && io::stderr().is_terminal();
        ProgressBar { shown, name: printable(name), begun, drawn: None }
    }

    /// So many bytes of so many are here.
    pub fn update(&mut self, done: u64, size: u64) {
        if !self.shown || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.draw(&bar(&self.name, done, size, self.begun.elapsed()));
    }

    /// Takes the bar away.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            self.draw("");
            let _ = write!(io::stderr(), "\r");
        }
    }

    fn draw(&self, line: &str) {
        let line: String = line.chars().take(LINE_WIDTH).collect();
        let _ = write!(io::stderr(), "\r{line:<LINE_WIDTH$}");
    }
}

fn bar(name: &str, done: u64, size: u64, elapsed: Duration) -> String {
    let part = if size == 0 { 1.0 } else { done as f64 / size as f64 };
    let full = (part * BAR_WIDTH as f64) as usize;
    let rate = human_rate(done, elapsed);
    let left = elapsed.as_secs_f64() * (size - done) as f64 / (done as f64).max(1.0);
    format!(
        "[{}{}] {:3.0} %  {rate}  {} left  {name}",
        "#".repeat(full),
        "-".repeat(BAR_WIDTH - full),
        (part * 100.0).floor(),
        minutes(left),
    )
}

/// `m:ss`.
fn minutes(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The line at the end: name, size, time and rate.
pub fn summary(transfer: &Transfer) -> String {
    let name = printable(transfer.subject);
    let seconds = transfer.took.as_secs_f64();
    format!("{name}: {} in {seconds:.3} s, {}", human_size(transfer.bytes), human_rate(transfer.bytes, transfer.took))
}
