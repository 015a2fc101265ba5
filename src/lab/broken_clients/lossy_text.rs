//! The mistake: it converts a file to text. Bytes that are not UTF-8 are replaced, and CR LF becomes LF. The same
//! happens in Python with `errors='replace'` and a file that was opened without `'b'`.
//!
//! To see it: download `conversation.png` and look at it, or compare it with `cmp`. Every text file arrives correctly,
//! so nobody notices the mistake before the first image.
//!
//! The right way: a file is bytes. [`Client::download`](crate::client::Client::download) changes no byte.
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
    // The mistake: the bytes become text, and the text becomes the file.
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    parts::store(&path, |file| file.write_all(text.as_bytes())).map(Ok)
}
