//! The example servers of `docs/`, graded by `lab check` where the machine has what they need.

use std::process::Command;

use crate::support::TempDir;

/// The levels that a first server is to pass; the others are left as an exercise.
const LEVELS: [&str; 2] = ["report", "stream"];

fn here(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Does this program run here? Where it does not, the test has nothing to say.
fn runs(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("no {program} on this machine: its example is not graded");
    }
    found
}

/// Grades a server that is started by this command.
#[track_caller]
fn passes(command: &str) {
    for level in LEVELS {
        let mut check = Command::new(env!("CARGO_BIN_EXE_lab"));
        let graded = check.args(["check", "--level", level, "--command", command]).output().unwrap();
        let shown = String::from_utf8_lossy(&graded.stdout);
        let complaint = String::from_utf8_lossy(&graded.stderr);
        assert!(graded.status.success(), "{command} fails at the level {level}:\n{shown}\n{complaint}");
    }
}

#[test]
fn the_example_in_python_passes_the_first_two_levels() {
    if runs("python3") {
        passes(&format!("python3 '{}' {{dir}} {{port}}", here("docs/teacher/server.py")));
    }
}

#[test]
#[cfg(unix)]
fn the_example_in_c_passes_the_first_two_levels() {
    if runs("cc") {
        let dir = TempDir::new();
        let program = dir.path().join("server");
        let mut compiler = Command::new("cc");
        compiler.args(["-std=c99", "-pthread", "-o"]).arg(&program);
        let compiled = compiler.arg(here("docs/teacher/server.c")).output().unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        passes(&format!("'{}' {{dir}} {{port}}", program.display()));
    }
}
