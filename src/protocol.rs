//! The wire's words: every noun of the protocol, and nothing that reads or writes.
//!
//! A client sends commands, one line each ([`Command`]); the server answers each with one reply, whose first line
//! is a [`ReplyHeader`]. `docs/PROTOCOL.md` tells the whole story ([`crate::wire_protocol`]).

use std::fmt;

/// Where a server listens, and where a client looks for one, unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:4456";

/// The port of [`DEFAULT_ADDRESS`], for a client that was told a host alone.
pub const DEFAULT_PORT: u16 = 4456;

/// Longest command line in bytes as received, its LF included: room for `DOWNLOAD` and the longest file name,
/// and small enough that a session's memory stays small whatever a client sends.
pub const MAX_COMMAND_LINE: usize = 1024;

/// Longest reply header in bytes, its LF included.
pub const MAX_REPLY_LINE: usize = 512;

/// Longest file name in bytes: what the common file systems allow.
pub const MAX_FILE_NAME: usize = 255;

/// Largest size a header may promise: 2^63 - 1, the largest file size that the systems know.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// How much of a client's line an error message quotes, in bytes: it leaves room for the sentence around it within
/// [`MAX_REPLY_LINE`].
const MAX_QUOTE: usize = 300;

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

/// A name that a served file can have. Whoever holds one knows that it stays inside its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Takes a name if a served file can have it: 1 to [`MAX_FILE_NAME`] bytes, no dot first, no control character
    /// (Unicode Cc), no `/`, no `\`, no space at either end.
    ///
    /// # Errors
    /// BAD_FILENAME, with the rule that the name breaks.
    pub fn parse(name: impl Into<String> + AsRef<str>) -> Result<FileName, Refusal> {
        let text = name.as_ref();
        let broken_rule = if text.is_empty() {
            "a name can't be empty"
        } else if text.len() > MAX_FILE_NAME {
            "a name has at most 255 bytes"
        } else if text.contains(['/', '\\']) {
            "a name can't lead into another directory; leave out / and \\"
        } else if text.starts_with('.') {
            "names that start with a dot are not served"
        } else if text.contains(char::is_control) {
            "a name has no control characters"
        } else if text.starts_with(' ') || text.ends_with(' ') {
            "a name has no space at either end"
        } else if cfg!(windows) && text.contains(':') {
            "a name has no colon on this system, where it would name a drive"
        } else {
            return Ok(FileName(name.into()));
        };
        let message = format!("{} can't be a file here: {broken_rule}; LIST shows the files", quote(text));
        Err(Refusal::new(ErrorCode::BadFilename, message))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of the body that answers LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// In bytes.
    pub size: u64,
    /// The name by which it can be downloaded.
    pub name: FileName,
}

impl Listed {
    /// Reads `<size> <name>`, without the line end; `None` if it is anything else.
    pub fn parse(line: &str) -> Option<Listed> {
        let (size, name) = line.split_once(' ')?;
        Some(Listed { size: parse_size(size)?, name: FileName::parse(name).ok()? })
    }
}

/// `<size> <name>`, without the line end.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.size, self.name)
    }
}

/// Why a server says no: the word for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorCode {
    /// The verb is none of the four, or the line is empty.
    UnknownCommand,
    /// DOWNLOAD without a filename, or another command with an argument.
    BadArguments,
    /// A name that no served file can have.
    BadFilename,
    /// There is no served file of that name.
    NotFound,
    /// The system refuses to read the directory or to open the file.
    ReadFailed,
    /// The line is not UTF-8.
    NotText,
    /// [`MAX_COMMAND_LINE`] bytes arrived without completing a line.
    LineTooLong,
    /// The client's sending side ended inside a line.
    IncompleteLine,
    /// No complete command arrived within the idle time-out.
    IdleTimeout,
    /// In place of the greeting: all places are taken.
    ServerFull,
    /// The server is stopping.
    ShuttingDown,
    /// A word that a later version added: a client takes it as a refusal all the same.
    Later(String),
}

