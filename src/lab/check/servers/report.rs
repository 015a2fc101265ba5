//! Level `report`: the report's eight steps, as one well-behaved client meets them.
//!
//! Read first: `exam.rs`. It does not know our server.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::lab::check::catalogue::Level;
use crate::lab::check::cause::Cause;
use crate::lab::check::outcome::{shown, Failure, Outcome, Verdict};
use crate::lab::check::servers::exam::{Check, Exam};
use crate::lab::check::servers::fixtures::Fixture;
use crate::lab::check::servers::peer::Peer;
use crate::wire::{CommandSet, ErrorCode, Listed, Verb};

const LEVEL: Level = Level::Report;

/// The last third of the check's time is kept for a command, which may bring a greeting that has not come.
const KEPT_FOR_COMMAND: u32 = 3;

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.1",
        level: LEVEL,
        title: "The server greets a client that connects.",
        rule: "The server greets it with a text that names HELP.",
        hint: "no whole greeting was sent: right after accept, send 'OK <n>', a line feed, and n bytes of text; n \
               counts bytes, the text's own line end included",
        run: greets,
    },
    Check {
        id: "1.2",
        level: LEVEL,
        title: "The greeting names HELP.",
        rule: "The server greets it with a text that names HELP.",
        hint: "the word HELP is not in the greeting's text: it tells a person with netcat what to type next",
        run: |exam| {
            let greeting = exam.connect()?.expect_ok()?;
            if contains(&greeting, b"HELP") {
                Ok(())
            } else {
                Err(Failure::wrong("the word HELP is not in the greeting"))
            }
        },
    },
    Check {
        id: "2.1",
        level: LEVEL,
        title: "LIST is answered with OK.",
        rule: "*(size SP filename LF)",
        hint: "the command was not understood, or not answered: compare the line without its line end with LIST",
        run: |exam| exam.session_sending("LIST\n")?.expect_ok().map(drop),
    },
    Check {
        id: "2.2",
        level: LEVEL,
        title: "A verb matches in either case.",
        rule: "its ASCII letters match in either case",
        hint: "the verb is compared as it came: turn its ASCII letters into capitals first",
        run: |exam| {
            for verb in ["list\n", "List\n", "lIST\n"] {
                exam.session_sending(verb)?.expect_ok()?;
            }
            Ok(())
        },
    },
    Check {
        id: "3.1",
        level: LEVEL,
        title: "Each line of the list is a size, a space and a name.",
        rule: "a line for each: its size in bytes, a space, its name",
        hint: "a line of the list has another form: write the size first, one space, the name, one line feed",
        run: |exam| {
            let (client, body) = list(exam)?;
            for line in listed_lines(&body)? {
                // Other checks look whether a file of that name is served.
                if !is_size_and_name(line) {
                    let what = format!("this line is not '<size> <name>': '{}'", shown(line.as_bytes()));
                    return Err(client.wrong(what));
                }
            }
            Ok(())
        },
    },
    Check {
        id: "3.2",
        level: LEVEL,
        title: "The list has every served file, with its size in bytes.",
        rule: "LIST gives every served file and nothing else",
        hint: "a file is missing, or its size is not that of its bytes: list all regular files of the directory, also \
               those with spaces or accents in their names, and ask the file system for the size",
        run: |exam| {
            let (client, body) = list(exam)?;
            let mut missing: BTreeSet<_> = exam.fixtures.files.iter().map(Listed::to_string).collect();
            for line in listed_lines(&body)? {
                missing.remove(line);
            }
            match missing.first() {
                None => Ok(()),
                Some(line) => {
                    let failure = client.wrong(format!("the line '{line}' is not in the list"));
                    Err(if lists_any(exam, &body) { failure } else { failure.because(Cause::WrongDirectory) })
                }
            }
        },
    },
    Check {
        id: "3.3",
        level: LEVEL,
        title: "The list is sorted by the bytes of the names.",
        rule: "sorted by the bytes of the names",
        hint: "the names stand as the file system gave them, or in a dictionary's order: sort by the UTF-8 bytes of \
               the name, without regard to the language (so Z stands before a, and \u{e9} after z), and not by the \
               size or the whole line",
        run: |exam| {
            let (client, body) = list(exam)?;
            let names = listed_lines(&body)?.filter_map(|line| line.split_once(' ')).map(|(_, name)| name);
            let unsorted = names.clone().zip(names.skip(1)).find(|(one, next)| one.as_bytes() >= next.as_bytes());
            match unsorted {
                None => Ok(()),
                Some((one, next)) => Err(client.wrong(format!("'{one}' stands before '{next}'"))),
            }
        },
    },
    Check {
        id: "4.1",
        level: LEVEL,
        title: "A file that is not there is refused with NOT_FOUND, and the session goes on.",
        rule: "NOT_FOUND | there is no served file of that name | goes on",
        hint: "the error of opening the file is not caught, or it ends the session: answer 'ERR NOT_FOUND', a space, \
               a sentence and a line feed, and read the next command",
        run: |exam| {
            let mut client = exam.session_sending("DOWNLOAD there-is-no-such-file.txt\n")?;
            client.expect_err(ErrorCode::NotFound)?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "4.2",
        level: LEVEL,
        title: "A name may have spaces inside, also two in a row.",
        rule: "the rest of the line is the argument, with the spaces inside it",
        hint: "the line is cut at every space: cut it once, behind the verb, and take all the rest for the name",
        run: |exam| {
            let file = exam.fixtures.one("named with a space", |file| file.name.contains(' '))?;
            let spaced = exam.fixtures.one("named with two spaces", |file| file.name.contains("  ")).unwrap_or(file);
            exam.session_sending(spaced.command())?.expect_body(&spaced.bytes)
        },
    },
    Check {
        id: "4.3",
        level: LEVEL,
        title: "A name may have accents: it is UTF-8.",
        rule: "A command is one line of UTF-8 text that ends with LF.",
        hint: "the line is decoded as something else than UTF-8: name the encoding when you turn bytes into text",
        run: |exam| {
            let file = exam.fixtures.one("named with an accent", |file| !file.name.is_ascii())?;
            exam.session_sending(file.command())?.expect_body(&file.bytes)
        },
    },
    Check {
        id: "5.1",
        level: LEVEL,
        title: "A small file arrives, its size before it.",
        rule: "The server sends the file",
        hint: "the reply is not 'OK <size>', a line feed and the file's bytes",
        run: |exam| {
            let file = exam.fixtures.small()?;
            exam.session_sending(file.command())?.expect_body(&file.bytes)
        },
    },
    Check {
        id: "5.2",
        level: LEVEL,
        title: "An empty file is OK 0, and nothing follows it.",
        rule: "then exactly `<size>` bytes",
        hint: "no bytes are sent for an empty file, or too many: the header goes out also when the body is empty",
        run: |exam| {
            let file = exam.fixtures.one("empty", |file| file.bytes.is_empty())?;
            let mut client = exam.session_sending(file.command())?;
            client.expect_body(b"")?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "5.3",
        level: LEVEL,
        title: "A file with all 256 byte values arrives unchanged.",
        rule: "They may be anything, LF and zero bytes included",
        hint: "the file was opened as text, so line ends were translated or bytes decoded: open it as binary, and \
               send its bytes as they are",
        run: |exam| {
            let all = |bytes: &[u8]| (0..=u8::MAX).all(|byte| bytes.contains(&byte));
            let file = exam.fixtures.one("of all byte values", |file| file.bytes.len() < 2000 && all(&file.bytes))?;
            exam.session_sending(file.command())?.expect_body(&file.bytes)
        },
    },
    Check {
        id: "5.4",
        level: LEVEL,
        title: "A file of over a mebibyte arrives whole.",
        rule: "then exactly `<size>` bytes",
        hint: "only the first buffer was sent, or not every byte of one: read and send in a loop, and look at how \
               many bytes each read and each send really moved (sendall, write_all)",
        run: |exam| {
            let file = exam.fixtures.large()?;
            exam.session_sending(file.command())?.expect_body(&file.bytes)
        },
    },
    Check {
        id: "5.5",
        level: LEVEL,
        title: "Every name that LIST gives can be downloaded, and has the size that LIST said.",
        rule: "each name that it gives can be downloaded by exactly that name",
        hint: "LIST and DOWNLOAD do not agree about what is served: let both use one function",
        run: |exam| {
            let mut client = exam.session_sending("LIST\n")?;
            let body = client.expect_ok()?;
            let files = exam.fixtures.of_sizes(0, u64::MAX)?;
            // Only the checks of step 3 look at lines that should not be there.
            let is_served = |listed: &Listed| exam.fixtures.files.iter().any(|file| file.name == listed.name);
            for listed in listed_lines(&body)?.filter_map(Listed::parse).filter(is_served) {
                client.send(format!("DOWNLOAD {}\n", listed.name));
                let is_it = |file: &&Fixture| file.name == listed.name.to_string();
                if let Some(file) = files.iter().find(is_it).filter(|file| file.bytes.len() as u64 == listed.size) {
                    client.expect_body(&file.bytes)?;
                    continue;
                }
                let size = client.expect_ok_of(Some(listed.size as usize))?.len() as u64;
                if size != listed.size {
                    let what = format!("the list says that {} has {} bytes, {size} came", listed.name, listed.size);
                    return Err(Failure::wrong(what));
                }
            }
            Ok(())
        },
    },
    Check {
        id: "6.1",
        level: LEVEL,
        title: "A client may list and download as often as it likes.",
        rule: "**6. Steps 4 and 5 repeat** for as many files as the client wants",
        hint: "the session ends, or stops answering, after a reply: read the next command in a loop",
        run: |exam| {
            let mut client = exam.session()?;
            for file in [exam.fixtures.small()?, exam.fixtures.large()?, exam.fixtures.small()?] {
                client.send(file.command());
                client.expect_body(&file.bytes)?;
                client.send("LIST\n");
                client.expect_ok()?;
            }
            Ok(())
        },
    },
    Check {
        id: "6.2",
        level: LEVEL,
        title: "HELP has a line for each of the four commands.",
        rule: "Its body has one line for each of the four commands.",
        hint: "HELP is not known to the server (then it was refused), or a command has no line in its text",
        run: |exam| {
            let help = exam.session_sending("HELP\n")?.expect_ok()?;
            let has_line =
                |verb: &Verb| help.split(|byte| *byte == b'\n').any(|line| contains(line, verb.row().word.as_bytes()));
            match CommandSet::Basic.verbs().find(|verb| !has_line(verb)) {
                Some(verb) => Err(Failure::wrong(format!("no line of HELP names {}", verb.row().word))),
                None if help.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
                    < CommandSet::Basic.verbs().count() =>
                {
                    Err(Failure::wrong("HELP has fewer lines than there are commands"))
                }
                None => Ok(()),
            }
        },
    },
    Check {
        id: "6.3",
        level: LEVEL,
        title: "An unknown command is refused with UNKNOWN_COMMAND, and the session goes on.",
        rule: "UNKNOWN_COMMAND | the verb is none of the four, or the line is empty | goes on",
        hint: "what is no command got no answer, or a text of its own form, and the client waits for ever: answer it \
               with 'ERR UNKNOWN_COMMAND' and a sentence, and read on",
        run: |exam| {
            let mut client = exam.session_sending("DELETE everything\n")?;
            client.expect_err(ErrorCode::UnknownCommand)?;
            client.expect_goes_on()
        },
    },
    Check {
        id: "7.1",
        level: LEVEL,
        title: "LOGOUT is answered with OK and a goodbye.",
        rule: "The server answers with a goodbye and closes the connection.",
        hint: "the server closes without its last reply, or does not know LOGOUT: send 'OK <n>' and the text, then \
               close",
        run: |exam| exam.session_sending("LOGOUT\n")?.expect_ok().map(drop),
    },
    Check {
        id: "8.1",
        level: LEVEL,
        title: "After the goodbye the connection ends, and nothing more is sent.",
        rule: "The server answers with a goodbye and closes the connection.",
        hint: "the socket is not closed after the goodbye: close it (or shut it down) when the session is over, also \
               if another thread still holds it",
        run: |exam| exam.session()?.log_out(),
    },
    Check {
        id: "8.2",
        level: LEVEL,
        title: "After one client has logged out the next one is served.",
        rule: "One TCP connection is one *session*",
        hint: "the whole server ends with a session, or does not come back to accept",
        run: |exam| {
            exam.session()?.log_out()?;
            exam.session()?.log_out()
        },
    },
];

/// The client waits for the greeting for two thirds of the time. If none has come, a command may bring it: that tells
/// the mistake.
fn greets(exam: &Exam) -> Outcome {
    let left = exam.deadline().saturating_duration_since(Instant::now());
    let mut client = exam.connect()?.until(exam.deadline() - left / KEPT_FOR_COMMAND);
    let failure = match client.expect_ok() {
        Ok(_) => return client.expect_no_more(),
        Err(failure) => failure,
    };
    if failure.verdict == Verdict::NoReply && !client.more_waits() {
        client = client.until(exam.deadline());
        client.send("HELP\n");
        if client.expect_ok().is_ok() {
            return Err(failure.because(Cause::LateGreeting));
        }
    }
    Err(failure)
}

/// The answer to LIST, with nothing left behind it, and who asked.
fn list(exam: &Exam) -> Result<(Peer, Vec<u8>), Failure> {
    let mut client = exam.session_sending("LIST\n")?;
    let body = client.expect_ok()?;
    client.expect_no_more()?;
    Ok((client, body))
}

/// Is the line a size, a space and a name?
fn is_size_and_name(line: &str) -> bool {
    let is_size = |size: &str| size == "0" || (!size.starts_with(['0', '+']) && size.parse::<u64>().is_ok());
    line.split_once(' ').is_some_and(|(size, name)| is_size(size) && !name.is_empty() && !name.starts_with(' '))
}

/// Does the list name at least one of the served files, whatever its lines look like?
fn lists_any(exam: &Exam, body: &[u8]) -> bool {
    exam.fixtures.files.iter().any(|file| contains(body, file.name.to_string().as_bytes()))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

/// The list's body cut at its line ends. The lines are not copied: a list may have millions.
fn listed_lines(body: &[u8]) -> Result<impl Iterator<Item = &str> + Clone, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::wrong("the list is not UTF-8 text"))?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(Failure::wrong("the list's last line has no line feed"));
    }
    // Not `lines`: it would drop a CR before the line feed.
    Ok(text.split_terminator('\n'))
}
