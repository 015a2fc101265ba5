//! Sessions: how many there may be, how the registry shows them, and how they end: by a limit, a kick, a stop, a panic
//! or a deadline.

use std::fs::File;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use file_transfer::journal::{Event, Record};
use file_transfer::programs::console;
use file_transfer::server::designs::Design;
use file_transfer::server::limits::Limits;
use file_transfer::server::registry::{Doing, Registry};

use crate::support::{eventually, Reply, TestServer, Wanted, Wire};

/// More than the sockets on both sides can hold: a transfer that nobody reads stops.
const BIG: u64 = 16 * 1024 * 1024;

/// For tests that wait for an idle timeout.
const SHORT: Duration = Duration::from_millis(300);

/// For tests in which a client has to be faster than the idle timeout, on a busy machine too.
const LONGER: Duration = Duration::from_millis(1200);

fn limited_to(max_sessions: usize) -> TestServer {
    TestServer::with(Wanted { max_sessions, ..Wanted::default() })
}

fn with_idle_timeout(idle_timeout: Duration) -> TestServer {
    TestServer::with(Wanted { idle_timeout, ..Wanted::default() })
}

/// For tests that look at the threads' names.
fn with_a_thread_for_each_session() -> TestServer {
    TestServer::with(Wanted { design: Design::ThreadPerClient, ..Wanted::default() })
}

/// A file of zeros that uses no space on the disk.
fn put_big_file(server: &TestServer, name: &str) {
    File::create(server.dir.path().join(name)).unwrap().set_len(BIG).unwrap();
}

/// A session in the middle of `big.bin`, which does not go on before the test reads.
fn session_inside_a_body(server: &TestServer) -> Wire {
    put_big_file(server, "big.bin");
    let mut wire = server.session();
    wire.send("DOWNLOAD big.bin\n");
    assert_eq!(wire.line(), format!("OK {BIG}\n").as_bytes());
    wire
}

/// Stops the server on a thread of its own: a stop lasts until the sessions are over.
fn begin_stop(server: &TestServer) -> JoinHandle<()> {
    let server = Arc::clone(&server.server);
    thread::spawn(move || server.stop())
}

fn wait_for_stop(stop: JoinHandle<()>, mut server: TestServer) {
    eventually("the end of the stop", || stop.is_finished());
    stop.join().unwrap();
    server.wait_for_end();
}

/// Waits until the server has sent something, without taking it.
fn wait_for_a_byte(wire: &Wire) {
    assert_eq!(wire.stream.peek(&mut [0]).unwrap(), 1, "the connection ended");
}

/// What the operator's console answers to one line.
fn operator_types(server: &TestServer, line: &str) -> String {
    let answers = Mutex::new(Vec::new());
    console::run(line.as_bytes(), &server.server, |text| answers.lock().unwrap().push(text.to_string()));
    answers.into_inner().unwrap().join("\n")
}

fn wait_for_journal(server: &TestServer, words: &str) {
    eventually(words, || server.journal.lock().unwrap().iter().any(|line| line.contains(words)));
}

/// A connection that belongs to no server: the registry keeps it, and asks it nothing.
pub fn some_connection() -> Arc<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Arc::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap())
}

// Limits.

#[test]
fn past_the_most_sessions_a_connection_gets_server_full_and_the_end() {
    let server = limited_to(2);
    let _inside = [server.session(), server.session()];
    let mut outside = server.connect();
    let message = outside.expect_err("SERVER_FULL");
    assert!(message.contains("all 2 places"), "{message}");
    outside.expect_end();
}

#[test]
fn past_the_most_sessions_of_one_address_a_connection_gets_server_full_and_the_end() {
    let server = TestServer::with(Wanted { max_per_address: Some(2), ..Wanted::default() });
    let inside = [server.session(), server.session()];
    let mut outside = server.connect();
    let message = outside.expect_err("SERVER_FULL");
    assert!(message.contains("127.0.0.1"), "the message names the address: {message}");
    outside.expect_end();

    drop(inside);
    server.wait_for_sessions(0);
    server.session();
}

#[test]
fn one_address_with_all_its_sessions_does_not_stop_another_address() {
    let registry = Registry::new(Limits { max_sessions: 10, max_per_address: Some(1) });
    let stream = some_connection();
    let admit = |peer: &str| registry.admit(peer.parse().unwrap(), &stream);
    let _first = admit("192.0.2.1:1000").unwrap();
    let _other = admit("192.0.2.2:1000").unwrap();
    assert!(admit("192.0.2.1:1001").is_err(), "another port is the same address");
    assert!(admit("[::ffff:192.0.2.1]:1000").is_err(), "written as IPv6 it is the same address");
    assert_eq!(registry.active(), 2);
}

