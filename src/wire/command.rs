//! The commands that a client sends, one line each.

use std::fmt;

use crate::wire::file_name::FileName;
use crate::wire::reply::{ErrorCode, Refusal};
use crate::wire::text::quote;

/// Longest command line in bytes as received, its LF included: room for `DOWNLOAD` and the longest file name,
/// and small enough that a session's memory stays small whatever a client sends.
pub const MAX_COMMAND_LINE: usize = 1024;

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

/// The first word of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Asks for the list of the files.
    List,
    /// Asks for one file.
    Download,
    /// Asks for the commands.
    Help,
    /// Ends the session.
    Logout,
}

impl Verb {
    /// All four, in the order in which HELP tells them.
    pub const ALL: [Verb; 4] = [Verb::List, Verb::Download, Verb::Help, Verb::Logout];

    /// The word as it stands on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Verb::List => "LIST",
            Verb::Download => "DOWNLOAD",
            Verb::Help => "HELP",
            Verb::Logout => "LOGOUT",
        }
    }

    /// One line for a person: how the command is written, and what it does.
    pub fn help(self) -> &'static str {
        match self {
            Verb::List => "LIST                 the files that can be downloaded, each with its size in bytes",
            Verb::Download => "DOWNLOAD <filename>  the file of that name",
            Verb::Help => "HELP                 these lines",
            Verb::Logout => "LOGOUT               ends the session",
        }
    }

    /// The verb that a word means. ASCII letters match in either case and nothing else folds: `LIſT`, whose capital
    /// letters are `LIST`, is not LIST.
    pub fn from_word(word: &str) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| word.eq_ignore_ascii_case(verb.word()))
    }

    /// The verb that a line of text begins with, if it is one of the four, whatever follows it.
    pub fn of_line(line: &[u8]) -> Option<Verb> {
        let (word, _) = split_verb(std::str::from_utf8(line).ok()?);
        Verb::from_word(word)
    }

    /// The step in which a client sends this command; HELP belongs to none.
    pub fn asked_in(self) -> Option<Step> {
        match self {
            Verb::List => Some(Step::AskForList),
            Verb::Download => Some(Step::AskForFile),
            Verb::Help => None,
            Verb::Logout => Some(Step::Logout),
        }
    }

    /// The step in which the server answers this command; HELP belongs to none.
    pub fn answered_in(self) -> Option<Step> {
        match self {
            Verb::List => Some(Step::SendList),
            Verb::Download => Some(Step::SendFile),
            Verb::Help => None,
            Verb::Logout => Some(Step::Close),
        }
    }
}

/// One command of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Step 2: the list of the files.
    List,
    /// Step 4: the file of that name.
    Download(FileName),
    /// The commands, at any time.
    Help,
    /// Step 7: the end of the session.
    Logout,
}

impl Command {
    /// Reads one command line, with or without its line end.
    ///
    /// # Errors
    /// The refusal that answers it: NOT_TEXT, UNKNOWN_COMMAND, BAD_ARGUMENTS or BAD_FILENAME.
    pub fn parse(line: &[u8]) -> Result<Command, Refusal> {
        let text = std::str::from_utf8(line)
            .map_err(|_| Refusal::new(ErrorCode::NotText, "the line is not UTF-8 text; send commands as UTF-8"))?;
        let (word, argument) = split_verb(text);
        match (Verb::from_word(word), argument) {
            (None, _) => Err(unknown_command(word)),
            (Some(Verb::Download), "") => Err(Refusal::new(
                ErrorCode::BadArguments,
                "DOWNLOAD needs a filename, as in DOWNLOAD notes.txt; LIST shows the files",
            )),
            (Some(Verb::Download), name) => FileName::parse(name).map(Command::Download),
            (Some(Verb::List), "") => Ok(Command::List),
            (Some(Verb::Help), "") => Ok(Command::Help),
            (Some(Verb::Logout), "") => Ok(Command::Logout),
            (Some(verb), extra) => Err(Refusal::new(
                ErrorCode::BadArguments,
                format!("{} takes no argument, but {} follows it; send {0} alone", verb.word(), quote(extra)),
            )),
        }
    }
}

/// The command as a client sends it, without its line end.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Command::List => f.write_str(Verb::List.word()),
            Command::Download(name) => write!(f, "{} {name}", Verb::Download.word()),
            Command::Help => f.write_str(Verb::Help.word()),
            Command::Logout => f.write_str(Verb::Logout.word()),
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
