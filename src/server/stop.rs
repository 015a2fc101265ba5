//! The orderly stop of the server: begin, tell the sessions, wait, cut what is left, wake the thread that waits in
//! `accept`.
//!
//! The registry's half of it (which session may still send, which client is told) is in `registry.rs`, with the state.
//!
//! Read first: `server/mod.rs`, `registry.rs`, `connection.rs`, `closing.rs`, `designs.rs`. It does not know the
//! commands.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Event, SessionJournal};
use crate::server::closing::refuse;
use crate::server::connection::{self, LINGER_TIME};
use crate::server::registry::{shutting_down, Doing, ToDismiss};
use crate::server::trouble::TROUBLE_PAUSE;
use crate::server::{Accepted, Server};
use crate::wire::framing::is_timeout;
use crate::wire::ReplyHeader;

/// How long transfers under way may go on after [`Server::stop`].
pub const STOP_GRACE: Duration = Duration::from_secs(10);

/// How many connections wait in the backlog at most: the standard library asks the system for this many.
const BACKLOG: usize = 128;

/// How often a stop checks whether the sessions are over.
const STOP_POLL: Duration = Duration::from_millis(5);

impl Server {
    /// Stops the server. It admits no more sessions, tells the sessions that wait for a command, gives running
    /// transfers at most [`STOP_GRACE`] to finish, cuts what is left, and makes [`Server::run`] return.
    pub fn stop(&self) {
        let begun = Instant::now();
        let dismissed_until = begun + LINGER_TIME;
        let waiting = self.registry.begin_stop();
        // If a thread is already waiting in `accept`, it stays there until `knock` wakes it. No other thread begins to
        // wait.
        let _ = self.listener.set_nonblocking(true);
        for session in waiting {
            // If peers do not read, this loop ends at the deadline. The sessions that are left get no message.
            if Instant::now() < dismissed_until {
                self.dismiss(&session);
            }
        }
        self.wait_until(dismissed_until, || !self.registry.has_dismissed());
        self.cut(|_, doing| *doing == Doing::Dismissed);
        self.wait_until(begun + STOP_GRACE, || self.registry.active() == 0);
        self.cut(|_, _| true);
        self.wait_until(Instant::now() + LINGER_TIME, || self.registry.is_empty());
        self.registry.end_stop();
        self.knock();
    }

    /// Cuts the connection of one session, also inside a body; false if no session has that number.
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

    /// Tells a waiting session's client that the server is stopping. The session's own thread writes no more.
    fn dismiss(&self, session: &ToDismiss<TcpStream>) {
        let refusal = shutting_down();
        let line = ReplyHeader::Err(refusal.clone()).to_line();
        if connection::send_last_line(&session.connection, &line).is_ok() {
            let journal = SessionJournal::new(&self.journal, Some(session.number), session.peer);
            // It answers no command.
            journal.reply_is_complete();
            journal.tell(Event::Sent(line.as_bytes()));
            journal.tell(Event::Refused(&refusal));
        }
    }

    /// Waits, and refuses connections that come meanwhile.
    fn wait_until(&self, deadline: Instant, done: impl Fn() -> bool) {
        loop {
            let (is_done, is_late) = (done(), Instant::now() >= deadline);
            let all_are_told = self.turn_away_backlog();
            if is_late || (is_done && all_are_told) {
                return;
            }
            thread::sleep(STOP_POLL);
        }
    }

    /// Refuses the connections in the backlog: under most designs the threads that could do it are busy with sessions.
    /// It takes no more than the backlog holds, so that clients that reconnect again and again can't delay the stop.
    /// False if connections still wait but `accept` fails, for example because no file descriptor is left.
    fn turn_away_backlog(&self) -> bool {
        for _ in 0..BACKLOG {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    self.turn_away(Accepted { stream: Arc::new(stream), peer }, &shutting_down());
                }
                Err(error) => return is_timeout(&error),
            }
        }
        true
    }

    /// Called when `accept` returns and the stop is over. The connection is our own (from `knock`), or that of a client
    /// that came too late.
    pub(super) fn end_accept(&self, accepted: Option<(TcpStream, SocketAddr)>) {
        if let Some((stream, _)) = accepted {
            // An error means that it was our own connection, or that the client has left.
            let _ = refuse(&stream, &shutting_down());
        }
        // One connection wakes one thread. If others wait in `accept` too, this thread wakes the next.
        self.knock();
    }

    /// Wakes one thread that waits in `accept`, by a connection to our own address: the standard library has no other
    /// way.
    fn knock(&self) {
        let Ok(mut address) = self.local_addr() else { return };
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        // If it fails, the thread waits until the next connection. The program ends all the same.
        let _ = TcpStream::connect_timeout(&address, TROUBLE_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::Shutdown;

    use super::*;
    use crate::journal::Journal;
    use crate::server::ending::Ending;
    use crate::server::file_handler::FileHandler;
    use crate::server::limits::Limits;
    use crate::server::registry::Registry;

    #[test]
    fn a_client_that_has_ended_its_side_is_told_also_if_its_session_is_over_before_the_stop_comes_to_it() {
        let files = FileHandler::new(env!("CARGO_MANIFEST_DIR")).unwrap();
        let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
        let address = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(address, files, registry, Duration::from_secs(20), Journal::silent()).unwrap();
        let mut client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let admitted = server.admit(server.accept().unwrap()).unwrap();
        admitted.guard.await_command().unwrap();
        client.shutdown(Shutdown::Write).unwrap();

        let waiting = server.registry.begin_stop();
        server.linger(server.half_close(admitted, &Ending::Dismissed));
        waiting.iter().for_each(|session| server.dismiss(session));
        drop(waiting);

        let mut received = String::new();
        client.read_to_string(&mut received).unwrap();
        assert!(received.starts_with("ERR SHUTTING_DOWN "), "{received:?}");
    }
}
