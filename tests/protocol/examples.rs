//! The skeletons of `docs/skeletons` and the keys of `docs/teacher`, graded by `lab check`. A skeleton passes the checks
//! that its table names and no other; a key passes all. Python and C need programs that not every machine has, so these
//! tests run on demand: `cargo test -- --ignored`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use file_transfer::lab::check::command;
use file_transfer::lab::check::outcome::Verdict;
use file_transfer::lab::check::servers::{grade, selected, Options, Target};

use crate::support::TempDir;

/// For a check that fails because nothing comes: so long it takes then.
const SHORT: Duration = Duration::from_secs(1);

/// For a check that passes: on a busy machine it may take its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What each TODO changes in the Python skeleton: the names of the key's functions.
const TODOS: [&[&str]; 6] = [
    &["list_files", "answer"],
    &["open_file", "send_file"],
    &["read_line"],
    &["is_name", "parse"],
    &["start"],
    &["Session", "send", "receive", "text_of", "close", "serve", "main"],
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The checks of a row of the table in docs/skeletons/README.md: those of a TODO, or `at the start`.
fn row(name: &str) -> BTreeSet<String> {
    let readme = read("skeletons/README.md");
    let mut rows = readme.lines().skip_while(|line| *line != "| TODO | checks that pass after it |");
    let cells = rows.find_map(|line| line.strip_prefix(&format!("| {name} | "))).expect("a row of the table");
    cells.trim_end_matches(" |").split(' ').map(str::to_string).collect()
}

/// The checks that pass when so many TODOs are done. Between TODO 2 and 4, two that had passed at the start do not.
fn passing(done: usize) -> BTreeSet<String> {
    let mut checks = row("at the start");
    for todo in 1..=done {
        checks.extend(row(&todo.to_string()));
    }
    if (2..4).contains(&done) {
        checks.retain(|id| !["4.7", "4.8"].contains(&id.as_str()));
    }
    checks
}

/// Grades a server, and compares what passed with what should.
#[track_caller]
fn passes_exactly(command: &str, expected: &BTreeSet<String>, timeout: Duration) {
    let target = Target::Command(command::words(command).unwrap());
    let options = Options { target, levels: Vec::new(), only: Vec::new(), timeout, seed: 1, idle: None };
    let results = grade(&options, |_| {}).unwrap();
    let wrong = results.iter().filter(|graded| {
        let known = cfg!(target_os = "linux") || graded.check.id != "8.4";
        known && (graded.verdict == Verdict::Passed) != expected.contains(graded.check.id)
    });
    let stories: Vec<_> = wrong.map(|graded| graded.text()).collect();
    assert!(stories.is_empty(), "{command}: these should have ended otherwise:\n{}", stories.join("\n"));
}

/// All checks, without those of the idle time-out: they don't apply unless the grader is told how long it is.
fn all_checks() -> BTreeSet<String> {
    let ids = selected(&[], &[]).into_iter().map(|check| check.id);
    ids.filter(|id| !["8.8", "8.9"].contains(id)).map(str::to_string).collect()
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

fn compiled_c(path: &str, dir: &TempDir) -> String {
    let program = dir.path().join("server");
    let warnings = ["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-pthread"];
    compile(Command::new("cc").args(warnings).arg("-o").arg(&program).arg(document(path)));
    format!("'{}' {{dir}} {{port}}", program.display())
}

fn python(path: &str) -> String {
    format!("python3 '{path}' {{dir}} {{port}}")
}

/// The Python skeleton with the key's functions in place of those of the first TODOs.
fn stage(done: usize) -> String {
    let (skeleton, key) = (read("skeletons/python/server.py"), read("teacher/server.py"));
    let begin = skeleton.strip_suffix("main()\n").expect("main() at the end");
    let wanted: Vec<_> = TODOS[..done].concat();
    let name = |block: &str| {
        let (word, rest) = block.split_once(' ')?;
        ["def", "class"].contains(&word).then(|| rest.split(['(', ':']).next().unwrap_or_default().to_string())
    };
    let blocks = key.strip_suffix("main()\n").expect("main() at the end").split("\n\n");
    // The imports and the constants have no name, and are always taken.
    let taken: Vec<_> = blocks.filter(|block| name(block).map_or(true, |name| wanted.contains(&&*name))).collect();
    format!("{begin}{}\n\nmain()\n", taken.join("\n\n"))
}

#[test]
fn the_todos_of_each_skeleton_name_the_checks_of_the_table() {
    for path in ["python/server.py", "c/server.c", "rust/server.rs"] {
        let text = read(&format!("skeletons/{path}"));
        assert!(text.lines().count() < 90, "{path} is too long");
        for todo in 1..=TODOS.len() {
            let mark = format!("TODO {todo} (checks ");
            let named = text.split(&mark).nth(1).and_then(|rest| rest.split(')').next()).expect(path);
            let words = named.split_whitespace().filter(|word| !["#", "//"].contains(word));
            assert_eq!(words.map(str::to_string).collect::<BTreeSet<_>>(), row(&todo.to_string()), "{path}, {mark}");
        }
    }
}

#[test]
fn the_table_of_the_skeletons_names_every_check() {
    assert_eq!(passing(TODOS.len()), all_checks());
}

#[test]
fn the_keys_are_short() {
    for (path, lines) in [("teacher/server.py", 160), ("teacher/server.c", 260)] {
        assert!(read(path).lines().count() < lines, "{path}");
    }
}

#[test]
fn the_skeleton_in_rust_passes_what_its_table_says() {
    let dir = TempDir::new();
    let program = dir.path().join("server");
    let rustc = std::env::var("RUSTC").unwrap_or("rustc".to_string());
    let source = document("skeletons/rust/server.rs");
    compile(Command::new(rustc).args(["--edition", "2021", "-o"]).arg(&program).arg(source));
    passes_exactly(&format!("'{}' {{dir}} {{port}}", program.display()), &passing(0), SHORT);
}

#[test]
#[ignore = "needs python3"]
fn the_skeleton_in_python_and_each_of_its_stages_pass_what_the_table_says() {
    let dir = TempDir::new();
    // Those that fail mostly wait, so all are graded at the same time.
    thread::scope(|scope| {
        scope.spawn(|| passes_exactly(&python(&document("skeletons/python/server.py")), &passing(0), SHORT));
        for done in 1..=TODOS.len() {
            let name = format!("stage_{done}.py");
            dir.put(&name, stage(done));
            let file = dir.path().join(name);
            scope.spawn(move || passes_exactly(&python(file.to_str().unwrap()), &passing(done), SHORT * 2));
        }
    });
}

#[test]
#[ignore = "needs python3"]
fn the_key_in_python_passes_every_check() {
    passes_exactly(&python(&document("teacher/server.py")), &all_checks(), PATIENCE);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_skeleton_in_c_passes_what_its_table_says() {
    let dir = TempDir::new();
    passes_exactly(&compiled_c("skeletons/c/server.c", &dir), &passing(0), SHORT);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_key_in_c_passes_every_check() {
    let dir = TempDir::new();
    passes_exactly(&compiled_c("teacher/server.c", &dir), &all_checks(), PATIENCE);
}
