//! What the checks found, as text: a line for each check, the whole story of a failure, the table at the end, the TSV.
//!
//! Read first: `mod.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::{About, Check, Kind, Level};
use crate::lab::check::cause::Cause;
use crate::lab::check::french;
use crate::lab::check::outcome::{Failure, Outcome, Verdict};
use crate::lab::lang::Lang;

/// The document with the rules for servers, and with most of the rules for clients.
const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

/// The same in French.
const PROTOCOLE: &str = include_str!("../../../docs/PROTOCOLE.md");

/// The document with the other rules for clients.
const CLIENTS: &str = include_str!("../../../docs/CLIENTS.md");

/// How many events of its conversation a failure shows from the beginning, and as many from the end.
const STEPS_SHOWN: usize = 12;

/// The same for the other clients, if one of several failed.
const STEPS_OF_OTHERS: usize = 3;

/// The width of a sentence's line.
const WIDTH: usize = 90;

/// What the eight steps of the protocol are called in the table, in English and in French.
const STEPS: [(&str, &str); 8] = [
    ("the client connects", "connexion du client"),
    ("it asks for the list", "demande de la liste"),
    ("the server sends the list", "envoi de la liste"),
    ("the client asks for a file", "demande d'un fichier"),
    ("the server sends it", "envoi du fichier"),
    ("as often as one likes", "répétition à volonté"),
    ("the client logs out", "LOGOUT du client"),
    ("the server closes", "fermeture par le serveur"),
];

/// The width of the table's first column: its longest name is "step 4  the client asks for a file".
const NAME_WIDTH: usize = 35;

/// The width of each other column: the longest name of a level, and two spaces.
const CELL_WIDTH: usize = 9;

/// Signs that French puts a space before. No line may begin with one of them.
const NEVER_FIRST: [&str; 4] = [":", ";", "?", "!"];

/// One check's result.
pub struct Graded {
    /// The check.
    pub check: About,
    /// What it grades.
    kind: Kind,
    /// How it ended.
    pub verdict: Verdict,
    /// What was expected and what came; empty if the check passed.
    pub what: String,
    /// The events: the number of a client, and what it did; in order.
    steps: Vec<(usize, String)>,
    /// What the program said when it ended; empty if it still runs.
    ended: String,
    /// What was seen that shows the mistake.
    cause: Option<Cause>,
    /// The number of the client that met the failure, if a client met it.
    client: Option<usize>,
    /// The failure with the smallest number should be mended first; if several have it, the first of them.
    pub rank: usize,
}

impl Graded {
    /// The outcome of a check, its events, and the last words of a program that has ended.
    pub fn new<R>(
        kind: Kind,
        check: &Check<R>,
        outcome: Outcome,
        steps: Vec<(usize, String)>,
        ended: String,
    ) -> Graded {
        let failure = outcome.err().unwrap_or_else(|| Failure::new(Verdict::Passed, ""));
        let Failure { verdict, what, cause, client } = failure;
        Graded { check: check.about(), kind, verdict, what, steps, ended, cause, client, rank: 0 }
    }

    /// Did the program do something wrong?
    pub fn has_failed(&self) -> bool {
        self.verdict.is_failure()
    }

    /// Is it neither a failure nor skipped? A check that is not applicable counts for nothing.
    pub fn is_well(&self) -> bool {
        matches!(self.verdict, Verdict::Passed | Verdict::NotApplicable)
    }

