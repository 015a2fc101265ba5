//! The server: it accepts connections, admits them as sessions, runs the sessions, and closes them.
//!
//! Its [design](designs) decides which thread does which of these. `stop.rs` explains how it stops.
//!
//! Read first: `session.rs`, `registry.rs`. (`connection.rs`, `designs.rs` and `stop.rs` come afterwards.) It does not
//! know the commands.

pub mod reply;

pub mod file_handler;

pub mod registry;

pub mod session;

pub mod ending;

pub mod limits;

pub mod extensions;

mod opening;

mod list;

pub mod connection;

mod closing;

pub mod designs;

mod trouble;

mod stop;

pub use stop::STOP_GRACE;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crate::journal::{Event, Journal, SessionJournal};
use crate::watch::Phase;
use crate::wire::framing::LineReader;
use crate::wire::CommandSet;
use closing::HalfClosed;
use connection::Connection;
use designs::Design;
use ending::Ending;
use file_handler::FileHandler;
use registry::{Registry, SessionGuard};
use session::Session;
use trouble::Trouble;

/// Address space for a session's stack. A session uses a few KiB of it. With the standard 2 MiB, 10 000 sessions would
/// reserve 20 GiB.
pub const SESSION_STACK: usize = 256 * 1024;

/// A server, bound to its address.
pub struct Server {
    listener: TcpListener,
    files: FileHandler,
    commands: CommandSet,
    registry: Registry,
    idle_timeout: Duration,
    journal: Journal,
    trouble: Trouble,
}

/// A connection that has been accepted, and is no session yet.
#[derive(Clone)]
struct Accepted {
    stream: Arc<TcpStream>,
    peer: SocketAddr,
}

/// A connection that is in the registry: its session can run.
struct Admitted {
    accepted: Accepted,
    guard: SessionGuard,
    journal: SessionJournal,
}

impl Server {
    /// Binds the listener. From here on connections wait in its backlog; [`Server::run`] admits them.
    ///
    /// # Errors
    /// The system's error about the address.
    pub fn bind(
        address: SocketAddr,
        files: FileHandler,
        registry: Registry,
        idle_timeout: Duration,
        journal: Journal,
    ) -> io::Result<Server> {
        let (listener, commands, trouble) = (TcpListener::bind(address)?, CommandSet::Basic, Trouble::default());
        Ok(Server { listener, files, commands, registry, idle_timeout, journal, trouble })
    }

    /// Where it listens. After a request for port 0, it has the port that the system chose.
    ///
    /// # Errors
    /// The system's error about the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Who is connected.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Serves under a design, until [`Server::stop`] has ended.
    ///
    /// If the system has no file descriptor, memory or thread left, the server says so. It goes on when the system has
    /// some again.
    pub fn run(&self, design: Design) {
        design.serve(self);
    }

    /// Waits for the next connection; `None` when the server has stopped.
    fn accept(&self) -> Option<Accepted> {
        loop {
            let waiting = self.registry.watch().begin(Phase::Accept);
            let accepted = self.listener.accept();
            drop(waiting);
            if self.registry.is_stopped() {
                self.end_accept(accepted.ok());
                return None;
            }
            let error = match accepted {
                Ok((stream, peer)) => return Some(Accepted { stream: Arc::new(stream), peer }),
                Err(error) => error,
            };
            if self.registry.is_stopping() {
                // The stop itself refuses the connections that still come.
                return None;
            }
            // If a client left before it was accepted, this is not an error of the server.
            if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) {
                self.trouble.rest_after(&error, &self.journal);
            }
        }
    }

    /// Step 1, the server's side: adds a connection to the registry as a session, or refuses it.
    ///
    /// The client's side is [`Client::connect`](crate::client::Client::connect).
    fn admit(&self, accepted: Accepted) -> Option<Admitted> {
        match self.registry.admit(accepted.peer, &accepted.stream) {
            Ok(guard) => {
                let journal = SessionJournal::new(&self.journal, Some(guard.number()), accepted.peer);
                journal.tell(Event::Connected);
                Some(Admitted { accepted, guard, journal })
            }
            Err(refusal) => {
                self.turn_away(accepted, &refusal);
                None
            }
        }
    }

    /// Runs a session from its greeting to the end of its sending side, on the thread that calls this.
    fn run_session(&self, admitted: Admitted) -> HalfClosed {
        let (number, peer) = (admitted.guard.number(), admitted.accepted.peer);
        let _session = self.registry.watch().begin(Phase::Session(number, peer));
        admitted.guard.runs_on_this_thread();
        // A panic in the conversation ends this one session, and is handled like any other ending.
        let ending = catch_unwind(AssertUnwindSafe(|| self.conversation(&admitted))).unwrap_or(Ending::Panicked);
        self.half_close(admitted, &ending)
    }

    /// The conversation of a session, over its connection.
    fn conversation(&self, Admitted { accepted, guard, journal }: &Admitted) -> Ending {
        let stream = Arc::clone(&accepted.stream);
        match Connection::new(stream, self.idle_timeout, self.registry.watch().clone()) {
            Ok(connection) => {
                let lines = LineReader::new(connection);
                Session { lines, files: &self.files, commands: self.commands, guard, journal }.converse()
            }
            Err(error) => Ending::Lost(error),
        }
    }
}
