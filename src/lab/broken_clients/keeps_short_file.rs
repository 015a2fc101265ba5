//! The mistake: it writes to the file's own name from the first byte on. If the connection is lost inside the body,
//! half a file has this name, and looks like a complete file.
//!
//! To see it: `lab relay --to HOST:PORT --cut-after 2000 --only down` between a server and this client, and download
//! `conversation.png` (4152 bytes).
//!
//! The right way: `Part` in `client/part.rs` is a hidden file, which gets its final name when all of it has come.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::lab::broken_clients::parts::{self, Done, Replies, Work};

/// In a sentence.
pub const MISTAKE: &str = "writes to the final name from the first byte on: a lost connection leaves half a file";

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
    // The mistake: if the body is cut, this file stays.
    parts::body(replies, size, &mut File::create(path)?).map(Ok)
}
