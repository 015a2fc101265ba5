//! Level `robust`: lines that are no commands, limits, and clients that do not behave.
//!
//! Read first: `exam.rs`. It does not know our server.

use std::thread;
use std::time::Instant;

use crate::lab::check::catalogue::Level;
use crate::lab::check::outcome::{Failure, Outcome};
use crate::lab::check::processes::is_busy;
use crate::lab::check::servers::exam::{Check, Exam};
use crate::lab::check::servers::peer::PAUSE;
use crate::lab::check::POLL;
use crate::wire::telnet::WONT_TIMING_MARK;
use crate::wire::{ErrorCode, MAX_COMMAND_LINE};

const LEVEL: Level = Level::Robust;

/// How many clients vanish, and how many mistakes one client makes.
const OFTEN: usize = 5;

/// How many bytes a client sends behind its last command: more than a server reads at once, and fewer than it has to
/// read and drop before it closes.
const UNREAD: usize = 32 * 1024;

/// A server is at rest if no thread of it runs in this many looks in a row. A server that spins has a running thread in
/// each look.
const LOOKS: usize = 5;

/// The checks, in the order of the steps; what concerns names of files stands in [`names`](super::names).
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.4",
        level: LEVEL,
        title: "Clients that connect and vanish at once do no harm.",
        rule: "A client that is silent, slow, reads nothing or vanishes delays no other client's greeting or answers",
        hint: "sending the greeting to a client that has gone raises an error (or SIGPIPE), and it ended the whole \
               server: an error of a session ends this session alone",
        run: |exam| {
            for _ in 0..OFTEN {
                exam.connect()?.vanish();
            }
            for _ in 0..OFTEN {
                let client = exam.connect()?;
                client.leave_unread();
                client.vanish();
            }
            // If that does harm, this check should see it, and not the next one.
            thread::sleep(PAUSE);
            exam.session()?.expect_goes_on()
        },
    },
    Check {
        id: "2.9",
        level: LEVEL,
        title: "Spaces around a command are dropped.",
        rule: "Then spaces (U+0020, no other character) are dropped at both ends.",
        hint: "the line is compared with its spaces: take them off at both ends first",
        run: |exam| {
            let list = exam.own_list()?;
            exam.session_sending("   LIST  \n")?.expect_lines(&list)
        },
    },
    Check {
        id: "2.10",
        level: LEVEL,
        title: "LIST with an argument is refused with BAD_ARGUMENTS, and the session goes on.",
        rule: "BAD_ARGUMENTS | DOWNLOAD without a filename; LIST, HELP or LOGOUT with an argument | goes on",
        hint: "what follows the verb was not looked at, or belongs to the verb: cut the line at its first space",
        run: |exam| refused(exam, "LIST all\n", ErrorCode::BadArguments),
    },
    Check {
        id: "2.11",
        level: LEVEL,
        title: "An empty line is refused with UNKNOWN_COMMAND, and the session goes on.",
        rule: "UNKNOWN_COMMAND | the verb is none of the four, or the line is empty | goes on",
        hint: "an empty line got no answer, or was taken for the end of the stream: only a read of no bytes is the end",
        run: |exam| {
            refused(exam, "\n", ErrorCode::UnknownCommand)?;
            refused(exam, "  \r\n", ErrorCode::UnknownCommand)
        },
    },
    Check {
        id: "2.12",
        level: LEVEL,
        title: "A line that is not UTF-8 is refused with NOT_TEXT, and the session goes on.",
        rule: "NOT_TEXT | the line is not UTF-8 | goes on",
        hint: "decoding raised an error that ended the session, or the bytes were replaced: catch the error and \
               answer it",
        run: |exam| refused(exam, b"LIST \xc3\x28\n", ErrorCode::NotText),
    },
    Check {
        id: "2.13",
        level: LEVEL,
        title: "Only ASCII letters fold, and only the space parts: LI\u{17f}T and LIST behind a tab are unknown.",
        rule: "its ASCII letters match in either case, and no other letters do (`LI\u{17f}T` is not LIST)",
        hint: "the language's own upper() folds more than ASCII, its strip() and split() take more than spaces",
        run: |exam| {
            refused(exam, "LI\u{17f}T\n", ErrorCode::UnknownCommand)?;
            refused(exam, "\tLIST\n", ErrorCode::UnknownCommand)
        },
    },
    Check {
        id: "2.14",
        level: LEVEL,
        title: "A CR inside a line ends no line.",
        rule: "A command is one line of UTF-8 text that ends with LF.",
        hint: "the line was cut at a CR (splitlines, universal newlines): only LF ends a line",
        run: |exam| refused(exam, "LIST\rHELP\n", ErrorCode::UnknownCommand),
    },
    Check {
        id: "2.15",
        level: LEVEL,
        title: "A line of 1024 bytes, its LF included, is a line.",
        rule: "A line has at most 1024 bytes as received, its LF included.",
        hint: "the limit is off by one, or does not count the LF",
        run: |exam| {
            let list = exam.own_list()?;
            let line = format!("{:width$}\n", "LIST", width = MAX_COMMAND_LINE - 1);
            let mut client = exam.session_sending(line)?;
            client.expect_lines(&list)?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "2.16",
        level: LEVEL,
        title: "At 1024 bytes without a line end comes LINE_TOO_LONG, then the end.",
        rule: "LINE_TOO_LONG | 1024 bytes arrived, Telnet's counted, without completing a line | ends",
        hint: "the line is collected without a limit, so one client can fill the memory: count its bytes, refuse, \
               close",
        run: |exam| {
            let mut client = exam.session_sending("x".repeat(MAX_COMMAND_LINE))?;
            client.expect_err(ErrorCode::LineTooLong)?;
            client.expect_end()
        },
    },
    Check {
        id: "2.17",
        level: LEVEL,
        title: "The refusal of an endless line is not lost.",
        rule: "So wherever the server closes, it first ends its sending side, then reads and drops what still comes",
        hint: "the refusal waits until the client pauses, or is never sent: refuse as soon as the limit is reached",
        run: |exam| {
            let mut client = exam.session_sending("x".repeat(UNREAD))?;
            client.expect_err(ErrorCode::LineTooLong)?;
            client.expect_end()
        },
    },
    Check {
        id: "2.18",
        level: LEVEL,
        title: "A client whose stream ends inside a line is told INCOMPLETE_LINE.",
        rule: "INCOMPLETE_LINE | the client's sending side ended inside a line | ends",
        hint: "the rest without a line end was carried out or dropped: at the end of the stream look whether \
               something is left, refuse it, close; or the server closed as soon as it saw that end, and could not \
               answer any more (in Node: allowHalfOpen)",
        run: |exam| {
            let mut client = exam.session_sending("HELP\nLIST")?;
            client.half_close();
            client.expect_ok()?;
            client.expect_err(ErrorCode::IncompleteLine)?;
            client.expect_end()
        },
    },
    Check {
        id: "2.19",
        level: LEVEL,
        title: "Telnet's sequences are dropped, wherever they stand.",
        rule: "They are dropped wherever they stand, also inside a word.",
        hint: "the sequences were taken for text: a telnet client sends them in between, and each begins with the \
               byte 0xFF; take them out byte by byte, before you look at the line",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session_sending(b"LI\xff\xf1S\xff\xfb\x01T\xff\xfa\x18\x00\n\xff\xf0\n")?;
            client.expect_lines(&list)?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "2.20",
        level: LEVEL,
        title: "Telnet's DO TIMING-MARK is answered at once.",
        rule: "Only `IAC DO TIMING-MARK` (FF FD 06; RFC 860) is answered, with `IAC WONT TIMING-MARK` (FF FC 06)",
        hint: "nobody answers it, and a telnet whose user pressed Ctrl-C shows nothing more until the answer comes: \
               send FF FC 06 as soon as FF FD 06 has arrived, without waiting for a line end",
        run: |exam| {
            let mut client = exam.session_sending(b"\xff\xfd\x06")?;
            let answer = client.bytes(WONT_TIMING_MARK.len())?;
            if answer == WONT_TIMING_MARK {
                client.expect_goes_on()
            } else {
                Err(Failure::wrong("expected the bytes FF FC 06"))
            }
        },
    },
    Check {
        id: "5.12",
        level: LEVEL,
        title: "A client that vanishes inside a download does no harm.",
        rule: "A client that is silent, slow, reads nothing or vanishes delays no other client's greeting or answers",
        hint: "sending to a client that has gone raises an error (or SIGPIPE), and it ended the whole server: an \
               error of a session ends this session alone",
        run: |exam| {
            let file = exam.fixtures.large()?;
            for _ in 0..OFTEN {
                let mut client = exam.session_sending(file.command().repeat(OFTEN))?;
                client.bytes(1)?;
                client.vanish();
            }
            thread::sleep(PAUSE);
            exam.session()?.expect_goes_on()
        },
    },
    Check {
        id: "6.5",
        level: LEVEL,
        title: "HELP with an argument is refused with BAD_ARGUMENTS, and the session goes on.",
        rule: "BAD_ARGUMENTS | DOWNLOAD without a filename; LIST, HELP or LOGOUT with an argument | goes on",
        hint: "what follows the verb was not looked at",
        run: |exam| refused(exam, "HELP me\n", ErrorCode::BadArguments),
    },
    Check {
        id: "6.6",
        level: LEVEL,
        title: "A refusal is one printable line, whatever it answers.",
        rule: "UTF-8 without control characters",
        hint: "the client's line is quoted as it came: escape what a terminal would obey, and cut a long quote, so \
               that the line has at most 512 bytes",
        run: |exam| {
            refused(exam, "\x1b[2J\x07\u{9b}\n", ErrorCode::UnknownCommand)?;
            refused(exam, format!("{}\n", "\u{e9}".repeat(500)), ErrorCode::UnknownCommand)
        },
    },
    Check {
        id: "6.7",
        level: LEVEL,
        title: "A session outlives many mistakes.",
        rule: "A mistake does not end the session",
        hint: "the session ends after some refusals: read on after each of them",
        run: |exam| {
            let mut client = exam.session_sending("NONSENSE\nLIST x\nDOWNLOAD\n".repeat(OFTEN))?;
            for _ in 0..OFTEN {
                client.expect_err(ErrorCode::UnknownCommand)?;
                client.expect_err(ErrorCode::BadArguments)?;
                client.expect_err(ErrorCode::BadArguments)?;
            }
            client.expect_goes_on()
        },
    },
    Check {
        id: "7.3",
        level: LEVEL,
        title: "LOGOUT with an argument is refused with BAD_ARGUMENTS, and the session goes on.",
        rule: "BAD_ARGUMENTS | DOWNLOAD without a filename; LIST, HELP or LOGOUT with an argument | goes on",
        hint: "what follows the verb was not looked at",
        run: |exam| refused(exam, "LOGOUT now\n", ErrorCode::BadArguments),
    },
    Check {
        id: "7.4",
        level: LEVEL,
        title: "The goodbye is not lost when the client sent more behind LOGOUT.",
        rule: "So wherever the server closes, it first ends its sending side, then reads and drops what still comes",
        hint: "LOGOUT is not seen when more stands behind it: take one line after the other out of what was received",
        run: |exam| {
            let behind = "LIST\n";
            let behind = behind.repeat(UNREAD / behind.len());
            let mut client = exam.session_sending(format!("LOGOUT\n{behind}"))?;
            client.expect_ok()?;
            client.expect_end()
        },
    },
    Check {
        id: "8.4",
        level: LEVEL,
        title: "After a client has vanished the server rests.",
        rule: "the session also ends if the client ends its sending side between two commands",
        hint: "a read that returns no bytes is the end of the stream, for ever, and not 'nothing yet': leave the \
               loop; watch the program in top after you ended a netcat with Ctrl-C",
        run: rests,
    },
];

/// The line gets this refusal, and the session goes on.
pub fn refused(exam: &Exam, line: impl AsRef<[u8]>, code: ErrorCode) -> Outcome {
    let mut client = exam.session_sending(line)?;
    client.expect_err(code)?;
    client.expect_goes_on()
}

/// Looks again and again: a good server is at rest sooner or later, and a server that spins never is.
fn rests(exam: &Exam) -> Outcome {
    let is_busy = || exam.pid.and_then(is_busy);
    if is_busy().is_none() {
        let why = "what a program's threads do is seen on Linux alone, and of a program of this machine";
        return Err(Failure::not_applicable(why));
    }
    let mut client = exam.session_sending("HELP\n")?;
    client.expect_ok()?;
    client.vanish();
    thread::sleep(PAUSE);
    let (mut looks, mut at_rest) = (0, 0);
    while Instant::now() < exam.deadline() {
        looks += 1;
        at_rest = if is_busy() == Some(true) { 0 } else { at_rest + 1 };
        if at_rest == LOOKS {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    Err(Failure::wrong(format!("it does not come to rest: in {looks} looks, a thread of it was running")))
}
