//! The project's rules that a program can check. Most of them say what the code must not contain: nobody sees that in
//! the code, and a quick change can break it.

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

/// Forbids the files below `prefix` to use these modules of ours.
#[track_caller]
fn forbid_use(prefix: &str, modules: &[&str]) {
    let words: Vec<_> = modules.iter().map(|module| format!("crate::{module}")).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    forbid(prefix, &words, &format!("{prefix} may not use these of ours: {modules:?}"));
}

#[test]
fn the_modules_use_only_what_they_may() {
    forbid_use("src/wire", &["server", "client", "journal", "lock", "watch", "programs", "lab"]);
    forbid_use("src/journal.rs", &["server", "client", "lock", "watch", "programs", "lab"]);
    forbid_use("src/lock.rs", &["wire", "server", "client", "journal", "watch", "programs", "lab"]);
    forbid_use("src/watch.rs", &["wire", "server", "client", "journal", "programs", "lab"]);
    forbid_use("src/server", &["client", "programs", "lab"]);
    forbid_use("src/client", &["server", "programs", "lab", "lock", "watch"]);
    for program in [
        "args",
        "human",
        "lines",
        "console",
        "who",
        "reachable",
        "log",
        "printer",
        "client",
        "terminal",
        "prompt",
        "plan",
        "words",
        "progress",
    ] {
        forbid_use(&format!("src/programs/{program}.rs"), &["lab"]);
    }
    // The one instrument that a program switches on.
    let switched_on = source("src/programs/server.rs").into_iter().filter(|line| line.code().contains("crate::lab"));
    assert!(switched_on.into_iter().all(|line| line.code().contains("crate::lab::timeline")));
}

#[test]
fn what_a_file_does_not_know_it_does_not_name() {
    forbid(
        "src/wire",
        &["std::net", "std::fs", "std::thread", "std::sync"],
        "the wire knows no socket, file or thread",
    );
    for words in ["command", "file_name", "reply", "text", "mistakes", "offset", "checksum"] {
        forbid(&format!("src/wire/{words}.rs"), &["std::io"], "the protocol's words do no input and output");
    }
    forbid("src/wire/telnet.rs", &["crate::", "std::"], "telnet uses nothing");
    let sockets_and_threads = ["std::net", "TcpStream", "TcpListener", "SocketAddr", "std::thread", "thread::"];
    for file in ["session", "ending", "reply", "file_handler", "opening", "extensions"] {
        forbid(&format!("src/server/{file}.rs"), &sockets_and_threads, "no socket and no thread");
    }
    forbid("src/server/designs.rs", &["Session", "Command", "Reply"], "a design does not know what a session says");
    forbid(
        "src/server/registry.rs",
        &[".shutdown(", ".read(", ".write(", "write_all", "set_read_timeout", "set_write_timeout", "journal"],
        "no input, output or socket operation where the lock is, and nothing is told to the journal",
    );
    forbid(
        "src/server/connection.rs",
        &["Command", "crate::wire::command", "crate::wire::reply"],
        "the connection knows no commands",
    );
    for tool in ["check", "load"] {
        let ours = ["Server::", "server::session", "server::designs", "crate::client"];
        forbid(&format!("src/lab/{tool}"), &ours, "they speak the protocol to any server");
    }
}

#[test]
fn the_conversation_knows_no_phases_no_source_positions_and_no_steps() {
    forbid("src", &["track_caller", "Location"], "no source positions");
    for file in ["server/session", "server/reply", "server/file_handler", "server/ending", "client"] {
        forbid(&format!("src/{file}"), &["Phase", "watch", "Step", "step:"], "the step comes from the table");
    }
}

#[test]
fn a_bool_is_asked_by_if_and_a_limit_is_called_max() {
    forbid("src", &["true =>", "false =>"], "an if reads better");
    forbid("src", &["MOST_"], "MAX_ is the one name for a limit");
}

/// The files of a table of `src/lib.rs` or the README, in the order in which they are to be read.
fn first_sitting() -> Vec<&'static str> {
    vec![
        "src/lib.rs",
        "src/wire/mod.rs",
        "src/wire/reply.rs",
        "src/wire/file_name.rs",
        "src/wire/command.rs",
        "src/wire/framing.rs",
        "src/server/reply.rs",
        "src/server/file_handler.rs",
        "src/lock.rs",
        "src/server/registry.rs",
        "src/server/session.rs",
        "src/server/mod.rs",
        "src/client/mod.rs",
        "src/client/download.rs",
    ]
}

