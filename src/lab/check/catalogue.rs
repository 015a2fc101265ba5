//! What a check says of itself, and which checks were asked for.
//!
//! Read first: `mod.rs`. It does not know who is graded.

use crate::lab::check::french;
use crate::lab::lang::Lang;

/// A kind of program that is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A server.
    Server,
    /// A client.
    Client,
}

impl Kind {
    /// Both.
    pub const ALL: [Kind; 2] = [Kind::Server, Kind::Client];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Server => "server",
            Kind::Client => "client",
        }
    }

    /// The same for a person.
    pub fn word_in(self, lang: Lang) -> &'static str {
        let french = match self {
            Kind::Server => "serveur",
            Kind::Client => "client",
        };
        lang.words(self.word(), french)
    }

    /// The levels of its checks, in order.
    pub fn levels(self) -> [Level; 4] {
        match self {
            Kind::Server => Level::OF_SERVERS,
            Kind::Client => Level::OF_CLIENTS,
        }
    }
}

/// What a group of checks is about, in the order in which a program grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The eight steps of the report.
    Report,
    /// TCP is a stream of bytes.
    Stream,
    /// Mistakes, limits, malice.
    Robust,
    /// Several clients of one server.
    Threads,
    /// What a client stores.
    Files,
}

impl Level {
    /// The levels of servers, in order.
    pub const OF_SERVERS: [Level; 4] = [Level::Report, Level::Stream, Level::Robust, Level::Threads];

    /// All levels, of servers and clients.
    pub const ALL: [Level; 5] = [Level::Report, Level::Stream, Level::Robust, Level::Threads, Level::Files];

    /// The levels of clients, in order.
    pub const OF_CLIENTS: [Level; 4] = [Level::Report, Level::Stream, Level::Robust, Level::Files];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Level::Report => "report",
            Level::Stream => "stream",
            Level::Robust => "robust",
            Level::Threads => "threads",
            Level::Files => "files",
        }
    }
}

/// One check. `R` is what runs it: a conversation with a server, or with a client.
/// Its French texts stand in `french`, by its number.
#[derive(Debug, Clone, Copy)]
pub struct Check<R> {
    /// The protocol's step, a dot, and a number of its own: `4.2`.
    pub id: &'static str,
    /// The group to which it belongs.
    pub level: Level,
    /// What a good program does, in a sentence.
    pub title: &'static str,
    /// The rule that it checks, in the words of docs/PROTOCOL.md.
    pub rule: &'static str,
    /// The likely cause if it does not pass, and what to look at.
    pub hint: &'static str,
    /// What runs it.
    pub run: R,
}

/// What a check says of itself.
pub type About = Check<()>;

impl<R> Check<R> {
    /// The same without what runs it.
    pub fn about(&self) -> About {
        Check { id: self.id, level: self.level, title: self.title, rule: self.rule, hint: self.hint, run: () }
    }

    /// Its title in this language; the check grades this kind.
    pub fn title_in(&self, kind: Kind, lang: Lang) -> &'static str {
        match lang {
            Lang::English => self.title,
            Lang::French => french::of(kind, self.id).map_or(self.title, |french| french.title),
        }
    }

    /// Its hint in this language.
    pub fn hint_in(&self, kind: Kind, lang: Lang) -> &'static str {
        match lang {
            Lang::English => self.hint,
            Lang::French => french::of(kind, self.id).map_or(self.hint, |french| french.hint),
        }
    }

    /// The step that its number begins with.
    pub fn step(&self) -> &'static str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// The checks that were asked for, by level and step; none if no check has such a number.
pub fn selected<R>(
    all: impl Iterator<Item = &'static Check<R>>,
    levels: &[Level],
    only: &[String],
) -> Vec<&'static Check<R>> {
    let fits = |check: &&Check<R>| {
        let level = levels.is_empty() || levels.contains(&check.level);
        level && (only.is_empty() || only.iter().any(|wanted| wanted == check.id || wanted == check.step()))
    };
    let mut checks: Vec<_> = all.filter(fits).collect();
    checks.sort_by_key(|check| (check.level, numbers(check.id)));
    checks
}

/// The parts of a check's number, so that `4.12` stands behind `4.2`.
pub fn numbers(id: &str) -> Vec<u32> {
    id.split('.').filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// In each step the numbers begin with 1 and go on without a gap.
    #[track_caller]
    pub fn assert_no_number_is_left_out<R>(checks: &[&Check<R>]) {
        let mut ids: Vec<_> = checks.iter().map(|check| numbers(check.id)).collect();
        ids.sort();
        for pair in ids.windows(2) {
            let next = pair[1] == [pair[0][0], pair[0][1] + 1] || pair[1] == [pair[0][0] + 1, 1];
            assert!(next, "{:?} follows {:?}", pair[1], pair[0]);
        }
    }
}
