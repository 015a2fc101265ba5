//! Clients with one mistake each. Explore them with a server; [`check`](crate::lab::check) finds their mistakes.
//!
//! You can read each file alone: it shows how a client makes one mistake, which students really make. The top of the
//! file says what the mistake is, what you see, and where to find the correct code. [`parts`] has what they all do
//! right.
//!
//! Read first: `client/mod.rs`. It does not know the grader.

pub mod reads_once;

pub mod waits_for_close;

pub mod lossy_text;

pub mod keeps_short_file;

pub mod trusts_names;

pub mod no_logout;

pub mod parts;

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::lab::broken_clients::parts::Work;
use crate::programs::args::{complain, exit_code, Usage};
use crate::programs::lines::{Line, Lines};
use crate::wire::MAX_COMMAND_LINE;

/// One broken client.
pub struct BrokenClient {
    /// The name by which it is run.
    pub name: &'static str,
    /// What it does wrong, in a sentence.
    pub mistake: &'static str,
    /// Holds a session, and carries out the commands. Was all done?
    run: fn(Work) -> io::Result<bool>,
}

/// All of them, from the mistakes in reading to the one in leaving.
pub const ALL: [BrokenClient; 6] = [
    BrokenClient { name: "reads_once", mistake: reads_once::MISTAKE, run: reads_once::run },
    BrokenClient { name: "waits_for_close", mistake: waits_for_close::MISTAKE, run: waits_for_close::run },
    BrokenClient { name: "lossy_text", mistake: lossy_text::MISTAKE, run: lossy_text::run },
    BrokenClient { name: "keeps_short_file", mistake: keeps_short_file::MISTAKE, run: keeps_short_file::run },
    BrokenClient { name: "trusts_names", mistake: trusts_names::MISTAKE, run: trusts_names::run },
    BrokenClient { name: "no_logout", mistake: no_logout::MISTAKE, run: no_logout::run },
];

/// A line for each: its name and its mistake.
pub fn list() -> String {
    ALL.iter().map(BrokenClient::to_string).collect::<Vec<_>>().join("\n")
}

impl BrokenClient {
    /// The client of that name.
    pub fn find(name: &str) -> Option<&'static BrokenClient> {
        ALL.iter().find(|client| client.name == name)
    }

    /// Carries out what the arguments after its name say: HOST PORT DIR, then the commands. If there are no commands,
    /// it reads them from standard input, one on each line.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn main(&self, arguments: Vec<String>) -> Result<ExitCode, Usage> {
        let mut arguments = arguments.into_iter().peekable();
        let (Some(host), Some(port), Some(dir)) = (arguments.next(), arguments.next(), arguments.next()) else {
            let name = self.name;
            return Err(Usage(format!("{name} is a client: lab broken {name} HOST PORT DIR [COMMAND...]")));
        };
        let port: u16 = port.parse().map_err(|_| Usage(format!("a port is a number up to 65535, not '{port}'")))?;
        let commands: Box<dyn Iterator<Item = String>> =
            if arguments.peek().is_none() { Box::new(typed()) } else { Box::new(arguments) };
        let work = Work { address: format!("{host}:{port}"), dir: dir.into(), commands };
        Ok(exit_code("lab", (self.run)(work)))
    }
}

/// The lines of standard input, without those that are too long.
fn typed() -> impl Iterator<Item = String> {
    let mut lines = Lines::new(io::stdin().lock(), MAX_COMMAND_LINE);
    std::iter::from_fn(move || loop {
        match lines.read() {
            Ok(Line::Whole(line)) => {
                return Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_string())
            }
            Ok(Line::TooLong) => {
                complain("lab", &format!("a command has over {MAX_COMMAND_LINE} bytes: it is left out"))
            }
            Ok(Line::End) | Err(_) => return None,
        }
    })
}

/// A line: its name and its mistake.
impl fmt::Display for BrokenClient {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:<16}  {}", self.name, self.mistake)
    }
}