#[test]
fn the_first_sitting_takes_an_hour_and_no_core_file_is_long() {
    let code_lines = |file: &str| source(file).iter().filter(|line| !line.code().trim().is_empty()).count();
    let all: usize = first_sitting().into_iter().map(code_lines).sum();
    assert!(all <= 1200, "the first sitting has {all} code lines");
    for path in ["src/wire", "src/server", "src/client", "src/journal.rs", "src/lock.rs", "src/watch.rs"] {
        let mut files: Vec<_> = source(path).into_iter().map(|line| line.file).collect();
        files.dedup();
        for file in files {
            let lines = code_lines(&file);
            assert!(lines <= 250, "{file} has {lines} code lines");
        }
    }
}

#[test]
fn the_readme_in_both_languages_and_lib_rs_give_the_first_sitting_in_the_same_order() {
    let wanted: Vec<_> =
        first_sitting().into_iter().filter(|f| !["src/lib.rs", "src/wire/mod.rs"].contains(f)).collect();
    for (name, first, second) in [
        ("README.md", "**First sitting", "**Second sitting"),
        ("docs/LISEZMOI.md", "**Première séance", "**Deuxième séance"),
    ] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let sitting = text.split(first).nth(1).unwrap().split(second).next().unwrap();
        let links = sitting.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().trim_start_matches("../"));
        let files: Vec<_> = links.filter(|link| link.starts_with("src/")).collect();
        assert_eq!(files, wanted, "{name}");
    }

    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let row = lib.lines().find(|line| line.starts_with("//! | 1. ")).unwrap();
    let mut from = 0;
    for file in wanted {
        let name = format!("`{}`", file.rsplit('/').next().unwrap());
        from +=
            row[from..].find(&name).unwrap_or_else(|| panic!("src/lib.rs: {file} is not where it should be: {row}"));
    }
}

#[test]
fn the_eight_steps_stand_in_one_function_of_at_most_thirty_lines_on_each_side() {
    for (file, steps) in [
        ("src/server/session.rs", ["step 1", "Step 6", "steps 2, 4 and 7", "step 3", "step 5", "step 8"]),
        (
            "src/client/mod.rs",
            ["step 1", "Step 6", "steps 2 and 3", "steps 4 and 5", "steps 7 and 8", "fn eight_steps"],
        ),
    ] {
        let lines = source(file);
        let begin = lines.iter().position(|line| line.text.contains("fn eight_steps")).unwrap();
        let length = lines[begin..].iter().position(|line| line.text == "    }").unwrap() + 1;
        assert!(length <= 30, "{file}: {length} lines");
        let text: Vec<_> = lines[begin..begin + length].iter().map(|line| line.text.as_str()).collect();
        for step in steps {
            assert!(text.iter().any(|line| line.contains(step)), "{file}: no line for {step}");
        }
    }
}

#[test]
fn every_file_says_what_to_read_before_it_and_what_it_does_not_know() {
    for path in files_below(&root().join("src"), ".rs") {
        let file = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        if file.starts_with("src/bin") || ["src/lib.rs", "src/lab/mod.rs"].contains(&file.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let head: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let head = head.join(" ").replace("//! ", "");
        assert!(head.contains("Read first: ") && head.contains("does not know"), "{file}: {head}");
    }
}

#[test]
fn the_functions_that_the_walk_shows_begin_their_docs_with_their_step() {
    use file_transfer::lab::happenings::{place, Kind, Side};
    use file_transfer::wire::Step::{AskForFile, AskForList, Close, Connect, Logout, SendFile, SendList};
    for side in [Side::Client, Side::Server] {
        for step in [Connect, AskForList, SendList, AskForFile, SendFile, Logout, Close] {
            for kind in [Kind::Connected, Kind::Sent, Kind::Received, Kind::Closed] {
                let place = place(side, step, kind).unwrap();
                let source = fs::read_to_string(root().join(place.file)).unwrap();
                let lines: Vec<_> = source.lines().collect();
                let signature = place.line().unwrap_or_else(|| panic!("no {} in {}", place.function, place.file));
                let docs = lines[..signature - 1].iter().rev().take_while(|line| line.trim_start().starts_with("///"));
                let first = docs.last().unwrap().trim_start();
                // A client's function asks in one step and reads the answer in the next.
                let asked = if side == Side::Client { (step.number() - 1).max(1) } else { step.number() };
                let begins = first.starts_with("/// Step") && first.contains(", the ");
                let numbers = first.split(", the ").next().unwrap();
                let is_there = [asked, step.number()].iter().any(|number| numbers.contains(&number.to_string()));
                assert!(begins && is_there, "{} for step {}: {first}", place.function, step.number());
            }
        }
    }
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
    for (prefix, other) in [
        ("src/client/mod.rs", "crate::server"),
        ("src/server/session.rs", "crate::client"),
        ("src/server/reply.rs", "crate::client"),
        ("src/server/file_handler.rs", "crate::client"),
        ("src/server/mod.rs", "crate::client"),
        ("src/server/closing.rs", "crate::client"),
    ] {
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
