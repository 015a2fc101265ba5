//! Level `robust`, the names of files: which a client can ask for, and which the server must refuse.
//!
//! Read first: `exam.rs`. It does not know our server.

use crate::lab::check::catalogue::Level;
use crate::lab::check::outcome::{Failure, Outcome};
use crate::lab::check::servers::exam::{Check, Exam};
use crate::lab::check::servers::peer::Reply;
use crate::lab::check::servers::robust::refused;
use crate::wire::{ErrorCode, MAX_FILE_NAME};

const LEVEL: Level = Level::Robust;

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "3.5",
        level: LEVEL,
        title: "Hidden files are not listed.",
        rule: "does not start with a dot",
        hint: "a file whose name starts with a dot is in the list: leave it out",
        run: |exam| is_not_listed(exam, &hidden(exam)?),
    },
    Check {
        id: "3.6",
        level: LEVEL,
        title: "Directories are not listed.",
        rule: "Directories, symbolic links, FIFOs, sockets and devices are neither listed nor sent.",
        hint: "a directory is in the list: ask of each entry whether it is a regular file",
        run: |exam| is_not_listed(exam, &directory(exam)?),
    },
    Check {
        id: "3.7",
        level: LEVEL,
        title: "Symbolic links are not listed.",
        rule: "Directories, symbolic links, FIFOs, sockets and devices are neither listed nor sent.",
        hint: "'is it a file?' follows links: ask the entry itself (lstat, is_symlink), for a link may lead anywhere",
        run: |exam| is_not_listed(exam, &link(exam)?),
    },
    Check {
        id: "4.5",
        level: LEVEL,
        title: "DOWNLOAD without a filename is refused with BAD_ARGUMENTS, and the session goes on.",
        rule: "BAD_ARGUMENTS | DOWNLOAD without a filename; LIST, HELP or LOGOUT with an argument | goes on",
        hint: "the second word was taken, and nobody looked whether there is one",
        run: |exam| {
            refused(exam, "DOWNLOAD\n", ErrorCode::BadArguments)?;
            refused(exam, "DOWNLOAD   \n", ErrorCode::BadArguments)
        },
    },
    Check {
        id: "4.6",
        level: LEVEL,
        title: "Spaces around the filename are dropped.",
        rule: "After the verb and the spaces that follow it, the rest of the line is the argument",
        hint: "the spaces behind the verb, or at the line's end, were taken for a part of the name",
        run: |exam| {
            let file = exam.fixtures.small()?;
            exam.session_sending(format!("DOWNLOAD    {}  \n", file.name))?.expect_body(&file.bytes)
        },
    },
    Check {
        id: "4.7",
        level: LEVEL,
        title: "No name with .. leads out of the served directory.",
        rule: "a name that no served file can have (`../x`, `a/b`, `.hidden`, a control character, over 255 bytes)",
        hint: "the name was joined to the directory and not checked: anybody can read every file of the computer; \
               refuse a name with / or \\ or a dot at its start before it reaches the file system",
        run: |exam| {
            let (path, _) = exam.fixtures.secret()?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let inside = directory(exam).unwrap_or_default();
            for way in [format!("../{name}"), format!("..\\{name}"), format!("{inside}/../../{name}")] {
                keeps_the_secret(exam, &way)?;
            }
            Ok(())
        },
    },
    Check {
        id: "4.8",
        level: LEVEL,
        title: "No absolute path leads out of the served directory.",
        rule: "a name that no served file can have (`../x`, `a/b`, `.hidden`, a control character, over 255 bytes)",
        hint: "the name was joined to the directory as it came, and in most languages the directory joined with an \
               absolute path is that path: refuse a name with / or \\ before it reaches the file system",
        run: |exam| keeps_the_secret(exam, &exam.fixtures.secret()?.0.to_string_lossy()),
    },
    Check {
        id: "4.9",
        level: LEVEL,
        title: "A hidden file is refused with BAD_FILENAME.",
        rule: "BAD_FILENAME | a name that no served file can have",
        hint: "the file is only left out of the list: DOWNLOAD has to look at the name too",
        run: |exam| refused(exam, format!("DOWNLOAD {}\n", hidden(exam)?), ErrorCode::BadFilename),
    },
    Check {
        id: "4.10",
        level: LEVEL,
        title: "Names that lead elsewhere are refused with BAD_FILENAME.",
        rule: "BAD_FILENAME | a name that no served file can have",
        hint: "the file is looked for before its name is looked at: first of all refuse what no served file can be \
               called",
        run: |exam| {
            for name in ["../x", "a/b", "a\\b", "..", ".", "/", "/x"] {
                refused(exam, format!("DOWNLOAD {name}\n"), ErrorCode::BadFilename)?;
            }
            Ok(())
        },
    },
    Check {
        id: "4.11",
        level: LEVEL,
        title: "A name has at most 255 bytes: one more is BAD_FILENAME.",
        rule: "has 1 to 255 bytes",
        hint: "the length was not looked at, or counted in letters: a letter with an accent has two bytes in UTF-8",
        run: |exam| {
            refused(exam, format!("DOWNLOAD {}\n", "Q".repeat(MAX_FILE_NAME)), ErrorCode::NotFound)?;
            refused(exam, format!("DOWNLOAD {}\n", "Q".repeat(MAX_FILE_NAME + 1)), ErrorCode::BadFilename)?;
            refused(exam, format!("DOWNLOAD {}\n", "\u{e9}".repeat(MAX_FILE_NAME / 2 + 1)), ErrorCode::BadFilename)
        },
    },
    Check {
        id: "4.12",
        level: LEVEL,
        title: "A name with a control character is refused with BAD_FILENAME.",
        rule: "has no control character (Unicode Cc, so the C1 characters too)",
        hint: "such a name reached the file system, or a zero byte in it raised an error that ended the session",
        run: |exam| {
            for name in ["a\0b", "a\x1bb", "a\tb", "a\rb", "a\u{85}b"] {
                refused(exam, format!("DOWNLOAD {name}\n"), ErrorCode::BadFilename)?;
            }
            Ok(())
        },
    },
    Check {
        id: "4.13",
        level: LEVEL,
        title: "A directory is not sent: it is NOT_FOUND.",
        rule: "Asking for one never blocks: it is NOT_FOUND.",
        hint: "opening a directory succeeded, or its error had no answer: ask first whether it is a regular file",
        run: |exam| refused(exam, format!("DOWNLOAD {}\n", directory(exam)?), ErrorCode::NotFound),
    },
    Check {
        id: "4.14",
        level: LEVEL,
        title: "A symbolic link is not followed: it is NOT_FOUND.",
        rule: "Asking for one never blocks: it is NOT_FOUND.",
        hint:
            "a link may lead to any file of the computer: ask of the entry itself (lstat) whether it is a regular file",
        run: |exam| refused(exam, format!("DOWNLOAD {}\n", link(exam)?), ErrorCode::NotFound),
    },
];

