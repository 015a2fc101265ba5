//! How a client leaves: as a good one does, with LOGOUT, and not before it has seen the end of the connection. A server
//! that can't bear clients which vanish shall be found out by the checks of that, and by no other.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know what is checked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lab::check::POLL;
use crate::lock::locked;

/// So long a client that leaves waits while nothing comes: far more than a server on the same machine needs.
const PATIENCE: Duration = Duration::from_millis(250);

/// So long it takes what comes, at most: a server that sends without an end does not keep it.
const MAX_LEAVING: Duration = Duration::from_secs(2);

/// While something comes, a client waits so many times as long as while nothing comes.
const SENDS_LONGER: u32 = 8;

/// So long all clients of one grading wait for nothing, together. Who grades a server that never closes shall not wait
/// at each of its checks.
const MAX_IN_VAIN: Duration = Duration::from_secs(2);

/// So long each waits then.
const LOOK: Duration = Duration::from_millis(2);

/// How much is received in one read.
const PART: usize = 64 * 1024;

/// Where a client stands in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has come yet.
    NotGreeted,
    /// It may ask.
    Open,
    /// The server will end the connection, or has been asked to.
    Closing,
    /// The end of the connection has been seen.
    Ended,
}

/// A client that leaves.
#[derive(Debug)]
pub struct Leaving {
    /// Its connection.
    pub stream: TcpStream,
    /// Where it stands.
    pub standing: Standing,
    /// It has begun a line which was not answered.
    pub line_is_open: bool,
}

/// The patience of all clients of one grading, and those who can't leave yet. A clone is another handle to the same.
#[derive(Debug, Clone, Default)]
pub struct Courtesy(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    in_vain: Duration,
    waiting: Vec<Leaving>,
}

impl Courtesy {
    /// Sees a client off. If it was never greeted, another one may have to leave first: so it stays until the check
    /// ends.
    pub fn see_off(&self, mut client: Leaving) {
        if client.standing == Standing::NotGreeted && !client.is_greeted_within(POLL) {
            locked(&self.0, |state| state.waiting.push(client));
        } else {
            self.leave(client);
        }
    }

    /// The check has ended: who is left leaves.
    pub fn see_all_off(&self) {
        let waiting = locked(&self.0, |state| std::mem::take(&mut state.waiting));
        waiting.into_iter().for_each(|client| self.leave(client));
    }

    fn leave(&self, mut client: Leaving) {
        let left = locked(&self.0, |state| MAX_IN_VAIN.saturating_sub(state.in_vain));
        let patience = PATIENCE.min(left).max(LOOK);
        let begun = Instant::now();
        if !client.leave(patience) {
            locked(&self.0, |state| state.in_vain += begun.elapsed());
        }
    }
}

impl Leaving {
    /// Has the server ended the connection? It ends in any case: where the server does not answer, first the sending
    /// side, so that it learns of the end, and does not meet it while it sends.
    fn leave(&mut self, patience: Duration) -> bool {
        if self.standing == Standing::NotGreeted && !self.is_greeted_within(patience) {
            return false;
        }
        if self.standing == Standing::Open {
            let line_end = if self.line_is_open { "\n" } else { "" };
            let sent = self.stream.set_write_timeout(Some(patience));
            // If it can't be sent, the end of the connection will come.
            drop(sent.and_then(|()| writeln!(self.stream, "{line_end}LOGOUT")));
        }
        let has_ended = self.is_ended_within(patience);
        if !has_ended {
            let _ = self.stream.shutdown(Shutdown::Write);
            self.is_ended_within(patience.min(POLL));
        }
        has_ended
    }

    /// Looks at the first that comes: a refusal in place of the greeting opens no session.
    fn is_greeted_within(&mut self, patience: Duration) -> bool {
        let mut beginning = [0; 3];
        let _ = self.stream.set_read_timeout(Some(patience));
        match self.stream.peek(&mut beginning) {
            Ok(0) => self.standing = Standing::Closing,
            Ok(_) => self.standing = Standing::after(&beginning),
            Err(_) => {}
        }
        self.standing != Standing::NotGreeted
    }

    /// Drops what still comes, to the end.
    fn is_ended_within(&mut self, patience: Duration) -> bool {
        // Who has waited in vain before has little patience left, whatever comes.
        let deadline = Instant::now() + MAX_LEAVING.min(patience * SENDS_LONGER);
        let mut part = vec![0; PART];
        let _ = self.stream.set_read_timeout(Some(patience));
        while self.standing != Standing::Ended && Instant::now() < deadline {
            match self.stream.read(&mut part) {
                Ok(1..) => {}
                Ok(0) => self.standing = Standing::Ended,
                Err(error) if crate::wire::framing::is_timeout(&error) => return false,
                // A reset is an end too.
                Err(_) => self.standing = Standing::Ended,
            }
        }
        self.standing == Standing::Ended
    }
}

impl Standing {
    /// Where a client stands when these are the first bytes that came.
    pub fn after(first_bytes: &[u8]) -> Standing {
        if first_bytes.starts_with(b"ERR") {
            Standing::Closing
        } else {
            Standing::Open
        }
    }
}
