//! Grades clients: each check is a conversation of a scripted server with the program. The program is started anew for
//! each check.
//!
//! Read first: `docs/CLIENTS.md`, `exam.rs`. It does not know our client, only the protocol.

pub mod causes;

pub mod subject;

pub mod script;

pub mod session;

pub mod downloads;

pub mod exam;

pub mod report;

pub mod stream;

pub mod robust;

pub mod files;

pub mod program;

use std::time::{Duration, Instant};

use exam::{Check, Exam};
use subject::Subject;

use crate::lab::check::catalogue::{self, Kind, Level};
use crate::lab::check::cause::Cause;
use crate::lab::check::clients::causes::ClientCause;
use crate::lab::check::outcome::{Failure, Outcome};
use crate::lab::check::results::Graded;
use crate::lab::check::OUT_OF_TIME;

/// How long a check may take once the program has connected, unless told otherwise. It is longer than for servers: with
/// 3 seconds, slow languages sometimes failed a check when several graders ran on two cores.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the program may take to connect for the first time: some languages compile first.
const START_TIME: Duration = Duration::from_secs(20);

/// How much longer than before, at least, it may take to connect again: a busy machine starts programs slowly.
const START_AGAIN: Duration = Duration::from_secs(5);

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program.
    pub subject: Subject,
    /// Only these levels; all, if there is none.
    pub levels: Vec<Level>,
    /// Only these steps (`4`) or checks (`4.2`); all, if there is none.
    pub only: Vec<String>,
    /// The time of each check.
    pub timeout: Duration,
    /// The seed of the names and bytes of files.
    pub seed: u64,
}

/// The checks of clients that were asked for, by level and step; none if no check has such a number.
pub fn selected(levels: &[Level], only: &[String]) -> Vec<&'static Check> {
    let all = [report::CHECKS, stream::CHECKS, robust::CHECKS, files::CHECKS];
    catalogue::selected(all.into_iter().flatten(), levels, only)
}

/// Runs the checks one after the other, and tells each result at once.
///
/// # Errors
/// In a sentence, if this system gives no port or no directory.
pub fn grade(options: &Options, tell: impl FnMut(&Graded)) -> Result<Vec<Graded>, String> {
    grade_until(None, options, tell)
}

/// The same up to this moment: no check begins later, and the checks that are left are skipped.
///
/// # Errors
/// As [`grade`].
pub fn grade_until(
    end: Option<Instant>,
    options: &Options,
    mut tell: impl FnMut(&Graded),
) -> Result<Vec<Graded>, String> {
    let mut results = Vec::new();
    let (mut start_time, mut has_connected, mut blocked_by) = (START_TIME, false, None);
    for check in selected(&options.levels, &options.only) {
        let is_over = end.is_some_and(|end| Instant::now() >= end);
        let graded = match blocked_by {
            Some(id) => not_run(check, format!("blocked by {id}: the program has never connected")),
            None if is_over => not_run(check, OUT_OF_TIME.to_string()),
            None => {
                let mut exam = Exam::new(&options.subject, options.seed, options.timeout, start_time)
                    .map_err(|error| format!("can't make a server and a directory for a check: {error}"))?;
                let outcome = (check.run)(&mut exam);
                let outcome = exam.conclude(outcome);
                let has_failed = outcome.as_ref().is_err_and(|failure| failure.verdict.is_failure());
                match exam.connected_after {
                    Some(time) => {
                        has_connected = true;
                        // The next start takes about as long, and up to twice as long on a machine that is busy then.
                        start_time = (START_AGAIN.max(options.timeout) + 2 * time).min(START_TIME);
                    }
                    None if has_failed && !has_connected => blocked_by = Some(check.id),
                    None => {}
                }
                graded(check, outcome, &mut exam)
            }
        };
        tell(&graded);
        results.push(graded);
    }
    Ok(results)
}

/// The outcome; if it is a failure, with what the program printed.
fn graded(check: &Check, outcome: Outcome, exam: &mut Exam) -> Graded {
    let shows_story = outcome.as_ref().is_err_and(|failure| failure.verdict.is_failure());
    let story = if shows_story { exam.story() } else { String::new() };
    let outcome = outcome.map_err(|failure| if exam.has_printed_an_error() { uncaught(failure) } else { failure });
    Graded::new(Kind::Client, check, outcome, exam.steps.all(), story)
}

/// A file that is not whole follows from the error, and tells nothing of its own.
fn uncaught(failure: Failure) -> Failure {
    match failure.cause {
        Some(Cause::OfClient(ClientCause::NothingStored | ClientCause::NothingOfBody | ClientCause::OnlyBeginning)) => {
            failure.because_client(ClientCause::Uncaught)
        }
        _ => failure,
    }
}

fn not_run(check: &Check, why: String) -> Graded {
    Graded::new(Kind::Client, check, Err(Failure::skipped(why)), Vec::new(), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::catalogue::tests::assert_no_number_is_left_out;
    use crate::lab::check::results;

    #[test]
    fn there_are_enough_checks_and_their_numbers_are_in_order_without_gaps() {
        let checks = selected(&[], &[]);
        assert!(checks.len() >= 30, "{}", checks.len());
        assert!(Level::OF_CLIENTS.iter().all(|level| checks.iter().any(|check| check.level == *level)));
        assert_no_number_is_left_out(&checks);
    }

    #[test]
    fn every_check_is_a_sentence_and_rests_on_words_of_the_documents() {
        for check in selected(&[], &[]) {
            assert!(check.title.ends_with('.'), "{}", check.title);
            assert!(results::place_of(check.rule).is_some(), "{}: stands nowhere: {}", check.id, check.rule);
            assert!(!check.hint.is_empty() && !check.hint.ends_with('.'), "{}", check.id);
        }
    }
}
