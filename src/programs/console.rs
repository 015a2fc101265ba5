//! The operator's console: commands on the server's standard input, answers on its standard output.
//!
//! Read first: `server/stop.rs`, `who.rs`, `lines.rs`. It does not know the commands of clients.

use std::io::BufRead;

use crate::programs::lines::{Line, Lines};
use crate::programs::who::who;
use crate::server::{Server, STOP_GRACE};
use crate::wire::{quote, MAX_COMMAND_LINE};

/// Longest line that the console accepts, in bytes, its line end included: as long as the longest command of the
/// protocol.
const MAX_LINE: usize = MAX_COMMAND_LINE;

const HELP: &str = "\
who      the sessions that are active, the busiest 20 of them
who all  all of them
kick N   cuts the connection of session N, also inside a file
stop     ends the server: no new sessions, transfers may finish for 10 seconds
help     these lines";

/// Why the console ended.
#[derive(Debug, PartialEq, Eq)]
pub enum ConsoleEnd {
    /// The operator stopped the server.
    Stopped,
    /// The operator's input has ended; the server may go on in the background.
    InputEnded,
}

/// Carries out the operator's commands until `stop` or the end of the input. `print` is called with each answer. The
/// table of the sessions may be long, so `print` is called with each of its lines.
pub fn run(input: impl BufRead, server: &Server, print: impl Fn(&str)) -> ConsoleEnd {
    let print_sessions = |all| who(server.registry().snapshot(), all).iter().for_each(|line| print(line));
    let mut lines = Lines::new(input, MAX_LINE);
    loop {
        let line = match lines.read() {
            Ok(Line::Whole(line)) => line,
            Ok(Line::TooLong) => {
                print(&format!("a line has over {MAX_LINE} bytes and is skipped; help shows the commands"));
                continue;
            }
            Ok(Line::End) | Err(_) => return ConsoleEnd::InputEnded,
        };
        let command = String::from_utf8_lossy(&line).to_ascii_lowercase();
        let mut words = command.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some("who"), None, _) => print_sessions(false),
            (Some("who"), Some("all"), None) => print_sessions(true),
            (Some("kick"), None, _) => print("kick needs a session's number; who shows the sessions"),
            (Some("kick"), Some(number), None) => print(&kick(server, number)),
            (Some("help"), None, _) => print(HELP),
            (Some("stop"), None, _) => {
                print(&format!("stopping; transfers under way may finish for {} seconds", STOP_GRACE.as_secs()));
                server.stop();
                return ConsoleEnd::Stopped;
            }
            _ => print(&format!("{} is no command here; help shows the commands", quote(command.trim()))),
        }
    }
}

fn kick(server: &Server, number: &str) -> String {
    match number.parse() {
        Ok(number) if server.kick(number) => format!("session {number} is cut"),
        Ok(number) => format!("there is no session {number}; who shows the sessions"),
        Err(_) => format!("{} is no session's number; who shows the sessions", quote(number)),
    }
}
