//! The mistake: it looks whether a place is free, lets the lock go, and takes the place later. Two connections that
//! come together both see the last place free, and both take it.
//!
//! To see it: open many connections at the same moment and count the greetings: there are more than [`MAX_SESSIONS`].
//! One after the other, the limit holds. The pause makes the moment long enough to be met each time; without it the
//! mistake stays, and shows once in a thousand times, at night.
//!
//! The right way: [`Registry::admit`](crate::server::registry::Registry::admit) looks and enters under one lock.
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

/// Few enough to be met by hand.
pub const MAX_SESSIONS: usize = 8;

/// Between looking and taking.
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
                // The mistake: since that look others may have come in.
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
