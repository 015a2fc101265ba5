//! The mistake: it removes the LF of a line and leaves the CR before it. The CR then belongs to the command or to the
//! file's name.
//!
//! To see it: telnet and `nc -C` end their lines with CR LF. This server does not know `LIST\r`, and finds no file
//! `notes.txt\r`. On a terminal its messages look wrong, because the CR is not visible.
//!
//! The right way: [`Command::parse`] drops one CR right before the LF.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;
use crate::wire::{Command, ErrorCode, FileName, Refusal};

/// In a sentence.
pub const MISTAKE: &str = "leaves the CR of CR LF in the line: telnet's LIST is unknown";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(line) = parts::next_line(&mut lines)? {
        let answer = parts::answer(line.and_then(|line| parse(&line)), dir);
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

fn parse(line: &[u8]) -> Result<Command, Refusal> {
    let no = |code, message| Err(Refusal::new(code, message));
    let Ok(text) = std::str::from_utf8(line) else { return no(ErrorCode::NotText, "send commands as UTF-8") };
    // The mistake: the line may end with CR LF.
    let line = text.trim_end_matches('\n').trim_matches(' ');
    let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
    match (verb.to_ascii_uppercase().as_str(), argument.trim_start_matches(' ')) {
        ("LIST", "") => Ok(Command::List),
        ("DOWNLOAD", "") => no(ErrorCode::BadArguments, "DOWNLOAD needs a filename"),
        ("DOWNLOAD", name) => FileName::parse(name).map(Command::Download),
        ("HELP", "") => Ok(Command::Help),
        ("LOGOUT", "") => Ok(Command::Logout),
        ("LIST" | "HELP" | "LOGOUT", _) => no(ErrorCode::BadArguments, "send the command alone"),
        _ => no(ErrorCode::UnknownCommand, "send HELP for the commands"),
    }
}
