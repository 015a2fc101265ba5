//! How a check ends, and the steps that led there.
//!
//! Read first: `mod.rs`. It does not know who is graded.

use std::sync::{Arc, Mutex};

use crate::lock::locked;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As the protocol says.
    Passed,
    /// Something else came.
    Failed,
    /// Nothing came until the time-out.
    NoReply,
    /// The server ended the connection where it should have gone on.
    Closed,
    /// The connection was reset: a reply is lost, or would have been on a slower network.
    LostToReset,
    /// The check could not run.
    Skipped,
}

impl Verdict {
    /// In a word or two, for the TSV and the report.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::NoReply => "no reply",
            Verdict::Closed => "closed",
            Verdict::LostToReset => "lost to a reset",
            Verdict::Skipped => "skipped",
        }
    }
}

/// Why a check did not pass.
#[derive(Debug)]
pub struct Failure {
    /// Of which kind it is; never `Passed`.
    pub verdict: Verdict,
    /// What was expected, and what came.
    pub what: String,
}

impl Failure {
    /// Something came that the protocol does not allow.
    pub fn wrong(what: impl Into<String>) -> Failure {
        Failure { verdict: Verdict::Failed, what: what.into() }
    }

    /// The check can't run here.
    pub fn skipped(why: impl Into<String>) -> Failure {
        Failure { verdict: Verdict::Skipped, what: why.into() }
    }
}

/// The steps of one check, of all its clients, in order. A clone is another handle to the same.
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
