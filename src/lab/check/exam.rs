//! What a check is, and what it has at hand while it runs.
//!
//! Read first: `peer.rs`. It does not know the checks.

use std::cell::Cell;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::fixtures::Fixtures;
use crate::lab::check::peer::{Failure, Peer, Reply, Steps, PAUSE, POLL};
use crate::wire::ErrorCode;

/// What a group of checks is about, in the order in which a server grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The eight steps of the report.
    Report,
    /// TCP is a stream of bytes.
    Stream,
    /// Mistakes, limits, malice.
    Robust,
    /// Several clients.
    Threads,
}

impl Level {
    /// All, in order.
    pub const ALL: [Level; 4] = [Level::Report, Level::Stream, Level::Robust, Level::Threads];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Level::Report => "report",
            Level::Stream => "stream",
            Level::Robust => "robust",
            Level::Threads => "threads",
        }
    }
}

/// One check.
pub struct Check {
    /// The protocol's step, a dot, and a number of its own: `4.2`.
    pub id: &'static str,
    /// To which group it belongs.
    pub level: Level,
    /// What a server does that passes, in a sentence.
    pub title: &'static str,
    /// The words of docs/PROTOCOL.md that it rests on.
    pub rule: &'static str,
    /// The likely cause if it does not pass, and what to look at.
    pub hint: &'static str,
    /// The conversation.
    pub run: fn(&Exam) -> Result<(), Failure>,
}

impl Check {
    /// The step that its number begins with.
    pub fn step(&self) -> &'static str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// What one run of one check has at hand. All its clients share its deadline, so that no server, whatever it does, can
/// cost more than the time-out.
pub struct Exam<'a> {
    /// Where the server listens.
    pub address: SocketAddr,
    /// What it serves.
    pub fixtures: &'a Fixtures,
    /// The process, if it is known: one that was started here, or found on this machine.
    pub pid: Option<u32>,
    /// When the check's time is over.
    pub deadline: Instant,
    /// What happened so far.
    pub steps: Steps,
    clients: Cell<usize>,
}

impl<'a> Exam<'a> {
    /// The clock starts.
    pub fn new(address: SocketAddr, fixtures: &'a Fixtures, pid: Option<u32>, timeout: Duration) -> Exam<'a> {
        let deadline = Instant::now() + timeout;
        Exam { address, fixtures, pid, deadline, steps: Steps::default(), clients: Cell::new(0) }
    }

    /// A client that has connected and read nothing.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn connect(&self) -> Result<Peer, Failure> {
        self.clients.set(self.clients.get() + 1);
        Peer::connect(self.address, self.clients.get(), self.steps.clone(), self.deadline)
    }

    /// A client that has been greeted. While the server is full it tries again: another client may be about to leave.
    ///
    /// # Errors
    /// If it is not greeted.
    pub fn session(&self) -> Result<Peer, Failure> {
        loop {
            let mut client = self.connect()?;
            match client.reply()? {
                Reply::Ok(_) => return Ok(client),
                Reply::Err(refusal)
                    if refusal.code == ErrorCode::ServerFull && Instant::now() + PAUSE < self.deadline =>
                {
                    thread::sleep(POLL);
                }
                Reply::Err(refusal) => {
                    return Err(Failure::wrong(format!("expected the greeting, received ERR {refusal}")));
                }
            }
        }
    }

    /// A session that sends this, in one write.
    ///
    /// # Errors
    /// If it is not greeted.
    pub fn session_sending(&self, bytes: impl AsRef<[u8]>) -> Result<Peer, Failure> {
        let mut client = self.session()?;
        client.send(bytes);
        Ok(client)
    }
}
