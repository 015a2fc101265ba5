//! What a measurement needs: a directory, and servers in processes of their own. Each is removed when it is dropped,
//! also after a failure.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

use file_transfer::server::limits::MAX_SESSIONS;

use crate::bare::{self, Script};

/// A directory of the benchmark's own.
pub struct TempDir(PathBuf);

impl TempDir {
    /// The first of the names that is free: a row may have several.
    pub fn new() -> io::Result<TempDir> {
        let mut number = 0;
        loop {
            let path = env::temp_dir().join(format!("file-transfer-bench-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(TempDir(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file of so many zero bytes. Most file systems make it sparse: it uses no space on the disk.
    pub fn put(&self, name: &str, size: u64) -> io::Result<()> {
        File::create(self.0.join(name))?.set_len(size)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs beside us.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// The real one, as it is built for use. Its log is thrown away.
    pub fn ours(dir: &Path) -> io::Result<Server> {
        Server::start(Server::of(dir))
    }

    /// The real one, with its log written to a file of the second directory.
    pub fn logging(dir: &Path, log_dir: &Path) -> io::Result<Server> {
        let mut command = Server::of(dir);
        command.stderr(File::create(log_dir.join("log"))?);
        Server::start(command)
    }

    /// The real one, while it records its timeline. It is killed before it would draw it.
    pub fn recording(dir: &Path) -> io::Result<Server> {
        let mut command = Server::of(dir);
        command.arg("--timeline").arg(dir.join("timeline.txt"));
        Server::start(command)
    }

    fn of(dir: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        let most = MAX_SESSIONS.to_string();
        command.args(["--bind", "127.0.0.1:0", "--max-sessions", &most, "--max-per-address", &most]);
        command.arg("--dir").arg(dir);
        command.stderr(Stdio::null());
        command
    }

    /// The bare one that sends bytes from memory.
    pub fn bare(script: Script) -> io::Result<Server> {
        let mut command = Command::new(env::current_exe()?);
        command.args(script.arguments());
        Server::start(command)
    }

    /// The bare one that sends files, with a buffer of so many bytes.
    pub fn bare_files(dir: &Path, part: usize) -> io::Result<Server> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(bare::FILES).arg(dir).arg(part.to_string());
        Server::start(command)
    }

    /// Starts the process, and waits for the line that says where it listens.
    fn start(mut command: Command) -> io::Result<Server> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        // From here on the guard is complete: whatever fails, the process ends.
        let mut server = Server { child, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let mut line = String::new();
        if let Some(stdout) = &mut server.child.stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim_end().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        server.address = address.ok_or_else(|| io::Error::other(format!("a server said {line:?} when it started")))?;
        Ok(server)
    }

    /// Memory of the process that is in the machine's memory now, in KiB; `None` where the system shows no /proc.
    pub fn resident_kib(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many files and connections a process may have open: ours, and each server's, which inherits it. `None` where
/// the system shows no /proc, or sets no limit.
pub fn descriptor_limit() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
