//! What every test needs: a server on a free port, a directory of its own, and a peer that speaks the protocol byte by
//! byte and prints the whole conversation when an expectation fails.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use file_transfer::journal::{Event, Journal, Record};
use file_transfer::server::designs::Design;
use file_transfer::server::file_handler::FileHandler;
use file_transfer::server::limits::Limits;
use file_transfer::server::registry::{Registry, SessionView};
use file_transfer::server::Server;
use file_transfer::wire::visible;

/// How long a test waits for something that must come. Only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a test checks that nothing comes.
pub const MOMENT: Duration = Duration::from_millis(150);

/// More bytes than any test waits for at the end of a connection: a server that repeats itself fails instead of hanging.
const ENDLESS: u64 = 128 * 1024 * 1024;

/// The compiler that cargo uses.
pub fn rustc() -> Command {
    Command::new(std::env::var("RUSTC").unwrap_or("rustc".to_string()))
}

/// A directory of its own for each test, removed at the end.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        static LAST: Mutex<u64> = Mutex::new(0);
        let number = {
            let mut last = LAST.lock().unwrap();
            *last += 1;
            *last
        };
        let path = std::env::temp_dir().join(format!("file-transfer-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        TempDir(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into the directory.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    /// Reads a file of the directory.
    pub fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("no file {name}: {error}"))
    }

    /// The names of everything in it, hidden ones included, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a test wants of its server.
pub struct Wanted {
    pub max_sessions: usize,
    pub max_per_address: Option<usize>,
    pub idle_timeout: Duration,
    pub design: Design,
    /// Does it take RESUME and SUM?
    pub extensions: bool,
    /// Called with every record of the server's journal, on the thread that wrote it.
    pub observer: Box<dyn Fn(&Record) + Send + Sync>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            max_sessions: 64,
            max_per_address: None,
            idle_timeout: PATIENCE * 2,
            design: usual_design(),
            extensions: false,
            observer: Box::new(|_| {}),
        }
    }
}

/// The design of servers whose test asks for none: that of the environment's `DESIGN`, so that all tests can be run
/// again under another one.
fn usual_design() -> Design {
    std::env::var("DESIGN").map_or(Design::default(), |name| name.parse().unwrap())
}

/// A real server in this process, on a free port, with a directory of its own. Stopped when it is dropped.
pub struct TestServer {
    pub server: Arc<Server>,
    pub address: SocketAddr,
    pub dir: TempDir,
    /// Every line that a session's end or a notice left in the journal.
    pub journal: Arc<Mutex<Vec<String>>>,
    running: Option<JoinHandle<()>>,
}

impl TestServer {
    /// A server with the usual limits, and a directory with one file, `a.txt`, that holds `hello\n`.
    pub fn start() -> TestServer {
        TestServer::with(Wanted::default())
    }

    pub fn with(wanted: Wanted) -> TestServer {
        let dir = TempDir::new();
        dir.put("a.txt", "hello\n");
        let registry =
            Registry::new(Limits { max_sessions: wanted.max_sessions, max_per_address: wanted.max_per_address });
        let journal = Arc::new(Mutex::new(Vec::new()));
        let (lines, observer) = (Arc::clone(&journal), wanted.observer);
        let told = Journal::new(move |record: &Record| {
            if let Event::Closed { why: text, .. } | Event::Notice(text) = record.event {
                lines.lock().unwrap().push(text.to_string());
            }
            observer(record);
        });
        let served = FileHandler::new(dir.path()).unwrap();
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), served, registry, wanted.idle_timeout, told).unwrap();
        let server = Arc::new(if wanted.extensions { server.with_extensions() } else { server });
        let address = server.local_addr().unwrap();
        let listening = Arc::clone(&server);
        let running = thread::spawn(move || listening.run(wanted.design));
        TestServer { server, address, dir, journal, running: Some(running) }
    }

    /// Connects without reading the greeting.
    pub fn connect(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// Connects and reads the greeting: step 1 is done.
    pub fn session(&self) -> Wire {
        let mut wire = self.connect();
        wire.expect_ok();
        wire
    }

    pub fn sessions(&self) -> Vec<SessionView> {
        self.server.registry().snapshot()
    }

    /// Waits until so many sessions are active.
    pub fn wait_for_sessions(&self, count: usize) {
        eventually(&format!("{count} active sessions"), || self.server.registry().active() == count);
    }

    /// Waits until the listener has ended, after a stop.
    pub fn wait_for_end(&mut self) {
        self.running.take().unwrap().join().unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // A test's open sessions do not need the stop's grace.
            for session in self.sessions() {
                self.server.kick(session.number);
            }
            self.server.stop();
            let _ = running.join();
        }
    }
}

/// Waits until `done`, and fails with `what` if that never comes.
#[track_caller]
pub fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A reply as it came.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    Ok(Vec<u8>),
    Err { code: String, message: String },
}

