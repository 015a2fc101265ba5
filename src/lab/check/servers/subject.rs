//! The server under examination: a server that runs already, or a program that is started here. After each failure the
//! program is started anew.
//!
//! Read first: `exam.rs`, `student.rs`. It does not know the checks.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crate::lab::check::catalogue::Kind;
use crate::lab::check::cause::Cause;
use crate::lab::check::outcome::{Failure, Outcome, Steps, Verdict};
use crate::lab::check::process::CRASH_TIME;
use crate::lab::check::processes::listening_process;
use crate::lab::check::results::Graded;
use crate::lab::check::servers::exam::{Check, Exam, Learnt, Terms};
use crate::lab::check::servers::fixtures::{self, Fixtures};
use crate::lab::check::servers::leave::Courtesy;
use crate::lab::check::servers::peer::somebody_listens;
use crate::lab::check::servers::student::Student;
use crate::lab::check::servers::{Options, Target};
use crate::lab::check::POLL;
use crate::lab::fresh_dir::FreshDir;

/// Checks in which chance plays a part: if one of them passes the next time, that says nothing.
pub(super) const BY_CHANCE: [&str; 6] = ["1.9", "5.14", "6.9", "8.5", "8.6", "8.7"];

/// Words by which systems and languages say that a client has gone.
const CLIENT_HAS_GONE: [&str; 9] = [
    "SIGPIPE",
    "signal: 13",
    "EPIPE",
    "ECONNRESET",
    "roken pipe",
    "BrokenPipe",
    "onnection reset",
    "ENOTCONN",
    "not connected",
];

/// Checks of clients that vanish: if the program dies there, a vanished client is the cause, whatever it printed.
pub(super) const OF_VANISHING: [&str; 4] = ["1.4", "5.12", "8.4", "8.6"];

/// Checks whose hint can't say why a session ended: there are too many possible causes.
pub(super) const OF_ANYTHING: [&str; 2] = ["2.1", "5.1"];

/// The server under examination.
pub struct Subject {
    server: Examined,
    courtesy: Courtesy,
    learnt: Learnt,
    /// How many checks the program has seen since it was started.
    seen: usize,
    /// Why the program can't be started again, if that failed.
    pub broken: Option<String>,
}

enum Examined {
    Running { address: SocketAddr, fixtures: PathBuf, pid: Option<u32> },
    Started { words: Vec<String>, folder: Option<PathBuf>, served: Served, student: Option<Student> },
}

/// How one run of a check ended.
struct Run {
    outcome: Outcome,
    steps: Steps,
    /// What the program printed meanwhile, if the check failed and the text speaks of an error; else empty.
    printed: String,
}

impl Subject {
    /// The server that was asked for. A program is not started yet. It will be started in this folder, if one is given.
    ///
    /// # Errors
    /// In sentences: no such host, nobody listens, no fixtures can be made.
    pub fn new(options: &Options, folder: Option<&Path>) -> Result<Subject, String> {
        let server = match &options.target {
            Target::Running { address, fixtures } => {
                let resolved = address.to_socket_addrs().map_err(|error| error.to_string());
                let first = resolved.and_then(|mut all| all.next().ok_or("it has no address".to_string()));
                let address = first.map_err(|why| format!("{address} is not found: {why}; it should be HOST:PORT"))?;
                // One error now, and not one failure for each check.
                if !somebody_listens(address) {
                    return Err(format!("nobody listens at {address}: start the server, then grade it"));
                }
                let pid = listening_process(address);
                Examined::Running { address, fixtures: fixtures.clone(), pid }
            }
            Target::Command(words) => {
                let served = Served::with_fixtures(options.seed);
                let served = served.map_err(|error| format!("can't make fixtures: {error}"))?;
                let folder = folder.map(Path::to_path_buf);
                Examined::Started { words: words.clone(), folder, served, student: None }
            }
        };
        let (courtesy, learnt) = (Courtesy::default(), Learnt::default());
        Ok(Subject { server, courtesy, learnt, seen: 0, broken: None })
    }

    /// What it serves.
    pub fn dir(&self) -> &Path {
        match &self.server {
            Examined::Running { fixtures, .. } => fixtures,
            Examined::Started { served, .. } => &served.dir,
        }
    }

    /// Where it listens, and its process if that is known. A program that does not run is started.
    ///
    /// # Errors
    /// In sentences: why it does not start.
    pub fn ready(&mut self) -> Result<(SocketAddr, Option<u32>), String> {
        match &mut self.server {
            Examined::Running { address, pid, .. } => Ok((*address, *pid)),
            Examined::Started { words, folder, served, student } => {
                if student.as_mut().map_or(true, |student| student.ended().is_some()) {
                    *student = Some(Student::start(words, &served.dir, folder.as_deref())?);
                    self.seen = 0;
                }
                student.as_ref().map(|student| (student.address, Some(student.pid()))).ok_or_else(String::new)
            }
        }
    }

