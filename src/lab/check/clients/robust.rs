//! Level `robust`: a server that refuses, breaks the protocol, or falls silent. A client trusts none.
//!
//! Read first: `exam.rs`. It does not know our client.

use crate::lab::check::catalogue::Level;
use crate::lab::check::clients::causes::ClientCause;
use crate::lab::check::clients::exam::{Check, Exam};
use crate::lab::check::clients::script::{reply, GOODBYE};
use crate::lab::check::outcome::{Failure, Outcome};

const LEVEL: Level = Level::Robust;

/// The beginning of an escape sequence: a terminal that gets it takes the text behind it for the window's title.
const TITLE: &str = "\u{1b}]0;";

const NO_SIZE: &str = "\"0\" / (%x31-39 *DIGIT)";

const GIVES_UP: &str = "A client gives up on a server that says nothing";

const ESCAPES: &str = "What a server sends is never printed as it came";

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.3",
        level: LEVEL,
        title: "A refusal in place of the greeting is understood: the client ends.",
        rule:
            "A server that is full or stopping sends `ERR SERVER_FULL` or `ERR SHUTTING_DOWN` in place of the greeting",
        hint: "the client waits for a greeting of its own form: look at the first word of the reply, and stop at ERR",
        run: |exam| {
            let mut session = exam.session(&["LIST"])?;
            session.send("ERR SERVER_FULL all places are taken; try again later\n");
            exam.end(session).map(drop)
        },
    },
    Check {
        id: "1.4",
        level: LEVEL,
        title: "A connection that ends before the greeting does not keep the client.",
        rule: "A client ends when the connection does",
        hint: "a read of no bytes is taken for 'nothing yet', and the loop never ends: it is the end of the connection",
        run: |exam| {
            let session = exam.session(&["LIST"])?;
            exam.end(session).map(drop)
        },
    },
    Check {
        id: "3.4",
        level: LEVEL,
        title: "What a list has for the terminal to obey is not printed as it came.",
        rule: ESCAPES,
        hint: "names of the list are printed as they came: replace or escape control characters, or refuse such a list",
        run: |exam| {
            let word = exam.name("title", "");
            prints_no_order(exam, "LIST", &word, reply(format!("5 a.txt\n5 {TITLE}{word}\u{7}.txt\n")))
        },
    },
    Check {
        id: "3.5",
        level: LEVEL,
        title: "A list that is cut does not keep the client.",
        rule: "A client ends when the connection does",
        hint: "a read of no bytes is taken for 'nothing yet', and the loop never ends: it is the end of the connection",
        run: |exam| {
            let mut session = exam.greeted(&["LIST"])?;
            session.expect_command("LIST")?;
            session.send("OK 100\n34 notes.txt\n3");
            exam.end(session).map(drop)
        },
    },
    Check {
        id: "4.5",
        level: LEVEL,
        title: "An ERR with a code that nobody knows is a refusal, and the session goes on.",
        rule: "a client takes an unknown one as a refusal",
        hint: "the codes are compared with a list, and another one is taken for nonsense: every ERR is a refusal",
        run: |exam| {
            let (refused, name, text) = (exam.name("refused-", ".txt"), exam.name("there-", ".txt"), exam.text());
            let (first, second) = (format!("DOWNLOAD {refused}"), format!("DOWNLOAD {name}"));
            let mut session = exam.greeted(&[&first, &second])?;
            session.expect_command(&first)?;
            session.send("ERR NOT_TODAY the librarian is ill; come back tomorrow\n");
            session.expect_command(&second)?;
            session.ok(&text);
            exam.log_out(session)?;
            exam.downloads
                .expect_not(&refused, None)
                .map_err(|failure| failure.because_client(ClientCause::RefusalStored))?;
            exam.downloads.expect_among(&[(&name, text.as_bytes())]).map(drop)
        },
    },
    Check {
        id: "4.6",
        level: LEVEL,
        title: "What a refusal has for the terminal to obey is not printed as it came.",
        rule: ESCAPES,
        hint: "the message is printed as it came: replace or escape control characters",
        run: |exam| {
            let word = exam.name("title", "");
            let refusal = format!("ERR NOT_FOUND {TITLE}{word}\u{7} is not here\n");
            prints_no_order(exam, "DOWNLOAD a.txt", &word, refusal.into_bytes())
        },
    },
    Check {
        id: "5.14",
        level: LEVEL,
        title: "A first line that never ends is given up.",
        rule: "at most 512 bytes, LF included",
        hint: "the line is read until its line feed, however long that takes and however much memory: stop after 512 \
               bytes",
        run: |exam| {
            let name = exam.name("endless-", ".txt");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send_endless_line()?;
            exam.wait_for_end()?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "5.15",
        level: LEVEL,
        title: "'OK +5' is no reply: nothing is stored, and the client leaves.",
        rule: NO_SIZE,
        hint: "the language's own conversion takes a sign: look whether all characters are digits first",
        run: |exam| refuses(exam, "OK +5\nhello"),
    },
    Check {
        id: "5.16",
        level: LEVEL,
        title: "'OK 05' is no reply: nothing is stored, and the client leaves.",
        rule: NO_SIZE,
        hint: "the language's own conversion takes zeros at the beginning: a size is 0, or begins with another digit",
        run: |exam| refuses(exam, "OK 05\nhello"),
    },
    Check {
        id: "5.17",
        level: LEVEL,
        title: "'OK -1' is no reply: nothing is stored, and the client leaves.",
        rule: NO_SIZE,
        hint: "a negative size is read as a number: the loop then reads nothing, or for ever (recv(-1)); look whether \
               all characters are digits",
        run: |exam| refuses(exam, "OK -1\nhello"),
    },
    Check {
        id: "5.18",
        level: LEVEL,
        title: "A size of 2^63 is none: nothing is stored, and the client leaves.",
        rule: "at most 2^63 - 1",
        hint: "the number is not compared with the largest one (or it overflows, and becomes another)",
        run: |exam| refuses(exam, "OK 9223372036854775808\nhello"),
    },
    Check {
        id: "5.19",
        level: LEVEL,
        title: "A file of 2^63 - 1 bytes that ends after five is not stored.",
        rule: "the client sees a short body",
        hint:
            "memory for the whole size is asked for at once, or a read of no bytes is taken for 'nothing yet': receive \
               in parts, and stop at the end",
        run: |exam| {
            let name = exam.name("huge-", ".bin");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send("OK 9223372036854775807\nhello");
            exam.end(session)?;
            exam.downloads
                .expect_not(&name, None)
                .map_err(|failure| failure.because_client(ClientCause::WrittenTooEarly))
        },
    },
    Check {
        id: "5.20",
        level: LEVEL,
        title: "What is neither OK nor ERR is no reply: nothing is stored, and the client leaves.",
        rule: "reply = ok-reply / err-reply",
        hint: "whatever is not ERR is taken for OK: look at the first word, and leave if it is neither",
        run: |exam| refuses(exam, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    },
    Check {
        id: "5.21",
        level: LEVEL,
        title: "A server that says nothing does not keep the client for ever.",
        rule: GIVES_UP,
        hint: "the socket has no time-out, or the time-out is longer than {timeout} says",
        run: |exam| {
            exam.be_impatient()?;
            let name = exam.name("never-", ".txt");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            exam.wait_for_end()?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "6.3",
        level: LEVEL,
        title: "SHUTTING_DOWN in place of an answer ends the client, and nothing is stored.",
        rule: "SHUTTING_DOWN | the server is stopping: between two replies",
        hint: "the client waits for an answer, or tries again for ever: after this refusal the connection is over",
        run: |exam| {
            let name = exam.name("stopped-", ".txt");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send("ERR SHUTTING_DOWN the server is stopping\n");
            exam.end(session)?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "8.4",
        level: LEVEL,
        title: "An end without a goodbye does not keep the client, and costs no file.",
        rule: "A client ends when the connection does",
        hint: "the goodbye is awaited in a loop that does not look for the end of the connection",
        run: |exam| {
            let (name, text) = (exam.name("kept-", ".txt"), exam.text());
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.ok(&text);
            session.line("LOGOUT")?;
            exam.end(session)?;
            exam.downloads.expect_files(&[(&name, text.as_bytes())])
        },
    },
    Check {
        id: "8.5",
        level: LEVEL,
        title: "A goodbye without an end does not keep the client for ever.",
        rule: GIVES_UP,
        hint: "the end is awaited without a time-out",
        run: |exam| {
            exam.be_impatient()?;
            let mut session = exam.greeted(&[])?;
            session.line("LOGOUT")?;
            session.ok(GOODBYE);
            exam.wait_for_end()
        },
    },
    Check {
        id: "8.6",
        level: LEVEL,
        title: "When a file was refused the exit code is not 0.",
        rule: "and another number if one was not",
        hint: "a refusal is printed and forgotten: remember that something failed, and end with 1 then (sys.exit(1), \
               return 1 from main)",
        run: |exam| {
            let mut session = exam.greeted(&["DOWNLOAD missing.txt"])?;
            session.expect_command("DOWNLOAD missing.txt")?;
            session.send("ERR NOT_FOUND there is no such file; LIST shows the files\n");
            exam.log_out(session)?;
            exam.expect_failure()
        },
    },
];

/// What answers a download is no reply of the protocol. The client may leave, or send LOGOUT.
fn refuses(exam: &mut Exam, no_reply: &str) -> Outcome {
    let name = exam.name("none-", ".txt");
    let command = format!("DOWNLOAD {name}");
    let mut session = exam.greeted(&[&command])?;
    session.expect_command(&command)?;
    session.send(no_reply);
    exam.answer_all(session, |_| None)?;
    exam.downloads.expect_not(&name, None)
}

/// The answer to the command holds an escape sequence with this word in it.
fn prints_no_order(exam: &mut Exam, command: &str, word: &str, answer: Vec<u8>) -> Outcome {
    let mut session = exam.greeted(&[command])?;
    session.expect_command(command)?;
    session.send(answer);
    exam.answer_all(session, |_| None)?;
    let (printed, order) = (exam.printed(), format!("{TITLE}{word}"));
    if printed.windows(order.len()).any(|part| part == order.as_bytes()) {
        return Err(Failure::wrong("the program printed the server's escape sequence as it came"));
    }
    Ok(())
}
