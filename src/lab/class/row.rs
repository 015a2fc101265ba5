//! One student's row: how each of the programs went, in a clause and in a text.
//!
//! Read first: `lab/check/results.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::Kind;
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::{first_to_fix, summary, told, Graded};
use crate::lab::class::weights::Weights;
use crate::lab::class::words;
use crate::lab::lang::Lang;
use crate::wire::printable;

/// How it went with one program. A text is in English, whatever the class is told in.
pub enum Outcome {
    /// The checks were made.
    Graded(Vec<Graded>),
    /// There is no file that says how it is started.
    NotHandedIn,
    /// There is nothing that could be started: no command line, or it does not compile. The first line is a clause.
    NoProgram(String),
    /// The program does not start, or is not found where it should listen. The first line is a clause.
    NotStarted(String),
    /// The client never connected: this is its first check, and none of the others could run.
    NotConnected(Box<Graded>),
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
    pub fn text(&self, weights: &Weights, seed: u64, lang: Lang) -> String {
        let title = |part: &Part| match self.parts.len() {
            1 => self.name.clone(),
            _ => format!("{}, {}", self.name, part.kind.word_in(lang)),
        };
        let texts: Vec<_> = self.parts.iter().map(|part| part.text(&title(part), weights, seed, lang)).collect();
        texts.join("\n\n")
    }
}

impl Part {
    /// The checks; none if it could not be graded.
    pub fn results(&self) -> &[Graded] {
        match &self.outcome {
            Outcome::Graded(results) => results,
            Outcome::NotHandedIn | Outcome::NoProgram(_) | Outcome::NotStarted(_) | Outcome::NotConnected(_) => &[],
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self.outcome, Outcome::NotHandedIn)
    }

    /// Is there a program, and it does not start?
    pub fn has_not_started(&self) -> bool {
        matches!(self.outcome, Outcome::NotStarted(_) | Outcome::NotConnected(_))
    }

    /// Why it could not be graded: the first line in one clause, and what was printed. `None` if it was.
    fn story(&self, lang: Lang) -> Option<String> {
        match &self.outcome {
            Outcome::Graded(_) => None,
            Outcome::NotHandedIn => Some(told(&format!("there is no file '{}'", self.kind.file()), lang)),
            Outcome::NoProgram(why) | Outcome::NotStarted(why) => Some(told(why, lang)),
            Outcome::NotConnected(first) => Some(format!("{}\n{}", told(&first.what, lang), first.text_in(lang))),
        }
    }

    /// Why it could not be graded, in one clause; `None` if it was.
    pub fn why_not(&self, lang: Lang) -> Option<String> {
        self.story(lang).map(|why| printable(why.lines().next().unwrap_or_default()))
    }

    /// Why there is no mark, or what to fix first, or that all is well; in one clause.
    pub fn clause(&self, lang: Lang) -> String {
        match (self.why_not(lang), first_to_fix(self.results())) {
            (Some(why), _) => why,
            (None, Some(first)) => words::fix_first(first.check.id, first.title(lang), lang),
            (None, None) if self.results().iter().all(Graded::is_well) => {
                lang.words("all passed", "tout est réussi").to_string()
            }
            (None, None) => lang.words("some checks could not run", "des vérifications ont été omises").to_string(),
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

    /// The mark with one decimal, which French parts by a comma; `None` if there is none.
    pub fn decimal_mark(&self, weights: &Weights, lang: Lang) -> Option<String> {
        let mark = weights.mark(self.kind, self.results())?;
        Some(format!("{mark:.1}").replace('.', lang.words(".", ",")))
    }

    /// The same for a person; `-` if there is none.
    pub fn mark(&self, weights: &Weights, lang: Lang) -> String {
        self.decimal_mark(weights, lang).unwrap_or("-".to_string())
    }

    fn text(&self, title: &str, weights: &Weights, seed: u64, lang: Lang) -> String {
        if let Some(why) = self.story(lang) {
            return words::has_no_mark(title, &why, lang) + "\n";
        }
        let checks: Vec<_> = self.results().iter().map(|one| one.text_in(lang)).collect();
        format!(
            "{}\n\n{}\n\n{}\n",
            words::has_mark(title, &self.mark(weights, lang), seed, lang),
            checks.join("\n"),
            summary(self.results(), self.kind.levels(), lang)
        )
    }
}
