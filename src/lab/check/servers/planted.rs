//! What is put into the served directory for one check, and taken out again: a FIFO, a socket, a name that no served
//! file can have, a file that will shrink. Standing there all the time they would disturb the other checks.
//!
//! Read first: `fixtures.rs`. It does not know the checks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Its name begins so.
const BEGINNING: &str = "planted-";

/// It is taken out when this is dropped.
#[derive(Debug)]
pub struct Planted {
    path: PathBuf,
    is_fifo: bool,
}

impl Planted {
    /// A FIFO, if this system makes one: the standard library can't, so the system's own tool does it.
    pub fn fifo(dir: &Path) -> Option<Planted> {
        let path = dir.join(format!("{BEGINNING}fifo"));
        let made = Command::new("mkfifo").arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).status();
        made.is_ok_and(|status| status.success()).then(|| Planted { path, is_fifo: true })
    }

    /// A socket, if this system has such files.
    #[cfg(unix)]
    pub fn socket(dir: &Path) -> Option<Planted> {
        let path = dir.join(format!("{BEGINNING}socket"));
        // The file stays when the listener has gone.
        let made = std::os::unix::net::UnixListener::bind(&path);
        made.is_ok().then(|| Planted { path, is_fifo: false })
    }

    /// A socket, if this system has such files.
    #[cfg(not(unix))]
    pub fn socket(_: &Path) -> Option<Planted> {
        None
    }

    /// Files whose names no served file can have: one with a line feed, one that is not UTF-8. Those that the system
    /// takes.
    #[cfg(unix)]
    pub fn strange_names(dir: &Path) -> Vec<Planted> {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let names: [&[u8]; 2] = [b"planted-line\nfeed", b"planted-\xff\xfe"];
        names.into_iter().filter_map(|name| Planted::file(dir, OsStr::from_bytes(name), b"x").ok()).collect()
    }

    /// Files whose names no served file can have. Other systems have none.
    #[cfg(not(unix))]
    pub fn strange_names(_: &Path) -> Vec<Planted> {
        Vec::new()
    }

    /// A file.
    ///
    /// # Errors
    /// What the system says.
    pub fn file(dir: &Path, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<Planted> {
        let planted = Planted { path: dir.join(name), is_fifo: false };
        fs::write(&planted.path, bytes)?;
        Ok(planted)
    }

    /// Its name, for a command.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Cuts the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn shrink(&self, size: u64) -> io::Result<()> {
        fs::OpenOptions::new().write(true).open(&self.path)?.set_len(size)
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        if self.is_fifo {
            // A server that waits for a writer goes on: so opened, a FIFO keeps nobody waiting.
            drop(fs::OpenOptions::new().read(true).write(true).open(&self.path));
        }
        let _ = fs::remove_file(&self.path);
    }
}
