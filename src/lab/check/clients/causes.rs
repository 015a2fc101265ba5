//! Which mistake a client most likely made, where what was seen tells it better than the check's own hint.
//!
//! Read first: `cause.rs`. It does not know the checks.

use crate::wire::Command;

/// Of every client that opens more connections than one.
pub const ONE_CONNECTION: &str = "it opened another connection: one session is one TCP connection; connect once, \
    before the loop, and keep the socket for all commands";

/// Of a line whose end never comes.
pub const NO_LINE_END: &str = "the line has no line feed at its end, so the server goes on waiting for the rest: \
    send '\\n' behind each command, and flush if your language buffers what is sent";

/// Of a client that was sent a whole reply, and does not go on.
pub const STILL_READS: &str = "it still waits for more of the last reply: a body is over after <size> bytes (bytes, \
    not letters), and nothing else tells its end, no empty line, no short read, and not the end of the connection, \
    which stays open; read in a loop until so many bytes are there (none after 'OK 0'), then send the next command";

/// Of a program that the system does not start.
pub const CANT_START: &str = "a wrong name, or a file that can't be executed: name the program with its path, and a \
    script's language before it ('python3 client.py ...')";

/// Of a program that ends before it has connected.
pub const ENDED_EARLY: &str =
    "an error before the connection: see what the program printed, or whether it takes {host} \
    and {port} from its command line";

/// Of a download that leaves nothing behind.
pub const NOTHING_STORED: &str = "nothing was stored under the name that was asked for: write the body to a file of \
    that name in {dir}";

/// Of an empty file in place of a refusal.
pub const REFUSAL_STORED: &str = "a refusal was taken for a file: an empty one was made under the name that was asked \
    for. Look first whether the line begins with OK or with ERR; only behind OK make the file";

/// Of a file that is there although it never came whole.
pub const WRITTEN_TOO_EARLY: &str = "the bytes were written under the final name before all had come, and left \
    there: write to another name and rename at the end, or remove the file when the body is short";

/// Why a line is not the command that was given, as far as the line tells it.
pub fn why_another_line(line: &[u8], wanted: &str) -> Option<&'static str> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() {
        return Some(
            "an empty line was sent: two line ends behind a command? (println adds one already.) Or an empty \
            line of the input was sent on",
        );
    }
    if text.contains(&0) {
        return Some(
            "zero bytes stand in the line: of a buffer only the line's own bytes are to be sent, strlen(line) \
            of them and not sizeof; and not as UTF-16",
        );
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return Some("the line is not UTF-8: name the encoding where text becomes bytes, and where it was read");
    };
    let (verb, name) = wanted.split_once(' ').unwrap_or((wanted, ""));
    let sent = text.trim_matches(' ');
    if let (Some(sent_name), false) = (sent.get(verb.len()..).map(|rest| rest.trim_start_matches(' ')), name.is_empty())
    {
        if !sent_name.is_empty() && name.starts_with(&format!("{sent_name} ")) {
            return Some(
                "the name was cut at a space: cut the command once, behind its verb; all the rest is the name",
            );
        }
        if sent_name.len() > 2 && sent_name.trim_matches(['"', '\'']) == name {
            return Some("the name was put between quotation marks: on the wire it stands as it is, spaces included");
        }
        if sent_name.starts_with('\u{c3}') || sent_name.contains("\u{c3}\u{a9}") {
            return Some("the name was encoded twice: it was read as if it were Latin-1, and sent as UTF-8");
        }
    }
    if Command::parse(text.as_bytes()).is_ok() {
        return Some(
            "it sends another command than the one that it was given: it has to send what it is given, in \
            that order, and nothing of its own",
        );
    }
    None
}

/// Why a stored file is not the body, as far as its bytes tell it.
pub fn why_other_bytes(expected: &[u8], stored: &[u8]) -> Option<&'static str> {
    /// What stands in for a byte that is no text, in UTF-8.
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let without_cr = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<_>>();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let as_latin_1: String = expected.iter().copied().map(char::from).collect();
    if stored.starts_with(b"OK ") && !expected.starts_with(b"OK ") {
        Some("the reply's first line was stored with the body: read up to the first line feed, then the body")
    } else if stored.len() > expected.len() && stored.starts_with(expected) {
        Some("more was stored than the body: after <size> bytes the next reply begins; keep what follows for it")
    } else if stored.is_empty() {
        Some(
            "the file is empty: the body was not awaited (one read need not bring more than the first line), or what \
             came in one piece with the first line was thrown away",
        )
    } else if expected.starts_with(stored) && expected.get(stored.len()) == Some(&0) {
        Some(
            "the body ends where its first zero byte stands: it was taken for a C string; count the bytes, and write \
            so many of them (fwrite, not fputs or fprintf)",
        )
    } else if expected.starts_with(stored) {
        Some(
            "only the beginning was stored: a read brings what has arrived and not the whole body; read in a loop \
            until <size> bytes are there (and close the file, so that its last bytes are written)",
        )
    } else if expected.ends_with(stored) {
        Some(
            "the beginning is missing: it came in the same packet as the reply's first line, and was thrown away \
            with it",
        )
    } else if has(stored, REPLACEMENT) && !has(expected, REPLACEMENT) {
        Some("the body was turned into text: bytes that are no UTF-8 were replaced; receive, keep and write bytes")
    } else if stored == as_latin_1.as_bytes() {
        Some("the body was turned into text and encoded again: receive, keep and write bytes")
    } else if without_cr(stored) == without_cr(expected) {
        Some("line ends were translated: open the file as binary ('wb'), and send nothing through a text stream")
    } else {
        None
    }
}

/// Where two files part, in a sentence.
pub fn difference(expected: &[u8], stored: &[u8]) -> String {
    let same = expected.iter().zip(stored).take_while(|(one, other)| one == other).count();
    format!("it has {} bytes and should have {}; they part at byte {same}", stored.len(), expected.len())
}