    /// What was seen that shows the mistake, if something was seen.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// The check's title.
    pub fn title(&self, lang: Lang) -> &'static str {
        self.check.title_in(self.kind, lang)
    }

    /// What [`Graded::text_in`] says in English.
    pub fn text(&self) -> String {
        self.text_in(Lang::English)
    }

    /// One line if the check passed, two if it could not run, the whole story if it failed.
    pub fn text_in(&self, lang: Lang) -> String {
        let (id, title) = (self.check.id, self.title(lang));
        let line = |mark: &str| format!("{mark:<5} {id:<5} {title}");
        let part = |english, french, text: &str| indented(lang, lang.words(english, french), text);
        match self.verdict {
            Verdict::Passed => line("ok"),
            Verdict::Skipped => {
                format!("{}\n{}", line(lang.words("skip", "omise")), part("why", "motif", &told(&self.what, lang)))
            }
            Verdict::NotApplicable => {
                format!("{}\n{}", line(lang.words("n/a", "s.o.")), part("why", "motif", &told(&self.what, lang)))
            }
            verdict => {
                let mut parts = vec![
                    format!("{}  [{}]", line(lang.words("FAIL", "ÉCHEC")), verdict.word_in(lang)),
                    part("what", "constat", &told(&self.what, lang)),
                    part("steps", "étapes", &self.steps(lang)),
                    part("rule", "règle", &wrapped(&self.rule(lang))),
                    part("cause", "cause", &wrapped(&self.probable(lang))),
                ];
                if !self.ended.is_empty() {
                    parts.push(part("also", "de plus", &told(&self.ended, lang)));
                }
                format!("\n{}\n", parts.join("\n"))
            }
        }
    }

    fn rule(&self, lang: Lang) -> String {
        let rule = self.check.rule;
        let french = french::rules::of(rule).filter(|_| lang == Lang::French);
        // There is no French docs/CLIENTS.md.
        let from_english = |place: String| french.map_or(place.clone(), |_| format!("traduit de {place}"));
        let place = french.and_then(french_place_of).or_else(|| place_of(rule).map(from_english)).unwrap_or_default();
        format!("\"{}\" ({place})", without_marks(french.unwrap_or(rule)))
    }

    fn probable(&self, lang: Lang) -> String {
        let likely = self.likely(lang);
        match lang {
            Lang::English => format!("probably {likely}."),
            Lang::French => format!("Probablement, {likely}."),
        }
    }

    /// The likely mistake: the cause that was seen, or else the check's own hint.
    pub fn likely(&self, lang: Lang) -> &'static str {
        self.cause.map_or(self.check.hint_in(self.kind, lang), |cause| cause.text_in(lang))
    }

    /// The events of the conversation; if there are several clients, each with its client's number.
    fn steps(&self, lang: Lang) -> String {
        let alone = self.steps.iter().all(|(client, _)| *client == 1);
        let line = |(client, step): &(usize, String)| {
            let step = told_step(step, lang);
            if alone {
                step
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
            lang.words("none", "aucune").to_string()
        } else {
            with_gaps(&lines, &shown, lang).join("\n")
        }
    }
}

/// Sentences that were built in English, in this language.
pub fn told(sentences: &str, lang: Lang) -> String {
    match lang {
        Lang::English => sentences.to_string(),
        Lang::French => french::sentences::french(sentences),
    }
}

/// The same for an event of a conversation.
fn told_step(step: &str, lang: Lang) -> String {
    match lang {
        Lang::English => step.to_string(),
        Lang::French => french::sentences::step_in_french(step),
    }
}

/// The first `count` and the last `count`; all, if there are no more.
fn ends(all: &[usize], count: usize) -> Vec<usize> {
    if all.len() <= 2 * count {
        all.to_vec()
    } else {
        [&all[..count], &all[all.len() - count..]].concat()
    }
}

/// These lines, and between them how many lines are left out.
fn with_gaps(lines: &[String], shown: &[usize], lang: Lang) -> Vec<String> {
    let mut text = Vec::new();
    let mut next = 0;
    let more = |hidden: usize| match lang {
        Lang::English => format!("... ({hidden} more)"),
        Lang::French => format!("... (encore {hidden})"),
    };
    let gap = |hidden: usize| (hidden > 0).then(|| more(hidden));
    for index in shown {
        text.extend(gap(index - next));
        text.push(lines[*index].clone());
        next = index + 1;
    }
    text.extend(gap(lines.len() - next));
    text
}

/// A text behind its label, in a column as wide as the language's longest label.
fn indented(lang: Lang, label: &str, text: &str) -> String {
    let width = lang.words("steps", "constat").chars().count();
    let mut lines = text.lines();
    let first = format!("      {label:<width$} {}", lines.next().unwrap_or_default());
    lines.fold(first, |all, line| format!("{all}\n      {:width$} {line}", ""))
}

/// A rule as a person reads it, without the marks of Markdown for what is bold, stressed, or in a table.
fn without_marks(rule: &str) -> String {
    let plain = rule.replace("**", "").replace(" | ", " - ");
    // Stressed words stand between two stars. A star alone belongs to the grammar, as in `*DIGIT`.
    if plain.matches('*').count() % 2 == 0 {
        plain.replace('*', "")
    } else {
        plain
    }
}

