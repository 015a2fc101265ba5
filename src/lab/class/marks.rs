//! `marks.csv`: the class for a spreadsheet.
//!
//! Read first: `row.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::About;
use crate::lab::check::outcome::Verdict;
use crate::lab::class::row::Row;
use crate::lab::class::weights::Weights;
use crate::wire::printable;

/// By it spreadsheets know UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A line for each student, with a cell for each check. Semicolons part the cells and decimals have a comma, as
/// spreadsheets in French want it.
pub fn csv(rows: &[Row], checks: &[About], weights: &Weights) -> String {
    let columns = ["student", "mark", "passed", "of", "not applicable", "in a clause"];
    let head = columns.into_iter().chain(checks.iter().map(|check| check.id)).map(str::to_string).collect();
    let lines = rows.iter().map(|row| cells(row, checks, weights));
    let lines = std::iter::once(head).chain(lines).map(|cells: Vec<String>| cells.join(";") + "\r\n");
    std::iter::once(BYTE_ORDER_MARK.to_string()).chain(lines).collect()
}

fn cells(row: &Row, checks: &[About], weights: &Weights) -> Vec<String> {
    let numbers = match row.why_not() {
        Some(_) => [String::new(), String::new(), String::new()],
        None => [row.count(Verdict::Passed), row.applicable(), row.count(Verdict::NotApplicable)]
            .map(|number| number.to_string()),
    };
    let mark = match row.mark(weights).as_str() {
        "-" => String::new(),
        mark => mark.replace('.', ","),
    };
    let verdict = |check: &About| {
        let graded = row.results().iter().find(|one| one.check.id == check.id);
        graded.map_or(String::new(), |one| one.verdict.word().to_string())
    };
    let mut cells = vec![cell(&row.name), mark];
    cells.extend(numbers);
    cells.push(cell(&row.clause()));
    cells.extend(checks.iter().map(verdict));
    cells
}

/// A cell with a text that may hold anything. A spreadsheet takes some beginnings for a formula, and runs it.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(char::is_alphanumeric) || text.is_empty() { "" } else { "'" };
    format!("\"{guard}{}\"", printable(text).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_becomes_two() {
        assert_eq!(cell("Ama"), "\"Ama\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("-x;\"y\"\n"), "\"'-x;\"\"y\"\"\\n\"");
    }
}
