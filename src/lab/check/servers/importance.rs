//! Which failure to mend first: the one that most likely causes the others.
//!
//! Read first: `catalogue.rs`, `cause.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::{About, Level};
use crate::lab::check::cause::Cause;
use crate::lab::check::servers::GREETING;

/// The first is the most important. For failures of equal importance, the levels and the steps decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Importance {
    /// Sessions are mixed up: whatever else fails may come from that.
    SharedVariable,
    /// Without a right first line or a right size, a client understands nothing.
    Replies,
    /// Another directory is served.
    Directory,
    /// The list arrives, and a small file.
    Basics,
    /// The eight steps with one good client.
    Report,
    /// TCP is a stream of bytes.
    Stream,
    /// One client can do harm to all others, or see what it should not.
    Harm,
    /// Many clients at once.
    Threads,
    /// Mistakes of one client, which get it a wrong answer.
    Robust,
    /// What a client other than telnet never sends.
    Telnet,
}

/// The order of failures of equal importance.
enum Among {
    /// A basic check.
    First,
    Others,
    /// A check that fails only behind other checks.
    Last,
}

impl Among {
    const COUNT: usize = 3;
}

/// If one of these fails, most others fail too: LIST is answered, a small file arrives.
pub(super) const BASICS: [&str; 2] = ["2.1", "5.1"];

/// Clients that vanish, and names that lead out of the directory.
pub(super) const HARM: [&str; 4] = ["1.4", "4.7", "4.8", "5.12"];

/// Telnet's sequences.
pub(super) const TELNET: [&str; 2] = ["2.19", "2.20"];

/// A smaller number is a more important failure. The cause that was seen may be more important than the check itself.
/// But a check that fails only behind other checks says nothing about its own subject.
pub fn rank(check: &About, cause: Option<Cause>) -> usize {
    let importance = match (cause.and_then(|cause| of_cause(cause, check.level)), cause) {
        (Some(of_cause), Some(Cause::LeftBehind | Cause::PlacesKept | Cause::AloneToo)) => of_cause,
        (Some(of_cause), _) => of_cause.min(of_check(check)),
        (None, _) => of_check(check),
    };
    let among_equals = if BASICS.contains(&check.id) {
        Among::First
    } else if matches!(cause, Some(Cause::LeftBehind | Cause::PlacesKept)) {
        Among::Last
    } else {
        Among::Others
    };
    importance as usize * Among::COUNT + among_equals as usize
}

fn of_check(check: &About) -> Importance {
    match check.level {
        _ if check.id == GREETING => Importance::Replies,
        _ if BASICS.contains(&check.id) => Importance::Basics,
        _ if HARM.contains(&check.id) => Importance::Harm,
        _ if TELNET.contains(&check.id) => Importance::Telnet,
        Level::Report => Importance::Report,
        Level::Stream => Importance::Stream,
        Level::Threads => Importance::Threads,
        Level::Robust | Level::Files => Importance::Robust,
    }
}

fn of_cause(cause: Cause, level: Level) -> Option<Importance> {
    match cause {
        Cause::SharedVariable => Some(Importance::SharedVariable),
        Cause::LateGreeting | Cause::SizeTooSmall | Cause::SizeTooLarge | Cause::Header(_) => {
            // In the answers to mistakes and malice, a bad header is less important.
            matches!(level, Level::Report | Level::Stream).then_some(Importance::Replies)
        }
        Cause::WrongDirectory => Some(Importance::Directory),
        Cause::Died { .. } => Some(Importance::Harm),
        Cause::OneClient | Cause::FewClients | Cause::LeftBehind | Cause::PlacesKept | Cause::PlacesTwice => {
            Some(Importance::Threads)
        }
        // The check says nothing about its own subject.
        Cause::AloneToo => Some(Importance::Telnet),
        Cause::SessionEnds
        | Cause::Reset
        | Cause::ClosedUngreeted
        | Cause::EarlierAnswer
        | Cause::ShortLines
        | Cause::OwnCode
        | Cause::Decoded
        | Cause::CutAtZero
        | Cause::Uncaught
        | Cause::OfClient(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::check::cause::HeaderFault;
    use crate::lab::check::servers::selected;

    /// Each is more important than the next.
    #[test]
    fn what_to_mend_first_is_in_this_order() {
        let order = [
            ("5.14", Some(Cause::SharedVariable)),
            ("1.1", None),
            ("3.2", Some(Cause::WrongDirectory)),
            ("5.1", None),
            ("4.2", None),
            ("2.6", None),
            ("5.12", Some(Cause::Died { of_a_client_that_left: true })),
            ("1.5", Some(Cause::OneClient)),
            ("3.1", Some(Cause::LeftBehind)),
            ("2.12", None),
            ("2.19", None),
        ];
        let ranks = order.map(|(id, cause)| {
            let found = selected(&[], &[id.to_string()]);
            found.first().map(|check| rank(&check.about(), cause))
        });
        assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "{ranks:?}");
    }

    #[test]
    fn a_bad_header_counts_more_in_the_report_than_in_the_answer_to_malice() {
        let rank_of = |id: &str| {
            let cause = Some(Cause::Header(HeaderFault::NotPrintable));
            selected(&[], &[id.to_string()]).first().map(|check| rank(&check.about(), cause))
        };
        assert!(rank_of("4.1") < rank_of("6.6"));
    }
}