#[test]
fn threads_that_race_for_the_last_place_never_both_get_it() {
    let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
    let stream = some_connection();
    let inside = Arc::new(Mutex::new(0));
    let race = || {
        let (registry, stream, inside) = (registry.clone(), Arc::clone(&stream), Arc::clone(&inside));
        thread::spawn(move || {
            let mut admitted = 0;
            while admitted < 200 {
                let Ok(place) = registry.admit("192.0.2.1:1000".parse().unwrap(), &stream) else { continue };
                admitted += 1;
                *inside.lock().unwrap() += 1;
                thread::yield_now();
                assert_eq!(*inside.lock().unwrap(), 1, "sessions that hold the only place");
                *inside.lock().unwrap() -= 1;
                drop(place);
            }
        })
    };
    let racers = [race(), race(), race()];
    for racer in racers {
        racer.join().unwrap();
    }
    assert_eq!(registry.active(), 0);
}

#[test]
fn when_connections_race_for_the_last_places_as_many_are_greeted_as_there_are_places() {
    let server = limited_to(2);
    let address = server.address;
    for _ in 0..10 {
        let race = || {
            thread::spawn(move || {
                let mut wire = Wire::connect(address);
                let greeted = match wire.reply() {
                    Reply::Ok(_) => true,
                    Reply::Err { code, .. } if code == "SERVER_FULL" => false,
                    Reply::Err { .. } => wire.fail("expected the greeting or SERVER_FULL"),
                };
                (wire, greeted)
            })
        };
        let racers = [race(), race(), race(), race(), race()];
        let results = racers.map(|racer| racer.join().unwrap());
        assert_eq!(results.iter().filter(|(_, greeted)| *greeted).count(), 2);
        drop(results);
        server.wait_for_sessions(0);
    }
}

#[test]
fn the_server_full_line_is_never_lost_although_the_client_sent_a_lot_before_it_reads() {
    let server = limited_to(1);
    let _inside = server.session();
    for _ in 0..10 {
        let mut outside = server.connect();
        outside.send(vec![b'x'; 50 * 1024]);
        wait_for_a_byte(&outside);
        // A server that had closed at once would answer the first of these with a reset, and sending would fail.
        for _ in 0..50 {
            outside.send(vec![b'x'; 1024]);
        }
        outside.expect_err("SERVER_FULL");
        outside.expect_end();
    }
}

#[test]
fn more_refused_connections_than_the_server_waits_for_disturb_no_session() {
    let server = limited_to(1);
    let mut inside = server.session();
    let mut outside: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for wire in &mut outside {
        wire.expect_err("SERVER_FULL");
        wire.expect_end();
    }
    inside.send("LIST\n");
    inside.expect_body("6 a.txt\n");
}

// The place comes back.

#[test]
fn a_client_that_saw_the_end_of_its_session_can_connect_again_immediately() {
    let server = limited_to(1);
    let too_long = "x".repeat(1024);
    for last_words in ["LOGOUT\n", "", "an unfinished line", &too_long] {
        for _ in 0..5 {
            let mut wire = server.session();
            wire.send(last_words);
            wire.half_close();
            wire.rest();
        }
    }
}

#[test]
fn the_place_comes_back_when_a_client_vanishes_between_two_commands() {
    let server = limited_to(1);
    drop(server.session());
    server.wait_for_sessions(0);
    server.session();
}

#[test]
fn the_place_comes_back_when_a_client_vanishes_inside_a_body() {
    let server = limited_to(1);
    drop(session_inside_a_body(&server));
    server.wait_for_sessions(0);
    server.session();
}

#[test]
fn the_place_comes_back_after_a_reset() {
    let server = limited_to(1);
    let wire = server.connect();
    // To close with the greeting unread makes TCP send a reset.
    wait_for_a_byte(&wire);
    drop(wire);
    server.wait_for_sessions(0);
    server.session();
}

#[test]
fn a_panic_gives_the_place_back_and_the_other_sessions_go_on() {
    let panic_at_help = |record: &Record| {
        if matches!(record.event, Event::Received(b"HELP\n")) {
            panic!("this test wants it");
        }
    };
    let server = TestServer::with(Wanted { max_sessions: 2, observer: Box::new(panic_at_help), ..Wanted::default() });
    let mut other = server.session();
    for _ in 0..3 {
        let mut panics = server.session();
        panics.send("HELP\n");
        panics.expect_end();
    }
    wait_for_journal(&server, "panicked");
    server.wait_for_sessions(1);
    other.send("LIST\n");
    other.expect_body("6 a.txt\n");
}

// The registry shows them.

