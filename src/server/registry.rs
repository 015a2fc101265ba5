//! Who is connected: what the threads of the server share.
//!
//! The registry admits sessions, limits them, shows them and stops them. A [`SessionGuard`] stands for a session's
//! entry in it. The guard is made when the session is admitted, and moves into the session's thread. Its `Drop` removes
//! the entry, so that logout, disconnect, a panic and a thread that could not be spawned all take the same path.
//!
//! Read first: [`crate::wire`]. (`lock.rs` runs a closure under a lock; `limits.rs` and `watch.rs` can wait.) It does
//! not know what the sessions say, and it can't touch a connection: to the registry that is a value of any type `C`.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::lock::locked;
use crate::server::limits::Limits;
use crate::watch::{Phase, Watch};
use crate::wire::{ErrorCode, Refusal};

/// Most connections at once that only wait for their peer to close: ended sessions, and refused connections.
const MAX_LINGERING: usize = 256;

/// The shared registry. A clone is another handle to the same one. `C` is the handle by which a session is
/// cut: in a server its TCP connection, in a test without sockets anything.
#[derive(Debug)]
pub struct Registry<C = TcpStream> {
    /// The mutex protects everything in [`State`], and is never held during input or output: look up or change, copy
    /// out, release, then act. An entry is removed by its [`SessionGuard`], whatever ends the session, or by a cut.
    /// The lock is taken where a session begins, at each part of its replies, where it ends, where a connection is
    /// accepted, by the operator's commands and by the log.
    ///
    /// A mistake that is hard to see: never report to the journal under this lock. The journal calls the log, and the
    /// log calls [`Registry::active`], which takes this lock. The thread would wait for itself, and so would the whole
    /// server.
    state: Arc<Mutex<State<C>>>,
    limits: Limits,
    watch: Watch,
}

#[derive(Debug)]
struct State<C> {
    sessions: BTreeMap<u64, Entry<C>>,
    last_number: u64,
    /// Connections that are not in a session (any more) and wait until their peer closes.
    lingering: usize,
    stopping: bool,
    stopped: bool,
}

#[derive(Debug)]
struct Entry<C> {
    view: SessionView,
    /// Kept to cut or to warn the session, after the lock is released.
    connection: Arc<C>,
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It waits for a command.
    Waiting,
    /// It sends a reply: a file under its name, any other body under the command's.
    Sending {
        /// A file's name, a word such as `LIST`, `greeting` or `refusal`, or the line of an extension's command.
        subject: String,
        /// Bytes of the body that have been written.
        sent: u64,
        /// Bytes of the body in all.
        size: u64,
        /// When the reply began.
        begun: Instant,
    },
    /// The stop tells it SHUTTING_DOWN: the session itself writes no more.
    Dismissed,
}

/// What the registry knows of one session. Others get a copy.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// Counted from 1, in the order of admission.
    pub number: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// The thread on which the session runs.
    pub thread: String,
    /// When it was admitted.
    pub since: Instant,
    /// When it last began, continued or ended a reply.
    pub last_active: Instant,
    /// What it is doing.
    pub doing: Doing,
    /// Bytes of bodies, in all.
    pub bytes_sent: u64,
}

/// The stop sends SHUTTING_DOWN in place of the session, which may write nothing any more.
#[derive(Debug)]
pub struct Dismissed;

/// The server is stopping, and the session must say so.
#[derive(Debug)]
pub struct Stopping;

/// A session to whose client the stop must send SHUTTING_DOWN.
#[derive(Debug)]
pub struct ToDismiss<C> {
    /// The session's number.
    pub number: u64,
    /// Its client's address.
    pub peer: SocketAddr,
    /// The connection to send it on.
    pub connection: Arc<C>,
}

impl<C> Registry<C> {
    /// An empty registry.
    pub fn new(limits: Limits) -> Registry<C> {
        let sessions = BTreeMap::new();
        let state = State { sessions, last_number: 0, lingering: 0, stopping: false, stopped: false };
        Registry { state: Arc::new(Mutex::new(state)), limits, watch: Watch::default() }
    }

