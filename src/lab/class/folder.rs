//! A student's folder: the files `command`, `client-command` and `build`, and the build itself.
//!
//! Read first: `lab/check/command.rs`. It does not know the checks.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue::Kind;
use crate::lab::check::command::words_of;
use crate::lab::check::process::Process;
use crate::wire::printable;

/// The file with the command line that compiles what is to be started; it may be missing.
const BUILD: &str = "build";

/// Most bytes of such a file: far more than a command line.
const MAX_FILE: u64 = 4096;

/// How long a build may take: on a busy machine compilers need some seconds for a program of this size.
const BUILD_TIME: Duration = Duration::from_secs(60);

/// How often is looked whether it has ended.
const BUILD_POLL: Duration = Duration::from_millis(20);

/// One student's folder.
#[derive(Debug)]
pub struct Folder {
    /// Its place among the others, from 1.
    pub number: usize,
    /// The folder's name, which is the student's, fit for a terminal.
    pub name: String,
    /// Where it is, from the root.
    pub path: PathBuf,
}

/// The students' folders in a directory, by name. What begins with a dot, or is no folder, is left out.
///
/// # Errors
/// If it can't be read, or there is none. In a sentence.
pub fn folders(dir: &Path) -> Result<Vec<Folder>, String> {
    let unreadable = |error| format!("can't read {dir:?}: {error}");
    let here = std::env::current_dir().map_err(unreadable)?.join(dir);
    let entries = fs::read_dir(&here).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut paths: Vec<_> = paths.filter(|path| path.is_dir() && !is_hidden(path)).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(format!("there is no folder in {dir:?}; it should hold one for each student"));
    }
    let name = |path: &Path| printable(&path.file_name().unwrap_or_default().to_string_lossy());
    let numbered = paths.into_iter().enumerate();
    Ok(numbered.map(|(index, path)| Folder { number: index + 1, name: name(&path), path }).collect())
}

impl Folder {
    /// Is there a program of this kind?
    pub fn has(&self, kind: Kind) -> bool {
        self.path.join(kind.file()).symlink_metadata().is_ok()
    }

    /// The words of the command that starts the program of this kind.
    ///
    /// # Errors
    /// The file is missing, or no command line. In one clause.
    pub fn command(&self, kind: Kind) -> Result<Vec<String>, String> {
        let file = kind.file();
        let line = self.line_of(file)?.ok_or_else(|| format!("there is no file '{file}'"))?;
        words_in(file, kind, &line)
    }

    /// Compiles the program, if there is something to be done for it.
    ///
    /// # Errors
    /// It does not compile. The first line says it in one clause, and what was printed follows.
    pub fn build(&self) -> Result<(), String> {
        let Some(line) = self.line_of(BUILD)? else { return Ok(()) };
        let words = words_in(BUILD, Kind::Server, &line)?;
        let failed = |why: &str| format!("it does not compile: {why}");
        let mut process = Process::start_in(Some(&self.path), &words, Stdio::null()).map_err(|why| failed(&why))?;
        let deadline = Instant::now() + BUILD_TIME;
        while Instant::now() < deadline {
            match process.status() {
                Some(status) if status.success() => return Ok(()),
                Some(_) => {
                    let how = process.how_it_ended().unwrap_or_default();
                    return Err(format!("{}\n{}", failed(&format!("the build has ended ({how})")), process.printed()));
                }
                None => thread::sleep(BUILD_POLL),
            }
        }
        let seconds = BUILD_TIME.as_secs();
        Err(format!("{}\n{}", failed(&format!("the build has not ended in {seconds} s")), process.printed()))
    }

    /// The line in a file of one line; `None` if there is no such file.
    fn line_of(&self, file: &str) -> Result<Option<String>, String> {
        let path = self.path.join(file);
        let Ok(metadata) = path.symlink_metadata() else { return Ok(None) };
        // To open a pipe would wait, and a link may lead to what is not the student's.
        if !metadata.is_file() {
            return Err(format!("the file '{file}' is not an ordinary file"));
        }
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|opened| opened.take(MAX_FILE + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("'{file}' can't be read: {error}"))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(format!("the file '{file}' has over {MAX_FILE} bytes; it should be one command line"));
        }
        let text = String::from_utf8(bytes).map_err(|_| format!("the file '{file}' is not UTF-8 text"))?;
        let line = only_line(&text).map_err(|why| format!("the file '{file}' {why}"))?;
        Ok(Some(line.to_string()))
    }
}

/// The words of the command line that is in this file.
fn words_in(file: &str, kind: Kind, line: &str) -> Result<Vec<String>, String> {
    words_of(&format!("the file '{file}'"), kind, line).map_err(|usage| usage.to_string())
}

/// The one line that is neither empty nor a comment. An editor may have put a byte order mark before it.
fn only_line(text: &str) -> Result<&str, &'static str> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().ok_or("is empty")?;
    match lines.next() {
        None => Ok(line),
        Some(_) => Err("has more than one line"),
    }
}

#[cfg(test)]
mod tests {
    use super::only_line;

    #[test]
    fn a_file_has_one_line_beside_comments_and_empty_lines() {
        assert_eq!(only_line("\u{feff}# mine\r\n\r\n  java S {port} \r\n"), Ok("java S {port}"));
        assert_eq!(only_line("a\nb\n"), Err("has more than one line"));
        for empty in ["", "\n", "\u{feff}", "# x\n"] {
            assert_eq!(only_line(empty), Err("is empty"));
        }
    }
}
