//! The commands that a client sends, one line each, and the one table that says everything about them.
//!
//! Read first: `wire/reply.rs`, `file_name.rs`. It does not know where a line comes from, nor who carries a command
//! out. A new command is a row here, an arm in `server/session.rs` and a function: see `docs/ADD-A-COMMAND.md`.

use std::fmt;

use crate::wire::file_name::FileName;
use crate::wire::reply::{ErrorCode, Refusal};
use crate::wire::text::quote;

/// Longest command line in bytes as received, its LF included. It has room for `DOWNLOAD` and the longest file name. It
/// is small, so that a session needs little memory whatever a client sends.
pub const MAX_COMMAND_LINE: usize = 1024;

/// Width of the first column of HELP: a command and its argument.
const USAGE_WIDTH: usize = 21;

/// The eight steps of the report. [`crate`] shows, for each, the two functions that carry it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Step 1: the client opens a TCP connection to the server.
    Connect = 1,
    /// Step 2: the client asks for the list.
    AskForList,
    /// Step 3: the server answers with the list of its files.
    SendList,
    /// Step 4: the client asks for a file.
    AskForFile,
    /// Step 5: the server sends the file.
    SendFile,
    /// Step 6: the client asks again, as often as it wants.
    Repeat,
    /// Step 7: the client ends its session.
    Logout,
    /// Step 8: the server closes the connection.
    Close,
}

impl Step {
    /// The step's number in the report, 1 to 8.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// What the table says about a command.
#[derive(Debug)]
pub struct Row {
    /// The word as it stands on the wire.
    pub word: &'static str,
    /// What follows the word, such as `filename`; `None` if nothing may.
    pub argument: Option<&'static str>,
    /// What the command does, for HELP.
    pub help: &'static str,
    /// The step in which a client sends it; HELP belongs to none.
    pub asked_in: Option<Step>,
    /// The step in which the server answers it; HELP belongs to none.
    pub answered_in: Option<Step>,
}

/// Generates two types from the table below: [`Verb`], a command's word, and [`Command`], the word with its argument.
/// So every command has its row, and a `match` that forgets a command does not compile. A first reading can skip the
/// macro: the table says it all.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $(($argument:ident: $type:ident))? {
        word: $word:literal, help: $help:literal, asked_in: $asked_in:expr, answered_in: $answered_in:expr
    })*) => {
        /// The first word of a command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb { $($(#[$doc])* $name,)* }

        /// One command of a client.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command { $($(#[$doc])* $name $(($type))?,)* }

        impl Verb {
            /// All verbs, in the order of the table.
            pub const ALL: &'static [Verb] = &[$(Verb::$name),*];

            /// What the table says about it.
            pub fn row(self) -> Row {
                match self {
                    $(Verb::$name => Row {
                        word: $word,
                        argument: None$(.or(Some(stringify!($argument))))?,
                        help: $help,
                        asked_in: $asked_in,
                        answered_in: $answered_in,
                    },)*
                }
            }

            /// The command of this word and this argument.
            fn with(self, argument: &str) -> Result<Command, Refusal> {
                match self { $(Verb::$name => Ok(Command::$name $((<$type>::parse(argument)?))?),)* }
            }
        }

        impl Command {
            /// Its word.
            pub fn verb(&self) -> Verb {
                match self { $(Command::$name { .. } => Verb::$name,)* }
            }
        }

        /// The command as a client sends it, without its line end.
        impl fmt::Display for Command {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(self.verb().row().word)?;
                match self { $(Command::$name $(($argument))? => { $(write!(f, " {}", $argument)?;)? })* }
                Ok(())
            }
        }
    };
}

commands! {
    /// Steps 2 and 3: asks for the list of the files.
    List {
        word: "LIST",
        help: "the files that can be downloaded, each with its size in bytes",
        asked_in: Some(Step::AskForList),
        answered_in: Some(Step::SendList)
    }
    /// Steps 4 and 5: asks for the file of that name.
    Download(filename: FileName) {
        word: "DOWNLOAD",
        help: "the file of that name",
        asked_in: Some(Step::AskForFile),
        answered_in: Some(Step::SendFile)
    }
    /// At any time: asks for the commands.
    Help {
        word: "HELP",
        help: "these lines",
        asked_in: None,
        answered_in: None
    }
    /// Steps 7 and 8: ends the session.
    Logout {
        word: "LOGOUT",
        help: "ends the session",
        asked_in: Some(Step::Logout),
        answered_in: Some(Step::Close)
    }
}

