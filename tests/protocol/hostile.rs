//! Hostile peers, and what holds against them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{EvilServer, GREETING};
use crate::command_lines::{client, client_command, client_script, CLIENT};
use crate::support::{eventually, TempDir, TestServer, PATIENCE};

// Against the client.

/// Ends a session in order: a close with LOGOUT unread would be a reset.
fn say_goodbye(mut stream: TcpStream, last_bytes: &[u8]) {
    let _ = stream.write_all(&[last_bytes, b"OK 4\nBye\n"].concat());
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// A server that drips a byte of this every 20 ms, as long as somebody reads.
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
fn a_server_that_drips_is_left_at_the_end_of_max_time() {
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
            // Also while the half of it is there.
            eventually("the half is stored", || there.names().len() == 2);
            let part = there.path().join(&there.names()[0]);
            let mode = fs::metadata(part).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode & !wanted, 0, "the part can be read by others: {mode:o}");
            say_goodbye(stream, b"lo\n");
        });
        client(&server.address, &dir, &["DOWNLOAD", "a.txt"]).expect_success();
        assert_eq!(dir.get("a.txt"), b"hello\n");
        // The umask of whoever runs the tests may be stricter.
        assert_eq!(mode("a.txt") & !wanted, 0, "{earlier:o} became {:o}", mode("a.txt"));
        assert_eq!(mode("a.txt") & 0o400, 0o400);
    }
}
