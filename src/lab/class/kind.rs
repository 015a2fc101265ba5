//! What a student hands in: a server, a client, or both, and the checks of each.
//!
//! Read first: `lab/check/catalogue.rs`. It does not know how a check is made.

use crate::lab::check::catalogue::{About, Check, Kind, Level};
use crate::lab::check::{clients, servers};

impl Kind {
    /// The file with the command line that starts it.
    pub fn file(self) -> &'static str {
        match self {
            Kind::Server => "command",
            Kind::Client => "client-command",
        }
    }

    /// Its checks of these levels; none are all levels.
    pub fn checks(self, levels: &[Level]) -> Vec<About> {
        match self {
            Kind::Server => servers::selected(levels, &[]).into_iter().map(Check::about).collect(),
            Kind::Client => clients::selected(levels, &[]).into_iter().map(Check::about).collect(),
        }
    }
}

/// The checks that the programs of one kind are graded by.
pub struct Sheet {
    /// The kind.
    pub kind: Kind,
    /// The checks, by level and step; at least one.
    pub checks: Vec<About>,
}
