//! The mistake: it reads a file until the end of the connection. This would be right if the server closed after each
//! file. But here the connection stays open for the next command, so the client waits for an end that does not come.
//!
//! To see it: download any file. Nothing happens until the time-out of one side.
//!
//! The right way: the reply's first line says how many bytes follow.
//! [`copy_exactly`](crate::wire::framing::copy_exactly) reads so many and no more.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::lab::broken_clients::parts::{self, Done, Replies, Work};

/// In a sentence.
pub const MISTAKE: &str = "reads a file until the end of the connection, which stays open: it waits for ever";

/// Holds a session.
pub fn run(work: Work) -> io::Result<bool> {
    parts::converse(work, download, parts::log_out)
}

fn download(replies: &mut Replies, dir: &Path, name: &str) -> io::Result<Done> {
    let path = match parts::path(dir, name) {
        Ok(path) => path,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let size = match parts::ask(replies, &format!("DOWNLOAD {name}"))? {
        Ok(size) => size,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut bytes = Vec::new();
    // The mistake: the client knows the size, but waits for the end of the stream.
    replies.read_to_end(&mut bytes)?;
    if bytes.len() as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    parts::store(&path, |file| file.write_all(&bytes)).map(Ok)
}
