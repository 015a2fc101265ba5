//! Lines for a terminal, a file or a pipe, printed by a thread of its own.
//!
//! If nobody reads a pipe, a program that prints to it waits for ever. If the reader has gone, `println!` panics. Both
//! would stop a session. So a session puts its log lines into a queue here and goes on.
//!
//! Read first: `lock.rs`. It does not know what the lines say.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::lock::locked;

/// Most bytes that wait to be printed. Lines that do not fit are lost and counted.
const MAX_WAITING: usize = 1024 * 1024;

/// How long the thread gathers lines before it prints them together. Nobody sees so short a delay. It saves a busy
/// server a system call and a change of threads for each line.
const GATHERING: Duration = Duration::from_millis(5);

/// How long [`Printer::patient_line`] waits for an output that takes nothing: long enough for a slow terminal, short
/// enough for an operator.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often a thread that waits for the output checks again.
const POLL: Duration = Duration::from_millis(1);

/// Prints lines in order. A clone is another handle to the same one.
#[derive(Debug, Clone)]
pub struct Printer {
    /// Protects the lines between the threads that add them and the thread that prints them; never held during output.
    queue: Arc<Mutex<Queue>>,
    thread: Thread,
}

#[derive(Debug)]
struct Queue {
    waiting: Vec<u8>,
    /// When the first of them came.
    since: Instant,
    lost: usize,
    /// The thread has printed everything and sleeps.
    idle: bool,
}

impl Queue {
    fn has_room(&self, text: &str) -> bool {
        self.waiting.len() + text.len() < MAX_WAITING
    }
}

impl Printer {
    /// # Errors
    /// If the thread can't be spawned.
    pub fn new(name: &str, output: impl Write + Send + 'static) -> io::Result<Printer> {
        let queue = Queue { waiting: Vec::new(), since: Instant::now(), lost: 0, idle: false };
        let queue = Arc::new(Mutex::new(queue));
        let printed = Arc::clone(&queue);
        let thread = thread::Builder::new().name(name.to_string()).spawn(move || print_all(&printed, output))?;
        Ok(Printer { queue, thread: thread.thread().clone() })
    }

    /// Adds one line to the queue; never waits for the output.
    pub fn line(&self, text: &str) {
        let wake = locked(&self.queue, |queue| {
            if queue.waiting.is_empty() {
                queue.since = Instant::now();
            }
            if queue.has_room(text) {
                queue.waiting.extend_from_slice(text.as_bytes());
                queue.waiting.push(b'\n');
            } else {
                queue.lost += 1;
            }
            std::mem::take(&mut queue.idle)
        });
        if wake {
            self.thread.unpark();
        }
    }

    /// The same, but it may wait until the line fits into the queue, for example for a long answer at the operator's
    /// console. If the output takes nothing for three seconds, the line is lost.
    pub fn patient_line(&self, text: &str) {
        let may_go_on = |queue: &mut Queue| queue.has_room(text) || queue.since.elapsed() > PATIENCE;
        while !locked(&self.queue, may_go_on) {
            thread::sleep(POLL);
        }
        self.line(text);
    }

    /// Waits until everything is printed, at most so long.
    pub fn flush(&self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        while !locked(&self.queue, |queue| queue.idle) && Instant::now() < deadline {
            thread::sleep(POLL);
        }
    }
}

/// The thread: takes the lines that wait, prints them, sleeps when there are none.
fn print_all(queue: &Mutex<Queue>, output: impl Write) {
    let mut output = Output::new(output);
    let mut lines = Vec::new();
    loop {
        // Two buffers take turns: lines are added to one while the other is printed. So they need no new memory.
        lines.clear();
        let lost = locked(queue, |queue| {
            queue.idle = queue.waiting.is_empty() && queue.lost == 0;
            std::mem::swap(&mut queue.waiting, &mut lines);
            std::mem::take(&mut queue.lost)
        });
        if lost > 0 {
            lines.extend_from_slice(lost_here(lost, "nobody read them in time").as_bytes());
        }
        if lines.is_empty() {
            thread::park();
            thread::sleep(GATHERING);
            continue;
        }
        output.print(&lines);
    }
}

fn lost_here(lines: usize, why: &str) -> String {
    format!("({lines} lines lost here: {why})\n")
}

/// Where lines are written. If it fails (a disk is full, a pipe is closed), only lines are lost. The number of lost
/// lines is printed before the first line that it takes again.
struct Output<W> {
    output: W,
    lost: usize,
    /// The system's error when the last line was lost.
    why: String,
    /// It took only a part of a line.
    inside_a_line: bool,
}

