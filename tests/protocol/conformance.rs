//! `lab check` and `lab broken` test each other: our server passes every check, and each broken server fails exactly
//! the checks that the table in docs/CONFORMANCE.md names for it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use file_transfer::lab::broken::{self, place_never_returned};
use file_transfer::lab::check::command;
use file_transfer::lab::check::outcome::Verdict;
use file_transfer::lab::check::results::Graded;
use file_transfer::lab::check::servers::{fixtures, grade, selected, Options, Target};
use file_transfer::server::file_handler::FileHandler;

use crate::command_lines::{lab, listening_address, Program, LAB};
use crate::support::{eventually, TempDir, Wire};

/// For a check that passes: on a busy machine it may take its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// For a check that may fail because nothing comes: it then takes so long.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Each broken server is graded in so many parts at the same time: those that fail mostly wait.
const PARTS: usize = 6;

/// How many parts are graded at the same time, of all servers: more would be a load that no grading should have.
const AT_ONCE: usize = 16;

/// The checks of the idle time-out. They don't apply unless the grader is told how long it is.
const IDLE_CHECKS: [&str; 2] = ["8.8", "8.9"];

/// An idle time-out for a test.
const IDLE: Duration = Duration::from_secs(2);

/// The one check that needs what Linux alone has.
const NEEDS_LINUX: &str = "8.4";

fn options(command: &str, only: Vec<String>, timeout: Duration) -> Options {
    let target = Target::Command(command::words(command).unwrap());
    Options { target, levels: Vec::new(), only, timeout, seed: 1, idle: None }
}

fn server_command() -> String {
    format!("'{}' --bind 127.0.0.1:{{port}} --dir {{dir}}", env!("CARGO_BIN_EXE_server"))
}

fn broken_command(name: &str) -> String {
    format!("'{}' broken {name} --bind 127.0.0.1:{{port}} --dir {{dir}}", LAB)
}

/// The rows `| name | mistake | fails |` of a document's table: each broken program, its mistake, and the checks that it
/// fails.
pub fn table_of(document: &str) -> Vec<(String, String, BTreeSet<String>)> {
    let rows = document.lines().skip_while(|line| *line != "| name | mistake | fails |").skip(2);
    let cells = rows.take_while(|line| line.starts_with('|')).map(|line| line.trim_matches('|').split('|'));
    cells
        .map(|row| {
            let row: Vec<_> = row.map(|cell| cell.trim().trim_matches('`')).collect();
            let fails = row[2].split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_string);
            (row[0].to_string(), row[1].to_string(), fails.collect())
        })
        .collect()
}

/// Each broken server, and the checks that it fails.
fn table() -> Vec<(String, BTreeSet<String>)> {
    let rows = table_of(include_str!("../../docs/CONFORMANCE.md"));
    rows.into_iter().map(|(name, _, fails)| (name, fails)).collect()
}

/// The checks of a server that failed, each with its text. The checks are divided into parts in turn, because checks
/// that fail are often neighbours.
fn part_of_failed(name: &str, part: usize) -> Vec<(String, String)> {
    let checks = selected(&[], &[]).into_iter().skip(part).step_by(PARTS);
    let only = checks.map(|check| check.id.to_string()).collect();
    let results = grade(&options(&broken_command(name), only, TIMEOUT), |_| {}).unwrap();
    let failed = results.iter().filter(|graded| graded.has_failed());
    failed.map(|graded| (graded.check.id.to_string(), graded.text())).collect()
}

#[test]
fn our_server_passes_every_check() {
    let results = grade(&options(&server_command(), Vec::new(), PATIENCE), |_| {}).unwrap();
    assert_all_passed(&results, &IDLE_CHECKS);
}

#[test]
fn our_server_passes_the_checks_of_the_idle_time_out_when_the_grader_knows_it() {
    let command = format!("{} --idle-timeout {}", server_command(), IDLE.as_secs());
    let only = IDLE_CHECKS.map(str::to_string).to_vec();
    let options = Options { idle: Some(IDLE), ..options(&command, only, PATIENCE) };
    assert_all_passed(&grade(&options, |_| {}).unwrap(), &[]);
}

