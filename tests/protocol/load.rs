//! `lab load`: it counts what happened, and the clients that still wait at the end.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use file_transfer::lab::broken::{iterative, lock_held, no_cr, two_writes};
use file_transfer::lab::load::{run, run_watched, Outcome, Workload, GRACE};
use file_transfer::server::file_handler::FileHandler;
use file_transfer::wire::FileName;

use crate::support::{eventually, TempDir, TestServer, Wanted, PATIENCE};

const CLIENTS: usize = 4;

/// For how long a load asks. What is asserted does not depend on it.
const LASTING: Duration = Duration::from_millis(300);

/// Such a load waits as long as a test does for answers that must come.
fn workload(server: SocketAddr) -> Workload {
    let file = FileName::parse("a.txt").unwrap();
    let slow_file = file.clone();
    let grace = PATIENCE;
    Workload { server, file, clients: CLIENTS, lasting: LASTING, grace, reconnect: false, slow: 0, slow_file }
}

/// Such a load does not wait long for answers that never come.
fn hopeless(server: SocketAddr) -> Workload {
    Workload { grace: GRACE, ..workload(server) }
}

/// What a failing test prints.
fn told(outcome: &Outcome) -> String {
    let tally = &outcome.tally;
    let errors: Vec<_> = tally.errors.kinds().collect();
    format!(
        "{} answers, {} bytes, {} connections, waiting {:?}, never answered {}, errors {errors:?}\n{}",
        tally.answers,
        tally.bytes,
        tally.connections,
        tally.unfinished,
        tally.never_answered,
        tally.waits.drawn()
    )
}

/// A listener whose connections this function serves, for ever, on a thread of its own.
fn serving(serve: impl Fn(&TcpListener) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(&listener));
    address
}

/// A server that greets, and answers each command with these bytes and the end.
fn answering(reply: &'static str) -> SocketAddr {
    serving(move |listener| {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"OK 3\nhi\n");
            let _ = BufReader::new(&stream).read_line(&mut String::new());
            let _ = stream.write_all(reply.as_bytes());
        }
    })
}

#[test]
fn every_request_of_a_kept_connection_is_answered_and_counted() {
    let server = TestServer::start();
    let outcome = run(&workload(server.address)).unwrap();
    let tally = &outcome.tally;
    assert!(outcome.is_faultless(), "{}", told(&outcome));
    assert!(tally.answers > 0 && tally.bytes >= tally.answers * "hello\n".len() as u64, "{}", told(&outcome));
    assert!(tally.waits.count() >= tally.answers, "{}", told(&outcome));
    eventually("one session for each client", || server.journal.lock().unwrap().len() == CLIENTS);
}

#[test]
fn with_reconnect_each_request_is_a_whole_session() {
    let server = TestServer::start();
    let outcome = run(&Workload { reconnect: true, ..workload(server.address) }).unwrap();
    assert!(outcome.is_faultless(), "{}", told(&outcome));
    let answered = outcome.tally.waits.count() as usize;
    let logged_out = || server.journal.lock().unwrap().iter().filter(|line| line.contains("logged out")).count();
    eventually("a logout for each answer", || logged_out() == answered);
    assert_eq!(server.journal.lock().unwrap().len(), answered, "and no other session");
}

#[test]
fn a_last_look_is_taken_while_every_kept_connection_still_stands() {
    let server = TestServer::start();
    let mut seen = 0;
    let outcome = run_watched(&workload(server.address), || seen = server.server.registry().active()).unwrap();
    assert_eq!(seen, CLIENTS, "{}", told(&outcome));
}

#[test]
fn refusals_are_counted_by_their_code_and_those_who_got_nothing_else_too() {
    let server = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    let outcome = run(&workload(server.address)).unwrap();
    let kinds: Vec<_> = outcome.tally.errors.kinds().map(|(kind, _, _)| kind).collect();
    assert_eq!(kinds, ["refused: SERVER_FULL"], "{}", told(&outcome));
    assert_eq!(outcome.tally.never_answered, CLIENTS - 1, "{}", told(&outcome));
    assert!(outcome.tally.unfinished.is_empty() && !outcome.is_faultless(), "{}", told(&outcome));
}

#[test]
fn a_body_shorter_than_promised_is_a_broken_protocol() {
    let outcome = run(&workload(answering("OK 10\nshort"))).unwrap();
    let kinds: Vec<_> = outcome.tally.errors.kinds().map(|(kind, _, example)| (kind, example)).collect();
    assert_eq!(kinds, [("broken protocol", "the body ended after 5 of the 10 bytes promised")], "{}", told(&outcome));
    assert_eq!(outcome.tally.never_answered, CLIENTS, "{}", told(&outcome));
}

