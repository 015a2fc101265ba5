//! The files that the examined server serves. They are made at random from a seed, so no server can know the answers
//! before. They are read back from the directory, so any directory will do.
//!
//! Read first: `server/file_handler.rs`. It does not know who is graded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::lab::check::outcome::Failure;
use crate::lab::random::Random;
use crate::server::file_handler::FileHandler;
use crate::wire::Listed;

/// No check asks for a file above this size. (Only a directory that was not made here has one.)
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Most bytes of files that are kept in memory. Only the sizes of the other files are known.
const MAX_ALL: u64 = 64 * 1024 * 1024;

/// The name of the secret is the directory's name and this.
const SECRET: &str = "-secret.txt";

/// A line without its line end: if a server is wrong about line ends, only the files made for that should show it.
fn text(random: &mut Random) -> String {
    format!("{} {} {}", random.letters(20), random.letters(30), random.letters(10))
}

/// Makes the fixtures in a directory that is empty or does not exist, and the secret beside it. Returns the names.
///
/// # Errors
/// What the system says; `AlreadyExists` if something is in the directory.
pub fn make(dir: &Path, seed: u64) -> io::Result<Vec<String>> {
    fs::create_dir_all(dir)?;
    if fs::read_dir(dir)?.next().is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the directory is not empty; name a new one"));
    }
    let random = &mut Random::new(seed);
    for (name, bytes) in files(random) {
        fs::write(dir.join(name), bytes)?;
    }
    // Not every file system takes such a long name.
    let _ = fs::write(dir.join(random.letters(255)), text(random));
    let hidden = format!(".hidden-{}.txt", random.letters(5));
    fs::write(dir.join(&hidden), text(random))?;
    let inner = dir.join(format!("directory-{}", random.letters(5)));
    fs::create_dir(&inner)?;
    fs::write(inner.join("inside.txt"), text(random))?;
    fs::write(secret_beside(dir)?, text(random))?;
    link(&hidden, &dir.join(format!("link-{}.txt", random.letters(5))));
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The names have capital and small letters and accents: so the order of the bytes is not the order of a dictionary.
fn files(random: &mut Random) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        (format!("{}.txt", random.letters(6)), text(random).into_bytes()),
        (format!("Upper-{}.txt", random.letters(4)), text(random).into_bytes()),
        (format!("empty-{}", random.letters(4)), Vec::new()),
        (format!("one-{}", random.letters(4)), random.bytes(1)),
        (format!("two  spaces {}.txt", random.letters(4)), text(random).into_bytes()),
        (format!("\u{e9}t\u{e9} \u{e0} {}.txt", random.letters(4)), text(random).into_bytes()),
        (format!("replies-{}.txt", random.letters(4)), b"OK 5\nERR NOT_FOUND no\r\nOK 0\n\n".to_vec()),
        (format!("ff-{}.bin", random.letters(4)), vec![0xff; 3000]),
    ];
    let every_byte: Vec<u8> = (0..=u8::MAX).chain((0..=u8::MAX).rev()).chain(random.bytes(500)).collect();
    files.push((format!("bytes-{}.bin", random.letters(4)), every_byte));
    for size in [1023, 1024, 1025, 65_535, 65_536, 65_537, 1024 * 1024 + 1] {
        files.push((format!("{}-{size}.bin", random.letters(4)), random.bytes(size)));
    }
    files
}

#[cfg(unix)]
fn link(to: &str, at: &Path) {
    // On a file system without links there is one fixture less, and the checks that need it say so.
    let _ = std::os::unix::fs::symlink(to, at);
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) {}

/// The path of the secret: outside of the directory, beside it.
pub fn secret_beside(dir: &Path) -> io::Result<PathBuf> {
    let dir = fs::canonicalize(dir)?;
    let mut name = dir.file_name().unwrap_or_default().to_os_string();
    name.push(SECRET);
    Ok(dir.with_file_name(name))
}

/// What is in the served directory, as the checks need it. It is read once, before a program is started that could
/// change it.
pub struct Fixtures {
    dir: PathBuf,
    /// Every served file, sorted.
    pub files: Vec<Listed>,
    /// The files that a check can ask for.
    loaded: Vec<Fixture>,
    /// The secret beside the directory, if there is one: its path, and what is in it.
    secret: Option<(PathBuf, Vec<u8>)>,
}

