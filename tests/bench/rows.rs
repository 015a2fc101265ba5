//! The rows of the table: what is measured, and what its ratio means.

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use file_transfer::client::download::{self, Storage};
use file_transfer::client::Client;
use file_transfer::journal::Journal;
use file_transfer::server::session::PART;
use file_transfer::wire::{Command, FileName};

use crate::load::{
    bytes_per_second, exchanges_per_second, logout, open, seconds_for_one, sessions_per_second, Exchange,
};
use crate::setup::{descriptor_limit, Server, TempDir};

/// How often each of the two servers is measured: the median forgets what else the machine did meanwhile.
pub const ROUNDS: usize = 5;

/// As often for memory, which hardly varies, while 10 000 sessions take seconds to open.
const MEMORY_ROUNDS: usize = 1;

/// How long the small files are asked for in each round.
const LASTING: Duration = Duration::from_millis(500);

/// On how many connections the server is measured that records them: enough to keep the processors busy.
const RECORDED_CONNECTIONS: usize = 64;

/// How many lists are asked for in each round.
const LISTS: usize = 10;

/// The buffers of which the bare server of files shows the best.
const BUFFERS: [usize; 3] = [48 * 1024, 128 * 1024, 256 * 1024];

/// Descriptors of a process beside its sessions: the standard streams, the listener, what the library opens.
const OTHER_DESCRIPTORS: usize = 32;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A row of the table.
pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    /// What either side does, so that the ratio can be read.
    pub what: &'static str,
    pub measure: fn() -> Result<Measured>,
}

/// What a row measured.
pub enum Measured {
    /// One number a round for each side.
    Rounds {
        ours: Vec<f64>,
        bare: Vec<f64>,
    },
    Skipped(String),
}

/// The table, in the order in which it is measured.
pub const ROWS: [Row; 15] = [
    Row {
        name: "1 GiB, our client, not stored",
        unit: "MiB/s",
        what: "Bare: bytes from memory to a client that counts. The file is sparse: zeros, no disk.",
        measure: download_to_nowhere,
    },
    Row {
        name: "1 GiB, our client, to a file",
        unit: "MiB/s",
        what: "The same, but our client stores the file; the bare client stores nothing.",
        measure: download_to_a_file,
    },
    Row {
        name: "1 GiB on 1 stream, same calls",
        unit: "MiB/s",
        what: "Bare: reads the file and writes it, with the best of three buffers (48, 128, 256 KiB).",
        measure: || streams(1),
    },
    Row {
        name: "1 GiB on 64 streams, same calls",
        unit: "MiB/s",
        what: "The same with 16 MiB for each of 64 connections at once.",
        measure: || streams(64),
    },
    Row {
        name: "1 KiB files, 1 connection",
        unit: "files/s",
        what: "Bare: bytes from memory. Ours understands a request, opens and reads a file, logs a line.",
        measure: || small_files(1),
    },
    Row {
        name: "1 KiB files, 16 connections",
        unit: "files/s",
        what: "The same on 16 connections.",
        measure: || small_files(16),
    },
    Row {
        name: "1 KiB files, 64 connections",
        unit: "files/s",
        what: "The same on 64 connections.",
        measure: || small_files(64),
    },
    Row {
        name: "1 KiB, 1 connection, same calls",
        unit: "files/s",
        what: "Bare: opens the file, asks its size, reads, writes. Ours also logs each request to a file.",
        measure: || small_files_same_calls(1),
    },
    Row {
        name: "1 KiB, 16 connections, same calls",
        unit: "files/s",
        what: "The same on 16 connections.",
        measure: || small_files_same_calls(16),
    },
    Row {
        name: "1 KiB, 64 connections, same calls",
        unit: "files/s",
        what: "The same on 64 connections.",
        measure: || small_files_same_calls(64),
    },
    Row {
        name: "1 KiB, 64 connections, --timeline",
        unit: "files/s",
        what: "Bare: our server without --timeline. The difference to 1 is the cost of the recording.",
        measure: recorded,
    },
    Row {
        name: "sessions opened and closed",
        unit: "sessions/s",
        what: "Bare: accept, a new thread, close. Ours admits the session and logs its begin and end as well.",
        measure: sessions,
    },
    Row {
        name: "LIST of 10 000 files",
        unit: "ms",
        what: "Bare: the bytes of the list, from memory. Ours reads the directory and asks for each file's size.",
        measure: list,
    },
    Row {
        name: "memory per idle session, 1000",
        unit: "KiB",
        what: "Bare: a thread that waits in a read. One round; the kernel's own memory is not counted.",
        measure: || idle_memory(1000),
    },
    Row {
        name: "memory per idle session, 10 000",
        unit: "KiB",
        what: "The same with 10 000 sessions.",
        measure: || idle_memory(10_000),
    },
];

