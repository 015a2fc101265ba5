//! The user of a client program: a command line, a script, or a person at a prompt.
//!
//! Read first: `client/mod.rs`. It does not know the wire.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::client::{ClientError, User};
use crate::journal::Transfer;
use crate::programs::args::{complain, say};
use crate::programs::human::human_size;
use crate::programs::progress::{summary, ProgressBar};
use crate::wire::{printable, split_verb, Command, CommandSet, ErrorCode, FileName, Listed, Refusal, Verb};

/// What people type out of habit, and the command that they mean. HELP names them.
const ALIASES: [(&str, Verb); 4] =
    [("ls", Verb::List), ("get", Verb::Download), ("quit", Verb::Logout), ("exit", Verb::Logout)];

/// The user of a client program: commands come from a command line, a script or a person, results go to standard
/// output, failures to standard error.
pub struct Terminal<C> {
    commands: C,
    dir: PathBuf,
    quiet: bool,
    /// A person is there: the greeting and the goodbye are shown.
    interactive: bool,
    /// Was something not done, the last LOGOUT left out?
    failed: bool,
    /// The command that is being carried out; none before the first.
    command: Option<Command>,
    /// Since when it is.
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl<C> Terminal<C> {
    /// A user with these commands. Downloads are stored in `dir`; `quiet` shows no progress and no summary.
    pub fn new(commands: C, dir: PathBuf, quiet: bool, interactive: bool) -> Terminal<C> {
        Terminal { commands, dir, quiet, interactive, failed: false, command: None, begun: Instant::now(), bar: None }
    }

    /// Was something not done? A last LOGOUT that failed does not count.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Shows a result. Whoever closed standard output wants no more; any other failure there is told.
    fn show(&mut self, text: &str) {
        match say(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.fail(&format!("can't write to standard output: {error}"));
            }
            _ => {}
        }
    }

    /// Says what was not done.
    fn fail(&mut self, message: &str) {
        complain("client", message);
        self.failed = true;
    }

    fn clear_bar(&mut self) {
        if let Some(mut bar) = self.bar.take() {
            bar.clear();
        }
    }
}

impl<C: Iterator<Item = Result<Command, Refusal>>> User for Terminal<C> {
    fn next_command(&mut self) -> Option<Command> {
        loop {
            match self.commands.next().unwrap_or(Ok(Command::Logout)) {
                Ok(command) => {
                    self.begun = Instant::now();
                    self.command = Some(command.clone());
                    return Some(command);
                }
                Err(refusal) => self.fail(&format!("{refusal} (nothing was sent)")),
            }
        }
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn show_courtesy(&mut self, text: &str) {
        if self.interactive {
            self.show(&printable_lines(text));
        }
    }

    fn show_text(&mut self, command: &Command, text: &str) {
        self.show(&printable_lines(text));
        if *command == Command::Help {
            let aliases = ALIASES.iter().map(|(alias, verb)| format!("{alias} for {}", verb.row().word));
            self.show(&format!("Here also {}; Ctrl-D logs out too.", aliases.collect::<Vec<_>>().join(", ")));
        }
    }

    fn show_list(&mut self, files: &[Listed]) {
        self.show(&table(files, self.quiet));
    }

    fn show_progress(&mut self, name: &FileName, received: u64, size: u64) {
        let (quiet, begun) = (self.quiet, self.begun);
        self.bar.get_or_insert_with(|| ProgressBar::new(name.as_str(), quiet, begun)).update(received, size);
    }

    fn show_stored(&mut self, stored: &Transfer) {
        self.clear_bar();
        if !self.quiet {
            self.show(&summary(stored));
        }
    }

    fn show_failure(&mut self, error: &ClientError) {
        self.clear_bar();
        match &self.command {
            Some(Command::Download(name)) => self.fail(&format!("{}: {error}", printable(name.as_str()))),
            Some(Command::Logout) => complain("client", &format!("LOGOUT: {error}")),
            _ => self.fail(&error.to_string()),
        }
    }
}

/// The verb that a word means: one of the protocol's four, or an alias.
pub fn verb(word: &str) -> Option<Verb> {
    let alias = ALIASES.iter().find(|(alias, _)| word.eq_ignore_ascii_case(alias));
    alias.map(|(_, verb)| *verb).or_else(|| CommandSet::Basic.verb(word))
}

/// The command that a line means, in the protocol's words or with an alias for the first. `None` for an empty line.
fn parse(line: &[u8]) -> Option<Result<Command, Refusal>> {
    let Ok(text) = std::str::from_utf8(line) else { return Some(Command::parse(line)) };
    match split_verb(text) {
        ("", _) => None,
        (word, argument) => match verb(word) {
            Some(verb) => Some(Command::parse(format!("{} {argument}", verb.row().word).as_bytes())),
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
