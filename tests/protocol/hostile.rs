//! Peers that want to keep others out, or to use up what the server has. The table in `docs/DESIGN.md` names these tests.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::command_lines::{Program, ServerProgram};
use crate::support::{eventually, Reply, TempDir, TestServer, Wire};

/// What the defaults grant: sessions in all, and from one address.
const SESSIONS: usize = 256;
const PER_ADDRESS: usize = 64;

/// Connects as often as a server has sessions, and stays connected; how many were refused.
fn try_for_all_sessions(address: SocketAddr) -> (Vec<TcpStream>, usize) {
    let mut refused = 0;
    let kept = (0..SESSIONS).map(|_| {
        let mut stream = Wire::connect(address).stream;
        let mut first = [0; 3];
        stream.read_exact(&mut first).unwrap();
        refused += usize::from(&first == b"ERR");
        stream
    });
    let kept = kept.collect();
    (kept, refused)
}

#[test]
fn one_address_that_tries_for_all_sessions_does_not_keep_another_one_out() {
    let server = ServerProgram::start(&["--bind", "[::]:0"]);
    let port = server.address.port();
    let other = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port));
    if TcpStream::connect(other).is_err() {
        return; // A machine without IPv6: the standard library can't choose another address to come from.
    }
    let (_kept, refused) = try_for_all_sessions(SocketAddr::from(([127, 0, 0, 1], port)));
    assert_eq!(refused, SESSIONS - PER_ADDRESS);
    server.program.complains("127.0.0.1 has its 64 sessions already");
    server.program.complains("--max-per-address");

    let mut wire = Wire::connect(other);
    wire.expect_ok();
    wire.send("LIST\n");
    wire.expect_body("6 a.txt\n");
}

#[test]
#[ignore = "needs the netcat of OpenBSD"]
fn with_all_sessions_tried_from_one_ipv4_address_another_one_gets_its_list() {
    let server = ServerProgram::start(&["--bind", "0.0.0.0:0"]);
    let port = server.address.port();
    let (_kept, refused) = try_for_all_sessions(SocketAddr::from(([127, 0, 0, 1], port)));
    assert_eq!(refused, SESSIONS - PER_ADDRESS);

    let mut other = Command::new("nc.openbsd");
    let mut other = Program::start(other.args(["-N", "-s", "127.0.0.2", "127.0.0.1", &port.to_string()]));
    other.pipe_in("LIST\nLOGOUT\n");
    let ended = other.ended();
    assert!(ended.stdout.contains("\n6 a.txt\n"), "{ended:?}");
}

#[test]
fn a_flood_of_empty_lines_makes_little_log_and_what_is_left_out_is_counted() {
    const LINES: usize = 200_000;
    // A tenth of the flood itself.
    const MAX_LOG: usize = LINES / 10;
    let server = ServerProgram::start(&[]);
    let mut wire = server.session();
    let mut stream = wire.stream.try_clone().unwrap();
    let sending = thread::spawn(move || {
        let some = [b'\n'; 10_000];
        for _ in 0..LINES / some.len() {
            stream.write_all(&some).unwrap();
        }
        stream.write_all(b"LOGOUT\n").unwrap();
    });
    let answers = wire.rest();
    sending.join().unwrap();
    assert_eq!(answers.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"ERR ")).count(), LINES);

    let log = server.stop().stderr;
    assert!(log.len() < MAX_LOG, "{} bytes of log", log.len());
    let logged = log.lines().filter(|line| line.contains("refused: UNKNOWN_COMMAND")).count();
    let left_out = log.lines().filter_map(|line| {
        let (before, _) = line.split_once(" more refusals are not logged)")?;
        before.rsplit_once('(')?.1.parse::<usize>().ok()
    });
    assert_eq!(logged + left_out.sum::<usize>(), LINES, "{log}");
}

#[test]
fn a_crowd_that_asks_for_a_large_list_at_once_is_answered_from_one_memory() {
    const CROWD: usize = 128;
    const FILES: usize = 5_000;
    const MAX_MEMORY_KIB: usize = 100 * 1024;
    let server = ServerProgram::start(&["--max-per-address", "256"]);
    let long_name = "x".repeat(200);
    for number in 0..FILES {
        server.dir.put(&format!("{number:05}{long_name}"), "");
    }
    let mut crowd: Vec<_> = (0..CROWD).map(|_| server.session()).collect();
    for wire in &mut crowd {
        wire.send("LIST\n");
    }
    // Nobody takes a whole list before each of them has the beginning of one: so the server holds all of them at once.
    let list_size = "6 a.txt\n".len() + FILES * "0 00000".len() + FILES * (long_name.len() + 1);
    for wire in &mut crowd {
        assert_eq!(String::from_utf8(wire.line()).unwrap(), format!("OK {list_size}\n"));
    }
    if let Some(peak) = server.program.peak_memory_kib() {
        assert!(peak < MAX_MEMORY_KIB, "{CROWD} lists of {list_size} bytes took {peak} KiB");
    }
    assert!(crowd[0].bytes(list_size).ends_with(b"6 a.txt\n"));
}

