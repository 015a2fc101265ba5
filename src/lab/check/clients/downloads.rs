//! The directory in which a client stores its files, and what has to stand there at the end: byte by byte, and nothing
//! outside of it.
//!
//! Read first: `causes.rs`. It does not know how the files came.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::lab::check::cause::Cause;
use crate::lab::check::clients::causes::{difference, why_other_bytes, ClientCause};
use crate::lab::check::outcome::{Failure, Outcome};
use crate::lab::fresh_dir::FreshDir;
use crate::wire::{printable, quote};

/// How many bytes of a file are looked at: no check sends so many, and a program may write what it likes.
const MAX_LOOKED_AT: u64 = 4 * 1024 * 1024;

/// A new directory for one check, inside another new one. Both are removed when this is dropped.
pub struct Downloads {
    parent: FreshDir,
    /// Where the client is to store its files.
    pub dir: PathBuf,
    /// Where the client is started. Empty is where the grader was started.
    where_started: PathBuf,
}

impl Downloads {
    /// Makes both among the system's temporary files. The client is started in this folder, or where the grader was.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: Option<&Path>) -> io::Result<Downloads> {
        let parent = FreshDir::make("lab-check-client")?;
        let dir = parent.path().join("downloads");
        fs::create_dir(&dir)?;
        Ok(Downloads { parent, dir, where_started: folder.map(Path::to_path_buf).unwrap_or_default() })
    }

    /// A path of this name beside the directory, where a client has nothing to write.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.parent.path().join(name)
    }

    /// Puts a file there before the client comes.
    ///
    /// # Errors
    /// The check is skipped if that fails.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Outcome {
        let written = fs::write(self.dir.join(name), bytes);
        written.map_err(|error| Failure::skipped(format!("can't write into {:?}: {error}", self.dir)))
    }

    /// These files stand there and nothing else, each with these bytes.
    ///
    /// # Errors
    /// If it is otherwise.
    pub fn expect_files(&self, files: &[(&str, &[u8])]) -> Outcome {
        match self.expect_among(files)?.keys().next() {
            None => Ok(()),
            Some(name) => Err(Failure::wrong(format!("{} stands in {{dir}} too at the end", quote(name)))
                .because_client(ClientCause::OneFileTooMany)),
        }
    }

    /// These files stand there, each with these bytes. Returns the others.
    ///
    /// # Errors
    /// If one is missing, or not the same.
    pub fn expect_among(&self, files: &[(&str, &[u8])]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let mut stored = self.stored();
        for (name, expected) in files {
            match stored.remove(*name) {
                Some(bytes) if bytes == *expected => {}
                Some(bytes) => {
                    let what = format!("{} is not what was sent: {}", quote(name), difference(expected, &bytes));
                    return Err(Failure::wrong(what).because_client(why_other_bytes(expected, &bytes)));
                }
                None => return Err(self.missing(name, expected, &stored)),
            }
        }
        Ok(stored)
    }

    /// Something stands there under this name.
    ///
    /// # Errors
    /// If nothing does.
    pub fn expect_name(&self, name: &str) -> Outcome {
        let stored = self.stored();
        if stored.contains_key(name) {
            Ok(())
        } else {
            let missing = self.missing(name, &[], &stored);
            Err(Failure { cause: missing.cause.or(Some(Cause::OfClient(ClientCause::NothingStored))), ..missing })
        }
    }

    fn missing(&self, name: &str, expected: &[u8], stored: &BTreeMap<String, Vec<u8>>) -> Failure {
        let what = format!("{} is not in {{dir}} at the end", quote(name));
        if self.where_started.join(name).exists() || self.beside(name).exists() {
            return Failure::wrong(format!("{what}, but outside of it")).because_client(ClientCause::Outside);
        }
        match stored.iter().find(|(_, bytes)| bytes.as_slice() == expected && !expected.is_empty()) {
            Some((other, _)) => {
                Failure::wrong(format!("{what}; {} has its bytes", quote(other))).because_client(ClientCause::OtherName)
            }
            None => Failure::wrong(what),
        }
    }

    /// Nothing stands there under this name, or what stood there before.
    ///
    /// # Errors
    /// If something else does.
    pub fn expect_not(&self, name: &str, earlier: Option<&[u8]>) -> Outcome {
        match self.stored().remove(name) {
            None => Ok(()),
            Some(bytes) if Some(bytes.as_slice()) == earlier => Ok(()),
            Some(bytes) => {
                let what =
                    format!("{} stands in {{dir}}, with {} bytes, and never came whole", quote(name), bytes.len());
                Err(Failure::wrong(what))
            }
        }
    }

    /// Nothing was made beside the directory, nor under one of these names where the program was started. There they
    /// are removed.
    ///
    /// # Errors
    /// If something was.
    pub fn expect_nothing_outside(&self, names: &[String]) -> Outcome {
        let beside = fs::read_dir(self.parent.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        let beside: Vec<_> = beside.filter(|path| *path != self.dir).collect();
        let removed = |path: &PathBuf| fs::symlink_metadata(path).is_ok() && fs::remove_file(path).is_ok();
        let where_started: Vec<_> = names.iter().map(|name| self.where_started.join(name)).filter(removed).collect();
        match beside.iter().chain(&where_started).next() {
            None => Ok(()),
            Some(path) => {
                let path = printable(&path.to_string_lossy());
                Err(Failure::wrong(format!("the file {path} was made, outside of {{dir}}"))
                    .because_client(ClientCause::Outside))
            }
        }
    }

    /// What stands in the directory, by name. What is no file has no bytes.
    fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), beginning(&entry.path()))).collect()
    }
}

/// The bytes of a regular file, as far as they can tell anything.
fn beginning(path: &Path) -> Vec<u8> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        // To open a FIFO would wait for somebody who writes.
        return Vec::new();
    }
    let mut bytes = Vec::new();
    // What can't be read has no bytes.
    let _ = File::open(path).and_then(|file| file.take(MAX_LOOKED_AT).read_to_end(&mut bytes));
    bytes
}
