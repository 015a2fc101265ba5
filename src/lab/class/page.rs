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
use crate::lab::class::weights::Weights;
use crate::lab::class::words;
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
.map .id { height: 3.6em; font-weight: normal; font-size: 9.5px }
.map .id span { writing-mode: vertical-rl; white-space: nowrap; line-height: 1 }
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
pub fn html(rows: &[Row], sheets: &[Sheet], weights: &Weights, seed: u64, lang: Lang) -> String {
    let introduction =
        format!("<h1>{}</h1>\n<p>{}</p>", words::students(rows.len(), lang), words::introduction(seed, lang));
    let sections = sheets.iter().enumerate().map(|(index, sheet)| {
        let parts = rows.iter().map(|row| (row, &row.parts[index])).collect();
        let title = match sheets.len() {
            1 => String::new(),
            _ => format!("<h2>{}s</h2>\n", sheet.kind.word_in(lang)),
        };
        title + &section(parts, sheet, weights, lang)
    });
    let body: Vec<_> = [introduction, legend(lang)].into_iter().chain(sections).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        lang.words("en", "fr"),
        lang.words("The class", "La classe"),
        body.join("\n")
    )
}

/// A student and the program of one kind.
type Entry<'a> = (&'a Row, &'a Part);

/// The programs of one kind. Students who have handed in another one alone are named, and have no row here.
fn section(entries: Vec<Entry>, sheet: &Sheet, weights: &Weights, lang: Lang) -> String {
    let (without, entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(row, part)| row.does_without(part));
    let graded = entries.iter().filter(|(_, part)| part.why_not(lang).is_none()).count();
    let names: Vec<_> = without.iter().map(|(row, _)| escaped(&row.name)).collect();
    format!(
        "<p>{}{}</p>\n{}\n<h3>{}</h3>\n{}",
        words::graded(graded, sheet, entries.len(), lang),
        words::without(sheet.kind, &names, lang),
        map(&entries, sheet, weights, lang),
        lang.words("What to fix first", "À corriger d'abord"),
        causes(&entries, lang)
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

fn legend(lang: Lang) -> String {
    let entries = [
        (Verdict::Passed, lang.words("passed", "réussie")),
        (Verdict::Failed, lang.words("failed", "échouée")),
        (Verdict::Skipped, lang.words("could not run (counts as not passed)", "omise (compte comme non réussie)")),
        (Verdict::NotApplicable, lang.words("not applicable (counts for nothing)", "sans objet (ne compte pas)")),
    ];
    let entry = |(verdict, meaning)| {
        let (class, symbol) = look(verdict);
        format!("<span class=\"{class}\">{symbol}</span>{meaning}")
    };
    format!("<p class=\"legend\">{}</p>", entries.map(entry).concat())
}

/// The students by the checks.
fn map(entries: &[Entry], sheet: &Sheet, weights: &Weights, lang: Lang) -> String {
    let checks = &sheet.checks;
    let levels = Level::ALL.map(|level| {
        let count = checks.iter().filter(|check| check.level == level).count();
        match count {
            0 => String::new(),
            _ => format!("<th class=\"begins\" colspan=\"{count}\">{}</th>", level.word()),
        }
    });
    let ids = cells(checks, |check, begins| {
        let title = escaped(check.title_in(sheet.kind, lang));
        format!("<th class=\"id{begins}\" title=\"{title}\"><span>{}</span></th>", check.id)
    });
    let failures = cells(checks, |check, begins| {
        let results = entries.iter().flat_map(|(_, part)| part.results());
        let of_check = results.filter(|one| one.check.id == check.id);
        let failed = of_check.filter(|one| one.has_failed()).count();
        let title = format!("{} {}", check.id, lang.words("failed", "échouée"));
        format!("<td class=\"{}\" title=\"{title}\">{failed}</td>", begins.trim())
    });
    let students: Vec<_> = entries.iter().map(|entry| student(*entry, checks, weights, lang)).collect();
    // A row of its own sets the widths: the first one joins columns.
    let columns = format!("<col class=\"name\"><col class=\"mark\">{}", "<col>".repeat(checks.len()));
    format!(
        "<table class=\"map\">\n<colgroup>{columns}</colgroup>\n<thead>\n<tr>\
         <th class=\"name\"></th><th class=\"mark\"></th>{}\
         </tr>\n<tr><th class=\"name\">{}</th><th class=\"mark\">{}</th>{ids}</tr>\n</thead>\n<tbody>\n{}\n\
         <tr class=\"sum\"><td class=\"name\">{}</td><td></td>{failures}</tr>\n</tbody>\n</table>",
        levels.concat(),
        lang.words("student", "étudiant"),
        lang.words("mark", "note"),
        students.join("\n"),
        lang.words("how many failed", "nombre d'échecs")
    )
}

/// A cell for each check; one that begins a level is told so.
fn cells(checks: &[About], cell: impl Fn(&About, &str) -> String) -> String {
    let begins = |index: usize| index == 0 || checks[index - 1].level != checks[index].level;
    let cells = checks.iter().enumerate();
    cells.map(|(index, check)| cell(check, if begins(index) { " begins" } else { "" })).collect()
}

fn student((row, part): Entry, checks: &[About], weights: &Weights, lang: Lang) -> String {
    let of_checks = match part.why_not(lang) {
        Some(why) => {
            let (why, not) = (escaped(&why), lang.words("not graded:", "pas de note :"));
            format!("<td class=\"why begins\" colspan=\"{}\" title=\"{why}\">{not} {why}</td>", checks.len())
        }
        None => cells(checks, |check, begins| {
            let Some(one) = part.results().iter().find(|one| one.check.id == check.id) else { return String::new() };
            let (class, symbol) = look(one.verdict);
            let (title, verdict) = (one.title(lang), one.verdict.word_in(lang));
            let title = escaped(&format!("{} {} {title}{} {verdict}", row.name, check.id, lang.words(":", " :")));
            format!("<td class=\"{class}{begins}\" title=\"{title}\">{symbol}</td>")
        }),
    };
    let (name, mark) = (escaped(&row.name), part.mark(weights, lang));
    let text = escaped(&text_name(row));
    format!(
        "<tr><th class=\"name\" title=\"{name}\"><a href=\"{text}\">{name}</a></th>\
         <td class=\"mark\">{mark}</td>{of_checks}</tr>"
    )
}

/// The causes that most students have to mend first.
fn causes(entries: &[Entry], lang: Lang) -> String {
    // A student counts once: what else failed often follows from the first cause.
    let mut found: BTreeMap<&str, Vec<&Graded>> = BTreeMap::new();
    for first in entries.iter().filter_map(|(_, part)| first_to_fix(part.results())) {
        found.entry(first.likely(lang)).or_default().push(first);
    }
    let (students, count) = (found.values().map(Vec::len).sum::<usize>(), found.len());
    if count == 0 {
        return format!("<p>{}</p>", lang.words("No check failed.", "Aucune vérification n'a échoué."));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, firsts)| (Reverse(firsts.len()), firsts.iter().map(|first| first.rank).min()));
    found.truncate(CAUSES_SHOWN);
    let lines: Vec<_> = found.iter().map(|(cause, firsts)| line(cause, firsts, students, lang)).collect();
    let what = words::causes(students, entries.len(), lines.len(), count, lang);
    format!("<p>{what}</p>\n<table class=\"causes\">\n{}\n</table>", lines.join("\n"))
}

/// A cause, how many of the students have it, and which checks showed it.
fn line(cause: &str, firsts: &[&Graded], students: usize, lang: Lang) -> String {
    let mut ids: Vec<_> = firsts.iter().map(|first| first.check.id).collect();
    ids.sort_by_key(|id| numbers(id));
    ids.dedup();
    format!(
        "<tr><td class=\"number\">{}</td><td>{}.<br><span class=\"ids\">{} {}</span></td></tr>",
        words::of(firsts.len(), students, lang),
        escaped(cause),
        lang.words("seen in", "vue dans"),
        ids.join(", ")
    )
}
