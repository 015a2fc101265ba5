//! `lab relay`: the same bytes pass whatever it does to them. What it shows and captures is what passed. After a peer
//! vanishes, no thread and no descriptor remains.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use file_transfer::lab::broken::one_read;
use file_transfer::lab::relay::MAX_CONNECTIONS;
use file_transfer::server::designs::Design;
use file_transfer::server::file_handler::FileHandler;

use crate::command_lines::{listening_address, run, Ended, Program, CLIENT, LAB};
use crate::support::{eventually, Reply, TempDir, TestServer, Wanted, Wire, PATIENCE};

/// A running `lab relay`.
struct Relay {
    program: Program,
    address: SocketAddr,
    /// Its threads and its descriptors before the first client came, where the system has a `/proc` that tells so.
    at_rest: (usize, usize),
}

/// A piece that it has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    offset: usize,
    length: usize,
    bytes: String,
}

impl Relay {
    fn start(to: SocketAddr, options: &[&str]) -> Relay {
        let mut command = Command::new(LAB);
        command.args(["relay", "--to", &to.to_string()]).args(options);
        let program = Program::start(&mut command);
        program.shows("passing on to");
        let address = listening_address(&program.so_far());
        if !options.contains(&"--quiet") {
            program.shows("seconds  conn");
        }
        let at_rest = threads_and_descriptors(program.id());
        Relay { program, address, at_rest }
    }

    /// Waits until nothing of any connection is left: no thread, and no descriptor.
    #[track_caller]
    fn rests(&self) {
        let is_at_rest = || {
            let (threads, descriptors) = threads_and_descriptors(self.program.id());
            // The printer's thread may have been on its way at the beginning.
            threads <= self.at_rest.0 + 1 && descriptors <= self.at_rest.1
        };
        eventually("a relay with nothing left of its connections", is_at_rest);
    }

