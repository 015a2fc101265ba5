//! The mistake: it holds the lock of the shared data while it sends. A write to a client that reads nothing waits, and
//! all threads that want the lock wait too. So one client stops the whole server.
//!
//! To see it: ask for many big files and read none of them: `(yes 'DOWNLOAD big' | head -n 1000; sleep 60) | nc HOST
//! PORT | sleep 60`. Until this command ends, no other client gets an answer, and no new client gets a greeting.
//!
//! The right way: [`Registry`](crate::server::registry::Registry) holds its lock only to read or change its state, and
//! copies out what is needed. It does no input or output meanwhile.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;

/// In a sentence.
pub const MISTAKE: &str = "holds the registry's lock while it sends: a client that does not read stops everybody";

/// What the threads share.
#[derive(Default)]
struct Registry {
    replies: u64,
}

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let registry = Arc::new(Mutex::new(Registry::default()));
    parts::serve(listener, dir, move |stream, dir| converse(stream, dir, &registry), parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler, registry: &Mutex<Registry>) -> io::Result<()> {
    let mut lines = LineReader::new(stream);
    let mut answer = parts::greeting();
    loop {
        let last = answer.last;
        let mut locked = registry.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The mistake: this waits until the client has read, and no other thread gets the lock meanwhile.
        parts::send(stream, answer)?;
        locked.replies += 1;
        drop(locked);
        if last {
            return Ok(());
        }
        let Some(command) = parts::next_command(&mut lines)? else { return Ok(()) };
        answer = parts::answer(command, dir);
    }
}
