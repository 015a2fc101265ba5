//! The mistake: it ends a session when a lock is poisoned. Rust marks a mutex when a thread panics while it holds it.
//! After that, `lock` returns an error. The panic is a bug in one session, but now it ends every session.
//!
//! To see it: `(printf 'é%.0s' $(seq 300); echo) | nc -N HOST PORT`. The server cuts the line for the operator in the
//! middle of a letter. This panics, and that session ends. After that, each client gets a greeting, and its first
//! command ends the connection.
//!
//! The right way: [`locked`](crate::lock::locked) uses the value all the same. This is right because of a rule: no
//! change under the lock is left half done. (And [`Refusal::new`](crate::wire::Refusal::new) cuts between two letters.)
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;
use crate::wire::Command;

/// In a sentence.
pub const MISTAKE: &str = "panics when a lock is poisoned: after one session's panic no client is served";

/// How much of a line the operator is shown, in bytes.
const MAX_SHOWN: usize = 255;

/// What the threads share.
#[derive(Default)]
struct Registry {
    last_line: String,
}

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let registry = Arc::new(Mutex::new(Registry::default()));
    parts::serve(listener, dir, move |stream, dir| converse(stream, dir, &registry), parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler, registry: &Mutex<Registry>) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(line) = parts::next_line(&mut lines)? {
        let text = line.as_ref().map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
        // The mistake: it ends the session here. `lock().unwrap()` is the same mistake: it panics in every later
        // session.
        let Ok(mut held) = registry.lock() else { return Ok(()) };
        // The panic: this byte may be in the middle of a letter.
        held.last_line = text[..text.len().min(MAX_SHOWN)].to_string();
        drop(held);
        let answer = parts::answer(line.and_then(|line| Command::parse(&line)), dir);
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}
