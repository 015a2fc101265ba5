//! The report's File Handler: the served directory, its list and its files.
//!
//! A served file is a regular file directly in the directory, with a name that [`FileName`] takes. Directories,
//! symbolic links, FIFOs, sockets and devices are neither listed nor opened.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::wire::{quote, ErrorCode, FileName, Listed, Refusal};

/// How often a file that is replaced while it is being opened is opened anew. Between the look and the opening lie some
/// microseconds: to lose so many times in a row takes somebody who does it on purpose.
const OPEN_TRIES: usize = 10;

/// The directory whose files the server sends.
#[derive(Debug, Clone)]
pub struct FileHandler {
    path: PathBuf,
}

impl FileHandler {
    /// A directory that can be read.
    ///
    /// # Errors
    /// What the system says of the path; `NotADirectory` is among it.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<FileHandler> {
        let path = path.into();
        fs::read_dir(&path)?;
        Ok(FileHandler { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every served file, sorted by the bytes of the names.
    ///
    /// The type of an entry comes with the directory; only a file's size costs a system call of its own.
    ///
    /// # Errors
    /// READ_FAILED if the directory can't be read.
    pub fn list(&self) -> Result<Vec<Listed>, Refusal> {
        let refused = |error| read_failed("the served directory", &error);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let Some(name) = entry.file_name().into_string().ok().and_then(|name| FileName::parse(name).ok()) else {
                continue;
            };
            if entry.file_type().is_ok_and(|kind| !kind.is_file()) {
                continue;
            }
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => files.push(Listed { size: metadata.len(), name }),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(refused(error)),
            }
        }
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Opens a served file; its size is that of the opened file, whatever the directory says later.
    ///
    /// Looking first keeps links from leading out; asking the open file again catches what was put there between the
    /// look and the opening.
    ///
    /// # Errors
    /// NOT_FOUND if no served file has that name, READ_FAILED if the system refuses to open it.
    pub fn open(&self, name: &FileName) -> Result<(File, u64), Refusal> {
        let path = self.path.join(name.as_str());
        for _ in 0..OPEN_TRIES {
            match open_regular(&path) {
                Ok(Opened::Regular(file, size)) => return Ok((file, size)),
                Ok(Opened::Replaced) => {}
                Ok(Opened::NoFile) => return Err(not_found(name)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_found(name)),
                Err(error) => return Err(read_failed(&quote(name.as_str()), &error)),
            }
        }
        let message = format!("{} is being replaced again and again; try again later", quote(name.as_str()));
        Err(Refusal::new(ErrorCode::ReadFailed, message))
    }
}

enum Opened {
    Regular(File, u64),
    /// Something else stood there when it was opened than a moment before.
    Replaced,
    NoFile,
}

fn open_regular(path: &Path) -> io::Result<Opened> {
    let seen = fs::symlink_metadata(path)?;
    if !seen.is_file() {
        return Ok(Opened::NoFile);
    }
    let file = open_without_waiting(path)?;
    let opened = file.metadata()?;
    match opened.is_file() && same_file(&seen, &opened) {
        true => Ok(Opened::Regular(file, opened.len())),
        false => Ok(Opened::Replaced),
    }
}

/// Opens for reading. To open a FIFO waits for somebody who writes into it, unless O_NONBLOCK is set, which changes
/// nothing for regular files. The standard library does not name that flag, and its number is the system's own: where
/// it is not known here, a FIFO put there in the moment between the look and the opening holds this one session.
#[cfg(unix)]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let o_nonblock = if cfg!(target_os = "macos") {
        0x4
    } else if cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        0o4000
    } else {
        0
    };
    fs::OpenOptions::new().read(true).custom_flags(o_nonblock).open(path)
}

/// Elsewhere there are no FIFOs among the files.
#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Elsewhere the standard library shows no identity of a file; creating a link takes a privilege on Windows.
#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn not_found(name: &FileName) -> Refusal {
    let message = format!("there is no file {} here; LIST shows the files", quote(name.as_str()));
    Refusal::new(ErrorCode::NotFound, message)
}

fn read_failed(what: &str, error: &io::Error) -> Refusal {
    let message = format!("{what} can't be read ({error}); try again later, or tell the server's operator");
    Refusal::new(ErrorCode::ReadFailed, message)
}
