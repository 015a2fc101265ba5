//! Grades servers: each check is a conversation with the program under examination.
//!
//! Read first: `exam.rs`. It does not know our server, only the protocol.

pub mod exam;

pub mod peer;

pub mod report;

pub mod stream;

pub mod robust;

pub mod names;

pub mod threads;

pub mod fixtures;

pub mod student;

use std::fs;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use exam::{Check, Exam};
use fixtures::Fixtures;
use peer::{Peer, POLL};
use student::Student;

use crate::lab::check::catalogue::{self, Level};
use crate::lab::check::outcome::{Failure, Steps, Verdict};
use crate::lab::check::processes::listening_process;
use crate::lab::check::results::Graded;

/// How long a check may take, unless told otherwise: far more than a server on the same machine needs, and short enough
/// that one which never answers is graded in some minutes.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// The check of the greeting. If it fails, all others would, and name false causes.
const GREETING: &str = "1.1";

/// Which server is graded.
#[derive(Debug, Clone)]
pub enum Target {
    /// One that runs already and serves this directory.
    Running {
        /// `HOST:PORT`.
        address: String,
        /// What it serves.
        fixtures: PathBuf,
    },
    /// A program to be started, in words in which `{dir}` and `{port}` will be replaced.
    Command(Vec<String>),
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// These levels alone; none are all.
    pub levels: Vec<Level>,
    /// These steps (`4`) or checks (`4.2`) alone; none are all.
    pub only: Vec<String>,
    /// For each check.
    pub timeout: Duration,
    /// Of the fixtures that are made for a program.
    pub seed: u64,
}

/// The checks of servers that were asked for, by level and step; none if no check has such a number.
pub fn selected(levels: &[Level], only: &[String]) -> Vec<&'static Check> {
    let all = [report::CHECKS, stream::CHECKS, robust::CHECKS, names::CHECKS, threads::CHECKS];
    catalogue::selected(all.into_iter().flatten(), levels, only)
}

/// Runs the checks one after the other; each is told as soon as it has ended.
///
/// # Errors
/// In sentences, if there is nothing to be graded: no directory, no such host, a program that does not start.
pub fn grade(options: &Options, mut tell: impl FnMut(&Graded)) -> Result<Vec<Graded>, String> {
    let mut subject = Subject::new(options)?;
    subject.ready()?;
    let unreadable = |error| format!("can't read the fixtures: {error}; lab fixtures DIR makes some");
    let fixtures = Fixtures::read(subject.dir()).map_err(unreadable)?;
    let mut results: Vec<Graded> = Vec::new();
    for check in selected(&options.levels, &options.only) {
        let is_blocked = results.first().is_some_and(|first| first.check.id == GREETING && first.has_failed());
        let graded = if is_blocked {
            let why = format!("blocked by {GREETING}: without a greeting nothing can be asked");
            Graded::new(check, Err(Failure::skipped(why)), vec![], String::new())
        } else {
            subject.examine(check, &fixtures, options.timeout)
        };
        tell(&graded);
        results.push(graded);
    }
    Ok(results)
}

/// The server under examination.
enum Subject {
    Running { address: SocketAddr, fixtures: PathBuf, pid: Option<u32> },
    Started { words: Vec<String>, dir: FreshDir, student: Option<Student> },
}

impl Subject {
    fn new(options: &Options) -> Result<Subject, String> {
        match &options.target {
            Target::Running { address, fixtures } => {
                let resolved = address.to_socket_addrs().map_err(|error| error.to_string());
                let first = resolved.and_then(|mut all| all.next().ok_or("it has no address".to_string()));
                let address = first.map_err(|why| format!("{address} is not found: {why}; it should be HOST:PORT"))?;
                // One refusal, and not one for each check.
                let patience = Instant::now() + options.timeout;
                Peer::connect(address, 0, Steps::default(), patience)
                    .map_err(|_| format!("nobody listens at {address}: start the server, then grade it"))?;
                let pid = listening_process(address);
                Ok(Subject::Running { address, fixtures: fixtures.clone(), pid })
            }
            Target::Command(words) => {
                let dir =
                    FreshDir::with_fixtures(options.seed).map_err(|error| format!("can't make fixtures: {error}"))?;
                Ok(Subject::Started { words: words.clone(), dir, student: None })
            }
        }
    }

