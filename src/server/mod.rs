//! The server: a listener that admits sessions, and a thread for each of them.

pub mod session;

pub mod served_dir;

pub mod registry;

pub mod connection;

pub mod console;

pub mod log;

pub mod printer;

pub mod program;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{catch_unwind, AssertUnwindSafe, Location};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::framing::LineReader;
use crate::journal::{Event, Journal, Record};
use crate::protocol::{ErrorCode, Refusal, ReplyHeader, Step};
use connection::Connection;
use registry::{shutting_down, Closing, Doing, Place, Registry, Waiting};
use served_dir::ServedDir;
use session::{Ending, Session};

/// How long transfers under way may go on after [`Server::stop`].
pub const STOP_GRACE: Duration = Duration::from_secs(10);

/// How long the listener rests when the system grants it no connection or no thread. Without a rest it would spin: the
/// connection that it can't take stays in the backlog, the kernel's queue of connections that nobody has accepted yet.
const TROUBLE_PAUSE: Duration = Duration::from_millis(100);

/// Trouble within this time of the last is the same trouble, and is not told again.
const TROUBLE_QUIET: Duration = Duration::from_secs(10);

/// How often a stop looks whether the sessions are over.
const STOP_POLL: Duration = Duration::from_millis(5);

/// Address space for a session's stack. A session uses a few KiB of it; with the standard 2 MiB, 10 000 sessions would
/// reserve 20 GiB.
pub const SESSION_STACK: usize = 256 * 1024;

/// A server, bound to its address.
pub struct Server {
    listener: TcpListener,
    dir: ServedDir,
    registry: Registry,
    idle_timeout: Duration,
    journal: Journal,
}

impl Server {
    /// Binds the listener. From here on connections wait in its backlog; [`Server::run`] admits them.
    ///
    /// # Errors
    /// What the system says of the address.
    pub fn bind(
        address: SocketAddr,
        dir: ServedDir,
        registry: Registry,
        idle_timeout: Duration,
        journal: Journal,
    ) -> io::Result<Server> {
        Ok(Server { listener: TcpListener::bind(address)?, dir, registry, idle_timeout, journal })
    }

