//! One schedule, carried out: a row for each of its steps.
//!
//! Read first: `machine.rs`. It does not know how a run is printed.

use crate::lab::interleave::language::{Program, MAX_INSTRUCTIONS, THREADS};
use crate::lab::interleave::machine::{End, State, Stepped};
use crate::lab::random::Random;

/// Most steps of a schedule: a program without loops has ended by then, and so many letters fit into a line.
pub const MAX_STEPS: usize = MAX_INSTRUCTIONS;

/// Which thread takes which step.
pub type Schedule = Vec<usize>;

/// One step of a run.
#[derive(Debug)]
pub struct Row {
    /// The thread whose turn it was.
    pub thread: usize,
    /// The result.
    pub stepped: Stepped,
    /// After the step.
    pub after: State,
}

/// A schedule that was carried out.
#[derive(Debug)]
pub struct Run {
    /// Before the first step.
    pub first: State,
    /// In the order of time.
    pub rows: Vec<Row>,
    /// How it ended.
    pub end: End,
}

/// Reads a schedule such as `ABBA`.
///
/// # Errors
/// What to write instead.
pub fn parse(program: &Program, letters: &str) -> Result<Schedule, String> {
    let names = &THREADS[..program.threads.len()];
    let thread = |letter: char| names.iter().position(|name| *name == letter);
    let schedule: Option<Schedule> = letters.chars().take(MAX_STEPS + 1).map(thread).collect();
    let wanted =
        format!("the letters of this program's threads, {}, 1 to {MAX_STEPS} of them", String::from_iter(names));
    schedule.filter(|schedule| (1..=MAX_STEPS).contains(&schedule.len())).ok_or(wanted)
}

/// A schedule as letters.
pub fn letters_of(schedule: &[usize]) -> String {
    schedule.iter().map(|thread| THREADS[*thread]).collect()
}

/// A random order, the same for the same seed, until the program is over or after [`MAX_STEPS`] steps. A thread that
/// waits gets its turn too: so the order does not tell which one waits.
pub fn random(program: &Program, seed: u64) -> Schedule {
    let mut random = Random::new(seed);
    let mut state = State::first(program);
    let mut schedule = Schedule::new();
    while state.end(program).is_none() && schedule.len() < MAX_STEPS {
        let left: Vec<_> = state.left(program).collect();
        let thread = left[random.up_to(left.len() as u64) as usize - 1];
        schedule.push(thread);
        if state.step(program, thread) == Stepped::NotHeld {
            break;
        }
    }
    schedule
}

/// Gives the threads their turns in this order. A turn of a thread that waits or has ended changes nothing; an error
/// ends the run.
pub fn run(program: &Program, schedule: &[usize]) -> Run {
    let first = State::first(program);
    let mut state = first.clone();
    let mut rows = Vec::new();
    for thread in schedule.iter().copied() {
        let stepped = state.step(program, thread);
        rows.push(Row { thread, stepped, after: state.clone() });
        if stepped == Stepped::NotHeld {
            return Run { first, rows, end: End::NotHeld };
        }
    }
    Run { first, rows, end: state.end(program).unwrap_or(End::NotOver) }
}

impl Run {
    /// The schedule as it was carried out.
    pub fn schedule(&self) -> Schedule {
        self.rows.iter().map(|row| row.thread).collect()
    }

    /// After the last step.
    pub fn last(&self) -> &State {
        self.rows.last().map_or(&self.first, |row| &row.after)
    }

    /// Before the step of this row.
    pub fn before(&self, row: usize) -> &State {
        row.checked_sub(1).map_or(&self.first, |row| &self.rows[row].after)
    }
}
