//! A program that was started here: what it printed, whether it has ended, and its end together with all that it
//! started.
//!
//! Read first: `keeper.rs`. It does not know the protocol, nor who is graded.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::keeper::{in_a_group_of_its_own, Keeper};
use crate::lab::check::{processes, POLL};
use crate::lock::locked;
use crate::wire::visible;

/// How much of what the program printed is kept: its end, where a trace of an error stands.
const MAX_PRINTED: usize = 4096;

/// How long the grader still reads what a program printed, after the program has ended.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How many of the last lines are shown: a trace of an error has about as many.
const SHOWN_LINES: usize = 20;

/// How long the grader waits for a program that has ended a connection: the program may still print an error and end.
/// On a busy machine, Python needs this time to end.
pub const CRASH_TIME: Duration = Duration::from_millis(500);

/// Words that Python, Java, Rust and Node print with an error that nobody caught. A good program does not print them.
const OF_AN_UNCAUGHT_ERROR: [&str; 4] = ["Traceback (most recent", "Exception in thread", "panicked at", "Node.js v"];

/// How many bytes of what a program prints are read without a pause.
const PRINTED_AT_ONCE: usize = 64 * 1024;

/// How long the pause is. So a program that prints without an end is read at a few MiB a second, and costs little.
const PRINT_PAUSE: Duration = Duration::from_millis(10);

/// How many processes a program may have. Some servers start one for each client, and checks open up to 300 sessions
/// while those of the check before are still closing. A program with more processes most likely starts them without an
/// end. If it doubles them fast, this count comes too late: only a container's limit of processes helps.
const MAX_PROCESSES: usize = 700;

/// How often they are counted.
const COUNT_PAUSE: Duration = Duration::from_millis(100);

/// A program that runs. It ends, with all that it started, when this is dropped.
pub struct Process {
    child: Child,
    keeper: Keeper,
    seen: Arc<Mutex<Seen>>,
}

/// What the grader's threads saw of the program.
#[derive(Default)]
struct Seen {
    /// The end of what it printed.
    printed: Vec<u8>,
    /// How many bytes it printed in all.
    count: usize,
    /// Did it have more than [`MAX_PROCESSES`]?
    too_many: bool,
    /// Is the program no longer wanted?
    over: bool,
}

impl Process {
    /// Starts a program, in a process group of its own where the system has such groups (Unix), with this as its
    /// standard input.
    ///
    /// # Errors
    /// In a sentence.
    pub fn start(words: &[String], stdin: Stdio) -> Result<Process, String> {
        Process::start_in(None, words, stdin)
    }

