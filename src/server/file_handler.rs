//! The report's File Handler: the served directory, its list and its files.
//!
//! A served file is a regular file directly in the directory, with a name that [`FileName`] takes. Directories,
//! symbolic links, FIFOs, sockets and devices are neither listed nor sent.
//!
//! Read first: `server/reply.rs`. (`opening.rs` can wait: it opens regular files, and nothing else. So can `list.rs`:
//! it makes one list for many sessions.) It does not know the network, nor who asks.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::server::list::SharedList;
use crate::server::opening::open_regular;
use crate::server::reply::Reply;
use crate::wire::{quote, ErrorCode, FileName, Listed, LocalName, Refusal, Verb};

/// The directory whose files the server sends.
#[derive(Debug, Clone)]
pub struct FileHandler {
    dir: PathBuf,
    list: SharedList,
}

impl FileHandler {
    /// For a directory that can be read.
    ///
    /// # Errors
    /// The system's error, such as `NotADirectory`.
    pub fn new(dir: impl Into<PathBuf>) -> io::Result<FileHandler> {
        let dir = dir.into();
        fs::read_dir(&dir)?;
        Ok(FileHandler { dir, list: SharedList::default() })
    }

    /// Where the directory is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Step 3, the server's side: answers LIST with a line for each file, sorted by the bytes of the names.
    ///
    /// The client's side is [`Client::list`](crate::client::Client::list).
    pub fn list(&self) -> Reply {
        match self.list.body(|| self.files()) {
            Ok(lines) => Reply::bytes(Verb::List.row().word, lines),
            Err(error) => Reply::refusal(read_failed("the served directory", &error)),
        }
    }

    /// Step 5, the server's side: answers DOWNLOAD with the open file. The size is taken from the open file, so a later
    /// change of the directory does not matter.
    ///
    /// The client's side is [`Client::download`](crate::client::Client::download).
    pub fn open(&self, name: &FileName) -> Reply {
        match self.find(name) {
            Ok((file, size)) => Reply::file(name.as_str(), file, size),
            Err(refusal) => Reply::refusal(refusal),
        }
    }

    /// The served file of that name, open, and its size.
    pub(super) fn find(&self, name: &FileName) -> Result<(File, u64), Refusal> {
        match open_regular(&self.dir.join(LocalName::of(name)?.as_str())) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(not_found(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_found(name)),
            Err(error) => Err(read_failed(&quote(name.as_str()), &error)),
        }
    }

    /// Every served file, sorted by the bytes of the names.
    ///
    /// To read the directory gives each entry's type. Only the size of a file costs one more system call.
    ///
    /// # Errors
    /// The system's error, if the directory can't be read.
    pub fn files(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let Some(name) = entry.file_name().into_string().ok().and_then(|name| FileName::parse(name).ok()) else {
                continue;
            };
            if LocalName::of(&name).is_err() || entry.file_type().is_ok_and(|kind| !kind.is_file()) {
                continue;
            }
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => files.push(Listed { size: metadata.len(), name }),
                Ok(_) => {}
                // Deleted since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }
}

fn not_found(name: &FileName) -> Refusal {
    let message = format!("there is no file {} here; LIST shows the files", quote(name.as_str()));
    Refusal::new(ErrorCode::NotFound, message)
}

pub(super) fn read_failed(what: &str, error: &io::Error) -> Refusal {
    let message = format!("{what} can't be read ({error}); try again later, or tell the server's operator");
    Refusal::new(ErrorCode::ReadFailed, message)
}