    fn dir(&self) -> &Path {
        match self {
            Subject::Running { fixtures, .. } => fixtures,
            Subject::Started { dir, .. } => &dir.served,
        }
    }

    /// Where it listens, and its process if that is known. A program that does not run is started.
    fn ready(&mut self) -> Result<(SocketAddr, Option<u32>), String> {
        match self {
            Subject::Running { address, pid, .. } => Ok((*address, *pid)),
            Subject::Started { words, dir, student } => {
                if student.as_mut().map_or(true, |student| student.ended().is_some()) {
                    *student = Some(Student::start(words, &dir.served, None)?);
                }
                student.as_ref().map(|student| (student.address, Some(student.pid()))).ok_or_else(String::new)
            }
        }
    }

    fn examine(&mut self, check: &'static Check, fixtures: &Fixtures, timeout: Duration) -> Graded {
        let (address, pid) = match self.ready() {
            Ok(ready) => ready,
            Err(why) => {
                return Graded::new(check, Err(Failure::skipped("the program does not start again")), vec![], why)
            }
        };
        let exam = Exam::new(address, fixtures, pid, timeout);
        let outcome = (check.run)(&exam);
        let ended = self.ended(outcome.is_err()).unwrap_or_default();
        let outcome = match outcome {
            Ok(()) if !ended.is_empty() => Err(Failure::wrong("all was answered, but then the program ended")),
            outcome => outcome,
        };
        let graded = Graded::new(check, outcome, exam.steps.all(), ended);
        if !matches!(graded.verdict, Verdict::Passed | Verdict::Skipped) {
            self.forget();
        }
        graded
    }

    /// What the program said when it ended, if it did. Where a check failed that may be happening just now.
    fn ended(&mut self, failed: bool) -> Option<String> {
        let Subject::Started { student: Some(student), .. } = self else { return None };
        if failed {
            thread::sleep(POLL);
        }
        student.ended()
    }

    /// Ends the program, so that the next check meets a fresh one: what failed may have left something behind.
    fn forget(&mut self) {
        if let Subject::Started { student, .. } = self {
            *student = None;
        }
    }
}

/// A directory for the time of the examination: the served one is in it, and the secret beside that.
struct FreshDir {
    whole: PathBuf,
    served: PathBuf,
}

impl FreshDir {
    fn with_fixtures(seed: u64) -> io::Result<FreshDir> {
        let mut number = 0;
        loop {
            let whole = std::env::temp_dir().join(format!("lab-check-{}-{number}", std::process::id()));
            match fs::create_dir(&whole) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => {
                    made?;
                    let dir = FreshDir { served: whole.join("served"), whole };
                    fixtures::make(&dir.served, seed)?;
                    return Ok(dir);
                }
            }
        }
    }
}

impl Drop for FreshDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::catalogue::numbers;
    use crate::lab::check::results;

    #[test]
    fn there_are_enough_checks_and_their_numbers_are_in_order_without_gaps() {
        let checks = selected(&[], &[]);
        assert!(checks.len() >= 45, "{}", checks.len());
        let mut ids: Vec<_> = checks.iter().map(|check| numbers(check.id)).collect();
        ids.sort();
        for pair in ids.windows(2) {
            let next = pair[1] == [pair[0][0], pair[0][1] + 1] || pair[1] == [pair[0][0] + 1, 1];
            assert!(next, "{:?} follows {:?}", pair[1], pair[0]);
        }
    }

    #[test]
    fn a_selection_is_a_level_a_step_or_a_check() {
        let ids = |levels: &[Level], only: &[&str]| {
            let only: Vec<_> = only.iter().map(|id| id.to_string()).collect();
            selected(levels, &only).iter().map(|check| check.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[], &["4.2"]), ["4.2"]);
        assert!(ids(&[], &["4"]).iter().all(|id| id.starts_with("4.")));
        assert!(ids(&[Level::Stream], &["1"]).iter().all(|id| *id == "1.3"));
        assert!(ids(&[], &["9"]).is_empty());
    }

    #[test]
    fn every_check_is_a_sentence_and_rests_on_words_of_the_protocol() {
        for check in selected(&[], &[]) {
            assert!(check.title.ends_with('.') && check.title.starts_with(char::is_uppercase), "{}", check.title);
            assert!(results::heading_of(check.rule).is_some(), "{}: not in PROTOCOL.md: {}", check.id, check.rule);
            assert!(!check.hint.is_empty(), "{}", check.id);
        }
    }
}
