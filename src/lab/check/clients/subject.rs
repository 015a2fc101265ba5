//! The program that is graded: its command line, and how it is told what to do.
//!
//! Read first: `docs/CLIENTS.md`. It does not know the checks.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::lab::check::process::Process;

/// How the program is told what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// One line for each command on its standard input.
    Stdin,
    /// One more argument for each command, behind all others.
    Args,
}

/// The program that is graded.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its command line, in which `{host}`, `{port}`, `{dir}` and `{timeout}` will be replaced.
    pub words: Vec<String>,
    /// How it is told what to do.
    pub commands: Commands,
    /// The working directory that it is started in; `None` is that of the grader.
    pub folder: Option<PathBuf>,
}

impl Subject {
    /// Starts it with these commands. It is to connect to this port, and to store its files in this directory.
    ///
    /// # Errors
    /// In a sentence.
    pub fn start(&self, port: u16, dir: &Path, seconds: u64, commands: &[&str]) -> Result<Process, String> {
        let (port, dir, seconds) = (port.to_string(), dir.to_string_lossy(), seconds.to_string());
        // After the cutting, so that a directory with spaces stays one word.
        let replaced = self.words.iter().map(|word| {
            let word = word.replace("{host}", "127.0.0.1").replace("{port}", &port);
            word.replace("{dir}", &dir).replace("{timeout}", &seconds)
        });
        let folder = self.folder.as_deref();
        match self.commands {
            Commands::Args => {
                let words: Vec<_> = replaced.chain(commands.iter().map(|command| command.to_string())).collect();
                Process::start_in(folder, &words, Stdio::null())
            }
            Commands::Stdin => {
                let mut process = Process::start_in(folder, &replaced.collect::<Vec<_>>(), Stdio::piped())?;
                if let Some(mut stdin) = process.stdin() {
                    // A program that has ended reads nothing: that is seen soon enough. A pipe has room for all of it.
                    let _ = stdin.write_all((commands.join("\n") + "\n").as_bytes());
                }
                Ok(process)
            }
        }
    }
}
