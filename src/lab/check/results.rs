//! What the checks found, as text: a line for each, the whole story of a failure, the table at the end, the TSV.
//!
//! Read first: `mod.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::{About, Check, Level};
use crate::lab::check::cause::Cause;
use crate::lab::check::outcome::{Failure, Verdict};

/// The document that the rules for servers stand in, and most of those for clients.
const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

/// What a graded client has to keep besides stands here.
const CLIENTS: &str = include_str!("../../../docs/CLIENTS.md");

/// How many steps a failure shows from the beginning, and how many from the end.
const STEPS_SHOWN: usize = 12;

/// The same of the clients that did not fail, where one did.
const STEPS_OF_OTHERS: usize = 3;

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
    /// What was seen that tells the mistake.
    cause: Option<Cause>,
    /// The client that failed, if it was one of several.
    client: Option<usize>,
    /// The failure with the smallest number is to be mended first; of several, the first.
    pub rank: usize,
}

impl Graded {
    /// The outcome of a check, its steps, and the last words of a program that has ended.
    pub fn new<R>(
        check: &Check<R>,
        outcome: Result<(), Failure>,
        steps: Vec<(usize, String)>,
        ended: String,
    ) -> Graded {
        let failure = outcome.err().unwrap_or_else(|| Failure::new(Verdict::Passed, ""));
        let Failure { verdict, what, cause, client } = failure;
        Graded { check: check.about(), verdict, what, steps, ended, cause, client, rank: 0 }
    }

    /// Did the program do something wrong?
    pub fn has_failed(&self) -> bool {
        self.verdict.is_failure()
    }

    /// Neither a failure nor skipped: what is not applicable counts for nothing.
    pub fn is_well(&self) -> bool {
        matches!(self.verdict, Verdict::Passed | Verdict::NotApplicable)
    }

    /// What was seen that tells the mistake, if something was.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// One line if it passed, two if it could not run, the whole story if it failed.
    pub fn text(&self) -> String {
        let About { id, title, rule, .. } = self.check;
        match self.verdict {
            Verdict::Passed => format!("ok    {id:<5} {title}"),
            Verdict::Skipped => format!("skip  {id:<5} {title}\n{}", indented("why", &self.what)),
            Verdict::NotApplicable => format!("n/a   {id:<5} {title}\n{}", indented("why", &self.what)),
            verdict => {
                let place = place_of(rule).unwrap_or_default();
                let mut parts = vec![
                    format!("FAIL  {id:<5} {title}  [{}]", verdict.word()),
                    indented("what", &self.what),
                    indented("steps", &self.steps()),
                    indented("rule", &wrapped(&format!("\"{rule}\" ({place})"))),
                    indented("cause", &wrapped(&format!("probably {}.", self.likely()))),
                ];
                if !self.ended.is_empty() {
                    parts.push(indented("also", &self.ended));
                }
                format!("\n{}\n", parts.join("\n"))
            }
        }
    }

    /// The mistake that is likely: what was seen tells it, or else what the check asked for.
    pub fn likely(&self) -> &'static str {
        self.cause.map_or(self.check.hint, Cause::text)
    }

    /// The conversation; where there are several clients, each step with its number.
    fn steps(&self) -> String {
        let alone = self.steps.iter().all(|(client, _)| *client == 1);
        let line = |(client, step): &(usize, String)| {
            if alone {
                step.clone()
            } else {
                format!("client {client:<3} {step}")
            }
        };
        let lines: Vec<_> = self.steps.iter().map(line).collect();
        let is_failing = |index: usize| self.client.is_some_and(|failing| self.steps[index].0 == failing);
        let (failing, others): (Vec<_>, Vec<_>) = (0..lines.len()).partition(|index| is_failing(*index));
        let of_others = if failing.is_empty() { STEPS_SHOWN } else { STEPS_OF_OTHERS };
        let mut shown = [ends(&failing, STEPS_SHOWN), ends(&others, of_others)].concat();
        shown.sort_unstable();
        if lines.is_empty() {
            "none".to_string()
        } else {
            with_gaps(&lines, &shown).join("\n")
        }
    }
}

/// The first and the last, if there are many.
fn ends(all: &[usize], count: usize) -> Vec<usize> {
    if all.len() <= 2 * count {
        all.to_vec()
    } else {
        [&all[..count], &all[all.len() - count..]].concat()
    }
}

/// These of the lines, and between them how many are left out.
fn with_gaps(lines: &[String], shown: &[usize]) -> Vec<String> {
    let mut text = Vec::new();
    let mut next = 0;
    let gap = |hidden: usize| (hidden > 0).then(|| format!("... ({hidden} more)"));
    for index in shown {
        text.extend(gap(index - next));
        text.push(lines[*index].clone());
        next = index + 1;
    }
    text.extend(gap(lines.len() - next));
    text
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
    let count = |fits: fn(&Graded) -> bool| results.iter().filter(|one| fits(one)).count();
    let passed = count(|one| one.verdict == Verdict::Passed);
    let neutral = count(|one| one.verdict == Verdict::NotApplicable);
    let (failed, skipped) = (count(Graded::has_failed), count(|one| one.verdict == Verdict::Skipped));
    let all = results.len() - neutral;
    lines.push(format!(
        "\n{passed} of {all} passed, {failed} failed, {skipped} could not run, {neutral} not applicable."
    ));
    if let Some(first) = first_to_fix(results) {
        lines.push(format!(
            "Fix first: {} {}\n{}",
            first.check.id,
            first.check.title,
            indented("cause", &wrapped(first.likely()))
        ));
    }
    lines.join("\n")
}

/// The failure that is to be mended first; of several that are equal, the first.
pub fn first_to_fix(results: &[Graded]) -> Option<&Graded> {
    results.iter().filter(|one| one.has_failed()).min_by_key(|one| one.rank)
}

fn passed_of<'a>(results: impl Iterator<Item = &'a Graded>) -> String {
    let (mut passed, mut all) = (0, 0);
    for one in results.filter(|one| one.verdict != Verdict::NotApplicable) {
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
