//! What was seen when a check failed, and which mistake it most likely is. All English texts of the causes stand here
//! and in `clients/causes.rs`; the French ones stand in `french/causes.rs`.
//!
//! Read first: `docs/PROTOCOL.md`, `clients/causes.rs`. It does not know which check failed. If nothing here was seen,
//! the check's own hint says what is likely.

use crate::lab::check::clients::causes::ClientCause;
use crate::lab::check::french;
use crate::lab::lang::Lang;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// One client got what belongs to another client.
    SharedVariable,
    /// The program ended by itself.
    Died {
        /// Did its last words speak of a client that has gone?
        of_a_client_that_left: bool,
    },
    /// The check fails behind other checks, and passes with a fresh program.
    LeftBehind,
    /// The server says that it is full, and no client is connected.
    PlacesKept,
    /// The server was full before, and now it takes any number of clients.
    PlacesTwice,
    /// The greeting comes when the client has sent its first command.
    LateGreeting,
    /// A second client waits until the first has left.
    OneClient,
    /// Some clients are served, and one more waits without an answer.
    FewClients,
    /// Bytes come behind the end of a body, and nobody asked for them.
    SizeTooSmall,
    /// All of the body is there, and the header promised more.
    SizeTooLarge,
    /// The first line of a reply has another form.
    Header(HeaderFault),
    /// Not one of the files that are there is listed.
    WrongDirectory,
    /// The session ended behind a reply, where it should go on.
    SessionEnds,
    /// The connection was reset.
    Reset,
    /// The connection ended before a single byte came.
    ClosedUngreeted,
    /// A command got what an earlier command of the same session had got.
    EarlierAnswer,
    /// The same goes wrong with one client alone.
    AloneToo,
    /// A line was refused as too long, and it is not too long.
    ShortLines,
    /// A refusal has a code that the protocol does not have.
    OwnCode,
    /// In place of bytes that are no text came the character that stands for them.
    Decoded,
    /// A body breaks off where its next byte would be zero.
    CutAtZero,
    /// The session ended without an answer, and the program printed an error meanwhile.
    Uncaught,
    /// Something that a client did.
    OfClient(ClientCause),
}

impl Cause {
    /// In words of this language, to stand behind "probably".
    pub fn text_in(self, lang: Lang) -> &'static str {
        match lang {
            Lang::English => self.text(),
            Lang::French => french::causes::of(self),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Cause::SharedVariable => {
                "a variable that the sessions share, where each needs its own: one client got what belongs to \
                 another. Look for what is global or static, or stands in an object that all threads use (the \
                 socket, the buffer, the file name, the open file), and make it a local variable of the session"
            }
            Cause::Died { of_a_client_that_left: true } => {
                "a client that has gone: to send to it, or to read from it, is an error (SIGPIPE, EPIPE, \
                 ECONNRESET), and here it ended the whole program. Ignore SIGPIPE, or catch the error (in Node: an \
                 'error' handler on each socket), and end that one session"
            }
            Cause::Died { of_a_client_that_left: false } => {
                "an error that nobody caught: it ended the whole program, and with it every session. The last words \
                 above say where. An error of one session should end that session alone"
            }
            Cause::LeftBehind => {
                "something that earlier sessions left behind: with a fresh program the same check passes. Look for \
                 what a session takes and does not give back when it ends (a lock, a thread, an open file, a place), \
                 or leaves in a variable that outlives it"
            }
            Cause::PlacesKept => {
                "places that are not given back: the earlier clients have left, and the server still counts them. \
                 Give the place back where every session ends, however it ends (finally, a destructor)"
            }
            Cause::PlacesTwice => {
                "places that are given back twice, so that the limit grows: the server was full before, and now it \
                 takes any number of clients. Give the place back at one place in the program alone, where every \
                 session ends"
            }
            Cause::LateGreeting => {
                "a read before the greeting: the server greets only when a command has come, and the client waits \
                 for the greeting. Send it right after accept, before the first read"
            }
            Cause::OneClient => {
                "one client at a time: the second one waits until the first has left. Give each connection a thread \
                 of its own, and go back to accept at once"
            }
            Cause::FewClients => {
                "too few threads, or a lock that somebody holds: some clients are served, and one more gets no \
                 answer. Give each connection a thread of its own; a server that has a limit says SERVER_FULL"
            }
            Cause::SizeTooSmall => {
                "a size that is too small: bytes were left behind the body. Are characters counted, not bytes? Is \
                 the last line feed left out? Encode the text first, then count its bytes, then send just these"
            }
            Cause::SizeTooLarge => {
                "a size that is too large: all of the body came, and the client waits for more. Count the bytes that \
                 are sent behind the first line, and not the first line, and nothing that is cut off before it is sent"
            }
            Cause::Header(fault) => fault.text(),
            Cause::OfClient(cause) => cause.text(),
            Cause::WrongDirectory => {
                "another directory: not one of the files that are in the served directory is in the list. Take the \
                 directory from the command line ({dir}), and not the one that the program is started in"
            }
            Cause::SessionEnds => {
                "a session of one reply: the server closed the connection where it should read the next command. \
                 Read in a loop, until LOGOUT or the end of the stream; no refusal that goes on ends it, and no \
                 error that nobody caught"
            }
            Cause::Reset => {
                "a close on unread input: the server closed while bytes of the client waited unread (or it died), \
                 and TCP then sends a reset, which destroys replies on their way. End the sending side first \
                 (shutdown), read and drop what still comes for a moment, then close"
            }
            Cause::ClosedUngreeted => {
                "a connection that is closed without a greeting: an error right after accept. Has the program no \
                 file descriptors or threads left? Close each file and each socket when it is no longer needed"
            }
            Cause::EarlierAnswer => {
                "a variable that still holds what an earlier command of the same session brought (the name, the \
                 answer, the open file): set it anew for each command"
            }
            Cause::AloneToo => {
                "nothing that has to do with threads: with one client alone the same goes wrong. Mend what fails in \
                 the earlier levels first"
            }
            Cause::ShortLines => {
                "a buffer that is too short: a line was refused as too long, and it is not. A line may have 1024 \
                 bytes, its line feed included, and the name in it 255"
            }
            Cause::OwnCode => {
                "a code of its own: clients compare the code letter by letter. Send the protocol's code \
                 (UNKNOWN_COMMAND, NOT_FOUND, ...), and say the rest in the sentence behind it"
            }
            Cause::Decoded => {
                "a file that was turned into text: bytes that are no UTF-8 were replaced. Read the file as bytes, \
                 and send them as they are, not through a string or a writer of text"
            }
            Cause::CutAtZero => {
                "the body ends where a zero byte stands: it was taken for a C string. Send as many bytes as the read \
                 returned, and not strlen of the buffer"
            }
            Cause::Uncaught => {
                "an error that nobody caught, and it ended the session: what the program printed meanwhile (see the \
                 failure) names the error and the line"
            }
        }
    }
}