/// Measures the two in turn: so a busy minute of the machine slows both.
fn in_turn(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64>,
    mut bare: impl FnMut() -> Result<f64>,
) -> Result<Measured> {
    let (mut all_ours, mut all_bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        all_ours.push(ours()?);
        all_bare.push(bare()?);
    }
    Ok(Measured::Rounds { ours: all_ours, bare: all_bare })
}

/// The middle of the numbers.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn download_to_nowhere() -> Result<Measured> {
    one_gib(|client, name, _| seconds(|| client.download(name, &mut io::sink(), |_, _| {})))
}

fn download_to_a_file() -> Result<Measured> {
    one_gib(|client, name, dir| {
        let took = seconds(|| download::store(client, name, &Storage::of(dir.path()), |_, _| {}))?;
        // Otherwise the next round would also measure the time to delete this file.
        fs::remove_file(dir.path().join(name.as_str()))?;
        Ok(took)
    })
}

/// One large file: our client with our server, and the bare load with the bare server. `download` gets a directory to
/// store the file in, and returns the seconds that it took.
fn one_gib(download: impl Fn(&mut Client, &FileName, &TempDir) -> Result<f64>) -> Result<Measured> {
    let (served, stored) = (TempDir::new()?, TempDir::new()?);
    let name = file_name("large");
    served.put(name.as_str(), GIB)?;
    let exchange = Exchange::new(Command::Download(name.clone()), GIB);
    let (ours, bare) = (Server::ours(served.path())?, Server::bare(exchange.script())?);
    let mib_per_second = |seconds: f64| (GIB / MIB) as f64 / seconds;
    in_turn(
        ROUNDS,
        || Ok(mib_per_second(download(&mut connect(&ours)?, &name, &stored)?)),
        || Ok(mib_per_second(seconds_for_one(bare.address, &exchange)?)),
    )
}

/// A directory with one small file, and the exchange that asks for it.
fn small_file() -> Result<(TempDir, Exchange)> {
    let dir = TempDir::new()?;
    let name = file_name("small");
    dir.put(name.as_str(), 1024)?;
    Ok((dir, Exchange::new(Command::Download(name), 1024)))
}

/// Two servers that are asked for the same, again and again, on so many connections.
fn compared(ours: &Server, bare: &Server, exchange: &Exchange, connections: usize) -> Result<Measured> {
    let rate = |server: &Server| Ok(exchanges_per_second(server.address, exchange, connections, LASTING)?);
    in_turn(ROUNDS, || rate(ours), || rate(bare))
}

fn small_files(connections: usize) -> Result<Measured> {
    let (dir, exchange) = small_file()?;
    compared(&Server::ours(dir.path())?, &Server::bare(exchange.script())?, &exchange, connections)
}

/// The same beside the bare server that makes the same system calls. The log of ours is written to a file.
fn small_files_same_calls(connections: usize) -> Result<Measured> {
    let ((dir, exchange), log_dir) = (small_file()?, TempDir::new()?);
    let ours = Server::logging(dir.path(), log_dir.path())?;
    compared(&ours, &Server::bare_files(dir.path(), PART)?, &exchange, connections)
}

