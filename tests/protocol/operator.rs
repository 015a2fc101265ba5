//! What the server's operator sees: the first lines, the log that is quiet, and the console under many sessions and
//! endless lines.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::command_lines::{listening_address, run, server_command, traced_server, Program, ServerProgram, SERVER};
use crate::support::{eventually, TempDir, Wire};

/// The last of the lines that the server prints when it starts.
const LAST_OF_THE_FIRST: &str = "help: the operator's commands\n";

/// The lines that a server prints when it starts.
fn first_lines(server: &ServerProgram) -> Vec<String> {
    server.program.shows(LAST_OF_THE_FIRST);
    server.program.so_far().lines().map(str::to_string).collect()
}

/// The lines that came after `before`, when the last of them has.
fn answer(server: &ServerProgram, command: &str, last: &str) -> Vec<String> {
    let before = server.program.so_far().len();
    server.program.types(command);
    eventually(last, || {
        let answer = server.program.so_far()[before..].to_string();
        answer.ends_with('\n') && answer.contains(last)
    });
    server.program.so_far()[before..].lines().map(str::to_string).collect()
}

#[test]
fn the_first_lines_say_what_is_served_where_and_what_to_type() {
    let server = ServerProgram::start(&[]);
    let (address, dir) = (server.address, fs::canonicalize(server.dir.path()).unwrap());
    let told = [
        format!("listening on {address}"),
        format!("serving {dir:?}: 1 file, 6 B in all"),
        format!("only this machine can reach it; --bind 0.0.0.0:{} lets others in", address.port()),
        format!("to try it: client --server {address} LIST"),
        format!("       or: nc 127.0.0.1 {}", address.port()),
        "help: the operator's commands".to_string(),
    ];
    assert_eq!(first_lines(&server), told);
}

#[test]
fn a_server_that_is_open_to_others_names_each_address_that_they_can_use() {
    let server = ServerProgram::start(&["--bind", "0.0.0.0:0"]);
    let lines = first_lines(&server);
    assert!(lines[2].starts_with("everyone on the network can reach it, "), "{lines:#?}");
    let named: Vec<SocketAddr> = lines.iter().filter_map(|line| line.strip_prefix("  ")?.parse().ok()).collect();
    for address in &named {
        // As a user on another machine does.
        Wire::connect(*address).expect_ok();
    }
    match named.first() {
        Some(first) => assert!(lines.contains(&format!("to try it: client --server {first} LIST")), "{lines:#?}"),
        None => assert!(lines[2].contains("no address was found"), "a machine without a network: {lines:#?}"),
    }
}

#[test]
fn a_quiet_log_tells_only_what_goes_wrong() {
    let server = ServerProgram::start(&["--quiet", "--max-sessions", "1"]);
    let mut first = server.session();
    first.send("LIST\nWHAT\nDOWNLOAD a.txt\nDOWNLOAD ../a.txt\nLOGOUT\n");
    first.rest();
    let mut second = server.session();
    Wire::connect(server.address).expect_err("SERVER_FULL");
    server.program.complains("turned away: SERVER_FULL");
    server.program.types("kick 2\n");
    second.expect_end();
    server.program.complains("kicked by the operator");
    let ended = server.stop();
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{ended:?}");
    assert!(lines[0].contains("turned away: SERVER_FULL") && lines[0].contains(" 1 active"), "{ended:?}");
    assert!(lines[1].contains("#2 ") && lines[1].contains("session ends: kicked"), "{ended:?}");
}

#[test]
fn a_quiet_log_tells_of_a_client_that_broke_off() {
    let server = ServerProgram::start(&["--quiet"]);
    server.dir.put("big.bin", vec![0; 32 * 1024 * 1024]);
    let mut client = server.session();
    client.send("DOWNLOAD big.bin\n");
    client.bytes(1000);
    drop(client);
    server.program.complains("session ends: the connection is lost");
}

#[test]
fn quiet_and_trace_exclude_each_other() {
    for options in [["--quiet", "--trace"], ["--trace", "--quiet"]] {
        run(SERVER, &options).expect_failure(2, &["--quiet and --trace", "choose one"]);
    }
}

