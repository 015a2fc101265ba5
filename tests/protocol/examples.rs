//! The skeletons of `docs/skeletons` and the keys of `docs/teacher`, graded by `lab check`. A skeleton passes the checks
//! that its table names and no other; a key passes all. Python and C need programs that not every machine has, so these
//! tests run on demand: `cargo test -- --ignored`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use file_transfer::lab::check::clients::subject::{Commands, Subject};
use file_transfer::lab::check::outcome::Verdict;
use file_transfer::lab::check::results::Graded;
use file_transfer::lab::check::servers::Target;
use file_transfer::lab::check::{clients, command, servers};

use crate::support::{rustc, TempDir};

/// For a check that fails because nothing comes: it then takes so long.
const SHORT: Duration = Duration::from_secs(1);

/// For a check that passes: on a busy machine it may take its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What each TODO changes in the server's Python skeleton: the names of the key's functions.
const TODOS: [&[&str]; 6] = [
    &["list_files", "answer"],
    &["open_file", "send_file"],
    &["read_line"],
    &["is_name", "parse"],
    &["start"],
    &["Session", "send", "receive", "text_of", "close", "serve", "main"],
];

/// The same for the client's.
const CLIENT_TODOS: [&[&str]; 6] = [
    &["carry_out"],
    &["receive_file"],
    &["parts"],
    &["read_header", "is_name"],
    &["store"],
    &["printable", "read_text", "connect"],
];

/// The tables of docs/skeletons/README.md, by their first lines.
const SERVER_CHECKS: &str = "| TODO | checks that pass after it |";
const CLIENT_CHECKS: &str = "| TODO | checks of a client that pass after it |";
const CLIENT_EARLY: &str = "| TODOs that are done | checks that pass too early |";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The checks of a row of a table of docs/skeletons/README.md, if it has that row.
fn row(table: &str, name: &str) -> Option<BTreeSet<String>> {
    let readme = read("skeletons/README.md");
    let mut rows = readme.lines().skip_while(|line| *line != table).take_while(|line| !line.is_empty());
    let cells = rows.find_map(|line| line.strip_prefix(&format!("| {name} | ")))?;
    Some(cells.trim_end_matches(" |").split(' ').map(str::to_string).collect())
}

/// The checks of the rows `at the start` to that of the last TODO that is done.
fn rows_up_to(table: &str, done: usize) -> BTreeSet<String> {
    let todos = (1..=done).map(|todo| todo.to_string());
    let names = std::iter::once("at the start".to_string()).chain(todos);
    names.flat_map(|name| row(table, &name).unwrap_or_else(|| panic!("{table} has no row {name}"))).collect()
}

/// The checks that pass when so many TODOs are done. Between TODO 2 and 4, two that had passed at the start do not.
fn passing(done: usize) -> BTreeSet<String> {
    let mut checks = rows_up_to(SERVER_CHECKS, done);
    if (2..4).contains(&done) {
        checks.retain(|id| !["4.7", "4.8"].contains(&id.as_str()));
    }
    checks
}

/// The same of a client. Some checks pass too early.
fn client_passing(done: usize) -> BTreeSet<String> {
    let name = if done == 0 { "none".to_string() } else { done.to_string() };
    let mut checks = rows_up_to(CLIENT_CHECKS, done);
    checks.extend(row(CLIENT_EARLY, &name).unwrap_or_default());
    checks
}

/// Grades a server, and compares what passed with what should.
#[track_caller]
fn passes_exactly(command: &str, expected: &BTreeSet<String>, timeout: Duration) {
    let target = Target::Command(command::words(command).unwrap());
    let options = servers::Options { target, levels: Vec::new(), only: Vec::new(), timeout, seed: 1, idle: None };
    assert_passed(command, &servers::grade(&options, |_| {}).unwrap(), expected);
}