    /// Where it listens: the real port, also if it was asked for port 0.
    ///
    /// # Errors
    /// What the system says of the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Who is connected.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Admits connections, each on a thread of its own, until [`Server::stop`] has ended.
    ///
    /// What the system refuses for want of file descriptors, memory or threads is told once; it goes on when there is
    /// some again.
    pub fn run(self: &Arc<Server>) {
        let mut last_trouble: Option<Instant> = None;
        loop {
            let accepted = self.listener.accept();
            if self.registry.is_stopped() {
                return;
            }
            let Err(error) = accepted.and_then(|(stream, peer)| self.admit(stream, peer)) else { continue };
            // The client left before we came to it: no trouble of ours.
            if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) {
                continue;
            }
            if last_trouble.map_or(true, |last| last.elapsed() > TROUBLE_QUIET) {
                let text = format!("new connections have to wait: {error}; it goes on by itself when others end");
                self.tell(None, None, None, Event::Notice(&text));
            }
            last_trouble = Some(Instant::now());
            thread::sleep(TROUBLE_PAUSE);
        }
    }

    /// Step 1, the server's side: admits a connection and gives it a thread, or turns it away.
    ///
    /// # Errors
    /// If no thread can be spawned. The connection has been turned away then.
    fn admit(self: &Arc<Server>, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let stream = Arc::new(stream);
        let place = match self.registry.admit(peer, &stream) {
            Ok(place) => place,
            Err(refusal) => return self.turn_away(stream, peer, &refusal),
        };
        let number = place.number();
        self.tell(Some(number), Some(peer), Some(Step::Connect), Event::Connected);
        // The place moves into the thread: if it can't be spawned, the place is given back by itself.
        let (server, session_stream) = (Arc::clone(self), Arc::clone(&stream));
        let spawned = spawn(format!("session-{number}"), move || server.carry_out(session_stream, peer, place));
        if spawned.is_err() {
            let message = "the system grants no thread for another session; try again later";
            self.turn_away(stream, peer, &Refusal::new(ErrorCode::ServerFull, message))?;
        }
        spawned
    }

    /// A session from its greeting to its close, on its own thread.
    fn carry_out(&self, stream: Arc<TcpStream>, peer: SocketAddr, place: Place) {
        place.carried_by_this_thread();
        // A panic ends this one session, and takes the same way out as any other ending.
        let ending = catch_unwind(AssertUnwindSafe(|| self.hold_session(&stream, peer, &place)));
        let ending = ending.unwrap_or(Ending::Panicked);
        self.close(&stream, peer, place, &ending);
    }

    fn hold_session(&self, stream: &Arc<TcpStream>, peer: SocketAddr, place: &Place) -> Ending {
        match Connection::new(Arc::clone(stream), self.idle_timeout) {
            Ok(connection) => {
                let lines = LineReader::new(connection);
                Session { lines, peer, dir: &self.dir, place, journal: &self.journal }.converse()
            }
            Err(error) => Ending::Lost(error),
        }
    }

    /// Step 8, the server's side: closes the connection.
    ///
    /// The session's place is given back before the client can see the end: who saw the end can connect again. The
    /// client's side is [`Client::logout`](crate::client::Client::logout).
    fn close(&self, stream: &TcpStream, peer: SocketAddr, place: Place, ending: &Ending) {
        let (number, is_cut) = (place.number(), place.is_cut());
        let closing = match ending {
            // The stop says the last word and ends the sending side; to read until the client closes is left to do.
            Ending::Dismissed => {
                connection::drain(stream);
                None
            }
            _ => self.registry.begin_closing(),
        };
        drop(place);
        connection::end_sending(stream);
        let step = matches!(ending, Ending::Logout).then_some(Step::Close);
        let why = match (is_cut, self.registry.is_stopping()) {
            (false, _) => ending.to_string(),
            (true, false) => "kicked by the operator".to_string(),
            (true, true) => "cut by the stop".to_string(),
        };
        self.tell(Some(number), Some(peer), step, Event::Closed(&why));
        linger(stream, closing);
    }

    /// Refuses a connection instead of greeting it. Only the write stands in the listener's way, and it can't wait: a
    /// new connection's send buffer has room for a line.
    fn turn_away(&self, stream: Arc<TcpStream>, peer: SocketAddr, refusal: &Refusal) -> io::Result<()> {
        let header = ReplyHeader::Err(refusal.clone()).to_line();
        // An error means that the peer has left again.
        let _ = (&*stream).write_all(header.as_bytes());
        connection::end_sending(&stream);
        self.tell(None, Some(peer), Some(Step::Connect), Event::Sent(header.as_bytes()));
        self.tell(None, Some(peer), Some(Step::Connect), Event::Refused(refusal));
        match self.registry.begin_closing() {
            Some(closing) => spawn("turned-away".to_string(), move || linger(&stream, Some(closing))),
            None => Ok(()),
        }
    }

    /// Stops the server: admits nobody any more, tells the sessions that wait for a command, lets transfers under way
    /// finish for at most [`STOP_GRACE`], cuts what is left, and makes [`Server::run`] return.
    pub fn stop(&self) {
        let begun = Instant::now();
        let farewell = begun + connection::CLOSING_TIME;
        for waiting in self.registry.begin_stop() {
            // Peers that take nothing may use up this time in all; who comes after that is cut without a word.
            if Instant::now() < farewell {
                self.dismiss(&waiting);
            }
        }
        wait_until(farewell, || !self.registry.has_dismissed());
        self.cut(|_, doing| *doing == Doing::Dismissed);
        wait_until(begun + STOP_GRACE, || self.registry.is_empty());
        self.cut(|_, _| true);
        wait_until(Instant::now() + connection::CLOSING_TIME, || self.registry.is_empty());
        self.registry.end_stop();
        self.wake_listener();
    }

    /// Tells a waiting session's client that the server is stopping.
    fn dismiss(&self, waiting: &Waiting) {
        let (number, peer) = (Some(waiting.number), Some(waiting.peer));
        let refusal = shutting_down();
        let line = ReplyHeader::Err(refusal.clone()).to_line();
        if connection::dismiss(&waiting.connection, &line).is_ok() {
            self.tell(number, peer, None, Event::Sent(line.as_bytes()));
            self.tell(number, peer, None, Event::Refused(&refusal));
        }
    }

    /// Cuts the connection of one session, also inside a body; false if there is none of that number.
    pub fn kick(&self, number: u64) -> bool {
        self.cut(|session, _| session == number)
    }

    fn cut(&self, wanted: impl Fn(u64, &Doing) -> bool) -> bool {
        let streams = self.registry.cut(wanted);
        for stream in &streams {
            connection::cut(stream);
        }
        !streams.is_empty()
    }

    /// Makes a listener that waits in `accept` look up: the standard library has no other way than to knock at its
    /// own door.
    fn wake_listener(&self) {
        let Ok(mut address) = self.local_addr() else { return };
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        // If it fails, the next connection of somebody else wakes the listener; the program does not wait for that.
        let _ = TcpStream::connect_timeout(&address, TROUBLE_PAUSE);
    }

    #[track_caller]
    fn tell(&self, session: Option<u64>, peer: Option<SocketAddr>, step: Option<Step>, event: Event) {
        self.journal.tell(Record { session, peer, step, site: Location::caller(), event });
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name).stack_size(SESSION_STACK).spawn(work).map(drop)
}

/// Waits for the peer's end, with permission; without, the connection closes at once, when `stream` is dropped.
fn linger(stream: &TcpStream, closing: Option<Closing>) {
    if closing.is_some() {
        connection::drain(stream);
    }
}

fn wait_until(deadline: Instant, done: impl Fn() -> bool) {
    while !done() && Instant::now() < deadline {
        thread::sleep(STOP_POLL);
    }
}
