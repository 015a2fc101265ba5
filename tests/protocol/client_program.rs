//! The real client program, without a terminal: what it asks for, what it stores and where, and how long it waits.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use file_transfer::journal::{Event, Record};

use crate::client::{EvilServer, GREETING};
use crate::command_lines::{client, client_command, client_script, Ended, Program, CLIENT};
use crate::support::{eventually, TempDir, TestServer, Wanted};

/// A server with `a.txt`, `b.txt`, `c.bin` and `my notes.txt`, and the lines that it receives.
fn server_that_notes() -> (TestServer, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&lines);
    let observer = Box::new(move |record: &Record| {
        if let Event::Received(line) = record.event {
            noted.lock().unwrap().push(String::from_utf8_lossy(line).trim_end().to_string());
        }
    });
    let server = TestServer::with(Wanted { observer, ..Wanted::default() });
    for name in ["b.txt", "c.bin", "my notes.txt"] {
        server.dir.put(name, name);
    }
    (server, lines)
}

/// The lines of one session, LOGOUT left out.
#[track_caller]
fn lines_of_session(lines: &Mutex<Vec<String>>) -> Vec<String> {
    eventually("the session has ended", || lines.lock().unwrap().last().is_some_and(|line| line == "LOGOUT"));
    let mut lines = std::mem::take(&mut *lines.lock().unwrap());
    lines.pop();
    lines
}

/// Runs this script; returns what was stored.
#[track_caller]
fn stored_by(server: &TestServer, script: &str) -> (Ended, Vec<String>) {
    let dir = TempDir::new();
    let ended = client_script(server.address, &dir, &[], script);
    (ended, dir.names())
}

// Several names, quotes and patterns.

#[test]
fn one_line_can_ask_for_several_files_with_quotes_as_in_a_shell() {
    let (server, _) = server_that_notes();
    for line in ["get a.txt 'my notes.txt'", "get a.txt \"my notes.txt\"", r"DOWNLOAD   my\ notes.txt   'a'.txt"] {
        let (ended, stored) = stored_by(&server, &format!("{line}\n"));
        ended.expect_success();
        assert_eq!(stored, ["a.txt", "my notes.txt"], "{line}");
    }
    let (ended, stored) = stored_by(&server, "get 'a.txt\nget b.txt\n");
    ended.expect_failure(1, &["a ' is not closed", "nothing was sent"]);
    assert_eq!(stored, ["b.txt"]);
}

#[test]
fn words_without_quotes_are_one_name_if_there_is_such_a_file_and_several_names_if_not() {
    let (server, lines) = server_that_notes();
    let (ended, stored) = stored_by(&server, "DOWNLOAD my notes.txt\n");
    ended.expect_success();
    assert_eq!(stored, ["my notes.txt"]);
    assert_eq!(lines_of_session(&lines), ["DOWNLOAD my notes.txt"]);

    let (ended, stored) = stored_by(&server, "DOWNLOAD a.txt b.txt\n");
    ended.expect_success();
    assert_eq!(stored, ["a.txt", "b.txt"]);
    assert_eq!(lines_of_session(&lines), ["DOWNLOAD a.txt b.txt", "DOWNLOAD a.txt", "DOWNLOAD b.txt"]);

    let (ended, stored) = stored_by(&server, "get a.txt missing\n");
    ended.expect_failure(1, &["missing: the server refused: NOT_FOUND"]);
    assert_eq!(stored, ["a.txt"]);
}

#[test]
fn a_pattern_is_compared_with_the_list_by_the_client() {
    let (server, lines) = server_that_notes();
    for (words, wanted) in [
        ("*", &["a.txt", "b.txt", "c.bin", "my notes.txt"][..]),
        ("*.txt", &["a.txt", "b.txt", "my notes.txt"]),
        ("?.txt ?.bin", &["a.txt", "b.txt", "c.bin"]),
        ("*notes* b.txt", &["b.txt", "my notes.txt"]),
        ("'my notes'*", &["my notes.txt"]),
    ] {
        let (ended, stored) = stored_by(&server, &format!("get {words}\n"));
        ended.expect_success();
        assert_eq!(stored, wanted, "{words}");
        let sent = lines_of_session(&lines);
        assert_eq!((sent[0].as_str(), sent.len()), ("LIST", 1 + wanted.len()), "{sent:?}");
        assert!(!ended.stdout.contains("files"), "the list was not asked for: {ended:?}");
    }
}

#[test]
fn a_pattern_that_fits_no_file_is_one_error_and_nothing_is_sent_but_list() {
    let (server, lines) = server_that_notes();
    let (ended, stored) = stored_by(&server, "get *.zip\n");
    ended.expect_failure(1, &["no file of the server fits '*.zip'"]);
    assert_eq!((stored.len(), lines_of_session(&lines)), (0, vec!["LIST".to_string()]));

    let (ended, stored) = stored_by(&server, "get *.zip *.bin\n");
    ended.expect_failure(1, &["no file of the server fits '*.zip'"]);
    assert_eq!(stored, ["c.bin"]);
}