impl<W: Write> Output<W> {
    fn new(output: W) -> Output<W> {
        Output { output, lost: 0, why: "the output took nothing".to_string(), inside_a_line: false }
    }

    fn print(&mut self, lines: &[u8]) {
        if self.lost > 0 {
            let line_end = if self.inside_a_line { "\n" } else { "" };
            let told = format!("{line_end}{}", lost_here(self.lost, &self.why));
            let left = self.write(told.as_bytes());
            if left > 0 {
                self.lost += line_ends(lines);
                return;
            }
            self.lost = 0;
        }
        let left = self.write(lines);
        self.lost += line_ends(&lines[lines.len() - left..]);
    }

    /// How many bytes at the end were not taken.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(count @ 1..) => {
                    self.inside_a_line = rest[count - 1] != b'\n';
                    rest = &rest[count..];
                }
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.why = error.to_string();
                    break;
                }
            }
        }
        // Bytes in a buffered output are not lost: they come with the next flush.
        let _ = self.output.flush();
        rest.len()
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that takes nothing as long as the test holds its lock, like a pipe that nobody reads.
    struct Gate(Arc<Mutex<Vec<u8>>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_printed_in_order() {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let printer = Printer::new("test", Gate(Arc::clone(&printed))).unwrap();
        printer.line("one");
        printer.line("two");
        printer.flush(Duration::from_secs(20));
        assert_eq!(*printed.lock().unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn an_output_that_takes_nothing_holds_nobody_up_and_what_was_lost_is_counted() {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let printer = Printer::new("test", Gate(Arc::clone(&printed))).unwrap();
        let shut = printed.lock().unwrap();
        let line = "x".repeat(MAX_WAITING / 4);
        for _ in 0..20 {
            printer.line(&line);
        }
        drop(shut);
        printer.flush(Duration::from_secs(20));
        let printed = String::from_utf8(printed.lock().unwrap().clone()).unwrap();
        let kept = printed.lines().filter(|printed| *printed == line).count();
        let lost = printed.lines().filter_map(|line| line.strip_prefix('(')?.split(' ').next()?.parse::<usize>().ok());
        assert_eq!(kept + lost.sum::<usize>(), 20, "every line is either printed or counted");
        assert!((3..20).contains(&kept), "{kept} kept");
    }

    #[test]
    fn a_patient_line_waits_until_it_fits_and_is_not_lost() {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let printer = Printer::new("test", Gate(Arc::clone(&printed))).unwrap();
        let line = "x".repeat(MAX_WAITING / 4);
        (0..20).for_each(|_| printer.patient_line(&line));
        printer.flush(Duration::from_secs(20));
        let printed = String::from_utf8(printed.lock().unwrap().clone()).unwrap();
        assert_eq!(printed.lines().filter(|printed| *printed == line).count(), 20);
    }

    #[test]
    fn a_patient_line_does_not_wait_for_ever() {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let printer = Printer::new("test", Gate(Arc::clone(&printed))).unwrap();
        let _shut = printed.lock().unwrap();
        let line = "x".repeat(MAX_WAITING / 4);
        // It returns at all: the test would hang.
        (0..20).for_each(|_| printer.patient_line(&line));
    }

    /// A disk with space for so many bytes.
    struct Disk {
        room: usize,
        written: Vec<u8>,
    }

    impl Write for &mut Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            if taken == 0 {
                return Err(io::Error::other("the disk is full"));
            }
            self.room -= taken;
            self.written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_a_full_disk_swallowed_are_counted_and_told_when_there_is_room_again() {
        for (room, before, lost) in [(0, "", 5), (4, "one\n", 4), (6, "one\ntw\n", 4), (8, "one\ntwo\n", 3)] {
            let mut disk = Disk { room, written: Vec::new() };
            let mut output = Output::new(&mut disk);
            output.print(b"one\ntwo\nthree\n");
            output.print(b"four\nfive\n");
            output.output.room = 1000;
            output.print(b"six\n");
            output.print(b"seven\n");
            let told = format!("{before}({lost} lines lost here: the disk is full)\nsix\nseven\n");
            assert_eq!(String::from_utf8(disk.written).unwrap(), told);
        }
    }

    #[test]
    fn the_count_goes_on_if_the_disk_has_no_room_to_tell_it() {
        let mut disk = Disk { room: 0, written: Vec::new() };
        let mut output = Output::new(&mut disk);
        output.print(b"one\n");
        output.output.room = 4;
        output.print(b"two\n");
        output.output.room = 1000;
        output.print(b"three\n");
        let told = "(1 l\n(2 lines lost here: the disk is full)\nthree\n";
        assert_eq!(String::from_utf8(disk.written).unwrap(), told);
    }
}
