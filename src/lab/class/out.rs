//! Where the marks go: a new directory, and the names of the files in it.
//!
//! Read first: `row.rs`. It does not know what stands in the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::lab::class::row::Row;

/// The directory of the students' texts.
const TEXTS: &str = "students";

/// How many directories with the class's name are tried.
const MAX_TRIED: usize = 1000;

/// How much of a student's name stands in a file's name, in characters.
const NAME_SHOWN: usize = 40;

/// The directory for the marks of a class.
#[derive(Debug)]
pub struct Out {
    /// Where it is.
    pub dir: PathBuf,
}

impl Out {
    /// Makes the directory that was asked for, or a new one beside the class: `<class>-marks`,
    /// `<class>-marks-2` and so on.
    ///
    /// # Errors
    /// If it can't be made, holds something already, or lies in the class's own directory. In a sentence.
    pub fn make(asked: Option<&Path>, class: &Path) -> Result<Out, String> {
        let dir = match asked {
            Some(dir) => {
                chosen(dir, class)?;
                dir.to_path_buf()
            }
            None => beside(class)?,
        };
        let made = fs::create_dir(dir.join(TEXTS));
        made.map_err(|error| format!("can't write to {dir:?}: {error}; name another with --out"))?;
        Ok(Out { dir })
    }

    /// Writes a file of this name.
    ///
    /// # Errors
    /// If it can't be written. In a sentence.
    pub fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let file = self.dir.join(name);
        fs::write(&file, text).map_err(|error| format!("can't write {file:?}: {error}"))
    }
}

fn chosen(dir: &Path, class: &Path) -> Result<(), String> {
    let cant = |why: &str| format!("can't write the marks to {dir:?}: {why}; name another with --out");
    let real = |path: &Path| path.canonicalize().map_err(|error| cant(&error.to_string()));
    let whole = std::env::current_dir().map_err(|error| cant(&error.to_string()))?.join(dir);
    // Before it is made: in the class it would be a student's folder.
    let there = whole.ancestors().find(|path| path.exists()).unwrap_or(&whole);
    if !there.is_dir() {
        return Err(cant("it is no directory"));
    }
    if real(there)?.starts_with(real(class)?) {
        return Err(cant("it lies in the class's own directory"));
    }
    fs::create_dir_all(dir).map_err(|error| cant(&error.to_string()))?;
    let mut entries = fs::read_dir(dir).map_err(|error| cant(&error.to_string()))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(cant("it is not empty")),
    }
}

fn beside(class: &Path) -> Result<PathBuf, String> {
    let cant = |error: io::Error| format!("can't make a directory beside {class:?}: {error}; name one with --out");
    let real = class.canonicalize().map_err(cant)?;
    let name = real.file_name().ok_or_else(|| format!("{class:?} has no name; name a directory with --out"))?;
    for number in 1..=MAX_TRIED {
        let mut name = name.to_os_string();
        name.push(if number == 1 { "-marks".to_string() } else { format!("-marks-{number}") });
        let dir = real.with_file_name(name);
        match fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cant(error)),
        }
    }
    Err(format!("there are {MAX_TRIED} directories of marks beside {class:?}; name another with --out"))
}

/// The name of a student's text, from the marks' directory: of letters, digits and what is harmless alone.
pub fn text_name(row: &Row) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = row.name.chars().take(NAME_SHOWN).map(safe).collect();
    format!("{TEXTS}/{:02}-{name}.txt", row.number)
}