#[test]
fn a_quoted_pattern_is_a_name() {
    let (server, lines) = server_that_notes();
    let (ended, _) = stored_by(&server, "get '*'\n");
    ended.expect_failure(1, &["*: the server refused: NOT_FOUND"]);
    assert_eq!(lines_of_session(&lines), ["DOWNLOAD *"]);
}

#[test]
fn the_command_line_takes_patterns_too() {
    let (server, lines) = server_that_notes();
    let dir = TempDir::new();
    client(server.address, &dir, &["DOWNLOAD", "?.txt", "c.bin"]).expect_success();
    assert_eq!(dir.names(), ["a.txt", "b.txt", "c.bin"]);
    assert_eq!(lines_of_session(&lines)[0], "LIST");
    client(server.address, &dir, &["DOWNLOAD", "*.zip"]).expect_failure(1, &["'*.zip'"]);
    lines_of_session(&lines);
    client(server.address, &dir, &["DOWNLOAD", r"\*"]).expect_failure(1, &["*: the server refused: NOT_FOUND"]);
    assert_eq!(lines_of_session(&lines), ["DOWNLOAD *"]);
}

#[test]
fn a_list_that_is_refused_to_a_pattern_is_one_error_and_the_names_are_downloaded() {
    let refused = "ERR READ_FAILED the directory can't be read; try again\n";
    let server = EvilServer::that_says(&[GREETING, refused, "OK 1\nx", "OK 4\nBye\n"]);
    let dir = TempDir::new();
    client(&server.address, &dir, &["DOWNLOAD", "*.txt", "a.txt"]).expect_failure(1, &["*.txt: ", "READ_FAILED"]);
    assert_eq!(dir.names(), ["a.txt"]);
}

#[test]
fn help_says_what_the_prompt_understands_beside_the_protocol() {
    let (ended, _) = stored_by(&TestServer::start(), "help\n");
    ended.expect_success();
    for words in ["ls for LIST", "get for DOWNLOAD", "get a.txt 'my notes.txt' *.png"] {
        assert!(ended.stdout.contains(words), "{ended:?}");
    }
}

// What is stored, where, and in place of what.

#[test]
fn the_summary_says_where_the_file_is_and_whether_it_replaced_one() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let path = dir.path().join("a.txt").display().to_string();
    let first = client(server.address, &dir, &["DOWNLOAD", "a.txt"]);
    assert!(first.stdout.contains(&path) && !first.stdout.contains("replaced"), "{first:?}");
    let second = client(server.address, &dir, &["DOWNLOAD", "a.txt"]);
    assert!(second.stdout.contains(&format!("{path} (replaced)")), "{second:?}");
}

#[test]
fn with_keep_an_earlier_file_stays_and_is_not_even_asked_for() {
    let (server, lines) = server_that_notes();
    let dir = TempDir::new();
    dir.put("a.txt", "earlier");
    let ended = client(server.address, &dir, &["--keep", "DOWNLOAD", "a.txt", "b.txt"]);
    ended.expect_failure(1, &["a.txt is there already", "--keep"]);
    assert_eq!(dir.get("a.txt"), b"earlier");
    assert_eq!(dir.names(), ["a.txt", "b.txt"]);
    assert_eq!(lines_of_session(&lines), ["DOWNLOAD b.txt"]);
}

#[test]
fn parts_that_were_left_behind_over_an_hour_ago_are_removed_before_a_download() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let old = SystemTime::now() - Duration::from_secs(3700);
    let young = SystemTime::now() - Duration::from_secs(3500);
    for (name, changed) in [
        (".download-0123456789abcdef.part", old),
        (".download-1.part", old),
        (".download-2.part", young),
        (".download-3.part.txt", old),
        ("download-4.part", old),
        ("my.part", old),
    ] {
        dir.put(name, "half");
        fs::File::options().write(true).open(dir.path().join(name)).unwrap().set_modified(changed).unwrap();
    }
    fs::create_dir(dir.path().join(".download-5.part")).unwrap();
    let before = dir.names().len();

    client(server.address, &dir, &["LIST"]).expect_success();
    assert_eq!(dir.names().len(), before, "only a download looks at the directory");
    let ended = client(server.address, &dir, &["DOWNLOAD", "a.txt"]);
    ended.expect_success();
    assert!(ended.stdout.starts_with("removed 2 files of interrupted downloads (8 B)\n"), "{ended:?}");
    let left = [".download-2.part", ".download-3.part.txt", ".download-5.part", "a.txt", "download-4.part", "my.part"];
    assert_eq!(dir.names(), left);
}