/// Sentences in lines of a readable width.
fn wrapped(text: &str) -> String {
    let fits = |line: &str, word: &str| line.chars().count() + 1 + word.chars().count() <= WIDTH;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if fits(line, word) || NEVER_FIRST.contains(&word) => *line += &format!(" {word}"),
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

/// The same of French words, in docs/PROTOCOLE.md.
pub fn french_place_of(words: &str) -> Option<String> {
    heading_in(PROTOCOLE, words).map(|heading| format!("docs/PROTOCOLE.md, {heading}"))
}

fn heading_in(document: &str, rule: &str) -> Option<String> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A heading begins a section; its first line is the heading.
    let sections = document.split("\n#");
    let holds = |section: &&str| words(section).contains(&words(rule));
    let heading = sections.into_iter().find(holds)?.lines().next()?;
    Some(heading.trim_start_matches(['#', ' ']).to_string())
}

/// The table of the passed checks for each step and level, and what to mend first.
pub fn summary(results: &[Graded], levels: [Level; 4], lang: Lang) -> String {
    let names = levels.map(|level| level.word().to_string());
    let mut lines = vec![row(lang.words("passed of all", "réussies / total"), &names)];
    for (index, (english, french)) in STEPS.into_iter().enumerate() {
        let number = (index + 1).to_string();
        let cells = levels.map(|level| {
            passed_of(results.iter().filter(|one| one.check.step() == number && one.check.level == level))
        });
        lines.push(row(&format!("{} {number}  {}", lang.words("step", "étape"), lang.words(english, french)), &cells));
    }
    let cells = levels.map(|level| passed_of(results.iter().filter(|one| one.check.level == level)));
    lines.push(row(lang.words("all steps", "toutes les étapes"), &cells));
    lines.push(format!("\n{}", counts(results, lang)));
    if let Some(first) = first_to_fix(results) {
        let (id, title, likely) = (first.check.id, first.title(lang), first.likely(lang));
        let (begins, cause) = match lang {
            Lang::English => ("Fix first:", likely.to_string()),
            Lang::French => ("À corriger d'abord :", format!("{likely}.")),
        };
        lines.push(format!("{begins} {id} {title}"));
        lines.push(indented(lang, "cause", &wrapped(&cause)));
    }
    lines.join("\n")
}

/// How many checks ended in which way, in a sentence.
fn counts(results: &[Graded], lang: Lang) -> String {
    let count = |fits: fn(&Graded) -> bool| results.iter().filter(|one| fits(one)).count();
    let passed = count(|one| one.verdict == Verdict::Passed);
    let neutral = count(|one| one.verdict == Verdict::NotApplicable);
    let (failed, skipped) = (count(Graded::has_failed), count(|one| one.verdict == Verdict::Skipped));
    let all = results.len() - neutral;
    match lang {
        Lang::English => {
            format!("{passed} of {all} passed, {failed} failed, {skipped} could not run, {neutral} not applicable.")
        }
        Lang::French => format!(
            "Vérifications réussies : {passed} sur {all} ; échouées : {failed} ; omises : {skipped} ; sans objet : \
             {neutral}."
        ),
    }
}

/// The failure that should be mended first; if several are equal, the first of them.
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
    cells.iter().fold(format!("{name:<NAME_WIDTH$}"), |line, cell| format!("{line}{cell:>CELL_WIDTH$}"))
}

/// A line for each check, for a spreadsheet and for programs. It is in English, also if the report is in French.
pub fn tsv(results: &[Graded]) -> String {
    let lines = results.iter().map(|one| {
        // A tab would begin another cell. The events of a conversation are left out.
        let what = one.what.replace(['\t', '\n'], " ");
        format!("{}\t{}\t{}\t{}\t{what}\n", one.check.id, one.check.level.word(), one.verdict.word(), one.check.title)
    });
    std::iter::once("check\tlevel\tverdict\ttitle\twhat\n".to_string()).chain(lines).collect()
}

/// All these checks, without running them.
pub fn list<R>(kind: Kind, checks: &[&Check<R>], lang: Lang) -> String {
    let line = |check: &&Check<R>| format!("{:<8} {:<5} {}", check.level.word(), check.id, check.title_in(kind, lang));
    let lines = checks.iter().map(line);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_shown_without_the_marks_of_markdown_and_with_the_stars_of_the_grammar() {
        for (rule, shown) in [
            ("**7. The client ends its session.**", "7. The client ends its session."),
            ("One TCP connection is one *session*", "One TCP connection is one session"),
            ("NOT_TEXT | the line is not UTF-8 | goes on", "NOT_TEXT - the line is not UTF-8 - goes on"),
            ("*(size SP filename LF)", "*(size SP filename LF)"),
            ("\"0\" / (%x31-39 *DIGIT)", "\"0\" / (%x31-39 *DIGIT)"),
        ] {
            assert_eq!(without_marks(rule), shown);
        }
    }
}