/// Grades a client, and compares what passed with what should.
#[track_caller]
fn client_passes_exactly(command: &str, expected: &BTreeSet<String>, timeout: Duration) {
    let subject = Subject { words: command::client_words(command).unwrap(), commands: Commands::Stdin, folder: None };
    let options = clients::Options { subject, levels: Vec::new(), only: Vec::new(), timeout, seed: 1 };
    assert_passed(command, &clients::grade(&options, |_| {}).unwrap(), expected);
}

#[track_caller]
fn assert_passed(command: &str, results: &[Graded], expected: &BTreeSet<String>) {
    let wrong = results.iter().filter(|graded| {
        let known = cfg!(target_os = "linux") || graded.check.id != "8.4";
        known && (graded.verdict == Verdict::Passed) != expected.contains(graded.check.id)
    });
    let stories: Vec<_> = wrong.map(|graded| graded.text()).collect();
    assert!(stories.is_empty(), "{command}: these should have ended otherwise:\n{}", stories.join("\n"));
}

/// All checks, without those of the idle time-out: they don't apply unless the grader is told how long it is.
fn all_checks() -> BTreeSet<String> {
    let ids = servers::selected(&[], &[]).into_iter().map(|check| check.id);
    ids.filter(|id| !["8.8", "8.9"].contains(id)).map(str::to_string).collect()
}

/// All checks of clients, without those of a server that says nothing: they don't apply unless the client can be told
/// how long it waits.
fn all_client_checks() -> BTreeSet<String> {
    let ids = clients::selected(&[], &[]).into_iter().map(|check| check.id);
    ids.filter(|id| !["5.21", "8.5"].contains(id)).map(str::to_string).collect()
}

/// Compiles without a warning.
#[track_caller]
fn compile(compiler: &mut Command) {
    let compiled = compiler.output().unwrap();
    let complaint = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success() && complaint.is_empty(), "{compiler:?}:\n{complaint}");
}

