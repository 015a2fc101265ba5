//! Servers with one mistake each, to be explored with netcat and to be found out by [`check`](crate::lab::check).
//!
//! Each file is read alone: a whole server, small, right in all but one thing that students really do. Its top says
//! what the mistake is, what one sees, and where the right way stands. [`parts`] has what they all do right.
//!
//! Read first: `server/session.rs`. It does not know the grader.

pub mod one_read;

pub mod no_cr;

pub mod short_write;

pub mod spinning;

pub mod iterative;

pub mod lock_held;

pub mod text_mode;

pub mod traversal;

pub mod unread_close;

pub mod check_then_act;

pub mod parts;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use crate::programs::args::say;
use crate::server::file_handler::FileHandler;

/// One broken server.
pub struct Broken {
    /// The name by which it is run.
    pub name: &'static str,
    /// What it does wrong, in a sentence.
    pub mistake: &'static str,
    serve: fn(&TcpListener, &FileHandler),
}

/// All of them, from the mistakes in reading to those of threads.
pub const ALL: [Broken; 10] = [
    Broken { name: "one_read", mistake: one_read::MISTAKE, serve: one_read::serve },
    Broken { name: "no_cr", mistake: no_cr::MISTAKE, serve: no_cr::serve },
    Broken { name: "short_write", mistake: short_write::MISTAKE, serve: short_write::serve },
    Broken { name: "spinning", mistake: spinning::MISTAKE, serve: spinning::serve },
    Broken { name: "iterative", mistake: iterative::MISTAKE, serve: iterative::serve },
    Broken { name: "lock_held", mistake: lock_held::MISTAKE, serve: lock_held::serve },
    Broken { name: "text_mode", mistake: text_mode::MISTAKE, serve: text_mode::serve },
    Broken { name: "traversal", mistake: traversal::MISTAKE, serve: traversal::serve },
    Broken { name: "unread_close", mistake: unread_close::MISTAKE, serve: unread_close::serve },
    Broken { name: "check_then_act", mistake: check_then_act::MISTAKE, serve: check_then_act::serve },
];

/// A line for each: its name and its mistake.
pub fn list() -> String {
    let widest = ALL.iter().map(|broken| broken.name.len()).max().unwrap_or(0);
    let lines = ALL.iter().map(|broken| format!("{:<widest$}  {}", broken.name, broken.mistake));
    lines.collect::<Vec<_>>().join("\n")
}

impl Broken {
    /// The server of that name.
    pub fn find(name: &str) -> Option<&'static Broken> {
        ALL.iter().find(|broken| broken.name == name)
    }

    /// Says where it listens, in a first line on standard output, and serves the directory until the process ends.
    ///
    /// # Errors
    /// What the system says of the address or the directory.
    pub fn run(&self, bind: SocketAddr, dir: &Path) -> io::Result<()> {
        let dir = FileHandler::new(dir)?;
        let listener = TcpListener::bind(bind)?;
        say(&format!("listening on {}", listener.local_addr()?))?;
        (self.serve)(&listener, &dir);
        Ok(())
    }
}