impl ErrorCode {
    /// Every code of this version, in the order of the table in `docs/PROTOCOL.md`.
    pub const ALL: [ErrorCode; 11] = [
        ErrorCode::UnknownCommand,
        ErrorCode::BadArguments,
        ErrorCode::BadFilename,
        ErrorCode::NotFound,
        ErrorCode::ReadFailed,
        ErrorCode::NotText,
        ErrorCode::LineTooLong,
        ErrorCode::IncompleteLine,
        ErrorCode::IdleTimeout,
        ErrorCode::ServerFull,
        ErrorCode::ShuttingDown,
    ];

    /// The word as it stands on the wire.
    pub fn word(&self) -> &str {
        match self {
            ErrorCode::UnknownCommand => "UNKNOWN_COMMAND",
            ErrorCode::BadArguments => "BAD_ARGUMENTS",
            ErrorCode::BadFilename => "BAD_FILENAME",
            ErrorCode::NotFound => "NOT_FOUND",
            ErrorCode::ReadFailed => "READ_FAILED",
            ErrorCode::NotText => "NOT_TEXT",
            ErrorCode::LineTooLong => "LINE_TOO_LONG",
            ErrorCode::IncompleteLine => "INCOMPLETE_LINE",
            ErrorCode::IdleTimeout => "IDLE_TIMEOUT",
            ErrorCode::ServerFull => "SERVER_FULL",
            ErrorCode::ShuttingDown => "SHUTTING_DOWN",
            ErrorCode::Later(word) => word,
        }
    }

    /// Does the server close the connection after this refusal?
    pub fn closes(&self) -> bool {
        matches!(
            self,
            ErrorCode::LineTooLong
                | ErrorCode::IncompleteLine
                | ErrorCode::IdleTimeout
                | ErrorCode::ServerFull
                | ErrorCode::ShuttingDown
        )
    }
}

/// A no: the server's answer to a command, or what a client answers its user before it sends one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: ErrorCode,
    /// One sentence for a person: the cause, and the next thing to do. Without control characters.
    pub message: String,
}

impl Refusal {
    /// The message is made fit for the wire: what can't be printed is escaped.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal { code, message: printable(&message.into()) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.code.word(), self.message)
    }
}

/// The first line of every reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyHeader {
    /// `OK <size>`: exactly that many bytes of body follow the line.
    Ok(u64),
    /// `ERR <CODE> <message>`: nothing follows.
    Err(Refusal),
}

impl ReplyHeader {
    /// The header as it goes over the wire, its LF included, at most [`MAX_REPLY_LINE`] bytes: a message too long for
    /// that loses its end.
    pub fn to_line(&self) -> String {
        let mut line = match self {
            ReplyHeader::Ok(size) => format!("OK {size}"),
            ReplyHeader::Err(refusal) => format!("ERR {refusal}"),
        };
        cut_at(&mut line, MAX_REPLY_LINE - 1);
        line.push('\n');
        line
    }

    /// Reads a header without its line end, strictly: a client trusts no server.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &[u8]) -> Result<ReplyHeader, &'static str> {
        let text = std::str::from_utf8(line).map_err(|_| "a reply's first line must be UTF-8 text")?;
        if text.contains(char::is_control) {
            return Err("a reply's first line must have no control characters and end with LF alone");
        }
        match text.split_once(' ') {
            Some(("OK", size)) => parse_size(size)
                .map(ReplyHeader::Ok)
                .ok_or("OK must be followed by a size: decimal digits, no sign, no leading zero, at most 2^63 - 1"),
            Some(("ERR", refusal)) => {
                let (word, message) = refusal.split_once(' ').ok_or("ERR must be followed by a code and a message")?;
                if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                    return Err("an error code is made of A-Z and _");
                }
                let code = ErrorCode::ALL.into_iter().find(|code| code.word() == word);
                let code = code.unwrap_or_else(|| ErrorCode::Later(word.to_string()));
                Ok(ReplyHeader::Err(Refusal::new(code, message)))
            }
            _ => Err("a reply must begin with 'OK <size>' or 'ERR <CODE> <message>'"),
        }
    }
}

/// Decimal digits, no sign, no leading zero, at most [`MAX_SIZE`]. `str::parse` alone would take `+5` and `007`.
fn parse_size(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|size| plain && *size <= MAX_SIZE)
}

