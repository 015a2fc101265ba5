//! What a student's program starts is watched, and ended with it: also what has left its group, and also when the grader
//! itself is killed. Each program here starts a few children that sleep, and none of these starts another.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::support::{eventually, TempDir};

/// How long the children would sleep if nobody ended them: far longer than any test.
const SLEEP: &str = "sleep 300";

/// Three children: one in the program's group, one in a session of its own, one whose parent has ended.
fn children() -> String {
    format!("{SLEEP} & setsid {SLEEP} & (setsid {SLEEP} &)")
}

fn server() -> String {
    format!("\"{}\" --bind 127.0.0.1:{{port}} --dir {{dir}} --quiet", env!("CARGO_BIN_EXE_server"))
}

/// The grader of one check, in a group of its own. All that it starts inherits a variable with this name.
fn grader(name: &str, shell: &str, check: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["check", "--only", check, "--command", &format!("sh -c '{shell}'")]);
    command.env(name, "1").process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A name for such a variable that no other test has.
pub fn name(test: &str) -> String {
    format!("FILE_TRANSFER_TEST_{}_{test}", std::process::id())
}

/// The command lines of all processes that have the variable.
fn running(name: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let has_it = |path: &std::path::PathBuf| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == format!("{name}=1").as_bytes())
    };
    processes.filter(has_it).filter_map(|path| fs::read_to_string(path.join("cmdline")).ok()).collect()
}

pub fn sleepers(name: &str) -> usize {
    running(name).iter().filter(|line| line.starts_with("sleep\0")).count()
}

pub fn nothing_is_left(name: &str) {
    eventually(&format!("the end of {:?}", running(name)), || running(name).is_empty());
}

/// What the grader said, both outputs.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn after_an_ordinary_run_nothing_of_the_program_is_left() {
    let name = name("ordinary");
    let shell = format!("{}; {}; true", children(), server());
    let said = said(&mut grader(&name, &shell, "1.1"));
    assert!(said.contains("1 of 1 passed"), "{said}");
    nothing_is_left(&name);
}

/// A grader that waits for a program which never listens, and whose three children run.
fn grader_that_waits(name: &str) -> Child {
    let grader = grader(name, &format!("{}; wait; : {{port}}", children()), "1.1").spawn().unwrap();
    eventually("three children", || sleepers(name) == 3);
    grader
}

#[test]
fn a_grader_that_is_killed_leaves_nothing_behind() {
    let name = name("killed");
    let mut grader = grader_that_waits(&name);
    grader.kill().unwrap();
    grader.wait().unwrap();
    nothing_is_left(&name);
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let name = name("interrupted");
    let mut grader = grader_that_waits(&name);
    let group = format!("-{}", grader.id());
    assert!(Command::new("sh").args(["-c", "kill -s INT -- \"$1\"", "sh", &group]).status().unwrap().success());
    grader.wait().unwrap();
    nothing_is_left(&name);
}

#[test]
fn a_program_that_goes_into_the_background_is_told_so_and_ended() {
    for how in ["", "setsid "] {
        let name = name("background");
        let said = said(&mut grader(&name, &format!("{how}{} & true", server()), "1.1"));
        assert!(said.contains("went into the background"), "{said}");
        nothing_is_left(&name);
    }
}

#[test]
fn a_program_that_listens_elsewhere_is_told_where() {
    let elsewhere = server().replace("127.0.0.1:{port}", "127.0.0.1:0") + "; : {port}";
    let said_elsewhere = said(&mut grader(&name("port"), &elsewhere, "1.1"));
    assert!(said_elsewhere.contains("instead of {port}: take {port} from the command line"), "{said_elsewhere}");

    let ipv6 = server().replace("127.0.0.1:", "[::1]:");
    let said_ipv6 = said(&mut grader(&name("address"), &ipv6, "1.1"));
    assert!(said_ipv6.contains("it listens on [::1]:{port} alone"), "{said_ipv6}");
}

#[test]
fn a_program_that_ends_is_told_its_last_words_and_that_its_input_is_empty() {
    let said = said(&mut grader(&name("ended"), "read line; echo no more {port} >&2; exit 3", "1.1"));
    assert!(said.contains("has ended (exit status: 3)") && said.contains(": no more {port}\n"), "{said}");
    assert!(said.contains("Its standard input is empty"), "{said}");
}

#[test]
fn a_flood_of_output_and_ignored_signals_change_nothing() {
    let name = name("flood");
    let shell = format!("trap \"\" TERM INT HUP; yes & {}; true", server());
    let said = said(&mut grader(&name, &shell, "1.1"));
    assert!(said.contains("1 of 1 passed"), "{said}");
    nothing_is_left(&name);
}

#[test]
fn all_processes_of_a_program_are_watched_where_its_command_is_a_shell() {
    let dir = TempDir::new();
    dir.put(
        "spins.sh",
        format!("'{}' broken spinning --bind 127.0.0.1:$1 --dir \"$2\"; true", env!("CARGO_BIN_EXE_lab")),
    );
    let script = dir.path().join("spins.sh");
    let shell = format!("sh \"{}\" {{port}} {{dir}}; true", script.display());
    let said = said(&mut grader(&name("busy"), &shell, "8.4"));
    assert!(said.contains("FAIL  8.4") && said.contains("does not come to rest"), "{said}");
}
