//! Which mistake a client most likely made, if what was seen shows it better than the check's own hint.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know the checks.

use crate::wire::Command;

/// What was seen of a client that shows its mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCause {
    /// It connected again.
    OneConnection,
    /// The end of a line never comes.
    NoLineEnd,
    /// It got a whole reply, and does not go on.
    StillReads,
    /// The system does not start it.
    CantStart,
    /// It ended before it had connected.
    EndedEarly,
    /// It runs, and has not connected.
    NotConnected,
    /// The program printed an error that nobody caught.
    Uncaught,
    /// A download stored no file.
    NothingStored,
    /// An empty file is there in place of a refusal.
    RefusalStored,
    /// A file is there although it never came whole.
    WrittenTooEarly,
    /// A file is there that nobody asked for.
    OneFileTooMany,
    /// The file is there under another name.
    OtherName,
    /// A file was made outside of the directory.
    Outside,
    /// Something came behind LOGOUT.
    BehindLogout,
    /// A line has nothing in it.
    EmptyLine,
    /// A line has zero bytes in it.
    ZeroBytesInLine,
    /// A line is not UTF-8.
    LineNotUtf8,
    /// Only the first word of a name with spaces came.
    NameCutAtSpace,
    /// The name came between quotation marks.
    NameInQuotes,
    /// The name's UTF-8 was encoded as UTF-8 again.
    NameEncodedTwice,
    /// A command came that was not given.
    OtherCommand,
    /// The stored file begins with the reply's first line.
    HeaderStored,
    /// The stored file goes on behind the body.
    MoreThanBody,
    /// The stored file is empty.
    NothingOfBody,
    /// The stored file ends where the body has a zero byte.
    EndsAtZeroByte,
    /// The stored file ends too early.
    OnlyBeginning,
    /// The stored file begins too late.
    BeginningMissing,
    /// Bytes that are no UTF-8 were replaced.
    BytesReplaced,
    /// The body was read as Latin-1 and written as UTF-8.
    BodyEncodedAgain,
    /// The line ends are different.
    LineEndsTranslated,
}

/// Also the hint of the check that looks for nothing else.
pub const REFUSAL_STORED: &str = "a refusal was taken for a file: an empty file was made under the name that was \
     asked for. First look whether the line begins with OK or with ERR; make the file only after OK";

/// Also the hint of the checks that look for nothing else.
pub const WRITTEN_TOO_EARLY: &str = "the bytes were written under the final name before all had come, and left \
    there: write to another name and rename at the end, or remove the file when the body is short";

impl ClientCause {
    /// In words, to stand behind "probably".
    pub fn text(self) -> &'static str {
        match self {
            ClientCause::OneConnection => {
                "it opened another connection: one session is one TCP connection; connect once, before the loop, \
                 and keep the socket for all commands"
            }
            ClientCause::NoLineEnd => {
                "the line has no line feed at its end, so the server goes on waiting for the rest: send '\\n' \
                 behind each command, and flush if your language buffers what is sent"
            }
            ClientCause::StillReads => {
                "it still waits for more of the last reply: a body is over after <size> bytes (bytes, not \
                 letters), and nothing else tells its end, no empty line, no short read, and not the end of the \
                 connection, which stays open; read in a loop until so many bytes are there (none after 'OK 0'), \
                 then send the next command"
            }
            ClientCause::CantStart => {
                "a wrong name, or a file that can't be executed: name the program with its path, and a script's \
                 language before it ('python3 client.py ...')"
            }
            ClientCause::EndedEarly => {
                "an error before the connection: see what the program printed, or whether it takes {host} and \
                 {port} from its command line"
            }
            ClientCause::NotConnected => {
                "the program waits for something before it connects (an answer to a question, another address), or \
                 it starts too slowly: connect to {host} and {port} first, then read the commands"
            }
            ClientCause::Uncaught => {
                "an error that nobody caught ended the program, so the file is not whole: what the program printed \
                 last (see the failure) names the error and the line"
            }
            ClientCause::NothingStored => {
                "nothing was stored under the name that was asked for: write the body to a file of that name in \
                 {dir}"
            }
            ClientCause::RefusalStored => REFUSAL_STORED,
            ClientCause::WrittenTooEarly => WRITTEN_TOO_EARLY,
            ClientCause::OneFileTooMany => {
                "it leaves a file that nobody asked for: remove what was needed only for a while"
            }
            ClientCause::OtherName => "the file was stored under another name than the one that was asked for",
            ClientCause::Outside => {
                "a file was stored outside of the directory that stands on the command line: join {dir} and the \
                 name, and refuse a name with / or \\ in it, or with a dot at its beginning"
            }
            ClientCause::BehindLogout => {
                "something is sent behind LOGOUT, perhaps a second one: it is given as the last command; at the \
                 end of the input send it only if it was not sent before"
            }
            ClientCause::EmptyLine => {
                "an empty line was sent: two line ends behind a command? (println adds one already.) Or an empty \
                 line of the input was sent on"
            }
            ClientCause::ZeroBytesInLine => {
                "zero bytes stand in the line: send only the line's own bytes of a buffer, strlen(line) bytes and not \
                 sizeof; and do not send UTF-16"
            }
            ClientCause::LineNotUtf8 => {
                "the line is not UTF-8: name the encoding where text becomes bytes, and where it was read"
            }
            ClientCause::NameCutAtSpace => {
                "the name was cut at a space: cut the command once, behind its verb; all the rest is the name"
            }
            ClientCause::NameInQuotes => {
                "the name was put between quotation marks: on the wire it stands as it is, spaces included"
            }
            ClientCause::NameEncodedTwice => {
                "the name was encoded twice: it was read as if it were Latin-1, and sent as UTF-8"
            }
            ClientCause::OtherCommand => {
                "it sends another command than the one that it was given: it has to send what it is given, in that \
                 order, and nothing of its own"
            }
            ClientCause::HeaderStored => {
                "the reply's first line was stored with the body: read up to the first line feed, then the body"
            }
            ClientCause::MoreThanBody => {
                "more was stored than the body: after <size> bytes the next reply begins; keep what follows for it"
            }
            ClientCause::NothingOfBody => {
                "the file is empty: the body was not awaited (one read need not bring more than the first line), \
                 or what came in one piece with the first line was thrown away"
            }
            ClientCause::EndsAtZeroByte => {
                "the body ends where its first zero byte stands: it was taken for a C string; count the bytes, and \
                 write so many of them (fwrite, not fputs or fprintf)"
            }
            ClientCause::OnlyBeginning => {
                "only the beginning was stored: a read brings what has arrived and not the whole body; read in a \
                 loop until <size> bytes are there (and close the file, so that its last bytes are written)"
            }
            ClientCause::BeginningMissing => {
                "the beginning is missing: it came in the same packet as the reply's first line, and was thrown \
                 away with it"
            }
            ClientCause::BytesReplaced => {
                "the body was turned into text: bytes that are no UTF-8 were replaced; receive, keep and write \
                 bytes"
            }
            ClientCause::BodyEncodedAgain => {
                "the body was turned into text and encoded again: receive, keep and write bytes"
            }
            ClientCause::LineEndsTranslated => {
                "line ends were translated: open the file as binary ('wb'), and send nothing through a text stream"
            }
        }
    }
}

