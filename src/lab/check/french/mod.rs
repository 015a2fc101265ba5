//! What the checks say, in French. The English stands beside each check, and in `cause.rs`.
//!
//! Read first: `lab/check/catalogue.rs`. It does not know how a check is made.

pub mod servers;

pub mod clients;

pub mod causes;

pub mod sentences;

pub mod rules;

use crate::lab::check::catalogue::Kind;

/// What a check says of itself in French.
#[derive(Debug)]
pub struct French {
    /// Its number.
    pub id: &'static str,
    /// What a good program does, in a sentence.
    pub title: &'static str,
    /// The likely cause if it does not pass, and what to look at.
    pub hint: &'static str,
}

/// The French texts of a check. Every check has them: a test looks at that.
pub fn of(kind: Kind, id: &str) -> Option<&'static French> {
    let all = match kind {
        Kind::Server => servers::CHECKS,
        Kind::Client => clients::CHECKS,
    };
    all.iter().find(|french| french.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::catalogue::{numbers, About, Check};
    use crate::lab::check::{clients as of_clients, results, servers as of_servers};

    /// Each check has one entry and no entry is left over; no text stayed English.
    #[track_caller]
    fn assert_is_french(all: &[French], mut checks: Vec<About>) {
        checks.sort_by_key(|check| numbers(check.id));
        let ids: Vec<_> = checks.iter().map(|check| check.id).collect();
        assert_eq!(all.iter().map(|french| french.id).collect::<Vec<_>>(), ids);
        for (french, check) in all.iter().zip(&checks) {
            let French { id, title, hint } = french;
            assert!(title.ends_with('.') && *title != check.title, "{id}: {title}");
            assert!(!hint.is_empty() && !hint.ends_with('.') && *hint != check.hint, "{id}: {hint}");
            // A command or a code is the same in both languages.
            for word in check.title.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_') {
                assert!(word.len() < 3 || title.contains(word), "{id} lacks {word}: {title}");
            }
        }
    }

    #[test]
    fn every_check_of_servers_has_its_french() {
        assert_is_french(servers::CHECKS, of_servers::selected(&[], &[]).into_iter().map(Check::about).collect());
    }

    #[test]
    fn every_check_of_clients_has_its_french() {
        assert_is_french(clients::CHECKS, of_clients::selected(&[], &[]).into_iter().map(Check::about).collect());
    }

    /// The headings of both documents come in the same order, so a rule stands under the heading of the same number.
    #[test]
    fn every_rule_has_its_french_at_the_same_place_of_the_protocol() {
        fn number_of(document: &str, place: &str) -> Option<usize> {
            let mut headings = document.lines().filter(|line| line.starts_with('#'));
            headings.position(|line| place.ends_with(&format!(".md, {}", line.trim_start_matches(['#', ' ']))))
        }
        let (english, french) =
            (include_str!("../../../../docs/PROTOCOL.md"), include_str!("../../../../docs/PROTOCOLE.md"));
        let of_servers = of_servers::selected(&[], &[]).into_iter().map(Check::about);
        let of_clients = of_clients::selected(&[], &[]).into_iter().map(Check::about);
        let checks: Vec<_> = of_servers.chain(of_clients).collect();
        for (rule, _) in rules::RULES {
            assert!(checks.iter().any(|check| check.rule == *rule), "no check quotes: {rule}");
        }
        for check in checks {
            let (id, rule) = (check.id, check.rule);
            let in_french = rules::of(rule).unwrap_or_else(|| panic!("{id} has no French for: {rule}"));
            if results::heading_of(rule).is_some() {
                let place = results::place_of(rule).and_then(|place| number_of(english, &place));
                let french_place = results::french_place_of(in_french).and_then(|place| number_of(french, &place));
                assert!(place.is_some() && place == french_place, "{id}: {place:?} {french_place:?} {in_french}");
            }
        }
    }

    /// The compiler sees that each cause has a French text. This test sees that no text was only copied.
    #[test]
    fn no_cause_stayed_english() {
        let texts = |source: &'static str| source.split('"').skip(1).step_by(2).filter(|text| text.contains(' '));
        let english = concat!(include_str!("../cause.rs"), include_str!("../clients/causes.rs"));
        let french: Vec<_> = texts(include_str!("causes.rs")).collect();
        assert!(french.len() > 50, "{}", french.len());
        for text in french {
            assert!(!english.contains(text), "{text}");
        }
    }
}