#[test]
fn who_shows_how_far_a_transfer_is_and_how_fast_within_80_columns() {
    let server = ServerProgram::start(&[]);
    let name = format!("{}.bin", "long".repeat(60));
    server.dir.put(&name, vec![0; 32 * 1024 * 1024]);
    let mut client = server.session();
    client.send(format!("DOWNLOAD {name}\n"));
    client.bytes(1000);
    first_lines(&server);
    let lines = answer(&server, "who\n", "B/s l");
    for word in ["#", "peer", "thread", "age", "idle", "sent", "doing"] {
        assert!(lines[0].split_whitespace().any(|head| head == word), "{word}: {lines:#?}");
    }
    let percent = lines[1].split_whitespace().find_map(|word| word.strip_suffix('%')).unwrap_or("");
    assert!(percent.parse::<u8>().is_ok_and(|percent| percent < 100), "{lines:#?}");
    assert!(lines[1].contains("..") && lines[1].ends_with(".bin"), "{lines:#?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
}

#[test]
fn who_shows_the_busiest_20_and_who_all_shows_all() {
    let server = ServerProgram::start(&[]);
    let sessions: Vec<_> = (0..25).map(|_| server.session()).collect();
    first_lines(&server);
    let busiest = answer(&server, "who\n", "who all shows all");
    assert_eq!(busiest.len(), 1 + 20 + 1, "{busiest:#?}");
    assert!(busiest[21].starts_with("and 5 more"), "{busiest:#?}");
    let all = answer(&server, "who all\n", "session-25 ");
    assert_eq!(all.len(), 1 + 25, "{all:#?}");
    drop(sessions);
}

#[test]
fn an_answer_of_more_lines_than_can_wait_to_be_printed_is_printed_whole() {
    const SESSIONS: usize = 50;
    // Each time some 2.7 KB: two mebibytes in all, and one of them can wait. (10 000 sessions give half of one at once.)
    const TIMES: usize = 900;
    let dir = TempDir::new();
    let (mut process, mut stdout, address) = traced_server(&dir, Stdio::null());
    let sessions: Vec<_> = (0..SESSIONS).map(|_| Wire::connect(address)).collect();
    for mut session in sessions.iter().map(|wire| &wire.stream) {
        session.read_exact(&mut [0; 1]).unwrap();
    }
    process.0.stdin.as_mut().unwrap().write_all(format!("{}stop\n", "who all\n".repeat(TIMES)).as_bytes()).unwrap();
    // A reader that begins late. If the server is even slower, no line is lost, and the test passes.
    thread::sleep(Duration::from_secs(1));
    let mut printed = String::new();
    stdout.read_to_string(&mut printed).unwrap();
    let rows = printed.lines().filter(|line| line.contains(" session-")).count();
    assert_eq!(rows, SESSIONS * TIMES, "the end: {}", &printed[printed.len() - 1000..]);
    assert!(printed.len() > 2 * 1024 * 1024, "{} bytes", printed.len());
}

#[test]
fn a_line_without_end_at_the_console_is_told_once_and_skipped() {
    let server = ServerProgram::start(&[]);
    server.program.types(&"x".repeat(100_000));
    server.program.shows("a line has over 1024 bytes and is skipped");
    server.program.types("\nwho\n");
    server.program.shows("nobody is connected");
    let ended = server.stop();
    assert_eq!(ended.stdout.matches("is skipped").count(), 1, "{ended:?}");
    assert!(!ended.stdout.contains("is no command here"), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_reads_zeros_for_ever_does_not_grow() {
    const ENOUGH: u64 = 64 * 1024 * 1024;
    let dir = TempDir::new();
    let zeros = fs::File::open("/dev/zero").unwrap();
    let program = Program::start_with(&mut server_command(&dir), Stdio::from(zeros));
    program.shows("a line has over 1024 bytes and is skipped");
    // A number of /proc, in bytes or KiB.
    let number = |file: &str, field: &str| -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/{file}", program.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    eventually("it has read more than it may keep", || number("io", "rchar:") > ENOUGH);
    assert!(number("status", "VmHWM:") * 1024 < ENOUGH / 2, "it keeps what it reads");
    Wire::connect(listening_address(&program.so_far())).expect_ok();
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_on_a_full_disk_says_how_much_is_missing_when_there_is_room_again() {
    // More lines than fit, and fewer than twice as many.
    const LISTS: usize = 60;
    const ROOM: u64 = 4096;
    let dir = TempDir::new();
    let elsewhere = TempDir::new();
    let log = elsewhere.path().join("log");
    // A limit on the size of files has the effect of a full disk.
    let limited = r#"trap '' XFSZ; ulimit -f 8; log=$1; shift; exec "$0" "$@" 2>>"$log""#;
    let mut command = Command::new("sh");
    command.args(["-c", limited, SERVER]).arg(&log).args(server_command(&dir).get_args());
    let program = Program::start(&mut command);
    program.shows("\n");
    let mut client = Wire::connect(listening_address(&program.so_far()));
    client.expect_ok();
    client.send("LIST\n".repeat(LISTS));
    (0..LISTS).for_each(|_| drop(client.expect_ok()));
    eventually("the log is full", || fs::metadata(&log).is_ok_and(|log| log.len() == ROOM));
    let before = fs::read_to_string(&log).unwrap();
    fs::File::create(&log).unwrap();

    client.send("LIST\n");
    client.expect_ok();
    let after = || fs::read_to_string(&log).unwrap();
    let lost = || -> usize {
        let told = after();
        let counts =
            told.lines().filter_map(|line| line.strip_prefix('(')?.split_once(" lines lost here: File too large"));
        counts.map(|(count, _)| count.parse::<usize>().unwrap()).sum()
    };
    // The beginning of the session, and a line for each list. A line that was cut is lost.
    let whole = |log: &str| log.matches("B/s\n").count() + log.matches("session begins\n").count();
    eventually("each line is printed or counted", || whole(&before) + lost() + whole(&after()) == 1 + LISTS + 1);
    assert!(lost() > 0, "{before}\nand then\n{}", after());
}
