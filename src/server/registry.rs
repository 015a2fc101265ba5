//! Who is connected: what the threads of the server share.
//!
//! The registry admits sessions, limits them, shows them and stops them. A [`Place`] is a session's entry in it: made
//! when the session is admitted, moved into the session's thread, and given back by its `Drop`, so that logout,
//! disconnect, a panic and a thread that could not be spawned all take the same path.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::journal::{Phase, Watch};
use crate::lock::locked;
use crate::wire::{ErrorCode, Refusal};

/// Upper bound of [`Limits::max_sessions`]. Each thread takes four memory mappings, and Linux by default grants a
/// process 65 530: at about 16 000 threads it aborts, and no Rust code sees that coming.
pub const MOST_SESSIONS: usize = 10_000;

/// Most sessions at once unless the operator says otherwise: with as many open files and closing connections it stays
/// under the 1024 descriptors that systems commonly grant a process.
pub const DEFAULT_SESSIONS: usize = 256;

/// Most connections at once that are no session any more (or never became one) and wait for their peer's end.
const MOST_CLOSING: usize = 256;

/// How many sessions may be active at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all, at most [`MOST_SESSIONS`].
    pub max_sessions: usize,
    /// From one IP address; `None` is no limit.
    pub max_per_address: Option<usize>,
}

/// The shared registry. A clone is another handle to the same one.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The mutex protects everything in [`State`], and is never held during input or output: look up or change, copy
    /// out, release, then act. An entry is removed by its [`Place`], whatever ends the session, or when it is cut.
    state: Arc<Mutex<State>>,
    limits: Limits,
    watch: Watch,
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<u64, Entry>,
    last_number: u64,
    closing: usize,
    stopping: bool,
    stopped: bool,
}

#[derive(Debug)]
struct Entry {
    peer: SocketAddr,
    /// Kept to cut or to warn the session, after the lock is released.
    connection: Arc<TcpStream>,
    thread: String,
    since: Instant,
    last_active: Instant,
    doing: Doing,
    bytes_sent: u64,
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It waits for a command.
    Waiting,
    /// It sends a reply: a file under its name, any other body under the command's.
    Sending {
        /// The file's name, or the command's word.
        subject: String,
        /// Bytes of the body that have been written.
        sent: u64,
        /// Bytes of the body in all.
        size: u64,
    },
    /// The stop tells it SHUTTING_DOWN: the session itself writes no more.
    Dismissed,
}

/// What the registry knows of one session, copied out of it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// Counted from 1, in the order of admission.
    pub number: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// The thread that carries the session out.
    pub thread: String,
    /// When it was admitted.
    pub since: Instant,
    /// When it last began, went on with or ended a reply.
    pub last_active: Instant,
    /// What it is doing.
    pub doing: Doing,
    /// Bytes of bodies, in all.
    pub bytes_sent: u64,
}

/// The stop speaks on the session's behalf: SHUTTING_DOWN is being sent, and nothing may follow it.
#[derive(Debug)]
pub struct Dismissed;

/// The server is stopping, and the session is to say so.
#[derive(Debug)]
pub struct Stopping;

/// A session that the stop has to tell.
#[derive(Debug)]
pub struct Waiting {
    /// The session's number.
    pub number: u64,
    /// Its client's address.
    pub peer: SocketAddr,
    /// Where to tell it.
    pub connection: Arc<TcpStream>,
}

impl Registry {
    /// An empty registry.
    pub fn new(limits: Limits) -> Registry {
        Registry { state: Arc::default(), limits, watch: Watch::default() }
    }

    /// The same registry, through a handle that tells this watch of the lock.
    pub fn watched_by(self, watch: Watch) -> Registry {
        Registry { watch, ..self }
    }

