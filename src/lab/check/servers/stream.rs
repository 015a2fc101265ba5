//! Level `stream`: TCP is a stream of bytes. Commands come in pieces or many together, replies leave in pieces, and
//! each direction ends by itself.
//!
//! Read first: `exam.rs`. It does not know our server.

use crate::lab::check::catalogue::Level;
use crate::lab::check::outcome::{shown, Failure, Outcome};
use crate::lab::check::servers::exam::{Check, Exam};
use crate::lab::check::servers::fixtures::Fixture;
use crate::lab::check::servers::peer::sorted_lines;
use crate::wire::ErrorCode;

const LEVEL: Level = Level::Stream;

/// How many bytes a slow client asks for before it reads any: more than the buffers of both ends hold.
pub const MORE_THAN_BUFFERS: usize = 24 * 1024 * 1024;

/// How often three commands stand in one packet.
const BURST: usize = 40;

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.3",
        level: LEVEL,
        title: "A command that is sent before the greeting was read is answered after it.",
        rule: "They are answered in order.",
        hint: "what arrives before the greeting has been sent is thrown away: read the stream from its first byte",
        run: |exam| {
            let mut client = exam.connect()?;
            client.send("LIST\n");
            client.expect_ok()?;
            let list = client.expect_ok()?;
            drop(client);
            // It was the list, and not an answer to something else.
            same_lines(&list, &exam.own_list()?)
        },
    },
    Check {
        id: "2.3",
        level: LEVEL,
        title: "A command may end with CR LF.",
        rule: "One CR right before the LF is dropped: telnet and `nc -C` send CR LF.",
        hint: "the CR has stayed at the end of the verb or of the filename: after the LF, remove one CR too",
        run: |exam| {
            let mut client = exam.session_sending("HELP\r\n")?;
            client.expect_ok()?;
            let file = exam.fixtures.small()?;
            client.send(format!("DOWNLOAD {}\r\n", file.name));
            client.expect_body(&file.bytes)
        },
    },
    Check {
        id: "2.4",
        level: LEVEL,
        title: "A command that arrives in pieces is one command.",
        rule: "one read may bring half a line, or three. A line is complete when its LF is there",
        hint: "one read was taken for one message, and half a command was answered: collect bytes until the line feed \
               is there, then look at the line",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session()?;
            client.send_in_parts(&[b"L", b"IS", b"T", b"\n"]);
            client.expect_lines(&list)
        },
    },
    Check {
        id: "2.5",
        level: LEVEL,
        title: "A CR and its LF may arrive apart.",
        rule: "A line is complete when its LF is there",
        hint: "the CR was taken for a line end, or the LF behind it for an empty line: only LF ends a line; then drop \
               one CR before it",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session()?;
            client.send_in_parts(&[b"HELP\r", b"\n"]);
            client.expect_ok()?;
            client.send("LIST\n");
            client.expect_lines(&list)
        },
    },
    Check {
        id: "2.6",
        level: LEVEL,
        title: "Two commands in one packet get two answers.",
        rule: "a client may send commands before the earlier ones are answered. They are answered in order.",
        hint:
            "it answered only the first of two commands that arrived in one packet: one read is not one message; keep \
               what follows the line feed for the next turn",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session_sending("HELP\nLIST\n")?;
            client.expect_ok()?;
            client.expect_lines(&list)
        },
    },
    Check {
        id: "2.7",
        level: LEVEL,
        title: "A command and a half: the half is kept until the rest comes.",
        rule: "what stands behind the LF belongs to the next line",
        hint: "what followed the first line feed was thrown away, or answered too early: keep it, and put the next \
               bytes behind it",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session()?;
            client.send_in_parts(&[b"HELP\nLI", b"ST\n"]);
            client.expect_ok()?;
            client.expect_lines(&list)
        },
    },
    Check {
        id: "2.8",
        level: LEVEL,
        title: "A client that has ended its sending side gets every answer.",
        rule: "a client that has ended its sending side still gets every answer to the complete lines that it sent",
        hint: "the end of the client's stream was taken for the end of the connection: answer all complete lines \
               first; only then does the end count",
        run: |exam| {
            let list = exam.own_list()?;
            let mut client = exam.session_sending("HELP\nLIST\nLOGOUT\n")?;
            client.half_close();
            client.expect_ok()?;
            client.expect_lines(&list)?;
            client.expect_ok().map(drop)
        },
    },
    Check {
        id: "3.4",
        level: LEVEL,
        title: "The list's size counts bytes: the next reply begins right behind it.",
        rule: "`\u{e0}` is one letter and two bytes in UTF-8, and each LF is one byte",
        hint: "the size counts letters, or leaves out the last line feed: encode the text first, then count its bytes",
        run: |exam| {
            exam.fixtures.one("named with an accent", |file| !file.name.is_ascii())?;
            let mut client = exam.session_sending("LIST\n")?;
            client.expect_ok()?;
            client.expect_no_more()?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "4.4",
        level: LEVEL,
        title: "A name that arrives in parts, cut inside a letter, is one name.",
        rule: "A line is complete when its LF is there",
        hint: "each read was decoded by itself, and half a letter is no UTF-8: collect bytes, and decode the whole \
               line",
        run: |exam| {
            let file = exam.fixtures.one("named with an accent", |file| !file.name.is_ascii())?;
            let command = file.command().into_bytes();
            let inside = command.iter().position(|byte| !byte.is_ascii()).map_or(0, |first| first + 1);
            let (begin, end) = command.split_at(inside);
            let mut client = exam.session()?;
            client.send_in_parts(&[b"DOWN", &begin[4..], end]);
            client.expect_body(&file.bytes)
        },
    },
    Check {
        id: "5.6",
        level: LEVEL,
        title: "Files of 1023, 1024 and 1025 bytes arrive whole.",
        rule: "then exactly `<size>` bytes",
        hint: "a size at the edge of a buffer of 1024 bytes goes wrong: send until the file has ended, not until a \
               part is shorter than the buffer, and send exactly the bytes that were read",
        run: |exam| arrive(exam, exam.fixtures.of_sizes(1023, 1025)?),
    },
    Check {
        id: "5.7",
        level: LEVEL,
        title: "Files of 65535, 65536 and 65537 bytes arrive whole.",
        rule: "then exactly `<size>` bytes",
        hint: "a size at the edge of a buffer of 64 KiB goes wrong: send until the file has ended, not until a part \
               is shorter than the buffer, and send exactly the bytes that were read",
        run: |exam| arrive(exam, exam.fixtures.of_sizes(65_535, 65_537)?),
    },
    Check {
        id: "5.8",
        level: LEVEL,
        title: "A file full of 0xFF arrives unchanged.",
        rule: "They may be anything, LF and zero bytes included",
        hint: "0xFF was taken for the end of the file (a char that holds getc's EOF), doubled as Telnet's IAC, or \
               decoded as text: send bytes",
        run: |exam| {
            let full = |file: &Fixture| !file.bytes.is_empty() && file.bytes.iter().all(|byte| *byte == u8::MAX);
            arrive(exam, vec![exam.fixtures.one("full of 0xFF", full)?])
        },
    },
    Check {
        id: "5.9",
        level: LEVEL,
        title: "A file that looks like replies arrives as it is.",
        rule: "Only the size says where the body ends.",
        hint: "the body was sent line by line, or looked into: send the file's bytes, whatever they spell",
        run: |exam| {
            let looks_so = |file: &Fixture| file.bytes.starts_with(b"OK ") || file.bytes.starts_with(b"ERR ");
            arrive(exam, vec![exam.fixtures.one("beginning like a reply", looks_so)?])
        },
    },
    Check {
        id: "5.10",
        level: LEVEL,
        title: "A client that reads slowly gets every byte.",
        rule: "then exactly `<size>` bytes",
        hint: "a send took only a part, because the buffers were full, and the rest was not sent: look at the count \
               that send returns, or use sendall or write_all; do not give up because a send would have to wait",
        run: |exam| {
            let file = exam.fixtures.large()?;
            let times = MORE_THAN_BUFFERS / file.bytes.len();
            let mut client = exam.session_sending(file.command().repeat(times))?;
            client.let_it_fill();
            for _ in 0..times {
                client.expect_body(&file.bytes)?;
            }
            Ok(())
        },
    },
    Check {
        id: "5.11",
        level: LEVEL,
        title: "A client that has ended its sending side gets a large file whole.",
        rule: "a client that has ended its sending side still gets every answer",
        hint: "while it sends the server looks at the client's end of stream and stops: it may only count when the \
               reply has left",
        run: |exam| {
            let file = exam.fixtures.large()?;
            let mut client = exam.session_sending(format!("{}LOGOUT\n", file.command()))?;
            client.half_close();
            client.expect_body(&file.bytes)?;
            client.expect_ok().map(drop)
        },
    },
    Check {
        id: "6.4",
        level: LEVEL,
        title: "A hundred commands in one packet are answered in order.",
        rule: "a client may send commands before the earlier ones are answered. They are answered in order.",
        hint: "commands were lost, or answered out of order: take one line after the other out of what has been \
               received, also where one read ends inside a line",
        run: |exam| {
            let file = exam.fixtures.small()?;
            let commands = format!("{}NONSENSE\nHELP\n", file.command()).repeat(BURST);
            // The answers fit into the buffers, so the client may send all commands before it reads.
            let mut client = exam.session_sending(commands)?;
            for _ in 0..BURST {
                client.expect_body(&file.bytes)?;
                client.expect_err(ErrorCode::UnknownCommand)?;
                client.expect_ok()?;
            }
            Ok(())
        },
    },
    Check {
        id: "7.2",
        level: LEVEL,
        title: "What a client sends behind LOGOUT is not answered.",
        rule: "What it sent after this line is not looked at.",
        hint: "the loop goes on with what was received behind LOGOUT: leave it after the goodbye",
        run: |exam| {
            let mut client = exam.session_sending("LOGOUT\nLIST\nHELP\n")?;
            client.expect_ok()?;
            client.expect_end()
        },
    },
    Check {
        id: "8.3",
        level: LEVEL,
        title: "When the client ends its sending side, the server ends the connection.",
        rule: "the session also ends if the client ends its sending side between two commands",
        hint: "a read that returns no bytes is the end of the stream, for ever, and not 'nothing yet': leave the loop \
               and close; a server that reads again spins at full speed",
        run: |exam| {
            let mut client = exam.session_sending("HELP\n")?;
            client.expect_ok()?;
            client.half_close();
            client.expect_end()
        },
    },
];

/// Both lists have the same lines.
fn same_lines(list: &[u8], own: &[u8]) -> Outcome {
    if sorted_lines(list) == sorted_lines(own) {
        Ok(())
    } else {
        Err(Failure::wrong(format!("to another client the server gives another list: '{}'", shown(own))))
    }
}

/// Each of the files arrives whole, and the session goes on behind it.
fn arrive(exam: &Exam, files: Vec<Fixture>) -> Outcome {
    let mut client = exam.session()?;
    for file in files {
        client.send(file.command());
        client.expect_body(&file.bytes)?;
        client.expect_goes_on()?;
    }
    Ok(())
}