fn document(path: &str) -> String {
    format!("{}/docs/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// The program of this source, without its arguments.
fn compiled_c(path: &str, dir: &TempDir) -> String {
    let program = dir.path().join("program");
    let warnings = ["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-pthread"];
    compile(Command::new("cc").args(warnings).arg("-o").arg(&program).arg(document(path)));
    format!("'{}'", program.display())
}

fn python(path: &str) -> String {
    format!("python3 '{path}'")
}

/// How a server is started for the grader.
fn server(program: &str) -> String {
    format!("{program} {{dir}} {{port}}")
}

/// How a client is started for the grader.
fn client(program: &str) -> String {
    format!("{program} {{host}} {{port}} {{dir}}")
}

/// A Python skeleton with the key's functions of these names in place of its own. `main` is the program's last line.
fn stage(file: &str, wanted: &[&str], main: &str) -> String {
    let (skeleton, key) = (read(&format!("skeletons/python/{file}")), read(&format!("teacher/{file}")));
    let begin = skeleton.strip_suffix(main).expect("the program's last line");
    let name = |block: &str| {
        let (word, rest) = block.split_once(' ')?;
        ["def", "class"].contains(&word).then(|| rest.split(['(', ':']).next().unwrap_or_default().to_string())
    };
    let blocks = key.strip_suffix(main).expect("the program's last line").split("\n\n");
    // The imports and the constants have no name, and are always taken.
    let taken: Vec<_> = blocks.filter(|block| name(block).map_or(true, |name| wanted.contains(&&*name))).collect();
    format!("{begin}{}\n\n{main}", taken.join("\n\n"))
}

#[test]
fn the_todos_of_each_skeleton_name_the_checks_of_the_table() {
    for (path, table) in [
        ("python/server.py", SERVER_CHECKS),
        ("c/server.c", SERVER_CHECKS),
        ("rust/server.rs", SERVER_CHECKS),
        ("python/client.py", CLIENT_CHECKS),
        ("c/client.c", CLIENT_CHECKS),
    ] {
        let text = read(&format!("skeletons/{path}"));
        assert!(text.lines().count() < 90, "{path} is too long");
        for todo in 1..=TODOS.len() {
            let mark = format!("TODO {todo} (checks ");
            let named = text.split(&mark).nth(1).and_then(|rest| rest.split(')').next()).expect(path);
            let words = named.split_whitespace().filter(|word| !["#", "//"].contains(word));
            let words: BTreeSet<_> = words.map(str::to_string).collect();
            assert_eq!(Some(words), row(table, &todo.to_string()), "{path}, {mark}");
        }
    }
}

#[test]
fn the_table_of_the_skeletons_names_every_check() {
    assert_eq!(passing(TODOS.len()), all_checks());
    assert_eq!(client_passing(CLIENT_TODOS.len()), all_client_checks());
}

#[test]
fn the_keys_are_short() {
    for (path, lines) in
        [("teacher/server.py", 160), ("teacher/server.c", 260), ("teacher/client.py", 120), ("teacher/client.c", 260)]
    {
        assert!(read(path).lines().count() < lines, "{path}");
    }
}

#[test]
fn the_skeleton_in_rust_passes_what_its_table_says() {
    let dir = TempDir::new();
    let program = dir.path().join("server");
    let source = document("skeletons/rust/server.rs");
    compile(rustc().args(["--edition", "2021", "-o"]).arg(&program).arg(source));
    passes_exactly(&server(&format!("'{}'", program.display())), &passing(0), SHORT);
}

#[test]
#[ignore = "needs python3"]
fn the_skeleton_in_python_and_each_of_its_stages_pass_what_the_table_says() {
    let dir = TempDir::new();
    // Those that fail mostly wait, so all are graded at the same time.
    thread::scope(|scope| {
        scope.spawn(|| passes_exactly(&server(&python(&document("skeletons/python/server.py"))), &passing(0), SHORT));
        for done in 1..=TODOS.len() {
            let name = format!("stage_{done}.py");
            dir.put(&name, stage("server.py", &TODOS[..done].concat(), "main()\n"));
            let file = dir.path().join(name);
            scope.spawn(move || passes_exactly(&server(&python(file.to_str().unwrap())), &passing(done), SHORT * 2));
        }
    });
}

#[test]
#[ignore = "needs python3"]
fn the_key_in_python_passes_every_check() {
    passes_exactly(&server(&python(&document("teacher/server.py"))), &all_checks(), PATIENCE);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_skeleton_in_c_passes_what_its_table_says() {
    let dir = TempDir::new();
    passes_exactly(&server(&compiled_c("skeletons/c/server.c", &dir)), &passing(0), SHORT);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_key_in_c_passes_every_check() {
    let dir = TempDir::new();
    passes_exactly(&server(&compiled_c("teacher/server.c", &dir)), &all_checks(), PATIENCE);
}

#[test]
#[ignore = "needs python3"]
fn the_client_skeleton_in_python_and_each_of_its_stages_pass_what_the_table_says() {
    let dir = TempDir::new();
    for done in 0..=CLIENT_TODOS.len() {
        dir.put(&format!("stage_{done}.py"), stage("client.py", &CLIENT_TODOS[..done].concat(), "sys.exit(main())\n"));
    }
    // Those that fail mostly wait, so all are graded at the same time.
    thread::scope(|scope| {
        for done in 0..=CLIENT_TODOS.len() {
            let file = dir.path().join(format!("stage_{done}.py"));
            scope.spawn(move || {
                client_passes_exactly(&client(&python(file.to_str().unwrap())), &client_passing(done), SHORT * 3);
            });
        }
    });
}

#[test]
#[ignore = "needs a C compiler"]
fn the_client_skeleton_in_c_passes_what_its_table_says() {
    let dir = TempDir::new();
    client_passes_exactly(&client(&compiled_c("skeletons/c/client.c", &dir)), &client_passing(0), SHORT * 3);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_client_key_in_c_passes_every_check_that_applies() {
    let dir = TempDir::new();
    client_passes_exactly(&client(&compiled_c("teacher/client.c", &dir)), &all_client_checks(), PATIENCE);
}
