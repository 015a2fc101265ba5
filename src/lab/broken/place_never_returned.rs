//! The mistake: it frees a place only when it answers LOGOUT. A client that vanishes keeps its place for ever. So does
//! a client that is refused and closed. After a day no new client gets a session, although no client is connected.
//!
//! To see it: end netcat with Ctrl-C, again and again. After [`MAX_SESSIONS`] times the server always says SERVER_FULL.
//! With clients that send LOGOUT it works for years.
//!
//! The right way: the place belongs to a value, and the value's `Drop` gives it back, whatever ends the session:
//! [`SessionGuard`](crate::server::registry::SessionGuard).
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::lab::broken::parts;
use crate::lock::locked;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;
use crate::wire::Command;

/// In a sentence.
pub const MISTAKE: &str = "frees a place only at LOGOUT: a client that vanishes keeps its place for ever";

/// A whole grading loses about twenty places before the check for this mistake. There must be some left for that check.
pub const MAX_SESSIONS: usize = 64;

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let taken = Arc::new(Mutex::new(0));
    loop {
        let (stream, dir, taken) = (parts::accept(listener), dir.clone(), Arc::clone(&taken));
        parts::spawn(move || {
            if parts::take_place(&taken, MAX_SESSIONS) {
                let _ = converse(&stream, &dir, &taken);
            } else {
                parts::refuse(&stream);
            }
            parts::close(&stream);
        });
    }
}

fn converse(stream: &TcpStream, dir: &FileHandler, taken: &Mutex<usize>) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = parts::next_command(&mut lines)? {
        if matches!(command, Ok(Command::Logout)) {
            // The mistake: this function can also end at each `?` and at the end of the loop, and then the place stays
            // taken.
            locked(taken, |taken| *taken -= 1);
        }
        let answer = parts::answer(command, dir);
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}
