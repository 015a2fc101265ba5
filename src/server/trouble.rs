//! What a thread does when the system grants it no connection or no thread: it says so once, rests, and goes on.
//!
//! Read first: `server/mod.rs`. It does not know which call the system refused.

use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::Journal;
use crate::lock::locked;

/// How long a thread rests when the system grants it no connection or no thread. Without a rest it would spin: the
/// connection that it can't take stays in the backlog, the kernel's queue of connections that nobody has accepted yet.
pub const TROUBLE_PAUSE: Duration = Duration::from_millis(100);

/// Trouble within this time of the last is taken for the same, and is not told again.
const TROUBLE_QUIET: Duration = Duration::from_secs(10);

/// Remembers when the system last refused something.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Locked only to read and to update it.
    last: Mutex<Option<Instant>>,
}

impl Trouble {
    /// Tells of something that the system refused, unless it is still the same trouble, and rests.
    pub fn rest_after(&self, error: &io::Error, journal: &Journal) {
        let last = locked(&self.last, |last| last.replace(Instant::now()));
        if last.map_or(true, |last| last.elapsed() > TROUBLE_QUIET) {
            journal.notice(&format!("new connections have to wait: {error}; it goes on by itself when others end"));
        }
        thread::sleep(TROUBLE_PAUSE);
    }
}
