//! `lab load`: many clients ask a server for a file, again and again, and their waits are measured.
//!
//! The loop is *closed*: a client asks again when it has its answer, as people do. That hides something: while a server
//! stalls, it gets fewer requests. If all clients have to wait, there is only one long wait for each client, among
//! thousands of short waits. Percentiles hardly show it. The longest wait shows it, and so does the number of clients
//! that were still waiting at the end.
//!
//! Read first: `client.rs`. It does not know our server, only the protocol.

pub mod client;

pub mod errors;

pub mod waits;

pub mod report;

pub mod program;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Mutex;
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::lab::load::client::{read_nothing, Client, Connection, SlowState, Tally, Task};
use crate::lab::load::errors::Trouble;
use crate::lock::locked;
use crate::server::SESSION_STACK;
use crate::wire::{printable, quote, Command, FileName, Listed};

/// How long the clients wait after the end for their last answer. So a client whose answer is on its way does not count
/// as unserved.
pub const GRACE: Duration = Duration::from_secs(1);

/// How long the slow clients may take until they are all stuck; then the others begin.
const HEAD_START: Duration = Duration::from_secs(3);

/// How often the tool checks whether they are stuck, whether the others have ended, and what the server does.
pub const LOOK: Duration = Duration::from_millis(10);

/// How long the server may take for the list that is asked for before the load.
const LIST_TIME: Duration = Duration::from_secs(3);

/// Largest list that is read, in bytes. It is kept once; the search for a file needs no other memory.
const MAX_LIST: usize = 16 * 1024 * 1024;

/// What to do.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The server.
    pub server: SocketAddr,
    /// What the clients ask for.
    pub file: FileName,
    /// Clients in the closed loop, at least one.
    pub clients: usize,
    /// For how long they begin requests.
    pub lasting: Duration,
    /// How long they wait after that for the last answers, such as [`GRACE`].
    pub grace: Duration,
    /// Each request on a connection of its own?
    pub reconnect: bool,
    /// Clients that ask and read nothing.
    pub slow: usize,
    /// What those ask for.
    pub slow_file: FileName,
}

/// The result.
pub struct Outcome {
    /// All clients together, without the slow ones.
    pub tally: Tally,
    /// Slow clients that were refused or cut off before the end.
    pub slow_ended: usize,
}

/// The server and the file, after they were found.
pub struct Found {
    /// The address at which the server answers.
    pub server: SocketAddr,
    /// The file.
    pub file: FileName,
    /// Its size as LIST tells it; `None` if the server did not answer in time.
    pub size: Option<u64>,
}

/// Asks the server for its list, and finds the file in it: the one of that name, or the first. If the server gives no
/// answer in time but the user has named the file, the load still runs: it will show that the server gives no answers.
///
/// # Errors
/// In a sentence: no connection, no such file, no list.
pub fn find(server: &str, wanted: Option<FileName>) -> Result<Found, String> {
    let shown = printable(server);
    let (server, list) = ask_for_list(server)?;
    let Some(list) = list else {
        let seconds = LIST_TIME.as_secs();
        let advice = format!("gave no list within {seconds} s; to measure it all the same, name a file with --file");
        return wanted.map(|file| Found { server, file, size: None }).ok_or(format!("{shown} {advice}"));
    };
    let found = look_up(&list, wanted.as_ref()).map_err(|why| format!("{shown} gave no list: {why}"))?;
    match (found, wanted) {
        (Some(file), _) => Ok(Found { server, file: file.name, size: Some(file.size) }),
        (None, Some(name)) => Err(format!("{shown} has no file {}; name one that LIST shows", quote(name.as_str()))),
        (None, None) => {
            Err(format!("{shown} lists no file, so there is nothing to ask for; put one into its directory"))
        }
    }
}

/// The list as it came, from the first of the server's addresses that accepts a connection; `None` if no list came in
/// time.
fn ask_for_list(server: &str) -> Result<(SocketAddr, Option<Vec<u8>>), String> {
    let shown = printable(server);
    let addresses = server.to_socket_addrs().map_err(|error| format!("{shown} is no address: {error}"))?;
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match list(address) {
            Ok(list) => return Ok((address, Some(list))),
            Err(Trouble::Late) => return Ok((address, None)),
            Err(Trouble::NoConnection(error)) => last_error = error,
            Err(Trouble::Refused(refusal)) => return Err(format!("{shown} refused: {refusal}")),
            Err(trouble) => return Err(format!("{shown} gave no list: {trouble}")),
        }
    }
    Err(format!("no connection to {shown}: {last_error}; is a server running there?"))
}

