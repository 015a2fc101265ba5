//! The client against servers that break the protocol on purpose: it trusts none of them, and a failed download changes
//! nothing on the disk.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use file_transfer::client::download::{self, Storage};
use file_transfer::client::{Client, ClientError};
use file_transfer::journal::Journal;
use file_transfer::wire::{ErrorCode, FileName, Listed};

use crate::support::{eventually, TempDir, TestServer, PATIENCE};

/// A correct greeting, for servers that go wrong later.
pub const GREETING: &str = "OK 6\nHello\n";

/// How long the client waits in tests of silence.
const SHORT: Duration = Duration::from_secs(1);

/// A server for one connection that does what a test wants.
pub struct EvilServer {
    /// `HOST:PORT`.
    pub address: String,
    running: Option<JoinHandle<()>>,
}

impl EvilServer {
    /// A server that does this with its one connection, and closes it.
    pub fn that(does: impl FnOnce(TcpStream) + Send + 'static) -> EvilServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let running = thread::spawn(move || does(listener.accept().unwrap().0));
        EvilServer { address, running: Some(running) }
    }

    /// A server that sends the first of these as its greeting, and each other one after a line of the client. Then it
    /// closes in order.
    pub fn that_says(answers: &[impl AsRef<[u8]>]) -> EvilServer {
        let answers = owned(answers);
        EvilServer::that(move |stream| {
            answer(&stream, &answers);
            let _ = stream.shutdown(Shutdown::Write);
            wait_for_end(&stream);
        })
    }

    /// As above, but then it is silent, and never closes.
    pub fn silent_after(answers: &[impl AsRef<[u8]>]) -> EvilServer {
        let answers = owned(answers);
        EvilServer::that(move |stream| {
            answer(&stream, &answers);
            wait_for_end(&stream);
        })
    }

    fn connect(&self) -> Result<Client, ClientError> {
        connect(&self.address, PATIENCE)
    }

    /// The client of a session whose greeting is correct.
    fn session(&self) -> Client {
        self.session_with_timeout(PATIENCE)
    }

