//! What the checks found, as text: a line for each, the whole story of a failure, the table at the end, the TSV.
//!
//! Read first: `mod.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::{About, Check, Level};
use crate::lab::check::outcome::{Failure, Verdict};

/// The document that the rules for servers stand in, and most of those for clients.
const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

/// What a graded client has to keep besides stands here.
const CLIENTS: &str = include_str!("../../../docs/CLIENTS.md");

/// How many steps a failure shows from the beginning, and how many from the end.
const STEPS_SHOWN: usize = 12;

/// The width of a sentence's line.
const WIDTH: usize = 90;

/// What the steps of the protocol are called in the table.
const STEPS: [&str; 8] = [
    "the client connects",
    "it asks for the list",
    "the server sends the list",
    "the client asks for a file",
    "the server sends it",
    "as often as one likes",
    "the client logs out",
    "the server closes",
];

/// The likely cause of every reset.
const RESET: &str = "the server closed while bytes of the client waited unread (or it died): TCP then sends a reset, \
    which destroys replies on their way. End the sending side first (shutdown), read and drop what still comes for a \
    moment, then close";

/// One check's result.
pub struct Graded {
    /// The check.
    pub check: About,
    /// How it ended.
    pub verdict: Verdict,
    /// What was expected and what came; empty if it passed.
    pub what: String,
    /// What each client did, in order.
    steps: Vec<(usize, String)>,
    /// What the program said when it ended; empty if it lives.
    ended: String,
}

impl Graded {
    /// The outcome of a check, its steps, and the last words of a program that has ended.
    pub fn new<R>(
        check: &Check<R>,
        outcome: Result<(), Failure>,
        steps: Vec<(usize, String)>,
        ended: String,
    ) -> Graded {
        let (verdict, what) = match outcome {
            Ok(()) => (Verdict::Passed, String::new()),
            Err(failure) => (failure.verdict, failure.what),
        };
        Graded { check: check.about(), verdict, what, steps, ended }
    }

    /// Neither passed nor skipped.
    pub fn has_failed(&self) -> bool {
        !matches!(self.verdict, Verdict::Passed | Verdict::Skipped)
    }

    /// One line if it passed, two if it was skipped, the whole story if it failed.
    pub fn text(&self) -> String {
        let About { id, title, rule, .. } = self.check;
        match self.verdict {
            Verdict::Passed => format!("ok    {id:<5} {title}"),
            Verdict::Skipped => format!("skip  {id:<5} {title}\n{}", indented("why", &self.what)),
            verdict => {
                let place = place_of(rule).unwrap_or_default();
                let mut parts = vec![
                    format!("FAIL  {id:<5} {title}  [{}]", verdict.word()),
                    indented("what", &self.what),
                    indented("steps", &self.steps()),
                    indented("rule", &wrapped(&format!("\"{rule}\" ({place})"))),
                    indented("cause", &wrapped(&format!("probably {}.", self.cause()))),
                ];
                if !self.ended.is_empty() {
                    parts.push(indented("also", &self.ended));
                }
                format!("\n{}\n", parts.join("\n"))
            }
        }
    }

    fn cause(&self) -> &'static str {
        match self.verdict {
            Verdict::LostToReset => RESET,
            _ => self.check.hint,
        }
    }

    /// The conversation; where there are several clients, each step with its number.
    fn steps(&self) -> String {
        let alone = self.steps.iter().all(|(client, _)| *client == 1);
        let lines = self
            .steps
            .iter()
            .map(|(client, step)| if alone { step.clone() } else { format!("client {client:<3} {step}") });
        let lines = shortened(lines.collect());
        if lines.is_empty() {
            "none".to_string()
        } else {
            lines.join("\n")
        }
    }
}

/// The first and the last, if there are many.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > 2 * STEPS_SHOWN {
        let hidden = lines.len() - 2 * STEPS_SHOWN;
        lines.splice(STEPS_SHOWN..STEPS_SHOWN + hidden, [format!("... ({hidden} more)")]);
    }
    lines
}

