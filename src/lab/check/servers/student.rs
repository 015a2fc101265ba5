//! The student's server: started from a command line on a free port, and watched.
//!
//! Read first: `process.rs`, `peer.rs`. It does not know the checks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::process::{lines_of, marked, Process};
use crate::lab::check::processes;
use crate::lab::check::servers::peer::somebody_listens;
use crate::lab::check::POLL;
use crate::lab::random::any_seed;
use crate::lock::locked;

/// How long the program may take to open its port: some languages compile first.
const START_TIME: Duration = Duration::from_secs(20);

/// The ports from which one is chosen for the program. They are below the ports that systems give to clients: a client
/// could take such a port before the program does.
const PORTS: Range<u16> = 15_000..32_000;

/// How long a program may listen only on other ports: it may open several ports, and `{port}` as the last one.
const ELSEWHERE_TIME: Duration = Duration::from_secs(3);

/// How often the grader looks where the program listens.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// How long a program's command must still run after its port is open. A command that goes into the background ends at
/// once.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// How many characters of the last printed line stand in an error's first line.
const SHOWN: usize = 120;

/// Words that languages print with an error that nobody caught.
const OF_AN_ERROR: [&str; 4] = ["Traceback (most", "Exception", "Error", "panicked"];

/// If a program prints more bytes than this before it listens, it most likely prints without an end.
const MUCH_PRINTED: usize = 1024 * 1024;

/// How many lines of an error are shown: of the beginning, where Java names it, and of the end, where Python names it.
const FIRST_LINES: usize = 4;
const LAST_LINES: usize = 8;

/// A student's server that runs; it ends when this is dropped.
pub struct Student {
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves, as its command line says it.
    dir: String,
}

impl Student {
    /// Starts the program, in this working directory if one is given, and waits until its port is open.
    ///
    /// # Errors
    /// If the program can't be started, ends, or opens no port. The first line says so in one clause, in the same words
    /// each time. What the program printed follows.
    pub fn start(words: &[String], dir: &Path, folder: Option<&Path>) -> Result<Student, String> {
        let port = free_port().map_err(|error| format!("this system has no free port: {error}"))?;
        let dir = std::env::current_dir().map_or(dir.to_path_buf(), |here| here.join(dir));
        let dir = dir.to_string_lossy().into_owned();
        // After the cutting, so that a directory with spaces stays one word.
        let words: Vec<_> =
            words.iter().map(|word| word.replace("{dir}", &dir).replace("{port}", &port.to_string())).collect();
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let process = Process::start_in(folder, &words, Stdio::null())?;
        let mut student = Student { process, address, dir };
        student.wait_for_port()?;
        Ok(student)
    }

    fn wait_for_port(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_TIME;
        let (mut next_look, mut elsewhere) = (Instant::now() + LOOK_PAUSE, None);
        while Instant::now() < deadline {
            if let Some(how) = self.process.how_it_ended() {
                return Err(self.why_ended(&how));
            }
            if somebody_listens(self.address) {
                thread::sleep(SETTLE_TIME);
                return self.process.how_it_ended().map_or(Ok(()), |how| Err(self.why_ended(&how)));
            }
            if Instant::now() >= next_look {
                next_look = Instant::now() + LOOK_PAUSE;
                match self.listens_elsewhere() {
                    None => elsewhere = None,
                    Some(where_then) => {
                        let since = *elsewhere.get_or_insert_with(Instant::now);
                        if since.elapsed() >= ELSEWHERE_TIME {
                            return Err(format!("{where_then}\n{}", self.process.printed()));
                        }
                    }
                }
            }
            thread::sleep(POLL);
        }
        let what = if self.process.printed_count() > MUCH_PRINTED {
            "the program prints without end, and nobody listens on {port}: listen first, and print less"
        } else {
            "the program runs, but nobody listens on {port}: does it take {port} from its command line?"
        };
        Err(format!("{what}\n{}", self.process.printed()))
    }

    /// Where its processes listen, if they do not listen where they should. Only Linux tells it.
    fn listens_elsewhere(&self) -> Option<String> {
        let addresses = processes::addresses_of(&self.process.members());
        let port = self.address.port();
        match addresses.iter().find(|address| address.port() == port) {
            Some(address) => Some(format!(
                "it listens on {} alone, and not on 127.0.0.1: let it listen there, or on all addresses",
                address.to_string().replace(&port.to_string(), "{port}")
            )),
            None => addresses.first().map(|address| {
                // The number stands behind the clause: the system may choose another one the next time.
                format!(
                    "it listens on another port instead of {{port}}: take {{port}} from the command line\n\
                     The other port is {}, and {{port}} stood for {port}.",
                    address.port()
                )
            }),
        }
    }

    /// What to say when its command has ended, in this way.
    fn why_ended(&self, how: &str) -> String {
        let what = if self.process.members().is_empty() && !somebody_listens(self.address) {
            format!("the program has ended ({how}) and does not listen on {{port}}{}", self.last_words())
        } else {
            format!(
                "its command has ended ({how}) and what that started went into the background: let the server stay \
                 where it is started, without & and without becoming a daemon"
            )
        };
        let input = "Its standard input is empty: who reads there meets the end at once.";
        format!("{what}\n{}\n{input}", self.process.printed())
    }

    /// The last line that it printed: most languages name an error there. What changes from run to run, the directory
    /// and the port, is replaced by its placeholder.
    fn last_words(&self) -> String {
        let lines = self.process.printed_lines();
        let Some(last) = lines.iter().rev().find(|line| !line.trim().is_empty()) else { return String::new() };
        let last = last.replace(&self.dir, "{dir}").replace(&self.address.port().to_string(), "{port}");
        let shown: String = last.trim().chars().take(SHOWN).collect();
        let more = if shown.len() < last.trim().len() { "..." } else { "" };
        format!(": {shown}{more}")
    }

    /// Has it ended by itself? In sentences, with what it printed.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended()
    }

    /// The same, if it ends within this time.
    pub fn ended_within(&mut self, time: Duration) -> Option<String> {
        self.process.ended_within(time)
    }

    /// How many bytes it has printed so far.
    pub fn printed_count(&self) -> usize {
        self.process.printed_count()
    }

    /// What it printed after its first `count` bytes, if that speaks of an error: the first and the last lines.
    pub fn error_since(&self, count: usize) -> Option<String> {
        let lines = lines_of(&self.process.output_since(count));
        let is_error = lines.iter().any(|line| OF_AN_ERROR.iter().any(|word| line.contains(word)));
        let (first, last) = (FIRST_LINES.min(lines.len()), lines.len().saturating_sub(LAST_LINES));
        let shown =
            if first >= last { lines } else { [&lines[..first], &["...".to_string()], &lines[last..]].concat() };
        is_error.then(|| format!("Meanwhile the program printed:\n{}", marked(&shown)))
    }

    /// The program's number, by which the system knows it.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// A port that nobody uses at the moment, and never the port of the program before: it may still be in TIME_WAIT.
///
/// # Errors
/// If there is none.
pub fn free_port() -> io::Result<u16> {
    /// The port that was given last.
    static LAST: Mutex<Option<u16>> = Mutex::new(None);
    locked(&LAST, |last| {
        for _ in PORTS {
            // Another process most likely begins elsewhere.
            let next = last.map_or(PORTS.start + (any_seed() % PORTS.len() as u64) as u16, |last| last + 1);
            let port = if PORTS.contains(&next) { next } else { PORTS.start };
            *last = Some(port);
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    })
}
