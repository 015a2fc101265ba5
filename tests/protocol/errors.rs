//! Errors: a test for each row of the protocol's table (when, which code, and whether the session goes on), and what
//! holds for every error line.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use file_transfer::wire::{MAX_COMMAND_LINE, MAX_REPLY_LINE};

use crate::support::{TestServer, Wanted, Wire};

/// Reads an error line as it was sent, checks the rules for every error line, and returns its message.
#[track_caller]
fn expect_error(wire: &mut Wire, code: &str) -> String {
    let line = wire.line();
    if line.len() > MAX_REPLY_LINE {
        wire.fail("an error line has at most 512 bytes");
    }
    let text = String::from_utf8(line).unwrap_or_else(|_| wire.fail("an error line is UTF-8"));
    let message = text.strip_prefix(&format!("ERR {code} ")).and_then(|rest| rest.strip_suffix('\n'));
    match message {
        Some(message) if message.contains(char::is_control) => wire.fail("an error line has no control character"),
        Some("") => wire.fail("an error has a message"),
        Some(message) => message.to_string(),
        None => wire.fail(&format!("expected ERR {code}")),
    }
}

/// The session goes on: the next command is answered as usual.
#[track_caller]
fn expect_to_go_on(wire: &mut Wire) {
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
}

#[test]
fn unknown_command_when_the_verb_is_none_of_the_four_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["GET a.txt\n", "LISTE\n", "DOWNLOADa.txt\n", "LIS\n", "QUIT\n", "été\n", "HELP,\n", "\0\n"] {
        wire.send(line);
        let message = expect_error(&mut wire, "UNKNOWN_COMMAND");
        assert!(message.contains("HELP"), "the message names the next thing to do: {message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn unknown_command_when_the_line_is_empty_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["\n", "\r\n", "   \n", "  \r\n"] {
        wire.send(line);
        let message = expect_error(&mut wire, "UNKNOWN_COMMAND");
        assert!(message.contains("empty") && message.contains("HELP"), "{message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn bad_arguments_when_download_has_no_filename_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["DOWNLOAD\n", "DOWNLOAD \n", "download    \r\n"] {
        wire.send(line);
        let message = expect_error(&mut wire, "BAD_ARGUMENTS");
        assert!(message.contains("filename"), "{message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn bad_arguments_when_another_command_has_an_argument_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    for verb in ["LIST", "HELP", "LOGOUT"] {
        wire.send(format!("{verb} me\n"));
        let message = expect_error(&mut wire, "BAD_ARGUMENTS");
        assert!(message.contains(verb) && message.contains("'me'"), "{message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn bad_filename_when_no_served_file_can_have_that_name_and_it_goes_on() {
    let server = TestServer::start();
    server.dir.put(".hidden", "secret");
    fs::create_dir(server.dir.path().join("sub")).unwrap();
    server.dir.put("sub/inside.txt", "deeper");
    let mut wire = server.session();
    let absolute = server.dir.path().join("a.txt").to_string_lossy().into_owned();
    let outside =
        ["../x", "..\\x", "sub/inside.txt", "sub\\inside.txt", "./a.txt", "/a.txt", "a.txt/", "a/", &absolute];
    let hidden = [".", "..", ".hidden", "...", ".a.txt"];
    let control = ["a\tb", "a\0.txt", "a.txt\0", "a\r.txt", "a\u{1b}[2J", "a\u{7f}", "a\u{85}", "a.txt\u{9f}"];
    let too_long = ["n".repeat(256), "é".repeat(128), "n".repeat(1000)];
    let too_long = too_long.iter().map(String::as_str);
    for name in outside.into_iter().chain(hidden).chain(control).chain(too_long) {
        wire.send(format!("DOWNLOAD {name}\n"));
        expect_error(&mut wire, "BAD_FILENAME");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn not_found_when_there_is_no_such_file_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    for name in ["missing.txt", "a.txt b.txt", "a", "n".repeat(255).as_str(), "été"] {
        wire.send(format!("DOWNLOAD {name}\n"));
        let message = expect_error(&mut wire, "NOT_FOUND");
        assert!(message.contains(&format!("'{name}'")) && message.contains("LIST"), "{message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn read_failed_when_the_directory_cant_be_read_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    fs::remove_dir_all(server.dir.path()).unwrap();
    wire.send("LIST\n");
    expect_error(&mut wire, "READ_FAILED");
    fs::create_dir(server.dir.path()).unwrap();
    server.dir.put("a.txt", "hello\n");
    wire.send("LIST\n");
    wire.expect_bytes("OK 8\n6 a.txt\n");
    expect_to_go_on(&mut wire);
}

/// A file where the directory was makes the system refuse, also for root, who may read everything.
#[cfg(unix)]
#[test]
fn read_failed_when_the_file_cant_be_opened_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    fs::remove_dir_all(server.dir.path()).unwrap();
    fs::write(server.dir.path(), "no directory").unwrap();
    wire.send("DOWNLOAD a.txt\n");
    let message = expect_error(&mut wire, "READ_FAILED");
    assert!(message.contains("'a.txt'"), "{message}");
    fs::remove_file(server.dir.path()).unwrap();
    fs::create_dir(server.dir.path()).unwrap();
    server.dir.put("a.txt", "hello\n");
    expect_to_go_on(&mut wire);
}

#[test]
fn not_text_when_the_line_is_not_utf_8_and_it_goes_on() {
    let server = TestServer::start();
    let mut wire = server.session();
    // Latin-1, a character cut short, the old long form of a slash, half a UTF-16 pair.
    for name in [&b"\xe9t\xe9.txt"[..], b"a\xc3", b"..\xc0\xafx", b"\xed\xa0\x80", b"\x80"] {
        wire.send([b"DOWNLOAD ", name, b"\n"].concat());
        let message = expect_error(&mut wire, "NOT_TEXT");
        assert!(message.contains("UTF-8"), "{message}");
        expect_to_go_on(&mut wire);
    }
}

#[test]
fn line_too_long_when_1024_bytes_complete_no_line_and_it_closes() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("x".repeat(MAX_COMMAND_LINE));
    let message = expect_error(&mut wire, "LINE_TOO_LONG");
    assert!(message.contains("1024") && message.contains("newline"), "{message}");
    wire.expect_end();
}

#[test]
fn incomplete_line_when_the_clients_side_ends_inside_a_line_and_it_closes() {
    let server = TestServer::start();
    for line in ["DOWNLOAD a.txt", "LOGOUT", " ", "\r", "x"] {
        let mut wire = server.session();
        wire.send(line);
        wire.half_close();
        let message = expect_error(&mut wire, "INCOMPLETE_LINE");
        assert!(message.contains("newline"), "{message}");
        wire.expect_end();
    }
}

#[test]
fn idle_timeout_when_no_complete_command_comes_in_time_and_it_closes() {
    let server = TestServer::with(Wanted { idle_timeout: Duration::from_secs(1), ..Wanted::default() });
    let mut silent = server.connect();
    let mut unfinished = server.connect();
    unfinished.send(b"LIST\nDOWNLOAD a\xff\xf1.txt");
    for (wire, waiting) in [(&mut unfinished, "14 bytes"), (&mut silent, "silent")] {
        wire.expect_ok();
        if waiting == "14 bytes" {
            wire.expect_ok();
        }
        let message = expect_error(wire, "IDLE_TIMEOUT");
        assert!(message.contains(waiting) && message.contains("newline"), "{message}");
        wire.expect_end();
    }
}

#[test]
fn server_full_in_place_of_the_greeting_and_it_closes() {
    let server = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    let mut inside = server.session();
    let mut outside = server.connect();
    expect_error(&mut outside, "SERVER_FULL");
    outside.expect_end();
    expect_to_go_on(&mut inside);
}

#[test]
fn shutting_down_between_two_replies_and_it_closes() {
    let server = TestServer::start();
    let mut wire = server.session();
    expect_to_go_on(&mut wire);
    let stopping = Arc::clone(&server.server);
    let stop = thread::spawn(move || stopping.stop());
    expect_error(&mut wire, "SHUTTING_DOWN");
    wire.expect_end();
    drop(wire);
    stop.join().unwrap();
}

#[test]
fn an_error_line_stays_within_512_bytes_whatever_it_quotes() {
    let server = TestServer::start();
    let mut wire = server.session();
    // Escaped, each of them takes several times the bytes that it took on the wire.
    for character in ["\u{1b}", "\u{85}", "\u{202e}", "\\", "'", "é", "\u{1f600}"] {
        let long = character.repeat(1000 / character.len());
        let name = character.repeat(255 / character.len());
        wire.send(format!("{long}\n"));
        expect_error(&mut wire, "UNKNOWN_COMMAND");
        wire.send(format!("LIST {long}\n"));
        expect_error(&mut wire, "BAD_ARGUMENTS");
        wire.send(format!("DOWNLOAD {long}\n"));
        expect_error(&mut wire, "BAD_FILENAME");
        wire.send(format!("DOWNLOAD {name}\n"));
        let can_be_a_file = !"\u{1b}\u{85}\\".contains(character);
        expect_error(&mut wire, if can_be_a_file { "NOT_FOUND" } else { "BAD_FILENAME" });
    }
}

#[test]
fn what_an_error_quotes_is_escaped_so_that_no_terminal_obeys_it() {
    let server = TestServer::start();
    let mut wire = server.session();
    for (sent, shown) in [
        ("\u{1b}[2J\n", r"'\u{1b}[2J'"),
        ("\u{7}\u{7f}\u{9b}\n", r"'\u{7}\u{7f}\u{9b}'"),
        ("LI\rST\n", r"'LI\rST'"),
        ("LIST\t\n", r"'LIST\t'"),
        ("back\\slash\n", r"'back\\slash'"),
        ("\u{202e}txt.exe\n", r"'\u{202e}txt.exe'"),
        ("Été\n", "'Été'"),
    ] {
        wire.send(sent);
        let message = expect_error(&mut wire, "UNKNOWN_COMMAND");
        assert!(message.contains(shown), "{shown} is not in: {message}");
    }
}
