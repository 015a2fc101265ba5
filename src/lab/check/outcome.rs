//! How a check ends, and the events that led there.
//!
//! Read first: `cause.rs`. It does not know the checks.

use std::sync::{Arc, Mutex};

use crate::lab::check::cause::Cause;
use crate::lab::check::clients::causes::ClientCause;
use crate::lab::lang::Lang;
use crate::lock::locked;
use crate::wire::visible;

/// How many bytes of what was sent or received an event shows, from its beginning and from its end.
const SHOWN: usize = 100;
const SHOWN_OF_END: usize = 30;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As the protocol says.
    Passed,
    /// Something else came.
    Failed,
    /// Nothing came until the time-out.
    NoReply,
    /// The program ended the connection too early: it should have gone on.
    Closed,
    /// A server reset the connection: a reply is lost, or would have been lost on a slower network.
    LostToReset,
    /// The check could not run.
    Skipped,
    /// The check is about something that a program need not have, and this one does not have it. It counts for nothing.
    NotApplicable,
}

impl Verdict {
    /// In a word or two, for the TSV and other programs.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::NoReply => "no reply",
            Verdict::Closed => "closed",
            Verdict::LostToReset => "lost to a reset",
            Verdict::Skipped => "skipped",
            Verdict::NotApplicable => "not applicable",
        }
    }

    /// The same for a person.
    pub fn word_in(self, lang: Lang) -> &'static str {
        let french = match self {
            Verdict::Passed => "réussie",
            Verdict::Failed => "échouée",
            Verdict::NoReply => "pas de réponse",
            Verdict::Closed => "connexion fermée",
            Verdict::LostToReset => "réponse perdue",
            Verdict::Skipped => "omise",
            Verdict::NotApplicable => "sans objet",
        };
        lang.words(self.word(), french)
    }

    /// Did the program do something wrong?
    pub fn is_failure(self) -> bool {
        match self {
            Verdict::Passed | Verdict::Skipped | Verdict::NotApplicable => false,
            Verdict::Failed | Verdict::NoReply | Verdict::Closed | Verdict::LostToReset => true,
        }
    }
}

/// Why a check did not pass.
#[derive(Debug)]
pub struct Failure {
    /// Its kind; never `Passed`.
    pub verdict: Verdict,
    /// What was expected, and what came.
    pub what: String,
    /// What was seen that shows the mistake, if something was seen.
    pub cause: Option<Cause>,
    /// The number of the client that met the failure, if a client met it.
    pub client: Option<usize>,
}

impl Failure {
    /// A failure of this kind, without a cause.
    pub fn new(verdict: Verdict, what: impl Into<String>) -> Failure {
        Failure { verdict, what: what.into(), cause: None, client: None }
    }

    /// Something came that the protocol does not allow.
    pub fn wrong(what: impl Into<String>) -> Failure {
        Failure::new(Verdict::Failed, what)
    }

    /// Nothing came until the time-out.
    pub fn nothing_came(what: impl Into<String>) -> Failure {
        Failure::new(Verdict::NoReply, what)
    }

    /// The other side ended the connection too early.
    pub fn closed(what: impl Into<String>) -> Failure {
        Failure::new(Verdict::Closed, what)
    }

    /// The check can't run here.
    pub fn skipped(why: impl Into<String>) -> Failure {
        Failure::new(Verdict::Skipped, why)
    }

    /// The check is about something that a program need not have.
    pub fn not_applicable(why: impl Into<String>) -> Failure {
        Failure::new(Verdict::NotApplicable, why)
    }

    /// The same with what was seen.
    pub fn because(self, cause: Cause) -> Failure {
        Failure { cause: Some(cause), ..self }
    }

    /// The same with what was seen of a client; `None` leaves it as it was.
    pub fn because_client(self, cause: impl Into<Option<ClientCause>>) -> Failure {
        Failure { cause: cause.into().map(Cause::OfClient).or(self.cause), ..self }
    }

    /// The same with what happened before.
    pub fn after(self, story: &str) -> Failure {
        Failure { what: format!("{story}{}", self.what), ..self }
    }
}

/// The outcome of a check.
pub type Outcome = Result<(), Failure>;

/// The events of one check, of all its clients, in order: what a client did and what came. A report calls them steps.
/// They are not the protocol's eight steps. A clone is another handle to the same.
#[derive(Debug, Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<(usize, String)>>>);

impl Steps {
    /// Notes that the client of this number did this.
    pub fn add(&self, client: usize, step: String) {
        locked(&self.0, |steps| steps.push((client, step)));
    }

    /// A copy: the client's number and what it did.
    pub fn all(&self) -> Vec<(usize, String)> {
        locked(&self.0, |steps| steps.clone())
    }
}

/// Bytes for a person. Of many bytes it shows the beginning and the end.
pub fn shown(bytes: &[u8]) -> String {
    /// Up to this many bytes, all are shown.
    const LONGEST: usize = SHOWN + SHOWN_OF_END;
    match bytes.len() {
        0..=LONGEST => visible(bytes),
        count => {
            let (beginning, end) = (&bytes[..SHOWN], &bytes[count - SHOWN_OF_END..]);
            format!("{}... ({count} bytes) ...{}", visible(beginning), visible(end))
        }
    }
}
