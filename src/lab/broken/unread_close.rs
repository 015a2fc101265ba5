//! The mistake: after the last reply it closes a socket that still has unread input. Then TCP sends a reset. A reset
//! destroys what is still on its way to the client, perhaps the last reply.
//!
//! To see it: `(printf 'LOGOUT\n'; head -c 100000 /dev/zero) | ncat HOST PORT` ends with "Connection reset by peer" and
//! not with the end of the stream. On one computer the goodbye is shown before that: Linux lets a program read what
//! arrived before the reset (tried on Linux 6.18 with 14 bytes, and with 100 000). Bytes that had not arrived are lost:
//! of 1 MiB that was sent before the reset, the client could read 128 000 bytes. Other systems may also drop the bytes
//! that have arrived (not tried).
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
pub const MISTAKE: &str = "closes the socket while input is unread: a reset can destroy the last reply";

/// In this time the client's next bytes arrive. So the mistake shows each time, and not only sometimes.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, parts::converse, close);
}

fn close(_: &TcpStream) {
    thread::sleep(PAUSE);
    // The mistake: the socket closes right after this, when its last handle is dropped. What the client sent after its
    // last command has not been read.
}
