//! Our server in a process of its own, so that the system's numbers are only about the server.
//!
//! Read first: `mod.rs`. It does not know what is measured.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::fresh_dir::FreshDir;
use crate::server::designs::Design;
use crate::wire::visible;

/// The tool of `lab` that is the server: so the program `server` need not be built.
pub const TOOL: &str = "server";

/// How long a server may take to end after `stop`; then it is killed.
const STOP_TIME: Duration = Duration::from_secs(3);

/// How often the tool checks whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// The unit in which Linux counts a process's time (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// The file that is asked for.
pub const SMALL: (&str, u64) = ("small", 1024);

/// The file for clients that read nothing: larger than all buffers between two programs.
pub const BIG: (&str, u64) = ("big", 64 * 1024 * 1024);

/// A new directory with files to be served, removed at the end.
pub struct ServedFiles(FreshDir);

impl ServedFiles {
    /// Makes files of these names and sizes, full of zeros: on most file systems they use no space.
    ///
    /// # Errors
    /// What the system says.
    pub fn make(files: &[(&str, u64)]) -> io::Result<ServedFiles> {
        let dir = FreshDir::make("lab-compare")?;
        for (name, size) in files {
            File::create(dir.path().join(name))?.set_len(*size)?;
        }
        Ok(ServedFiles(dir))
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A server that runs; it is stopped when this is dropped.
pub struct Subject {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Kept open: a server whose output is closed would have other problems.
    _stdout: BufReader<ChildStdout>,
}

/// The system's numbers about a process at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Resources {
    /// Its threads, the main one included.
    pub threads: u64,
    /// The most memory that it ever had in the machine's memory, in bytes.
    pub memory: u64,
    /// The processor time that it has used, also in the kernel; counted in steps of 10 ms.
    pub processor: Duration,
}

impl Subject {
    /// Starts a server, and waits until it listens.
    ///
    /// # Errors
    /// In a sentence.
    pub fn start(design: Design, files: &ServedFiles, sessions: usize) -> Result<Subject, String> {
        let no_start = |error: io::Error| format!("can't start a server of its own: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(no_start)?);
        command.args([TOOL, "--until-eof", "--bind", "127.0.0.1:0", "--design", &design.to_string()]);
        let most = sessions.to_string();
        command.args(["--max-sessions", &most, "--max-per-address", &most, "--dir"]).arg(files.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(no_start)?;
        let Some(stdout) = child.stdout.take() else { return Err("a server of its own has no output".to_string()) };
        let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
        let read = stdout.read_line(&mut line);
        match line.trim_end().strip_prefix("listening on ").and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Subject { child, address, _stdout: stdout }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                read.map_err(no_start)?;
                Err(format!("a server of its own said '{}' when it started", visible(line.as_bytes())))
            }
        }
    }

    /// The system's numbers about it now; `None` on a system without the `/proc` of Linux.
    pub fn resources(&self) -> Option<Resources> {
        let of_process = |file| fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).ok();
        let status = of_process("status")?;
        let stat = of_process("stat")?;
        // Fields 14 and 15; those before the third end with a parenthesis.
        let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
        Some(Resources {
            threads: field(&status, "Threads:")?,
            memory: field(&status, "VmHWM:")? * 1024,
            processor: TICK * ticks,
        })
    }

    fn stop(&mut self) -> io::Result<()> {
        if let Some(mut stdin) = self.child.stdin.take() {
            stdin.write_all(b"stop\n")?;
            let deadline = Instant::now() + STOP_TIME;
            while self.child.try_wait()?.is_none() && Instant::now() < deadline {
                thread::sleep(POLL);
            }
        }
        Ok(())
    }
}

/// A number of a file of `/proc` such as `status`.
pub fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Drop for Subject {
    fn drop(&mut self) {
        // Whatever went wrong with the stop: it does not outlive this. If it has ended, there is nothing to kill.
        let _ = self.stop();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_number_is_found_by_the_name_at_its_lines_beginning() {
        let status = "Name:\tThreads:\nVmHWM:\t    2048 kB\nThreads:\t7\n";
        assert_eq!(
            (field(status, "Threads:"), field(status, "VmHWM:"), field(status, "Vm:")),
            (Some(7), Some(2048), None)
        );
    }
}
