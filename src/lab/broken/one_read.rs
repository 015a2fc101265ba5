//! The mistake: it treats one read as one message. TCP delivers bytes: a read may bring half a command, or three.
//!
//! To see it: `printf 'LIST\nHELP\n' | nc -N HOST PORT` gets only one answer, because both commands came in one read.
//! `(printf LI; sleep 1; printf 'ST\n') | nc -N HOST PORT` gets two answers, and both say that the command is unknown.
//! If you type the commands by hand, all works. So many programs are written like this.
//!
//! The right way: [`LineReader`](crate::wire::framing::LineReader) reads until a line is complete, and keeps the bytes
//! after it for the next call.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::{Command, MAX_COMMAND_LINE};

/// In a sentence.
pub const MISTAKE: &str =
    "treats one read as one message: it takes half a command for a command, and loses the second of two commands";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(mut stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut buffer = [0; MAX_COMMAND_LINE];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let bytes = parts::without_telnet(stream, &buffer[..count])?;
        // The mistake: it treats all bytes of this read as one command, with no line end or with three.
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let command = if line.len() == MAX_COMMAND_LINE { Err(parts::too_long()) } else { Command::parse(line) };
        let answer = parts::answer(command, dir);
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            return Ok(());
        }
    }
}
