//! The designs of a server: what is special in each, and what is the same in all.
//!
//! `DESIGN=spare-threads:1-64 cargo test` runs all other tests under another design too.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use file_transfer::journal::{Event, Record};
use file_transfer::server::designs::Design;
use file_transfer::server::STOP_GRACE;

use crate::support::{eventually, TestServer, Wanted, Wire, MOMENT};

const DESIGNS: [Design; 4] =
    [Design::Iterative, Design::ThreadPerClient, Design::Prethreaded(2), Design::SpareThreads { min: 1, max: 3 }];

fn server(design: Design) -> TestServer {
    TestServer::with(Wanted { design, ..Wanted::default() })
}

/// Logs out, and sees the end.
#[track_caller]
fn log_out(mut wire: Wire) {
    wire.send("LOGOUT\n");
    wire.expect_body("Goodbye.\n");
    wire.expect_end();
}

/// Holds so many sessions, one after the other, and returns the names of the threads that carried them out.
fn threads_of_sessions(server: &TestServer, count: usize) -> BTreeSet<String> {
    let hold_session = |_| {
        let wire = server.session();
        let thread = server.sessions()[0].thread.clone();
        log_out(wire);
        server.wait_for_sessions(0);
        thread
    };
    (0..count).map(hold_session).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

// What each design is.

#[test]
fn iterative_greets_the_second_client_when_the_first_has_left() {
    let server = server(Design::Iterative);
    let first = server.session();
    let mut second = server.connect();
    second.expect_silence();
    log_out(first);
    second.expect_ok();
}

#[test]
fn iterative_holds_every_session_on_the_thread_that_accepts() {
    let accepting = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&accepting);
    let observer = Box::new(move |record: &Record| {
        if let Event::Connected | Event::Received(_) = record.event {
            seen.lock().unwrap().insert(format!("{:?}", thread::current().id()));
        }
    });
    let server = TestServer::with(Wanted { design: Design::Iterative, observer, ..Wanted::default() });
    for _ in 0..3 {
        log_out(server.session());
    }
    assert_eq!(accepting.lock().unwrap().len(), 1);
}

#[test]
fn thread_per_client_spawns_a_thread_for_each_session() {
    let server = server(Design::ThreadPerClient);
    assert_eq!(threads_of_sessions(&server, 3), names(&["session-1", "session-2", "session-3"]));
}

#[test]
fn prethreaded_serves_as_many_clients_at_once_as_it_has_threads() {
    let server = server(Design::Prethreaded(2));
    let (first, _second) = (server.session(), server.session());
    let mut third = server.connect();
    third.expect_silence();
    log_out(first);
    third.expect_ok();
}

#[test]
fn prethreaded_spawns_no_thread_for_a_client() {
    let server = server(Design::Prethreaded(2));
    let threads = threads_of_sessions(&server, 20);
    assert!(threads.is_subset(&names(&["worker-1", "worker-2"])), "{threads:?}");
}

#[test]
fn spare_threads_grow_to_their_most_with_the_clients_and_no_further() {
    let server = server(Design::SpareThreads { min: 1, max: 3 });
    let mut inside: Vec<_> = (0..3).map(|_| server.session()).collect();
    let threads: BTreeSet<_> = server.sessions().into_iter().map(|session| session.thread).collect();
    assert_eq!(threads, names(&["worker-1", "worker-2", "worker-3"]));
    let mut fourth = server.connect();
    fourth.expect_silence();
    log_out(inside.remove(0));
    fourth.expect_ok();
}

#[test]
fn spare_threads_come_back_instead_of_being_spawned_again() {
    let server = server(Design::SpareThreads { min: 1, max: 3 });
    let threads = threads_of_sessions(&server, 20);
    assert!(threads.is_subset(&names(&["worker-1", "worker-2", "worker-3"])), "{threads:?}");
}

// What all of them keep.

#[test]
fn a_whole_session_is_the_same_under_every_design() {
    for design in DESIGNS {
        let server = server(design);
        let mut wire = server.session();
        wire.send("LIST\nDOWNLOAD a.txt\nDOWNLOAD b.txt\n");
        wire.expect_body("6 a.txt\n");
        wire.expect_body("hello\n");
        wire.expect_err("NOT_FOUND");
        log_out(wire);
    }
}