/// All but these, which a server need not have.
#[track_caller]
fn assert_all_passed(results: &[Graded], neutral: &[&str]) {
    let has_passed = |graded: &&Graded| match graded.verdict {
        Verdict::Passed => true,
        Verdict::NotApplicable => neutral.contains(&graded.check.id),
        _ => !cfg!(target_os = "linux") && graded.check.id == NEEDS_LINUX,
    };
    let stories: Vec<_> = results.iter().filter(|graded| !has_passed(graded)).map(Graded::text).collect();
    assert!(stories.is_empty(), "{}", stories.join("\n"));
}

#[test]
fn each_broken_server_fails_the_checks_of_its_row_and_no_other() {
    let names: BTreeSet<_> = broken::ALL.iter().map(|broken| broken.name.to_string()).collect();
    assert_eq!(table().into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>(), names, "the table's rows");

    let parts = broken::ALL.iter().flat_map(|broken| (0..PARTS).map(|part| (broken.name, part)));
    let to_do = Mutex::new(parts.collect::<Vec<_>>());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let Some((name, part)) = to_do.lock().unwrap().pop() else { break };
                let failed = part_of_failed(name, part);
                found.lock().unwrap().extend(failed.into_iter().map(|(id, story)| (name, id, story)));
            });
        }
    });
    let found = found.into_inner().unwrap();
    let mut surprises = Vec::new();
    for (name, mut expected) in table() {
        if !cfg!(target_os = "linux") {
            expected.remove(NEEDS_LINUX);
        }
        let of_name: Vec<_> = found.iter().filter(|(found, ..)| *found == name).collect();
        let unexpected = of_name.iter().filter(|(_, id, _)| !expected.contains(id));
        surprises.extend(unexpected.map(|(_, _, story)| format!("{name} should not fail this:\n{story}")));
        let missing = expected.iter().filter(|id| of_name.iter().all(|(_, failed, _)| failed != *id));
        surprises.extend(missing.map(|id| format!("{name} should fail {id}")));
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// A broken server that runs already, and is not restarted after a failure.
fn running(name: &str, dir: &TempDir) -> SocketAddr {
    let served = dir.path().join("served");
    fixtures::make(&served, 1).unwrap();
    let (listener, served) = (TcpListener::bind("127.0.0.1:0").unwrap(), FileHandler::new(&served).unwrap());
    let (address, serve) = (listener.local_addr().unwrap(), broken::Broken::find(name).unwrap().serve);
    thread::spawn(move || serve(&listener, &served));
    address
}

/// For a check that waits for bytes that never come, and sees in its first moments which bytes do come.
const SOON: Duration = Duration::from_secs(2);

fn graded(id: &str, address: SocketAddr, dir: &TempDir, timeout: Duration) -> Graded {
    let target = Target::Running { address: address.to_string(), fixtures: dir.path().join("served") };
    let options = Options { target, levels: Vec::new(), only: vec![id.to_string()], timeout, seed: 0, idle: None };
    grade(&options, |_| {}).unwrap().remove(0)
}

#[test]
fn where_every_place_is_lost_no_check_of_the_limit_passes_and_8_6_fails() {
    let dir = TempDir::new();
    let address = running("place_never_returned", &dir);
    for _ in 0..place_never_returned::MAX_SESSIONS {
        // Greeted, so it has its place; then it vanishes.
        Wire::connect(address).expect_ok();
    }
    Wire::connect(address).expect_err("SERVER_FULL");
    let place_check = graded("8.6", address, &dir, SOON);
    assert!(place_check.has_failed() && place_check.text().contains("before this check"), "{}", place_check.text());
    for id in ["1.7", "1.8", "1.9", "8.5"] {
        let graded = graded(id, address, &dir, SOON);
        assert_eq!(graded.verdict, Verdict::Skipped, "{}", graded.text());
    }
}

#[test]
fn check_8_6_tells_whether_some_places_come_back_or_none() {
    for (name, none) in [("place_never_returned", true), ("lost_update", false)] {
        let dir = TempDir::new();
        let graded = graded("8.6", running(name, &dir), &dir, TIMEOUT);
        let says_none = graded.text().contains("0 of 4 places came back");
        assert!(graded.has_failed() && says_none == none, "{name}: {}", graded.text());
    }
}

/// Cut after 255 bytes, as the server `poisoned` does, it is cut inside a letter.
fn line_that_panics() -> String {
    "\u{e9}".repeat(300) + "\n"
}

#[test]
fn after_one_panic_a_server_that_gives_up_at_a_poisoned_lock_answers_nobody() {
    let dir = TempDir::new();
    let address = running("poisoned", &dir);
    let asks = |line: &str| {
        let mut wire = Wire::connect(address);
        wire.expect_ok();
        wire.send(line);
        wire
    };
    asks("HELP\n").expect_ok();
    asks(&line_that_panics()).expect_end();
    asks("HELP\n").expect_end();
}

#[test]
fn a_mystery_tells_its_name_nowhere_before_it_is_revealed() {
    let dir = TempDir::new();
    let mut panicked = 0;
    for number in 0..broken::ALL.len() {
        let number = number.to_string();
        let (code, name, _) = lab(&["broken", "--mystery", &number, "--reveal"]);
        let name = name.split_whitespace().next().unwrap();
        assert!(code == Some(0) && broken::Broken::find(name).is_some(), "{name}");

        let arguments = ["broken", "--mystery", &number, "--bind", "127.0.0.1:0", "--dir"];
        let mut command = Command::new(LAB);
        // What a panic says of itself must not depend on the user's own settings.
        let program = Program::start(command.args(arguments).arg(dir.path()).env("RUST_BACKTRACE", "1"));
        program.shows("\n");
        let mut wire = Wire::connect(listening_address(&program.so_far()));
        wire.send(line_that_panics());
        wire.half_close();
        if name == "poisoned" {
            program.complains("has panicked\n");
            panicked += 1;
        } else {
            // The greeting and the refusal: so the line has arrived.
            wire.expect_ok();
            wire.reply();
        }
        let seen_by_others = fs::read_to_string(format!("/proc/{}/cmdline", program.id())).unwrap_or_default();
        let all = program.so_far() + &program.complaints() + &seen_by_others;
        assert!(!all.contains(name), "{name} is told: {all}");
    }
    assert_eq!(panicked, 1, "one of them panics");
}

/// A server that does the same with every client, until the test's process ends.
fn serve(what: impl Fn(TcpStream) + Send + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || what(stream));
        }
    });
    address
}

