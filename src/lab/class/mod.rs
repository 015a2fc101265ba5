//! `lab class`: grades one folder a student, several at a time. Every folder gets a row, whatever its programs do.
//!
//! Read first: `lab/check/mod.rs`. It does not know the checks.

pub mod kind;

pub mod folder;

pub mod weights;

pub mod row;

pub mod words;

pub mod out;

pub mod marks;

pub mod page;

pub mod program;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use folder::Folder;
use kind::Sheet;
use row::{Outcome, Part, Row};

use crate::lab::check::catalogue::{Kind, Level};
use crate::lab::check::clients::subject::{Commands, Subject};
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::Graded;
use crate::lab::check::servers::Target;
use crate::lab::check::{clients, servers};
use crate::lock::locked;

/// How long one program is graded: far longer than any that answers needs. After it no check begins.
pub const PROGRAM_TIME: Duration = Duration::from_secs(300);

/// The last word of a client's command line if it takes its commands as arguments, in the place of this word.
const COMMANDS: &str = "{commands}";

/// How each student is graded.
#[derive(Debug, Clone)]
pub struct Grading {
    /// So many students at the same time.
    pub jobs: usize,
    /// These levels alone; none are all.
    pub levels: Vec<Level>,
    /// For each check; `None` is what `lab check` takes.
    pub timeout: Option<Duration>,
    /// Of the files that are served, by the students' servers and to their clients: the same for all students.
    pub seed: u64,
}

/// What there is to be graded: the kinds of programs that somebody has handed in, and that the levels have checks for.
/// If nobody has handed in anything, servers were awaited.
///
/// # Errors
/// If the levels have no check for any program. In a sentence.
pub fn sheets(grading: &Grading, folders: &[Folder]) -> Result<Vec<Sheet>, String> {
    let mut kinds = Kind::ALL.to_vec();
    kinds.retain(|kind| folders.iter().any(|folder| folder.has(*kind)));
    if kinds.is_empty() {
        kinds.push(Kind::Server);
    }
    let sheets = kinds.iter().map(|kind| Sheet { kind: *kind, checks: kind.checks(&grading.levels) });
    let sheets: Vec<_> = sheets.filter(|sheet| !sheet.checks.is_empty()).collect();
    if sheets.is_empty() {
        let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
        let levels: Vec<_> = grading.levels.iter().map(|level| level.word()).collect();
        return Err(format!(
            "level {} has no checks of a {}, and nobody has anything else",
            levels.join(", "),
            words.join(" or a ")
        ));
    }
    Ok(sheets)
}

/// Grades all students; each is told as soon as its row is known. A program that could not be graded is tried again at
/// the end, alone: a port may have been taken, or the machine busy.
pub fn grade_class(grading: &Grading, sheets: &[Sheet], folders: &[Folder], tell: impl FnMut(&Row) + Send) -> Vec<Row> {
    let (to_do, again) = (Mutex::new((0..folders.len()).collect::<VecDeque<_>>()), Mutex::new(Vec::new()));
    let (rows, tell) = (Mutex::new(Vec::new()), Mutex::new(tell));
    let finish = |row: Row| {
        locked(&tell, |tell| tell(&row));
        locked(&rows, |rows| rows.push(row));
    };
    let work = || {
        while let Some(index) = locked(&to_do, VecDeque::pop_front) {
            let row = grade_student(grading, sheets, &folders[index]);
            if row.parts.iter().any(Part::has_not_started) {
                locked(&again, |again| again.push((index, row)));
            } else {
                finish(row);
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
    again.sort_by_key(|(index, _)| *index);
    for (index, mut row) in again {
        for part in row.parts.iter_mut().filter(|part| part.has_not_started()) {
            part.outcome = grade_program(grading, &folders[index], part.kind);
        }
        finish(row);
    }
    let mut rows = locked(&rows, std::mem::take);
    rows.sort_by_key(|row| row.number);
    rows
}

fn grade_student(grading: &Grading, sheets: &[Sheet], folder: &Folder) -> Row {
    let is_worth_it = sheets.iter().any(|sheet| folder.command(sheet.kind).is_ok());
    let built = if is_worth_it { folder.build() } else { Ok(()) };
    let part = |sheet: &Sheet| {
        let outcome = match (&built, folder.has(sheet.kind)) {
            (Err(why), true) => Outcome::NoProgram(why.clone()),
            _ => grade_program(grading, folder, sheet.kind),
        };
        Part { kind: sheet.kind, outcome }
    };
    Row { number: folder.number, name: folder.name.clone(), parts: sheets.iter().map(part).collect() }
}

/// Grades what has been compiled already.
fn grade_program(grading: &Grading, folder: &Folder, kind: Kind) -> Outcome {
    if !folder.has(kind) {
        return Outcome::NotHandedIn;
    }
    match folder.command(kind) {
        Err(why) => Outcome::NoProgram(why),
        Ok(words) => match kind {
            Kind::Server => grade_server(grading, folder, words),
            Kind::Client => grade_client(grading, folder, words),
        },
    }
}

fn grade_server(grading: &Grading, folder: &Folder, words: Vec<String>) -> Outcome {
    let options = servers::Options {
        target: Target::Command(words),
        levels: grading.levels.clone(),
        only: Vec::new(),
        timeout: grading.timeout.unwrap_or(servers::DEFAULT_TIMEOUT),
        seed: grading.seed,
        idle: None,
    };
    let end = Instant::now() + PROGRAM_TIME;
    servers::grade_in(Some(&folder.path), Some(end), &options, |_| {}).map_or_else(Outcome::NotStarted, Outcome::Graded)
}

fn grade_client(grading: &Grading, folder: &Folder, mut words: Vec<String>) -> Outcome {
    let commands = if words.last().is_some_and(|word| word == COMMANDS) {
        words.pop();
        Commands::Args
    } else {
        Commands::Stdin
    };
    let options = clients::Options {
        subject: Subject { words, commands, folder: Some(folder.path.clone()) },
        levels: grading.levels.clone(),
        only: Vec::new(),
        timeout: grading.timeout.unwrap_or(clients::DEFAULT_TIMEOUT),
        seed: grading.seed,
    };
    match clients::grade_until(Some(Instant::now() + PROGRAM_TIME), &options, |_| {}) {
        Ok(mut results) if never_connected(&results) => Outcome::NotConnected(Box::new(results.swap_remove(0))),
        Ok(results) => Outcome::Graded(results),
        Err(why) => Outcome::NotStarted(why),
    }
}

/// Did the client fail the first check, and could none of the others run?
fn never_connected(results: &[Graded]) -> bool {
    let Some((first, others)) = results.split_first() else { return false };
    let all_blocked = !others.is_empty() && others.iter().all(|one| one.verdict == Verdict::Skipped);
    first.has_failed() && all_blocked
}
