//! Records what the threads of a server do: when their phases begin and end, and which commands come.
//!
//! Each thread writes its marks into a buffer of its own, which no other thread sees, so that recording adds no lock to
//! what it measures. A buffer is handed over, under a lock, when it is full and when its thread ends.
//!
//! Read first: `mod.rs`, `watch.rs`. It does not know how a picture is drawn.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, Journal, Record};
use crate::lab::timeline::replay::lanes;
use crate::lab::timeline::Panel;
use crate::lock::locked;
use crate::watch::{Phase, Watch};

/// Marks that a buffer holds before it is handed over. This takes a lock about once in sixty commands.
const BUFFER: usize = 1024;

/// Most marks that are kept: far more than a picture can show. They take about 60 MiB, and the server 90 MiB while the
/// picture is drawn (measured with small requests). With so many, the recording ends, and the marks in the threads'
/// buffers are lost.
const MAX_MARKS: usize = 1_000_000;

/// Most characters of a command that are kept: more than a drawing shows.
const LONGEST_COMMAND: usize = 100;

/// How long the last threads may take to end, and to hand over their buffers: longer than a lingering close.
const LAST_MARKS: Duration = Duration::from_secs(2);

/// How often the recorder checks whether they have ended.
const LOOK: Duration = Duration::from_millis(2);

/// Records the threads of one server. A clone records into the same recording.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    begun: Instant,
    /// The mutex is held only while a buffer is taken over.
    collected: Mutex<Collected>,
}

#[derive(Default)]
struct Collected {
    threads: Vec<Recorded>,
    /// Buffers that have not been handed over for the last time.
    open: usize,
    marks: usize,
    /// When the recording was full.
    full: Option<Duration>,
}

/// What one thread did, in order: buffer for buffer.
pub(super) struct Recorded {
    pub(super) name: String,
    pub(super) marks: Vec<Vec<Mark>>,
}

/// Something that a thread did, and when, since the beginning of the recording.
pub(super) struct Mark {
    pub(super) at: Duration,
    pub(super) what: What,
}

/// What a thread did at one moment.
pub(super) enum What {
    Begins(Phase),
    /// The phase that began last ends.
    Ends,
    /// A command line has come.
    Command(String),
}

/// What one thread has not handed over yet.
struct Buffer {
    shared: Arc<Shared>,
    /// The thread's place among the collected.
    thread: usize,
    marks: Vec<Mark>,
    full: bool,
}

thread_local! {
    /// This thread's buffers: one for each recorder that it was recorded by, mostly a single one.
    static BUFFERS: RefCell<Vec<Buffer>> = const { RefCell::new(Vec::new()) };
}

impl Recorder {
    /// Begins a recording: its times count from here.
    pub fn new() -> Recorder {
        Recorder { shared: Arc::new(Shared { begun: Instant::now(), collected: Mutex::default() }) }
    }

    /// When the recording began.
    pub fn begun(&self) -> Instant {
        self.shared.begun
    }

    /// Receives the reports about the phases.
    pub fn watch(&self) -> Watch {
        let shared = Arc::clone(&self.shared);
        Watch::new(move |phase| shared.mark(phase.map_or(What::Ends, What::Begins)))
    }

    /// Receives the reports about other events, on the thread that did it.
    pub fn note(&self, record: &Record) {
        if let Event::Received(line) = record.event {
            let line = String::from_utf8_lossy(line);
            let command = line.trim_end_matches(['\r', '\n']).chars().take(LONGEST_COMMAND).collect();
            self.shared.mark(What::Command(command));
        }
    }

    /// A journal that this recorder alone reads; the phases come by its [`Recorder::watch`].
    pub fn journal(&self) -> Journal {
        let recorder = self.clone();
        Journal::new(move |record| recorder.note(record))
    }

    /// Ends the recording, when the recorded threads have ended, or after a while without them; returns what they did.
    pub fn finish(&self, title: String) -> Panel {
        let deadline = Instant::now() + LAST_MARKS;
        self.shared.close_buffer_of_this_thread();
        while self.shared.collected(|collected| collected.open) > 0 && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        let collected = self.shared.collected(std::mem::take);
        let mut notes = Vec::new();
        if let Some(at) = collected.full {
            notes.push(format!("The recording was full after {:.1} s; what came later is missing.", at.as_secs_f64()));
        }
        if collected.open > 0 {
            notes
                .push(format!("Threads that had not ended, so that their last marks are missing: {}.", collected.open));
        }
        let (lanes, lock, more) = lanes(collected.threads);
        notes.extend(more);
        Panel { title, notes, lock, lanes }
    }
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder::new()
    }
}

