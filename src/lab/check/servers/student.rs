//! The student's server: started from a command line on a free port, and watched.
//!
//! Read first: `mod.rs`. It does not know the protocol.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::process::Process;
use crate::lab::check::servers::any_seed;
use crate::lab::check::servers::peer::{somebody_listens, POLL};

/// How long the program may take until its port is open: some languages compile first.
const START_TIME: Duration = Duration::from_secs(20);

/// Where a port for the program is looked for: below those that systems give to clients, which could take it before the
/// program does.
const PORTS: Range<u16> = 15_000..32_000;

/// A student's server that runs; it ends when this is dropped.
pub struct Student {
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Student {
    /// Starts the program and waits until its port is open.
    ///
    /// # Errors
    /// In sentences: the program can't be started, ends, or opens no port; with what it printed.
    pub fn start(words: &[String], dir: &Path) -> Result<Student, String> {
        let port = free_port().map_err(|error| format!("this system has no free port: {error}"))?;
        let dir = dir.to_string_lossy();
        // After the cutting, so that a directory with spaces stays one word.
        let words: Vec<_> =
            words.iter().map(|word| word.replace("{dir}", &dir).replace("{port}", &port.to_string())).collect();
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut student = Student { process: Process::start(&words, Stdio::null())?, address };
        student.wait_for_port()?;
        Ok(student)
    }

    fn wait_for_port(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_TIME;
        while Instant::now() < deadline {
            if let Some(ended) = self.ended() {
                return Err(format!("{ended}\nIt never listened on {}.", self.address));
            }
            if somebody_listens(self.address) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        let (address, printed) = (self.address, self.process.printed());
        let what = format!("the program runs, but nobody listens on {address}");
        Err(format!("{what}: does it take {{port}} from its command line?\n{printed}"))
    }

    /// Has it ended by itself? In sentences, with what it printed.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended()
    }

    /// The program's number, by which the system knows it.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// A port that nobody uses at the moment, and never the same twice: the program before may have left it in TIME_WAIT.
fn free_port() -> io::Result<u16> {
    /// The port that was given last.
    static LAST: Mutex<Option<u16>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for _ in PORTS {
        // Another process begins elsewhere, most likely.
        let next = last.map_or(PORTS.start + (any_seed() % PORTS.len() as u64) as u16, |last| last + 1);
        let port = if PORTS.contains(&next) { next } else { PORTS.start };
        *last = Some(port);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// The process that listens at an address of this machine, where the system has a `/proc` that tells so, as Linux has.
pub fn listening_process(address: SocketAddr) -> Option<u32> {
    let socket = address.ip().is_loopback().then(|| listening_socket(address.port()))??;
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let holds = |process: &std::fs::DirEntry| {
        let open_files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().filter_map(Result::ok);
        open_files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|target| target == socket)
    };
    processes.filter(holds).find_map(|process| process.file_name().to_str()?.parse().ok())
}

/// What the open files of a process show for the socket that listens on the port.
fn listening_socket(port: u16) -> Option<PathBuf> {
    /// The state of a socket that listens, in the tables of `/proc/net`.
    const LISTENS: &str = "0A";
    let table = |name| std::fs::read_to_string(name).unwrap_or_default();
    let sockets = [table("/proc/net/tcp"), table("/proc/net/tcp6")].concat();
    let ending = format!(":{port:04X}");
    sockets.lines().find_map(|socket| {
        let fields: Vec<_> = socket.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&ending) && *state == LISTENS).then(|| format!("socket:[{inode}]").into())
    })
}

/// Does a thread of this process run, or would it if a processor were free? `None` where the system has no `/proc` that
/// tells so, as Linux has. A thread that waits for input does not, however busy the machine is.
pub fn is_busy(pid: u32) -> Option<bool> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.filter_map(Result::ok);
    let stats: Vec<_> = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok()).collect();
    // The state stands behind the thread's name, which may hold anything but ends with a parenthesis.
    let mut states = stats.iter().filter_map(|stat| stat.rsplit_once(") ")).map(|(_, fields)| fields.starts_with('R'));
    if stats.is_empty() {
        None
    } else {
        Some(states.any(|runs| runs))
    }
}