    fn session_with_timeout(&self, timeout: Duration) -> Client {
        connect(&self.address, timeout).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for EvilServer {
    fn drop(&mut self) {
        // If no client came, this one ends the waiting.
        let _ = TcpStream::connect(&self.address);
        let _ = self.running.take().map(JoinHandle::join);
    }
}

fn connect(address: &str, timeout: Duration) -> Result<Client, ClientError> {
    Client::connect(address, timeout, Journal::silent()).map(|(client, _)| client)
}

/// The client of a session with a server that is right.
fn good_session(server: &TestServer) -> Client {
    connect(&server.address.to_string(), PATIENCE).unwrap_or_else(|error| panic!("{error}"))
}

fn listed(client: &mut Client) -> Vec<Listed> {
    client.list().unwrap().files().collect()
}

fn owned(answers: &[impl AsRef<[u8]>]) -> Vec<Vec<u8>> {
    answers.iter().map(|answer| answer.as_ref().to_vec()).collect()
}

/// An error here means that the client has left: some do, as soon as they have read enough.
fn answer(mut stream: &TcpStream, answers: &[Vec<u8>]) {
    let mut commands = BufReader::new(stream);
    for (number, answer) in answers.iter().enumerate() {
        if number > 0 {
            let _ = commands.read_line(&mut String::new());
        }
        let _ = stream.write_all(answer);
    }
}

fn wait_for_end(mut stream: &TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Downloads into a directory, and returns the size.
fn store(
    client: &mut Client,
    name: &FileName,
    dir: &Path,
    on_progress: impl FnMut(u64, u64),
) -> Result<u64, ClientError> {
    download::store(client, name, &Storage::of(dir), on_progress).map(|stored| stored.bytes)
}

fn name(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

/// The result must be that the server broke the protocol. What is said of it must be safe for a terminal.
#[track_caller]
fn expect_violation<T>(result: Result<T, ClientError>, answer: &[u8]) {
    let answer = answer.escape_ascii();
    match result {
        Err(error @ ClientError::Violation(_)) => {
            let text = error.to_string();
            assert!(!text.contains(char::is_control), "'{answer}' reached the terminal: {text:?}");
        }
        Err(error) => panic!("'{answer}' breaks the protocol, but the client says: {error}"),
        Ok(_) => panic!("'{answer}' breaks the protocol, but the client takes it"),
    }
}

#[track_caller]
fn expect_lost<T>(result: Result<T, ClientError>) {
    match result {
        Err(ClientError::Lost { error, .. }) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof),
        Err(error) => panic!("the server closed, but the client says: {error}"),
        Ok(_) => panic!("the server closed, but the client is content"),
    }
}

#[track_caller]
fn expect_refusal<T>(result: Result<T, ClientError>, code: ErrorCode) {
    match result {
        Err(ClientError::Refused(refusal)) => assert_eq!(refusal.code, code),
        Err(error) => panic!("the server refused, but the client says: {error}"),
        Ok(_) => panic!("the server refused, but the client is content"),
    }
}

#[track_caller]
fn expect_silence_noticed<T>(result: Result<T, ClientError>) {
    match result {
        Err(ClientError::Silent(timeout)) => assert_eq!(timeout, SHORT),
        Err(error) => panic!("the server is silent, but the client says: {error}"),
        Ok(_) => panic!("the server is silent, but the client is content"),
    }
}

// Reply headers.

#[test]
fn a_refusal_in_place_of_the_greeting_is_told_with_its_code() {
    let server = EvilServer::that_says(&["ERR SERVER_FULL all places are taken; try again later\n"]);
    expect_refusal(server.connect(), ErrorCode::ServerFull);
}

#[test]
fn an_unknown_error_code_is_a_refusal_and_the_session_goes_on() {
    let server = EvilServer::that_says(&[GREETING, "ERR TEA_POT I am one; ask for tea\n", "OK 6\n0 tea\n"]);
    let mut client = server.session();
    expect_refusal(client.list(), ErrorCode::Later("TEA_POT".to_string()));
    assert_eq!(listed(&mut client)[0].name, name("tea"));
}

#[test]
fn a_server_that_closes_at_once_is_told_as_such() {
    let server = EvilServer::that_says(&[""]);
    expect_lost(server.connect());
}

#[test]
fn a_server_that_closes_inside_a_header_is_told_as_such() {
    let server = EvilServer::that_says(&["OK 6"]);
    expect_lost(server.connect());
}

#[test]
fn a_first_line_of_another_protocol_is_a_violation() {
    for garbage in ["\n", "garbage\n", "HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "ok 0\n", " OK 0\n"] {
        let server = EvilServer::that_says(&[garbage]);
        expect_violation(server.connect(), garbage.as_bytes());
    }
}

#[test]
fn a_size_that_is_not_plain_digits_up_to_2_to_the_63_minus_1_is_a_violation() {
    let too_big = ["9223372036854775808", "18446744073709551616", "99999999999999999999999999"];
    let not_plain = ["", " ", "+5", "-5", "-0", "05", "00", "5 ", " 5", "5x", "0x5", "5.0", "5e1", "5\r", "٥"];
    for size in too_big.iter().chain(&not_plain) {
        let answer = format!("OK {size}\nhello");
        let server = EvilServer::that_says(&[&answer]);
        expect_violation(server.connect(), answer.as_bytes());
    }
}

#[test]
fn a_refusal_without_code_or_message_is_a_violation() {
    for answer in ["ERR\n", "ERR \n", "ERR NOT_FOUND\n", "ERR not_found no\n", "ERR NOT-FOUND no\n", "ERR  no\n"] {
        let server = EvilServer::that_says(&[answer]);
        expect_violation(server.connect(), answer.as_bytes());
    }
}

#[test]
fn a_header_with_control_characters_or_not_in_utf_8_is_a_violation() {
    let answers: [&[u8]; 4] = [
        b"ERR NOT_FOUND \x1b[2Jgone\n",
        b"ERR NOT_FOUND gone\r\n",
        b"ERR NOT_FOUND \xc2\x9b2Jgone\n",
        b"ERR NOT_FOUND \xff\n",
    ];
    for answer in answers {
        let server = EvilServer::that_says(&[answer]);
        expect_violation(server.connect(), answer);
    }
}

#[test]
fn a_header_may_have_512_bytes_and_not_one_more() {
    let longest = format!("ERR SERVER_FULL {:x<495}\n", "");
    assert_eq!(longest.len(), 512);
    let server = EvilServer::that_says(&[&longest]);
    expect_refusal(server.connect(), ErrorCode::ServerFull);

    let too_long = longest.replace('\n', "x\n");
    let server = EvilServer::that_says(&[&too_long]);
    expect_violation(server.connect(), too_long.as_bytes());
}

#[test]
fn a_header_without_end_is_given_up_early() {
    // It writes until the client has left.
    let server = EvilServer::that(|mut stream| while stream.write_all(&[b'x'; 1000]).is_ok() {});
    expect_violation(server.connect(), b"xxx...");
}

// Texts and lists.

#[test]
fn a_text_or_a_list_of_absurd_size_is_refused_before_it_comes() {
    let absurd = "OK 9223372036854775807\n";
    let server = EvilServer::silent_after(&[absurd]);
    expect_violation(server.connect(), absurd.as_bytes());

    let server = EvilServer::silent_after(&[GREETING, absurd]);
    expect_violation(server.session().list(), absurd.as_bytes());
}

#[test]
fn a_text_that_is_not_utf_8_is_a_violation() {
    let server = EvilServer::that_says(&[GREETING.as_bytes(), b"OK 2\n\xff\n"]);
    expect_violation(server.session().help(), b"\xff\n");
}

#[test]
fn a_short_greeting_list_or_help_is_a_lost_connection() {
    let server = EvilServer::that_says(&["OK 100\nHello\n"]);
    expect_lost(server.connect());
    let server = EvilServer::that_says(&[GREETING, "OK 100\n6 a.txt\n"]);
    expect_lost(server.session().list());
    let server = EvilServer::that_says(&[GREETING, "OK 100\nLIST"]);
    expect_lost(server.session().help());
}

#[test]
fn a_list_is_read_to_the_byte() {
    let server = EvilServer::that_says(&[GREETING, "OK 28\n0 b\n9223372036854775807 c d\n", "OK 0\n"]);
    let mut client = server.session();
    let files = listed(&mut client);
    assert_eq!(files.len(), 2);
    assert_eq!((files[0].size, files[0].name.as_str()), (0, "b"));
    assert_eq!((files[1].size, files[1].name.as_str()), (i64::MAX as u64, "c d"));
    assert_eq!(listed(&mut client), [], "an empty directory");
}

#[test]
fn a_list_with_a_name_that_no_file_can_have_is_a_violation() {
    let too_long = "x".repeat(256);
    for bad in ["../x", "..", "a/b", "/etc/passwd", r"a\b", ".hidden", "a\x1b[31m", "a\rb", "\u{85}", "a ", &too_long] {
        let body = format!("1 good\n2 {bad}\n");
        let server = EvilServer::that_says(&[GREETING, &format!("OK {}\n{body}", body.len())]);
        expect_violation(server.session().list(), body.as_bytes());
    }
}

#[test]
fn a_list_whose_lines_are_not_size_and_name_is_a_violation() {
    for body in ["\n", "a.txt\n", "6\n", "6 \n", "+6 a.txt\n", "06 a.txt\n", "6  a.txt\n", "6\ta.txt\n", "6 a.txt"] {
        let server = EvilServer::that_says(&[GREETING, &format!("OK {}\n{body}", body.len())]);
        expect_violation(server.session().list(), body.as_bytes());
    }
}

#[test]
fn what_comes_behind_the_promised_bytes_of_a_list_is_not_taken_for_a_part_of_it() {
    let server = EvilServer::that_says(&[GREETING, "OK 8\n6 a.txt\n7 b.txt\n", "OK 0\n"]);
    let mut client = server.session();
    assert_eq!(listed(&mut client).len(), 1);
    expect_violation(client.list(), b"7 b.txt\n");
}

// Silence and the end.

#[test]
fn a_server_that_says_nothing_is_left_after_the_timeout() {
    let server = EvilServer::silent_after(&[""]);
    expect_silence_noticed(connect(&server.address, SHORT));
}

#[test]
fn a_server_that_says_nothing_more_inside_a_body_is_left_after_the_timeout() {
    let server = EvilServer::silent_after(&[GREETING, "OK 100\n6 a.txt\n"]);
    let mut client = server.session_with_timeout(SHORT);
    expect_silence_noticed(client.list());
}

#[test]
fn a_server_that_never_closes_after_its_goodbye_is_left_after_the_timeout() {
    let server = EvilServer::silent_after(&[GREETING, "OK 4\nBye\n"]);
    let client = server.session_with_timeout(SHORT);
    expect_silence_noticed(client.logout());
}

#[test]
fn a_slow_server_is_not_silent() {
    let timeout = 2 * SHORT;
    let server = EvilServer::that(move |mut stream| {
        let greeting = GREETING.as_bytes();
        for byte in greeting {
            thread::sleep(timeout * 5 / 4 / greeting.len() as u32);
            let _ = stream.write_all(&[*byte]);
        }
    });
    server.session_with_timeout(timeout);
}

#[test]
fn more_after_the_goodbye_is_a_violation() {
    let server = EvilServer::that_says(&[GREETING, "OK 4\nBye\nand another thing\n"]);
    expect_violation(server.session().logout(), b"and another thing\n");
}

#[test]
fn a_refused_logout_is_told() {
    let server = EvilServer::that_says(&[GREETING, "ERR SHUTTING_DOWN the server is stopping\n"]);
    expect_refusal(server.session().logout(), ErrorCode::ShuttingDown);
}

#[test]
fn what_the_server_said_last_is_read_although_the_connection_is_gone() {
    let server = EvilServer::that_says(&[&format!("{GREETING}ERR IDLE_TIMEOUT no command came; connect again\n")]);
    expect_refusal(server.session().list(), ErrorCode::IdleTimeout);
}

// Downloads.

/// Downloads `a.txt` into a directory that holds an earlier `a.txt`, which must stay as it was, and alone.
#[track_caller]
fn expect_nothing_changed(mut client: Client, why: &str) {
    let dir = TempDir::new();
    dir.put("a.txt", "earlier");
    assert!(store(&mut client, &name("a.txt"), dir.path(), |_, _| {}).is_err(), "stored in spite of: {why}");
    assert_eq!(dir.names(), ["a.txt"], "{why}");
    assert_eq!(dir.get("a.txt"), b"earlier", "{why}");
}

#[test]
fn a_failed_download_leaves_the_earlier_file_and_no_other() {
    let answers = [
        "",
        "OK",
        "OK 5\n",
        "OK 5\nhell",
        "OK +5\nhello",
        "OK 9223372036854775807\nhello",
        "OK 9223372036854775808\nhello",
        "ERR NOT_FOUND there is no such file; LIST shows the files\n",
        "ERR TEA_POT ask for tea\n",
        "hello",
    ];
    for answer in answers {
        let server = EvilServer::that_says(&[GREETING, answer]);
        expect_nothing_changed(server.session(), answer);
    }
}

#[test]
fn a_download_that_falls_silent_leaves_the_earlier_file_and_no_other() {
    let server = EvilServer::silent_after(&[GREETING, "OK 5\nhell"]);
    expect_nothing_changed(server.session_with_timeout(SHORT), "silence");
}

#[test]
fn a_download_that_ends_with_a_reset_leaves_the_earlier_file_and_no_other() {
    let server = EvilServer::that(|mut stream| {
        stream.write_all(GREETING.as_bytes()).unwrap();
        // To close with the command unread makes TCP send a reset.
        stream.peek(&mut [0]).unwrap();
        stream.write_all(b"OK 5\nhell").unwrap();
    });
    expect_nothing_changed(server.session(), "a reset");
}

#[test]
fn a_failed_download_leaves_nothing_under_a_new_name() {
    let server = EvilServer::that_says(&[GREETING, "OK 5\nhell"]);
    let dir = TempDir::new();
    expect_lost(store(&mut server.session(), &name("a.txt"), dir.path(), |_, _| {}));
    assert!(dir.names().is_empty(), "{:?}", dir.names());
}

#[test]
fn the_earlier_file_is_replaced_only_when_every_byte_has_arrived() {
    let half_seen = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&half_seen);
    let server = EvilServer::that(move |mut stream| {
        stream.write_all(GREETING.as_bytes()).unwrap();
        stream.write_all(b"OK 6\nhel").unwrap();
        eventually("the client has looked at one half", || *seen.lock().unwrap());
        stream.write_all(b"lo\n").unwrap();
        wait_for_end(&stream);
    });
    let dir = TempDir::new();
    dir.put("a.txt", "earlier");

    let mut calls = Vec::new();
    let size = store(&mut server.session(), &name("a.txt"), dir.path(), |done, size| {
        // The temporary file is hidden: no server would serve it, and no LIST would show it.
        let names = dir.names();
        assert!(names.len() == 2 && names[0].starts_with('.') && names[1] == "a.txt", "{names:?}");
        assert_eq!(dir.get("a.txt"), b"earlier");
        calls.push((done, size));
        *half_seen.lock().unwrap() = true;
    });
    assert_eq!(size.unwrap(), 6);
    assert_eq!((calls.first(), calls.last()), (Some(&(3, 6)), Some(&(6, 6))));
    assert_eq!(dir.names(), ["a.txt"]);
    assert_eq!(dir.get("a.txt"), b"hello\n");
}

#[test]
fn what_has_the_final_name_is_replaced_and_never_followed() {
    let server = TestServer::start();
    let elsewhere = TempDir::new();
    elsewhere.put("precious", "untouched");
    let dir = TempDir::new();
    let planted = dir.path().join("a.txt");
    let mut client = good_session(&server);
    let mut download = || {
        store(&mut client, &name("a.txt"), dir.path(), |_, _| {}).unwrap();
        assert_eq!(dir.names(), ["a.txt"]);
        assert_eq!(dir.get("a.txt"), b"hello\n");
        assert!(fs::symlink_metadata(&planted).unwrap().is_file());
        assert_eq!(elsewhere.get("precious"), b"untouched");
        fs::remove_file(&planted).unwrap();
    };

    fs::hard_link(elsewhere.path().join("precious"), &planted).unwrap();
    download();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path().join("precious"), &planted).unwrap();
        download();
        std::os::unix::fs::symlink(elsewhere.path().join("not there"), &planted).unwrap();
        download();
        assert_eq!(elsewhere.names(), ["precious"]);
    }
}

