//! Peers that want to stop other clients, or to use up a program's resources. The table in `docs/DESIGN.md` names these
//! tests.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{EvilServer, GREETING};
use crate::command_lines::{client, client_command, client_script, Program, ServerProgram, CLIENT};
use crate::support::{eventually, Reply, TempDir, TestServer, Wire, PATIENCE};

// Against the server.

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
fn one_address_that_tries_to_take_all_sessions_does_not_stop_another_address() {
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
fn after_many_resets_no_session_remains() {
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
    eventually("the end of every session", || cut("session ends: the client's TCP took ") == SESSIONS);
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

// Against the client.

/// Ends a session in order: a close with LOGOUT unread would be a reset.
fn say_goodbye(mut stream: TcpStream, last_bytes: &[u8]) {
    let _ = stream.write_all(&[last_bytes, b"OK 4\nBye\n"].concat());
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// A server that sends one byte of this every 20 ms, as long as the client reads.
fn dripping(before: String, dripped: &'static [u8]) -> EvilServer {
    EvilServer::that(move |mut stream: TcpStream| {
        let _ = stream.set_nodelay(true);
        let _ = stream.write_all(before.as_bytes());
        for byte in dripped.iter().cycle() {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    })
}

#[test]
fn a_server_that_sends_byte_by_byte_is_left_at_the_end_of_max_time() {
    // In place of the greeting, inside of a list, and inside of a file.
    for (before, dripped, command) in [
        (String::new(), &b"x"[..], &["LIST"][..]),
        (format!("{GREETING}OK 1000000\n"), b"0 a\n", &["LIST"]),
        (format!("{GREETING}OK 1000000\n"), b"x", &["DOWNLOAD", "a.txt", "b.txt"]),
    ] {
        let server = dripping(before, dripped);
        let dir = TempDir::new();
        let begun = Instant::now();
        let ended = client(&server.address, &dir, &[&["--max-time", "0.3"], command].concat());
        assert!(begun.elapsed() < PATIENCE / 2);
        assert!(ended.code == Some(1) && ended.stderr.contains("--max-time"), "{ended:?}");
        assert!(dir.names().is_empty());
    }
}

#[test]
fn max_time_is_for_the_whole_command_line_and_for_each_command_of_a_script() {
    // Each file takes more than half of the time.
    let slow = || {
        EvilServer::that(|mut stream| {
            let mut commands = BufReader::new(stream.try_clone().unwrap());
            let _ = stream.write_all(GREETING.as_bytes());
            for _ in 0..2 {
                let _ = commands.read_line(&mut String::new());
                thread::sleep(Duration::from_millis(800));
                let _ = stream.write_all(b"OK 1\nx");
            }
            say_goodbye(stream, b"");
        })
    };
    let dir = TempDir::new();
    let ended = client(&slow().address, &dir, &["--max-time", "1.5", "DOWNLOAD", "a", "b"]);
    ended.expect_failure(1, &["b: ", "--max-time"]);
    assert_eq!(dir.names(), ["a"]);

    let dir = TempDir::new();
    client_script(&slow().address, &dir, &["--max-time", "1.5"], "get a\nget b\n").expect_success();
    assert_eq!(dir.names(), ["a", "b"]);
}

#[test]
fn a_server_below_the_lowest_rate_is_left_after_the_timeout() {
    let server = dripping(format!("{GREETING}OK 1000000\n"), b"x");
    let dir = TempDir::new();
    let ended = client(&server.address, &dir, &["--timeout", "0.3", "--min-rate", "1000", "DOWNLOAD", "a.txt"]);
    ended.expect_failure(1, &["a.txt: the server sent ", "1000 bytes a second of --min-rate"]);
    assert!(dir.names().is_empty());
}

#[test]
fn a_server_above_the_lowest_rate_is_waited_for() {
    // About 50 bytes a second, for three times the time-out.
    let server = EvilServer::that(|mut stream| {
        let _ = stream.write_all(format!("{GREETING}OK 150\n").as_bytes());
        for _ in 0..150 {
            let _ = stream.write_all(b"x");
            thread::sleep(Duration::from_millis(20));
        }
        say_goodbye(stream, b"");
    });
    let dir = TempDir::new();
    client(&server.address, &dir, &["--timeout", "1", "--min-rate", "5", "DOWNLOAD", "a.txt"]).expect_success();
    assert_eq!(dir.get("a.txt").len(), 150);
}

#[cfg(unix)]
#[test]
fn a_script_without_a_line_end_is_given_up() {
    let server = TestServer::start();
    let mut command = client_command(server.address, &TempDir::new(), &[]);
    let endless = fs::File::open("/dev/zero").unwrap();
    let output = command.stdin(endless).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    assert!(told.contains("65536 bytes"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_list_of_a_million_names_fits_into_a_hundred_megabytes() {
    let names: String = (0..1_000_000).map(|number| format!("0 a-file-of-many-{number:07}\n")).collect();
    let list = format!("OK {}\n{names}", names.len());
    let server = EvilServer::that_says(&[GREETING, &list, "OK 4\nBye\n"]);
    let client = client_command(&server.address, &TempDir::new(), &["LIST"]);
    // The limit counts addresses, in KiB: more than what is really used.
    let limited = r#"ulimit -v 100000; exec "$0" "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", limited, CLIENT]).args(client.get_args()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with(" in 1000000 files\n"));
}

#[test]
fn with_keep_a_file_that_appears_during_the_download_stays() {
    let dir = Arc::new(TempDir::new());
    let there = Arc::clone(&dir);
    let server = EvilServer::that(move |mut stream| {
        stream.write_all(format!("{GREETING}OK 6\nhel").as_bytes()).unwrap();
        eventually("the half is stored", || there.names().len() == 1);
        there.put("a.txt", "appeared");
        say_goodbye(stream, b"lo\n");
    });
    client(&server.address, &dir, &["--keep", "DOWNLOAD", "a.txt"]).expect_failure(1, &["a.txt is there already"]);
    assert_eq!(dir.get("a.txt"), b"appeared");
    assert_eq!(dir.names(), ["a.txt"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_only_its_owner_could_read_is_replaced_by_one_that_only_its_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Arc::new(TempDir::new());
    dir.put("a.txt", "secret");
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o7777;
    for (earlier, wanted) in [(0o600, 0o600), (0o400, 0o400), (0o4755, 0o644)] {
        fs::set_permissions(dir.path().join("a.txt"), fs::Permissions::from_mode(earlier)).unwrap();
        let there = Arc::clone(&dir);
        let server = EvilServer::that(move |mut stream| {
            stream.write_all(format!("{GREETING}OK 6\nhel").as_bytes()).unwrap();
            // Also while half of the file is stored.
            eventually("the half is stored", || there.names().len() == 2);
            let part = there.path().join(&there.names()[0]);
            let mode = fs::metadata(part).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode & !wanted, 0, "the part can be read by others: {mode:o}");
            say_goodbye(stream, b"lo\n");
        });
        client(&server.address, &dir, &["DOWNLOAD", "a.txt"]).expect_success();
        assert_eq!(dir.get("a.txt"), b"hello\n");
        // The umask of the user who runs the tests may be stricter.
        assert_eq!(mode("a.txt") & !wanted, 0, "{earlier:o} became {:o}", mode("a.txt"));
        assert_eq!(mode("a.txt") & 0o400, 0o400);
    }
}
