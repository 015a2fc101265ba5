//! The first line of every reply: a size, or a refusal.
//!
//! Read first: nothing. It does not know what is asked for, nor how a line is sent.

use std::fmt;

use crate::wire::text::{cut_at, printable};

/// Longest reply header in bytes, its LF included.
pub const MAX_REPLY_LINE: usize = 512;

/// Largest size a header may promise: 2^63 - 1, the largest file size that the systems know.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// What the connection does after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoesOn,
    Closes,
}

/// Generates [`ErrorCode`] from the table below, so that each code has its word. A first reading can skip the macro:
/// the table says it all.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident $word:literal $then:ident)*) => {
        /// Why a server says no: the word for programs.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)*
            /// A word that a later version added. A client treats it as a refusal.
            Later(String),
        }

        impl ErrorCode {
            /// Every code of this version, in the order of the table in `docs/PROTOCOL.md`.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$code),*];

            /// The word as it is sent.
            pub fn word(&self) -> &str {
                match self {
                    $(ErrorCode::$code => $word,)*
                    ErrorCode::Later(word) => word,
                }
            }

            /// Does the server close the connection after this refusal?
            pub fn closes(&self) -> bool {
                let then = match self {
                    $(ErrorCode::$code => Then::$then,)*
                    ErrorCode::Later(_) => Then::GoesOn,
                };
                then == Then::Closes
            }
        }
    };
}

error_codes! {
    /// The verb is not known, or the line is empty.
    UnknownCommand "UNKNOWN_COMMAND" GoesOn
    /// DOWNLOAD without a filename, or another command with an argument.
    BadArguments "BAD_ARGUMENTS" GoesOn
    /// A name that no served file can have.
    BadFilename "BAD_FILENAME" GoesOn
    /// There is no served file of that name.
    NotFound "NOT_FOUND" GoesOn
    /// The system refuses to read the directory or to open the file.
    ReadFailed "READ_FAILED" GoesOn
    /// The line is not UTF-8.
    NotText "NOT_TEXT" GoesOn
    /// [`MAX_COMMAND_LINE`](crate::wire::MAX_COMMAND_LINE) bytes arrived without completing a line.
    LineTooLong "LINE_TOO_LONG" Closes
    /// The client's sending side ended inside a line.
    IncompleteLine "INCOMPLETE_LINE" Closes
    /// No complete command arrived within the idle time-out.
    IdleTimeout "IDLE_TIMEOUT" Closes
    /// In place of the greeting: the maximum number of sessions is active.
    ServerFull "SERVER_FULL" Closes
    /// The server is stopping.
    ShuttingDown "SHUTTING_DOWN" Closes
}

/// A refusal: the server's answer to a command that it does not carry out. A client also makes one for a command that
/// it does not send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: ErrorCode,
    /// One sentence for a person: the cause, and the next thing to do. Without control characters.
    pub message: String,
}

impl Refusal {
    /// The message is made safe to send: characters that can't be printed are escaped.
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
    /// The header as it is sent, its LF included, at most [`MAX_REPLY_LINE`] bytes: a message that is too long loses
    /// its end.
    pub fn to_line(&self) -> String {
        let mut line = match self {
            ReplyHeader::Ok(size) => format!("OK {size}"),
            ReplyHeader::Err(refusal) => format!("ERR {refusal}"),
        };
        cut_at(&mut line, MAX_REPLY_LINE - 1);
        line.push('\n');
        line
    }

    /// Reads a header without its line end, strictly, because a client must not trust the server.
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
                let code = ErrorCode::ALL.iter().find(|code| code.word() == word);
                let code = code.cloned().unwrap_or_else(|| ErrorCode::Later(word.to_string()));
                Ok(ReplyHeader::Err(Refusal::new(code, message)))
            }
            _ => Err("a reply must begin with 'OK <size>' or 'ERR <CODE> <message>'"),
        }
    }
}

/// Decimal digits, no sign, no leading zero, at most [`MAX_SIZE`]. `str::parse` alone would take `+5` and `007`.
pub(crate) fn parse_size(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|size| plain && *size <= MAX_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FileName;

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
}
