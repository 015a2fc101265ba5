//! The mistake: when a client vanishes, its thread reads the count of sessions under the lock, and writes it under the
//! lock, but releases the lock in between. If two clients vanish together, both threads read 8, and both write 7. So
//! one place is lost.
//!
//! To see it: end many netcats at the same moment (`kill $(jobs -p)`), again and again. Fewer and fewer clients get a
//! session. If you end them one by one, no place is lost. The pause makes the moment between reading and writing long,
//! so that the mistake shows each time. Without it the mistake shows once in a thousand times.
//!
//! The right way: hold the lock once, around both the reading and the writing. The
//! [`Registry`](crate::server::registry::Registry) removes an entry in this way, and copies out what the log needs.
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

/// A whole grading loses about twenty places before the check for this mistake. There must be some left for that check.
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
                // Never below 0: the lost update may also have been that of a new client.
                locked(&taken, |taken| *taken = taken.saturating_sub(1));
            } else {
                lost(&taken);
            }
            parts::close(&stream);
        });
    }
}

/// A client has left without LOGOUT.
fn lost(taken: &Mutex<usize>) {
    let left = locked(taken, |taken| taken.saturating_sub(1));
    // Here a real server would tell the operator how many sessions are left, and that takes time.
    thread::sleep(PAUSE);
    // The mistake: other threads may have changed the count since it was read, and this overwrites what they wrote.
    locked(taken, |taken| *taken = left);
}