/// 1 GiB in all, on so many connections at once, beside the bare server that reads and writes files. Of its buffers
/// that one counts that is the best in the median.
fn streams(connections: u64) -> Result<Measured> {
    let (dir, log_dir) = (TempDir::new()?, TempDir::new()?);
    let (name, size) = (file_name("large"), GIB / connections);
    dir.put(name.as_str(), size)?;
    let exchange = Exchange::new(Command::Download(name), size);
    let rate = |server: &Server| -> Result<f64> {
        Ok(bytes_per_second(server.address, &exchange, connections as usize)? / MIB as f64)
    };
    let ours = Server::logging(dir.path(), log_dir.path())?;
    let bare = BUFFERS.map(|buffer| Server::bare_files(dir.path(), buffer));
    // The first to read the file has to bring it into the system's memory.
    rate(&ours)?;
    let mut all_ours = Vec::new();
    let mut all_bare = BUFFERS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        all_ours.push(rate(&ours)?);
        for (rates, bare) in all_bare.iter_mut().zip(&bare) {
            rates.push(rate(bare.as_ref().map_err(|error| error.to_string())?)?);
        }
    }
    let best = all_bare.into_iter().max_by(|a, b| median(a).total_cmp(&median(b))).unwrap_or_default();
    Ok(Measured::Rounds { ours: all_ours, bare: best })
}

/// New servers for each round: a recording has an end.
fn recorded() -> Result<Measured> {
    let (dir, exchange) = small_file()?;
    let rate = |server: &Server| Ok(exchanges_per_second(server.address, &exchange, RECORDED_CONNECTIONS, LASTING)?);
    in_turn(ROUNDS, || rate(&Server::recording(dir.path())?), || rate(&Server::ours(dir.path())?))
}

fn sessions() -> Result<Measured> {
    let dir = TempDir::new()?;
    let (ours, bare) = (Server::ours(dir.path())?, Server::bare(logout().script())?);
    in_turn(ROUNDS, || Ok(sessions_per_second(ours.address)?), || Ok(sessions_per_second(bare.address)?))
}

fn list() -> Result<Measured> {
    let dir = TempDir::new()?;
    for number in 0..10_000 {
        dir.put(&format!("file-{number:05}.txt"), number)?;
    }
    let ours = Server::ours(dir.path())?;
    let listed = in_words(connect(&ours)?.list())?;
    let body: usize = listed.files().map(|file| format!("{file}\n").len()).sum();
    let exchange = Exchange::new(Command::List, body as u64);
    let bare = Server::bare(exchange.script())?;
    let milliseconds = |server: &Server| {
        let times = (0..LISTS).map(|_| seconds_for_one(server.address, &exchange));
        Ok(median(&times.collect::<io::Result<Vec<_>>>()?) * 1000.0)
    };
    in_turn(ROUNDS, || milliseconds(&ours), || milliseconds(&bare))
}

/// New servers for each round: a process keeps memory that its ended sessions gave back.
fn idle_memory(sessions: usize) -> Result<Measured> {
    let dir = TempDir::new()?;
    if Server::ours(dir.path())?.resident_kib().is_none() {
        return Ok(Measured::Skipped("not measured on this system: it shows no /proc/PID/status".to_string()));
    }
    let needed = sessions + OTHER_DESCRIPTORS;
    if let Some(limit) = descriptor_limit().filter(|limit| *limit < needed) {
        let why = format!("not measured: each process needs {needed} open files and may have {limit} (see ulimit -n)");
        return Ok(Measured::Skipped(why));
    }
    in_turn(
        MEMORY_ROUNDS,
        || kib_each(&Server::ours(dir.path())?, sessions),
        || kib_each(&Server::bare(logout().script())?, sessions),
    )
}

fn kib_each(server: &Server, sessions: usize) -> Result<f64> {
    let resident = || server.resident_kib().ok_or("the server has ended");
    let before = resident()?;
    // Kept until the measurement is done.
    let _sessions = (0..sessions).map(|_| open(server.address)).collect::<io::Result<Vec<_>>>()?;
    Ok((resident()? - before) / sessions as f64)
}

fn connect(server: &Server) -> Result<Client> {
    let address = server.address.to_string();
    Ok(in_words(Client::connect(&address, Duration::from_secs(30), Journal::silent()))?.0)
}

/// How long the work takes.
fn seconds<T, E: Debug>(work: impl FnOnce() -> std::result::Result<T, E>) -> Result<f64> {
    let begun = Instant::now();
    in_words(work())?;
    Ok(begun.elapsed().as_secs_f64())
}

/// The client's errors are for a program to look at; here they end a row.
fn in_words<T, E: Debug>(result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|error| format!("{error:?}").into())
}

fn file_name(name: &str) -> FileName {
    FileName::parse(name).expect("a name that can be served")
}
