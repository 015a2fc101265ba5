//! The student's program: started from a command line, watched, ended.
//!
//! Read first: `mod.rs`. It does not know the protocol.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::any_seed;
use crate::lab::check::peer::{Peer, Steps, POLL};
use crate::lock::locked;
use crate::programs::args::Usage;
use crate::wire::visible;

/// How long the program may take until its port is open: some languages compile first.
const START_TIME: Duration = Duration::from_secs(20);

/// Where a port for the program is looked for: below those that systems give to clients, which could take it before the
/// program does.
const PORTS: Range<u16> = 15_000..32_000;

/// How much of what the program printed is kept: its end, where a trace of an error stands.
const MAX_PRINTED: usize = 4096;

/// How long a program that has ended gets to have its last words read.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What ends with the program that was started; with any other, only this handle.
pub struct Student {
    child: Child,
    printed: Arc<Mutex<Vec<u8>>>,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Cuts a command line into words. Spaces part them; quotes of either kind keep what stands between them together.
///
/// # Errors
/// If there is no word, or a quote does not end.
pub fn words(command: &str) -> Result<Vec<String>, Usage> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => {
                quote = Some(letter);
                word.get_or_insert_with(String::new);
            }
            None if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_with(String::new).push(letter),
        }
    }
    if let Some(open) = quote {
        return Err(Usage(format!("--command: the quote {open} does not end")));
    }
    words.extend(word);
    match words.first() {
        None => Err(Usage("--command needs a program, such as --command 'python3 server.py {dir} {port}'".to_string())),
        Some(first) if is_for_a_shell(first) => Err(Usage(format!(
            "--command: there is no shell that would understand '{}'; name the program with its path, or start a \
             shell: sh -c 'cd dir && exec python3 server.py {{dir}} {{port}}'",
            first.escape_debug()
        ))),
        Some(_) => Ok(words),
    }
}

/// Is it `cd`, or a variable such as `PORT=4456`? A shell understands these, and they are no programs.
fn is_for_a_shell(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    word == "cd" || word.split_once('=').is_some_and(|(name, _)| is_name(name))
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
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child =
            command.spawn().map_err(|error| format!("can't start {:?}: {error}; is its name right?", words[0]))?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut student = Student { child, printed: Arc::default(), address };
        let (stdout, stderr) = (student.child.stdout.take(), student.child.stderr.take());
        let listening = student.listen_to(stdout).and_then(|()| student.listen_to(stderr));
        listening.map_err(|error| format!("can't start a thread: {error}"))?;
        student.wait_for_port()?;
        Ok(student)
    }

    /// Keeps what the program prints, on a thread of its own: a program whose output nobody takes would come to a halt.
    fn listen_to(&self, output: Option<impl Read + Send + 'static>) -> io::Result<()> {
        let printed = Arc::clone(&self.printed);
        let Some(mut output) = output else { return Ok(()) };
        let listen = move || {
            let mut part = [0; MAX_PRINTED];
            while let Ok(count @ 1..) = output.read(&mut part) {
                locked(&printed, |printed| {
                    printed.extend_from_slice(&part[..count]);
                    let too_many = printed.len().saturating_sub(MAX_PRINTED);
                    printed.drain(..too_many);
                });
            }
        };
        thread::Builder::new().name("printed".to_string()).spawn(listen).map(drop)
    }

    fn wait_for_port(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_TIME;
        while Instant::now() < deadline {
            if let Some(ended) = self.ended() {
                return Err(format!("{ended}\nIt never listened on {}.", self.address));
            }
            // A client that takes its leave when it is dropped.
            if Peer::connect(self.address, 0, Steps::default(), Instant::now() + START_TIME).is_ok() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        let (address, printed) = (self.address, self.printed());
        let what = format!("the program runs, but nobody listens on {address}");
        Err(format!("{what}: does it take {{port}} from its command line?\n{printed}"))
    }

    /// Has it ended by itself? In sentences, with what it printed.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        thread::sleep(LAST_WORDS);
        Some(format!("The program has ended ({status}).\n{}", self.printed()))
    }

    /// The program's number, by which the system knows it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn printed(&self) -> String {
        let printed = locked(&self.printed, |printed| printed.clone());
        let text = printed.strip_suffix(b"\n").unwrap_or(&printed);
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').map(|line| format!("    | {}", visible(line))).collect();
        if printed.is_empty() {
            "It printed nothing.".to_string()
        } else {
            format!("It printed last:\n{}", lines.join("\n"))
        }
    }
}

/// The program is ended, whatever the checks found.
impl Drop for Student {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_cut_at_spaces_and_quotes_keep_words_together() {
        assert_eq!(
            words("python3 'my server.py'  {dir} \"\" a\"b c\"d").unwrap(),
            ["python3", "my server.py", "{dir}", "", "ab cd"]
        );
        assert!(words("python3 'server.py").is_err());
        assert!(words("  ").is_err());
        for shell in ["cd server && python3 server.py", "PORT={port} python3 server.py"] {
            assert!(words(shell).unwrap_err().to_string().contains("no shell"), "{shell}");
        }
        assert!(words("./a=b {port}").is_ok());
    }
}