/// Why a line is not the command that was given; `None` if the line does not show it.
pub fn why_another_line(line: &[u8], wanted: &str) -> Option<ClientCause> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() {
        return Some(ClientCause::EmptyLine);
    }
    if text.contains(&0) {
        return Some(ClientCause::ZeroBytesInLine);
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return Some(ClientCause::LineNotUtf8);
    };
    let (verb, name) = wanted.split_once(' ').unwrap_or((wanted, ""));
    let sent = text.trim_matches(' ');
    if let (Some(sent_name), false) = (sent.get(verb.len()..).map(|rest| rest.trim_start_matches(' ')), name.is_empty())
    {
        if !sent_name.is_empty() && name.starts_with(&format!("{sent_name} ")) {
            return Some(ClientCause::NameCutAtSpace);
        }
        if sent_name.len() > 2 && sent_name.trim_matches(['"', '\'']) == name {
            return Some(ClientCause::NameInQuotes);
        }
        // The UTF-8 of é is C3 A9. A client that takes these bytes for two letters, and encodes each, sends Ã and ©.
        if sent_name.starts_with('\u{c3}') || sent_name.contains("\u{c3}\u{a9}") {
            return Some(ClientCause::NameEncodedTwice);
        }
    }
    if Command::parse(text.as_bytes()).is_ok() {
        return Some(ClientCause::OtherCommand);
    }
    None
}

/// Why a stored file is not the body; `None` if its bytes do not show it.
pub fn why_other_bytes(expected: &[u8], stored: &[u8]) -> Option<ClientCause> {
    /// The character that stands for bytes that are no text, in UTF-8.
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let without_cr = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<_>>();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let as_latin_1: String = expected.iter().copied().map(char::from).collect();
    if stored.starts_with(b"OK ") && !expected.starts_with(b"OK ") {
        Some(ClientCause::HeaderStored)
    } else if stored.len() > expected.len() && stored.starts_with(expected) {
        Some(ClientCause::MoreThanBody)
    } else if stored.is_empty() {
        Some(ClientCause::NothingOfBody)
    } else if expected.starts_with(stored) && expected.get(stored.len()) == Some(&0) {
        Some(ClientCause::EndsAtZeroByte)
    } else if expected.starts_with(stored) {
        Some(ClientCause::OnlyBeginning)
    } else if expected.ends_with(stored) {
        Some(ClientCause::BeginningMissing)
    } else if has(stored, REPLACEMENT) && !has(expected, REPLACEMENT) {
        Some(ClientCause::BytesReplaced)
    } else if stored == as_latin_1.as_bytes() {
        Some(ClientCause::BodyEncodedAgain)
    } else if without_cr(stored) == without_cr(expected) {
        Some(ClientCause::LineEndsTranslated)
    } else {
        None
    }
}

/// The first difference of two files, in a sentence.
pub fn difference(expected: &[u8], stored: &[u8]) -> String {
    let same = expected.iter().zip(stored).take_while(|(one, other)| one == other).count();
    format!("it has {} bytes and should have {}; they part at byte {same}", stored.len(), expected.len())
}
