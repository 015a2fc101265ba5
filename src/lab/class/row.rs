//! One student's row: how it went, in a clause and in a text.
//!
//! Read first: `lab/check/results.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::Level;
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::{first_to_fix, summary, Graded};
use crate::lab::class::weights::{Weights, BEST};
use crate::lab::lang::Lang;
use crate::wire::printable;

/// How it went.
pub enum Outcome {
    /// The checks were made.
    Graded(Vec<Graded>),
    /// There is nothing that could be started: no command, or it does not compile. The first line is a clause.
    NoProgram(String),
    /// The program does not start, or is not found where it should listen. The first line is a clause.
    NotStarted(String),
}

/// One student's row.
pub struct Row {
    /// Its place among the others, from 1.
    pub number: usize,
    /// The student's name, fit for a terminal.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
}

impl Row {
    /// The checks; none if it could not be graded.
    pub fn results(&self) -> &[Graded] {
        match &self.outcome {
            Outcome::Graded(results) => results,
            Outcome::NoProgram(_) | Outcome::NotStarted(_) => &[],
        }
    }

    /// Why it could not be graded, in one clause; `None` if it was.
    pub fn why_not(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Graded(_) => None,
            Outcome::NoProgram(why) | Outcome::NotStarted(why) => {
                Some(printable(why.lines().next().unwrap_or_default()))
            }
        }
    }

    /// Why there is no mark, or what to fix first, or that all is well; in one clause.
    pub fn clause(&self) -> String {
        match (self.why_not(), first_to_fix(self.results())) {
            (Some(why), _) => why,
            (None, Some(first)) => format!("fix first {} {}", first.check.id, first.check.title),
            (None, None) if self.results().iter().all(Graded::is_well) => "all passed".to_string(),
            (None, None) => "some checks could not run".to_string(),
        }
    }

    /// So many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results().iter().filter(|one| one.verdict == verdict).count()
    }

    /// How many apply to this program.
    pub fn applicable(&self) -> usize {
        self.results().len() - self.count(Verdict::NotApplicable)
    }

    /// The mark with one decimal; `-` if there is none.
    pub fn mark(&self, weights: &Weights) -> String {
        weights.mark(self.results()).map_or("-".to_string(), |mark| format!("{mark:.1}"))
    }

    /// All that there is to be said to the student.
    pub fn text(&self, weights: &Weights, seed: u64) -> String {
        let name = &self.name;
        match &self.outcome {
            Outcome::Graded(results) => {
                let checks: Vec<_> = results.iter().map(Graded::text).collect();
                let mark = self.mark(weights);
                format!(
                    "{name}: {mark} of {BEST}; the files came from seed {seed}\n\n{}\n\n{}\n",
                    checks.join("\n"),
                    summary(results, Level::OF_SERVERS, Lang::English)
                )
            }
            Outcome::NoProgram(why) | Outcome::NotStarted(why) => format!("{name}: not graded, because {why}\n"),
        }
    }
}
