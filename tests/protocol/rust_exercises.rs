//! The Rust exercises of lab 6. The compiler refuses each for the reason that the key names, but for one, which it
//! accepts. As the key mends them, all are compiled and print what they should.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{rustc, TempDir};

const EXERCISES: &str = "docs/labs/rust";
const MENDED: &str = "docs/teacher/rust";
const KEYS: [&str; 2] = ["docs/teacher/6-sharing.en.md", "docs/teacher/6-sharing.fr.md"];

/// An exercise: its file, the error code if it is refused, and what it prints when it is mended.
const ALL: [(&str, Option<&str>, &str); 6] = [
    ("after_unlock.rs", Some("E0505"), "session 1\n"),
    ("borrowed.rs", Some("E0373"), "the session knows of 64 places\nthe server has 64 places\n"),
    ("moved.rs", Some("E0382"), "2 sessions\n"),
    ("no_lock.rs", Some("E0596"), "2 sessions\n"),
    ("rc.rs", Some("E0277"), "the session sends notes.txt\nthe server has sent notes.txt\n"),
    ("two_steps.rs", None, "2 active\n"),
];

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn names_in(dir: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(path(dir)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Compiles `file` to `program`.
fn compiled(file: &Path, program: &Path) -> Output {
    let arguments = ["--edition", "2021", "-D", "warnings", "-o"];
    rustc().args(arguments).arg(program).arg(file).output().unwrap()
}

/// The codes of all errors, as in `error[E0277]: ...`.
fn codes(compiler: &Output) -> BTreeSet<String> {
    let told = String::from_utf8_lossy(&compiler.stderr);
    let codes = told.lines().filter_map(|line| line.strip_prefix("error[")?.split_once(']'));
    codes.map(|(code, _)| code.to_string()).collect()
}

#[test]
fn each_exercise_is_known_and_has_its_mended_form() {
    let known: BTreeSet<_> = ALL.iter().map(|(name, ..)| name.to_string()).collect();
    assert_eq!(names_in(EXERCISES), known);
    assert_eq!(names_in(MENDED), known);
}

#[test]
fn the_compiler_refuses_each_exercise_with_its_code_alone_and_accepts_the_last_one() {
    let dir = TempDir::new();
    for (name, code, _) in ALL {
        let compiler = compiled(&path(EXERCISES).join(name), &dir.path().join("program"));
        let told = String::from_utf8_lossy(&compiler.stderr);
        assert_eq!(codes(&compiler), code.into_iter().map(str::to_string).collect(), "{name}:\n{told}");
        assert_eq!(compiler.status.success(), code.is_none(), "{name}:\n{told}");
    }
}

#[test]
fn the_mended_exercises_are_accepted_without_a_warning_and_print_what_they_should() {
    let dir = TempDir::new();
    for (name, _, prints) in ALL {
        let program = dir.path().join("program");
        let compiler = compiled(&path(MENDED).join(name), &program);
        assert!(compiler.status.success(), "{name}:\n{}", String::from_utf8_lossy(&compiler.stderr));
        let ran = Command::new(&program).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), prints, "{name}");
        assert!(ran.status.success(), "{name}:\n{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn the_keys_name_the_code_of_each_exercise_that_is_refused() {
    for key in KEYS {
        let text = fs::read_to_string(path(key)).unwrap();
        for (name, code, _) in ALL {
            let row = format!("| `{name}` | {} |", code.unwrap_or("–"));
            assert!(text.contains(&row), "{key} lacks: {row}");
        }
    }
}