    /// Runs `work` under the lock, and tells the watch.
    fn lock<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let waiting = self.watch.begin(Phase::AwaitLock);
        locked(&self.state, |state| {
            drop(waiting);
            let _holding = self.watch.begin(Phase::HoldLock);
            work(state)
        })
    }

    /// Gives a new session its place, or says why not. To check and to enter are one step under one lock: two
    /// connections can't both take the last place.
    ///
    /// # Errors
    /// SERVER_FULL or SHUTTING_DOWN, to be sent in place of the greeting.
    pub fn admit(&self, peer: SocketAddr, connection: &Arc<TcpStream>) -> Result<Place, Refusal> {
        let connection = Arc::clone(connection);
        let limits = self.limits;
        // The place is made after the lock is released: dropped under it, it would wait for itself.
        let number = self.lock(|state| state.enter(peer, connection, limits))?;
        Ok(Place { registry: self.clone(), number })
    }

    /// Sessions that are active now.
    pub fn active(&self) -> usize {
        self.lock(|state| state.sessions.len())
    }

    /// A copy of all entries, by number.
    pub fn snapshot(&self) -> Vec<SessionView> {
        self.lock(|state| state.sessions.iter().map(|(number, entry)| entry.view(*number)).collect())
    }

    /// Takes the sessions that `wanted` picks out of the registry and hands out their connections, to be cut by the
    /// caller: so their places are free before their clients can see the end.
    pub fn cut(&self, wanted: impl Fn(u64, &Doing) -> bool) -> Vec<Arc<TcpStream>> {
        self.lock(|state| {
            let sessions = std::mem::take(&mut state.sessions).into_iter();
            let (cut, kept): (BTreeMap<_, _>, _) = sessions.partition(|(number, entry)| wanted(*number, &entry.doing));
            state.sessions = kept;
            cut.into_values().map(|entry| entry.connection).collect()
        })
    }

    /// From now on nobody is admitted. Returns the sessions that wait for a command: the caller tells them, and their
    /// own threads write no more. All others learn it at the end of their reply.
    pub fn begin_stop(&self) -> Vec<Waiting> {
        self.lock(|state| {
            state.stopping = true;
            let waiting = state.sessions.iter_mut().filter(|(_, entry)| entry.doing == Doing::Waiting);
            let dismiss = |(number, entry): (&u64, &mut Entry)| {
                entry.doing = Doing::Dismissed;
                Waiting { number: *number, peer: entry.peer, connection: Arc::clone(&entry.connection) }
            };
            waiting.map(dismiss).collect()
        })
    }

    /// Has a stop begun?
    pub fn is_stopping(&self) -> bool {
        self.lock(|state| state.stopping)
    }

    /// Are there sessions that [`Registry::begin_stop`] dismissed and that are not over yet?
    pub fn has_dismissed(&self) -> bool {
        self.lock(|state| state.sessions.values().any(|entry| entry.doing == Doing::Dismissed))
    }

    /// Is nobody here any more, the connections that are being closed included?
    pub fn is_empty(&self) -> bool {
        self.lock(|state| state.sessions.is_empty() && state.closing == 0)
    }

    /// The stop is over: the listener is to end.
    pub fn end_stop(&self) {
        self.lock(|state| state.stopped = true);
    }

    /// Has the stop ended?
    pub fn is_stopped(&self) -> bool {
        self.lock(|state| state.stopped)
    }

    /// Permission for one lingering close; `None` past the bound: then the connection is to be closed at once.
    pub fn begin_closing(&self) -> Option<Closing> {
        let admitted = self.lock(|state| {
            let room = state.closing < MOST_CLOSING;
            state.closing += usize::from(room);
            room
        });
        admitted.then(|| Closing { registry: self.clone() })
    }
}