    /// The same registry, through a handle that tells this watch of the lock.
    pub fn watched_by(self, watch: Watch) -> Registry<C> {
        Registry { watch, ..self }
    }

    /// Where threads tell what they wait for.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Runs `work` under the lock. The watch is told of the wait for the lock, and how long it is held.
    fn lock<T>(&self, work: impl FnOnce(&mut State<C>) -> T) -> T {
        let waiting = self.watch.begin(Phase::AwaitLock);
        locked(&self.state, |state| {
            drop(waiting);
            let _holding = self.watch.begin(Phase::HoldLock);
            work(state)
        })
    }

    /// Adds a new session, or says why not. The check and the change happen under one lock: otherwise two connections
    /// could both take the last place.
    ///
    /// # Errors
    /// SERVER_FULL or SHUTTING_DOWN, to be sent in place of the greeting.
    pub fn admit(&self, peer: SocketAddr, connection: &Arc<C>) -> Result<SessionGuard<C>, Refusal> {
        let connection = Arc::clone(connection);
        // The guard is made after the lock is released. Its `Drop` takes the lock: if it were dropped here, it would
        // wait for ever.
        let number = self.lock(|state| state.enter(peer, connection, self.limits))?;
        Ok(SessionGuard { registry: self.clone(), number })
    }

    /// Sessions that are active now.
    pub fn active(&self) -> usize {
        self.lock(|state| state.sessions.len())
    }

    /// A copy of all entries, by number.
    pub fn snapshot(&self) -> Vec<SessionView> {
        self.lock(|state| state.sessions.values().map(|entry| entry.view.clone()).collect())
    }

    /// Removes the sessions that `wanted` picks and returns their connections, which the caller cuts. So a new client
    /// can be admitted before theirs see the end of the connection.
    pub fn cut(&self, wanted: impl Fn(u64, &Doing) -> bool) -> Vec<Arc<C>> {
        self.lock(|state| {
            let picked = state.sessions.values().filter(|entry| wanted(entry.view.number, &entry.view.doing));
            let numbers: Vec<_> = picked.map(|entry| entry.view.number).collect();
            numbers.iter().filter_map(|number| state.sessions.remove(number)).map(|entry| entry.connection).collect()
        })
    }

