//! The house rules that a machine can check: mostly absences, which nobody sees in code and a hurried change destroys.

use std::fs;
use std::path::{Path, PathBuf};

/// A line of our own source.
struct Line {
    file: String,
    number: usize,
    text: String,
}

impl Line {
    /// The line without its comment. No string in `src` contains two slashes but the address that names SVG's namespace.
    fn code(&self) -> &str {
        self.text.split("//").next().unwrap()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines of all files of `src` whose path begins with `prefix`, up to the file's unit tests.
fn source(prefix: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for path in files_below(&root().join("src"), ".rs") {
        let file = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        if file.starts_with(prefix) {
            let text = fs::read_to_string(&path).unwrap();
            let of_program = text.lines().take_while(|line| *line != "#[cfg(test)]");
            lines.extend(of_program.enumerate().map(|(index, text)| Line {
                file: file.clone(),
                number: index + 1,
                text: text.to_string(),
            }));
        }
    }
    assert!(!lines.is_empty(), "no source begins with {prefix}");
    lines
}

/// Fails with every line of code below `prefix` that contains one of the words.
#[track_caller]
fn forbid(prefix: &str, words: &[&str], why: &str) {
    let guilty: Vec<_> = source(prefix)
        .iter()
        .filter(|line| words.iter().any(|word| line.code().contains(word)))
        .map(|line| format!("{}:{}: {}", line.file, line.number, line.text.trim()))
        .collect();
    assert!(guilty.is_empty(), "{why}:\n{}", guilty.join("\n"));
}

#[test]
fn there_is_one_package_and_it_depends_on_nothing() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert_eq!(lock.matches("[[package]]").count(), 1, "{lock}");
}

#[test]
fn of_the_standard_librarys_sync_only_arc_and_mutex_are_used() {
    for line in source("src") {
        let Some((_, used)) = line.code().split_once("sync::") else { continue };
        let words = used.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in words {
            assert!(["Arc", "Mutex"].contains(&word), "{}:{}: {}", line.file, line.number, line.text);
        }
    }
}

#[test]
fn nothing_panics_on_purpose_or_by_printing() {
    forbid("src", &[".unwrap()", ".expect(", "panic!(", "todo!(", "unreachable!("], "an error has to be answered");
    forbid("src", &["println!(", "eprintln!(", "print!("], "these panic when the other end is gone");
}

#[test]
fn the_rooms_know_only_what_they_may() {
    forbid(
        "src/wire",
        &["std::net", "std::fs", "std::thread", "std::sync"],
        "the wire knows no socket, file or thread",
    );
    for words in ["command", "file_name", "reply", "text"] {
        forbid(&format!("src/wire/{words}.rs"), &["std::io"], "the protocol's words do no I/O");
    }
    for room in ["server", "client", "journal", "lock", "programs", "lab"] {
        forbid("src/wire", &[&format!("crate::{room}")], "the wire uses nothing of ours");
    }
    forbid("src/wire/telnet.rs", &["crate::", "std::"], "telnet uses nothing");
    forbid("src/server", &["crate::client", "crate::lab"], "server uses nothing of client and lab");
    forbid("src/client", &["crate::server", "crate::lab"], "client uses nothing of server and lab");
    forbid("src/journal.rs", &["crate::server", "crate::client"], "the journal knows neither side");
    forbid(
        "src/server/session.rs",
        &["TcpStream", "TcpListener", "std::thread", "thread::"],
        "a session knows no socket and no thread",
    );
    forbid(
        "src/server/registry.rs",
        &[".shutdown(", ".read(", ".write(", "write_all", "set_read_timeout", "set_write_timeout"],
        "no input, output or socket operation where the lock is",
    );
    forbid(
        "src/server/connection.rs",
        &["Command", "crate::wire::command", "crate::wire::reply"],
        "the connection knows no commands",
    );
}

#[test]
fn every_step_begins_its_docs_with_its_number_on_the_side_that_carries_it_out() {
    let of_client = [("Step 1", 1), ("Step 2", 1), ("Step 4", 2), ("Step 7", 1)];
    let of_server = [("Step 1", 2), ("Steps 2, 4 and 7", 1), ("Step 3", 1), ("Step 5", 1), ("Step 8", 2)];
    for (prefix, steps) in [("src/client", &of_client[..]), ("src/server", &of_server[..])] {
        let lines = source(prefix);
        for (step, count) in steps {
            let begins = |line: &&Line| line.text.trim_start().starts_with(&format!("/// {step}"));
            let found = lines.iter().filter(begins).count();
            assert_eq!(found, *count, "{prefix}: functions whose docs begin with {step}");
        }
    }
}

#[test]
fn the_docs_of_every_step_link_to_the_other_side() {
    for (prefix, other) in [("src/client/mod.rs", "crate::server"), ("src/server/session.rs", "crate::client")] {
        let text: Vec<_> = source(prefix).into_iter().map(|line| line.text).collect();
        for (index, line) in text.iter().enumerate() {
            if line.trim_start().starts_with("/// Step") {
                let docs: Vec<_> = text[index..].iter().take_while(|line| line.contains("///")).cloned().collect();
                assert!(docs.join("\n").contains(other), "{prefix}: no link to {other} in:\n{}", docs.join("\n"));
            }
        }
    }
}

#[test]
fn a_doc_comment_of_over_ten_lines_stands_in_docs_instead() {
    let mut length = 0;
    for line in source("src") {
        let is_doc = line.text.trim_start().starts_with("///");
        length = if is_doc { length + 1 } else { 0 };
        assert!(length <= 10, "{}:{}: a doc comment of over ten lines", line.file, line.number);
    }
}

#[test]
fn no_line_is_wider_than_a_page() {
    for line in source("src") {
        // The table of the eight steps is one row a step.
        let is_table = line.text.starts_with("//! |");
        assert!(is_table || line.text.chars().count() <= 120, "{}:{} is too wide", line.file, line.number);
    }
}

#[test]
fn the_top_level_holds_what_its_user_named() {
    let named =
        ["Cargo.toml", "Cargo.lock", "src", "tests", "server_data", "client_data", "docs", "README.md", "target"];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || named.contains(&name.as_str()), "{name} is not among {named:?}");
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut documents = files_below(&root().join("docs"), ".md");
    documents.push(root().join("README.md"));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = document.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{}: nothing at {link}", document.display());
        }
    }
}
