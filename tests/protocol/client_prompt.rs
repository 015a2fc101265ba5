//! The client's prompt, on a real terminal that `socat` makes: so these tests run on demand, `cargo test -- --ignored`.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use file_transfer::journal::{Event, Record};

use crate::client::{EvilServer, GREETING};
use crate::command_lines::{Program, ServerProgram};
use crate::real_clients::on_a_terminal;
use crate::support::{eventually, TempDir, TestServer, Wanted};

/// A client at a prompt, which has been greeted.
fn prompt(server: std::net::SocketAddr, dir: &TempDir) -> Program {
    let client = on_a_terminal("$CLIENT --server $SERVER --dir $DIR; echo exit code $?", server, dir);
    client.shows("Send HELP for the commands");
    client.shows("> ");
    client
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn after_an_idle_timeout_the_next_command_connects_again_and_is_carried_out() {
    let server = TestServer::with(Wanted { idle_timeout: Duration::from_millis(200), ..Wanted::default() });
    server.dir.put("b.txt", "second\n");
    let dir = TempDir::new();
    let client = prompt(server.address, &dir);
    server.wait_for_sessions(0);
    client.types("get a.txt b.txt\r");
    client.shows("client: the session had ended: IDLE_TIMEOUT");
    client.shows(&format!("client: connected again to {}", server.address));
    client.shows("a.txt: 6 B in ");
    client.shows("b.txt: 7 B in ");
    server.wait_for_sessions(0);
    client.types("quit\r");
    client.shows("client: the session had ended already: IDLE_TIMEOUT");
    client.shows("exit code 0");
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn after_a_kick_the_prompt_goes_on() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let client = prompt(server.address, &dir);
    assert!(server.server.kick(server.sessions()[0].number));
    server.wait_for_sessions(0);
    client.types("ls\r");
    client.shows("client: the session had ended: the server closed the connection");
    client.shows("client: connected again to ");
    client.shows("6 B  a.txt");
    client.types("\u{4}");
    client.shows("Goodbye.");
    client.shows("exit code 0");
}

fn size(dir: &TempDir, name: &str) -> u64 {
    fs::metadata(dir.path().join(name)).map_or(0, |metadata| metadata.len())
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn a_kick_inside_a_file_is_told_and_the_prompt_goes_on() {
    let server = TestServer::start();
    // More than the buffers of both sides hold, so that the client's disk is what the server waits for.
    fs::File::create(server.dir.path().join("big")).unwrap().set_len(64 << 30).unwrap();
    let dir = TempDir::new();
    let client = prompt(server.address, &dir);
    client.types("get big '*' 'x y'\r");
    eventually("the transfer has begun", || dir.names().iter().any(|name| size(&dir, name) > 0));
    assert!(server.server.kick(server.sessions()[0].number));
    client.shows("client: big: the ");
    client.shows("client: not tried: *, x y");
    client.types("get a.txt\r");
    client.shows("client: connected again to ");
    client.shows("a.txt: 6 B in ");
    assert_eq!(dir.names(), ["a.txt"]);
    client.types("quit\r");
    client.shows("exit code 0");
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn after_a_restart_of_the_server_the_prompt_goes_on() {
    let server = ServerProgram::start(&[]);
    let address = server.address;
    let dir = TempDir::new();
    let client = prompt(address, &dir);
    server.stop();
    client.types("ls\r");
    client.shows("client: the session had ended: ");
    client.shows(&format!("client: no connection to {address}"));
    client.types("get a.txt\r");
    let is_there = |client: &Program| client.so_far().matches("client: no connection").count() == 2;
    eventually("the second failure", || is_there(&client));

    let _again = ServerProgram::start(&["--bind", &address.to_string()]);
    client.types("get a.txt\r");
    client.shows("client: connected again to ");
    client.shows("a.txt: 6 B in ");
    client.types("quit\r");
    client.shows("Goodbye.");
    client.shows("exit code 0");
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn after_a_full_disk_the_prompt_goes_on() {
    let server = TestServer::start();
    server.dir.put("big", vec![b'x'; 1024 * 1024]);
    let dir = TempDir::new();
    let limited = "trap '' XFSZ; ulimit -f 8; $CLIENT --server $SERVER --dir $DIR; echo exit code $?";
    let client = on_a_terminal(limited, server.address, &dir);
    client.shows("> ");
    client.types("get big 'a.txt'\r");
    client.shows("client: big: can't write ");
    client.shows("client: not tried: a.txt");
    client.types("get a.txt\r");
    client.shows("client: connected again to ");
    client.shows("a.txt: 6 B in ");
    client.types("quit\r");
    client.shows("exit code 0");
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn without_a_first_connection_there_is_no_prompt() {
    let address = TestServer::start().address;
    let dir = TempDir::new();
    let client = on_a_terminal("$CLIENT --server $SERVER --dir $DIR; echo exit code $?", address, &dir);
    client.shows("client: no connection to ");
    client.shows("exit code 1");
    assert!(!client.ended().stdout.contains("> "));
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn arrow_keys_and_tabs_are_answered_with_a_hint_and_not_sent() {
    let received = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&received);
    let observer = Box::new(move |record: &Record| {
        if matches!(record.event, Event::Received(_)) {
            *counted.lock().unwrap() += 1;
        }
    });
    let server = TestServer::with(Wanted { observer, ..Wanted::default() });
    let dir = TempDir::new();
    let client = prompt(server.address, &dir);
    for (number, line) in ["\u{1b}[A\r", "ls\u{1b}[D\u{1b}[D\r", "get a\t\r"].iter().enumerate() {
        client.types(line);
        eventually("a hint", || client.so_far().matches("rlwrap client").count() == number + 1);
    }
    assert_eq!(*received.lock().unwrap(), 0);
    client.types("ls\r");
    client.shows("6 B  a.txt");
}

/// What the client draws on a terminal of that width while a file of that name comes slowly: each state of the line.
fn drawn(set_up: &str, name: &str) -> Vec<String> {
    let seen = Arc::new(Mutex::new(false));
    let is_seen = Arc::clone(&seen);
    let server = EvilServer::that(move |mut stream| {
        let _ = stream.write_all(format!("{GREETING}OK 100000000000\n").as_bytes());
        // It writes until the bar was seen, and then leaves.
        while !*is_seen.lock().unwrap() {
            let _ = stream.write_all(&[b'x'; 100_000]);
            thread::sleep(Duration::from_millis(10));
        }
    });
    let dir = TempDir::new();
    let command = format!("{set_up} $CLIENT --server $SERVER --dir $DIR DOWNLOAD '{name}'; echo exit code $?");
    let client = on_a_terminal(&command, server.address.parse().unwrap(), &dir);
    eventually("the bar is drawn some times", || client.so_far().matches('%').count() > 5);
    *seen.lock().unwrap() = true;
    client.shows("exit code 1");
    let shown = client.ended().stdout;
    let mut states: Vec<_> = shown.split('\r').map(str::to_string).collect();
    states.retain(|state| !state.is_empty());
    states
}

#[test]
#[ignore = "needs socat, for a terminal"]
fn the_progress_bar_fits_the_width_of_the_terminal_and_is_cleared() {
    for (set_up, columns) in [
        ("stty cols 40;", 40),
        ("stty cols 60;", 60),
        ("stty cols 120;", 120),
        ("stty cols 200; COLUMNS=50", 50),
        // A terminal that does not know its width.
        ("stty cols 0;", 40),
    ] {
        for name in ["a", "a name of some length which does not fit everywhere.tar.gz", "長い名前のファイル.txt"]
        {
            let states = drawn(set_up, name);
            let bars = states.iter().filter(|state| state.contains('%'));
            let width = |state: &str| state.chars().map(|one| if one.is_ascii() { 1 } else { 2 }).sum::<usize>();
            for bar in bars {
                assert!(bar.starts_with('[') && width(bar) < columns, "{set_up} {name}: {bar:?}");
            }
            let last_bar = states.iter().rposition(|state| state.contains('%')).unwrap();
            let cleared = &states[last_bar + 1];
            assert!(cleared.trim().is_empty() && cleared.len() >= width(&states[last_bar]), "{states:?}");
            assert!(states[last_bar + 2].starts_with("client: "), "{states:?}");
        }
    }
}