#[test]
fn a_directory_under_the_final_name_is_an_error_after_which_the_session_goes_on() {
    let server = TestServer::start();
    server.dir.put("b.txt", "");
    let dir = TempDir::new();
    fs::create_dir(dir.path().join("a.txt")).unwrap();
    let mut client = good_session(&server);

    let error = store(&mut client, &name("a.txt"), dir.path(), |_, _| {}).unwrap_err();
    assert!(matches!(error, ClientError::NotStored { .. }) && !error.ends_session(), "{error}");
    assert!(error.to_string().contains("a.txt"), "{error}");
    assert_eq!(store(&mut client, &name("b.txt"), dir.path(), |_, _| {}).unwrap(), 0);
    assert_eq!(dir.names(), ["a.txt", "b.txt"]);
}

#[test]
fn a_directory_that_cant_be_made_is_an_error_after_which_the_session_goes_on() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let mut client = good_session(&server);
    dir.put("file", "");
    let error = store(&mut client, &name("a.txt"), &dir.path().join("file"), |_, _| {}).unwrap_err();
    assert!(matches!(error, ClientError::NotStored { .. }), "{error}");
    assert_eq!(store(&mut client, &name("a.txt"), dir.path(), |_, _| {}).unwrap(), 6);
}

#[test]
fn temporary_files_that_a_killed_client_left_behind_hinder_nothing() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let mut client = good_session(&server);
    // Finds the name that it uses, and then makes as many left files with such names.
    let seen = Mutex::new(String::new());
    store(&mut client, &name("a.txt"), dir.path(), |_, _| *seen.lock().unwrap() = dir.names()[0].clone()).unwrap();
    let left_over = seen.into_inner().unwrap();
    dir.put(&left_over, "half");
    store(&mut client, &name("a.txt"), dir.path(), |_, _| {}).unwrap();
    assert_eq!(dir.names(), [left_over.as_str(), "a.txt"]);
    assert_eq!((dir.get(&left_over), dir.get("a.txt")), (b"half".to_vec(), b"hello\n".to_vec()));
}

#[test]
fn a_sink_that_fails_is_told_apart_from_a_server_that_fails() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(ErrorKind::Other.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let server = TestServer::start();
    let mut client = good_session(&server);
    let result = client.download(&name("a.txt"), &mut Full, |_, _| {});
    assert!(matches!(result, Err(ClientError::Sink(_))), "{result:?}");
}

#[test]
fn where_no_server_listens_the_error_names_the_address() {
    // The port of a connection's own end: taken, so that no other test listens there either.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let nobody = taken.local_addr().unwrap().to_string();
    match connect(&nobody, PATIENCE) {
        Err(error @ ClientError::NoConnection { .. }) => assert!(error.to_string().contains(&nobody), "{error}"),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("somebody listens at {nobody}"),
    }
}