/// One file that a check asks for.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Fixture {
    /// The command line that asks for it.
    pub fn command(&self) -> String {
        format!("DOWNLOAD {}\n", self.name)
    }
}

impl Fixtures {
    /// Reads the directory.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn read(dir: &Path) -> io::Result<Fixtures> {
        let files = FileHandler::new(dir)?.files()?;
        let (mut loaded, mut left) = (Vec::new(), MAX_ALL);
        for file in &files {
            if file.size <= MAX_BYTES.min(left) {
                let name = file.name.to_string();
                let bytes = fs::read(dir.join(&name))?;
                left -= file.size;
                loaded.push(Fixture { name, bytes });
            }
        }
        let secret = secret_beside(dir).and_then(|path| fs::read(&path).map(|bytes| (path, bytes)));
        Ok(Fixtures { dir: dir.to_path_buf(), files, loaded, secret: secret.ok() })
    }

    /// The first file that fits.
    ///
    /// # Errors
    /// The check is skipped if there is none; `what` says what is missing.
    pub fn one(&self, what: &str, fits: impl Fn(&Fixture) -> bool) -> Result<Fixture, Failure> {
        self.loaded
            .iter()
            .find(|file| fits(file))
            .cloned()
            .ok_or_else(|| Failure::skipped(format!("no file in {:?} is {what}; lab fixtures makes one", self.dir)))
    }

    /// The files of these sizes.
    ///
    /// # Errors
    /// The check is skipped if there is none.
    pub fn of_sizes(&self, from: u64, to: u64) -> Result<Vec<Fixture>, Failure> {
        let fits = self.loaded.iter().filter(|file| (from..=to).contains(&(file.bytes.len() as u64)));
        let files: Vec<_> = fits.cloned().collect();
        if files.is_empty() {
            Err(Failure::skipped(format!("no file here has {from} to {to} bytes; lab fixtures makes some")))
        } else {
            Ok(files)
        }
    }

    /// A file of a few bytes or lines.
    ///
    /// # Errors
    /// The check is skipped if there is none.
    pub fn small(&self) -> Result<Fixture, Failure> {
        self.one("small and not empty", |file| (1..=1000).contains(&file.bytes.len()))
    }

    /// The first file above 1 MiB.
    ///
    /// # Errors
    /// The check is skipped if there is none.
    pub fn large(&self) -> Result<Fixture, Failure> {
        self.one("larger than a mebibyte", |file| file.bytes.len() > 1024 * 1024)
    }

    /// An entry of the directory that is not served.
    ///
    /// # Errors
    /// The check is skipped if there is none.
    pub fn unserved(&self, what: &str, fits: impl Fn(&fs::DirEntry) -> bool) -> Result<String, Failure> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().filter_map(Result::ok);
        let found = entries.filter(fits).find_map(|entry| entry.file_name().into_string().ok());
        found.ok_or_else(|| Failure::skipped(format!("there is no {what} in {:?}; lab fixtures makes one", self.dir)))
    }

    /// The secret beside the directory: its path, and what is in it.
    ///
    /// # Errors
    /// The check is skipped if there is none.
    pub fn secret(&self) -> Result<(PathBuf, Vec<u8>), Failure> {
        self.secret
            .clone()
            .ok_or_else(|| Failure::skipped(format!("no secret lies beside {:?}; lab fixtures plants one", self.dir)))
    }

    /// The directory, if it was made here: then the secret lies beside it. A link in its place may lead to a directory
    /// that is not ours.
    pub fn own_dir(&self) -> Option<&Path> {
        let is_there = fs::symlink_metadata(&self.dir).is_ok_and(|metadata| metadata.is_dir());
        (self.secret.is_some() && is_there).then_some(&self.dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_files_and_another_seed_others() {
        assert_eq!(files(&mut Random::new(7)), files(&mut Random::new(7)));
        assert_ne!(files(&mut Random::new(7)), files(&mut Random::new(8)));
    }
}
