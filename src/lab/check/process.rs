//! A program that was started here: what it printed, whether it has ended, and its end together with all that it
//! started.
//!
//! Read first: `mod.rs`. It does not know the protocol, nor who is graded.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::lock::locked;
use crate::wire::visible;

/// How much of what the program printed is kept: its end, where a trace of an error stands.
const MAX_PRINTED: usize = 4096;

/// How long a program that has ended gets to have its last words read.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A program that runs. It ends, with all that it started, when this is dropped.
pub struct Process {
    child: Child,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    /// Starts a program, in a process group of its own where the system has such groups (Unix), with this as its
    /// standard input.
    ///
    /// # Errors
    /// In a sentence.
    pub fn start(words: &[String], stdin: Stdio) -> Result<Process, String> {
        let (program, arguments) = words.split_first().ok_or("no program is named")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        in_a_group_of_its_own(&mut command);
        let child = command.spawn().map_err(|error| format!("can't start {program:?}: {error}; is its name right?"))?;
        let mut process = Process { child, printed: Arc::default() };
        let (stdout, stderr) = (process.child.stdout.take(), process.child.stderr.take());
        let listening = process.listen_to(stdout).and_then(|()| process.listen_to(stderr));
        listening.map_err(|error| format!("can't start a thread: {error}"))?;
        Ok(process)
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

    /// Its standard input, if it was to be a pipe; once.
    pub fn stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// How it ended, if it did; without waiting.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Has it ended by itself? In sentences, with what it printed.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.status()?;
        thread::sleep(LAST_WORDS);
        Some(format!("The program has ended ({status}).\n{}", self.printed()))
    }

    /// The program's number, by which the system knows it; on Unix also the number of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it printed, as it came.
    pub fn output(&self) -> Vec<u8> {
        locked(&self.printed, |printed| printed.clone())
    }

    /// The end of what it printed, each line marked.
    pub fn printed(&self) -> String {
        let printed = self.output();
        let text = printed.strip_suffix(b"\n").unwrap_or(&printed);
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').map(|line| format!("    | {}", visible(line))).collect();
        if printed.is_empty() {
            "It printed nothing.".to_string()
        } else {
            format!("It printed last:\n{}", lines.join("\n"))
        }
    }
}

/// The program is ended, whatever the checks found. First its group, while its own number still stands for it.
impl Drop for Process {
    fn drop(&mut self) {
        end_group(self.pid());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn in_a_group_of_its_own(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn in_a_group_of_its_own(_: &mut Command) {}

/// Ends a program and all that it started. The standard library can end one process alone, so the system's own tools do
/// it: the shell's `kill` knows groups, and `taskkill` knows trees.
fn end_group(pid: u32) {
    let (program, arguments) = if cfg!(windows) {
        ("taskkill", vec!["/T".to_string(), "/F".to_string(), "/PID".to_string(), pid.to_string()])
    } else {
        ("sh", vec!["-c".to_string(), format!("kill -KILL -- -{pid}")])
    };
    let quiet =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    // If there is no such tool, the program itself is ended all the same, by its handle.
    drop(quiet);
}
