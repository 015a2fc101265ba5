//! How a client leaves: as a good one does, with LOGOUT. It closes when it has seen the end of the connection. Some
//! servers can't bear clients that vanish. Only the checks about vanishing clients should find that.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know what is checked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lab::check::POLL;
use crate::lock::locked;

/// How long a leaving client waits when nothing comes: far more than a server on the same machine needs.
const PATIENCE: Duration = Duration::from_millis(250);

/// While something comes, a leaving client reads this many times as long as it waits when nothing comes: a server that
/// sends without an end does not keep it.
const SENDS_LONGER: u32 = 8;

/// How long all clients of one grading wait in vain, together. If a server never closes, the user should not have to
/// wait at each check.
const MAX_IN_VAIN: Duration = Duration::from_secs(2);

/// How long each client waits after that.
const LOOK: Duration = Duration::from_millis(2);

/// How much is received in one read.
const PART: usize = 64 * 1024;

/// The state of a client in its session.
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
    /// Its state.
    pub standing: Standing,
    /// It has begun a line that was not answered.
    pub line_is_open: bool,
}

/// How long the clients of one grading have waited in vain, and the clients that can't leave yet. A clone is another
/// handle to the same.
#[derive(Debug, Clone, Default)]
pub struct Courtesy(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    in_vain: Duration,
    waiting: Vec<Leaving>,
}

impl Courtesy {
    /// Lets a client leave. If it was never greeted, another client may have to leave first. So it stays until the
    /// check ends.
    pub fn see_off(&self, mut client: Leaving) {
        if client.standing == Standing::NotGreeted && !client.is_greeted_within(POLL) {
            locked(&self.0, |state| state.waiting.push(client));
        } else {
            self.leave(client);
        }
    }

    /// The check has ended: the clients that are left leave.
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
    /// Leaves. Has the server ended the connection? If not, the client ends it, and first its sending side. So the
    /// server can see the end before it sends more.
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

    /// Looks at the first bytes that come: a refusal in place of the greeting opens no session.
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

    /// Drops what still comes. Has the end come in this time?
    fn is_ended_within(&mut self, patience: Duration) -> bool {
        // After many waits in vain, little patience is left, whatever comes.
        let deadline = Instant::now() + patience * SENDS_LONGER;
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
    /// The state of a client after these first bytes came.
    pub fn after(first_bytes: &[u8]) -> Standing {
        if first_bytes.starts_with(b"ERR") {
            Standing::Closing
        } else {
            Standing::Open
        }
    }
}