#[test]
fn whatever_a_server_does_a_check_costs_no_more_than_its_time_out() {
    const SHORT: Duration = Duration::from_millis(300);
    fn for_ever(mut stream: TcpStream, bytes: &[u8]) {
        while stream.write_all(bytes).is_ok() {}
    }
    let servers = [
        ("says nothing", serve(|_stream| thread::sleep(PATIENCE))),
        ("closes at once", serve(drop)),
        ("sends garbage without an end", serve(|stream| for_ever(stream, &[0x9b; 4096]))),
        ("sends replies without an end", serve(|stream| for_ever(stream, &b"OK 0\n".repeat(1000)))),
        ("promises more than there is", serve(|stream| for_ever(stream, b"OK 9223372036854775807\n"))),
    ];
    let dir = TempDir::new();
    let served = dir.path().join("served");
    fixtures::make(&served, 1).unwrap();
    thread::scope(|scope| {
        for (name, address) in servers {
            let target = Target::Running { address: address.to_string(), fixtures: served.clone() };
            let only = vec!["1".to_string(), "2".to_string()];
            let options = Options { target, levels: Vec::new(), only, timeout: SHORT, seed: 0, idle: None };
            scope.spawn(move || {
                let begun = Instant::now();
                let results = grade(&options, |_| {}).unwrap();
                let most = SHORT * results.len() as u32 + PATIENCE;
                assert!(begun.elapsed() < most, "{name}: {:?}", begun.elapsed());
                let passed = results.iter().filter(|graded| graded.verdict == Verdict::Passed).count();
                assert!(passed < results.len() / 2, "{name}: {passed} passed");
            });
        }
    });
}

#[test]
fn a_lost_reply_a_closed_connection_and_silence_are_told_apart() {
    let dir = TempDir::new();
    fixtures::make(&dir.path().join("served"), 1).unwrap();
    let verdict = |id: &str, address: SocketAddr| graded(id, address, &dir, SOON).verdict;
    assert_eq!(verdict("1.1", serve(|_stream| thread::sleep(PATIENCE))), Verdict::NoReply);
    assert_eq!(verdict("1.1", serve(drop)), Verdict::Closed);
    let closes_on_unread_input = serve(|stream| {
        eventually("the client's command", || stream.peek(&mut [0]).unwrap() > 0);
        let _ = (&stream).write_all(b"OK 0\n");
    });
    assert_eq!(verdict("1.3", closes_on_unread_input), Verdict::LostToReset);
}