impl State {
    fn enter(&mut self, peer: SocketAddr, connection: Arc<TcpStream>, limits: Limits) -> Result<u64, Refusal> {
        let full = |message| Err(Refusal::new(ErrorCode::ServerFull, message));
        let Limits { max_sessions, max_per_address } = limits;
        if self.stopping {
            return Err(shutting_down());
        }
        if self.sessions.len() >= max_sessions {
            return full(format!("all {max_sessions} places are taken; try again when somebody has left"));
        }
        if let Some(most) = max_per_address {
            let address = same_address(peer);
            if self.sessions.values().filter(|entry| same_address(entry.peer) == address).count() >= most {
                return full(format!("{address} has its {most} sessions already; end one, then try again"));
            }
        }
        self.last_number += 1;
        let now = Instant::now();
        let entry = Entry {
            peer,
            connection,
            thread: String::new(),
            since: now,
            last_active: now,
            doing: Doing::Sending { subject: "greeting".to_string(), sent: 0, size: 0 },
            bytes_sent: 0,
        };
        self.sessions.insert(self.last_number, entry);
        Ok(self.last_number)
    }
}

impl Entry {
    fn view(&self, number: u64) -> SessionView {
        SessionView {
            number,
            peer: self.peer,
            thread: self.thread.clone(),
            since: self.since,
            last_active: self.last_active,
            doing: self.doing.clone(),
            bytes_sent: self.bytes_sent,
        }
    }
}

/// An IPv4 peer of a listener on IPv6 shows as `::ffff:a.b.c.d`: the same address all the same.
fn same_address(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}

/// What a client is told when the server stops, in place of its next reply.
pub fn shutting_down() -> Refusal {
    Refusal::new(ErrorCode::ShuttingDown, "the server is stopping; connect again when it is back")
}

/// A session's place in the registry. Whoever holds it is the session; dropping it gives the place back.
#[derive(Debug)]
#[must_use = "dropping the place ends the session's entry"]
pub struct Place {
    registry: Registry,
    number: u64,
}

impl Place {
    /// The session's number.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn change<T>(&self, work: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.registry.lock(|state| state.sessions.get_mut(&self.number).map(work))
    }

    /// The session is carried out by the thread that calls this.
    pub fn carried_by_this_thread(&self) {
        let thread = std::thread::current().name().unwrap_or("unnamed").to_string();
        self.change(|entry| entry.thread = thread);
    }

    /// A reply of `size` bytes of body begins.
    ///
    /// # Errors
    /// [`Dismissed`]: the session may say nothing any more.
    pub fn begin_reply(&self, subject: &str, size: u64) -> Result<(), Dismissed> {
        let doing = Doing::Sending { subject: subject.to_string(), sent: 0, size };
        let begun = self.change(|entry| {
            let dismissed = entry.doing == Doing::Dismissed;
            if !dismissed {
                entry.doing = doing;
                entry.last_active = Instant::now();
            }
            !dismissed
        });
        match begun {
            Some(false) => Err(Dismissed),
            _ => Ok(()),
        }
    }

    /// So many more bytes of the reply's body have been written.
    pub fn progress(&self, bytes: u64) {
        self.change(|entry| {
            if let Doing::Sending { sent, .. } = &mut entry.doing {
                *sent += bytes;
            }
            entry.bytes_sent += bytes;
            entry.last_active = Instant::now();
        });
    }

    /// The reply is complete: the session waits for a command.
    ///
    /// # Errors
    /// [`Stopping`]: it is the session's turn to say SHUTTING_DOWN.
    pub fn end_reply(&self) -> Result<(), Stopping> {
        let stopping = self.registry.lock(|state| {
            if let (false, Some(entry)) = (state.stopping, state.sessions.get_mut(&self.number)) {
                entry.doing = Doing::Waiting;
                entry.last_active = Instant::now();
            }
            state.stopping
        });
        match stopping {
            true => Err(Stopping),
            false => Ok(()),
        }
    }

    /// Has the operator cut this session?
    pub fn is_cut(&self) -> bool {
        self.change(|_| ()).is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Carried out of the lock: the entry may hold the last handle to its connection, whose drop closes it.
        let _entry = self.registry.lock(|state| state.sessions.remove(&self.number));
    }
}

/// Permission to wait for one connection's end.
#[derive(Debug)]
#[must_use = "dropping it gives the permission back"]
pub struct Closing {
    registry: Registry,
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.registry.lock(|state| state.closing -= 1);
    }
}