fn hidden(exam: &Exam) -> Result<String, Failure> {
    let is_hidden = |name: &str| name.starts_with('.');
    exam.fixtures.unserved("hidden file", |entry| is_hidden(&entry.file_name().to_string_lossy()))
}

fn directory(exam: &Exam) -> Result<String, Failure> {
    exam.fixtures.unserved("directory", |entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
}

fn link(exam: &Exam) -> Result<String, Failure> {
    exam.fixtures.unserved("symbolic link", |entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
}

fn is_not_listed(exam: &Exam, name: &str) -> Outcome {
    let body = exam.session_sending("LIST\n")?.expect_ok()?;
    let list = String::from_utf8_lossy(&body);
    if list.lines().any(|line| line.split_once(' ').is_some_and(|(_, listed)| listed == name)) {
        Err(Failure::wrong(format!("'{name}' is in the list")))
    } else {
        Ok(())
    }
}

/// Any refusal is right, and no byte of the secret may come.
fn keeps_the_secret(exam: &Exam, way: &str) -> Outcome {
    match exam.session_sending(format!("DOWNLOAD {way}\n"))?.reply()? {
        Reply::Err(_) => Ok(()),
        Reply::Ok(body) if body == exam.fixtures.secret()?.1 => {
            Err(Failure::wrong(format!("'{way}' got the secret beside the served directory")))
        }
        Reply::Ok(body) => Err(Failure::wrong(format!("'{way}' got OK and {} bytes", body.len()))),
    }
}