/// Bytes of the wire as one line of text that hides nothing: `\r\n` is seen, a byte that is not UTF-8 is `\xff`, and
/// so on for all that a terminal would obey instead of print; a backslash is doubled.
pub fn visible(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = std::str::from_utf8(&rest[..valid]).unwrap_or_default();
        shown.push_str(&printable(&text.replace('\\', r"\\")));
        rest = &rest[valid..];
        if let Some((byte, after)) = rest.split_first() {
            shown.push_str(&format!("\\x{byte:02x}"));
            rest = after;
        }
    }
    shown
}

/// The text with every character escaped that a terminal would obey instead of print: control characters, and the
/// invisible ones that change the direction of writing. Letters of all languages stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() {
            shown.push(character);
        } else {
            // A character behind another one: `escape_debug` would escape an accent that stands first.
            shown.extend(String::from_iter(['-', character]).escape_debug().skip(1));
        }
    }
    shown
}

/// What a client sent, between quotation marks, visible and shortened.
pub fn quote(text: &str) -> String {
    let mut shown = visible(text.as_bytes());
    if shown.len() > MAX_QUOTE {
        cut_at(&mut shown, MAX_QUOTE);
        shown.push('…');
    }
    format!("'{shown}'")
}

/// Shortens the text to at most `limit` bytes, between two characters.
fn cut_at(text: &mut String, limit: usize) {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
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

    #[test]
    fn a_file_name_stays_inside_its_directory() {
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "a\u{85}b", " a", "a "] {
            assert_eq!(FileName::parse(bad).unwrap_err().code, ErrorCode::BadFilename, "{bad:?}");
        }
        for good in ["a", "a..b", "déjà vu.txt", "-x", &"x".repeat(MAX_FILE_NAME)] {
            assert!(FileName::parse(good).is_ok(), "{good:?}");
        }
        assert!(FileName::parse("x".repeat(MAX_FILE_NAME + 1)).is_err());
        assert!(FileName::parse("é".repeat(128)).is_err(), "the limit counts bytes");
    }

    #[test]
    fn a_header_is_read_back_as_it_was_written() {
        let refusal = Refusal::new(ErrorCode::NotFound, "there is no file 'x' here");
        for header in [ReplyHeader::Ok(0), ReplyHeader::Ok(MAX_SIZE), ReplyHeader::Err(refusal)] {
            let line = header.to_line();
            assert_eq!(ReplyHeader::parse(line.trim_end_matches('\n').as_bytes()), Ok(header));
        }
    }

    #[test]
    fn a_size_is_nothing_but_its_digits() {
        for bad in
            ["OK +5", "OK -1", "OK 05", "OK 00", "OK ", "OK", "OK 5 ", "OK  5", "OK 9223372036854775808", "OK 0x5"]
        {
            assert!(ReplyHeader::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_code_of_a_later_version_is_a_refusal() {
        let header = ReplyHeader::parse(b"ERR NEW_CODE and why");
        assert!(matches!(header, Ok(ReplyHeader::Err(refusal)) if refusal.code.word() == "NEW_CODE"));
    }

    #[test]
    fn a_refusal_fits_the_wire_whatever_it_quotes() {
        for name in ["\u{1}".repeat(1000), "\u{202e}".repeat(300), "é".repeat(500), "\\".repeat(1000)] {
            let line = ReplyHeader::Err(FileName::parse(name.as_str()).unwrap_err()).to_line();
            assert!(line.len() <= MAX_REPLY_LINE, "{} bytes", line.len());
            let text = line.strip_suffix('\n').unwrap();
            assert!(!text.contains(char::is_control) && text.ends_with("LIST shows the files"), "{text}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_what_it_prints_stays() {
        assert_eq!(visible(b"LIST\r\n"), r"LIST\r\n");
        assert_eq!(visible(b"a\\b\x1b[2J\xff"), r"a\\b\u{1b}[2J\xff");
        assert_eq!(printable("d\u{e9}ja\u{300} \u{202e}x\u{9b}"), "d\u{e9}ja\u{300} \\u{202e}x\\u{9b}");
    }
}