    /// From now on no session is admitted. Returns the sessions that wait for a command. The caller tells their
    /// clients, and their own threads write no more. The other sessions notice the stop after their reply.
    pub fn begin_stop(&self) -> Vec<ToDismiss<C>> {
        self.lock(|state| {
            state.stopping = true;
            let waiting = state.sessions.values_mut().filter(|entry| entry.view.doing == Doing::Waiting);
            let dismiss = |entry: &mut Entry<C>| {
                entry.view.doing = Doing::Dismissed;
                let connection = Arc::clone(&entry.connection);
                ToDismiss { number: entry.view.number, peer: entry.view.peer, connection }
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
        self.lock(|state| state.sessions.values().any(|entry| entry.view.doing == Doing::Dismissed))
    }

    /// Are there no sessions, and no connections that are being closed?
    pub fn is_empty(&self) -> bool {
        self.lock(|state| state.sessions.is_empty() && state.lingering == 0)
    }

    /// The stop is over: the listener must end.
    pub fn end_stop(&self) {
        self.lock(|state| state.stopped = true);
    }

    /// Has the stop ended?
    pub fn is_stopped(&self) -> bool {
        self.lock(|state| state.stopped)
    }

    /// Permits one lingering close. `None` if there are too many: then the caller must close the connection
    /// immediately.
    pub fn permit_linger(&self) -> Option<LingerPermit<C>> {
        let permitted = self.lock(|state| {
            let permitted = state.lingering < MAX_LINGERING;
            state.lingering += usize::from(permitted);
            permitted
        });
        permitted.then(|| LingerPermit { registry: self.clone() })
    }
}

impl<C> Clone for Registry<C> {
    fn clone(&self) -> Registry<C> {
        Registry { state: Arc::clone(&self.state), limits: self.limits, watch: self.watch.clone() }
    }
}

impl<C> State<C> {
    fn enter(&mut self, peer: SocketAddr, connection: Arc<C>, limits: Limits) -> Result<u64, Refusal> {
        if self.stopping {
            return Err(shutting_down());
        }
        limits.check(peer, self.sessions.values().map(|entry| entry.view.peer))?;
        self.last_number += 1;
        let now = Instant::now();
        let view = SessionView {
            number: self.last_number,
            peer,
            thread: String::new(),
            since: now,
            last_active: now,
            doing: Doing::Sending { subject: "greeting".to_string(), sent: 0, size: 0, begun: now },
            bytes_sent: 0,
        };
        self.sessions.insert(self.last_number, Entry { view, connection });
        Ok(self.last_number)
    }
}

/// What the client gets when the server stops, in place of its next reply.
pub fn shutting_down() -> Refusal {
    Refusal::new(ErrorCode::ShuttingDown, "the server is stopping; connect again when it is back")
}

/// A session's entry in the registry. The session owns the guard; dropping it removes the entry.
#[derive(Debug)]
#[must_use = "dropping the guard removes the session's entry"]
pub struct SessionGuard<C = TcpStream> {
    registry: Registry<C>,
    number: u64,
}

impl<C> SessionGuard<C> {
    /// The session's number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Changes what the registry shows; `None` if the session was cut.
    fn change<T>(&self, work: impl FnOnce(&mut SessionView) -> T) -> Option<T> {
        self.registry.lock(|state| state.sessions.get_mut(&self.number).map(|entry| work(&mut entry.view)))
    }

    /// The session runs on the thread that calls this.
    pub fn runs_on_this_thread(&self) {
        let thread = std::thread::current().name().unwrap_or("unnamed").to_string();
        self.change(|view| view.thread = thread);
    }

    /// May the session send? Records that a reply with a body of `size` bytes begins.
    ///
    /// # Errors
    /// [`Dismissed`]: the session may send nothing any more.
    pub fn begin_reply(&self, subject: &str, size: u64) -> Result<(), Dismissed> {
        let doing = Doing::Sending { subject: subject.to_string(), sent: 0, size, begun: Instant::now() };
        let begun = self.change(|view| {
            if view.doing == Doing::Dismissed {
                return Err(Dismissed);
            }
            view.doing = doing;
            view.last_active = Instant::now();
            Ok(())
        });
        // A session that was cut finds out when it writes.
        begun.unwrap_or(Ok(()))
    }

    /// So many more bytes of the reply's body have been written.
    pub fn progress(&self, bytes: u64) {
        self.change(|view| {
            if let Doing::Sending { sent, .. } = &mut view.doing {
                *sent += bytes;
            }
            view.bytes_sent += bytes;
            view.last_active = Instant::now();
        });
    }

    /// May the session go on waiting? Records that its reply is complete, and that it waits for a command.
    ///
    /// # Errors
    /// [`Stopping`]: the session must send SHUTTING_DOWN.
    pub fn await_command(&self) -> Result<(), Stopping> {
        self.registry.lock(|state| {
            if state.stopping {
                return Err(Stopping);
            }
            if let Some(entry) = state.sessions.get_mut(&self.number) {
                entry.view.doing = Doing::Waiting;
                entry.view.last_active = Instant::now();
            }
            Ok(())
        })
    }

    /// Has the operator, or the stop, cut this session?
    pub fn is_cut(&self) -> bool {
        self.change(|_| ()).is_none()
    }
}

impl<C> Drop for SessionGuard<C> {
    fn drop(&mut self) {
        // Kept in a variable, so that it is dropped after the lock is released: to drop it may close the connection.
        let _entry = self.registry.lock(|state| state.sessions.remove(&self.number));
    }
}

/// Permission to wait for one connection's end. Dropping it gives the permission back.
#[derive(Debug)]
#[must_use = "dropping it gives the permission back"]
pub struct LingerPermit<C = TcpStream> {
    registry: Registry<C>,
}

impl<C> Drop for LingerPermit<C> {
    fn drop(&mut self) {
        self.registry.lock(|state| state.lingering -= 1);
    }
}