    fn connect(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// A connection on which the greeting has come.
    fn session(&self) -> Wire {
        let mut wire = self.connect();
        wire.expect_ok();
        wire
    }

    /// The pieces of one direction (`->` or `<-`) of a connection.
    fn pieces(&self, connection: &str, arrow: &str) -> Vec<Piece> {
        let piece = |line: &str| {
            let (words, bytes) = (line.get(..36)?, line.get(36..)?);
            let words: Vec<_> = words.split_whitespace().collect();
            match words[..] {
                [_, number, direction, offset, length] if number == connection && direction == arrow => {
                    let (offset, length) = (offset.parse().ok()?, length.parse().ok()?);
                    Some(Piece { offset, length, bytes: bytes.trim_start().to_string() })
                }
                _ => None,
            }
        };
        self.program.so_far().lines().filter_map(piece).collect()
    }
}

fn threads_and_descriptors(process: u32) -> (usize, usize) {
    let count = |what: &str| fs::read_dir(format!("/proc/{process}/{what}")).map_or(0, Iterator::count);
    (count("task"), count("fd"))
}

/// A server that sends back what comes, and ends when its client ends.
fn echo() -> SocketAddr {
    serving(|mut stream| {
        let _ = std::io::copy(&mut stream.try_clone().unwrap(), &mut stream);
    })
}

/// A server that does this with each connection, on a thread of its own.
fn serving(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// Bytes of all values that do not repeat soon.
fn bytes(count: usize) -> Vec<u8> {
    (0..count as u64).map(|index| (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// Our client, through the relay.
fn download(relay: &Relay, dir: &TempDir, names: &[&str]) -> Ended {
    let (server, dir) = (relay.address.to_string(), dir.path().to_str().unwrap());
    run(CLIENT, &[&["--server", &server, "--dir", dir, "--quiet", "DOWNLOAD"], names].concat())
}

// What passes, and what is shown.

#[test]
fn it_says_first_where_it_listens_then_where_it_passes_on_and_shows_every_piece_and_end() {
    let server = TestServer::start();
    let relay = Relay::start(server.address, &[]);
    assert!(relay.program.so_far().lines().nth(1).unwrap() == format!("passing on to {}", server.address));
    let mut wire = relay.session();
    wire.send("LIST\r\n");
    wire.expect_body("6 a.txt\n");
    wire.half_close();
    wire.expect_end();
    relay.program.shows("closed");
    let up = relay.pieces("#1", "->");
    assert_eq!(up, [Piece { offset: 0, length: 6, bytes: r"LIST\r\n".to_string() }], "{}", relay.program.so_far());
    let down = relay.pieces("#1", "<-");
    let mut end = 0;
    for piece in &down {
        assert_eq!(piece.offset, end, "{}", relay.program.so_far());
        end += piece.length;
    }
    assert!(down[0].bytes.starts_with(r"OK 83\nWelcome to the file server.") && down[0].bytes.contains("… and "));
    assert_eq!(down.last().unwrap().bytes, r"OK 8\n6 a.txt\n");
    for line in ["#1   connected: client 127.0.0.1:", "-> end of stream after 6 bytes"] {
        relay.program.shows(line);
    }
    relay.program.shows(&format!("<- end of stream after {end} bytes"));
}

#[test]
fn quiet_shows_no_pieces() {
    let server = TestServer::start();
    let relay = Relay::start(server.address, &["--quiet"]);
    relay.session().send("LIST\n");
    assert_eq!(relay.program.so_far().lines().count(), 2, "{}", relay.program.so_far());
}

/// What changes how bytes travel, and not which: for small files, and for larger ones.
const HARMLESS: [(&[&str], usize); 9] = [
    (&[], 300_000),
    (&["--chop", "1"], 400),
    (&["--chop", "1000"], 300_000),
    (&["--chop", "900", "--seed", "5"], 70_000),
    (&["--glue", "20"], 300_000),
    (&["--delay", "20"], 300_000),
    (&["--delay", "20", "--glue", "5", "--seed", "1"], 300_000),
    (&["--rate", "600000"], 300_000),
    (&["--chop", "700", "--rate", "1000000", "--delay", "5", "--slow-close", "30"], 70_000),
];

#[test]
fn our_client_gets_the_same_files_from_our_server_whatever_harmless_is_done() {
    let server = TestServer::start();
    let sizes = |most: usize| [0, 1, most / 3, most];
    for size in HARMLESS.iter().flat_map(|(_, most)| sizes(*most)) {
        server.dir.put(&format!("{size}.bin"), bytes(size));
    }
    thread::scope(|scope| {
        for (options, most) in HARMLESS {
            let names: Vec<_> = sizes(most).iter().map(|size| format!("{size}.bin")).collect();
            let server = &server;
            scope.spawn(move || {
                let (relay, dir) = (Relay::start(server.address, options), TempDir::new());
                let ended = download(&relay, &dir, &names.iter().map(String::as_str).collect::<Vec<_>>());
                assert_eq!(ended.code, Some(0), "{options:?}: {ended:?}");
                for (name, size) in names.iter().zip(sizes(most)) {
                    assert!(dir.get(name) == bytes(size), "{options:?}: {name} has other bytes");
                }
            });
        }
    });
}

#[test]
fn bytes_of_both_directions_at_once_and_the_half_close_arrive_whatever_harmless_is_done() {
    let server = echo();
    thread::scope(|scope| {
        for (options, most) in HARMLESS {
            scope.spawn(move || {
                let relay = Relay::start(server, &[&["--quiet"], options].concat());
                let stream = TcpStream::connect(relay.address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let sent = bytes(most);
                let mut came = Vec::new();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        (&stream).write_all(&sent).unwrap();
                        stream.shutdown(Shutdown::Write).unwrap();
                    });
                    (&stream).read_to_end(&mut came).unwrap();
                });
                assert!(came == sent, "{options:?}: {} bytes came of {}", came.len(), sent.len());
            });
        }
    });
}

#[test]
fn chopped_packets_have_at_most_so_many_bytes_and_follow_each_other() {
    let relay = Relay::start(echo(), &["--chop", "3", "--only", "up"]);
    let mut wire = relay.connect();
    wire.send("DOWNLOAD a");
    assert_eq!(wire.bytes(10), b"DOWNLOAD a");
    relay.program.shows("  a\n");
    let up: Vec<_> = relay.pieces("#1", "->").into_iter().map(|piece| (piece.offset, piece.length)).collect();
    assert_eq!(up, [(0, 3), (3, 3), (6, 3), (9, 1)], "{}", relay.program.so_far());
}

#[test]
fn the_same_seed_cuts_at_the_same_bytes_in_both_directions_and_another_seed_elsewhere() {
    let server = echo();
    let cuts = |seed: &str| {
        let relay = Relay::start(server, &["--chop", "9", "--seed", seed]);
        let mut wire = relay.connect();
        wire.send(bytes(200));
        wire.half_close();
        assert_eq!(wire.rest(), bytes(200));
        relay.program.shows("closed");
        let lengths = |arrow| relay.pieces("#1", arrow).into_iter().map(|piece| piece.length).collect::<Vec<_>>();
        let up = lengths("->");
        assert!(up.iter().sum::<usize>() == 200 && up.iter().all(|length| (1..=9).contains(length)), "{up:?}");
        // What is cut on the way to the server arrives apart, and can be cut once more on the way back.
        (up, lengths("<-"))
    };
    let first = cuts("1");
    assert_eq!(first.0, cuts("1").0);
    assert_ne!(first.0, cuts("2").0);
    assert_ne!(first.0, first.1);
}

#[test]
fn what_arrives_within_the_time_goes_on_as_one_piece() {
    let relay = Relay::start(echo(), &["--glue", "1500", "--only", "up"]);
    let mut wire = relay.connect();
    for part in ["one ", "two ", "three"] {
        wire.send(part);
    }
    assert_eq!(wire.bytes(13), b"one two three");
    relay.program.shows("one two three");
    assert_eq!(relay.pieces("#1", "->").len(), 1, "{}", relay.program.so_far());
}

#[test]
fn a_delay_is_for_each_direction_and_a_rate_for_all_bytes() {
    let relay = Relay::start(echo(), &["--delay", "100"]);
    let mut wire = relay.connect();
    let begun = Instant::now();
    wire.send("x");
    wire.bytes(1);
    assert!(begun.elapsed() >= Duration::from_millis(200), "there and back within {:?}", begun.elapsed());

    let relay = Relay::start(echo(), &["--rate", "1000", "--only", "up"]);
    let mut wire = relay.connect();
    let begun = Instant::now();
    wire.send(bytes(500));
    wire.bytes(500);
    // The first packet waits for none before it.
    assert!(begun.elapsed() >= Duration::from_millis(400), "500 bytes within {:?}", begun.elapsed());
}

#[test]
fn the_end_is_passed_on_later() {
    let relay = Relay::start(echo(), &["--slow-close", "300", "--only", "up"]);
    let mut wire = relay.connect();
    let begun = Instant::now();
    wire.send("x");
    wire.half_close();
    wire.bytes(1);
    wire.expect_end();
    assert!(begun.elapsed() >= Duration::from_millis(300), "the end came within {:?}", begun.elapsed());
}

/// A line without what differs from run to run: the time, the addresses.
fn comparable(line: &str) -> String {
    let without_time = if line.starts_with("   ") { &line[10..] } else { line };
    let words = without_time.split(' ').map(|word| if word.starts_with("127.0.0.1:") { "ADDRESS" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_transcript_of_the_document_is_what_the_relay_shows() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RELAY.md")).unwrap();
    let shown = document.split("relay --listen 127.0.0.1:4460 --to 127.0.0.1:4456\n").nth(1).unwrap();
    let wanted: Vec<_> = shown.split("```").next().unwrap().lines().map(comparable).collect();

    let server = TestServer::start();
    server.dir.put("notes.txt", "TCP delivers bytes, not messages.\n");
    let relay = Relay::start(server.address, &[]);
    assert!(document.contains("-- --server 127.0.0.1:4460 DOWNLOAD notes.txt\n"));
    assert_eq!(download(&relay, &TempDir::new(), &["notes.txt"]).code, Some(0));
    relay.program.shows("closed");
    let shown: Vec<_> = relay.program.so_far().lines().map(comparable).collect();
    assert_eq!(shown, wanted, "{}", relay.program.so_far());
}

#[test]
fn the_documents_tell_of_every_option() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RELAY.md")).unwrap();
    let help = run(LAB, &["--help"]).stdout;
    for (from, to) in [("  relay --to", "  talk HOST"), ("  talk HOST", "  server  ")] {
        let section = help.split(from).nth(1).unwrap().split(to).next().unwrap();
        let options = section.lines().filter_map(|line| line.strip_prefix("    --")?.split(' ').next());
        assert!(options.clone().count() >= 2);
        for option in options {
            assert!(document.contains(&format!("`--{option}")) || option == "listen", "--{option} is missing");
        }
    }
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}

// Limits.

#[test]
fn a_cut_or_a_reset_at_any_byte_never_leaves_a_file() {
    let server = TestServer::start();
    server.dir.put("b.bin", bytes(200_000));
    thread::scope(|scope| {
        for option in ["--cut-after", "--reset-after"] {
            for after in ["1", "88", "89", "90", "99", "100", "70000", "200098"] {
                let server = &server;
                scope.spawn(move || {
                    let (relay, dir) =
                        (Relay::start(server.address, &[option, after, "--only", "down"]), TempDir::new());
                    let ended = download(&relay, &dir, &["b.bin"]);
                    assert_eq!((ended.code, dir.names()), (Some(1), vec![]), "{option} {after}: {ended:?}");
                });
            }
        }
    });
}

#[test]
fn after_a_cut_the_receiver_has_exactly_so_many_bytes_and_the_end() {
    let server = TestServer::start();
    for (after, command) in [(10, ""), (95, "LIST\nLIST\n"), (95, "LIST\nLIST\nLIST\nLIST\n")] {
        let relay = Relay::start(server.address, &["--cut-after", &after.to_string(), "--only", "down"]);
        let mut wire = relay.connect();
        wire.send(command);
        assert_eq!(wire.rest().len(), after);
        relay.program.shows(&format!("<- cut: end of stream after {after} bytes"));
        relay.program.shows("closed");
    }
    server.wait_for_sessions(0);
}

/// What a client reads that has asked for a file, up to the error.
fn read_to_the_error(mut stream: &TcpStream) -> (usize, ErrorKind) {
    let (mut count, mut buffer) = (0, [0; 4096]);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (count, ErrorKind::UnexpectedEof),
            Ok(more) => count += more,
            Err(error) => return (count, error.kind()),
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_reset_reaches_the_receiver_of_either_direction() {
    let server = TestServer::start();
    server.dir.put("b.bin", bytes(200_000));
    let relay = Relay::start(server.address, &["--reset-after", "50000", "--only", "down"]);
    let mut wire = relay.session();
    wire.send("DOWNLOAD b.bin\n");
    let (count, error) = read_to_the_error(&wire.stream);
    assert!(error == ErrorKind::ConnectionReset && count <= 50_000, "{count} bytes, then {error}");
    relay.program.shows("<- reset after 50000 bytes");
    relay.program.shows("closed");
    server.wait_for_sessions(0);

    // A server that answers at once, and looks how its client ends.
    let (told, ends) = mpsc::channel();
    let address = serving(move |mut stream| {
        stream.write_all(b"OK 0\n").unwrap();
        let _ = told.send(read_to_the_error(&stream));
    });
    let relay = Relay::start(address, &["--reset-after", "3", "--only", "up"]);
    let mut wire = relay.session();
    wire.send("LIST\n");
    assert_eq!(ends.recv_timeout(PATIENCE).unwrap().1, ErrorKind::ConnectionReset, "{}", relay.program.so_far());
}

#[test]
fn a_reset_that_is_not_possible_is_an_end_and_said_to_be_one() {
    let server = TestServer::start();
    let relay = Relay::start(server.address, &["--reset-after", "10", "--only", "down"]);
    assert_eq!(relay.connect().rest().len(), 10, "this client sends nothing that could stay unread");
    relay.program.shows("<- no reset, for the receiver sent nothing that could stay unread: end of stream after 10");
}

#[test]
fn under_reset_after_every_byte_and_the_half_close_pass_until_then() {
    let relay = Relay::start(echo(), &["--reset-after", "1000000"]);
    let mut wire = relay.connect();
    for _ in 0..3 {
        wire.send(bytes(10_000));
        assert_eq!(wire.bytes(10_000), bytes(10_000));
    }
    wire.half_close();
    wire.expect_end();
}

#[test]
fn after_a_stall_nothing_passes_and_the_connection_stays_open() {
    let relay = Relay::start(echo(), &["--stall-after", "5", "--only", "down"]);
    let mut wire = relay.connect();
    wire.send("123456789");
    assert_eq!(wire.bytes(5), b"12345");
    relay.program.shows("<- silence after 5 bytes");
    wire.send("x");
    wire.expect_silence();
    wire.half_close();
    relay.program.shows("-> end of stream after 10 bytes");
    wire.expect_silence();
}

#[test]
fn without_only_both_directions_are_disturbed_and_with_it_one() {
    for (only, up, down) in [(&[][..], 1, 1), (&["--only", "up"], 1, 4), (&["--only", "down"], 4, 1)] {
        let relay = Relay::start(
            serving(|mut stream| {
                let _ = stream.read_exact(&mut [0; 4]);
                let _ = stream.write_all(b"back");
            }),
            &[&["--chop", "1"], only].concat(),
        );
        let mut wire = relay.connect();
        wire.send("goes");
        assert_eq!(wire.rest(), b"back");
        relay.program.shows("<- end of stream after 4 bytes");
        let largest = |arrow| relay.pieces("#1", arrow).iter().map(|piece| piece.length).max();
        assert_eq!((largest("->"), largest("<-")), (Some(up), Some(down)), "{only:?} {}", relay.program.so_far());
    }
}

// What students see.

/// `lab broken one_read`, with a file.
fn one_read_server(dir: &TempDir) -> SocketAddr {
    dir.put("a.txt", "hello\n");
    let (listener, files) = (TcpListener::bind("127.0.0.1:0").unwrap(), FileHandler::new(dir.path()).unwrap());
    let address = listener.local_addr().unwrap();
    thread::spawn(move || one_read::serve(&listener, &files));
    address
}

#[test]
fn a_server_that_takes_one_read_for_a_command_fails_where_bytes_come_one_by_one() {
    let dir = TempDir::new();
    let broken = one_read_server(&dir);
    for (options, is_found_out) in [(&[][..], false), (&["--chop", "1"], true)] {
        let relay = Relay::start(broken, options);
        let mut wire = relay.session();
        wire.send("LIST\n");
        match wire.reply() {
            Reply::Ok(body) => assert!(!is_found_out && body == b"6 a.txt\n", "{}", relay.program.so_far()),
            Reply::Err { code, .. } => assert!(is_found_out && code == "UNKNOWN_COMMAND", "{code}"),
        }
    }
    let ours = TestServer::start();
    let relay = Relay::start(ours.address, &["--chop", "1"]);
    let mut wire = relay.session();
    wire.send("LIST\n");
    wire.expect_body("6 a.txt\n");
}

#[test]
#[ignore = "needs real netcat"]
fn a_server_that_takes_one_read_for_a_command_fails_in_the_sight_of_netcat() {
    let dir = TempDir::new();
    let relay = Relay::start(one_read_server(&dir), &["--chop", "1"]);
    let port = relay.address.port().to_string();
    let netcat = Program::start(Command::new("nc.openbsd").args(["-N", "127.0.0.1", &port]));
    netcat.shows("Send HELP for the commands");
    netcat.types("LIST\n");
    netcat.shows("ERR UNKNOWN_COMMAND");
    assert!(!netcat.so_far().contains("a.txt"), "{}", netcat.so_far());
}

/// A student's client: it takes one read for the body. What it would store.
fn body_of_one_read(server: SocketAddr) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut greeting = BufReader::new(stream.try_clone().unwrap());
    greeting.read_line(&mut String::new()).unwrap();
    greeting.read_line(&mut String::new()).unwrap();
    stream.write_all(b"DOWNLOAD a.txt\n").unwrap();
    // The header is read byte by byte, so that nothing of the body is lost with it.
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
    }
    let mut body = [0; 4096];
    let count = stream.read(&mut body).unwrap();
    body[..count].to_vec()
}

#[test]
fn a_client_that_reads_once_gets_a_short_file_where_bytes_come_apart() {
    let server = TestServer::start();
    let file = bytes(1000);
    server.dir.put("a.txt", &file);
    let (whole, chopped) = (Relay::start(server.address, &[]), Relay::start(server.address, &["--chop", "10"]));
    assert_eq!(body_of_one_read(whole.address), file);
    let short = body_of_one_read(chopped.address);
    assert!(short.len() < file.len() && file.starts_with(&short), "{} bytes", short.len());
}

// Who vanishes, and how many come.

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_vanishes_ends_both_directions() {
    let silent = serving(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    for options in [&[][..], &["--delay", "20"], &["--reset-after", "100"], &["--chop", "1"]] {
        let relay = Relay::start(silent, options);
        // In order, with the end.
        drop(relay.connect());
        // By a reset, which unread input causes.
        let speaks = Relay::start(serving(|mut stream| drop(stream.write_all(b"unread"))), options);
        let wire = speaks.connect();
        wire.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(wire.stream.peek(&mut [0]).unwrap() > 0);
        drop(wire);
        for relay in [relay, speaks] {
            relay.program.shows("closed");
            relay.rests();
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_sender_that_is_reset_while_the_receiver_takes_nothing_is_noticed() {
    let (stopped, stop) = mpsc::channel::<()>();
    let stop = Arc::new(Mutex::new(stop));
    let server = serving(move |mut stream| {
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        while stream.write(&[b'x'; 65536]).is_ok() {}
        // Nothing more can be written: the relay is stuck. What the client has sent stays unread.
        let _ = stop.lock().unwrap().recv();
    });
    let relay = Relay::start(server, &["--quiet"]);
    let mut wire = relay.connect();
    wire.send("unread");
    eventually("bytes for the client", || wire.stream.peek(&mut [0]).unwrap() > 0);
    thread::scope(|scope| {
        scope.spawn(|| stopped.send(()).unwrap());
    });
    relay.rests();
}

#[test]
fn where_no_server_is_the_client_gets_the_end_and_the_relay_says_why() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = Relay::start(gone, &[]);
    relay.connect().expect_end();
    relay.program.shows(&format!("no connection to {gone}: "));
    relay.program.shows("is a server running there?");
}

#[test]
fn a_hundred_connections_at_once_are_served_and_take_little_memory() {
    let server = TestServer::with(Wanted { max_sessions: 200, design: Design::default(), ..Wanted::default() });
    let relay = Relay::start(server.address, &["--chop", "40"]);
    let mut wires: Vec<_> = (0..100).map(|_| relay.session()).collect();
    wires.iter_mut().for_each(|wire| wire.send("LIST\n"));
    wires.iter_mut().for_each(|wire| wire.expect_body("6 a.txt\n"));
    drop(wires);
    server.wait_for_sessions(0);
}

#[test]
fn receivers_that_take_nothing_take_little_memory() {
    let stuck = Arc::new(Mutex::new(0));
    let count = Arc::clone(&stuck);
    let endless = serving(move |mut stream| {
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        while stream.write(&[b'x'; 65536]).is_ok() {}
        *count.lock().unwrap() += 1;
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let relay = Relay::start(endless, &["--delay", "1"]);
    let wires: Vec<_> = (0..100).map(|_| relay.connect()).collect();
    eventually("servers that can write no more", || *stuck.lock().unwrap() == wires.len());
    if let Some(peak) = relay.program.peak_memory_kib() {
        assert!(peak < 64 * 1024, "{peak} KiB");
    }
}

#[test]
fn past_the_most_connections_a_client_is_told_by_the_end() {
    let relay = Relay::start(echo(), &[]);
    let mut wires: Vec<_> = (0..MAX_CONNECTIONS).map(|_| relay.connect()).collect();
    for wire in &mut wires {
        wire.send("x");
        wire.bytes(1);
    }
    relay.connect().expect_end();
    relay.program.shows("closed at once: there are 256 connections already");
}

#[test]
fn a_pipe_that_nobody_reads_does_not_stop_it() {
    let mut command = Command::new(LAB);
    command.args(["relay", "--to", &echo().to_string()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut shown = BufReader::with_capacity(1, child.stdout.take().unwrap());
    let mut first = String::new();
    shown.read_line(&mut first).unwrap();
    let mut wire = Wire::connect(listening_address(&first));
    wire.stream.set_nodelay(true).unwrap();
    // Two lines of 275 bytes for each: more than a pipe and the printer's queue hold.
    let piece = [0xff; 60];
    for _ in 0..3000 {
        wire.stream.write_all(&piece).unwrap();
        wire.stream.read_exact(&mut [0; 60]).unwrap();
    }
    let _ = child.kill();
    let _ = child.wait();
}

// Capture files.

/// A packet of a capture file, after its checksums were found to be right.
#[derive(Debug)]
struct Packet {
    source_port: u16,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    bytes: Vec<u8>,
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

fn be(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The sum of 16-bit words that must come out as `0xffff` over a header and its checksum.
fn sums_up(bytes: &[u8]) -> bool {
    let mut sum: u64 =
        bytes.chunks(2).map(|word| u64::from(word[0]) << 8 | u64::from(*word.get(1).unwrap_or(&0))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum == 0xffff
}

/// Every packet of the file. The file must contain only whole packets.
fn packets(file: &Path) -> Vec<Packet> {
    let file = fs::read(file).unwrap();
    let le = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    assert_eq!((le(&file[..4]), le(&file[20..24])), (0xa1b2_c3d4, 1), "the magic number, Ethernet");
    let (mut rest, mut packets) = (&file[24..], Vec::new());
    while !rest.is_empty() {
        let length = le(&rest[8..12]) as usize;
        assert_eq!(le(&rest[12..16]) as usize, length);
        packets.push(packet(&rest[16..16 + length]));
        rest = &rest[16 + length..];
    }
    packets
}

fn packet(frame: &[u8]) -> Packet {
    let ip = &frame[14..];
    let (addresses, tcp) = match ip[0] >> 4 {
        4 => {
            assert!(frame[12..14] == [8, 0] && sums_up(&ip[..20]));
            assert_eq!(be(&ip[2..4]) as usize, ip.len());
            (&ip[12..20], &ip[20..])
        }
        _ => {
            assert_eq!((&frame[12..14], be(&ip[4..6]) as usize), (&[0x86, 0xdd][..], ip.len() - 40));
            (&ip[8..40], &ip[40..])
        }
    };
    let length = (tcp.len() as u16).to_be_bytes();
    assert!(sums_up(&[addresses, &[0, 6], &length, tcp].concat()), "TCP's checksum");
    Packet {
        source_port: be(&tcp[..2]) as u16,
        sequence: be(&tcp[4..8]),
        acknowledged: be(&tcp[8..12]),
        flags: tcp[13],
        bytes: tcp[20..].to_vec(),
    }
}

/// Puts the bytes that this port sent together again: each packet must begin where the one before ended, and
/// acknowledge no more than has come.
fn stream_from(packets: &[Packet], port: u16) -> Vec<u8> {
    let (mut bytes, mut next, mut others) = (Vec::new(), None, 0u32);
    for packet in packets {
        let after =
            packet.sequence.wrapping_add(packet.bytes.len() as u32 + u32::from(packet.flags & (SYN | FIN) != 0));
        if packet.source_port != port {
            others = after;
            continue;
        }
        assert_eq!(next.unwrap_or(packet.sequence), packet.sequence, "{packets:?}");
        assert!(packet.flags & ACK == 0 || packet.acknowledged == others, "{packets:?}");
        next = Some(after);
        bytes.extend_from_slice(&packet.bytes);
    }
    bytes
}

/// A conversation on which all sorts of pieces pass, captured: the file's directory, what went up and what came down.
fn captured(server: SocketAddr, options: &[&str]) -> (TempDir, Relay, Vec<u8>, Vec<u8>) {
    let dir = TempDir::new();
    let file = dir.path().join("a.pcap");
    let relay = Relay::start(server, &[&["--pcap", file.to_str().unwrap()], options].concat());
    let mut wire = relay.connect();
    let mut came = Vec::new();
    let sent = b"LIST\r\nDOWNLOAD big.bin\nLOGOUT\n";
    wire.send(sent);
    came.extend(wire.rest());
    drop(wire);
    relay.program.shows("#1   closed");
    (dir, relay, sent.to_vec(), came)
}

fn server_with_a_large_file() -> TestServer {
    let server = TestServer::start();
    server.dir.put("big.bin", bytes(200_000));
    server
}

#[test]
fn a_capture_holds_the_conversation_and_is_whole_while_the_relay_runs() {
    let server = server_with_a_large_file();
    // With --glue, pieces are larger than a packet can be.
    for options in [&[][..], &["--glue", "30"]] {
        let (dir, relay, sent, came) = captured(server.address, options);
        for said in ["are the pieces that the relay read and wrote", "headers are made up"] {
            relay.program.shows(said);
        }
        let packets = packets(&dir.path().join("a.pcap"));
        let client = packets[0].source_port;
        let flags: Vec<_> = packets.iter().map(|packet| packet.flags).collect();
        assert_eq!(flags[..3], [SYN, SYN | ACK, ACK]);
        assert_eq!(flags.iter().filter(|flags| **flags & FIN != 0).count(), 2);
        assert!(flags.iter().all(|flags| *flags & RST == 0));
        assert_eq!(stream_from(&packets, client), sent);
        assert!(stream_from(&packets, server.address.port()) == came, "what came is not what was captured");
    }
}

#[test]
fn a_capture_shows_a_cut_and_a_reset() {
    let server = server_with_a_large_file();
    let (dir, _relay, _, came) = captured(server.address, &["--cut-after", "1000", "--only", "down"]);
    let packets_of_cut = packets(&dir.path().join("a.pcap"));
    assert!(stream_from(&packets_of_cut, server.address.port()) == came && came.len() == 1000);

    let dir = TempDir::new();
    let file = dir.path().join("a.pcap");
    let options = ["--reset-after", "1000", "--only", "down", "--pcap", file.to_str().unwrap()];
    let relay = Relay::start(server.address, &options);
    let mut wire = relay.session();
    wire.send("DOWNLOAD big.bin\n");
    read_to_the_error(&wire.stream);
    relay.program.shows("closed");
    let last = packets(&file).pop().unwrap();
    assert_eq!((last.source_port, last.flags & RST), (server.address.port(), RST));
}

#[test]
fn a_capture_of_ipv6_is_one() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello"));
    let dir = TempDir::new();
    let file = dir.path().join("a.pcap");
    let relay = Relay::start(address, &["--pcap", file.to_str().unwrap()]);
    assert_eq!(relay.connect().rest(), b"hello");
    relay.program.shows("closed");
    assert_eq!(stream_from(&packets(&file), address.port()), b"hello");
}

#[test]
#[ignore = "needs real tshark"]
fn tshark_follows_the_stream_and_finds_nothing_wrong() {
    let server = server_with_a_large_file();
    let ipv6 = TcpListener::bind("[::1]:0").map(|listener| {
        let address = listener.local_addr().unwrap();
        thread::spawn(move || listener.accept().unwrap().0.write_all(&bytes(100_000)));
        address
    });
    for (to, options) in [(server.address, &[][..]), (server.address, &["--glue", "30"])] {
        let (dir, _relay, _, came) = captured(to, options);
        let file = dir.path().join("a.pcap");
        assert_eq!(complaints(&file), "");
        let followed = tshark(&file, &["-q", "-z", "follow,tcp,raw,0"]);
        // A line for each piece, in hexadecimal digits; those of the server are set in.
        let of_server = followed.lines().filter_map(|line| line.strip_prefix('\t')).filter(|line| line.len() > 8);
        let hex: String = of_server.collect();
        let wanted: String = came.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(hex.contains(&wanted[..1000]) && hex.ends_with(&wanted[wanted.len() - 1000..]), "{followed}");
        let text = tshark(&file, &["-q", "-z", "follow,tcp,ascii,0"]);
        for said in ["LIST", "DOWNLOAD big.bin", "LOGOUT", "Welcome to the file server", "6 a.txt", "Goodbye."] {
            assert!(text.contains(said), "{said} is missing: {text}");
        }
    }
    let Ok(ipv6) = ipv6 else { return };
    let dir = TempDir::new();
    let file = dir.path().join("a.pcap");
    let relay = Relay::start(ipv6, &["--pcap", file.to_str().unwrap(), "--reset-after", "50000"]);
    let mut wire = relay.connect();
    wire.send("x");
    read_to_the_error(&wire.stream);
    relay.program.shows("closed");
    assert_eq!(complaints(&file), "");
}

fn tshark(file: &Path, options: &[&str]) -> String {
    let checksums = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    let output = Command::new("tshark").arg("-r").arg(file).args(checksums).args(options).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The packets of which Wireshark would complain.
fn complaints(file: &Path) -> String {
    let wrong = "_ws.malformed || tcp.checksum.status != 1 || ip.checksum.status == 0 || tcp.analysis.flags";
    tshark(file, &["-Y", wrong])
}

// Usage.

#[test]
fn wrong_usage_is_one_line_that_says_what_is_right() {
    let to = ["--to", "127.0.0.1:1"];
    let usages: [(&[&str], i32, &str); 21] = [
        (&[], 2, "which server? lab relay --listen 127.0.0.1:4460 --to 127.0.0.1:4456"),
        (&["--to"], 2, "HOST:PORT"),
        (&["--to", "localhost"], 2, "needs a port"),
        (&["--listen", "nonsense"], 2, "127.0.0.1:4460"),
        (&["--chop", "0"], 2, "from 1 to 65536"),
        (&["--glue", "0"], 2, "milliseconds from 1 to 3600000"),
        (&["--delay", "x"], 2, "milliseconds from 1 to 3600000"),
        (&["--slow-close", "3600001"], 2, "milliseconds from 1 to 3600000"),
        (&["--rate", "0"], 2, "bytes, at least 1"),
        (&["--cut-after", "0"], 2, "bytes, at least 1"),
        (&["--only", "left"], 2, "up (to the server) or down (to the client)"),
        (&["--seed", "-1", "--chop", "1"], 2, "a whole number"),
        (&["--seed", "1"], 2, "add one of them"),
        (&["--only", "up"], 2, "add one, such as --chop 1"),
        (&["--chop", "1", "--glue", "1"], 2, "leave one out"),
        (&["--cut-after", "1", "--stall-after", "1"], 2, "use one of --cut-after, --reset-after, --stall-after"),
        (&["--reset-after", "1", "--stall-after", "1"], 2, "use one of --cut-after, --reset-after, --stall-after"),
        (&["--listen", "127.0.0.1:1"], 2, "leads back to the relay itself"),
        (&["--quiet=yes"], 2, "takes no value"),
        (&["--nonsense"], 2, "lab --help"),
        (&["--pcap", "/nowhere/a.pcap"], 1, "can't write \"/nowhere/a.pcap\""),
    ];
    for (options, code, right) in usages {
        let to = if options.is_empty() || options[0] == "--to" { &[][..] } else { &to };
        let ended = run(LAB, &[&["relay"], to, options].concat());
        ended.expect_failure(code, &[right]);
        assert_eq!(ended.stdout, "", "nothing listens: {ended:?}");
    }
}

#[test]
fn a_relay_that_can_not_listen_leaves_the_capture_file_as_it_was() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (dir, address) = (TempDir::new(), taken.local_addr().unwrap().to_string());
    dir.put("a.pcap", "precious");
    let file = dir.path().join("a.pcap");
    let ended = run(LAB, &["relay", "--to", "127.0.0.1:1", "--listen", &address, "--pcap", file.to_str().unwrap()]);
    ended.expect_failure(1, &["can't listen on", &address]);
    assert_eq!(dir.get("a.pcap"), b"precious");
}