    /// Runs a check. If it fails behind other checks, it is tried again with a fresh program: what earlier sessions
    /// left behind is another mistake.
    pub fn examine(&mut self, check: &'static Check, fixtures: &Fixtures, terms: Terms) -> Graded {
        let first = match self.run(check, fixtures, terms) {
            Ok(run) => run,
            Err(not_started) => return *not_started,
        };
        let is_failure = |run: &Run| run.outcome.as_ref().is_err_and(|failure| failure.verdict.is_failure());
        let was_fresh = self.seen == 1;
        if !is_failure(&first) {
            return graded(check, first);
        }
        self.forget();
        let is_started_anew = matches!(self.server, Examined::Started { .. }) && !was_fresh;
        if !is_started_anew || !terms.twice || BY_CHANCE.contains(&check.id) {
            return graded(check, first);
        }
        let again = match self.run(check, fixtures, terms) {
            Ok(run) => run,
            Err(not_started) => return *not_started,
        };
        if is_failure(&again) {
            self.forget();
            return graded(check, again);
        }
        graded(check, Run { outcome: first.outcome.map_err(left_behind), ..first })
    }

    fn run(&mut self, check: &'static Check, fixtures: &Fixtures, terms: Terms) -> Result<Run, Box<Graded>> {
        // On a busy machine one start may take too long. Without a second start all later checks would be lost.
        let ready = self.ready().or_else(|_| self.ready()).map_err(|why| {
            self.broken = Some(why.lines().next().unwrap_or_default().to_string());
            let outcome = Err(Failure::skipped("the program does not start again"));
            Box::new(Graded::new(Kind::Server, check, outcome, vec![], why))
        })?;
        self.seen += 1;
        let printed_before = self.student().map_or(0, |student| student.printed_count());
        let exam = Exam::new(ready, fixtures, &self.learnt, self.courtesy.clone(), terms);
        let outcome = (check.run)(&exam);
        let steps = exam.end();
        let outcome = match self.ended_after(&outcome) {
            None => outcome,
            Some(last_words) => {
                return Ok(Run { outcome: Err(died(check, outcome, &last_words)), steps, printed: String::new() })
            }
        };
        let printed = outcome.as_ref().err().and_then(|failure| self.error_since(printed_before, failure.verdict));
        let outcome = match &printed {
            Some(_) if OF_ANYTHING.contains(&check.id) => outcome.map_err(uncaught),
            _ => outcome,
        };
        Ok(Run { outcome, steps, printed: printed.unwrap_or_default() })
    }

    /// What the program printed meanwhile, if the check failed and the text speaks of an error.
    fn error_since(&self, printed_before: usize, verdict: Verdict) -> Option<String> {
        let student = self.student().filter(|_| verdict.is_failure())?;
        student.error_since(printed_before)
    }

    fn student(&self) -> Option<&Student> {
        match &self.server {
            Examined::Started { student, .. } => student.as_ref(),
            Examined::Running { .. } => None,
        }
    }

    /// What the program said when it ended, if it did. That may be happening just now.
    fn ended_after(&mut self, outcome: &Outcome) -> Option<String> {
        let Examined::Started { student: Some(student), .. } = &mut self.server else { return None };
        let session_ended =
            outcome.as_ref().is_err_and(|failure| matches!(failure.verdict, Verdict::Closed | Verdict::LostToReset));
        student.ended_within(if session_ended { CRASH_TIME } else { POLL })
    }

    /// Ends the program, so that the next check meets a fresh one: the failure may have left something behind.
    fn forget(&mut self) {
        if let Examined::Started { student, .. } = &mut self.server {
            *student = None;
            self.learnt.forget_list();
        }
    }
}

fn graded(check: &'static Check, run: Run) -> Graded {
    Graded::new(Kind::Server, check, run.outcome, run.steps.all(), run.printed)
}

/// The end of the program is worse than what the check found.
fn died(check: &Check, outcome: Outcome, last_words: &str) -> Failure {
    let found = outcome.err().unwrap_or_else(|| Failure::wrong("all was answered"));
    let of_a_client_that_left =
        OF_VANISHING.contains(&check.id) || CLIENT_HAS_GONE.iter().any(|words| last_words.contains(words));
    let verdict = if found.verdict.is_failure() { found.verdict } else { Verdict::Failed };
    let what = format!("{last_words}\nBefore that: {}", found.what);
    Failure { verdict, what, ..found }.because(Cause::Died { of_a_client_that_left })
}

/// The session ended, nothing else tells why, and the program printed an error.
fn uncaught(failure: Failure) -> Failure {
    match (failure.verdict, failure.cause) {
        (Verdict::Closed | Verdict::LostToReset, None | Some(Cause::Reset)) => failure.because(Cause::Uncaught),
        _ => failure,
    }
}

/// The same check passes with a fresh program. It counts as failed: earlier sessions must not change what a server
/// says.
fn left_behind(failure: Failure) -> Failure {
    let cause = match failure.cause {
        Some(known @ (Cause::PlacesKept | Cause::Died { .. })) => known,
        _ => Cause::LeftBehind,
    };
    failure.after("behind the checks before it (with a fresh program it passes): ").because(cause)
}

/// What a program serves during the examination: one directory inside another, with the secret beside it.
struct Served {
    dir: PathBuf,
    _whole: FreshDir,
}

impl Served {
    fn with_fixtures(seed: u64) -> io::Result<Served> {
        let whole = FreshDir::make("lab-check")?;
        let dir = whole.path().join("served");
        fixtures::make(&dir, seed)?;
        Ok(Served { dir, _whole: whole })
    }
}
