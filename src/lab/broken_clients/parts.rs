//! What the broken clients do right, so that each file shows its mistake: the connection, the replies, the file that
//! appears whole or not at all, the farewell.
//!
//! Read first: `wire/framing.rs`. It does not know the mistakes.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::programs::args::{complain, say};
use crate::wire::framing::{copy_exactly, read_reply_header, CopyError};
use crate::wire::{printable, visible, FileName, Refusal, ReplyHeader};

/// After so long a silence, the client supposes that the server has gone.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a file is received before it is written.
const PART: usize = 64 * 1024;

/// Longest text that is shown, in bytes.
const MAX_TEXT: u64 = 1024 * 1024;

/// What such a client is to do.
pub struct Work {
    /// `HOST:PORT`.
    pub address: String,
    /// Where it stores files.
    pub dir: PathBuf,
    /// The commands, line by line.
    pub commands: Box<dyn Iterator<Item = String>>,
}

/// The connection. Bytes that arrive after the end of a reply are kept for the next reply.
pub type Replies = BufReader<TcpStream>;

/// A whole session, which downloads files with the one function and leaves with the other. Was all done?
pub fn converse(
    work: Work,
    download: fn(&mut Replies, &Path, &str) -> io::Result<Done>,
    leave: fn(Replies) -> io::Result<()>,
) -> io::Result<bool> {
    let stream = TcpStream::connect(&work.address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut replies = BufReader::new(stream);
    match header(&mut replies)? {
        Ok(size) => text(&mut replies, size).map(drop)?,
        Err(refusal) => return Err(io::Error::other(refusal.to_string())),
    }
    let mut all_done = true;
    for command in work.commands {
        let (verb, name) = command.split_once(' ').unwrap_or((&command, ""));
        let done = match verb.to_ascii_uppercase().as_str() {
            "" => continue,
            "LOGOUT" => break,
            "DOWNLOAD" => download(&mut replies, &work.dir, name)?,
            _ => show(&mut replies, &command)?,
        };
        if let Err(refusal) = done {
            complain("lab", &refusal.to_string());
            all_done = false;
        }
    }
    leave(replies)?;
    Ok(all_done)
}

/// A command was carried out, or refused.
pub type Done = Result<(), Refusal>;

/// Sends a command; the size of the body that answers it.
pub fn ask(replies: &mut Replies, command: &str) -> io::Result<Result<u64, Refusal>> {
    send(replies, command)?;
    header(replies)
}

/// Sends a command, one line.
pub fn send(replies: &mut Replies, command: &str) -> io::Result<()> {
    replies.get_mut().write_all(format!("{command}\n").as_bytes())
}

/// A refusal that ends the session is an error.
fn header(replies: &mut Replies) -> io::Result<Result<u64, Refusal>> {
    match read_reply_header(replies)?.0 {
        ReplyHeader::Ok(size) => Ok(Ok(size)),
        ReplyHeader::Err(refusal) if refusal.code.closes() => Err(io::Error::other(refusal.to_string())),
        ReplyHeader::Err(refusal) => Ok(Err(refusal)),
    }
}

/// A body that is a text.
fn text(replies: &mut Replies, size: u64) -> io::Result<Vec<u8>> {
    if size > MAX_TEXT {
        return Err(io::Error::other(format!(
            "the server promises a text of {size} bytes; at most {MAX_TEXT} are read"
        )));
    }
    let mut body = Vec::new();
    let count = replies.take(size).read_to_end(&mut body)?;
    if (count as u64) < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

/// Sends a command that is answered with a text, and prints the text with its control characters escaped.
fn show(replies: &mut Replies, command: &str) -> io::Result<Done> {
    let size = match ask(replies, command)? {
        Ok(size) => size,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for line in text(replies, size)?.lines() {
        say(&printable(&line.unwrap_or_else(|_| "(a line that is no UTF-8)".to_string())))?;
    }
    Ok(Ok(()))
}

/// Takes a name if a file in the directory can have it.
pub fn path(dir: &Path, name: &str) -> Result<PathBuf, Refusal> {
    FileName::parse(name).map(|name| dir.join(name.as_str()))
}

/// Writes exactly so many bytes of the reply.
pub fn body(replies: &mut Replies, size: u64, sink: &mut impl Write) -> io::Result<()> {
    copy_exactly(&[], replies, size, sink, PART, |_| {}).map_err(|error| match error {
        CopyError::Source(error) | CopyError::Sink(error) => error,
    })
}

/// The right way to download: the file has another name until all of it has come. If it does not come, it is removed.
pub fn download(replies: &mut Replies, dir: &Path, name: &str) -> io::Result<Done> {
    let path = match path(dir, name) {
        Ok(path) => path,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let size = match ask(replies, &format!("DOWNLOAD {name}"))? {
        Ok(size) => size,
        Err(refusal) => return Ok(Err(refusal)),
    };
    store(&path, |file| body(replies, size, file)).map(Ok)
}

/// Makes the file with what this writes into it, or no file.
pub fn store(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let part = path.with_file_name(format!(".part-{}", std::process::id()));
    let written = File::create(&part).and_then(|mut file| write(&mut file)).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// The right way to leave: LOGOUT, the goodbye, the end of the connection.
pub fn log_out(mut replies: Replies) -> io::Result<()> {
    let size = ask(&mut replies, "LOGOUT")?.map_err(|refusal| io::Error::other(refusal.to_string()))?;
    text(&mut replies, size)?;
    let mut more = [0];
    match replies.read(&mut more)? {
        0 => Ok(()),
        _ => Err(io::Error::other(format!("behind the goodbye came '{}'", visible(&more)))),
    }
}
