//! The mistake: it writes a reply's first line, and then its body, in two writes. Every byte is right, but late. The
//! system keeps the second small packet until the first is acknowledged (Nagle's algorithm, RFC 896). The other side
//! delays its acknowledgement, because it may soon have data to send with it.
//!
//! To see it: no check fails. `lab load` shows that a request takes longer than with any other server.
//!
//! The right way: [`copy_exactly`] puts the first line and the beginning of the body into one write. And
//! [`Connection`](crate::server::connection::Connection) switches Nagle's algorithm off.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::server::session::PART;
use crate::wire::framing::{copy_exactly, CopyError, LineReader};

/// In a sentence.
pub const MISTAKE: &str =
    "writes a reply's first line and its body in two writes: every byte is right, but each small reply is late";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = parts::next_command(&mut lines)? {
        let answer = parts::answer(command, dir);
        let last = answer.last;
        send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

fn send(mut stream: &TcpStream, mut answer: parts::Answer) -> io::Result<()> {
    let size = answer.reply.size();
    stream.write_all(answer.reply.header.to_line().as_bytes())?;
    // The mistake: a second write, right after the first.
    let copied = copy_exactly(b"", &mut answer.reply.body, size, &mut stream, PART, |_| {});
    copied.map_err(|error| match error {
        CopyError::Source(error) | CopyError::Sink(error) => error,
    })
}
