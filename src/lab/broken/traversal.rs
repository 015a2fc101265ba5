//! The mistake: it joins every name that it receives to the directory's path. `../secret` leads out of the directory.
//! `/etc/passwd` replaces it: if you join an absolute path to a directory, the result is the absolute path.
//!
//! To see it: `printf 'DOWNLOAD ../../../../../../etc/passwd\n' | nc -N HOST PORT`.
//!
//! The right way: no name reaches the file system before [`FileName::parse`](crate::wire::FileName::parse) has accepted
//! it. A `FileName` can't lead out of the directory.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::fs::{self, File};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::server::reply::Reply;
use crate::wire::framing::LineReader;
use crate::wire::{Command, ErrorCode, Refusal};

/// In a sentence.
pub const MISTAKE: &str = "joins any name to the directory: a name with ../ leads to every file of the computer";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(line) = parts::next_line(&mut lines)? {
        let answer = match line.as_deref().map(download_name) {
            Ok(Some(name)) => open(dir.dir(), name).unwrap_or_else(|_| not_found()).into(),
            _ => parts::answer(line.and_then(|line| Command::parse(&line)), dir),
        };
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

/// The name after DOWNLOAD, if there is one.
fn download_name(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
    let (verb, name) = line.trim_matches(' ').split_once(' ')?;
    verb.eq_ignore_ascii_case("DOWNLOAD").then(|| name.trim_start_matches(' '))
}

fn open(dir: &Path, name: &str) -> io::Result<Reply> {
    // The mistake: the name was not checked.
    let path = dir.join(name);
    if !fs::symlink_metadata(&path)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(Reply::file(name, file, size))
}

fn not_found() -> Reply {
    Reply::refusal(Refusal::new(ErrorCode::NotFound, "there is no such file; LIST shows the files"))
}
