//! `marks.csv`: the class for a spreadsheet.
//!
//! Read first: `row.rs`. It does not know how a check is made.

use crate::lab::check::outcome::Verdict;
use crate::lab::class::kind::Sheet;
use crate::lab::class::row::{Part, Row};
use crate::lab::class::weights::Weights;
use crate::lab::lang::Lang;
use crate::wire::printable;

/// By it spreadsheets know UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// With more digits a spreadsheet rounds a number.
const MAX_DIGITS: usize = 15;

/// What is told of each program before its checks, in English and in French.
const COLUMNS: [(&str, &str); 5] = [
    ("mark", "note"),
    ("passed", "réussies"),
    ("of", "sur"),
    ("not applicable", "sans objet"),
    ("in a clause", "en bref"),
];

/// The columns' names, in a line. A check's number does not stand alone: a spreadsheet takes 1.10 for 1.1.
pub fn head(sheets: &[Sheet], lang: Lang) -> String {
    let is_alone = sheets.len() == 1;
    let told = |sheet: &Sheet| {
        let of = if is_alone { String::new() } else { sheet.kind.word_in(lang).to_string() + lang.words(" ", " : ") };
        COLUMNS.map(|(english, french)| format!("{of}{}", lang.words(english, french)))
    };
    let checks = |sheet: &Sheet| {
        let kind = sheet.kind.word_in(lang);
        sheet.checks.iter().map(|check| format!("{kind} {}", check.id)).collect::<Vec<_>>()
    };
    let columns = sheets.iter().flat_map(told).chain(sheets.iter().flat_map(checks));
    let cells: Vec<_> = std::iter::once(lang.words("student", "étudiant").to_string()).chain(columns).collect();
    format!("{BYTE_ORDER_MARK}{}", line_of(&cells))
}

/// A student's line, with a cell for each check.
pub fn line(row: &Row, sheets: &[Sheet], weights: &Weights, lang: Lang) -> String {
    let verdicts = |(part, sheet): (&Part, &Sheet)| {
        let found = |id| part.results().iter().find(|one| one.check.id == id);
        let verdict = |id| found(id).map_or("", |one| one.verdict.word_in(lang));
        sheet.checks.iter().map(|check| verdict(check.id).to_string()).collect::<Vec<_>>()
    };
    let told = row.parts.iter().flat_map(|part| told(part, weights, lang));
    let cells: Vec<_> =
        std::iter::once(cell(&row.name)).chain(told).chain(row.parts.iter().zip(sheets).flat_map(verdicts)).collect();
    line_of(&cells)
}

/// The cells of [`COLUMNS`].
fn told(part: &Part, weights: &Weights, lang: Lang) -> [String; 5] {
    let clause = cell(&part.clause(lang));
    if part.results().is_empty() {
        let nothing = String::new;
        return [nothing(), nothing(), nothing(), nothing(), clause];
    }
    // With a comma in both languages: see `line_of`.
    let mark = part.decimal_mark(weights, Lang::French).unwrap_or_default();
    let (passed, neutral) = (part.count(Verdict::Passed), part.count(Verdict::NotApplicable));
    [mark, passed.to_string(), part.applicable().to_string(), neutral.to_string(), clause]
}

/// Semicolons part the cells and decimals have a comma, as spreadsheets in French want it.
fn line_of(cells: &[String]) -> String {
    cells.join(";") + "\r\n"
}

/// A cell with a text that may hold anything. A spreadsheet takes some beginnings for a formula, and runs it; and it
/// makes a date of 1-2, and 7 of 007. Behind an apostrophe all is text.
fn cell(text: &str) -> String {
    let is_harmless = text.is_empty() || text.starts_with(char::is_alphabetic) || is_plain_number(text);
    let guard = if is_harmless { "" } else { "'" };
    format!("\"{guard}{}\"", printable(text).replace('"', "\"\""))
}

/// Is it a number that a spreadsheet shows as it stands? A student's number may be one.
fn is_plain_number(text: &str) -> bool {
    text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_becomes_two() {
        for plain in ["Ama", "\u{c9}mile", "20230012"] {
            assert_eq!(cell(plain), format!("\"{plain}\""));
        }
        for formula in ["=1+1", "+1", "-marks-2", "@x", "\t=1", " =1", "007", "1-2", "1.10", "1234567890123456"] {
            assert!(cell(formula).starts_with("\"'"), "{formula:?}");
        }
        assert_eq!(cell("-x;\"y\"\n"), "\"'-x;\"\"y\"\"\\n\"");
    }
}
