//! Level `stream`: TCP is a stream of bytes. Replies come in pieces, or with the next one, and only a size says where a
//! body ends.
//!
//! Read first: `exam.rs`. It does not know our client.

use std::time::Duration;

use crate::lab::check::catalogue::Level;
use crate::lab::check::clients::exam::{Check, Exam};
use crate::lab::check::clients::script::{reply, GOODBYE, GREETING};
use crate::lab::check::outcome::Outcome;

const LEVEL: Level = Level::Stream;

/// A silence inside a body. Some clients take a silence of one second for the end: this is longer.
const SILENCE: Duration = Duration::from_millis(1200);

/// The pause between a reply's first line and its body: longer than two reads in a row need.
const MOMENT: Duration = Duration::from_millis(100);

/// The size of the pieces in which a large file comes. It is not the size of any buffer, and the last piece is shorter.
const PIECE: usize = 4001;

/// A rule of the protocol on which several of these checks rest.
const NO_BOUNDARIES: &str = "TCP keeps no boundaries: one read may bring half a line, or three.";

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.2",
        level: LEVEL,
        title: "The greeting may come byte by byte.",
        rule: NO_BOUNDARIES,
        hint:
            "one read is taken for the whole greeting, so its rest is taken for the answer to the first command: read \
               the line, then as many bytes as it says, in a loop",
        run: |exam| {
            let mut session = exam.session(&["LIST"])?;
            session.send_in_pieces(reply(GREETING), 1);
            session.expect_command("LIST")?;
            session.ok("");
            exam.log_out(session)
        },
    },
    Check {
        id: "3.3",
        level: LEVEL,
        title: "The list may come byte by byte, cut inside a letter too.",
        rule: "is one letter and two bytes in UTF-8",
        hint: "each read is decoded by itself, or one read is taken for the whole list: collect <size> bytes first, \
               and decode them then",
        run: |exam| {
            let (name, text) = (exam.name("next-", ".txt"), exam.text());
            let download = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&["LIST", &download])?;
            session.expect_command("LIST")?;
            session.send_in_pieces(reply("771 fable \u{e0} lire.txt\n34 \u{e9}t\u{e9}.txt\n"), 1);
            session.expect_command(&download)?;
            session.ok(&text);
            exam.log_out(session)?;
            exam.downloads.expect_files(&[(&name, text.as_bytes())])
        },
    },
    Check {
        id: "5.5",
        level: LEVEL,
        title: "A reply's first line and its body may come apart.",
        rule: NO_BOUNDARIES,
        hint: "one read is taken for the whole reply: read the line; then read until <size> bytes are there",
        run: |exam| {
            let (name, text) = (exam.name("apart-", ".txt"), exam.text());
            exam.receives(&name, text.as_bytes(), |session, reply| {
                let (line, body) = reply.split_at(reply.len() - text.len());
                session.send(line);
                session.pause(MOMENT);
                session.send(body);
            })
        },
    },
    Check {
        id: "5.6",
        level: LEVEL,
        title: "A file may come byte by byte.",
        rule: NO_BOUNDARIES,
        hint: "one read is taken for the whole line or the whole body: read the line up to its line feed, then read \
               until <size> bytes are there",
        run: |exam| {
            let (name, text) = (exam.name("bytewise-", ".txt"), exam.text());
            exam.receives(&name, text.as_bytes(), |session, reply| session.send_in_pieces(reply, 1))
        },
    },
    Check {
        id: "5.7",
        level: LEVEL,
        title: "A file that looks like replies is stored as it is.",
        rule: "Only the size says where the body ends.",
        hint: "the client looks into the body for 'OK', 'ERR' or line ends: only the size says where it ends",
        run: |exam| {
            let name = exam.name("replies-", ".txt");
            let bytes = b"ERR NOT_FOUND no\nOK 5\nOK 0\n\n\nERR\n";
            exam.receives(&name, bytes, |session, reply| {
                // Each line of the body comes by itself, like a reply.
                for line in reply.split_inclusive(|byte| *byte == b'\n') {
                    session.send(line);
                    session.pause(MOMENT / 4);
                }
            })
        },
    },
    Check {
        id: "5.8",
        level: LEVEL,
        title: "Line ends are stored as they are.",
        rule: "They may be anything, LF and zero bytes included",
        hint: "line ends were translated, or spaces taken off at the ends: open the file as binary, and strip nothing",
        run: |exam| {
            let name = exam.name("line-ends-", ".txt");
            let bytes = b"\r\n  one\r\ntwo\nthree\rfour\n\r\n \n";
            exam.receives(&name, bytes, |session, reply| session.send(reply))
        },
    },
    Check {
        id: "5.9",
        level: LEVEL,
        title: "Files of 1023 to 1025 and of 4095 to 4097 bytes are stored whole.",
        rule: "then exactly `<size>` bytes",
        hint:
            "a read that fills the buffer, or does not, is taken for a sign: only the number of bytes that are still \
               missing says when the body is over",
        run: |exam| several_sizes(exam, &[1023, 1024, 1025, 4095, 4096, 4097]),
    },
    Check {
        id: "5.10",
        level: LEVEL,
        title: "Files of 65535 to 65537 bytes are stored whole.",
        rule: "then exactly `<size>` bytes",
        hint:
            "a read that fills the buffer, or does not, is taken for a sign: only the number of bytes that are still \
               missing says when the body is over",
        run: |exam| several_sizes(exam, &[65_535, 65_536, 65_537]),
    },
    Check {
        id: "5.11",
        level: LEVEL,
        title: "A large file that comes slowly is stored whole.",
        rule: "then exactly `<size>` bytes",
        hint: "a short read is taken for the end: read in a loop until <size> bytes are there",
        run: |exam| {
            let (name, bytes) = (exam.name("slow-", ".bin"), exam.bytes(1024 * 1024 + 1));
            exam.will_be_silent(SILENCE);
            exam.receives(&name, &bytes, |session, reply| session.send_in_pieces(reply, PIECE))
        },
    },
    Check {
        id: "5.12",
        level: LEVEL,
        title: "A silence of a second inside a file is not its end.",
        rule: "Only the size says where the body ends.",
        hint:
            "a time-out of the socket is taken for the end of the body: count the bytes; a time-out is for giving up, \
               and is half a minute",
        run: |exam| {
            let (name, bytes) = (exam.name("pause-", ".bin"), exam.bytes(3000));
            exam.will_be_silent(SILENCE);
            exam.receives(&name, &bytes, |session, reply| {
                let (begin, rest) = reply.split_at(1500);
                session.send(begin);
                session.pause(SILENCE);
                session.send(rest);
            })
        },
    },
    Check {
        id: "5.13",
        level: LEVEL,
        title: "What comes in one piece with a file's end is the next reply.",
        rule: "Three replies come unasked",
        hint: "all that a read brings is taken for the file: it ends after <size> bytes, and what follows is kept for \
               the next reply",
        run: |exam| {
            let (name, text) = (exam.name("glued-", ".txt"), exam.text());
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send([reply(&text).as_slice(), b"ERR SHUTTING_DOWN the server is stopping\n"].concat());
            exam.end(session)?;
            exam.downloads.expect_files(&[(&name, text.as_bytes())])
        },
    },
    Check {
        id: "8.3",
        level: LEVEL,
        title: "The goodbye may come byte by byte.",
        rule: NO_BOUNDARIES,
        hint:
            "one read is taken for the whole goodbye, and then the end is awaited, or another byte was not expected: \
               read the line, its bytes, and then the end",
        run: |exam| {
            let mut session = exam.greeted(&[])?;
            session.expect_command("LOGOUT")?;
            session.send_in_pieces(reply(GOODBYE), 1);
            exam.end(session)?.expect_in_order()
        },
    },
];

/// The client downloads files of these sizes, one after the other in one session.
fn several_sizes(exam: &mut Exam, sizes: &[usize]) -> Outcome {
    let files: Vec<_> = sizes.iter().map(|size| (exam.name(&format!("{size}-"), ".bin"), exam.bytes(*size))).collect();
    let commands: Vec<_> = files.iter().map(|(name, _)| format!("DOWNLOAD {name}")).collect();
    let mut session = exam.greeted(&commands.iter().map(String::as_str).collect::<Vec<_>>())?;
    for (command, (_, bytes)) in commands.iter().zip(&files) {
        session.expect_command(command)?;
        session.ok(bytes);
    }
    exam.log_out(session)?;
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    exam.downloads.expect_files(&files)
}