    /// The same with this folder as the working directory. A relative path, such as `./server`, is looked for there. A
    /// name without a path is looked for as the system does it.
    ///
    /// # Errors
    /// In a sentence.
    pub fn start_in(folder: Option<&Path>, words: &[String], stdin: Stdio) -> Result<Process, String> {
        let (program, arguments) = words.split_first().ok_or("no program is named")?;
        let has_path = program.contains(std::path::is_separator);
        let mut command = match folder {
            Some(folder) if has_path => Command::new(folder.join(program)),
            _ => Command::new(program),
        };
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let keeper =
            Keeper::start().map_err(|error| format!("can't start sh, which would end the program: {error}"))?;
        command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).env(&keeper.mark, "1");
        in_a_group_of_its_own(&mut command);
        let started = command.spawn();
        let child = started.map_err(|error| {
            keeper.end();
            format!("can't start {program:?}: {error}; is its name right?")
        })?;
        keeper.keep(child.id());
        let mut process = Process { child, keeper, seen: Arc::default() };
        let (stdout, stderr) = (process.child.stdout.take(), process.child.stderr.take());
        let watching =
            process.listen_to(stdout).and_then(|()| process.listen_to(stderr)).and_then(|()| process.count());
        watching.map_err(|error| format!("can't start a thread: {error}"))?;
        Ok(process)
    }

    /// Keeps what the program prints, on a thread of its own. If nobody read its output, the program would stop.
    fn listen_to(&self, output: Option<impl Read + Send + 'static>) -> io::Result<()> {
        let seen = Arc::clone(&self.seen);
        let Some(mut output) = output else { return Ok(()) };
        let listen = move || {
            let (mut part, mut read) = ([0; MAX_PRINTED], 0);
            while let Ok(count @ 1..) = output.read(&mut part) {
                let over = locked(&seen, |seen| {
                    seen.printed.extend_from_slice(&part[..count]);
                    seen.count += count;
                    let too_many = seen.printed.len().saturating_sub(MAX_PRINTED);
                    seen.printed.drain(..too_many);
                    seen.over
                });
                if over {
                    break;
                }
                read += count;
                if read >= PRINTED_AT_ONCE {
                    read = 0;
                    thread::sleep(PRINT_PAUSE);
                }
            }
        };
        thread::Builder::new().name("printed".to_string()).spawn(listen).map(drop)
    }

    /// Counts its processes, on a thread of its own, and ends a program that has too many. It does nothing if the
    /// system does not tell them.
    fn count(&self) -> io::Result<()> {
        let (pid, keeper, seen) = (self.pid(), self.keeper.clone(), Arc::clone(&self.seen));
        let count = move || {
            while !locked(&seen, |seen| seen.over) {
                if processes::members(pid, None).len() > MAX_PROCESSES {
                    locked(&seen, |seen| seen.too_many = true);
                    keeper.end();
                    break;
                }
                thread::sleep(COUNT_PAUSE);
            }
        };
        if cfg!(target_os = "linux") {
            thread::Builder::new().name("processes".to_string()).spawn(count)?;
        }
        Ok(())
    }

    /// Its standard input, if it was to be a pipe; once.
    pub fn stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// How it ended, if it has ended. This does not wait.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// How it ended by itself, in a word or two; `None` if it still runs. It waits a moment, so that all that the
    /// program printed has been read.
    pub fn how_it_ended(&mut self) -> Option<String> {
        let status = self.status()?;
        thread::sleep(LAST_WORDS);
        let too_many = locked(&self.seen, |seen| seen.too_many);
        Some(if too_many { format!("it started over {MAX_PROCESSES} processes") } else { status.to_string() })
    }

    /// How it ended by itself, in sentences, with what it printed; `None` if it still runs.
    pub fn ended(&mut self) -> Option<String> {
        let how = self.how_it_ended()?;
        Some(format!("The program has ended ({how}).\n{}", self.printed()))
    }

    /// The same, if it ends within this time. An error ends a connection first. Then it is printed, and then the
    /// program ends.
    pub fn ended_within(&mut self, time: Duration) -> Option<String> {
        let deadline = Instant::now() + time;
        while self.status().is_none() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        self.ended()
    }

    /// Did it print what a language prints of an error that nobody caught?
    pub fn has_printed_an_error(&self) -> bool {
        let printed = self.output();
        let printed = String::from_utf8_lossy(&printed);
        OF_AN_UNCAUGHT_ERROR.iter().any(|words| printed.contains(words))
    }

    /// The program's number, by which the system knows it; on Unix also the number of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it printed, as it came.
    pub fn output(&self) -> Vec<u8> {
        locked(&self.seen, |seen| seen.printed.clone())
    }

    /// How many bytes it has printed so far.
    pub fn printed_count(&self) -> usize {
        locked(&self.seen, |seen| seen.count)
    }

    /// The end of what it printed after its first `count` bytes.
    pub fn output_since(&self, count: usize) -> Vec<u8> {
        locked(&self.seen, |seen| {
            let new = seen.count.saturating_sub(count).min(seen.printed.len());
            seen.printed[seen.printed.len() - new..].to_vec()
        })
    }

    /// All its running processes, also those that have left its group; none if the system does not tell.
    pub fn members(&self) -> Vec<u32> {
        processes::members(self.pid(), Some(&self.keeper.mark))
    }

    /// The end of what it printed, each line marked.
    pub fn printed(&self) -> String {
        if self.output().is_empty() {
            "It printed nothing.".to_string()
        } else {
            let lines = self.printed_lines();
            format!("It printed last:\n{}", marked(&lines[lines.len().saturating_sub(SHOWN_LINES)..]))
        }
    }

    /// The last lines that it printed, without their ends.
    pub fn printed_lines(&self) -> Vec<String> {
        lines_of(&self.output())
    }
}

/// The lines of what was printed, without their ends, and printable.
pub fn lines_of(printed: &[u8]) -> Vec<String> {
    if printed.is_empty() {
        return Vec::new();
    }
    let text = printed.strip_suffix(b"\n").unwrap_or(printed);
    text.split(|byte| *byte == b'\n').map(visible).collect()
}

/// Each line with a mark before it.
pub fn marked(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    | {line}")).collect::<Vec<_>>().join("\n")
}

/// The program is ended, whatever the checks found. First all that it started is ended, while the program's number is
/// still its own.
impl Drop for Process {
    fn drop(&mut self) {
        locked(&self.seen, |seen| seen.over = true);
        self.keeper.end();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
