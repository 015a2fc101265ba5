//! The directory in which a client stores its files. At the end the right files must be there, byte by byte, and no
//! file outside of it.
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

/// How many bytes of a file are looked at. No check sends as many, but a program may write a file of any size.
const MAX_LOOKED_AT: u64 = 4 * 1024 * 1024;

/// A new directory for one check, inside another new one. Both are removed when this is dropped.
pub struct Downloads {
    parent: FreshDir,
    /// Where the client is to store its files.
    pub dir: PathBuf,
    /// The directory in which the client is started; empty stands for the grader's own.
    where_started: PathBuf,
}

impl Downloads {
    /// Makes both among the system's temporary files. The client is started in this folder, or in the grader's own.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: Option<&Path>) -> io::Result<Downloads> {
        let parent = FreshDir::make("lab-check-client")?;
        let dir = parent.path().join("downloads");
        fs::create_dir(&dir)?;
        Ok(Downloads { parent, dir, where_started: folder.map(Path::to_path_buf).unwrap_or_default() })
    }

    /// A path of this name beside the directory, where a client must not write.
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

    /// Expects these files and nothing else, each with these bytes.
    ///
    /// # Errors
    /// If the directory holds anything else.
    pub fn expect_files(&self, files: &[(&str, &[u8])]) -> Outcome {
        match self.expect_among(files)?.keys().next() {
            None => Ok(()),
            Some(name) => Err(Failure::wrong(format!("{} stands in {{dir}} too at the end", quote(name)))
                .because_client(ClientCause::OneFileTooMany)),
        }
    }

    /// Expects these files, each with these bytes. Returns the other files.
    ///
    /// # Errors
    /// If a file is missing, or has other bytes.
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

    /// Expects a file of this name.
    ///
    /// # Errors
    /// If there is none.
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

    /// Expects no file of this name, or the earlier one.
    ///
    /// # Errors
    /// If there is another file.
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

    /// Expects that no file was made beside the directory, nor with one of these names where the program was started.
    /// Such files are removed where the program was started.
    ///
    /// # Errors
    /// If a file was made.
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

    /// All entries of the directory, by name. An entry that is no file has no bytes.
    fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), beginning(&entry.path()))).collect()
    }
}

/// The first bytes of a regular file; none of anything else.
fn beginning(path: &Path) -> Vec<u8> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        // To open a FIFO would wait for a program that writes into it.
        return Vec::new();
    }
    let mut bytes = Vec::new();
    // If reading fails, the bytes read before it count.
    let _ = File::open(path).and_then(|file| file.take(MAX_LOOKED_AT).read_to_end(&mut bytes));
    bytes
}
