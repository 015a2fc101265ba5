//! The mistake: it opens files as text. Python on every system, and C on Windows, then change CR LF into LF while they
//! read. This is useful for text, but destroys all other files.
//!
//! To see it: download an image and compare it with `cmp`. The size in the header is the size of what is sent. So
//! nobody notices the mistake before the image is opened.
//!
//! The right way: a file is bytes. [`FileHandler::open`] takes the size from the opened file, and
//! [`copy_exactly`](crate::wire::framing::copy_exactly) changes no byte.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::server::reply::Reply;
use crate::wire::framing::LineReader;
use crate::wire::Command;

/// In a sentence.
pub const MISTAKE: &str = "opens files as text: line ends change, and files that are not text arrive with other bytes";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = parts::next_command(&mut lines)? {
        let is_download = matches!(command, Ok(Command::Download(_)));
        let mut answer = parts::answer(command, dir);
        if is_download && !answer.is_refusal() {
            answer = as_text(answer)?;
        }
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

fn as_text(mut file: parts::Answer) -> io::Result<parts::Answer> {
    let mut bytes = Vec::new();
    file.reply.body.read_to_end(&mut bytes)?;
    let (mut text, mut before) = (Vec::new(), 0);
    for byte in bytes {
        // The mistake: CR LF, and a CR alone, become LF, as in Python's text mode.
        match (before, byte) {
            (b'\r', b'\n') => {}
            (_, b'\r') => text.push(b'\n'),
            _ => text.push(byte),
        }
        before = byte;
    }
    Ok(Reply::bytes("as text", text.into()).into())
}
