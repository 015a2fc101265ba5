//! What a thread does when the system refuses it a connection or a thread: it says so once, sleeps, and goes on.
//!
//! Read first: `server/mod.rs`. It does not know which call the system refused.

use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::Journal;
use crate::lock::locked;

/// How long a thread sleeps when the system refuses it a connection or a thread. Without the sleep it would spin: the
/// connection that it can't take stays in the backlog, the kernel's queue of connections that are not accepted yet.
pub const TROUBLE_PAUSE: Duration = Duration::from_millis(100);

/// Trouble within this time after the last trouble counts as the same, and is not reported again.
const TROUBLE_QUIET: Duration = Duration::from_secs(10);

/// Remembers when the system last refused something.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Locked only to read and to update it.
    last: Mutex<Option<Instant>>,
}

impl Trouble {
    /// Reports that the system refused something, unless it is still the same trouble, and sleeps.
    pub fn rest_after(&self, error: &io::Error, journal: &Journal) {
        let last = locked(&self.last, |last| last.replace(Instant::now()));
        if last.map_or(true, |last| last.elapsed() > TROUBLE_QUIET) {
            journal.notice(&format!("new connections have to wait: {error}; it goes on by itself when others end"));
        }
        thread::sleep(TROUBLE_PAUSE);
    }
}
