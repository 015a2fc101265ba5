//! Servers with one mistake each. Explore them with netcat; [`check`](crate::lab::check) finds their mistakes.
//!
//! You can read each file alone. It is a whole small server with exactly one mistake, which students really make. The
//! top of the file says what the mistake is, what you see, and where to find the correct code. [`parts`] has what they
//! all do right.
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

pub mod lost_update;

pub mod lock_order;

pub mod place_never_returned;

pub mod poisoned;

pub mod two_writes;

pub mod parts;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic;
use std::path::Path;

use crate::programs::args::{complain, say};
use crate::server::file_handler::FileHandler;

/// One broken server.
pub struct Broken {
    /// The name by which it is run.
    pub name: &'static str,
    /// What it does wrong, in a sentence.
    pub mistake: &'static str,
    /// Serves this directory for ever.
    pub serve: fn(&TcpListener, &FileHandler),
}

/// All of them, from the mistakes in reading to those of threads.
pub const ALL: [Broken; 15] = [
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
    Broken { name: "lost_update", mistake: lost_update::MISTAKE, serve: lost_update::serve },
    Broken { name: "lock_order", mistake: lock_order::MISTAKE, serve: lock_order::serve },
    Broken { name: "place_never_returned", mistake: place_never_returned::MISTAKE, serve: place_never_returned::serve },
    Broken { name: "poisoned", mistake: poisoned::MISTAKE, serve: poisoned::serve },
    Broken { name: "two_writes", mistake: two_writes::MISTAKE, serve: two_writes::serve },
];

/// A line for each: its name and its mistake.
pub fn list() -> String {
    let widest = ALL.iter().map(|broken| broken.name.len()).max().unwrap_or(0);
    let lines = ALL.iter().map(|broken| format!("{:<widest$}  {}", broken.name, broken.mistake));
    lines.collect::<Vec<_>>().join("\n")
}

/// From now on a thread that panics does not name its file, because the file has the name of the server.
pub fn keep_names_out_of_panics() {
    panic::set_hook(Box::new(|_| complain("lab", "a thread of the server has panicked")));
}

/// A line: its name and its mistake.
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}  {}", self.name, self.mistake)
    }
}

impl Broken {
    /// The server of that name.
    pub fn find(name: &str) -> Option<&'static Broken> {
        ALL.iter().find(|broken| broken.name == name)
    }

    /// The server for this number: always the same. If there are fifteen servers, fifteen numbers in a row give all of
    /// them, but in another order than the list.
    pub fn mystery(number: u64) -> &'static Broken {
        /// It has no divisor in common with the number of servers, so no server is left out.
        const STRIDE: usize = 7;
        let turn = (number % ALL.len() as u64) as usize;
        &ALL[(turn + 1) * STRIDE % ALL.len()]
    }

    /// Prints the address where it listens as the first line, and serves the directory until the process ends.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_in_a_row_are_all_the_servers_and_the_same_number_is_the_same_server() {
        for first in [0, 1, 40, u64::MAX - ALL.len() as u64] {
            let numbers = first..first + ALL.len() as u64;
            let names: BTreeSet<_> = numbers.map(|number| Broken::mystery(number).name).collect();
            assert_eq!(names.len(), ALL.len(), "{names:?}");
        }
        assert_eq!(Broken::mystery(3).name, Broken::mystery(3).name);
    }
}
