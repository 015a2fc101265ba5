//! The server: it accepts connections, admits them as sessions, carries these out, closes them, and stops. Which
//! thread does which of these is a matter of its [design](designs).

pub mod session;

pub mod file_handler;

pub mod registry;

pub mod connection;

pub mod designs;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{catch_unwind, AssertUnwindSafe, Location};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, Journal, Phase, Record, Watch};
use crate::lock::locked;
use crate::wire::framing::{is_timeout, LineReader};
use crate::wire::{Refusal, ReplyHeader, Step};
use connection::Connection;
use designs::Design;
use file_handler::FileHandler;
use registry::{shutting_down, Closing, Doing, Place, Registry, Waiting};
use session::{Ending, Session};

/// How long transfers under way may go on after [`Server::stop`].
pub const STOP_GRACE: Duration = Duration::from_secs(10);

/// How long a thread rests when the system grants it no connection or no thread. Without a rest it would spin: the
/// connection that it can't take stays in the backlog, the kernel's queue of connections that nobody has accepted yet.
const TROUBLE_PAUSE: Duration = Duration::from_millis(100);

/// Trouble within this time of the last is the same trouble, and is not told again.
const TROUBLE_QUIET: Duration = Duration::from_secs(10);

/// How many connections wait in the backlog at most: the standard library asks the system for so many places.
const BACKLOG: usize = 128;

/// How often a stop looks whether the sessions are over.
const STOP_POLL: Duration = Duration::from_millis(5);

/// Address space for a session's stack. A session uses a few KiB of it; with the standard 2 MiB, 10 000 sessions would
/// reserve 20 GiB.
pub const SESSION_STACK: usize = 256 * 1024;

/// A server, bound to its address.
pub struct Server {
    listener: TcpListener,
    dir: FileHandler,
    registry: Registry,
    idle_timeout: Duration,
    journal: Journal,
    /// When something was last refused by the system. Its lock is held to look and to note, and no longer.
    last_trouble: Mutex<Option<Instant>>,
}

/// A connection that has been accepted, and is nobody's session yet.
#[derive(Clone)]
struct Accepted {
    stream: Arc<TcpStream>,
    peer: SocketAddr,
}

/// A connection that has a place: to be carried out as a session.
struct Admitted {
    accepted: Accepted,
    place: Place,
}

/// A connection whose sending side we have ended. With the registry's permission, which is given to a bounded number of
/// them, it waits for the peer's end before it closes.
struct HalfClosed {
    stream: Arc<TcpStream>,
    closing: Option<Closing>,
}

impl HalfClosed {
    /// Waits for the peer's end, with permission; without, the connection closes at once.
    fn linger(self, watch: &Watch) {
        if self.closing.is_some() {
            let _lingering = watch.begin(Phase::Linger);
            connection::drain(&self.stream);
        }
    }
}