impl Verb {
    /// The verb that a word means. ASCII letters match in upper and in lower case. Other letters do not: `LIſT` is not
    /// LIST, although its upper case is `LIST`.
    pub fn from_word(word: &str) -> Option<Verb> {
        Verb::ALL.iter().copied().find(|verb| word.eq_ignore_ascii_case(verb.row().word))
    }

    /// The verb at the beginning of the line, if it is a known one. The rest of the line does not matter.
    pub fn of_line(line: &[u8]) -> Option<Verb> {
        let (word, _) = split_verb(std::str::from_utf8(line).ok()?);
        Verb::from_word(word)
    }

    /// One line for a person: how the command is written, and what it does.
    pub fn help_line(self) -> String {
        let Row { word, argument, help, .. } = self.row();
        let usage = argument.map_or(word.to_string(), |argument| format!("{word} <{argument}>"));
        format!("{usage:<USAGE_WIDTH$}{help}")
    }
}

impl Command {
    /// Reads one command line, with or without its line end.
    ///
    /// # Errors
    /// The refusal that answers it: NOT_TEXT, UNKNOWN_COMMAND, BAD_ARGUMENTS or BAD_FILENAME.
    pub fn parse(line: &[u8]) -> Result<Command, Refusal> {
        let not_text = "the line is not UTF-8 text; send commands as UTF-8";
        let text = std::str::from_utf8(line).map_err(|_| Refusal::new(ErrorCode::NotText, not_text))?;
        let (word, argument) = split_verb(text);
        let verb = Verb::from_word(word).ok_or_else(|| unknown_command(word))?;
        match verb.row().argument {
            Some(wanted) if argument.is_empty() => Err(argument_missing(verb, wanted)),
            None if !argument.is_empty() => Err(argument_unwanted(verb, argument)),
            _ => verb.with(argument),
        }
    }
}

/// Splits a line into its first word and its argument, without the line end and the spaces around either. Only U+0020
/// is a space here; `str::trim` would take tabs and more.
pub(crate) fn split_verb(line: &str) -> (&str, &str) {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let line = line.trim_matches(' ');
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    (word, argument.trim_start_matches(' '))
}

fn unknown_command(word: &str) -> Refusal {
    let message = match word {
        "" => "the line is empty; send HELP for the commands".to_string(),
        _ => format!("{} is no command here; send HELP for the commands", quote(word)),
    };
    Refusal::new(ErrorCode::UnknownCommand, message)
}

fn argument_missing(verb: Verb, wanted: &str) -> Refusal {
    let word = verb.row().word;
    let message = format!("{word} needs a {wanted}, as in {word} notes.txt; LIST shows the files");
    Refusal::new(ErrorCode::BadArguments, message)
}

fn argument_unwanted(verb: Verb, argument: &str) -> Refusal {
    let word = verb.row().word;
    let message = format!("{word} takes no argument, but {} follows it; send {word} alone", quote(argument));
    Refusal::new(ErrorCode::BadArguments, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &[u8]) -> ErrorCode {
        Command::parse(line).unwrap_err().code
    }

    #[test]
    fn a_command_is_its_verb_in_either_case_and_its_argument() {
        assert_eq!(Command::parse(b"LIST\n"), Ok(Command::List));
        assert_eq!(Command::parse(b"  lIsT  \r\n"), Ok(Command::List));
        let name = FileName::parse("my  notes.txt").unwrap();
        assert_eq!(Command::parse(b"download   my  notes.txt \n"), Ok(Command::Download(name)));
    }

    #[test]
    fn only_the_space_separates_and_only_ascii_letters_fold() {
        assert_eq!(refused(b"LIST\t\n"), ErrorCode::UnknownCommand);
        assert_eq!(refused("LIST\u{a0}\n".as_bytes()), ErrorCode::UnknownCommand);
        assert_eq!(refused("LI\u{17f}T\n".as_bytes()), ErrorCode::UnknownCommand);
    }

    #[test]
    fn only_the_cr_right_before_the_lf_is_dropped() {
        assert_eq!(refused(b"LIST\r\r\n"), ErrorCode::UnknownCommand);
        assert_eq!(refused(b"LIST \r \n"), ErrorCode::BadArguments);
    }
}
