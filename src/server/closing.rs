//! How a connection is closed so that the client gets the last reply, and how one is refused that is no session.
//!
//! Read first: `mod.rs`, `connection.rs`. It does not know the commands.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use crate::journal::{Event, SessionJournal};
use crate::server::connection;
use crate::server::ending::Ending;
use crate::server::registry::LingerPermit;
use crate::server::{Accepted, Admitted, Server, SESSION_STACK};
use crate::watch::{Phase, Watch};
use crate::wire::{Refusal, ReplyHeader};

/// A connection whose sending side we have ended. With a permit, of which there is a bounded number, it waits for the
/// peer's end before it closes; without one it closes at once.
pub(super) struct HalfClosed {
    stream: Arc<TcpStream>,
    permit: Option<LingerPermit>,
}

impl HalfClosed {
    fn linger(self, watch: &Watch) {
        if self.permit.is_some() {
            let _lingering = watch.begin(Phase::Linger);
            connection::read_until_end(&self.stream);
        }
    }
}

impl Server {
    /// Step 8, the server's side: closes the connection. Our sending side ends here; the lingering close follows.
    ///
    /// The session's entry is removed before the client can see the end: a client that saw the end can connect again.
    /// The client's side is [`Client::logout`](crate::client::Client::logout).
    pub(super) fn half_close(&self, Admitted { accepted, guard, journal }: Admitted, ending: &Ending) -> HalfClosed {
        let is_cut = guard.is_cut();
        let permit = if matches!(ending, Ending::Dismissed) {
            // The stop sends the last line and ends the sending side, and it waits until this session is over. So the
            // session reads until the client closes, and only then its entry is removed.
            let _lingering = self.registry.watch().begin(Phase::Linger);
            connection::read_until_end(&accepted.stream);
            None
        } else {
            self.registry.permit_linger()
        };
        drop(guard);
        connection::end_sending(&accepted.stream);
        let why = if !is_cut {
            ending.to_string()
        } else if self.registry.is_stopping() {
            "cut by the stop".to_string()
        } else {
            "kicked by the operator".to_string()
        };
        journal.tell(Event::Closed(&why));
        HalfClosed { stream: accepted.stream, permit }
    }

    /// Waits for the client's end, on the thread that calls this, and closes.
    pub(super) fn linger(&self, half_closed: HalfClosed) {
        half_closed.linger(self.registry.watch());
    }

    /// Lingers on a thread of its own, for a thread that has to go back to `accept`. If the system grants none, the
    /// connection closes at once.
    pub(super) fn linger_aside(&self, half_closed: HalfClosed) {
        if half_closed.permit.is_some() {
            let watch = self.registry.watch().clone();
            let thread = thread::Builder::new().name("closing".to_string()).stack_size(SESSION_STACK);
            if let Err(error) = thread.spawn(move || half_closed.linger(&watch)) {
                self.trouble.rest_after(&error, &self.journal);
            }
        }
    }

    /// Refuses a connection instead of greeting it. Only the write keeps the next connection waiting, and it can't
    /// wait long: a new connection's send buffer has room for a line.
    pub(super) fn turn_away(&self, Accepted { stream, peer }: Accepted, refusal: &Refusal) {
        let header = refuse(&stream, refusal);
        let journal = SessionJournal::new(&self.journal, None, peer);
        journal.tell(Event::Sent(header.as_bytes()));
        journal.tell(Event::Refused(refusal));
        self.linger_aside(HalfClosed { stream, permit: self.registry.permit_linger() });
    }
}

/// The last and only line to a connection that is no session. Returns it.
pub(super) fn refuse(mut stream: &TcpStream, refusal: &Refusal) -> String {
    let header = ReplyHeader::Err(refusal.clone()).to_line();
    // An error means that the peer has left again.
    let _ = stream.write_all(header.as_bytes());
    connection::end_sending(stream);
    header
}
