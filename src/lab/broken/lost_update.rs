//! The mistake: where a client is lost, the count of sessions is read under the lock, and written under the lock, and
//! the lock is let go in between. Two clients that vanish together both read 8, and both write 7: one place is lost.
//!
//! To see it: end many netcats at the same moment (`kill $(jobs -p)`), again and again. Fewer and fewer clients come
//! in. One by one, no place is lost. The pause makes the moment long enough to be met each time; without it the mistake
//! stays, and shows once in a thousand times.
//!
//! The right way: a change of a shared value is one lock, around the reading and the writing. The
//! [`Registry`](crate::server::registry::Registry) removes an entry so, and copies out what is to be told.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::lab::broken::parts;
use crate::lock::locked;
use crate::server::file_handler::FileHandler;

/// In a sentence.
pub const MISTAKE: &str =
    "reads the count, and writes it later: when several places become free together, some are lost";

/// More than a whole grading loses in passing, about twenty: so the check that looks for the mistake finds it.
const MAX_SESSIONS: usize = 64;

/// Between reading and writing.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let taken = Arc::new(Mutex::new(0));
    loop {
        let (stream, dir, taken) = (parts::accept(listener), dir.clone(), Arc::clone(&taken));
        parts::spawn(move || {
            if !parts::take_place(&taken, MAX_SESSIONS) {
                parts::refuse(&stream);
            } else if parts::converse(&stream, &dir).unwrap_or(false) {
                // Never below 0: an update that is lost may also have been somebody's coming in.
                locked(&taken, |taken| *taken = taken.saturating_sub(1));
            } else {
                lost(&taken);
            }
            parts::close(&stream);
        });
    }
}

/// A client is gone without LOGOUT.
fn lost(taken: &Mutex<usize>) {
    let left = locked(taken, |taken| taken.saturating_sub(1));
    // Here the operator would be told how many are left, and that takes time.
    thread::sleep(PAUSE);
    // The mistake: since that reading others may have changed the count, and what they wrote is overwritten.
    locked(taken, |taken| *taken = left);
}