#[test]
fn under_an_iterative_server_one_client_is_served_and_the_others_wait_to_the_end() {
    let dir = TempDir::new();
    dir.put("a.txt", "hello\n");
    let served = FileHandler::new(dir.path()).unwrap();
    let outcome = run(&hopeless(serving(move |listener| iterative::serve(listener, &served)))).unwrap();
    let tally = &outcome.tally;
    assert_eq!((tally.unfinished.len(), tally.never_answered), (CLIENTS - 1, CLIENTS - 1), "{}", told(&outcome));
    assert!(tally.answers > 0, "{}", told(&outcome));
    assert_eq!(tally.waits.longest(), tally.unfinished.iter().max().copied(), "{}", told(&outcome));
    assert!(tally.unfinished.iter().all(|wait| *wait > GRACE), "{}", told(&outcome));
}

#[test]
fn a_slow_reader_stops_a_server_that_sends_under_its_lock_and_not_ours() {
    let dir = TempDir::new();
    dir.put("a.txt", vec![b'x'; 64 * 1024]);
    let served = FileHandler::new(dir.path()).unwrap();
    let broken = serving(move |listener| lock_held::serve(listener, &served));
    let outcome = run(&Workload { slow: 1, ..hopeless(broken) }).unwrap();
    assert!(outcome.tally.unfinished.len() > CLIENTS / 2, "{}", told(&outcome));

    let ours = TestServer::start();
    ours.dir.put("a.txt", vec![b'x'; 64 * 1024]);
    let outcome = run(&Workload { slow: 1, ..workload(ours.address) }).unwrap();
    assert!(outcome.is_faultless() && outcome.slow_ended == 0, "{}", told(&outcome));
}

/// The delayed acknowledgement is some 40 ms long on Linux; other systems may have none on loopback.
#[cfg(target_os = "linux")]
#[test]
fn a_reply_in_two_writes_waits_for_an_acknowledgement_and_a_reply_in_one_does_not() {
    let answers = |serve: fn(&TcpListener, &FileHandler)| {
        let dir = TempDir::new();
        dir.put("a.txt", "hello\n");
        let served = FileHandler::new(dir.path()).unwrap();
        let outcome = run(&workload(serving(move |listener| serve(listener, &served)))).unwrap();
        assert!(outcome.is_faultless(), "{}", told(&outcome));
        outcome.tally.answers
    };
    let (apart, together) = (answers(two_writes::serve), answers(no_cr::serve));
    assert!(apart * 3 < together, "{apart} answers in two writes, {together} in one");
}

#[test]
fn a_server_that_never_answers_does_not_hold_it_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let begun = Instant::now();
    let outcome = run(&Workload { slow: 2, ..hopeless(listener.local_addr().unwrap()) }).unwrap();
    assert!(begun.elapsed() < PATIENCE, "it took {:?}", begun.elapsed());
    let tally = &outcome.tally;
    assert_eq!((tally.unfinished.len(), tally.never_answered), (CLIENTS, CLIENTS), "{}", told(&outcome));
    assert_eq!((tally.answers, tally.errors.total()), (0, 0), "{}", told(&outcome));
}

/// Runs `lab load`: the exit code, and what it printed.
fn lab_load(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lab")).arg("load").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn it_prints_its_numbers_and_writes_them_into_a_file() {
    let server = TestServer::start();
    let tsv = server.dir.path().join("numbers.tsv");
    let (code, shown, complaints) =
        lab_load(&[&server.address.to_string(), "--seconds", "0.3", "--clients=2", "--tsv", tsv.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{shown}{complaints}");
    for wanted in ["2 clients ask ", "for 'a.txt' (6 B)", "requests ", "p99 ", "errors       none", "nobody was left"] {
        assert!(shown.contains(wanted), "'{wanted}' is missing:\n{shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let numbers = String::from_utf8(server.dir.get("numbers.tsv")).unwrap();
    assert!(numbers.lines().all(|line| line.split('\t').count() == 2), "{numbers}");
    assert!(numbers.contains("clients\t2\n") && numbers.contains("still_waiting\t0\n"), "{numbers}");
}

#[test]
fn clients_that_wait_are_reported_and_the_exit_code_says_so() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let (code, shown, _) = lab_load(&[&address, "--seconds", "0.1", "--clients", "2", "--file", "x"]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("2 of 2 clients were still waiting"), "{shown}");
}

#[test]
fn what_can_not_be_loaded_is_told_in_one_line() {
    let server = TestServer::start();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let address = server.address.to_string();
    for (arguments, code, word) in [
        (&[gone.as_str()][..], 1, "is a server running there?"),
        (&[&address, "--file", "b.txt"], 1, "has no file 'b.txt'"),
        (&[&address, "--file", "../x"], 2, "can't lead into another directory"),
        (&[&address, "--clients", "0"], 2, "--clients needs a whole number from 1"),
        (&[&address, "extra"], 2, "'extra' is not understood"),
        (&["localhost"], 2, "needs a port"),
        (&[], 2, "which server?"),
    ] {
        let (ended, shown, complaint) = lab_load(arguments);
        assert_eq!(
            (ended, shown.as_str(), complaint.lines().count()),
            (Some(code), "", 1),
            "{arguments:?} {complaint}"
        );
        assert!(complaint.contains(word), "{arguments:?}: {complaint}");
    }
}
