//! What TCP makes necessary around a session: the deadline for a command, and the close that loses nothing.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::journal::{Phase, Watch};
use crate::wire::framing::is_timeout;

/// How long a closed connection waits for its peer to close too.
pub const CLOSING_TIME: Duration = Duration::from_secs(1);

/// How many bytes it reads and drops meanwhile: more than a line or a burst of commands, less than a flood.
const CLOSING_BYTES: usize = 256 * 1024;

/// How long the stop waits for a peer to take its last line. The kernel takes it at once, unless the peer has left
/// megabytes of replies unread.
const DISMISSAL_TIME: Duration = Duration::from_millis(10);

/// Into how many waits the idle time-out of a write is cut. A write that waits is woken only when much of the send
/// buffer is free again; a new one uses what little a slow peer has taken.
const WRITE_LOOKS: u32 = 10;

/// A session's TCP connection, with a deadline for each command: reading fails with a time-out when no complete command
/// arrived within the idle time-out, writing when the peer took no byte for so long.
///
/// `flush` marks the end of a reply: from there the time for the next command counts. What arrives meanwhile does not
/// extend it, so a byte now and then holds no session for ever.
#[derive(Debug)]
pub struct Connection {
    stream: Arc<TcpStream>,
    idle_timeout: Duration,
    deadline: Instant,
    /// No byte has been waited for since the last reply. Then the whole time-out is left, and it is set already: most
    /// commands come in one read, and setting it costs a system call.
    fresh: bool,
    /// The time-out that the socket has now.
    read_timeout: Option<Duration>,
    watch: Watch,
}

impl Connection {
    /// Prepares the stream for a session.
    ///
    /// # Errors
    /// If the connection is gone already.
    pub fn new(stream: Arc<TcpStream>, idle_timeout: Duration, watch: Watch) -> io::Result<Connection> {
        stream.set_write_timeout(Some(idle_timeout / WRITE_LOOKS))?;
        // A reply's last, partly filled segment leaves at once instead of waiting for an acknowledgement (Nagle).
        stream.set_nodelay(true)?;
        let deadline = Instant::now() + idle_timeout;
        Ok(Connection { stream, idle_timeout, deadline, fresh: true, read_timeout: None, watch })
    }

    /// How long the next read may wait.
    fn take_time_left(&mut self) -> Duration {
        match std::mem::take(&mut self.fresh) {
            true => self.idle_timeout,
            false => self.deadline.saturating_duration_since(Instant::now()),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.take_time_left();
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if self.read_timeout != Some(left) {
            self.stream.set_read_timeout(Some(left))?;
            self.read_timeout = Some(left);
        }
        let _waiting = self.watch.begin(Phase::Read);
        (&*self.stream).read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let _writing = self.watch.begin(Phase::Write);
        let begun = Instant::now();
        loop {
            match (&*self.stream).write(buffer) {
                Err(error) if is_timeout(&error) && begun.elapsed() < self.idle_timeout => {}
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.deadline = Instant::now() + self.idle_timeout;
        self.fresh = true;
        Ok(())
    }
}

/// Ends our sending side: the peer reads all that was sent, then the end of the stream.
pub fn end_sending(stream: &TcpStream) {
    // An error means that the connection is gone already.
    let _ = stream.shutdown(Shutdown::Write);
}

/// Reads and drops what the peer still sends, until it closes too, for [`CLOSING_TIME`] at most.
///
/// To close a socket while input waits unread makes TCP send a reset, and a reset can destroy what the peer has not
/// read yet: our last reply (RFC 1122, 4.2.2.13). Web servers call this wait a lingering close.
pub fn drain(stream: &TcpStream) {
    let deadline = Instant::now() + CLOSING_TIME;
    let mut dropped = 0;
    let mut buffer = [0; 4096];
    while dropped < CLOSING_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match (&*stream).read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(count) => dropped += count,
        }
    }
}

/// Sends a waiting session's peer its last line and ends the sending side, while the session's own thread goes on
/// reading what still comes.
///
/// # Errors
/// If the peer does not take it: the connection is cut then.
pub fn dismiss(stream: &TcpStream, line: &str) -> io::Result<()> {
    let sent = stream.set_write_timeout(Some(DISMISSAL_TIME)).and_then(|()| (&*stream).write_all(line.as_bytes()));
    match &sent {
        Ok(()) => end_sending(stream),
        Err(_) => cut(stream),
    }
    sent
}

/// Cuts the connection in both directions. A thread that waits in a read or a write on it returns at once.
pub fn cut(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
