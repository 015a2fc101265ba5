//! The mistake: it makes a text of a file. Bytes that are no UTF-8 are replaced, and CR LF becomes LF, as with Python's
//! `errors='replace'` and a file that was opened without `'b'`.
//!
//! To see it: download `conversation.png` and look at it, or compare it with `cmp`. Every text arrives as it should, so
//! nobody notices before the first image.
//!
//! The right way: a file is bytes. [`Client::download`](crate::client::Client::download) looks at none of them.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Write};
use std::path::Path;

use crate::lab::broken_clients::parts::{self, Done, Replies, Work};

/// In a sentence.
pub const MISTAKE: &str =
    "converts each file to text: line ends change, and files that are not text are stored with other bytes";

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
    parts::body(replies, size, &mut bytes)?;
    // The mistake: the bytes become a text, and the text a file.
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    parts::store(&path, |file| file.write_all(text.as_bytes())).map(Ok)
}
