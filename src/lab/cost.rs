//! `lab cost`: what a thread costs on this machine, beside a small request of our server.
//!
//! Read first: `load/mod.rs`. It does not know the designs.

use std::fs;
use std::hint::black_box;
use std::io;
use std::sync::Mutex;
use std::thread::{self, Builder, Thread};
use std::time::{Duration, Instant};

use crate::lab::compare::row::median;
use crate::lab::compare::subject::{field, ServedFiles, Subject, SMALL};
use crate::lab::load::client::Connection;
use crate::lab::load::report::{entry, wrapped};
use crate::lock::locked;
use crate::programs::human::{human_size, human_time};
use crate::server::designs::Design;
use crate::server::SESSION_STACK;
use crate::wire::{Command, FileName};

/// How many requests, spawns and wake-ups are measured in a round: each kind takes a fraction of a second.
const TIMES: usize = 400;

/// How many rounds measure all of them, in turn. In the next round the system may put the threads on other processors.
const ROUNDS: usize = 5;

/// How wide a line may be.
const WIDTH: usize = 80;

/// How many threads wait while memory is measured.
const WAITING: u64 = 200;

/// How often a lock is taken in a round.
const LOCKS: u32 = 200_000;

/// How long all the requests may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures all, and returns it as a few lines of text.
///
/// # Errors
/// In a sentence: no server could be started, or no thread.
pub fn told() -> Result<String, String> {
    let rounds = (0..ROUNDS).map(|_| Round::measure()).collect::<Result<Vec<_>, _>>()?;
    let of = |cost: fn(&Round) -> Duration| Spread::of(rounds.iter().map(cost).collect());
    let request = of(|round| round.request);
    let line = |cost: Spread, what: &str| {
        let ratio = cost.median.as_secs_f64() / request.median.as_secs_f64();
        let relation = match ratio {
            ratio if ratio >= 0.1 => format!("{ratio:.1} times a request"),
            ratio => format!("a request costs {:.0} times as much", 1.0 / ratio),
        };
        entry(&human_time(cost.median), &format!("{what}: {relation} ({}).", cost.told()))
    };
    let memory = memory_of_a_waiting_thread().map_err(no_thread)?.map_or("not seen".to_string(), human_size);
    let stack = human_size(SESSION_STACK as u64);
    let heading = format!(
        "What a thread costs on this machine: medians of {ROUNDS} rounds, and in brackets the lowest and the highest \
         of them. In a round each was done {TIMES} times, the lock taken {LOCKS} times."
    );
    Ok([
        format!("{}\n", wrapped(&heading, WIDTH).join("\n")),
        entry(
            &human_time(request.median),
            &format!("a small request of ours, 1 KiB over a kept connection: to compare with ({}).", request.told()),
        ),
        line(of(|round| round.spawn), "to start a thread and wait for its end"),
        line(
            of(|round| round.session),
            &format!("the same with a session's {stack} of stack; paid for each client, or once in a pool"),
        ),
        entry(
            &memory,
            &format!("of the process's memory for a thread that waits; the rest of its {stack} is only addresses."),
        ),
        line(of(|round| round.lock), "to take a lock and release it, when nobody else wants it"),
        line(of(|round| round.word), "to wake another thread and be woken by it, over a Mutex with park and unpark"),
    ]
    .join("\n"))
}

fn no_thread(error: io::Error) -> String {
    format!("the system grants no thread: {error}")
}

/// What each of these took in one round: the median; for the lock, the average.
struct Round {
    request: Duration,
    spawn: Duration,
    session: Duration,
    lock: Duration,
    word: Duration,
}

impl Round {
    fn measure() -> Result<Round, String> {
        Ok(Round {
            request: a_request()?,
            spawn: spawned_and_joined(Builder::new).map_err(no_thread)?,
            session: spawned_and_joined(|| Builder::new().stack_size(SESSION_STACK)).map_err(no_thread)?,
            lock: a_free_lock(),
            word: there_and_back().map_err(no_thread)?,
        })
    }
}

/// The rounds of one cost.
struct Spread {
    lowest: Duration,
    median: Duration,
    highest: Duration,
}

impl Spread {
    fn of(mut rounds: Vec<Duration>) -> Spread {
        rounds.sort();
        let place = |place: usize| rounds.get(place).copied().unwrap_or_default();
        Spread { lowest: place(0), median: place(rounds.len() / 2), highest: place(rounds.len().saturating_sub(1)) }
    }

    fn told(&self) -> String {
        format!("{} to {}", human_time(self.lowest), human_time(self.highest))
    }
}

fn a_request() -> Result<Duration, String> {
    let files = ServedFiles::make(&[SMALL]).map_err(|error| format!("can't make files to be served: {error}"))?;
    let server = Subject::start(Design::default(), &files, 1)?;
    let download = Command::Download(FileName::parse(SMALL.0).map_err(|refusal| refusal.message)?);
    let opened = Connection::open(server.address, Instant::now() + PATIENCE);
    let measured = opened.and_then(|mut connection| typical(|| connection.ask(&download, |_| {})));
    measured.map_err(|trouble| format!("a request to a server of ours failed: {trouble}"))
}

/// The median time of many.
fn typical<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut timed = || {
        let begun = Instant::now();
        work().map(|()| begun.elapsed())
    };
    let times = (0..TIMES).map(|_| timed()).collect::<Result<Vec<_>, E>>()?;
    Ok(median(times.into_iter()).unwrap_or_default())
}

fn spawned_and_joined(builder: impl Fn() -> Builder) -> io::Result<Duration> {
    // A thread that does nothing can't panic.
    typical(|| builder().spawn(|| {}).map(|thread| drop(thread.join())))
}

/// In bytes; `None` on a system without the `/proc` of Linux.
fn memory_of_a_waiting_thread() -> io::Result<Option<u64>> {
    let resident = || field(&fs::read_to_string("/proc/self/smaps_rollup").ok()?, "Rss:").map(|kib| kib * 1024);
    let (gate, waiting) = (Mutex::new(()), Mutex::new(0));
    let before = resident();
    let after = thread::scope(|scope| {
        // All wait for this lock, until it is released at the end of the scope.
        let _closed = gate.lock();
        for _ in 0..WAITING {
            Builder::new().stack_size(SESSION_STACK).spawn_scoped(scope, || {
                locked(&waiting, |waiting| *waiting += 1);
                locked(&gate, |()| {});
            })?;
        }
        while locked(&waiting, |waiting| *waiting) < WAITING {
            thread::yield_now();
        }
        io::Result::Ok(resident())
    })?;
    Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before) / WAITING))
}

fn a_free_lock() -> Duration {
    let lock = Mutex::new(0_u32);
    let begun = Instant::now();
    for _ in 0..LOCKS {
        locked(black_box(&lock), |count| *count += 1);
    }
    begun.elapsed() / LOCKS
}

/// Two threads count in turn; each sleeps until the other has counted.
fn there_and_back() -> io::Result<Duration> {
    let count = Mutex::new(0);
    let wait_for = |number: usize| {
        while locked(&count, |count| *count) != number {
            thread::park();
        }
    };
    let count_for = |other: &Thread| {
        locked(&count, |count| *count += 1);
        other.unpark();
    };
    thread::scope(|scope| {
        let here = thread::current();
        let other = Builder::new().spawn_scoped(scope, move || {
            for number in 0..TIMES {
                wait_for(2 * number + 1);
                count_for(&here);
            }
        })?;
        let mut number = 0;
        typical(|| {
            count_for(other.thread());
            number += 2;
            wait_for(number);
            Ok(())
        })
    })
}