impl Server {
    /// Binds the listener. From here on connections wait in its backlog; [`Server::run`] admits them.
    ///
    /// # Errors
    /// What the system says of the address.
    pub fn bind(
        address: SocketAddr,
        dir: FileHandler,
        registry: Registry,
        idle_timeout: Duration,
        journal: Journal,
    ) -> io::Result<Server> {
        let registry = registry.watched_by(journal.watch().clone());
        let last_trouble = Mutex::new(None);
        Ok(Server { listener: TcpListener::bind(address)?, dir, registry, idle_timeout, journal, last_trouble })
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

    /// Serves under a design, until [`Server::stop`] has ended.
    ///
    /// What the system refuses for want of file descriptors, memory or threads is told once; it goes on when there is
    /// some again.
    pub fn run(&self, design: Design) {
        design.serve(self);
    }

    /// Waits for the next connection; `None` when the server has stopped.
    fn accept(&self) -> Option<Accepted> {
        loop {
            let waiting = self.journal.watch().begin(Phase::Accept);
            let accepted = self.listener.accept();
            drop(waiting);
            if self.registry.is_stopped() {
                // It was the knock, or a client that came in the last moment.
                if let Ok((stream, _)) = accepted {
                    refuse(&stream, &shutting_down());
                }
                // Without the turn that the pools accept in, there would be more threads here to be woken.
                self.knock();
                return None;
            }
            match accepted {
                Ok((stream, peer)) => return Some(Accepted { stream: Arc::new(stream), peer }),
                // Nobody waits here any more: the stop turns away who still comes.
                Err(_) if self.registry.is_stopping() => return None,
                // The client left before we came to it: no trouble of ours.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.rest_after(&error),
            }
        }
    }

    /// Step 1, the server's side: gives a connection its place, or turns it away.
    ///
    /// The client's side is [`Client::connect`](crate::client::Client::connect).
    fn admit(&self, accepted: Accepted) -> Option<Admitted> {
        match self.registry.admit(accepted.peer, &accepted.stream) {
            Ok(place) => {
                let (number, peer) = (Some(place.number()), Some(accepted.peer));
                self.tell(number, peer, Some(Step::Connect), Event::Connected);
                Some(Admitted { accepted, place })
            }
            Err(refusal) => {
                self.turn_away(accepted, &refusal);
                None
            }
        }
    }

    /// A session from its greeting to its close, on the thread that calls this.
    fn carry_out(&self, admitted: Admitted) {
        self.converse(admitted).linger(self.journal.watch());
    }

    /// A session from its greeting to the end of its sending side.
    fn converse(&self, Admitted { accepted: Accepted { stream, peer }, place }: Admitted) -> HalfClosed {
        let _session = self.journal.watch().begin(Phase::Session(place.number(), peer));
        place.carried_by_this_thread();
        // A panic ends this one session, and takes the same way out as any other ending.
        let ending = catch_unwind(AssertUnwindSafe(|| self.hold_session(&stream, peer, &place)));
        let ending = ending.unwrap_or(Ending::Panicked);
        self.close(stream, peer, place, &ending)
    }

    fn hold_session(&self, stream: &Arc<TcpStream>, peer: SocketAddr, place: &Place) -> Ending {
        match Connection::new(Arc::clone(stream), self.idle_timeout, self.journal.watch().clone()) {
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
    fn close(&self, stream: Arc<TcpStream>, peer: SocketAddr, place: Place, ending: &Ending) -> HalfClosed {
        let (number, is_cut) = (place.number(), place.is_cut());
        let closing = match ending {
            // The stop says the last word and ends the sending side; to read until the client closes is left to do.
            Ending::Dismissed => {
                let _lingering = self.journal.watch().begin(Phase::Linger);
                connection::drain(&stream);
                None
            }
            _ => self.registry.begin_closing(),
        };
        drop(place);
        connection::end_sending(&stream);
        let step = matches!(ending, Ending::Logout).then_some(Step::Close);
        let why = match (is_cut, self.registry.is_stopping()) {
            (false, _) => ending.to_string(),
            (true, false) => "kicked by the operator".to_string(),
            (true, true) => "cut by the stop".to_string(),
        };
        self.tell(Some(number), Some(peer), step, Event::Closed(&why));
        HalfClosed { stream, closing }
    }

    /// Refuses a connection instead of greeting it. Only the write stands in the next one's way, and it can't wait: a
    /// new connection's send buffer has room for a line.
    fn turn_away(&self, Accepted { stream, peer }: Accepted, refusal: &Refusal) {
        let header = refuse(&stream, refusal);
        self.tell(None, Some(peer), Some(Step::Connect), Event::Sent(header.as_bytes()));
        self.tell(None, Some(peer), Some(Step::Connect), Event::Refused(refusal));
        self.linger_aside(HalfClosed { stream, closing: self.registry.begin_closing() });
    }

    /// Lingers on a thread of its own, for a thread that has to go back to `accept`. If the system grants none, the
    /// connection closes at once.
    fn linger_aside(&self, half_closed: HalfClosed) {
        if half_closed.closing.is_some() {
            let watch = self.journal.watch().clone();
            let thread = thread::Builder::new().name("closing".to_string()).stack_size(SESSION_STACK);
            if let Err(error) = thread.spawn(move || half_closed.linger(&watch)) {
                self.rest_after(&error);
            }
        }
    }

    /// Stops the server: admits nobody any more, tells the sessions that wait for a command, lets transfers under way
    /// finish for at most [`STOP_GRACE`], cuts what is left, and makes [`Server::run`] return.
    pub fn stop(&self) {
        let begun = Instant::now();
        let farewell = begun + connection::CLOSING_TIME;
        let dismissed = self.registry.begin_stop();
        // Who waits in `accept` already is not woken by this, but nobody begins to wait there any more.
        let _ = self.listener.set_nonblocking(true);
        for waiting in dismissed {
            // Peers that take nothing may use up this time in all; who comes after that is cut without a word.
            if Instant::now() < farewell {
                self.dismiss(&waiting);
            }
        }
        self.wait_until(farewell, || !self.registry.has_dismissed());
        self.cut(|_, doing| *doing == Doing::Dismissed);
        self.wait_until(begun + STOP_GRACE, || self.registry.active() == 0);
        self.cut(|_, _| true);
        self.wait_until(Instant::now() + connection::CLOSING_TIME, || self.registry.is_empty());
        self.registry.end_stop();
        self.knock();
    }

    /// Waits, and turns away who comes meanwhile.
    fn wait_until(&self, deadline: Instant, done: impl Fn() -> bool) {
        loop {
            let (is_done, is_late) = (done(), Instant::now() >= deadline);
            let all_are_told = self.turn_away_backlog();
            if is_late || is_done && all_are_told {
                return;
            }
            thread::sleep(STOP_POLL);
        }
    }

    /// Turns away who stands in the backlog: under most designs the threads that could do it are held by sessions. Not
    /// more than it holds, for those who come again at once could keep the stop for ever.
    /// False if the system grants no connection to those who still stand there.
    fn turn_away_backlog(&self) -> bool {
        for _ in 0..BACKLOG {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    // On some systems it inherits from the listener that it does not block.
                    let _ = stream.set_nonblocking(false);
                    self.turn_away(Accepted { stream: Arc::new(stream), peer }, &shutting_down());
                }
                Err(error) => return is_timeout(&error),
            }
        }
        true
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

    /// Makes one thread that waits in `accept` look up: the standard library has no other way than to knock at our own
    /// door.
    fn knock(&self) {
        let Ok(mut address) = self.local_addr() else { return };
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        // If it fails, the next connection of somebody else wakes the thread; the program does not wait for that.
        let _ = TcpStream::connect_timeout(&address, TROUBLE_PAUSE);
    }

    /// Tells of something that the system refused, and rests.
    fn rest_after(&self, error: &io::Error) {
        self.tell_trouble(error);
        thread::sleep(TROUBLE_PAUSE);
    }

    /// Tells of something that the system refused, unless it is still the same trouble.
    fn tell_trouble(&self, error: &io::Error) {
        let last = locked(&self.last_trouble, |last| last.replace(Instant::now()));
        if last.map_or(true, |last| last.elapsed() > TROUBLE_QUIET) {
            let text = format!("new connections have to wait: {error}; it goes on by itself when others end");
            self.tell(None, None, None, Event::Notice(&text));
        }
    }

    #[track_caller]
    fn tell(&self, session: Option<u64>, peer: Option<SocketAddr>, step: Option<Step>, event: Event) {
        self.journal.tell(Record { session, peer, step, site: Location::caller(), event });
    }
}

/// The last and only line to a connection that is no session. Returns it.
fn refuse(mut stream: &TcpStream, refusal: &Refusal) -> String {
    let header = ReplyHeader::Err(refusal.clone()).to_line();
    // An error means that the peer has left again.
    let _ = stream.write_all(header.as_bytes());
    connection::end_sending(stream);
    header
}
