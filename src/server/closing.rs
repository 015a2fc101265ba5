//! How a connection is closed so that the client gets the last reply, and how a connection is refused.
//!
//! Read first: `server/mod.rs`, `connection.rs`. It does not know the commands.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use crate::journal::{Event, SessionJournal};
use crate::server::connection;
use crate::server::ending::Ending;
use crate::server::registry::LingerPermit;
use crate::server::{Accepted, Admitted, Server, SESSION_STACK};
use crate::watch::Watch;
use crate::wire::{ErrorCode, Refusal, ReplyHeader};

/// A connection whose sending side we have ended. With a permit it waits for the peer's end before it closes. Without a
/// permit it closes immediately. The number of permits is bounded.
pub(super) struct HalfClosed {
    stream: Arc<TcpStream>,
    permit: Option<LingerPermit>,
}

impl HalfClosed {
    fn linger(self, watch: &Watch) {
        if self.permit.is_some() {
            connection::read_until_end(&self.stream, watch);
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
        let is_dismissed = matches!(ending, Ending::Dismissed);
        if is_dismissed {
            // The stop sends the last line and ends the sending side, maybe later than this. So the session first
            // lingers, and then removes its entry. The stop waits for that.
            connection::read_until_end(&accepted.stream, self.registry.watch());
        }
        let permit = if is_dismissed { None } else { self.registry.permit_linger() };
        drop(guard);
        if !is_dismissed {
            connection::end_sending(&accepted.stream);
        }
        let why = if !is_cut {
            ending.to_string()
        } else if self.registry.is_stopping() {
            "cut by the stop".to_string()
        } else {
            "kicked by the operator".to_string()
        };
        journal.tell(Event::Closed { why: &why, is_fault: is_cut || ending.is_fault() });
        HalfClosed { stream: accepted.stream, permit }
    }

    /// Waits for the client's end, on the thread that calls this, and closes.
    pub(super) fn linger(&self, half_closed: HalfClosed) {
        half_closed.linger(self.registry.watch());
    }

    /// Lingers on a new thread, because this thread has to go back to `accept`. If the system refuses a thread, the
    /// connection closes immediately.
    pub(super) fn linger_aside(&self, half_closed: HalfClosed) {
        if half_closed.permit.is_some() {
            let watch = self.registry.watch().clone();
            let thread = thread::Builder::new().name("closing".to_string()).stack_size(SESSION_STACK);
            if let Err(error) = thread.spawn(move || half_closed.linger(&watch)) {
                self.trouble.rest_after(&error, &self.journal);
            }
        }
    }

    /// The system refused a thread for a session that has been admitted. The session ends before its greeting.
    pub(super) fn end_without_thread(&self, number: u64, accepted: Accepted) {
        let journal = SessionJournal::new(&self.journal, Some(number), accepted.peer);
        journal.tell(Event::Closed { why: "the system grants no thread for it", is_fault: true });
        let message = "the system grants no thread for another session; try again later";
        self.turn_away(accepted, &Refusal::new(ErrorCode::ServerFull, message));
    }

    /// Refuses a connection instead of greeting it. Only the write delays the next connection, and it can't take long:
    /// a line fits into a new connection's send buffer.
    pub(super) fn turn_away(&self, Accepted { stream, peer }: Accepted, refusal: &Refusal) {
        // During a stop the listener is non-blocking. On some systems the new connection is then non-blocking too: set
        // it back.
        let _ = stream.set_nonblocking(false);
        let sent = refuse(&stream, refusal);
        let journal = SessionJournal::new(&self.journal, None, peer);
        if let Ok(header) = sent {
            journal.tell(Event::Sent(header.as_bytes()));
        }
        journal.tell(Event::Refused(refusal));
        self.linger_aside(HalfClosed { stream, permit: self.registry.permit_linger() });
    }
}

/// The only line to a connection that gets no session. Returns it.
///
/// # Errors
/// If the peer has left already.
pub(super) fn refuse(mut stream: &TcpStream, refusal: &Refusal) -> io::Result<String> {
    let header = ReplyHeader::Err(refusal.clone()).to_line();
    let sent = stream.write_all(header.as_bytes());
    connection::end_sending(stream);
    sent.map(|()| header)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::journal::Journal;
    use crate::server::file_handler::FileHandler;
    use crate::server::limits::Limits;
    use crate::server::registry::Registry;

    #[test]
    fn a_session_without_a_thread_begins_and_ends_in_the_journal_and_its_client_is_told() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&told);
        let journal = Journal::new(move |record| match record.event {
            Event::Connected => lines.lock().unwrap().push((record.session, "begins")),
            Event::Closed { .. } => lines.lock().unwrap().push((record.session, "ends")),
            _ => {}
        });
        let files = FileHandler::new(env!("CARGO_MANIFEST_DIR")).unwrap();
        let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
        let address = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(address, files, registry, Duration::from_secs(20), journal).unwrap();
        let mut client = TcpStream::connect(server.local_addr().unwrap()).unwrap();

        let admitted = server.admit(server.accept().unwrap()).unwrap();
        let (number, accepted) = (admitted.guard.number(), admitted.accepted.clone());
        // As when its thread can't be spawned.
        drop(admitted);
        server.end_without_thread(number, accepted);

        assert_eq!(*told.lock().unwrap(), [(Some(1), "begins"), (Some(1), "ends")]);
        assert_eq!(server.registry().active(), 0);
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).unwrap();
        assert!(received.starts_with("ERR SERVER_FULL the system grants no thread"), "{received}");
    }
}
