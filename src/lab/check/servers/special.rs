//! Level `robust`, the directory and the idle time-out: entries that are no files, names that can't be listed, a file
//! that shrinks, a client that says nothing.
//!
//! Read first: `exam.rs`, `planted.rs`. It does not know our server.

use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue::Level;
use crate::lab::check::outcome::{Failure, Outcome, Verdict};
use crate::lab::check::servers::exam::{Check, Exam};
use crate::lab::check::servers::peer::Peer;
use crate::lab::check::servers::planted::Planted;
use crate::lab::check::servers::robust::refused;
use crate::wire::ErrorCode;

const LEVEL: Level = Level::Robust;

/// The size of the file that shrinks: more than the buffers of the server and the system hold for a client that does
/// not read. (On loopback they held about 4 MB.)
const LARGE: usize = 12 * 1024 * 1024;

/// The size to which the file shrinks: less than a server has sent when the buffers are full.
const SHRUNK: u64 = 1000;

/// The file that shrinks repeats this text. It has no zero bytes: a server may send these in place of the lost bytes.
const BLOCK: &[u8] = b"This file will shrink while it is sent. ";

/// How many bytes a client sends in one idle time-out, one after the other: each comes well within it.
const BYTES_IN_IDLE: u32 = 4;

/// How many it sends in all: for one and a half times the idle time-out.
const BYTES_SENT_SLOWLY: u32 = BYTES_IN_IDLE * 3 / 2;

/// The rule of both checks of the idle time-out.
const IDLE_RULE: &str =
    "no complete command within the idle time-out, counted from the end of the last reply. A byte now \
    and then does not extend it.";

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "3.8",
        level: LEVEL,
        title: "FIFOs and sockets are not listed.",
        rule: "Directories, symbolic links, FIFOs, sockets and devices are neither listed nor sent.",
        hint: "what is no directory was taken for a file: ask of each entry whether it is a regular file",
        run: |exam| {
            let list = exam.own_list()?;
            let _planted = fifo_and_socket(exam)?;
            list_is_still(&list, exam, "a FIFO and a socket")
        },
    },
    Check {
        id: "3.9",
        level: LEVEL,
        title: "A file whose name has a line feed, or is not UTF-8, is not listed, and does LIST no harm.",
        rule: "has no control character (Unicode Cc, so the C1 characters too)",
        hint: "the name was written into the list as it is, or raised an error that ended LIST: a line feed in a \
               name makes two lines of one, and bytes that are not UTF-8 can't be encoded; leave such files out",
        run: |exam| {
            let list = exam.own_list()?;
            let what = "names with a line feed, or not UTF-8,";
            let _planted = made_here(Planted::strange_names(own_dir(exam)?), what)?;
            list_is_still(&list, exam, what)
        },
    },
    Check {
        id: "4.15",
        level: LEVEL,
        title: "A FIFO or a socket is not sent: asking for one is NOT_FOUND, and waits for nobody.",
        rule: "Asking for one never blocks: it is NOT_FOUND.",
        hint: "to open a FIFO waits until somebody writes into it: ask first whether it is a regular file, or open \
               it without waiting",
        run: |exam| {
            for planted in fifo_and_socket(exam)? {
                refused(exam, format!("DOWNLOAD {}\n", planted.name()), ErrorCode::NotFound)?;
            }
            Ok(())
        },
    },
    Check {
        id: "5.15",
        level: LEVEL,
        title: "A file that shrinks while it is sent ends the connection, and no other bytes are sent in its place.",
        rule: "If it shrinks, or reading fails, the promise can't be kept: the server closes the connection",
        hint: "the end of the file came before the promised size, and the server went on: it waits, or reads for \
               ever, or fills up, or sends a refusal where the client takes it for the file; close the connection",
        run: shrinks,
    },
    Check {
        id: "8.8",
        level: LEVEL,
        title: "A client that says nothing for the idle time-out is told IDLE_TIMEOUT, then the connection ends.",
        rule: IDLE_RULE,
        hint: "the connection is closed without a word, too early, or never: when no command has come for so long, \
               send 'ERR IDLE_TIMEOUT', a sentence and a line feed, then close",
        run: |exam| {
            let (idle, mut client) = idle_client(exam)?;
            let since = Instant::now();
            client.expect_err(ErrorCode::IdleTimeout)?;
            // The client's clock starts a little later than the server's, so a little less is no mistake.
            if since.elapsed() < idle.mul_f32(0.8) {
                let what = format!("IDLE_TIMEOUT came after {:?}, and the time-out is {idle:?}", since.elapsed());
                return Err(client.wrong(what));
            }
            client.expect_end()
        },
    },
    Check {
        id: "8.9",
        level: LEVEL,
        title: "A byte now and then does not extend the idle time-out.",
        rule: IDLE_RULE,
        hint: "the clock begins anew with each byte, so one client can keep a session for ever: count from the end \
               of the last reply until the next whole line",
        run: |exam| {
            let (idle, mut client) = idle_client(exam)?;
            for _ in 0..BYTES_SENT_SLOWLY {
                thread::sleep(idle / BYTES_IN_IDLE);
                if client.more_waits() {
                    break;
                }
                client.send("x");
            }
            if !client.more_waits() {
                let what = "after one and a half times the idle time-out the session goes on";
                return Err(Failure { verdict: Verdict::NoReply, ..client.wrong(what) });
            }
            client.expect_err(ErrorCode::IdleTimeout)
        },
    },
];