fn list(server: SocketAddr) -> Result<Vec<u8>, Trouble> {
    let mut connection = Connection::open(server, Instant::now() + LIST_TIME)?;
    let mut body = Vec::new();
    let mut is_too_long = false;
    connection.ask(&Command::List, |part| {
        is_too_long |= body.len() + part.len() > MAX_LIST;
        if !is_too_long {
            body.extend_from_slice(part);
        }
    })?;
    if is_too_long {
        return Err(Trouble::Broken(format!("it has over {MAX_LIST} bytes, and more are not read here")));
    }
    // The list has come. If the server goes wrong afterwards, the load will show it.
    let _ = connection.log_out();
    Ok(body)
}

/// The file of that name in a list, or the first one. The list is read line by line and never copied: with each line in
/// separate memory, it would take fifteen times as much if names are short.
fn look_up(list: &[u8], wanted: Option<&FileName>) -> Result<Option<Listed>, String> {
    let mut found = None;
    for line in String::from_utf8_lossy(list).lines() {
        let file = Listed::parse(line).ok_or("a line of it is no '<size> <name>'")?;
        if found.is_none() && wanted.map_or(true, |wanted| file.name == *wanted) {
            found = Some(file);
        }
    }
    Ok(found)
}

/// Carries out a workload. It takes at most its time and its grace, after the slow clients are ready.
///
/// # Errors
/// If the system refuses threads for the clients.
pub fn run(workload: &Workload) -> Result<Outcome, String> {
    run_watched(workload, || {})
}

/// The same, and calls `look` every [`LOOK`] to observe the server, and a last time when all clients have ended and
/// their connections are still open.
///
/// # Errors
/// As of [`run`].
pub fn run_watched(workload: &Workload, look: impl FnMut()) -> Result<Outcome, String> {
    let slow_state = Mutex::new(SlowState::default());
    thread::scope(|scope| {
        let slow_command = Command::Download(workload.slow_file.clone());
        let (server, state) = (workload.server, &slow_state);
        let slow = spawn_all(scope, "slow", workload.slow, move || read_nothing(server, &slow_command, state));
        let outcome = slow.and_then(|slow| {
            let deadline = Instant::now() + HEAD_START;
            while locked(&slow_state, |state| state.settled) < workload.slow && Instant::now() < deadline {
                thread::sleep(LOOK);
            }
            Ok((closed_loop(workload, look)?, slow))
        });
        locked(&slow_state, |state| state.over = true);
        let (tally, slow) = outcome.map_err(|error| format!("can't start a thread for each client: {error}"))?;
        let ended = slow.into_iter().filter_map(|slow| slow.join().ok()).filter(Result::is_err);
        Ok(Outcome { tally, slow_ended: ended.count() })
    })
}

fn closed_loop(workload: &Workload, mut look: impl FnMut()) -> io::Result<Tally> {
    let end = Instant::now() + workload.lasting;
    let task = Task {
        server: workload.server,
        command: Command::Download(workload.file.clone()),
        reconnect: workload.reconnect,
        end,
        give_up: end + workload.grace,
    };
    thread::scope(|scope| {
        let task = &task;
        let clients = spawn_all(scope, "client", workload.clients, move || Client::run(task))?;
        while !clients.iter().all(ScopedJoinHandle::is_finished) {
            look();
            thread::sleep(LOOK);
        }
        let mut whole = Tally::default();
        // Kept until the last client has ended.
        let mut connections = Vec::new();
        for client in clients {
            match client.join() {
                Ok((tally, connection)) => {
                    whole.merge(tally);
                    connections.push(connection);
                }
                Err(_) => whole.errors.add(&Trouble::Broken("a client panicked: a bug of this tool".to_string())),
            }
        }
        look();
        Ok(whole)
    })
}

fn spawn_all<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    count: usize,
    work: impl Fn() -> T + Clone + Send + 'scope,
) -> io::Result<Vec<ScopedJoinHandle<'scope, T>>> {
    let spawn = |number| {
        let builder = Builder::new().name(format!("{name}-{number}")).stack_size(SESSION_STACK);
        builder.spawn_scoped(scope, work.clone())
    };
    (1..=count).map(spawn).collect()
}

impl Outcome {
    /// Did every client get answers, and nothing but answers?
    pub fn is_faultless(&self) -> bool {
        self.tally.errors.total() == 0 && self.tally.unfinished.is_empty() && self.tally.never_answered == 0
    }
}
