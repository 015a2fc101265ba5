//! One student's row: how each of the programs went, in a clause and in a text.
//!
//! Read first: `lab/check/results.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::Kind;
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::{first_to_fix, summary, Graded};
use crate::lab::class::weights::{Weights, BEST};
use crate::lab::lang::Lang;
use crate::wire::printable;

/// How it went with one program.
pub enum Outcome {
    /// The checks were made.
    Graded(Vec<Graded>),
    /// There is no file that says how it is started.
    NotHandedIn,
    /// There is nothing that could be started: no command line, or it does not compile. The first line is a clause.
    NoProgram(String),
    /// The program does not start, or is not found where it should listen, or does not connect. The first line is a
    /// clause.
    NotStarted(String),
}

/// One program of a student.
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// How it went.
    pub outcome: Outcome,
}

/// One student's row.
pub struct Row {
    /// Its place among the others, from 1.
    pub number: usize,
    /// The student's name, fit for a terminal.
    pub name: String,
    /// A part for each kind of program that the class has, in the same order for all students.
    pub parts: Vec<Part>,
}

impl Row {
    /// Was all that this student has handed in graded, and is that anything?
    pub fn is_graded(&self) -> bool {
        let is_graded = |part: &Part| matches!(part.outcome, Outcome::Graded(_));
        self.parts.iter().any(is_graded) && self.parts.iter().all(|part| is_graded(part) || part.is_missing())
    }

    /// Was nothing handed in as this part, while something was as another one?
    pub fn does_without(&self, part: &Part) -> bool {
        part.is_missing() && !self.parts.iter().all(Part::is_missing)
    }

    /// All that there is to be said to the student.
    pub fn text(&self, weights: &Weights, seed: u64) -> String {
        let is_alone = self.parts.len() == 1;
        let title =
            |part: &Part| if is_alone { self.name.clone() } else { format!("{}, {}", self.name, part.kind.word()) };
        let texts: Vec<_> = self.parts.iter().map(|part| part.text(&title(part), weights, seed)).collect();
        texts.join("\n\n")
    }
}

impl Part {
    /// The checks; none if it could not be graded.
    pub fn results(&self) -> &[Graded] {
        match &self.outcome {
            Outcome::Graded(results) => results,
            Outcome::NotHandedIn | Outcome::NoProgram(_) | Outcome::NotStarted(_) => &[],
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self.outcome, Outcome::NotHandedIn)
    }

    /// Is there a program, and it does not start?
    pub fn has_not_started(&self) -> bool {
        matches!(self.outcome, Outcome::NotStarted(_))
    }

    /// Why it could not be graded: the first line in one clause, and what was printed. `None` if it was.
    fn story(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Graded(_) => None,
            Outcome::NotHandedIn => Some(format!("there is no file '{}'", self.kind.file())),
            Outcome::NoProgram(why) | Outcome::NotStarted(why) => Some(why.clone()),
        }
    }

    /// Why it could not be graded, in one clause; `None` if it was.
    pub fn why_not(&self) -> Option<String> {
        self.story().map(|why| printable(why.lines().next().unwrap_or_default()))
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
        weights.mark(self.kind, self.results()).map_or("-".to_string(), |mark| format!("{mark:.1}"))
    }

    fn text(&self, title: &str, weights: &Weights, seed: u64) -> String {
        if let Some(why) = self.story() {
            return format!("{title}: not graded, because {why}\n");
        }
        let checks: Vec<_> = self.results().iter().map(Graded::text).collect();
        format!(
            "{title}: {} of {BEST}; the files came from seed {seed}\n\n{}\n\n{}\n",
            self.mark(weights),
            checks.join("\n"),
            summary(self.results(), self.kind.levels(), Lang::English)
        )
    }
}
