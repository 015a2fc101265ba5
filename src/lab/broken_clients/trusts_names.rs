//! The mistake: it joins every name that it is given to its directory. Names often come from the server's list, and a
//! server can send false names: `../x` leads out of the directory, and an absolute path replaces it.
//!
//! To see it: let a server answer `DOWNLOAD ../x` (by hand, with `nc -l`), and look into the directory above.
//!
//! The right way: no name reaches the file system before [`FileName::parse`](crate::wire::FileName::parse) has accepted
//! it.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::path::Path;

use crate::lab::broken_clients::parts::{self, Done, Replies, Work};

/// In a sentence.
pub const MISTAKE: &str =
    "joins any name to its directory: a name with ../ leads out of it, so a false server can write anywhere";

/// Holds a session.
pub fn run(work: Work) -> io::Result<bool> {
    parts::converse(work, download, parts::log_out)
}

fn download(replies: &mut Replies, dir: &Path, name: &str) -> io::Result<Done> {
    let size = match parts::ask(replies, &format!("DOWNLOAD {name}"))? {
        Ok(size) => size,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // The mistake: the name was not checked.
    parts::store(&dir.join(name), |file| parts::body(replies, size, file)).map(Ok)
}
