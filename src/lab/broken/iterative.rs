//! The mistake: it serves one client after the other. While the first client is silent, the others wait in the kernel's
//! backlog: for them `connect` has succeeded, but no byte arrives.
//!
//! To see it: connect with netcat from two terminals. The second client gets its greeting only when the first has left.
//!
//! The right way: `thread_per_client` in [`designs`](crate::server::designs) gives each connection a thread of its own,
//! and calls `accept` again before the new session has sent its greeting.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::net::TcpListener;

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;

/// In a sentence.
pub const MISTAKE: &str =
    "serves one client after the other: the second client gets its greeting only when the first has left";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    loop {
        let stream = parts::accept(listener);
        // The mistake: a whole conversation happens between this accept and the next.
        let _ = parts::converse(&stream, dir);
        parts::close(&stream);
    }
}
