//! The mistake: it treats one read as the whole reply. TCP delivers bytes: a read may bring half a reply, or one reply
//! and the beginning of the next.
//!
//! To see it: download `conversation.png` (4152 bytes) and compare it with `cmp`: its end is missing. A short file
//! arrives whole, so many programs are written like this. Through `lab relay --chop 1` even a short file is cut.
//!
//! The right way: [`read_reply_header`](crate::wire::framing::read_reply_header) reads until the line is complete, and
//! [`copy_exactly`](crate::wire::framing::copy_exactly) until all of the body is there.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::lab::broken_clients::parts::{self, Done, Replies, Work};
use crate::wire::ReplyHeader;

/// In a sentence.
pub const MISTAKE: &str = "treats one read as the whole reply: it stores only the beginning of a large or slow file";

/// As many bytes as one read may bring.
const BUFFER: usize = 4096;

/// Holds a session.
pub fn run(work: Work) -> io::Result<bool> {
    parts::converse(work, download, parts::log_out)
}

fn download(replies: &mut Replies, dir: &Path, name: &str) -> io::Result<Done> {
    let path = match parts::path(dir, name) {
        Ok(path) => path,
        Err(refusal) => return Ok(Err(refusal)),
    };
    parts::send(replies, &format!("DOWNLOAD {name}"))?;
    let mut buffer = [0; BUFFER];
    // The mistake: it treats the bytes of this read as the whole reply and nothing else.
    let count = replies.read(&mut buffer)?;
    let reply = &buffer[..count];
    let end = reply.iter().position(|byte| *byte == b'\n').ok_or(io::ErrorKind::InvalidData)?;
    match ReplyHeader::parse(&reply[..end]).map_err(io::Error::other)? {
        ReplyHeader::Err(refusal) => Ok(Err(refusal)),
        ReplyHeader::Ok(_) => parts::store(&path, |file| file.write_all(&reply[end + 1..])).map(Ok),
    }
}
