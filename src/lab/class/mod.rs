//! `lab class`: grades one folder a student, several at a time. Every folder gets a row, whatever its program does.
//!
//! Read first: `lab/check/mod.rs`. It does not know the checks.

pub mod folder;

pub mod weights;

pub mod row;

pub mod out;

pub mod marks;

pub mod page;

pub mod program;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use folder::Folder;
use row::{Outcome, Row};

use crate::lab::check::catalogue::Level;
use crate::lab::check::servers::{grade_in, Options, Target};
use crate::lock::locked;

/// How long one student's program is graded: far longer than any program that answers needs. After it no check begins.
pub const STUDENT_TIME: Duration = Duration::from_secs(300);

/// How each student is graded.
#[derive(Debug, Clone)]
pub struct Grading {
    /// So many students at the same time.
    pub jobs: usize,
    /// These levels alone; none are all.
    pub levels: Vec<Level>,
    /// For each check.
    pub timeout: Duration,
    /// Of the files that each server serves: the same for all students.
    pub seed: u64,
}

/// Grades all students; each is told as soon as its row is known. A program that could not be graded is tried again at
/// the end, alone: a port may have been taken, or the machine busy.
pub fn grade_class(grading: &Grading, folders: &[Folder], tell: impl FnMut(&Row) + Send) -> Vec<Row> {
    let (to_do, again) = (Mutex::new((0..folders.len()).collect::<VecDeque<_>>()), Mutex::new(Vec::new()));
    let (rows, tell) = (Mutex::new(Vec::new()), Mutex::new(tell));
    let finish = |row: Row| {
        locked(&tell, |tell| tell(&row));
        locked(&rows, |rows| rows.push(row));
    };
    let work = || {
        while let Some(index) = locked(&to_do, VecDeque::pop_front) {
            match grade_student(grading, &folders[index]) {
                Outcome::NotStarted(_) => locked(&again, |again| again.push(index)),
                outcome => finish(folders[index].row(outcome)),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..grading.jobs {
            // Without it the others do its part.
            let _ = thread::Builder::new().name("student".to_string()).spawn_scoped(scope, work);
        }
        work();
    });
    let mut again = locked(&again, std::mem::take);
    again.sort_unstable();
    for index in again {
        finish(folders[index].row(grade_student(grading, &folders[index])));
    }
    let mut rows = locked(&rows, std::mem::take);
    rows.sort_by_key(|row| row.number);
    rows
}

fn grade_student(grading: &Grading, folder: &Folder) -> Outcome {
    let words = match folder.command() {
        Ok(words) => words,
        Err(why) => return Outcome::NoProgram(why),
    };
    if let Err(why) = folder.build() {
        return Outcome::NoProgram(why);
    }
    let options = Options {
        target: Target::Command(words),
        levels: grading.levels.clone(),
        only: Vec::new(),
        timeout: grading.timeout,
        seed: grading.seed,
        idle: None,
    };
    match grade_in(Some(&folder.path), Some(Instant::now() + STUDENT_TIME), &options, |_| {}) {
        Ok(results) => Outcome::Graded(results),
        Err(why) => Outcome::NotStarted(why),
    }
}
