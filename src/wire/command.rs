//! The commands that a client sends, one line each, and the one table that says everything about them.
//!
//! Read first: `wire/reply.rs`, `file_name.rs`. (`mistakes.rs` can wait: what a line is answered that is no command. So
//! can `offset.rs`: it belongs to the extensions.) It does not know where a line comes from, nor who carries a command
//! out. A new command is a row here, an arm in `server/session.rs` and a function: see `docs/ADD-A-COMMAND.md`.

use std::fmt;

use crate::wire::file_name::FileName;
use crate::wire::mistakes::{argument_missing, argument_unwanted, unknown_command};
use crate::wire::offset::Offset;
use crate::wire::reply::{ErrorCode, Refusal};

/// Longest command line in bytes as received, its LF included. `DOWNLOAD` and the longest file name fit into it. It is
/// small, so that a session needs little memory whatever a client sends.
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

/// Which commands a server takes. Each row of the table names the smallest set that has its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandSet {
    /// The commands that every server takes.
    Basic,
    /// These, and the extensions: see `docs/EXTENSIONS.md`. The operator switches them on.
    Extended,
}

/// What the table says about a command.
#[derive(Debug)]
pub struct Row {
    /// The word as it is sent.
    pub word: &'static str,
    /// What follows the word, such as `filename`; empty if nothing may.
    pub arguments: &'static [&'static str],
    /// The smallest set that has the command.
    pub set: CommandSet,
    /// The step in which a client sends it, and the one in which the server answers it; HELP belongs to none.
    pub steps: Option<(Step, Step)>,
    /// What the command does, for HELP.
    pub help: &'static str,
}

/// Generates two types from the table below: [`Verb`], a command's word, and [`Command`], the word with its arguments.
/// So every command has its row, and a `match` that forgets a command does not compile. A first reading can skip the
/// macro: the table says it all.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $(($($argument:ident: $type:ident),+))? {
        word: $word:literal, set: $set:ident, steps: ($($asked_in:ident, $answered_in:ident)?), help: $help:literal
    })*) => {
        /// The first word of a command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb { $($(#[$doc])* $name,)* }

        /// One command of a client.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command { $($(#[$doc])* $name $(($($type),+))?,)* }

        impl Verb {
            /// All verbs, in the order of the table.
            pub const ALL: &'static [Verb] = &[$(Verb::$name),*];

            /// What the table says about it.
            pub fn row(self) -> Row {
                match self {
                    $(Verb::$name => Row {
                        word: $word, set: CommandSet::$set, help: $help,
                        arguments: &[$($(stringify!($argument)),+)?],
                        steps: None$(.or(Some((Step::$asked_in, Step::$answered_in))))?,
                    },)*
                }
            }

            /// The command of this word and these arguments.
            fn with<'a>(self, mut arguments: impl Iterator<Item = &'a str>) -> Result<Command, Refusal> {
                let mut next = || arguments.next().unwrap_or_default();
                match self { $(Verb::$name => Ok(Command::$name $(($(<$type>::parse(next())?),+))?),)* }
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
                match self { $(Command::$name $(($($argument),+))? => { $($(write!(f, " {}", $argument)?;)+)? })* }
                Ok(())
            }
        }
    };
}

commands! {
    /// Steps 2 and 3: asks for the list of the files.
    List { word: "LIST", set: Basic, steps: (AskForList, SendList),
        help: "the files that can be downloaded, each with its size in bytes" }
    /// Steps 4 and 5: asks for the file of that name.
    Download(filename: FileName) { word: "DOWNLOAD", set: Basic, steps: (AskForFile, SendFile),
        help: "the file of that name" }
    /// At any time: asks for the commands.
    Help { word: "HELP", set: Basic, steps: (),
        help: "these lines" }
    /// Steps 7 and 8: ends the session.
    Logout { word: "LOGOUT", set: Basic, steps: (Logout, Close),
        help: "ends the session" }
    /// An extension: asks for the rest of a file, from that byte on.
    Resume(offset: Offset, filename: FileName) { word: "RESUME", set: Extended, steps: (),
        help: "the rest of that file, from that byte on" }
    /// An extension: asks for the checksums of a file.
    Sum(filename: FileName) { word: "SUM", set: Extended, steps: (),
        help: "checksums of that file, up to each MiB; the last is of all of it" }
}

impl Verb {
    /// The verb at the beginning of the line, if it belongs to the basic set. The rest of the line does not matter.
    pub fn of_line(line: &[u8]) -> Option<Verb> {
        CommandSet::Basic.verb(split_verb(std::str::from_utf8(line).ok()?).0)
    }

    /// How the command is written: `DOWNLOAD <filename>`.
    pub fn usage(self) -> String {
        let Row { word, arguments, .. } = self.row();
        arguments.iter().fold(word.to_string(), |usage, argument| format!("{usage} <{argument}>"))
    }
}

impl Command {
    /// Reads one command line of the basic set, as [`CommandSet::parse`] does.
    ///
    /// # Errors
    /// The same.
    pub fn parse(line: &[u8]) -> Result<Command, Refusal> {
        CommandSet::Basic.parse(line)
    }
}

impl CommandSet {
    /// Its verbs, in the order of the table.
    pub fn verbs(self) -> impl Iterator<Item = Verb> {
        Verb::ALL.iter().copied().filter(move |verb| verb.row().set <= self)
    }

    /// The verb that a word means. ASCII letters match in upper and in lower case. Other letters do not: `LIſT` is not
    /// LIST, although its upper case is `LIST`.
    pub fn verb(self, word: &str) -> Option<Verb> {
        self.verbs().find(|verb| word.eq_ignore_ascii_case(verb.row().word))
    }

    /// One line for each command, for a person: how it is written, and what it does.
    pub fn help(self) -> String {
        let width = self.verbs().map(|verb| verb.usage().len()).max().unwrap_or_default() + 2;
        self.verbs().map(|verb| format!("{:<width$}{}\n", verb.usage(), verb.row().help)).collect()
    }

    /// Reads one command line, with or without its line end.
    ///
    /// # Errors
    /// The refusal that answers it: NOT_TEXT, UNKNOWN_COMMAND, BAD_ARGUMENTS or BAD_FILENAME.
    pub fn parse(self, line: &[u8]) -> Result<Command, Refusal> {
        let not_text = "the line is not UTF-8 text; send commands as UTF-8";
        let text = std::str::from_utf8(line).map_err(|_| Refusal::new(ErrorCode::NotText, not_text))?;
        let (word, rest) = split_verb(text);
        let verb = self.verb(word).ok_or_else(|| unknown_command(word))?;
        let wanted = verb.row().arguments.len();
        // The last argument is all that is left, its spaces included: a file's name may have spaces.
        let given = rest.splitn(wanted, ' ').map(|text| text.trim_start_matches(' ')).filter(|text| !text.is_empty());
        if wanted == 0 && !rest.is_empty() {
            return Err(argument_unwanted(verb, rest));
        }
        if given.clone().count() < wanted {
            return Err(argument_missing(verb));
        }
        verb.with(given)
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
    fn a_command_of_the_extended_set_is_none_of_the_basic_one() {
        let name = FileName::parse("5  notes.txt").unwrap();
        for (line, command) in [
            ("RESUME 7 5  notes.txt", Command::Resume(Offset::new(7).unwrap(), name.clone())),
            ("SUM 5  notes.txt", Command::Sum(name)),
        ] {
            assert_eq!(refused(line.as_bytes()), ErrorCode::UnknownCommand);
            assert_eq!(command.to_string(), line);
            assert_eq!(CommandSet::Extended.parse(line.as_bytes()), Ok(command));
        }
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
