//! What went wrong with a request, and how often each kind of it happened.
//!
//! Read first: `client.rs`. It does not know the server.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::wire::framing::is_timeout;
use crate::wire::{printable, Refusal};

/// Most kinds that are counted separately: a server may invent codes, and memory must not grow with them.
const MAX_KINDS: usize = 20;

/// The name under which kinds beyond [`MAX_KINDS`] are counted.
const OTHER: &str = "other errors";

/// Why a request was not answered with the file.
#[derive(Debug)]
pub enum Trouble {
    /// There is no connection.
    NoConnection(io::Error),
    /// The server refused.
    Refused(Refusal),
    /// The connection failed, or the server closed it, where an answer should come.
    Lost(io::Error),
    /// What came is not what the protocol allows; in a sentence.
    Broken(String),
    /// The time is over. This is not an error of the server: the client is counted as still waiting.
    Late,
}

impl Trouble {
    /// The meaning of an error that came while an answer was requested or read.
    pub fn of(error: io::Error) -> Trouble {
        match error.kind() {
            _ if is_timeout(&error) => Trouble::Late,
            io::ErrorKind::InvalidData => Trouble::Broken(error.to_string()),
            _ => Trouble::Lost(error),
        }
    }

    fn kind(&self) -> String {
        match self {
            Trouble::NoConnection(_) => "no connection".to_string(),
            Trouble::Refused(refusal) => format!("refused: {}", printable(refusal.code.word())),
            Trouble::Lost(_) => "connection lost".to_string(),
            Trouble::Broken(_) => "broken protocol".to_string(),
            Trouble::Late => "too late".to_string(),
        }
    }
}

/// One line for a person, safe for a terminal.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Trouble::NoConnection(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                write!(f, "{error}: closed connections keep this machine's ports for a minute; wait, or ask for less")
            }
            Trouble::NoConnection(error) => write!(f, "{error}"),
            Trouble::Refused(refusal) => f.write_str(&printable(&refusal.message)),
            Trouble::Lost(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the server closed the connection where an answer should come")
            }
            Trouble::Lost(error) => write!(f, "{error}"),
            Trouble::Broken(what) => f.write_str(&printable(what)),
            Trouble::Late => f.write_str("no answer came in time"),
        }
    }
}

/// Errors by their kind: how many, and what the first one said.
#[derive(Debug, Clone, Default)]
pub struct Errors {
    kinds: BTreeMap<String, (u64, String)>,
}

impl Errors {
    /// Counts one.
    pub fn add(&mut self, trouble: &Trouble) {
        self.count(trouble.kind(), 1, || trouble.to_string());
    }

    /// Counts another client's errors too.
    pub fn merge(&mut self, other: Errors) {
        for (kind, (count, example)) in other.kinds {
            self.count(kind, count, || example);
        }
    }

    fn count(&mut self, kind: String, count: u64, example: impl FnOnce() -> String) {
        let is_one_too_many = self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&kind);
        let kind = if is_one_too_many { OTHER.to_string() } else { kind };
        self.kinds.entry(kind).or_insert_with(|| (0, example())).0 += count;
    }

    /// Each kind, with how often it happened and an example; both texts are safe for a terminal.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, u64, &str)> {
        self.kinds.iter().map(|(kind, (count, example))| (kind.as_str(), *count, example.as_str()))
    }

    /// How many there were in all.
    pub fn total(&self) -> u64 {
        self.kinds().map(|(_, count, _)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ErrorCode;

    fn refused(code: &str, message: &str) -> Trouble {
        Trouble::Refused(Refusal { code: ErrorCode::Later(code.to_string()), message: message.to_string() })
    }

    #[test]
    fn errors_are_counted_by_kind_and_the_first_one_is_the_example() {
        let (mut errors, mut others) = (Errors::default(), Errors::default());
        errors.add(&refused("NO", "first"));
        others.add(&refused("NO", "second"));
        others.add(&Trouble::Broken("a \u{1b}[2J header".to_string()));
        errors.merge(others);
        let kinds: Vec<_> = errors.kinds().collect();
        assert_eq!(kinds, [("broken protocol", 1, r"a \u{1b}[2J header"), ("refused: NO", 2, "first")]);
    }

    #[test]
    fn a_server_that_invents_codes_takes_no_memory_with_them() {
        let mut errors = Errors::default();
        (0..1000).for_each(|number| errors.add(&refused(&format!("CODE_{number}"), "")));
        assert_eq!(errors.total(), 1000);
        assert_eq!(errors.kinds().count(), MAX_KINDS + 1);
    }
}
