//! `class.html`: the class at a glance, on one page that needs nothing beside it.
//!
//! Read first: `row.rs`. It does not know how a check is made.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::lab::check::catalogue::{numbers, About, Level};
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::{first_to_fix, Graded};
use crate::lab::class::kind::Sheet;
use crate::lab::class::out::text_name;
use crate::lab::class::row::{Part, Row};
use crate::lab::class::weights::{Weights, BEST};
use crate::lab::lang::Lang;
use crate::lab::timeline::svg::escaped;

/// So many causes are shown.
const CAUSES_SHOWN: usize = 5;

/// How it looks, on a screen and on paper. Each cell has a symbol, for who sees no colours or has a printer without.
const STYLE: &str = "
@page { size: A4 landscape; margin: 10mm }
* { -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em; color: #1c1c1c; background: #fff }
h1 { margin: 0 0 .2em } h2, h3 { margin: 1.6em 0 .5em } h2::first-letter { text-transform: uppercase }
h2, h3, h2 + p, h3 + p { break-after: avoid }
a { color: #174a8c }
table { border-collapse: collapse }
.map { width: 100%; table-layout: fixed; font-size: 12px }
.map th, .map td { border: 1px solid #d5d5d5; padding: 0; text-align: center; height: 1.75em; overflow: hidden }
.map .name { width: 13em; text-align: left; padding: 0 .4em; white-space: nowrap; text-overflow: ellipsis;
  font-weight: normal }
.map .mark { width: 3.6em; text-align: right; padding: 0 .4em; font-variant-numeric: tabular-nums }
.map .id { height: 3.6em; font-weight: normal; font-size: 10px }
.map .id span { writing-mode: vertical-rl; white-space: nowrap }
.map .why { text-align: left; padding: 0 .4em; background: #f4f4f4; font-style: italic }
.map .sum td { font-size: 9px; border-top: 2px solid #555 }
.map .begins { border-left: 2px solid #555 }
.p { background: #e3f1e3; color: #2c6a2c } .f { background: #a32020; color: #fff; font-weight: bold }
.s { background: #d9d9d9; color: #333 } .n { background: #fff; color: #777 }
.legend span { display: inline-block; width: 1.6em; text-align: center; border: 1px solid #d5d5d5;
  margin: 0 .3em 0 1em }
.causes td { padding: .3em .8em .3em 0; vertical-align: top; border-top: 1px solid #ddd }
.causes .number { font-size: 1.3em; white-space: nowrap }
.causes .ids { font-size: .85em; color: #555 }
thead { display: table-header-group } tr { break-inside: avoid }
@media print {
  body { margin: 0; font-size: 9pt }
  .map { font-size: 7pt } .map .id, .map .sum td { font-size: 5.5pt }
  .map .name { width: 34mm } .map .mark { width: 10mm }
  a { color: inherit; text-decoration: none }
}
";

/// The page.
pub fn html(rows: &[Row], sheets: &[Sheet], weights: &Weights, seed: u64) -> String {
    let introduction = format!(
        "<h1>{} students</h1>\n<p>Marks are out of {BEST}; the files came from seed {seed}. A name leads to the \
         student's text; a cell tells more when the pointer rests on it.</p>",
        rows.len()
    );
    let sections = sheets.iter().enumerate().map(|(index, sheet)| {
        let parts = rows.iter().map(|row| (row, &row.parts[index])).collect();
        let title = if sheets.len() == 1 { String::new() } else { format!("<h2>{}s</h2>\n", sheet.kind.word()) };
        title + &section(parts, sheet, weights)
    });
    let body: Vec<_> = [introduction, legend()].into_iter().chain(sections).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>The class</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        body.join("\n")
    )
}

/// A student and the program of one kind.
type Entry<'a> = (&'a Row, &'a Part);

/// The programs of one kind. Students who have handed in another one alone are named, and have no row here.
fn section(entries: Vec<Entry>, sheet: &Sheet, weights: &Weights) -> String {
    let (without, entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(row, part)| row.does_without(part));
    let graded = entries.iter().filter(|(_, part)| part.why_not().is_none()).count();
    let (all, checks) = (entries.len(), sheet.checks.len());
    let names: Vec<_> = without.iter().map(|(row, _)| escaped(&row.name)).collect();
    let without = match names.len() {
        0 => String::new(),
        count => format!(" {count} without a {}: {}.", sheet.kind.word(), names.join(", ")),
    };
    format!(
        "<p>{graded} of {all} graded, with {checks} checks each.{without}</p>\n{}\n<h3>What to fix first</h3>\n{}",
        map(&entries, &sheet.checks, weights),
        causes(&entries)
    )
}

/// The class and the symbol of a cell.
fn look(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Passed => ("p", "·"),
        Verdict::Failed | Verdict::NoReply | Verdict::Closed | Verdict::LostToReset => ("f", "×"),
        Verdict::Skipped => ("s", "–"),
        Verdict::NotApplicable => ("n", "○"),
    }
}

fn legend() -> String {
    let entries = [
        (Verdict::Passed, "passed"),
        (Verdict::Failed, "failed"),
        (Verdict::Skipped, "could not run (counts as not passed)"),
        (Verdict::NotApplicable, "not applicable (counts for nothing)"),
    ];
    let entry = |(verdict, meaning)| {
        let (class, symbol) = look(verdict);
        format!("<span class=\"{class}\">{symbol}</span>{meaning}")
    };
    format!("<p class=\"legend\">{}</p>", entries.map(entry).concat())
}

/// The students by the checks.
fn map(entries: &[Entry], checks: &[About], weights: &Weights) -> String {
    let levels = Level::ALL.map(|level| {
        let count = checks.iter().filter(|check| check.level == level).count();
        match count {
            0 => String::new(),
            _ => format!("<th class=\"begins\" colspan=\"{count}\">{}</th>", level.word()),
        }
    });
    let ids = cells(checks, |check, begins| {
        format!("<th class=\"id{begins}\" title=\"{}\"><span>{}</span></th>", escaped(check.title), check.id)
    });
    let failures = cells(checks, |check, begins| {
        let results = entries.iter().flat_map(|(_, part)| part.results());
        let of_check = results.filter(|one| one.check.id == check.id);
        let failed = of_check.filter(|one| one.has_failed()).count();
        format!("<td class=\"{}\" title=\"{} failed\">{failed}</td>", begins.trim(), check.id)
    });
    let students: Vec<_> = entries.iter().map(|entry| student(*entry, checks, weights)).collect();
    // A row of its own sets the widths: the first one joins columns.
    let columns = format!("<col class=\"name\"><col class=\"mark\">{}", "<col>".repeat(checks.len()));
    format!(
        "<table class=\"map\">\n<colgroup>{columns}</colgroup>\n<thead>\n<tr>\
         <th class=\"name\"></th><th class=\"mark\"></th>{}\
         </tr>\n<tr><th class=\"name\">student</th><th class=\"mark\">mark</th>{ids}</tr>\n</thead>\n<tbody>\n{}\n\
         <tr class=\"sum\"><td class=\"name\">how many failed</td><td></td>{failures}</tr>\n</tbody>\n</table>",
        levels.concat(),
        students.join("\n")
    )
}

/// A cell for each check; one that begins a level is told so.
fn cells(checks: &[About], cell: impl Fn(&About, &str) -> String) -> String {
    let begins = |index: usize| index == 0 || checks[index - 1].level != checks[index].level;
    let cells = checks.iter().enumerate();
    cells.map(|(index, check)| cell(check, if begins(index) { " begins" } else { "" })).collect()
}

fn student((row, part): Entry, checks: &[About], weights: &Weights) -> String {
    let of_checks = match part.why_not() {
        Some(why) => {
            let why = escaped(&why);
            format!("<td class=\"why begins\" colspan=\"{}\" title=\"{why}\">not graded: {why}</td>", checks.len())
        }
        None => cells(checks, |check, begins| {
            let Some(one) = part.results().iter().find(|one| one.check.id == check.id) else { return String::new() };
            let (class, symbol) = look(one.verdict);
            let title = escaped(&format!("{} {} {}: {}", row.name, check.id, check.title, one.verdict.word()));
            format!("<td class=\"{class}{begins}\" title=\"{title}\">{symbol}</td>")
        }),
    };
    let (name, mark) = (escaped(&row.name), part.mark(weights));
    let text = escaped(&text_name(row));
    format!(
        "<tr><th class=\"name\" title=\"{name}\"><a href=\"{text}\">{name}</a></th>\
         <td class=\"mark\">{mark}</td>{of_checks}</tr>"
    )
}

/// The causes that most students have to mend first.
fn causes(entries: &[Entry]) -> String {
    // A student counts once: what else failed often follows from the first cause.
    let mut found: BTreeMap<&str, Vec<&Graded>> = BTreeMap::new();
    for first in entries.iter().filter_map(|(_, part)| first_to_fix(part.results())) {
        found.entry(first.likely(Lang::English)).or_default().push(first);
    }
    let (students, count) = (found.values().map(Vec::len).sum::<usize>(), found.len());
    if count == 0 {
        return "<p>No check failed.</p>".to_string();
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, firsts)| (Reverse(firsts.len()), firsts.iter().map(|first| first.rank).min()));
    let lines: Vec<_> = found.iter().take(CAUSES_SHOWN).map(|(cause, firsts)| line(cause, firsts, students)).collect();
    let shown = match count {
        0..=CAUSES_SHOWN => "all causes".to_string(),
        _ => format!("the {CAUSES_SHOWN} most common of {count} causes"),
    };
    let what = format!(
        "A check failed for {students} of {} students. Each of them is counted once, for the cause of what is to be \
         fixed first: other failures often follow from it. Here are {shown}.",
        entries.len()
    );
    format!("<p>{what}</p>\n<table class=\"causes\">\n{}\n</table>", lines.join("\n"))
}

/// A cause, how many of the students have it, and which checks showed it.
fn line(cause: &str, firsts: &[&Graded], students: usize) -> String {
    let mut ids: Vec<_> = firsts.iter().map(|first| first.check.id).collect();
    ids.sort_by_key(|id| numbers(id));
    ids.dedup();
    format!(
        "<tr><td class=\"number\">{} of {students}</td><td>{}.<br><span class=\"ids\">seen in {}</span></td></tr>",
        firsts.len(),
        escaped(cause),
        ids.join(", ")
    )
}
