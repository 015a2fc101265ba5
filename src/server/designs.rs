//! The designs: which thread accepts a connection, and which thread runs its session.
//!
//! All four are in this file. They follow chapter 30 of Stevens' *UNIX Network Programming*. The session is the same
//! under all of them, so only the functions below explain why two servers behave differently. Each is built of the same
//! four parts of [`Server`]: `accept` waits for a connection, `admit` adds it to the registry, `run_session` runs it
//! from the greeting to the end of its sending side, and `linger` waits until the client closes.
//!
//! The threads are scoped: they borrow the server, and the scope lasts until the last of them has ended. After the
//! server has stopped, `accept` returns `None` to every thread: to those that wait there and to those that call it
//! later. (Threads that only wait for a closed connection's end belong to no design.)
//!
//! Read first: `server/mod.rs`. It does not know what a session says.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Mutex;
use std::thread::{self, Scope};

use crate::lock::locked;
use crate::server::limits::MAX_SESSIONS;
use crate::server::{Accepted, Server, SESSION_STACK};
use crate::watch::Phase;

/// How a server spreads its sessions over threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Design {
    /// One client after the other.
    Iterative,
    /// A thread is spawned for each client, and ends with it: the report's design.
    #[default]
    ThreadPerClient,
    /// So many threads, spawned in advance. Each takes a client, and then the next client when the first has left.
    Prethreaded(usize),
    /// As prethreaded, but whenever fewer than `min` threads wait for a client, another is spawned, up to `max` in all.
    SpareThreads {
        /// Fewest that should wait.
        min: usize,
        /// Most in all.
        max: usize,
    },
}

impl Design {
    /// Serves under this design until the server has stopped.
    pub(super) fn serve(self, server: &Server) {
        match self {
            Design::Iterative => iterative(server),
            Design::ThreadPerClient => thread_per_client(server),
            Design::Prethreaded(threads) => prethreaded(server, threads),
            Design::SpareThreads { min, max } => spare_threads(server, min, max),
        }
    }
}

/// One thread for everything: while it runs a session it does not accept, and all other clients wait in the backlog,
/// connected and without an answer. (Another thread waits until a client closes.)
fn iterative(server: &Server) {
    while let Some(connection) = server.accept() {
        if let Some(admitted) = server.admit(connection) {
            server.linger_aside(server.run_session(admitted));
        }
    }
}

/// A thread for each client: the listener is back in `accept` before the session has sent its greeting. A slow client
/// blocks its own thread and no other. The cost is a new thread for each connection.
fn thread_per_client(server: &Server) {
    thread::scope(|scope| {
        while let Some(connection) = server.accept() {
            let Some(admitted) = server.admit(connection) else { continue };
            let (number, accepted) = (admitted.guard.number(), admitted.accepted.clone());
            let name = format!("session-{number}");
            // The guard moves into the thread: if that can't be spawned, the guard is dropped, and the entry with it.
            if let Err(error) = spawn(scope, name, move || server.linger(server.run_session(admitted))) {
                server.end_without_thread(number, accepted);
                server.trouble.rest_after(&error, &server.journal);
            }
        }
    });
}

/// A fixed number of threads, spawned in advance: no session needs a new thread, and their number never grows. The
/// cost: if there are as many slow clients as threads, all others wait in the backlog.
fn prethreaded(server: &Server, threads: usize) {
    let turn = Mutex::new(());
    let worker = || {
        while let Some(connection) = accept_in_turn(server, &turn) {
            if let Some(admitted) = server.admit(connection) {
                server.linger(server.run_session(admitted));
            }
        }
    };
    thread::scope(|scope| (1..=threads).for_each(|number| spawn_patiently(server, scope, number, worker)));
}

/// A thread for each client, but rarely a new one: a thread that has ended a session goes back to `accept`. A thread
/// that takes a client asks for more threads if fewer than `min` are left to wait for the next client, as in Apache.
/// The cost is a count that all threads share. The thread that calls this spawns the others, and is parked as long as
/// there are enough. (An `unpark` that comes before the `park` is not lost: the `park` then returns at once.)
fn spare_threads(server: &Server, min: usize, max: usize) {
    let turn = Mutex::new(());
    let count = Mutex::new(Count { waiting: 0, threads: 0, min, max });
    let supplier = thread::current();
    let worker = || {
        while let Some(connection) = accept_in_turn(server, &turn) {
            if locked(&count, Count::client_taken) {
                supplier.unpark();
            }
            if let Some(admitted) = server.admit(connection) {
                server.linger(server.run_session(admitted));
            }
            locked(&count, |count| count.waiting += 1);
        }
        supplier.unpark();
    };
    thread::scope(|scope| {
        while !server.registry.is_stopping() {
            match locked(&count, Count::thread_added) {
                Some(number) => spawn_patiently(server, scope, number, worker),
                None => thread::park(),
            }
        }
    });
}