/// The directory, if `lab fixtures` made it. Nothing is put into another one.
fn own_dir<'a>(exam: &'a Exam) -> Result<&'a std::path::Path, Failure> {
    let why = "this check puts something into the directory, and does so only where lab fixtures has made it";
    exam.fixtures.own_dir().ok_or_else(|| Failure::not_applicable(why))
}

fn fifo_and_socket(exam: &Exam) -> Result<Vec<Planted>, Failure> {
    let dir = own_dir(exam)?;
    let planted: Vec<_> = [Planted::fifo(dir), Planted::socket(dir)].into_iter().flatten().collect();
    made_here(planted, "a FIFO and a socket")
}

/// What was put into the directory, if this system made any of it.
fn made_here(planted: Vec<Planted>, what: &str) -> Result<Vec<Planted>, Failure> {
    if planted.is_empty() {
        return Err(Failure::not_applicable(format!("this system does not make {what} here")));
    }
    Ok(planted)
}

/// LIST answers as it did before these came.
fn list_is_still(list: &[u8], exam: &Exam, what: &str) -> Outcome {
    let answered = exam.session_sending("LIST\n").and_then(|mut client| client.expect_lines(list));
    answered.map_err(|failure| failure.after(&format!("with {what} in the directory LIST has changed: ")))
}

/// The client does not read until the server can send no more; then the file shrinks. A server that has all of it in
/// memory may send all of it.
fn shrinks(exam: &Exam) -> Outcome {
    let bytes = BLOCK.repeat(LARGE / BLOCK.len());
    let unwritable = |error| Failure::skipped(format!("the file that is to shrink can't be made: {error}"));
    let file = Planted::file(own_dir(exam)?, "planted-shrinks.bin", &bytes).map_err(unwritable)?;
    let mut client = exam.session_sending(format!("DOWNLOAD {}\n", file.name()))?;
    client.let_it_fill();
    file.shrink(SHRUNK).map_err(unwritable)?;
    let size = client.expect_size()?;
    if size != bytes.len() {
        return Err(client.wrong(format!("the header promises {size} bytes, and the file had {}", bytes.len())));
    }
    let came = client.bytes_or_end(size)?;
    if bytes.starts_with(&came) {
        Ok(())
    } else {
        let same = bytes.iter().zip(&came).take_while(|(a, b)| a == b).count();
        Err(client.wrong(format!("from byte {same} on came what was never in the file")))
    }
}

/// The idle time-out that the user gave, and a client that has been greeted and can wait longer.
fn idle_client(exam: &Exam) -> Result<(Duration, Peer), Failure> {
    let why = "a server needs no idle time-out; --idle SECONDS says how long this one's is, and has it checked";
    let idle = exam.idle.ok_or_else(|| Failure::not_applicable(why))?;
    Ok((idle, exam.session()?.until(exam.deadline() + 2 * idle)))
}
