//! What a check is, and what it has at hand while it runs.
//!
//! Read first: `peer.rs`. It does not know the checks.

use std::cell::Cell;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue;
use crate::lab::check::outcome::{Failure, Steps};
use crate::lab::check::servers::fixtures::Fixtures;
use crate::lab::check::servers::peer::{Peer, Reply, PAUSE, POLL};
use crate::wire::ErrorCode;

/// A check of a server: a conversation with it.
pub type Check = catalogue::Check<fn(&Exam) -> Result<(), Failure>>;

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
