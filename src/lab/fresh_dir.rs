//! A new directory among the system's temporary files, for as long as it is needed.
//!
//! Read first: nothing. It does not know what is put into it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory that was made here. It is removed, with all that is in it, when this is dropped.
pub struct FreshDir(PathBuf);

impl FreshDir {
    /// Makes a directory whose name begins with this, and that no other program uses.
    ///
    /// # Errors
    /// The system's error.
    pub fn make(beginning: &str) -> io::Result<FreshDir> {
        let mut number = 0;
        // Programs that are started elsewhere are told this path too, so it has to be an absolute one.
        let parent = std::env::current_dir()?.join(std::env::temp_dir());
        loop {
            let path = parent.join(format!("{beginning}-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => return made.map(|()| FreshDir(path)),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for FreshDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