/// One end of a connection. It sends exactly what the test gives it, remembers everything, and prints it when the test
/// fails.
pub struct Wire {
    pub stream: TcpStream,
    received: Vec<u8>,
    transcript: Vec<String>,
}

impl Wire {
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("no connection to {address}: {error}"));
        Wire::over(stream)
    }

    /// The wire over a connection that is open already.
    pub fn over(stream: TcpStream) -> Wire {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Wire { stream, received: Vec::new(), transcript: Vec::new() }
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.note("->", bytes);
        if let Err(error) = self.stream.write_all(bytes) {
            self.fail(&format!("sending failed: {error}"));
        }
    }

    /// Ends the sending side.
    pub fn half_close(&mut self) {
        self.transcript.push("-> (end of the sending side)".to_string());
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads one whole reply.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        let line = self.line();
        let header = String::from_utf8(line.clone()).unwrap_or_else(|_| self.fail("the header is not UTF-8"));
        let header = header.strip_suffix('\n').unwrap_or_else(|| self.fail("the header has no line end"));
        if let Some(size) = header.strip_prefix("OK ") {
            let size = size.parse().unwrap_or_else(|_| self.fail("the size is no number"));
            return Reply::Ok(self.bytes(size));
        }
        let mut words = header.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("ERR"), Some(code), Some(message)) => {
                Reply::Err { code: code.to_string(), message: message.to_string() }
            }
            _ => self.fail("the header is neither OK nor ERR"),
        }
    }

    /// Reads a reply that must be OK, and returns its body.
    #[track_caller]
    pub fn expect_ok(&mut self) -> Vec<u8> {
        match self.reply() {
            Reply::Ok(body) => body,
            Reply::Err { .. } => self.fail("expected OK"),
        }
    }

    /// Reads a reply that must be OK with this body.
    #[track_caller]
    pub fn expect_body(&mut self, body: impl AsRef<[u8]>) {
        if self.expect_ok() != body.as_ref() {
            self.fail(&format!("expected the body {}", shortened(body.as_ref())));
        }
    }

    /// Reads a reply that must be ERR with this code, and returns its message.
    #[track_caller]
    pub fn expect_err(&mut self, wanted: &str) -> String {
        match self.reply() {
            Reply::Err { code, message } if code == wanted => message,
            _ => self.fail(&format!("expected ERR {wanted}")),
        }
    }

    /// Sees the server close the connection, in order and with nothing more to read.
    #[track_caller]
    pub fn expect_end(&mut self) {
        let rest = self.rest();
        if !rest.is_empty() {
            self.fail("expected the end of the connection");
        }
    }

    /// Reads all that comes until the server closes in order.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.received);
        let read = (&self.stream).take(ENDLESS).read_to_end(&mut rest);
        self.note("<-", &rest);
        match read {
            Ok(count) if count as u64 == ENDLESS => self.fail("expected the end of the connection"),
            Ok(_) => self.transcript.push("<- (end)".to_string()),
            Err(error) => self.fail(&format!("expected the end of the connection, but: {error}")),
        }
        rest
    }

    /// Nothing comes for a moment.
    #[track_caller]
    pub fn expect_silence(&mut self) {
        self.stream.set_read_timeout(Some(MOMENT)).unwrap();
        let mut byte = [0];
        let read = self.stream.read(&mut byte);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        match read {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(0) => self.fail("expected silence, but the connection ended"),
            Ok(_) => self.fail(&format!("expected silence, but {} came", visible(&byte))),
            Err(error) => self.fail(&format!("expected silence, but: {error}")),
        }
    }

    /// Reads one line with its line end.
    #[track_caller]
    pub fn line(&mut self) -> Vec<u8> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                return self.take(end + 1);
            }
            self.receive_more("a line");
        }
    }

    /// Reads so many bytes.
    #[track_caller]
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() < count {
            self.receive_more(&format!("{count} bytes"));
        }
        self.take(count)
    }

    #[track_caller]
    fn receive_more(&mut self, wanted: &str) {
        let mut buffer = [0; 64 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.fail(&format!("the connection ended, but {wanted} should come")),
            Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            // The caller asks again.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.fail(&format!("{wanted} should come, but: {error}")),
        }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.received.split_off(count);
        let taken = std::mem::replace(&mut self.received, rest);
        self.note("<-", &taken);
        taken
    }

    fn note(&mut self, direction: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.transcript.push(format!("{direction} {}", shortened(bytes)));
        }
    }

    /// Ends the test with the conversation so far.
    #[track_caller]
    pub fn fail(&self, what: &str) -> ! {
        let waiting = match self.received.is_empty() {
            true => String::new(),
            false => format!("\n   (received, not yet looked at: {})", shortened(&self.received)),
        };
        panic!("{what}\nthe conversation:\n{}{waiting}", self.transcript.join("\n"));
    }
}

fn shortened(bytes: &[u8]) -> String {
    const SHOWN: usize = 200;
    match bytes.len() {
        0..=SHOWN => visible(bytes),
        count => format!("{}… ({count} bytes)", visible(&bytes[..SHOWN])),
    }
}