#[cfg(unix)]
#[test]
fn a_link_that_is_named_like_a_part_is_neither_followed_nor_removed() {
    let server = TestServer::start();
    let (dir, elsewhere) = (TempDir::new(), TempDir::new());
    elsewhere.put("precious", "untouched");
    let precious = elsewhere.path().join("precious");
    let old = SystemTime::now() - Duration::from_secs(3700);
    fs::File::options().write(true).open(&precious).unwrap().set_modified(old).unwrap();
    std::os::unix::fs::symlink(&precious, dir.path().join(".download-1.part")).unwrap();
    let ended = client(server.address, &dir, &["DOWNLOAD", "a.txt"]);
    assert!(!ended.stdout.contains("removed"), "{ended:?}");
    assert_eq!((dir.names(), elsewhere.get("precious").len()), (vec![".download-1.part".into(), "a.txt".into()], 9));
}

#[test]
fn with_quiet_parts_are_removed_without_a_word() {
    let server = TestServer::start();
    let dir = TempDir::new();
    dir.put(".download-1.part", "");
    let old = SystemTime::now() - Duration::from_secs(3700);
    let part = dir.path().join(".download-1.part");
    fs::File::options().write(true).open(part).unwrap().set_modified(old).unwrap();
    let ended = client(server.address, &dir, &["--quiet", "DOWNLOAD", "a.txt"]);
    ended.expect_success();
    assert_eq!((ended.stdout.as_str(), dir.names()), ("", vec!["a.txt".to_string()]));
}

// Failures.

#[test]
fn what_was_not_tried_after_a_failure_is_said_by_name() {
    let dir = TempDir::new();
    let server = EvilServer::that_says(&[GREETING, "OK 1\nx", "OK 5\nhell"]);
    let ended = client(&server.address, &dir, &["DOWNLOAD", "a.txt", "b.txt", "c.txt", "d e"]);
    let told: Vec<_> = ended.stderr.lines().collect();
    assert!(ended.code == Some(1) && told.len() == 2 && told[0].starts_with("client: b.txt: "), "{ended:?}");
    assert_eq!(told[1], "client: not tried: c.txt, d e");
    assert_eq!(dir.names(), ["a.txt"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_both_files_are_reported() {
    let server = TestServer::start();
    for name in ["a", "b"] {
        server.dir.put(name, vec![b'x'; 1024 * 1024]);
    }
    let dir = TempDir::new();
    // A limit on the size of files has the effect of a full disk.
    let limited = r#"trap '' XFSZ; ulimit -f 8; exec "$0" "$@""#;
    let client = client_command(server.address, &dir, &["DOWNLOAD", "a", "b"]);
    let ended = Program::start(Command::new("sh").args(["-c", limited, CLIENT]).args(client.get_args())).ended();
    let told: Vec<_> = ended.stderr.lines().collect();
    assert!(ended.code == Some(1) && told.len() == 2 && told[0].starts_with("client: a: can't write"), "{ended:?}");
    assert_eq!(told[1], "client: not tried: b");
    assert!(dir.names().is_empty());
}

#[test]
fn a_host_without_an_address_is_not_asked_whether_a_server_runs_there() {
    let ended = client("no-such-host.invalid:4456", &TempDir::new(), &["LIST"]);
    ended.expect_failure(1, &["the host of no-such-host.invalid:4456 can't be found", "spelling"]);
    assert!(!ended.stderr.contains("is a server running"), "{ended:?}");
}

#[test]
fn one_failure_is_one_line() {
    for answer in [
        "ERR not_found no\n",
        "ERR NOT_FOUND\n",
        "ERR NOT_FOUND there is no\nsuch file\n",
        "OK 8\n6 a.txt",
        "OK 100\n6 a.txt\n",
        "OK 7\n6 a.txt\n",
    ] {
        for script in ["LIST\n", "LIST\nLOGOUT\n"] {
            let server = EvilServer::that_says(&[GREETING, answer]);
            let ended = client_script(&server.address, &TempDir::new(), &[], script);
            // A LOGOUT that was asked for has its own failure.
            if !(script.contains("LOGOUT") && answer.contains("such file")) {
                ended.expect_failure(1, &[]);
            }
        }
        let server = EvilServer::that_says(&[GREETING, answer]);
        client(&server.address, &TempDir::new(), &["LIST"]).expect_failure(1, &[]);
    }
}

#[test]
fn a_script_ends_at_the_first_lost_session() {
    let server = EvilServer::that_says(&[GREETING, "OK 8\n6 a.txt\n"]);
    let ended = client_script(&server.address, &TempDir::new(), &[], "LIST\nLIST\nLIST\n");
    ended.expect_failure(1, &["the server closed the connection"]);
}
