//! The operator's console: commands on the server's standard input, answers on its standard output.
//!
//! Read first: `server/registry.rs`, `server/stop.rs`. It does not know the commands of clients.

use std::io::BufRead;
use std::time::Instant;

use crate::programs::human::human_size;
use crate::server::registry::{Doing, SessionView};
use crate::server::{Server, STOP_GRACE};
use crate::wire::{quote, visible};

const HELP: &str = "\
who      the sessions that are active
kick N   cuts the connection of session N, also inside a file
stop     ends the server: no new sessions, transfers may finish for 10 seconds
help     these lines";

/// Why the console ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Console {
    /// The operator stopped the server.
    Stopped,
    /// There is no operator any more; the server may go on in the background.
    InputEnded,
}

/// Carries out the operator's commands until `stop` or the end of the input.
pub fn run(mut input: impl BufRead, server: &Server, print: impl Fn(&str)) -> Console {
    let mut line = Vec::new();
    while matches!(input.read_until(b'\n', &mut line), Ok(count) if count > 0) {
        let command = String::from_utf8_lossy(&line).to_ascii_lowercase();
        line.clear();
        let mut words = command.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some("who"), None, _) => print(&who(&server.registry().snapshot())),
            (Some("kick"), None, _) => print("kick needs a session's number; who shows the sessions"),
            (Some("kick"), Some(number), None) => print(&kick(server, number)),
            (Some("help"), None, _) => print(HELP),
            (Some("stop"), None, _) => {
                print(&format!("stopping; transfers under way may finish for {} seconds", STOP_GRACE.as_secs()));
                server.stop();
                return Console::Stopped;
            }
            _ => print(&format!("{} is no command here; help shows the commands", quote(command.trim()))),
        }
    }
    Console::InputEnded
}

/// The registry as a table.
fn who(sessions: &[SessionView]) -> String {
    if sessions.is_empty() {
        return "nobody is connected".to_string();
    }
    let mut table = row("#", "peer", "thread", "doing", "age", "idle", "sent");
    let now = Instant::now();
    for session in sessions {
        let seconds = |since: Instant| format!("{} s", now.saturating_duration_since(since).as_secs());
        table.push('\n');
        table.push_str(&row(
            &session.number.to_string(),
            &session.peer.to_string(),
            &session.thread,
            &doing(&session.doing),
            &seconds(session.since),
            &seconds(session.last_active),
            &human_size(session.bytes_sent),
        ));
    }
    table
}

fn row(number: &str, peer: &str, thread: &str, doing: &str, age: &str, idle: &str, sent: &str) -> String {
    format!("{number:>5}  {peer:<21}  {thread:<12}  {doing:<32}  {age:>7}  {idle:>7}  {sent:>10}")
}

/// What a session is doing, in a few words.
fn doing(doing: &Doing) -> String {
    match doing {
        Doing::Waiting => "waiting".to_string(),
        Doing::Sending { subject, sent, size } => format!("sending {} {sent}/{size}", visible(subject.as_bytes())),
        Doing::Dismissed => "dismissed".to_string(),
    }
}

fn kick(server: &Server, number: &str) -> String {
    match number.parse() {
        Ok(number) if server.kick(number) => format!("session {number} is cut"),
        Ok(number) => format!("there is no session {number}; who shows the sessions"),
        Err(_) => format!("{} is no session's number; who shows the sessions", quote(number)),
    }
}
