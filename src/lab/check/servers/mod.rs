//! Grades servers: each check is a conversation with the program under examination.
//!
//! These words have one meaning each:
//! - `Target`: what the user named, an address or a command line.
//! - `Subject`: the server that is graded, through all checks; it starts a program anew after a failure.
//! - `Examined`: the two kinds of a `Subject`: a server that ran before, or a program that is started here.
//! - `Student`: one run of such a program, from its start until its end.
//! - `Process`: the process of a `Student` or of a client: what it prints, and how it ends.
//!
//! Read first: `exam.rs`. It does not know our server, but for one part: its `FileHandler` lists the fixtures.

pub mod exam;

pub mod peer;

pub mod report;

pub mod stream;

pub mod robust;

pub mod names;

pub mod threads;

pub mod special;

pub mod subject;

pub mod planted;

pub mod leave;

pub mod importance;

pub mod fixtures;

pub mod student;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exam::{Check, Terms};
use fixtures::Fixtures;
use subject::Subject;

use crate::lab::check::catalogue::{self, Kind, Level};
use crate::lab::check::outcome::{Failure, Verdict};
use crate::lab::check::results::Graded;
use crate::lab::check::OUT_OF_TIME;

/// How long a check may take, unless told otherwise: far more than a server on the same machine needs. A server that
/// never answers is still graded in some minutes.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// The check of the greeting. If it fails, all others would fail too, and name false causes.
const GREETING: &str = "1.1";

/// After this many checks that took all of their time, the others get less time, and are not tried again.
const MAX_SLOW: usize = 6;

/// Then the time-out is divided by this. The rest is enough for the pauses that checks make.
const SHORTER: u32 = 2;

/// After this many checks in a row that got no reply, the others are not run.
const SILENT_MANY: usize = 12;

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
    /// A program to start: its command line, in words. `{dir}` and `{port}` will be replaced in them.
    Command(Vec<String>),
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// Only these levels; all, if there is none.
    pub levels: Vec<Level>,
    /// Only these steps (`4`) or checks (`4.2`); all, if there is none.
    pub only: Vec<String>,
    /// The time of each check.
    pub timeout: Duration,
    /// The seed of the fixtures that are made for a program.
    pub seed: u64,
    /// The server's idle time-out, if it has one that is to be checked.
    pub idle: Option<Duration>,
}

/// The checks of servers that were asked for, by level and step; none if no check has such a number.
pub fn selected(levels: &[Level], only: &[String]) -> Vec<&'static Check> {
    let all = [report::CHECKS, stream::CHECKS, robust::CHECKS, names::CHECKS, special::CHECKS, threads::CHECKS];
    catalogue::selected(all.into_iter().flatten(), levels, only)
}

/// Runs the checks one after the other, and tells each result at once.
///
/// # Errors
/// In sentences, if nothing can be graded: no directory, no such host, a program that does not start.
pub fn grade(options: &Options, tell: impl FnMut(&Graded)) -> Result<Vec<Graded>, String> {
    grade_in(None, None, options, tell)
}

/// The same for a program that runs in this folder, up to this moment: no check begins later, and the checks that are
/// left are skipped.
///
/// # Errors
/// As [`grade`].
pub fn grade_in(
    folder: Option<&Path>,
    end: Option<Instant>,
    options: &Options,
    mut tell: impl FnMut(&Graded),
) -> Result<Vec<Graded>, String> {
    let mut subject = Subject::new(options, folder)?;
    let unreadable = |error| format!("can't read the fixtures: {error}; lab fixtures DIR makes some");
    let fixtures = Fixtures::read(subject.dir()).map_err(unreadable)?;
    subject.ready()?;
    let mut results: Vec<Graded> = Vec::new();
    let mut slow = 0;
    for check in selected(&options.levels, &options.only) {
        let is_over = end.is_some_and(|end| Instant::now() >= end);
        let too_late = is_over.then(|| OUT_OF_TIME.to_string());
        let twice = slow < MAX_SLOW;
        let timeout = if twice { options.timeout } else { options.timeout / SHORTER };
        let terms = Terms { timeout, idle: options.idle, twice };
        let mut graded = match too_late.or_else(|| blocked(&results, &subject)) {
            Some(why) => Graded::new(Kind::Server, check, Err(Failure::skipped(why)), vec![], String::new()),
            None => subject.examine(check, &fixtures, terms),
        };
        slow += usize::from(graded.verdict == Verdict::NoReply);
        graded.rank = importance::rank(&graded.check, graded.cause());
        tell(&graded);
        results.push(graded);
    }
    Ok(results)
}

/// Why no more checks are worth their time, if that is so.
fn blocked(results: &[Graded], subject: &Subject) -> Option<String> {
    let first = results.first()?;
    if first.check.id == GREETING && first.has_failed() {
        Some(format!("blocked by {GREETING}: without a greeting nothing can be asked"))
    } else if let Some(why) = &subject.broken {
        Some(format!("the program does not start again: {why}"))
    } else if silent_in_a_row(results) >= SILENT_MANY {
        let last = results.iter().rfind(|graded| graded.has_failed())?;
        Some(format!("not run: {SILENT_MANY} checks in a row got no reply, up to {}", last.check.id))
    } else {
        None
    }
}

/// How many of the last checks waited until their time was over.
fn silent_in_a_row(results: &[Graded]) -> usize {
    let run = results.iter().rev().filter(|graded| graded.verdict != Verdict::NotApplicable);
    let run = run.take_while(|graded| matches!(graded.verdict, Verdict::NoReply | Verdict::Skipped));
    run.filter(|graded| graded.verdict == Verdict::NoReply).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::catalogue::tests::assert_no_number_is_left_out;
    use crate::lab::check::results;

    #[test]
    fn there_are_enough_checks_and_their_numbers_are_in_order_without_gaps() {
        let checks = selected(&[], &[]);
        assert!(checks.len() >= 45, "{}", checks.len());
        assert_no_number_is_left_out(&checks);
    }

    #[test]
    fn the_numbers_of_checks_that_other_files_name_are_in_the_table() {
        let of_subject = [&subject::BY_CHANCE[..], &subject::OF_VANISHING, &subject::OF_ANYTHING].concat();
        let of_importance = [&importance::BASICS[..], &importance::HARM, &importance::TELNET].concat();
        for id in [vec![GREETING], of_subject, of_importance].concat() {
            assert!(selected(&[], &[]).iter().any(|check| check.id == id), "no check has the number {id}");
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
