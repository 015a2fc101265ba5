//! The mistake: it checks whether a place is free, releases the lock, and takes the place later. Two connections that
//! come at the same moment both see that the last place is free, and both take it.
//!
//! To see it: open many connections at the same moment and count the greetings: there are more than [`MAX_SESSIONS`].
//! If you open them one after the other, the limit works. The pause makes the moment between check and act long, so
//! that the mistake shows each time. Without the pause it shows once in a thousand times.
//!
//! The right way: [`Registry::admit`](crate::server::registry::Registry::admit) checks and adds the session under one
//! lock.
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
    "checks whether a place is free, and takes it later: a client that connects in between gets a place too";

/// Few enough to reach the limit by hand.
pub const MAX_SESSIONS: usize = 8;

/// Between the check and the act.
const PAUSE: Duration = Duration::from_millis(30);

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let sessions = Arc::new(Mutex::new(0));
    loop {
        let (stream, dir, sessions) = (parts::accept(listener), dir.clone(), Arc::clone(&sessions));
        parts::spawn(move || {
            let is_free = locked(&sessions, |active| *active < MAX_SESSIONS);
            thread::sleep(PAUSE);
            if is_free {
                // The mistake: since the check, other clients may have taken the place.
                locked(&sessions, |active| *active += 1);
                let _ = parts::converse(&stream, &dir);
                locked(&sessions, |active| *active -= 1);
            } else {
                parts::refuse(&stream);
            }
            parts::close(&stream);
        });
    }
}