/// The spare threads. One lock protects both numbers, because a decision needs both.
struct Count {
    /// In `accept`, or waiting for the turn.
    waiting: usize,
    /// In all; they end with the server.
    threads: usize,
    min: usize,
    max: usize,
}

impl Count {
    /// A thread has taken a client. Are there too few now that wait?
    fn client_taken(&mut self) -> bool {
        self.waiting -= 1;
        self.is_short()
    }

    fn is_short(&self) -> bool {
        self.waiting < self.min && self.threads < self.max
    }

    /// Counts one more, if there are too few, and returns its number.
    fn thread_added(&mut self) -> Option<usize> {
        if !self.is_short() {
            return None;
        }
        self.waiting += 1;
        self.threads += 1;
        Some(self.threads)
    }
}

/// One thread waits in `accept`, the others wait here for their turn.
///
/// Without the lock all of them would wait in `accept`, and everything would still work (try it): Linux wakes one
/// thread for each connection. But it reserves a file descriptor for each thread in `accept`, and an idle pool could
/// use up `ulimit -n`. Other systems once woke all threads for one connection (the thundering herd), or allowed only
/// one of them there.
fn accept_in_turn(server: &Server, turn: &Mutex<()>) -> Option<Accepted> {
    let waiting = server.registry.watch().begin(Phase::AwaitTurn);
    locked(turn, |()| {
        drop(waiting);
        server.accept()
    })
}

fn worker_name(number: usize) -> String {
    format!("worker-{number}")
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: String,
    work: impl FnOnce() + Send + 'scope,
) -> io::Result<()> {
    thread::Builder::new().name(name).stack_size(SESSION_STACK).spawn_scoped(scope, work).map(drop)
}

/// Spawns a thread that the design needs. If that fails, it tries again.
fn spawn_patiently<'scope>(
    server: &'scope Server,
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    work: impl FnOnce() + Send + Copy + 'scope,
) {
    while let Err(error) = spawn(scope, worker_name(number), work) {
        server.trouble.rest_after(&error, &server.journal);
        if server.registry.is_stopping() {
            return;
        }
    }
}

/// As on the command line: `prethreaded:8`, `spare-threads:2-64`.
impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Design::Iterative => f.write_str("iterative"),
            Design::ThreadPerClient => f.write_str("thread-per-client"),
            Design::Prethreaded(threads) => write!(f, "prethreaded:{threads}"),
            Design::SpareThreads { min, max } => write!(f, "spare-threads:{min}-{max}"),
        }
    }
}

impl Design {
    /// What an option for a design needs.
    pub fn wanted() -> String {
        format!(
            "iterative, thread-per-client, prethreaded:N or spare-threads:MIN-MAX, numbers from 1 to {MAX_SESSIONS}"
        )
    }
}

/// Not the name of a design.
#[derive(Debug, PartialEq, Eq)]
pub struct NoDesign;

impl FromStr for Design {
    type Err = NoDesign;

    /// Each number is from 1 to [`MAX_SESSIONS`].
    fn from_str(text: &str) -> Result<Design, NoDesign> {
        let threads = |number: &str| number.parse().ok().filter(|n| (1..=MAX_SESSIONS).contains(n)).ok_or(NoDesign);
        match text.split_once(':') {
            None if text == "iterative" => Ok(Design::Iterative),
            None if text == "thread-per-client" => Ok(Design::ThreadPerClient),
            Some(("prethreaded", number)) => Ok(Design::Prethreaded(threads(number)?)),
            Some(("spare-threads", range)) => {
                let (min, max) = range.split_once('-').ok_or(NoDesign)?;
                let (min, max) = (threads(min)?, threads(max)?);
                if min <= max {
                    Ok(Design::SpareThreads { min, max })
                } else {
                    Err(NoDesign)
                }
            }
            _ => Err(NoDesign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_design_is_read_as_it_is_written() {
        for text in ["iterative", "thread-per-client", "prethreaded:1", "spare-threads:2-64", "spare-threads:3-3"] {
            assert_eq!(text.parse::<Design>().map(|design| design.to_string()), Ok(text.to_string()));
        }
        for text in ["", "forking", "iterative:1", "prethreaded", "prethreaded:0", "prethreaded:10001", "prethreaded:x"]
        {
            assert_eq!(text.parse::<Design>(), Err(NoDesign), "{text}");
        }
        for text in ["spare-threads", "spare-threads:4", "spare-threads:5-4", "spare-threads:0-4", "spare-threads:1-"] {
            assert_eq!(text.parse::<Design>(), Err(NoDesign), "{text}");
        }
    }
}