/// What is wrong with the first line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFault {
    /// A CR before the LF.
    CarriageReturn,
    /// Several lines where one should be: `OK`, then the size.
    TwoLines,
    /// `OK` and no size.
    NoSize,
    /// The size and the body stand in one line.
    NoLineFeed,
    /// `OK 007`.
    LeadingZeros,
    /// `OK 12 bytes`.
    MoreBehindSize,
    /// `OK twelve`, `OK +12`.
    NotANumber,
    /// `OK12`, `OK:12`.
    MissingSpace,
    /// `OK  12`.
    ExtraSpace,
    /// `ok 12`.
    SmallLetters,
    /// `12`, without the word.
    SizeAlone,
    /// Bytes that are no text: a number as a machine holds it.
    Binary,
    /// `ERR` and no valid code.
    NoCode,
    /// `ERR NOT_FOUND` and no sentence.
    NoMessage,
    /// Control characters, or bytes that are not UTF-8.
    NotPrintable,
    /// Neither OK nor ERR.
    NoHeader,
}

impl HeaderFault {
    /// What is wrong with a line that is no header. The line has no LF any more. `next` is what came behind it.
    pub fn of(line: &[u8], next: &[u8]) -> HeaderFault {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let Ok(text) = std::str::from_utf8(line) else {
            let has_word = line.starts_with(b"OK") || line.starts_with(b"ERR");
            return if has_word { HeaderFault::NotPrintable } else { HeaderFault::Binary };
        };
        let first_of_next = next.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let next_is_number = std::str::from_utf8(first_of_next).is_ok_and(|next| is_number(next.trim()));
        let trimmed = text.trim_end_matches('\r');
        match trimmed.strip_prefix("OK") {
            Some("" | " ") if next_is_number => HeaderFault::TwoLines,
            Some("" | " ") => HeaderFault::NoSize,
            Some(rest) => match rest.strip_prefix(' ') {
                None => HeaderFault::MissingSpace,
                Some(size) if is_number(size) && size != text.strip_prefix("OK ").unwrap_or_default() => {
                    HeaderFault::CarriageReturn
                }
                Some(size) => HeaderFault::of_size(size),
            },
            None if text.starts_with("ERR") => HeaderFault::of_refusal(text),
            None if trimmed.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("ok"))
                || trimmed.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("err")) =>
            {
                HeaderFault::SmallLetters
            }
            None if is_number(trimmed) => HeaderFault::SizeAlone,
            None if text.contains('\0') => HeaderFault::Binary,
            None => HeaderFault::NoHeader,
        }
    }

    /// What stands behind `OK` and a space.
    fn of_size(size: &str) -> HeaderFault {
        let digits = size.bytes().take_while(u8::is_ascii_digit).count();
        let behind = &size[digits..];
        if size.starts_with(' ') {
            HeaderFault::ExtraSpace
        } else if digits == 0 {
            HeaderFault::NotANumber
        } else if behind.is_empty() {
            HeaderFault::LeadingZeros
        } else if behind.starts_with([' ', '\t']) || behind.eq_ignore_ascii_case("b") {
            HeaderFault::MoreBehindSize
        } else if behind.starts_with(['.', ',']) {
            HeaderFault::NotANumber
        } else {
            HeaderFault::NoLineFeed
        }
    }

    /// What is wrong with `ERR` and what stands behind it.
    fn of_refusal(line: &str) -> HeaderFault {
        if line.ends_with('\r') {
            return HeaderFault::CarriageReturn;
        }
        let Some(rest) = line.strip_prefix("ERR ") else { return HeaderFault::NoCode };
        let (code, message) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if !is_code {
            HeaderFault::NoCode
        } else if message.is_empty() {
            HeaderFault::NoMessage
        } else {
            HeaderFault::NotPrintable
        }
    }

    /// In words, to stand behind "probably".
    fn text(self) -> &'static str {
        match self {
            HeaderFault::CarriageReturn => {
                "a CR at the end of the first line: a reply's first line ends with LF alone. Write \\n, not \\r\\n, \
                 and no function that adds the system's own line end"
            }
            HeaderFault::TwoLines => {
                "a first line in two: the word OK, one space and the size stand in the same line, 'OK 12', and the \
                 body begins behind its line feed"
            }
            HeaderFault::NoSize => {
                "a first line without the size: the client can't know where the body ends. Write 'OK', a space, the \
                 number of the body's bytes, and a line feed"
            }
            HeaderFault::NoLineFeed => {
                "a first line without its line feed: the body stands right behind the size. Write 'OK <size>', then \
                 one line feed, then the body"
            }
            HeaderFault::LeadingZeros => {
                "a size with zeros before it, or a larger number than there is: write the number as it is, as in \
                 'OK 12'"
            }
            HeaderFault::MoreBehindSize => {
                "words behind the size: the line ends right behind the number, as in 'OK 12', and the text belongs \
                 into the body"
            }
            HeaderFault::NotANumber => {
                "a size that is no number: write decimal digits, without a sign, a unit or a point, as in 'OK 12'"
            }
            HeaderFault::MissingSpace => "a missing space: between OK and the size stands one space, as in 'OK 12'",
            HeaderFault::ExtraSpace => "a space too many: between OK and the size stands one space, as in 'OK 12'",
            HeaderFault::SmallLetters => {
                "a word in small letters: replies begin with OK or ERR, in capitals, for a client compares them as \
                 they stand"
            }
            HeaderFault::SizeAlone => "a missing word: before the size stand OK and one space, as in 'OK 12'",
            HeaderFault::Binary => {
                "a size that was sent as a machine holds it (struct.pack, writeInt, htonl), or a body without its \
                 first line: write the size as decimal digits, in a line of text, as in 'OK 12'"
            }
            HeaderFault::NoCode => {
                "a refusal without its code: behind ERR and one space stands a word of A-Z and _, such as NOT_FOUND, \
                 then a space and a sentence"
            }
            HeaderFault::NoMessage => {
                "a refusal without a sentence: behind the code stand one space and a sentence for a person"
            }
            HeaderFault::NotPrintable => {
                "a first line with control characters, or with bytes that are not UTF-8: escape what you quote of \
                 the client's line"
            }
            HeaderFault::NoHeader => {
                "a reply without its first line: each reply, also the greeting and the goodbye, begins with 'OK \
                 <size>' or 'ERR <CODE> <message>', and the body follows"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_first_line_is_seen() {
        for (line, next, fault) in [
            ("OK 12\r", "", HeaderFault::CarriageReturn),
            ("ERR NOT_FOUND no such file\r", "", HeaderFault::CarriageReturn),
            ("OK", "12\nbody", HeaderFault::TwoLines),
            ("OK", "body\n", HeaderFault::NoSize),
            ("OK ", "", HeaderFault::NoSize),
            ("OK 12Welcome", "", HeaderFault::NoLineFeed),
            ("OK 012", "", HeaderFault::LeadingZeros),
            ("OK 12 bytes", "", HeaderFault::MoreBehindSize),
            ("OK twelve", "", HeaderFault::NotANumber),
            ("OK 12.0", "", HeaderFault::NotANumber),
            ("OK -1", "", HeaderFault::NotANumber),
            ("OK:12", "", HeaderFault::MissingSpace),
            ("OK12", "", HeaderFault::MissingSpace),
            ("OK  12", "", HeaderFault::ExtraSpace),
            ("ok 12", "", HeaderFault::SmallLetters),
            ("12", "", HeaderFault::SizeAlone),
            ("\0\0\0\u{c}", "", HeaderFault::Binary),
            ("ERR", "", HeaderFault::NoCode),
            ("ERROR no such file", "", HeaderFault::NoCode),
            ("ERR no such file", "", HeaderFault::NoCode),
            ("ERR NOT_FOUND", "", HeaderFault::NoMessage),
            ("ERR NOT_FOUND '\u{7}'", "", HeaderFault::NotPrintable),
            ("Welcome", "", HeaderFault::NoHeader),
            ("", "", HeaderFault::NoHeader),
        ] {
            assert_eq!(HeaderFault::of(line.as_bytes(), next.as_bytes()), fault, "{line:?}");
        }
    }
}
