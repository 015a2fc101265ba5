//! Level `files`: a file appears whole or not at all, inside the directory and nowhere else.
//!
//! Read first: `exam.rs`. It does not know our client.

use crate::lab::check::catalogue::Level;
use crate::lab::check::clients::causes::{REFUSAL_STORED, WRITTEN_TOO_EARLY};
use crate::lab::check::clients::exam::{Check, Exam};
use crate::lab::check::clients::script::reply;
use crate::lab::check::clients::session::Session;
use crate::lab::check::outcome::Outcome;

const LEVEL: Level = Level::Files;

const WHOLE_OR_NOT: &str = "A file appears under its name when all of it has come, or not at all.";

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "4.7",
        level: LEVEL,
        title: "A name with ../ leads nowhere, also if LIST gives it.",
        rule: "no `/`, no `\\`",
        hint: "the name is joined to the directory without a look at it: refuse a name with / or \\ in it",
        run: |exam| {
            let path = format!("../{}", exam.name("parent-", ".txt"));
            exam.forbid(path.clone());
            leads_nowhere(exam, &path)
        },
    },
    Check {
        id: "4.8",
        level: LEVEL,
        title: "An absolute path leads nowhere, also if LIST gives it.",
        rule: "no `/`, no `\\`",
        hint: "a directory joined with an absolute path is that path: refuse a name with / or \\ in it",
        run: |exam| {
            let name = exam.name("absolute-", ".txt");
            let path = exam.downloads.beside(&name).to_string_lossy().into_owned();
            leads_nowhere(exam, &path)
        },
    },
    Check {
        id: "4.9",
        level: LEVEL,
        title: "A refused download makes no file.",
        rule: WHOLE_OR_NOT,
        hint: REFUSAL_STORED,
        run: |exam| {
            let name = exam.name("refused-", ".txt");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send("ERR NOT_FOUND there is no such file; LIST shows the files\n");
            exam.log_out(session)?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "5.22",
        level: LEVEL,
        title: "A file whose body ends too early is not stored; one that came whole before stays.",
        rule: WHOLE_OR_NOT,
        hint: WRITTEN_TOO_EARLY,
        run: |exam| {
            let (whole, cut, text) = (exam.name("whole-", ".txt"), exam.name("cut-", ".bin"), exam.text());
            let commands = [format!("DOWNLOAD {whole}"), format!("DOWNLOAD {cut}")];
            let mut session = exam.greeted(&[&commands[0], &commands[1]])?;
            session.expect_command(&commands[0])?;
            session.ok(&text);
            session.expect_command(&commands[1])?;
            send_half(exam, &mut session);
            exam.end(session)?;
            exam.downloads.expect_not(&cut, None)?;
            exam.downloads.expect_among(&[(&whole, text.as_bytes())]).map(drop)
        },
    },
    Check {
        id: "5.23",
        level: LEVEL,
        title: "A file whose connection is reset inside the body is not stored.",
        rule: WHOLE_OR_NOT,
        hint: WRITTEN_TOO_EARLY,
        run: |exam| {
            let name = exam.name("reset-", ".bin");
            let mut session = exam.greeted(&[&format!("DOWNLOAD {name}")])?;
            session.peek_at_a_command()?;
            send_half(exam, &mut session);
            session.reset();
            exam.wait_for_end()?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "5.24",
        level: LEVEL,
        title: "A file of that name that is there already is replaced, and others stay.",
        rule: "A file of that name that was there before is replaced",
        hint:
            "the old file was kept, or only its beginning was overwritten: open the file so that it is emptied first \
               ('wb'), or rename the new one over it",
        run: |exam| {
            let (name, other) = (exam.name("replaced-", ".bin"), exam.name("other-", ".txt"));
            let (old, new, text) = (exam.bytes(5000), exam.bytes(1000), exam.text());
            exam.downloads.put(&name, &old)?;
            exam.downloads.put(&other, text.as_bytes())?;
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.ok(&new);
            exam.log_out(session)?;
            exam.downloads.expect_files(&[(&name, &new), (&other, text.as_bytes())])
        },
    },
    Check {
        id: "5.25",
        level: LEVEL,
        title: "A body that ends too early leaves no half in place of an earlier file.",
        rule: WHOLE_OR_NOT,
        hint: WRITTEN_TOO_EARLY,
        run: |exam| {
            let (name, old) = (exam.name("earlier-", ".bin"), exam.bytes(5000));
            exam.downloads.put(&name, &old)?;
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            send_half(exam, &mut session);
            exam.end(session)?;
            exam.downloads.expect_not(&name, Some(&old))
        },
    },
    Check {
        id: "5.26",
        level: LEVEL,
        title: "A connection that ends inside the first line leaves no file.",
        rule: WHOLE_OR_NOT,
        hint: "a line without its line feed is taken for a whole one, 'OK 0' of 'OK 05000' for an empty file: without \
               the line feed it is no line",
        run: |exam| {
            let name = exam.name("no-line-", ".bin");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            session.send("OK 0");
            exam.end(session)?;
            exam.downloads.expect_not(&name, None)
        },
    },
    Check {
        id: "8.7",
        level: LEVEL,
        title: "When a file was cut the exit code is not 0.",
        rule: "and another number if one was not",
        hint: "the short body is not noticed, or noticed and forgotten: end with 1 (sys.exit(1), return 1 from main)",
        run: |exam| {
            let name = exam.name("cut-", ".bin");
            let command = format!("DOWNLOAD {name}");
            let mut session = exam.greeted(&[&command])?;
            session.expect_command(&command)?;
            send_half(exam, &mut session);
            exam.end(session)?;
            exam.expect_failure()
        },
    },
];

/// Sends the first half of the reply for a file of 3000 bytes: its first line and about half of the body.
fn send_half(exam: &mut Exam, session: &mut Session) {
    let whole = reply(exam.bytes(3000));
    session.send(&whole[..whole.len() / 2]);
}

/// The list gives this path, and it is asked for. The client may refuse it, or ask for it: the server has it. Whether
/// the client made a file outside of its directory, [`Exam::conclude`] looks after every check.
fn leads_nowhere(exam: &mut Exam, path: &str) -> Outcome {
    let mut session = exam.greeted(&["LIST", &format!("DOWNLOAD {path}")])?;
    session.expect_command("LIST")?;
    session.ok(format!("5 {path}\n6 /etc/x\n"));
    exam.answer_all(session, |_| Some(reply("hello")))
}