#[test]
fn the_registry_shows_who_waits_and_who_receives_which_file_at_which_byte() {
    let server = with_a_thread_for_each_session();
    let waiting = server.session();
    let mut loading = session_inside_a_body(&server);
    eventually("one waits, one receives", || {
        let sending = |seen: &Doing| matches!(seen, Doing::Sending { subject, .. } if subject == "big.bin");
        matches!(&server.sessions()[..], [a, b] if a.doing == Doing::Waiting && sending(&b.doing) && b.bytes_sent > 0)
    });

    let seen = server.sessions();
    for (view, wire) in seen.iter().zip([&waiting, &loading]) {
        assert_eq!(view.peer, wire.stream.local_addr().unwrap());
        assert_eq!(view.thread, format!("session-{}", view.number));
        assert!(view.since <= view.last_active);
    }
    assert!(seen[0].number < seen[1].number);
    let Doing::Sending { sent, size, .. } = seen[1].doing else { panic!("{:?}", seen[1]) };
    assert!(size == BIG && sent < BIG && seen[1].bytes_sent > sent, "{:?}", seen[1]);

    let greeting = seen[0].bytes_sent;
    loading.bytes(BIG as usize);
    eventually("both wait", || server.sessions().iter().all(|view| view.doing == Doing::Waiting));
    assert_eq!(server.sessions()[1].bytes_sent, greeting + BIG);
}

#[test]
fn the_console_says_nobody_is_connected_before_it_shows_a_table() {
    let server = TestServer::start();
    assert_eq!(operator_types(&server, "who"), "nobody is connected");
    let _session = server.session();
    let table = operator_types(&server, "who");
    assert!(table.lines().count() == 2 && table.trim_start().starts_with('#'), "{table}");
}

#[test]
fn the_console_shows_what_a_session_does_without_what_a_terminal_would_obey() {
    let server = with_a_thread_for_each_session();
    // This character turns the direction of writing: the name would look like another one.
    put_big_file(&server, "\u{202e}exe.txt");
    let _waiting = server.session();
    let mut loading = server.session();
    loading.send("DOWNLOAD \u{202e}exe.txt\n");
    loading.line();
    eventually("the table shows both", || {
        let table = operator_types(&server, "who");
        let rows: Vec<_> = table.lines().collect();
        rows.len() == 3
            && rows[1].contains("session-1")
            && rows[1].ends_with("  waiting")
            && rows[2].contains("session-2")
            && rows[2].contains("%")
            && rows[2].ends_with(r"B/s \u{202e}exe.txt")
    });
}

// Kick.

#[test]
fn a_kick_cuts_a_session_that_waits_and_no_other() {
    let server = TestServer::start();
    let mut kicked = server.session();
    let mut other = server.session();
    let number = server.sessions()[0].number;
    assert!(server.server.kick(number));
    kicked.expect_end();
    server.wait_for_sessions(1);
    wait_for_journal(&server, "kicked");
    assert!(!server.server.kick(number), "it is gone");
    other.send("LIST\n");
    other.expect_body("6 a.txt\n");
}

#[test]
fn a_kick_cuts_a_session_inside_a_body() {
    let server = TestServer::start();
    let mut wire = session_inside_a_body(&server);
    assert!(server.server.kick(server.sessions()[0].number));
    server.wait_for_sessions(0);
    assert!((wire.rest().len() as u64) < BIG);
}

#[test]
fn a_client_that_was_kicked_can_connect_again() {
    let server = limited_to(1);
    for _ in 0..50 {
        let mut kicked = server.session();
        let number = server.sessions()[0].number;
        assert!(server.server.kick(number));
        kicked.expect_end();
        server.session().half_close();
        server.wait_for_sessions(0);
    }
}

// Stop.

#[test]
fn a_stop_tells_waiting_sessions_and_its_line_is_not_lost_although_they_go_on_sending() {
    let server = TestServer::start();
    let mut silent = server.session();
    let mut inside_a_line = server.session();
    let mut talking = server.session();
    inside_a_line.send("LIS");
    server.wait_for_sessions(3);
    eventually("all wait", || server.sessions().iter().all(|view| view.doing == Doing::Waiting));

    let stop = begin_stop(&server);
    for wire in [&mut silent, &mut inside_a_line, &mut talking] {
        wait_for_a_byte(wire);
    }
    inside_a_line.half_close();
    for _ in 0..5 {
        talking.send("LIST\n".repeat(200));
    }
    for mut wire in [silent, inside_a_line, talking] {
        let message = wire.expect_err("SHUTTING_DOWN");
        assert!(message.contains("connect again"), "{message}");
        wire.expect_end();
    }
    wait_for_stop(stop, server);
}