#[test]
fn a_server_that_nobody_uses_stops_under_every_design_and_no_thread_of_it_is_left() {
    for design in DESIGNS.into_iter().chain([Design::Prethreaded(50), Design::SpareThreads { min: 50, max: 50 }]) {
        let mut server = server(design);
        // It is there, and its threads wait again.
        log_out(server.session());
        server.server.stop();
        // It ends when the last of the design's threads has ended.
        server.wait_for_end();
    }
}

#[test]
fn a_stop_tells_the_sessions_and_the_clients_in_the_backlog_under_every_design() {
    for design in DESIGNS {
        let mut server = server(design);
        let mut inside = server.session();
        // The first of them get sessions if the design has threads for them. The stop tells them too.
        let mut others: Vec<_> = (0..5).map(|_| server.connect()).collect();
        let stopping = Arc::clone(&server.server);
        let stop = thread::spawn(move || stopping.stop());
        inside.expect_err("SHUTTING_DOWN");
        inside.expect_end();
        for other in &mut others {
            let said = String::from_utf8(other.rest()).unwrap();
            let last = said.lines().last().unwrap_or_default();
            assert!(last.starts_with("ERR SHUTTING_DOWN "), "{design}: a client was told {said:?}");
        }
        drop((inside, others));
        stop.join().unwrap();
        server.wait_for_end();
    }
}

#[test]
fn many_clients_that_connect_again_and_again_do_not_delay_a_stop() {
    const CROWD: usize = 200;
    let mut server = server(Design::Prethreaded(8));
    let (address, over) = (server.address, Mutex::new(false));
    let took = thread::scope(|scope| {
        for _ in 0..CROWD {
            scope.spawn(|| {
                while !*over.lock().unwrap() {
                    // Greeted, refused or without an answer: it leaves, and comes again.
                    let _ = TcpStream::connect_timeout(&address, MOMENT).and_then(|mut stream| {
                        stream.set_read_timeout(Some(MOMENT))?;
                        stream.read(&mut [0; 64])
                    });
                }
            });
        }
        let begun = Instant::now();
        server.server.stop();
        let took = begun.elapsed();
        *over.lock().unwrap() = true;
        took
    });
    // The grace is for transfers under way, and there is none.
    assert!(took < STOP_GRACE, "the stop took {took:?}");
    server.wait_for_end();
}

#[test]
fn a_kick_frees_the_thread_for_the_next_client_under_every_design() {
    for design in DESIGNS {
        let server = server(design);
        for number in 1..=6 {
            let mut wire = server.session();
            assert!(server.server.kick(number), "{design}: there is no session {number}");
            wire.expect_end();
        }
    }
}

#[test]
fn a_panic_costs_no_design_a_thread() {
    let panic_at_help = |record: &Record| {
        if matches!(record.event, Event::Received(b"HELP\n")) {
            panic!("this test wants it");
        }
    };
    for design in DESIGNS {
        let server = TestServer::with(Wanted { design, observer: Box::new(panic_at_help), ..Wanted::default() });
        for _ in 0..6 {
            let mut panics = server.session();
            panics.send("HELP\n");
            panics.expect_end();
        }
        log_out(server.session());
    }
}

#[test]
fn sessions_past_the_limit_are_refused_by_every_design_that_has_a_thread_to_say_so() {
    for design in [Design::ThreadPerClient, Design::Prethreaded(2), Design::SpareThreads { min: 1, max: 3 }] {
        let server = TestServer::with(Wanted { design, max_sessions: 1, ..Wanted::default() });
        let inside = server.session();
        for _ in 0..6 {
            let mut refused = server.connect();
            refused.expect_err("SERVER_FULL");
            refused.expect_end();
        }
        log_out(inside);
        log_out(server.session());
    }
}

#[test]
fn clients_that_never_end_their_side_do_not_keep_iterative_from_the_next() {
    let server = server(Design::Iterative);
    let mut left_open = Vec::new();
    for _ in 0..5 {
        let mut wire = server.session();
        wire.send("LOGOUT\n");
        wire.expect_body("Goodbye.\n");
        left_open.push(wire);
    }
    // All five wait for the end at the same time, each on a thread of its own: none was waited for before the next.
    eventually("nobody is waited for", || server.server.registry().is_empty());
}