#[test]
fn a_program_that_dies_is_told_with_what_it_printed() {
    let command = format!("'{}' no-such-tool", LAB);
    let (code, _, complaint) = lab(&["check", "--command", &command]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("has ended") && complaint.contains("no-such-tool"), "{complaint}");
}

#[test]
fn the_results_are_a_table_an_exit_code_and_a_tsv() {
    let dir = TempDir::new();
    let tsv = dir.path().join("marks.tsv");
    let tsv = tsv.to_str().unwrap();
    let (code, table, _) = lab(&["check", "--command", &server_command(), "--only", "7", "--tsv", tsv]);
    assert!(code == Some(0) && table.contains("4 of 4 passed"), "{table}");
    let marks = String::from_utf8(dir.get("marks.tsv")).unwrap();
    assert!(marks.contains("7.1\treport\tpassed\t") && marks.lines().count() == 5, "{marks}");

    let (code, table, _) = lab(&["check", "--command", &broken_command("no_cr"), "--only", "2.3", "--tsv", tsv]);
    assert!(code == Some(1) && table.contains("Fix first: 2.3") && table.contains("-> HELP\\r\\n"), "{table}");
    assert!(String::from_utf8(dir.get("marks.tsv")).unwrap().contains("2.3\tstream\tfailed\t"));
}

#[test]
fn wrong_usage_says_what_is_right() {
    for (arguments, right) in [
        (&["check"][..], "--command"),
        (&["check", "127.0.0.1:1"], "--fixtures"),
        (&["check", "--level", "easy"], "report, stream, robust, threads"),
        (&["check", "--only", "9.9"], "--list"),
        (&["check", "--command", "python3 'x"], "does not end"),
        (&["check", "--command", "cd server && python3 server.py {port}"], "there is no shell"),
        (&["check", "--command", "PORT={port} python3 server.py"], "there is no shell"),
        (&["fixtures"], "lab fixtures DIR"),
        (&["broken", "no_cr", "--mystery", "1"], "not both"),
        (&["broken", "--reveal"], "needs --mystery N"),
        (&["broken", "--mystery", "x"], "a whole number"),
    ] {
        let (code, _, complaint) = lab(arguments);
        assert!(code == Some(2) && complaint.contains(right), "{arguments:?}: {complaint}");
    }
}

#[test]
fn what_makes_grading_useless_is_told_before_the_first_check() {
    let dir = TempDir::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, table, complaint) = lab(&["check", &nobody, "--fixtures", dir.path().to_str().unwrap()]);
    assert!(code == Some(1) && table.is_empty() && complaint.contains("nobody listens"), "{complaint}");

    let (code, table, complaint) = lab(&["check", "--command", &server_command(), "--tsv", "/nonexistent/marks.tsv"]);
    assert!(code == Some(1) && table.is_empty() && complaint.contains("/nonexistent/marks.tsv"), "{complaint}");

    let (_, _, complaint) = lab(&["check", "--only", "1.1", "--command", "true"]);
    assert!(complaint.contains("the command has no {port}"), "{complaint}");
}

#[test]
fn without_a_greeting_the_other_checks_are_blocked_and_name_no_false_causes() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, dir) = (silent.local_addr().unwrap().to_string(), TempDir::new());
    let arguments = ["check", &address, "--fixtures", dir.path().to_str().unwrap(), "--timeout", "0.2"];
    let (code, table, _) = lab(&arguments);
    assert_eq!(code, Some(1));
    let all = selected(&[], &[]).len();
    assert_eq!(table.matches("FAIL  ").count(), 1, "{table}");
    assert_eq!(table.matches("blocked by 1.1").count(), all - 1, "{table}");
    assert!(table.contains("Fix first: 1.1"), "{table}");
}

#[test]
fn the_same_seed_makes_the_same_fixtures() {
    let dir = TempDir::new();
    let made = |name: &str, seed: &str| {
        let path = dir.path().join(name);
        let (code, _, complaint) = lab(&["fixtures", path.to_str().unwrap(), "--seed", seed]);
        assert_eq!(code, Some(0), "{complaint}");
        let mut names: Vec<_> = path.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let first = made("first", "7");
    assert_eq!(first, made("second", "7"));
    assert_ne!(first, made("third", "8"));
    let (code, _, complaint) = lab(&["fixtures", dir.path().to_str().unwrap()]);
    assert!(code == Some(1) && complaint.contains("not empty"), "{complaint}");
}
