//! The real programs, as a person or a script uses them: options, output, exit codes, and the operator's console.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::{EvilServer, GREETING};
use crate::support::{eventually, Reply, TempDir, TestServer, Wanted, Wire, MOMENT, PATIENCE};

pub const SERVER: &str = env!("CARGO_BIN_EXE_server");
pub const CLIENT: &str = env!("CARGO_BIN_EXE_client");
pub const LAB: &str = env!("CARGO_BIN_EXE_lab");

/// A process that is killed at the end of the test.
pub struct Process(pub Child);

impl Process {
    fn start(command: &mut Command) -> Process {
        Process(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    #[track_caller]
    fn exit_code(&mut self) -> Option<i32> {
        self.exit_code_within(PATIENCE)
    }

    #[track_caller]
    fn exit_code_within(&mut self, patience: Duration) -> Option<i32> {
        let deadline = Instant::now() + patience;
        while self.is_running() {
            assert!(Instant::now() < deadline, "the program does not end");
            thread::sleep(Duration::from_millis(2));
        }
        self.0.wait().unwrap().code()
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A running program. What it prints is gathered meanwhile.
pub struct Program {
    process: Process,
    stdin: Option<ChildStdin>,
    stdout: Gathered,
    stderr: Gathered,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn start(command: &mut Command) -> Program {
        Program::start_with(command, Stdio::piped())
    }

    /// With another standard input than what the test types.
    pub fn start_with(command: &mut Command, stdin: Stdio) -> Program {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::start(command);
        let child = &mut process.0;
        let stdin = child.stdin.take();
        let stdout = Gathered::from(child.stdout.take().unwrap());
        let stderr = Gathered::from(child.stderr.take().unwrap());
        Program { process, stdin, stdout, stderr }
    }

    /// Types something into its standard input.
    pub fn types(&self, text: &str) {
        self.stdin.as_ref().unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub fn ends_input(&mut self) {
        self.stdin = None;
    }

    /// Pipes all of this into it, as a script does. It may have ended before it reads that.
    pub fn pipe_in(&mut self, text: &str) {
        let _ = self.stdin.as_ref().unwrap().write_all(text.as_bytes());
        self.ends_input();
    }

    /// Waits until it has printed this.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.stdout.wait_for(text);
    }

    /// What it has printed so far.
    pub fn so_far(&self) -> String {
        self.stdout.so_far()
    }

    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Waits until it has printed this on standard error.
    #[track_caller]
    pub fn complains(&self, text: &str) {
        self.stderr.wait_for(text);
    }

    /// What it has printed on standard error by now.
    pub fn complaints(&self) -> String {
        self.stderr.so_far()
    }

    /// The most memory that it has used, where the system has a `/proc` that tells so.
    pub fn peak_memory_kib(&self) -> Option<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// Waits until it ends, with its standard input open until then.
    #[track_caller]
    pub fn ended(self) -> Ended {
        self.ended_within(PATIENCE)
    }

    /// The same for a program that may take longer than others.
    #[track_caller]
    pub fn ended_within(mut self, patience: Duration) -> Ended {
        let code = self.process.exit_code_within(patience);
        Ended { code, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

/// What comes out of a pipe, read by a thread of its own.
struct Gathered {
    bytes: Arc<Mutex<Vec<u8>>>,
    reading: Option<JoinHandle<()>>,
}

impl Gathered {
    fn from(mut pipe: impl Read + Send + 'static) -> Gathered {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let gathered = Arc::clone(&bytes);
        let reading = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                gathered.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Gathered { bytes, reading: Some(reading) }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.so_far().contains(text) {
            assert!(Instant::now() < deadline, "{text:?} does not come, but:\n{}", self.so_far());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// All of it; the program has ended.
    fn all(&mut self) -> String {
        self.reading.take().unwrap().join().unwrap();
        self.so_far()
    }
}

impl Ended {
    /// It must have succeeded, with nothing to complain about.
    #[track_caller]
    pub fn expect_success(&self) {
        assert!(self.code == Some(0) && self.stderr.is_empty(), "{self:?}");
    }

    /// It must have exited with this code after one line on standard error that says all of this.
    #[track_caller]
    pub fn expect_failure(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing: {self:?}");
        }
    }
}

/// Runs a program to its end, with an empty standard input.
#[track_caller]
pub fn run(program: &str, arguments: &[&str]) -> Ended {
    let mut program = Program::start(Command::new(program).args(arguments));
    program.ends_input();
    program.ended()
}

/// Runs `lab` to its end, however long that takes: its exit code, what it printed, and what it complained of.
pub fn lab(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(LAB).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

// The server.

/// The real server, on a free port, with a directory that holds `a.txt`.
pub struct ServerProgram {
    pub program: Program,
    pub address: SocketAddr,
    pub dir: TempDir,
}

impl ServerProgram {
    pub fn start(options: &[&str]) -> ServerProgram {
        let dir = TempDir::new();
        let program = Program::start(server_command(&dir).args(options));
        program.shows("\n");
        let address = listening_address(&program.stdout.so_far());
        ServerProgram { program, address, dir }
    }

    pub fn session(&self) -> Wire {
        let mut wire = Wire::connect(self.address);
        wire.expect_ok();
        wire
    }

    /// Stops it as an operator does, and waits for its end.
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.program.types("stop\n");
        let ended = self.program.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }
}

pub fn server_command(dir: &TempDir) -> Command {
    dir.put("a.txt", "hello\n");
    let mut command = Command::new(SERVER);
    command.args(["--bind", "127.0.0.1:0", "--dir"]).arg(dir.path());
    command
}

/// The address in `listening on ADDR:PORT`, which must be the first line.
#[track_caller]
pub fn listening_address(output: &str) -> SocketAddr {
    let address = output.lines().next().and_then(|line| line.strip_prefix("listening on "));
    address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("no 'listening on ADDR:PORT': {output}"))
}

#[test]
fn the_server_says_first_where_it_listens_then_who_can_reach_it() {
    let server = ServerProgram::start(&[]);
    assert_ne!(server.address.port(), 0);
    server.program.shows("\nonly this machine can reach it");
    server.session();
}

#[test]
fn the_server_listens_on_ipv6_too() {
    if TcpListener::bind("[::1]:0").is_err() {
        return; // A machine without IPv6.
    }
    let server = ServerProgram::start(&["--bind", "[::1]:0"]);
    assert!(server.address.is_ipv6());
    server.session();
}

#[test]
fn both_programs_tell_their_usage_and_their_version() {
    let server_options = [
        "--bind",
        "--dir",
        "--max-sessions",
        "--max-per-address",
        "--idle-timeout",
        "--quiet",
        "--trace",
        "--help",
        "--version",
    ];
    let client_options = [
        "--server",
        "--dir",
        "--keep",
        "--timeout",
        "--max-time",
        "--min-rate",
        "--trace",
        "--quiet",
        "--help",
        "--version",
    ];
    for (name, program, options) in [("server", SERVER, &server_options[..]), ("client", CLIENT, &client_options[..])] {
        for option in ["-h", "--help"] {
            let help = run(program, &[option]);
            help.expect_success();
            assert!(options.iter().all(|option| help.stdout.contains(option)), "{help:?}");
        }
        for option in ["-V", "--version"] {
            let version = run(program, &[option]);
            version.expect_success();
            assert_eq!(version.stdout, format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
        }
    }
}

#[test]
fn wrong_usage_of_the_server_is_one_line_that_says_what_is_right_and_exit_code_2() {
    let usages: [(&[&str], &str); 23] = [
        (&["--bind"], "127.0.0.1:4456"),
        (&["--bind", "nonsense"], "127.0.0.1:4456"),
        (&["--bind", "127.0.0.1"], "127.0.0.1:4456"),
        (&["--bind", "127.0.0.1:65536"], "127.0.0.1:4456"),
        (&["--dir"], "a directory"),
        (&["--max-sessions"], "from 1 to 10000"),
        (&["--max-sessions", "0"], "from 1 to 10000"),
        (&["--max-sessions", "10001"], "from 1 to 10000"),
        (&["--max-sessions", "-1"], "from 1 to 10000"),
        (&["--max-sessions", "99999999999999999999"], "from 1 to 10000"),
        (&["--max-sessions", "many"], "from 1 to 10000"),
        (&["--max-per-address", "0"], "from 1 to 10000"),
        (&["--max-per-address", "10001"], "from 1 to 10000"),
        (&["--idle-timeout", "0"], "from 0.01 to 31536000"),
        (&["--idle-timeout", "31536001"], "from 0.01 to 31536000"),
        (&["--idle-timeout", "-5"], "from 0.01 to 31536000"),
        (&["--idle-timeout", "NaN"], "from 0.01 to 31536000"),
        (&["--idle-timeout", "inf"], "from 0.01 to 31536000"),
        (&["--idle-timeout", "5 s"], "from 0.01 to 31536000"),
        (&["--trace=yes"], "takes no value"),
        (&["--nonsense"], "--help"),
        (&["a word"], "--help"),
        (&["\u{1b}[31m"], r"\u{1b}[31m"),
    ];
    for (arguments, right) in usages {
        let ended = run(SERVER, arguments);
        ended.expect_failure(2, &[right]);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
}

#[test]
fn the_bounds_themselves_are_right_usage() {
    let limits = [
        ["--max-sessions", "1"],
        ["--max-sessions", "10000"],
        ["--max-per-address", "1"],
        ["--max-per-address", "10000"],
        ["--idle-timeout", "0.01"],
        ["--idle-timeout", "31536000"],
        ["--bind", "[::]:65535"],
    ];
    for [option, value] in limits {
        // The version at the end: nothing is started, but all before it has been read.
        run(SERVER, &[option, value, "-V"]).expect_success();
        run(SERVER, &[&format!("{option}={value}"), "-V"]).expect_success();
    }
}

#[test]
fn a_directory_that_is_missing_or_is_none_is_one_clear_line_and_exit_code_1() {
    let dir = TempDir::new();
    dir.put("a file", "");
    for name in ["missing", "a file"] {
        let path = dir.path().join(name);
        let ended = run(SERVER, &["--bind", "127.0.0.1:0", "--dir", path.to_str().unwrap()]);
        ended.expect_failure(1, &[name, "--dir"]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn an_address_that_is_in_use_or_elsewhere_is_one_line_with_advice_and_exit_code_1() {
    let dir = TempDir::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    // 192.0.2.1 is an address of documentation: no machine has it.
    for (address, advice) in [(taken.as_str(), "another server"), ("192.0.2.1:0", "no such address")] {
        let ended = run(SERVER, &["--bind", address, "--dir", dir.path().to_str().unwrap()]);
        ended.expect_failure(1, &[address, advice, "--bind"]);
    }
}

#[test]
fn with_until_eof_the_end_of_standard_input_stops_the_server() {
    let mut server = ServerProgram::start(&["--until-eof"]);
    let mut inside = server.session();
    server.program.ends_input();
    inside.expect_err("SHUTTING_DOWN");
    inside.expect_end();
    drop(inside);
    let ended = server.program.ended();
    assert!(ended.code == Some(0) && ended.stdout.ends_with("\nstopped\n"), "{ended:?}");
}

#[test]
fn the_servers_limits_are_those_of_its_options() {
    for option in ["--max-sessions", "--max-per-address"] {
        let server = ServerProgram::start(&[option, "1"]);
        let _inside = server.session();
        Wire::connect(server.address).expect_err("SERVER_FULL");
    }
    let server = ServerProgram::start(&["--idle-timeout", "0.2"]);
    server.session().expect_err("IDLE_TIMEOUT");
}

#[test]
fn the_console_shows_the_sessions_kicks_one_and_stops_the_server() {
    let server = ServerProgram::start(&[]);
    let mut first = server.session();
    let mut second = server.session();
    let peer = second.stream.local_addr().unwrap().to_string();
    eventually("the table shows that the second session waits", || {
        server.program.types("who\n");
        let is_shown = |row: &str| [&peer, "session-2", "waiting"].iter().all(|word| row.contains(word));
        server.program.so_far().lines().any(is_shown)
    });

    server.program.types("kick 1\n");
    server.program.shows("session 1 is cut");
    first.expect_end();
    server.program.complains("kicked");
    server.program.types("kick 1\nkick one\n");
    server.program.shows("there is no session 1");
    server.program.shows("'one' is no session's number");

    second.send("LIST\n");
    second.expect_ok();
    server.program.types("stop\n");
    second.expect_err("SHUTTING_DOWN");
    second.expect_end();
    drop(second);
    let ended = server.program.ended();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.contains("\nstopping; transfers") && ended.stdout.ends_with("\nstopped\n"), "{ended:?}");
}

#[test]
fn the_console_helps_and_survives_nonsense() {
    let server = ServerProgram::start(&[]);
    server.program.types("help\n");
    for command in ["who", "kick N", "stop", "help"] {
        server.program.shows(&format!("\n{command}  "));
    }
    server.program.types("\n  \nwho is there\nkick\nkick 1 2\nstop it\n\u{1b}[31m\n");
    for nonsense in ["who is there", "kick 1 2", "stop it", r"\u{1b}[31m"] {
        server.program.shows(&format!("'{nonsense}' is no command here"));
    }
    server.program.shows("kick needs a session's number");
    server.program.types("who\n");
    server.program.shows("nobody is connected");
    server.stop();
}

#[test]
fn the_end_of_standard_input_does_not_stop_the_server() {
    let mut server = ServerProgram::start(&[]);
    server.program.ends_input();
    for _ in 0..3 {
        let mut wire = server.session();
        wire.send("LOGOUT\n");
        wire.expect_ok();
        wire.expect_end();
    }
    server.program.complains("#3 ");
    assert!(server.program.process.is_running());
}

#[test]
fn the_log_tells_who_came_what_was_sent_and_why_it_ended() {
    let server = ServerProgram::start(&[]);
    let mut wire = server.session();
    let peer = wire.stream.local_addr().unwrap().to_string();
    wire.send("DOWNLOAD a.txt\nDOWNLOAD missing\nLOGOUT\n");
    wire.half_close();
    wire.rest();
    drop(wire);
    server.program.complains("logged out");

    let ended = server.stop();
    let of_session: Vec<_> = ended.stderr.lines().filter(|line| line.contains(&peer)).collect();
    let expected = ["session begins", "sent 'a.txt': 6 bytes in ", "refused: NOT_FOUND", "session ends: logged out"];
    assert_eq!(of_session.len(), expected.len(), "{ended:?}");
    for (line, words) in of_session.iter().zip(expected) {
        assert!(line.contains(words) && line.contains(" s  #1 ") && line.contains(" active"), "{words:?}: {line}");
    }
    assert!(of_session[1].contains("session-1") && of_session[1].contains(" 1 active"), "{}", of_session[1]);
    assert!(!ended.stderr.contains("received"), "only --trace shows the lines: {ended:?}");
}

#[test]
fn the_trace_shows_every_line_and_header_with_its_step_and_line_end() {
    let server = ServerProgram::start(&["--trace"]);
    let mut wire = server.session();
    wire.send("LIST\r\nDOWNLOAD a.txt\nHELP\nLOGOUT\n");
    wire.rest();
    drop(wire);
    server.program.complains("logged out");
    let ended = server.stop();
    let lines = [
        "step 1 sent     OK ",
        r"step 2 received LIST\r\n",
        r"step 3 sent     OK 8\n",
        r"step 4 received DOWNLOAD a.txt\n",
        r"step 5 sent     OK 6\n",
        r"received HELP\n",
        r"step 7 received LOGOUT\n",
        "step 8 sent     OK ",
    ];
    let mut rest = ended.stderr.as_str();
    for line in lines {
        let found = rest.find(line).unwrap_or_else(|| panic!("{line:?} is missing or out of order: {}", ended.stderr));
        rest = &rest[found..];
    }
}

#[test]
fn nothing_that_a_client_sends_reaches_the_servers_output_unescaped() {
    let server = ServerProgram::start(&["--trace"]);
    let mut wire = server.session();
    for line in ["DOWNLOAD \u{1b}[31m", "\u{7}", "DOWNLOAD \u{202e}x", "\u{9b}2J", "LIST \r"] {
        wire.send(format!("{line}\n"));
        wire.reply();
    }
    wire.send(b"\xff\xff\x80\n");
    wire.expect_err("NOT_TEXT");
    server.program.types("who\n");
    server.program.shows("session-1");
    wire.send("LOGOUT\n");
    wire.rest();
    drop(wire);
    server.program.complains("logged out");
    let ended = server.stop();
    for output in [&ended.stdout, &ended.stderr] {
        assert!(!output.contains(obeyed_by_terminals), "{output:?}");
    }
    assert!(ended.stderr.contains(r"\u{1b}[31m") && ended.stderr.contains(r"\u{202e}x"), "{ended:?}");
}

/// Characters that control a terminal, except the end of a line.
fn obeyed_by_terminals(character: char) -> bool {
    character != '\n'
        && (character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// A server whose output nobody reads must go on as usual.
fn expect_a_good_server(mut process: Process, address: SocketAddr) {
    let mut stdin = process.0.stdin.take().unwrap();
    let mut first = Wire::connect(address);
    first.expect_ok();
    // More log than a pipe holds, and more than waits to be printed.
    for _ in 0..60 {
        first.send("x\n".repeat(100));
        for _ in 0..100 {
            first.expect_err("UNKNOWN_COMMAND");
        }
    }
    for _ in 0..1000 {
        stdin.write_all(b"who\nhelp\n").unwrap();
    }
    let mut second = Wire::connect(address);
    second.expect_ok();
    second.send("LIST\nLOGOUT\n");
    second.expect_body("6 a.txt\n");
    second.expect_ok();
    second.expect_end();
    drop(first);
    stdin.write_all(b"stop\n").unwrap();
    assert_eq!(process.exit_code(), Some(0));
}

/// The real server with `--trace`, and its standard output after the first line.
pub fn traced_server(dir: &TempDir, stderr: Stdio) -> (Process, BufReader<impl Read>, SocketAddr) {
    let mut command = server_command(dir);
    command.arg("--trace").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
    let mut process = Process::start(&mut command);
    let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
    // On a thread of its own, so that a server that says nothing fails the test instead of holding it for ever.
    let reading = thread::spawn(move || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        (stdout, listening_address(&line))
    });
    eventually("the server's first line", || reading.is_finished());
    let (stdout, address) = reading.join().unwrap();
    (process, stdout, address)
}

#[test]
fn a_closed_standard_output_and_error_never_stop_the_server() {
    let dir = TempDir::new();
    let (mut process, stdout, address) = traced_server(&dir, Stdio::piped());
    drop(stdout);
    drop(process.0.stderr.take());
    expect_a_good_server(process, address);
}

#[test]
fn a_full_standard_output_and_error_that_nobody_reads_never_stop_the_server() {
    let dir = TempDir::new();
    let (mut process, unread_stdout, address) = traced_server(&dir, Stdio::piped());
    let unread_stderr = process.0.stderr.take();
    expect_a_good_server(process, address);
    drop((unread_stdout, unread_stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_on_a_full_disk_never_stops_the_server() {
    let dir = TempDir::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (process, stdout, address) = traced_server(&dir, full.into());
    drop(stdout);
    expect_a_good_server(process, address);
}

#[cfg(unix)]
#[test]
fn a_server_without_free_file_descriptors_says_so_once_and_recovers() {
    // The iterative server has no more than one session open at a time.
    for design in ["thread-per-client", "prethreaded:24", "spare-threads:2-24"] {
        runs_out_of_file_descriptors(design);
    }
}

#[cfg(unix)]
fn runs_out_of_file_descriptors(design: &str) {
    let dir = TempDir::new();
    let limited = r#"ulimit -n 16; exec "$0" "$@""#;
    let mut server = server_command(&dir);
    server.args(["--design", design]);
    let program = Program::start(Command::new("sh").args(["-c", limited, SERVER]).args(server.get_args()));
    program.shows("\n");
    let address = listening_address(&program.stdout.so_far());

    let mut wires: Vec<_> = (0..20).map(|_| Wire::connect(address)).collect();
    program.complains("new connections have to wait");
    let mut inside = wires.swap_remove(0);
    inside.expect_ok();
    inside.send("DOWNLOAD a.txt\n");
    inside.expect_err("READ_FAILED");

    // Time for some more attempts, which it must not report.
    thread::sleep(3 * MOMENT);
    let mut waiting = wires.pop().unwrap();
    drop(wires);
    waiting.expect_ok();
    for wire in [inside, waiting].map(RefCell::new) {
        eventually("a file can be opened again", || {
            wire.borrow_mut().send("DOWNLOAD a.txt\n");
            wire.borrow_mut().reply() == Reply::Ok(b"hello\n".to_vec())
        });
    }
    assert_eq!(program.stderr.so_far().matches("have to wait").count(), 1);
}

// The client.

/// Runs the client against this server, with these arguments, in a directory of the test.
#[track_caller]
pub fn client(server: impl ToString, dir: &TempDir, arguments: &[&str]) -> Ended {
    client_script(server, dir, arguments, "")
}

/// As above, with this on standard input.
#[track_caller]
pub fn client_script(server: impl ToString, dir: &TempDir, arguments: &[&str], script: &str) -> Ended {
    let mut program = Program::start(&mut client_command(server, dir, arguments));
    program.pipe_in(script);
    program.ended()
}

pub fn client_command(server: impl ToString, dir: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(CLIENT);
    command.args(["--server", &server.to_string(), "--dir"]).arg(dir.path()).args(arguments);
    command
}

/// A server with `a.txt` (6 bytes) and `my notes.txt` (2000 bytes).
pub fn server_with_two_files() -> TestServer {
    let server = TestServer::start();
    server.dir.put("my notes.txt", vec![b'n'; 2000]);
    server
}

#[test]
fn list_prints_a_table_with_human_sizes_count_and_total() {
    let server = server_with_two_files();
    let ended = client(server.address, &TempDir::new(), &["LIST"]);
    ended.expect_success();
    let rows: Vec<Vec<_>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["6", "B", "a.txt"]);
    assert_eq!(rows[1], ["2.0", "KiB", "my", "notes.txt"]);
    assert!(rows.len() == 3 && rows[2].starts_with(&["2.0", "KiB"]), "{ended:?}");
    assert!(ended.stdout.lines().nth(2).unwrap().contains("2 files"), "{ended:?}");
}

#[test]
fn download_stores_several_files_in_one_session_and_sums_up_each() {
    let server = server_with_two_files();
    let dir = TempDir::new();
    let ended = client(server.address, &dir, &["DOWNLOAD", "a.txt", "my notes.txt"]);
    ended.expect_success();
    assert_eq!(dir.names(), ["a.txt", "my notes.txt"]);
    assert_eq!(dir.get("a.txt"), b"hello\n");
    assert_eq!(dir.get("my notes.txt"), [b'n'; 2000]);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("a.txt: 6 B in ") && lines[1].ends_with("/s"), "{ended:?}");
    eventually("the session has ended", || server.journal.lock().unwrap().len() == 1);
    assert_eq!(*server.journal.lock().unwrap(), ["logged out"]);
}

#[test]
fn help_and_logout_are_commands_too_and_habits_work() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let help = client(server.address, &dir, &["HELP"]);
    help.expect_success();
    for word in ["LIST", "DOWNLOAD", "HELP", "LOGOUT", "ls", "get", "quit"] {
        assert!(help.stdout.contains(word), "{word} is missing: {help:?}");
    }
    for word in ["LOGOUT", "logout", "quit"] {
        client(server.address, &dir, &[word]).expect_success();
    }
    for word in ["list", "ls", "Ls"] {
        assert!(client(server.address, &dir, &[word]).stdout.contains("a.txt"));
    }
    for word in ["download", "get"] {
        client(server.address, &dir, &[word, "a.txt"]).expect_success();
        fs::remove_file(dir.path().join("a.txt")).unwrap();
    }
}

#[test]
fn the_directory_of_the_downloads_is_made_if_missing() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let address = server.address.to_string();
    for (options, stored) in [(&[][..], "client_data/a.txt"), (&["--dir", "new/deep"], "new/deep/a.txt")] {
        let mut command = Command::new(CLIENT);
        command.current_dir(dir.path()).args(["--server", &address]).args(options).args(["DOWNLOAD", "a.txt"]);
        Program::start(&mut command).ended().expect_success();
        assert_eq!(dir.get(stored), b"hello\n");
    }
    // There is a file in place of the directory.
    dir.put("file", "");
    let path = dir.path().join("file");
    let ended = run(CLIENT, &["--server", &address, "--dir", path.to_str().unwrap(), "DOWNLOAD", "a.txt"]);
    ended.expect_failure(1, &["a.txt", "file"]);
}

#[test]
fn wrong_usage_of_the_client_is_one_line_that_says_what_is_right_and_exit_code_2() {
    let usages: [(&[&str], &str); 27] = [
        (&["LIST", "x"], "LIST takes no argument"),
        (&["ls", "x"], "LIST takes no argument"),
        (&["HELP", "x"], "HELP takes no argument"),
        (&["LOGOUT", "x"], "LOGOUT takes no argument"),
        (&["LIST", "--quiet"], "LIST takes no argument"),
        (&["DOWNLOAD"], "one or several filenames"),
        (&["UPLOAD", "x"], "--help"),
        (&[""], "--help"),
        (&["\u{1b}[31m"], r"\u{1b}[31m"),
        (&["--nonsense", "LIST"], "--help"),
        (&["--trace=yes", "LIST"], "takes no value"),
        (&["--dir"], "a directory"),
        (&["--timeout"], "a number of seconds"),
        (&["--timeout", "0", "LIST"], "from 0.01 to 31536000"),
        (&["--timeout", "31536001", "LIST"], "from 0.01 to 31536000"),
        (&["--timeout", "NaN", "LIST"], "from 0.01 to 31536000"),
        (&["--max-time", "0", "LIST"], "from 0.01 to 31536000"),
        (&["--min-rate", "0", "LIST"], "a whole number from 1"),
        (&["--min-rate", "1k", "LIST"], "a whole number from 1"),
        (&["--keep=yes", "LIST"], "takes no value"),
        (&["--server"], "127.0.0.1"),
        (&["--server", "", "LIST"], "a host and perhaps a port"),
        (&["--server", ":4456", "LIST"], "a host and perhaps a port"),
        (&["--server", "127.0.0.1:", "LIST"], "a host and perhaps a port"),
        (&["--server", "127.0.0.1:0", "LIST"], "a host and perhaps a port"),
        (&["--server", "127.0.0.1:65536", "LIST"], "a host and perhaps a port"),
        (&["--server", "[::1]:x", "LIST"], "a host and perhaps a port"),
    ];
    for (arguments, right) in usages {
        let ended = run(CLIENT, arguments);
        ended.expect_failure(2, &[right]);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
}

#[test]
fn a_failure_is_exit_code_1_and_one_line_that_names_the_thing() {
    let dir = TempDir::new();
    let server = TestServer::start();
    client(server.address, &dir, &["DOWNLOAD", "missing"]).expect_failure(1, &["missing", "NOT_FOUND"]);
    client(server.address, &dir, &["DOWNLOAD", "../x"]).expect_failure(1, &["../x", "BAD_FILENAME"]);
    client(server.address, &dir, &["DOWNLOAD", ""]).expect_failure(1, &["BAD_FILENAME"]);

    let full = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    let _inside = full.session();
    client(full.address, &dir, &["LIST"]).expect_failure(1, &["SERVER_FULL"]);

    let cut = EvilServer::that_says(&[GREETING, "OK 5\nhell"]);
    client(&cut.address, &dir, &["DOWNLOAD", "a.txt"]).expect_failure(1, &["a.txt"]);
    let garbage = EvilServer::that_says(&["HTTP/1.1 400 Bad Request\r\n"]);
    client(&garbage.address, &dir, &["LIST"]).expect_failure(1, &["breaks the protocol"]);
    let silent = EvilServer::silent_after(&[""]);
    client(&silent.address, &dir, &["--timeout", "0.2", "LIST"]).expect_failure(1, &["0.2 s", "--timeout"]);

    assert!(dir.names().is_empty(), "{:?}", dir.names());
}

#[test]
fn a_logout_that_was_asked_for_and_failed_is_exit_code_1() {
    let server = EvilServer::that_says(&[GREETING, "ERR SHUTTING_DOWN the server is stopping; connect again\n"]);
    client(&server.address, &TempDir::new(), &["LOGOUT"]).expect_failure(1, &["SHUTTING_DOWN"]);
}

#[test]
fn a_logout_that_nobody_asked_for_and_failed_changes_nothing_about_what_was_done() {
    let server = EvilServer::that_says(&[GREETING, "OK 8\n6 a.txt\n", "ERR SHUTTING_DOWN the server is stopping\n"]);
    let ended = client(&server.address, &TempDir::new(), &["LIST"]);
    assert!(ended.code == Some(0) && ended.stdout.contains("a.txt"), "{ended:?}");
}

#[test]
fn with_several_files_the_client_goes_on_after_a_refusal_its_own_included() {
    let server = server_with_two_files();
    let dir = TempDir::new();
    let ended = client(server.address, &dir, &["DOWNLOAD", "missing", "a.txt", "../x", "my notes.txt"]);
    assert_eq!(ended.code, Some(1));
    let complaints: Vec<_> = ended.stderr.lines().collect();
    assert!(complaints.len() == 2 && complaints[0].contains("missing") && complaints[1].contains("../x"), "{ended:?}");
    assert_eq!(dir.names(), ["a.txt", "my notes.txt"]);
}

#[test]
fn a_script_on_standard_input_is_carried_out_without_prompts() {
    let server = server_with_two_files();
    let dir = TempDir::new();
    let script = "LIST\r\n\n  get   my notes.txt  \nLOGOUT\nDOWNLOAD a.txt\n";
    let ended = client_script(server.address, &dir, &[], script);
    ended.expect_success();
    assert!(ended.stdout.contains("a.txt") && !ended.stdout.contains('>'), "{ended:?}");
    assert_eq!(dir.names(), ["my notes.txt"], "what follows LOGOUT is not carried out");
}

#[test]
fn a_script_that_ends_without_logout_logs_out() {
    let server = TestServer::start();
    let dir = TempDir::new();
    for script in ["", "DOWNLOAD a.txt"] {
        client_script(server.address, &dir, &[], script).expect_success();
    }
    assert_eq!(dir.names(), ["a.txt"]);
    eventually("both sessions are over", || *server.journal.lock().unwrap() == ["logged out", "logged out"]);
}

#[test]
fn a_script_goes_on_after_refusals_and_fails_in_the_end() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let script = "DOWNLOAD missing\nDOWNLOAD ../x\nLIST x\nnonsense\nDOWNLOAD\nDOWNLOAD a.txt\nLOGOUT\n";
    let ended = client_script(server.address, &dir, &[], script);
    assert_eq!(ended.code, Some(1));
    let codes = ["NOT_FOUND", "BAD_FILENAME", "BAD_ARGUMENTS", "UNKNOWN_COMMAND", "BAD_ARGUMENTS"];
    assert_eq!(ended.stderr.lines().count(), codes.len(), "{ended:?}");
    for (line, code) in ended.stderr.lines().zip(codes) {
        assert!(line.contains(code), "{ended:?}");
    }
    assert_eq!(dir.names(), ["a.txt"]);
}

#[test]
fn a_script_ends_where_the_server_ends() {
    let server = EvilServer::that_says(&[GREETING, "ERR SHUTTING_DOWN the server is stopping; connect again\n"]);
    let ended = client_script(&server.address, &TempDir::new(), &[], "LIST\nLIST\nLIST\n");
    ended.expect_failure(1, &["SHUTTING_DOWN"]);
}

#[test]
fn quiet_leaves_out_progress_and_summary_and_keeps_results_and_errors() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let ended = client(server.address, &dir, &["--quiet", "DOWNLOAD", "a.txt"]);
    ended.expect_success();
    assert_eq!((ended.stdout.as_str(), dir.names()), ("", vec!["a.txt".to_string()]));

    let ended = client(server.address, &dir, &["--quiet", "LIST"]);
    ended.expect_success();
    assert!(ended.stdout.lines().count() == 1 && ended.stdout.ends_with(" a.txt\n"), "{ended:?}");
    client(server.address, &dir, &["--quiet", "DOWNLOAD", "missing"]).expect_failure(1, &["missing"]);
}

#[test]
fn the_trace_of_the_client_shows_every_line_with_its_step() {
    let server = TestServer::start();
    let ended = client(server.address, &TempDir::new(), &["--trace", "DOWNLOAD", "a.txt"]);
    assert_eq!(ended.code, Some(0));
    let lines: Vec<_> = ended.stderr.lines().collect();
    let expected = [
        "step 1 received OK ",
        r"step 4 sent     DOWNLOAD a.txt\n",
        r"step 5 received OK 6\n",
        r"step 7 sent     LOGOUT\n",
        "step 8 received OK ",
    ];
    assert_eq!(lines.len(), expected.len(), "{ended:?}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(line.contains(words), "{words:?}: {line}");
    }
}

#[test]
fn what_follows_the_command_is_its_argument_also_if_it_begins_with_a_dash() {
    let server = TestServer::start();
    let dir = TempDir::new();
    for name in ["--quiet", "-h", "--", "-"] {
        server.dir.put(name, name);
    }
    let ended = client(server.address, &dir, &["DOWNLOAD", "--quiet", "-h", "--", "-"]);
    ended.expect_success();
    assert_eq!(dir.names(), ["-", "--", "--quiet", "-h"]);
    assert_eq!(dir.get("--quiet"), b"--quiet");
    assert_eq!(ended.stdout.lines().count(), 4, "--quiet was no option here: {ended:?}");
}

#[test]
fn a_server_is_named_by_host_and_perhaps_by_port() {
    let server = TestServer::start();
    let (dir, port) = (TempDir::new(), server.address.port());
    client(format!("127.0.0.1:{port}"), &dir, &["LIST"]).expect_success();
    client(format!("localhost:{port}"), &dir, &["LIST"]).expect_success();
    let (server_option, dir_option) = (format!("--server=127.0.0.1:{port}"), format!("--dir={}", dir.path().display()));
    run(CLIENT, &[&server_option, &dir_option, "LIST"]).expect_success();

    // No TCP connection leads to the address of everybody: the complaint shows the address and port that were tried.
    for (given, tried) in [
        ("255.255.255.255", "255.255.255.255:4456:"),
        ("255.255.255.255:1", "255.255.255.255:1:"),
        ("ff02::1", "[ff02::1]:4456:"),
        ("[ff02::1]", "[ff02::1]:4456:"),
        ("[ff02::1]:1", "[ff02::1]:1:"),
    ] {
        client(given, &dir, &["LIST"]).expect_failure(1, &[tried]);
    }
}

#[test]
fn nothing_that_a_server_sends_reaches_the_terminal_unescaped() {
    let with_size = |body: &str| format!("OK {}\n{body}", body.len());
    for (answer, command) in [
        (with_size("1 \u{202e}gpj.exe\n"), &["LIST"][..]),
        (with_size("1 \u{1b}[31m\n"), &["LIST"]),
        (with_size("\u{1b}[31mred\u{9b}2J\u{7}\rx\nsecond line\n"), &["HELP"]),
        ("ERR NOT_FOUND \u{202e}detavele\n".to_string(), &["LIST"]),
        ("\u{1b}]0;title\u{7}\n".to_string(), &["LIST"]),
        (with_size("x"), &["DOWNLOAD", "\u{202e}gpj.exe"]),
    ] {
        let server = EvilServer::that_says(&[GREETING, &answer, "OK 0\n"]);
        let ended = client(&server.address, &TempDir::new(), &[&["--trace"], command].concat());
        let shown = ended.stdout + &ended.stderr;
        assert!(!shown.contains(obeyed_by_terminals), "{shown:?}");
        assert!(shown.contains(r"\u{202e}") || shown.contains(r"\u{1b}"), "{shown:?}");
    }
}

#[test]
fn a_name_that_the_client_refuses_reaches_the_terminal_escaped() {
    let server = TestServer::start();
    let ended = client(server.address, &TempDir::new(), &["DOWNLOAD", "\u{1b}[31m"]);
    ended.expect_failure(1, &[r"\u{1b}[31m", "BAD_FILENAME"]);
    assert!(!ended.stderr.contains(obeyed_by_terminals), "{ended:?}");
}

#[test]
fn a_client_whose_output_was_closed_has_done_its_work() {
    let closed = Arc::new(Mutex::new(false));
    let may_answer = Arc::clone(&closed);
    let server = EvilServer::that(move |mut stream| {
        eventually("the output is closed", || *may_answer.lock().unwrap());
        stream.write_all(format!("{GREETING}OK 8\n6 a.txt\nOK 0\n").as_bytes()).unwrap();
    });
    let mut command = client_command(&server.address, &TempDir::new(), &["LIST"]);
    let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()));
    drop(process.0.stdout.take());
    *closed.lock().unwrap() = true;
    assert_eq!(process.exit_code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_can_not_print_its_result_has_failed() {
    let server = TestServer::start();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = client_command(server.address, &TempDir::new(), &["LIST"]);
    let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{output:?}");
}

#[test]
fn a_client_that_is_killed_inside_a_body_leaves_the_earlier_file_and_hinders_nothing() {
    let server = EvilServer::silent_after(&[GREETING, "OK 6\nhel"]);
    let dir = TempDir::new();
    dir.put("a.txt", "earlier");
    let mut program = Program::start(&mut client_command(&server.address, &dir, &["DOWNLOAD", "a.txt"]));
    eventually("half of the body is stored", || {
        let names = dir.names();
        names.len() == 2 && dir.get(&names[0]) == b"hel"
    });
    program.process.kill();
    let left = dir.names();
    assert!(left.len() == 2 && left[0].starts_with('.'), "{left:?}");
    assert_eq!(dir.get("a.txt"), b"earlier");

    let good = TestServer::start();
    client(good.address, &dir, &["DOWNLOAD", "a.txt"]).expect_success();
    assert_eq!(dir.get("a.txt"), b"hello\n");
    assert_eq!(dir.names(), left);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_told_and_leaves_the_earlier_file_and_no_other() {
    let server = TestServer::start();
    server.dir.put("a.txt", vec![b'x'; 1024 * 1024]);
    let dir = TempDir::new();
    dir.put("a.txt", "earlier");
    // A limit on the size of files has the effect of a full disk.
    let limited = r#"trap '' XFSZ; ulimit -f 8; exec "$0" "$@""#;
    let client = client_command(server.address, &dir, &["DOWNLOAD", "a.txt"]);
    let ended = Program::start(Command::new("sh").args(["-c", limited, CLIENT]).args(client.get_args())).ended();
    ended.expect_failure(1, &["a.txt", "can't write"]);
    assert_eq!(dir.names(), ["a.txt"]);
    assert_eq!(dir.get("a.txt"), b"earlier");
}

#[test]
fn a_server_that_is_not_there_is_told_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // The port of a connection's own end: nobody listens there.
    let taken = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let nobody = taken.local_addr().unwrap().to_string();
    client(&nobody, &TempDir::new(), &["LIST"]).expect_failure(1, &[&nobody, "is a server running"]);
}
