//! Commands of a command line, a script or a person, carried out one by one in a session.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use crate::client::download::store;
use crate::client::{Client, ClientError};
use crate::journal::Transfer;
use crate::programs::args::{complain, say};
use crate::programs::human::human_size;
use crate::programs::progress::{summary, ProgressBar};
use crate::wire::{printable, split_verb, Command, ErrorCode, FileName, Listed, Refusal, Verb};

/// What people type out of habit, and the command that they mean. HELP names them.
const ALIASES: [(&str, Verb); 4] =
    [("ls", Verb::List), ("get", Verb::Download), ("quit", Verb::Logout), ("exit", Verb::Logout)];

/// Carries out commands and shows their results.
pub struct Commands {
    /// The session.
    pub client: Client,
    /// Where downloads are stored.
    pub dir: PathBuf,
    /// No progress, no summary.
    pub quiet: bool,
    /// Was something not done?
    pub failed: bool,
}

/// Is the session still good for another command?
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// It is.
    SessionGoesOn,
    /// It is not.
    SessionOver,
}

impl Commands {
    /// Carries out one command after the other, up to the first LOGOUT or the end, also after a refusal. To log out is
    /// left to the caller.
    pub fn carry_out_all(&mut self, commands: impl Iterator<Item = Result<Command, Refusal>>) -> After {
        for command in commands {
            match command {
                Ok(Command::Logout) => return After::SessionGoesOn,
                Ok(command) => {
                    if self.carry_out(&command) == After::SessionOver {
                        return After::SessionOver;
                    }
                }
                Err(refusal) => self.fail(&format!("{refusal} (nothing was sent)")),
            }
        }
        After::SessionGoesOn
    }

    fn carry_out(&mut self, command: &Command) -> After {
        let done = match command {
            Command::List => self.list(),
            Command::Download(name) => self.download(name),
            Command::Help => self.help(),
            Command::Logout => Ok(()),
        };
        let Err(error) = done else { return After::SessionGoesOn };
        match command {
            Command::Download(name) => self.fail(&format!("{}: {error}", printable(name.as_str()))),
            _ => self.fail(&error.to_string()),
        }
        if error.ends_session() {
            After::SessionOver
        } else {
            After::SessionGoesOn
        }
    }

    fn list(&mut self) -> Result<(), ClientError> {
        let files = self.client.list()?;
        self.show(&table(&files, self.quiet));
        Ok(())
    }

    fn download(&mut self, name: &FileName) -> Result<(), ClientError> {
        let mut bar = ProgressBar::new(name.as_str(), self.quiet);
        let stored = store(&mut self.client, name, &self.dir, |done, size| bar.update(done, size));
        bar.clear();
        let transfer = Transfer { subject: name.as_str(), bytes: stored?, took: bar.elapsed() };
        if !self.quiet {
            self.show(&summary(&transfer));
        }
        Ok(())
    }

    fn help(&mut self) -> Result<(), ClientError> {
        let text = self.client.help()?;
        self.show(&printable_lines(&text));
        let aliases: Vec<_> = ALIASES.iter().map(|(alias, verb)| format!("{alias} for {}", verb.word())).collect();
        self.show(&format!("Here also {}; Ctrl-D logs out too.", aliases.join(", ")));
        Ok(())
    }

    /// Shows a result. Whoever closed standard output wants no more; any other failure there is told.
    pub fn show(&mut self, text: &str) {
        match say(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.fail(&format!("can't write to standard output: {error}"));
            }
            _ => {}
        }
    }

    /// Says what was not done.
    pub fn fail(&mut self, message: &str) {
        complain("client", message);
        self.failed = true;
    }
}

/// The verb that a word means: one of the protocol's four, or an alias.
pub fn verb(word: &str) -> Option<Verb> {
    let alias = ALIASES.iter().find(|(alias, _)| word.eq_ignore_ascii_case(alias));
    alias.map(|(_, verb)| *verb).or_else(|| Verb::from_word(word))
}

/// The command that a line means, in the protocol's words or with an alias for the first. `None` for an empty line.
fn parse(line: &[u8]) -> Option<Result<Command, Refusal>> {
    let Ok(text) = std::str::from_utf8(line) else { return Some(Command::parse(line)) };
    match split_verb(text) {
        ("", _) => None,
        (word, argument) => match verb(word) {
            Some(verb) => Some(Command::parse(format!("{} {argument}", verb.word()).as_bytes())),
            None => Some(Command::parse(line)),
        },
    }
}

/// The commands of a script, or of a person, who is shown a prompt. Ends with the input, or when that can't be read.
pub fn typed(mut input: impl BufRead, interactive: bool) -> impl Iterator<Item = Result<Command, Refusal>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        while !ended {
            if interactive {
                let _ = write!(io::stdout(), "> ").and_then(|()| io::stdout().flush());
            }
            let mut line = Vec::new();
            let read = input.read_until(b'\n', &mut line);
            ended = matches!(read, Ok(0) | Err(_));
            match read {
                Ok(0) if interactive => {
                    let _ = say("");
                }
                Ok(_) => {
                    let command = parse(&line);
                    if command.is_some() {
                        return command;
                    }
                }
                Err(error) => return Some(Err(unreadable(&error))),
            }
        }
        None
    })
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal::new(ErrorCode::ReadFailed, format!("the commands can't be read from standard input: {error}"))
}

/// A server's text, each line safe for a terminal.
pub fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// The list for people: sizes in human units, and with a last line that counts.
fn table(files: &[Listed], quiet: bool) -> String {
    let mut lines: Vec<_> =
        files.iter().map(|file| format!("{:>10}  {}", human_size(file.size), printable(file.name.as_str()))).collect();
    if !quiet {
        let total = files.iter().fold(0, |total: u64, file| total.saturating_add(file.size));
        let count = if files.len() == 1 { "1 file".to_string() } else { format!("{} files", files.len()) };
        lines.push(format!("{:>10}  in {count}", human_size(total)));
    }
    lines.join("\n")
}
