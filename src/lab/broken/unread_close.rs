//! The mistake: after the last reply it closes the socket while input waits in it unread. TCP answers that with a
//! reset, and a reset destroys what the client has not read yet: the last reply.
//!
//! To see it: `(printf 'LOGOUT\n'; head -c 100000 /dev/zero) | ncat HOST PORT` ends with "Connection reset by peer"
//! where the end of the stream should be. On one computer the goodbye comes first, as long as the client is quick to
//! read it; on a network, or with a slower client, it is lost.
//!
//! The right way: [`end_sending`](crate::server::connection::end_sending) first, then
//! [`read_until_end`](crate::server::connection::read_until_end): it drops what the client still sends.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;

/// In a sentence.
pub const MISTAKE: &str = "closes on unread input: the last reply is lost to a reset";

/// Until then what the client sends has arrived: so the mistake shows each time, and not now and then.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, parts::converse, close);
}

fn close(_: &TcpStream) {
    thread::sleep(PAUSE);
    // The mistake: the socket closes right after this, when its last handle is dropped, and what the client sent behind
    // its last command has not been read.
}
