//! Level `report`: the report's eight steps, with a server that behaves well.
//!
//! Read first: `exam.rs`. It does not know our client.

use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue::Level;
use crate::lab::check::clients::causes::ClientCause;
use crate::lab::check::clients::exam::{Check, Exam};
use crate::lab::check::clients::script::GOODBYE;
use crate::lab::check::outcome::{shown, Failure, Outcome};
use crate::lab::check::POLL;

const LEVEL: Level = Level::Report;

/// How long the server waits between its goodbye and the end of the connection, to see whether the client waits too.
const BEFORE_THE_END: Duration = Duration::from_millis(300);

/// How long a program may take to end after it has closed its connection. If it runs longer, it has perhaps only ended
/// its sending side, and may be waiting.
const TO_EXIT: Duration = Duration::from_millis(700);

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.1",
        level: LEVEL,
        title: "The client connects to the server, and ends after its session.",
        rule: "The client opens a TCP connection to the server.",
        hint: "it does not take the host and the port from its command line, or it waits for something before it \
               connects",
        run: |exam| {
            let session = exam.greeted(&[])?;
            exam.log_out(session)
        },
    },
    Check {
        id: "2.1",
        level: LEVEL,
        title: "LIST is sent as one line.",
        rule: "The client sends one line for each command.",
        hint:
            "it still waits for the greeting to end, or has not sent what it was given: read the line 'OK <n>' and n \
               bytes, then send the first command and a line feed (and flush)",
        run: |exam| {
            let mut session = exam.greeted(&["LIST"])?;
            session.expect_command("LIST")?;
            session.ok("5 a.txt\n");
            exam.log_out(session)
        },
    },
    Check {
        id: "3.1",
        level: LEVEL,
        title: "The list is read whole, and the session goes on.",
        rule: "a line for each: its size in bytes, a space, its name",
        hint:
            "it waits for more than the list: its body has as many bytes as the first line says, then comes nothing; \
               no empty line ends it, and the connection stays open",
        run: |exam| {
            let mut session = exam.greeted(&["LIST", "LIST"])?;
            for _ in 0..2 {
                session.expect_command("LIST")?;
                session.ok("0 empty.txt\n771 fable \u{e0} lire.txt\n34 notes.txt\n");
            }
            exam.log_out(session)
        },
    },
    Check {
        id: "3.2",
        level: LEVEL,
        title: "An empty list is OK 0, and the session goes on.",
        rule: "An empty directory is `OK 0`.",
        hint: "it waits for a body that has no bytes: after 'OK 0' comes nothing, so read nothing",
        run: |exam| {
            let mut session = exam.greeted(&["LIST", "LIST"])?;
            for _ in 0..2 {
                session.expect_command("LIST")?;
                session.ok("");
            }
            exam.log_out(session)
        },
    },
    Check {
        id: "4.1",
        level: LEVEL,
        title: "A file is asked for by its name.",
        rule: "The client asks for a file.",
        hint: "the command is not 'DOWNLOAD', a space, the name and a line feed",
        run: |exam| asks_for(exam, "notes-", ".txt"),
    },
    Check {
        id: "4.2",
        level: LEVEL,
        title: "A name may have spaces inside, also two in a row.",
        rule: "The name is all that follows, spaces included",
        hint: "the command is cut at every space: cut it once, behind its verb; all the rest is the name",
        run: |exam| asks_for(exam, "my  own ", " notes.txt"),
    },
    Check {
        id: "4.3",
        level: LEVEL,
        title: "A name may have accents: it is sent as UTF-8.",
        rule: "A command is one line of UTF-8 text that ends with LF.",
        hint: "the name is read or sent in another encoding than UTF-8: name it wherever bytes become text and text \
               becomes bytes",
        run: |exam| asks_for(exam, "d\u{e9}j\u{e0}-", ".txt"),
    },
    Check {
        id: "4.4",
        level: LEVEL,
        title: "After a refusal the session goes on.",
        rule: "A mistake does not end the session",
        hint: "it takes 'ERR' for the end, or waits for a body: a refusal is one line, and the next command follows",
        run: |exam| {
            let (missing, name, text) = (exam.name("missing-", ".txt"), exam.name("there-", ".txt"), exam.text());
            let (first, second) = (format!("DOWNLOAD {missing}"), format!("DOWNLOAD {name}"));
            let mut session = exam.greeted(&[&first, &second])?;
            session.expect_command(&first)?;
            session.send("ERR NOT_FOUND there is no such file; LIST shows the files\n");
            session.expect_command(&second)?;
            session.ok(&text);
            exam.log_out(session)?;
            exam.downloads.expect_among(&[(&name, text.as_bytes())]).map(drop)
        },
    },
    Check {
        id: "5.1",
        level: LEVEL,
        title: "A small file is stored in {dir}, byte by byte as it was sent.",
        rule: "then exactly `<size>` bytes",
        hint: "the body was not stored under the file's name in {dir}",
        run: |exam| {
            let (name, text) = (exam.name("small-", ".txt"), exam.text());
            exam.receives(&name, text.as_bytes(), |session, reply| session.send(reply))
        },
    },
    Check {
        id: "5.2",
        level: LEVEL,
        title: "An empty file is stored too.",
        rule: "S: OK 0",
        hint: "a size of 0 is taken for nothing at all, or the client waits for a body: make the file, read no bytes",
        run: |exam| {
            let name = exam.name("empty-", "");
            exam.receives(&name, b"", |session, reply| session.send(reply))
        },
    },
    Check {
        id: "5.3",
        level: LEVEL,
        title: "A file with all 256 byte values is stored unchanged.",
        rule: "They may be anything, LF and zero bytes included",
        hint: "the body is treated as text: it is no text, so receive bytes, keep bytes, and open the file as binary",
        run: |exam| {
            let name = exam.name("bytes-", ".bin");
            let bytes: Vec<u8> = (0..=u8::MAX).rev().chain(0..=u8::MAX).chain(exam.bytes(300)).collect();
            exam.receives(&name, &bytes, |session, reply| session.send(reply))
        },
    },
    Check {
        id: "5.4",
        level: LEVEL,
        title: "A file of over a mebibyte is stored whole.",
        rule: "then exactly `<size>` bytes",
        hint: "one read does not bring all of it: read in a loop until <size> bytes are there",
        run: |exam| {
            let (name, bytes) = (exam.name("large-", ".bin"), exam.bytes(1024 * 1024 + 1));
            exam.receives(&name, &bytes, |session, reply| session.send(reply))
        },
    },
    Check {
        id: "6.1",
        level: LEVEL,
        title: "A list and several files come over one connection.",
        rule: "One TCP connection is one *session*",
        hint: "the session ends after one command, or the second answer is read wrong: send the commands in a loop, \
               and read of each reply exactly its bytes",
        run: several,
    },
    Check {
        id: "6.2",
        level: LEVEL,
        title: "HELP is sent when it is given, and its answer read.",
        rule: "`HELP` may come at any time.",
        hint:
            "HELP is answered by the client itself, or not known to it: send it, and read the reply like that of LIST",
        run: |exam| {
            let mut session = exam.greeted(&["HELP", "LIST"])?;
            session.expect_command("HELP")?;
            session.ok("LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n");
            session.expect_command("LIST")?;
            session.ok("");
            exam.log_out(session)
        },
    },
    Check {
        id: "7.1",
        level: LEVEL,
        title: "LOGOUT is sent, and nothing behind it.",
        rule: "**7. The client ends its session.**",
        hint: "the client closes its socket without LOGOUT: send it, read the goodbye, and see the end",
        run: |exam| {
            let mut session = exam.greeted(&["LIST"])?;
            session.expect_command("LIST")?;
            session.ok("");
            session.expect_command("LOGOUT")?;
            session.ok(GOODBYE);
            let rest = exam.end(session)?.rest;
            if rest.is_empty() {
                return Ok(());
            }
            Err(Failure::wrong(format!("behind LOGOUT came: '{}'", shown(&rest)))
                .because_client(ClientCause::BehindLogout))
        },
    },
    Check {
        id: "8.1",
        level: LEVEL,
        title: "The client reads the goodbye, and waits until the server ends the connection.",
        rule: "The server answers with a goodbye and closes the connection.",
        hint: "the client closes right behind its LOGOUT, or right behind the goodbye: read the goodbye, then read on \
               until the end (a read of no bytes), then close",
        run: waits_for_the_end,
    },
    Check {
        id: "8.2",
        level: LEVEL,
        title: "When all was done the program ends with the exit code 0.",
        rule: "The exit code is 0 if all commands were done",
        hint: "the program ends with an error, or returns another number: see what it printed; return 0 from main",
        run: |exam| {
            several(exam)?;
            match exam.succeeded() {
                Some(true) => Ok(()),
                _ => Err(Failure::wrong("all was done, and the exit code is not 0")),
            }
        },
    },
];