impl Shared {
    /// Marks something on this thread, now.
    fn mark(self: &Arc<Shared>, what: What) {
        let at = self.begun.elapsed();
        // An error means that the thread is ending: its buffer has been handed over already.
        let _ = BUFFERS.try_with(|buffers| {
            let mut buffers = buffers.borrow_mut();
            let mine = buffers.iter().position(|buffer| Arc::ptr_eq(&buffer.shared, self));
            let mine = mine.unwrap_or_else(|| {
                buffers.push(Buffer::open(self));
                buffers.len() - 1
            });
            buffers[mine].push(Mark { at, what });
        });
    }

    fn close_buffer_of_this_thread(self: &Arc<Shared>) {
        let _ = BUFFERS.try_with(|buffers| buffers.borrow_mut().retain(|buffer| !Arc::ptr_eq(&buffer.shared, self)));
    }

    fn collected<T>(&self, work: impl FnOnce(&mut Collected) -> T) -> T {
        locked(&self.collected, work)
    }
}

impl Buffer {
    /// A thread's first buffer: the thread gets its place among the collected, unless the recording is full.
    fn open(shared: &Arc<Shared>) -> Buffer {
        let (thread, full) = shared.collected(|collected| {
            collected.open += 1;
            let full = collected.full.is_some();
            if !full {
                let name = thread::current().name().unwrap_or("unnamed").to_string();
                collected.threads.push(Recorded { name, marks: Vec::new() });
            }
            (collected.threads.len().saturating_sub(1), full)
        });
        Buffer { shared: Arc::clone(shared), thread, marks: Vec::new(), full }
    }

    fn push(&mut self, mark: Mark) {
        if self.full {
            return;
        }
        let at = mark.at;
        self.marks.push(mark);
        if self.marks.len() == BUFFER {
            self.hand_over(at);
        }
    }

    fn hand_over(&mut self, at: Duration) {
        let (marks, thread) = (std::mem::take(&mut self.marks), self.thread);
        self.full = self.shared.collected(|collected| {
            if collected.full.is_none() {
                collected.marks += marks.len();
                // After the end of the recording the marks are dropped.
                if let Some(recorded) = collected.threads.get_mut(thread) {
                    recorded.marks.push(marks);
                }
                collected.full = (collected.marks >= MAX_MARKS).then_some(at);
            }
            collected.full.is_some()
        });
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.full {
            self.hand_over(self.shared.begun.elapsed());
        }
        self.shared.collected(|collected| collected.open = collected.open.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::timeline::State;

    /// A thread that waits in `accept` so often.
    fn accepts(recorder: &Recorder, name: &str, times: usize) {
        let watch = recorder.watch();
        let work = move || (0..times).for_each(|_| drop(watch.begin(Phase::Accept)));
        thread::Builder::new().name(name.to_string()).spawn(work).unwrap().join().unwrap();
    }

    #[test]
    fn each_thread_has_its_lane_and_they_stand_in_the_order_of_their_numbers() {
        let recorder = Recorder::new();
        for name in ["worker-10", "worker-2", "listener"] {
            accepts(&recorder, name, 1);
        }
        let panel = recorder.finish("three".to_string());
        let names: Vec<_> = panel.lanes.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names, ["listener", "worker-2", "worker-10"]);
    }

    #[test]
    fn a_thread_that_met_nothing_but_locks_has_no_lane() {
        let recorder = Recorder::new();
        drop(recorder.watch().begin(Phase::HoldLock));
        accepts(&recorder, "listener", 1);
        assert_eq!(recorder.finish("the console's thread".to_string()).lanes.len(), 1);
    }

    #[test]
    fn two_recorders_on_one_thread_do_not_mix() {
        let (one, other) = (Recorder::new(), Recorder::new());
        let peer = "127.0.0.1:5".parse().unwrap();
        let watch = one.watch();
        let accepting = watch.begin(Phase::Accept);
        drop(other.watch().begin(Phase::Session(1, peer)));
        let state = |recorder: Recorder| recorder.finish(String::new()).lanes[0].spans[0].state;
        assert_eq!(state(other), State::Working);
        drop(accepting);
        assert_eq!(state(one), State::Accepting);
    }

    #[test]
    fn a_recording_without_an_end_is_full_once_and_says_so() {
        let recorder = Recorder::new();
        accepts(&recorder, "listener", MAX_MARKS);
        // Threads that end before they fill a buffer know it, too.
        (0..10).for_each(|_| accepts(&recorder, "too late", 3));
        let (kept, threads) = recorder.shared.collected(|collected| (collected.marks, collected.threads.len()));
        assert!((MAX_MARKS..MAX_MARKS + BUFFER).contains(&kept), "{kept} marks were kept");
        assert_eq!(threads, 1);
        let notes = recorder.finish("endless".to_string()).notes;
        assert!(notes.iter().any(|note| note.contains("was full")), "{notes:?}");
    }
}