#[test]
fn a_stop_lets_a_transfer_finish_and_admits_no_client_meanwhile() {
    let server = TestServer::start();
    let mut loading = session_inside_a_body(&server);
    let stop = begin_stop(&server);
    eventually("a newcomer is turned away", || match server.connect().reply() {
        Reply::Ok(_) => false,
        Reply::Err { code, .. } => code == "SHUTTING_DOWN",
    });

    let body = loading.bytes(BIG as usize);
    assert!(body.iter().all(|byte| *byte == 0));
    loading.expect_err("SHUTTING_DOWN");
    loading.expect_end();
    drop(loading);
    wait_for_stop(stop, server);
}

#[test]
fn a_stop_ends_although_a_client_ignores_it() {
    let server = TestServer::start();
    let _ignoring = server.session();
    wait_for_stop(begin_stop(&server), server);
}

#[test]
#[ignore = "lasts the ten seconds that a stop grants to transfers"]
fn a_stop_cuts_a_transfer_that_takes_longer_than_its_grace() {
    let server = TestServer::start();
    let mut loading = session_inside_a_body(&server);
    wait_for_stop(begin_stop(&server), server);
    assert!((loading.rest().len() as u64) < BIG);
}

#[test]
fn a_stop_of_a_server_without_sessions_ends_at_once() {
    let server = TestServer::start();
    wait_for_stop(begin_stop(&server), server);
}

#[test]
fn a_stop_tells_every_busy_session_too() {
    let server = TestServer::start();
    let busy: Vec<_> = (0..20).map(|_| server.session()).collect();
    let asking: Vec<_> = busy
        .into_iter()
        .map(|mut wire| {
            thread::spawn(move || loop {
                wire.send("HELP\n");
                if let Reply::Err { code, .. } = wire.reply() {
                    return (code, wire);
                }
            })
        })
        .collect();
    let stop = begin_stop(&server);
    for client in asking {
        let (code, mut wire) = client.join().unwrap();
        assert_eq!(code, "SHUTTING_DOWN");
        wire.expect_end();
    }
    wait_for_stop(stop, server);
}

// Deadlines.

#[test]
fn a_session_without_a_command_gets_idle_timeout_and_the_end() {
    let server = with_idle_timeout(SHORT);
    let mut wire = server.session();
    let message = wire.expect_err("IDLE_TIMEOUT");
    assert!(message.contains("silent") && message.contains("newline"), "{message}");
    wire.expect_end();
    server.wait_for_sessions(0);
}

#[test]
fn the_idle_timeout_names_how_many_bytes_of_a_line_wait_telnet_not_counted() {
    let server = with_idle_timeout(LONGER);
    let mut with_text = server.session();
    let mut with_both = server.session();
    let mut with_telnet = server.session();
    with_text.send("LIST");
    with_both.send(b"\xff\xfd\x01LI\xff\xfb\x1f");
    with_telnet.send(b"\xff\xf1");
    for (mut wire, waiting) in [(with_text, "4 bytes"), (with_both, "2 bytes"), (with_telnet, "0 bytes")] {
        let message = wire.expect_err("IDLE_TIMEOUT");
        assert!(message.contains(waiting) && message.contains("newline"), "{message}");
        wire.expect_end();
    }
}

#[test]
fn a_byte_now_and_then_does_not_extend_the_idle_timeout() {
    let server = with_idle_timeout(SHORT);
    let mut wire = server.session();
    let mut dripping = wire.stream.try_clone().unwrap();
    let drip = thread::spawn(move || {
        while dripping.write_all(b"x").is_ok() {
            thread::sleep(SHORT / 15);
        }
    });
    wire.expect_err("IDLE_TIMEOUT");
    wire.expect_end();
    let _ = wire.stream.shutdown(Shutdown::Both);
    drip.join().unwrap();
}

#[test]
fn a_session_that_asks_often_enough_lives_longer_than_the_idle_timeout() {
    let server = with_idle_timeout(LONGER);
    let mut wire = server.session();
    let begun = Instant::now();
    while begun.elapsed() < LONGER * 5 / 4 {
        wire.send("LIST\n");
        wire.expect_body("6 a.txt\n");
        thread::sleep(LONGER / 100);
    }
}

#[test]
fn a_slow_client_is_not_cut_and_its_time_counts_from_the_end_of_the_reply() {
    const PIECES: u32 = 64;
    let server = with_idle_timeout(LONGER);
    let mut wire = session_inside_a_body(&server);
    for _ in 0..PIECES {
        wire.bytes(BIG as usize / PIECES as usize);
        thread::sleep(LONGER * 5 / 4 / PIECES);
    }
    wire.send("LIST\n");
    wire.expect_ok();
}

#[test]
fn a_client_that_takes_no_byte_of_a_reply_is_cut() {
    let server = with_idle_timeout(LONGER);
    let mut wire = session_inside_a_body(&server);
    server.wait_for_sessions(0);
    wait_for_journal(&server, "took no byte");
    assert!((wire.rest().len() as u64) < BIG);
}
