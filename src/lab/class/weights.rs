//! What each check counts, and the mark that follows.
//!
//! Read first: `lab/check/results.rs`. It does not know how a check is made.

use std::collections::HashMap;

use crate::lab::check::catalogue::About;
use crate::lab::check::catalogue::Kind;
use crate::lab::check::outcome::Verdict;
use crate::lab::check::results::Graded;
use crate::wire::printable;

/// The best mark.
pub const BEST: f64 = 20.0;

/// Most that a check can count.
const MAX_WEIGHT: f64 = 1000.0;

/// What the checks count: a check's own weight, or else its level's, or else 1. What begins with `client` is about
/// clients, and all else about servers: a server's 4.1 is another check than a client's.
#[derive(Debug, Default)]
pub struct Weights(HashMap<String, f64>);

impl Weights {
    /// Reads lines such as `report 4`, `5.1 2` and `client 5.1 2`; empty ones and those that begin with `#` count for
    /// nothing.
    ///
    /// # Errors
    /// A line that is neither, a second one for the same, a check that there is not. In a sentence with the line's
    /// number.
    pub fn parse(text: &str) -> Result<Weights, String> {
        let mut weights = HashMap::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, weight) = parse_line(line).map_err(|why| format!("line {}: {why}", index + 1))?;
            if weights.insert(name.clone(), weight).is_some() {
                return Err(format!("line {}: {name} has a weight already", index + 1));
            }
        }
        Ok(Weights(weights))
    }

    /// What this check counts.
    fn of(&self, kind: Kind, check: &About) -> f64 {
        let own = self.0.get(&name(kind, check.id)).or_else(|| self.0.get(&name(kind, check.level.word())));
        own.copied().unwrap_or(1.0)
    }

    /// The mark, from 0 to [`BEST`]: the weight of what passed of the weight of what applies. `None` if nothing
    /// applies.
    pub fn mark(&self, kind: Kind, results: &[Graded]) -> Option<f64> {
        let weigh = |fits: fn(Verdict) -> bool| -> f64 {
            results.iter().filter(|one| fits(one.verdict)).map(|one| self.of(kind, &one.check)).sum()
        };
        let all = weigh(|verdict| verdict != Verdict::NotApplicable);
        (all > 0.0).then(|| BEST * weigh(|verdict| verdict == Verdict::Passed) / all)
    }
}

/// What a check or a level of this kind is called here.
fn name(kind: Kind, of: &str) -> String {
    match kind {
        Kind::Server => of.to_string(),
        Kind::Client => format!("client {of}"),
    }
}

fn parse_line(line: &str) -> Result<(String, f64), String> {
    let wanted = "a level or a check, a space and its weight, such as 'report 4', '5.1 2' or 'client 5.1 2'";
    let words: Vec<_> = line.split_whitespace().collect();
    let (kind, of, weight) = match words[..] {
        [of, weight] => (Kind::Server, of, weight),
        ["client", of, weight] => (Kind::Client, of, weight),
        _ => return Err(format!("it should be {wanted}, not '{}'", printable(line))),
    };
    let is_level = kind.levels().iter().any(|level| level.word() == of);
    if !is_level && !kind.checks(&[]).iter().any(|check| check.id == of) {
        let option = if kind == Kind::Client { "--client " } else { "" };
        let (of, kind) = (printable(of), kind.word());
        return Err(format!("'{of}' is no level and no check of a {kind}; lab check {option}--list shows them all"));
    }
    let parsed = weight.replace(',', ".").parse().ok().filter(|weight| (0.0..=MAX_WEIGHT).contains(weight));
    let parsed =
        parsed.ok_or_else(|| format!("a weight is a number from 0 to {MAX_WEIGHT}, not '{}'", printable(weight)))?;
    Ok((name(kind, of), parsed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::catalogue::{Kind, Level};
    use crate::lab::check::outcome::Failure;

    fn graded(id: &'static str, level: Level, verdict: Verdict) -> Graded {
        let check = About { id, level, title: "", rule: "", hint: "", run: () };
        let outcome = if verdict == Verdict::Passed { Ok(()) } else { Err(Failure::new(verdict, "")) };
        Graded::new(Kind::Server, &check, outcome, vec![], String::new())
    }

    #[test]
    fn a_mark_is_the_weight_of_what_passed_of_what_applies() {
        let results = [
            graded("1.1", Level::Report, Verdict::Passed),
            graded("2.1", Level::Report, Verdict::Skipped),
            graded("5.1", Level::Stream, Verdict::Failed),
            graded("8.5", Level::Threads, Verdict::NotApplicable),
        ];
        let mark_of = |kind, text: &str| Weights::parse(text).unwrap().mark(kind, &results);
        let mark = |text| mark_of(Kind::Server, text);
        assert_eq!(mark(""), Some(BEST / 3.0));
        assert_eq!(mark("report 4\n5.1 2\n"), Some(BEST * 4.0 / 10.0));
        assert_eq!(mark("# mine\n\nreport 0\r\n1.1 0,5\nstream 0.5"), Some(BEST / 2.0));
        assert_eq!(mark("report 0\nstream 0"), None);
        assert_eq!(mark_of(Kind::Client, "report 4\nclient report 2\nclient 1.1 3"), Some(BEST * 3.0 / 6.0));
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number() {
        for (text, words) in [
            ("report 4\nreprot 2", "line 2: 'reprot' is no level and no check"),
            ("\n9.9 2", "line 2: '9.9' is no level"),
            ("1.1", "line 1: it should be a level or a check"),
            ("1.1 2 3", "line 1: it should be"),
            ("client threads 2", "line 1: 'threads' is no level and no check of a client; lab check --client --list"),
            ("files 2", "line 1: 'files' is no level and no check of a server"),
            ("1.1 -1", "line 1: a weight is a number from 0 to 1000, not '-1'"),
            ("1.1 nan", "not 'nan'"),
            ("1.1 inf", "not 'inf'"),
            ("1.1 1\n1.1 2", "line 2: 1.1 has a weight already"),
        ] {
            let why = Weights::parse(text).unwrap_err();
            assert!(why.contains(words), "{text:?}: {why}");
        }
    }
}