/// The client asks for a name with this beginning and end, and stores what comes under this name.
fn asks_for(exam: &mut Exam, begins: &str, ends: &str) -> Outcome {
    let (name, text) = (exam.name(begins, ends), exam.text());
    let command = format!("DOWNLOAD {name}");
    let mut session = exam.greeted(&[&command])?;
    session.expect_command(&command)?;
    session.ok(&text);
    exam.log_out(session)?;
    // The checks of step 5 look at the bytes.
    exam.downloads.expect_name(&name)
}

fn several(exam: &mut Exam) -> Outcome {
    let files: Vec<_> =
        ["one-", "two-", "three-"].into_iter().map(|begins| (exam.name(begins, ".txt"), exam.text())).collect();
    let downloads: Vec<_> = files.iter().map(|(name, _)| format!("DOWNLOAD {name}")).collect();
    let mut session = exam.greeted(&[&downloads[0], "LIST", &downloads[1], &downloads[2]])?;
    for (index, (_, text)) in files.iter().enumerate() {
        session.expect_command(&downloads[index])?;
        session.ok(text);
        if index == 0 {
            session.expect_command("LIST")?;
            session.ok("5 a.txt\n");
        }
    }
    exam.log_out(session)?;
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    exam.downloads.expect_files(&files)
}

fn waits_for_the_end(exam: &mut Exam) -> Outcome {
    exam.will_be_silent(BEFORE_THE_END + TO_EXIT);
    let mut session = exam.greeted(&[])?;
    session.expect_command("LOGOUT")?;
    session.ok(GOODBYE);
    // It may end its sending side. If it did only that, it still runs and waits.
    if session.has_ended_within(BEFORE_THE_END) {
        let until = Instant::now() + TO_EXIT;
        while Instant::now() < until {
            if exam.has_ended() {
                return Err(Failure::closed("the client has left before the server ended the connection"));
            }
            thread::sleep(POLL);
        }
    }
    exam.end(session)?.expect_in_order()
}
