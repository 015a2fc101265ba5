//! Ends a student's program with all that it started, also when the grader itself is killed.
//!
//! The standard library ends one process alone, and can't catch Ctrl-C. So on Unix a shell waits beside each program.
//! Its standard input is a pipe from the grader. The pipe ends when the grader closes it, and also when the grader
//! ends, in whatever way. Then the shell ends the program's group.
//!
//! Read first: nothing. It does not know what the program is.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::lock::locked;

/// What the shell does. It ignores the signals that end a terminal's programs, reads the group's number, and waits for
/// the end of its input. Then it ends the group. On Linux it also ends the processes that have left the group: the mark
/// stands in their environment. The next round finds what is being started at that moment. There are at most 50 rounds:
/// so a program that starts others without an end does not keep the shell for ever.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r group
while read -r _; do :; done
[ -n "$group" ] && kill -s KILL -- "-$group"
rounds=50
while [ "$rounds" -gt 0 ]; do
    files=$(grep -ls "$1" /proc/[0-9]*/environ)
    [ -n "$files" ] || break
    for file in $files; do
        pid=${file#/proc/}
        kill -s KILL "${pid%/environ}"
    done
    rounds=$((rounds - 1))
done
"#;

/// It ends one program. A clone is another handle to the same.
#[derive(Clone)]
pub struct Keeper {
    /// The name of a variable in the program's environment. All programs that it starts inherit the variable.
    pub mark: String,
    /// The shell; none if all has been ended already, or on a system without one.
    shell: Arc<Mutex<Option<Child>>>,
    /// The program's number, which is also the number of its group, once it runs.
    pid: Arc<Mutex<Option<u32>>>,
}

impl Keeper {
    /// Starts the shell, before the program.
    ///
    /// # Errors
    /// If there is no shell.
    pub fn start() -> io::Result<Keeper> {
        let mark = new_mark();
        let shell = if cfg!(unix) { Some(shell(&mark)?) } else { None };
        Ok(Keeper { mark, shell: Arc::new(Mutex::new(shell)), pid: Arc::default() })
    }

    /// The program runs under this number, in a group of its own.
    pub fn keep(&self, pid: u32) {
        locked(&self.pid, |known| *known = Some(pid));
        locked(&self.shell, |shell| {
            if let Some(input) = shell.as_mut().and_then(|shell| shell.stdin.as_mut()) {
                // If this fails, the shell finds the program by the mark.
                let _ = writeln!(input, "{pid}");
            }
        });
    }

    /// Ends all of it, and waits until that is done. A second time does nothing.
    pub fn end(&self) {
        let pid = locked(&self.pid, Option::take);
        if cfg!(windows) {
            pid.into_iter().for_each(end_tree);
        }
        // A second thread waits here until the first is done.
        locked(&self.shell, |shell| {
            if let Some(mut shell) = shell.take() {
                drop(shell.stdin.take());
                let _ = shell.wait();
            }
        });
    }
}

/// The shell, in a group of its own, so that Ctrl-C does not reach it.
fn shell(mark: &str) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh", mark]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    in_a_group_of_its_own(&mut command);
    command.spawn()
}

/// A name that stands in the environment of one program, and of all that it starts.
fn new_mark() -> String {
    /// How many marks this grader has given.
    static GIVEN: Mutex<u64> = Mutex::new(0);
    let number = locked(&GIVEN, |given| {
        *given += 1;
        *given
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("LAB_CHECK_{}_{}_{number}", std::process::id(), now.as_nanos())
}

/// The command's process begins a group, where the system has such groups.
#[cfg(unix)]
pub fn in_a_group_of_its_own(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// The command's process begins a group, where the system has such groups.
#[cfg(not(unix))]
pub fn in_a_group_of_its_own(_: &mut Command) {}

/// Windows has a tool that ends a process with all that it started. If it is missing, the program's handle ends the
/// program alone.
fn end_tree(pid: u32) {
    let mut command = Command::new("taskkill");
    command.args(["/T", "/F", "/PID", &pid.to_string()]);
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
