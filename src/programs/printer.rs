//! Lines for a terminal, a file or a pipe, printed by a thread of its own.
//!
//! If nobody reads a pipe, a program that prints to it waits for ever. If the reader is gone, `println!` panics.
//! Neither must happen to a session: it leaves its log lines here and goes on.
//!
//! Read first: `lock.rs`. It does not know what the lines say.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::lock::locked;

/// Most bytes that wait to be printed. What comes on top is lost, and counted.
const MAX_WAITING: usize = 1024 * 1024;

/// How long the thread gathers lines before it prints them together. Nobody sees so short a delay, and a busy server is
/// spared a system call and a change of threads for each line.
const GATHERING: Duration = Duration::from_millis(5);

/// How often a flush looks whether all is printed.
const FLUSH_POLL: Duration = Duration::from_millis(1);

/// Prints lines in order. A clone is another handle to the same one.
#[derive(Debug, Clone)]
pub struct Printer {
    /// Protects the lines between those who leave them and the thread that prints them; never held during output.
    queue: Arc<Mutex<Queue>>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<u8>,
    lost: u64,
    /// The thread has printed everything and sleeps.
    idle: bool,
}

impl Printer {
    /// # Errors
    /// If the thread can't be spawned.
    pub fn new(name: &str, output: impl Write + Send + 'static) -> io::Result<Printer> {
        let queue = Arc::new(Mutex::new(Queue::default()));
        let printed = Arc::clone(&queue);
        let thread = thread::Builder::new().name(name.to_string()).spawn(move || print_all(&printed, output))?;
        Ok(Printer { queue, thread: thread.thread().clone() })
    }

    /// Leaves one line to be printed; never waits for the output.
    pub fn line(&self, text: &str) {
        let wake = locked(&self.queue, |queue| {
            if queue.waiting.len() + text.len() < MAX_WAITING {
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

    /// Waits until everything is printed, at most so long.
    pub fn flush(&self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        while !locked(&self.queue, |queue| queue.idle) && Instant::now() < deadline {
            thread::sleep(FLUSH_POLL);
        }
    }
}

/// The thread: takes what waits, prints it, sleeps when there is nothing. An output that is closed or full loses lines,
/// and nothing else.
fn print_all(queue: &Mutex<Queue>, mut output: impl Write) {
    let mut lines = Vec::new();
    loop {
        // Two buffers take turns: lines are left in one while the other is printed. So they need no new memory.
        lines.clear();
        let lost = locked(queue, |queue| {
            queue.idle = queue.waiting.is_empty() && queue.lost == 0;
            std::mem::swap(&mut queue.waiting, &mut lines);
            std::mem::take(&mut queue.lost)
        });
        if lost > 0 {
            lines.extend_from_slice(format!("({lost} lines lost here: nobody read them in time)\n").as_bytes());
        }
        if lines.is_empty() {
            thread::park();
            thread::sleep(GATHERING);
            continue;
        }
        let _ = output.write_all(&lines).and_then(|()| output.flush());
    }
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
}