fn indented(label: &str, text: &str) -> String {
    let mut lines = text.lines();
    let first = format!("      {label:<5} {}", lines.next().unwrap_or_default());
    lines.fold(first, |all, line| format!("{all}\n            {line}"))
}

/// Sentences in lines of a readable width.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= WIDTH => *line += &format!(" {word}"),
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

/// The heading of docs/PROTOCOL.md under which these words stand; `None` if they stand nowhere.
pub fn heading_of(rule: &str) -> Option<String> {
    heading_in(PROTOCOL, rule)
}

/// The document and the heading under which these words stand; `None` if they stand nowhere.
pub fn place_of(rule: &str) -> Option<String> {
    let of_protocol = heading_of(rule).map(|heading| format!("docs/PROTOCOL.md, {heading}"));
    of_protocol.or_else(|| heading_in(CLIENTS, rule).map(|heading| format!("docs/CLIENTS.md, {heading}")))
}

fn heading_in(document: &str, rule: &str) -> Option<String> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A heading begins a section; its first line is the heading.
    let sections = document.split("\n#");
    let holds = |section: &&str| words(section).contains(&words(rule));
    let heading = sections.into_iter().find(holds)?.lines().next()?;
    Some(heading.trim_start_matches(['#', ' ']).to_string())
}

/// The table of what passed of all, per step and level, and what to do first.
pub fn summary(results: &[Graded], levels: [Level; 4]) -> String {
    let mut lines = vec![row("passed of all", &levels.map(|level| level.word().to_string()))];
    for (index, name) in STEPS.iter().enumerate() {
        let number = (index + 1).to_string();
        let cells = levels.map(|level| {
            passed_of(results.iter().filter(|one| one.check.step() == number && one.check.level == level))
        });
        lines.push(row(&format!("step {number}  {name}"), &cells));
    }
    let cells = levels.map(|level| passed_of(results.iter().filter(|one| one.check.level == level)));
    lines.push(row("all steps", &cells));
    let count = |verdict: Verdict| results.iter().filter(|one| one.verdict == verdict).count();
    let failed = results.iter().filter(|one| one.has_failed()).count();
    let (passed, skipped, all) = (count(Verdict::Passed), count(Verdict::Skipped), results.len());
    lines.push(format!("\n{passed} of {all} passed, {failed} failed, {skipped} could not run."));
    if let Some(first) = results.iter().find(|one| one.has_failed()) {
        lines.push(format!(
            "Fix first: {} {}\n{}",
            first.check.id,
            first.check.title,
            indented("cause", &wrapped(first.cause()))
        ));
    }
    lines.join("\n")
}

fn passed_of<'a>(results: impl Iterator<Item = &'a Graded>) -> String {
    let (mut passed, mut all) = (0, 0);
    for one in results {
        all += 1;
        passed += usize::from(one.verdict == Verdict::Passed);
    }
    match all {
        0 => "-".to_string(),
        _ => format!("{passed}/{all}"),
    }
}

fn row(name: &str, cells: &[String]) -> String {
    cells.iter().fold(format!("{name:<35}"), |line, cell| format!("{line}{cell:>9}"))
}

/// A line for each check, for a spreadsheet.
pub fn tsv(results: &[Graded]) -> String {
    let lines = results.iter().map(|one| {
        // A tab would begin another cell, and no step of a conversation stands in here.
        let what = one.what.replace(['\t', '\n'], " ");
        format!("{}\t{}\t{}\t{}\t{what}\n", one.check.id, one.check.level.word(), one.verdict.word(), one.check.title)
    });
    std::iter::once("check\tlevel\tverdict\ttitle\twhat\n".to_string()).chain(lines).collect()
}

/// All these checks, without running them.
pub fn list<R>(checks: &[&Check<R>]) -> String {
    let lines = checks.iter().map(|check| format!("{:<8} {:<5} {}", check.level.word(), check.id, check.title));
    lines.collect::<Vec<_>>().join("\n")
}