#[test]
fn a_flood_of_resets_leaves_nothing_behind() {
    let server = TestServer::start();
    for _ in 0..2_000 {
        let stream = TcpStream::connect(server.address).unwrap();
        // To close while the greeting waits unread makes TCP send a reset.
        stream.peek(&mut [0]).unwrap();
    }
    server.wait_for_sessions(0);
    let mut wire = server.session();
    wire.send("LIST\n");
    wire.expect_body("6 a.txt\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_changes_places_with_links_fifos_and_directories_is_whole_or_not_found_and_nobody_waits() {
    const REQUESTS: usize = 2_000;
    let (server, outside) = (TestServer::start(), TempDir::new());
    outside.put("secret.txt", "secret");
    let at = |name: &str| server.dir.path().join(name);
    let others = [".link", ".fifo", ".directory"].map(at);
    std::os::unix::fs::symlink(outside.path().join("secret.txt"), &others[0]).unwrap();
    assert!(Command::new("mkfifo").arg(&others[1]).status().unwrap().success());
    fs::create_dir(&others[2]).unwrap();
    let download = || {
        let mut wire = server.session();
        let (mut whole, mut not_found) = (0, 0);
        for _ in 0..REQUESTS {
            wire.send("DOWNLOAD a.txt\n");
            match wire.reply() {
                Reply::Ok(body) if body == b"hello\n" => whole += 1,
                Reply::Err { code, .. } if code == "NOT_FOUND" => not_found += 1,
                _ => wire.fail("neither the whole file nor NOT_FOUND"),
            }
        }
        (whole, not_found)
    };
    thread::scope(|scope| {
        let downloads = scope.spawn(download);
        for other in others.iter().cycle().take_while(|_| !downloads.is_finished()) {
            fs::rename(at("a.txt"), at(".file")).unwrap();
            fs::rename(other, at("a.txt")).unwrap();
            fs::rename(at("a.txt"), other).unwrap();
            fs::rename(at(".file"), at("a.txt")).unwrap();
        }
        let (whole, not_found) = downloads.join().unwrap();
        assert!(whole > 0 && not_found > 0, "{whole} whole, {not_found} not found");
    });
}

/// A client of the standard library can't make its receive buffer small, so this one is written in Python: it asks for
/// a large file on many connections, and takes so many bytes of each, ten times in an idle time-out of 4 s.
const TAKERS: &str = "
import socket, sys, time
port, count, bytes_each_time = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
takers = []
for _ in range(count):
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    taker.connect(('127.0.0.1', port))
    taker.sendall(b'DOWNLOAD large\\n')
    takers.append(taker)
while takers:
    for taker in list(takers):
        try:
            if not taker.recv(bytes_each_time):
                takers.remove(taker)
        except ConnectionError:
            takers.remove(taker)
    time.sleep(0.4)
";

fn takers(server: &ServerProgram, count: usize, bytes_each_time: usize) -> Program {
    server.dir.put("large", vec![0; 64 * 1024 * 1024]);
    let mut command = Command::new("python3");
    command.args(["-c", TAKERS]);
    command.args([server.address.port() as usize, count, bytes_each_time].map(|number| number.to_string()));
    Program::start(&mut command)
}

#[test]
#[ignore = "needs python3, and lasts longer than an idle time-out"]
fn clients_that_take_less_than_the_floor_are_cut_and_the_log_says_what_they_took() {
    let server = ServerProgram::start(&["--idle-timeout", "4", "--max-per-address", "256"]);
    let _slow = takers(&server, SESSIONS, 200);
    // What fills the system's buffers comes in larger pieces than a client takes. So some are seen to take nothing.
    let cut = |what: &str| server.program.complaints().lines().filter(|line| line.contains(what)).count();
    eventually("the end of every session", || cut("session ends: the client took ") == SESSIONS);
    assert!(cut("less than 1024 bytes a second") > 0);
}

#[test]
#[ignore = "needs python3, and lasts longer than an idle time-out"]
fn clients_that_take_more_than_the_floor_are_kept() {
    let server = ServerProgram::start(&["--idle-timeout", "4"]);
    let slow = takers(&server, 8, 4096);
    let begun = Instant::now();
    eventually("three idle time-outs", || begun.elapsed().as_secs() >= 12);
    assert!(!server.program.complaints().contains("session ends"));
    drop(slow);
}
