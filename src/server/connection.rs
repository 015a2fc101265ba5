//! What TCP makes necessary around a session: the time-out for a command, and the close that loses no reply.
//!
//! Read first: `server/session.rs`. It does not know what the replies say.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::server::session::Stream;
use crate::watch::{Phase, Watch};
use crate::wire::framing::is_timeout;

/// How long a lingering close waits for the peer's end.
pub const LINGER_TIME: Duration = Duration::from_secs(1);

/// How many bytes it reads and drops meanwhile: enough for a burst of commands, and a limit for a flood.
const LINGER_BYTES: usize = 256 * 1024;

/// How long the stop waits for a peer to take its last line. The kernel takes it immediately, unless the peer has not
/// read megabytes of replies.
const LAST_LINE_TIME: Duration = Duration::from_millis(10);

/// The idle time-out of a write is divided into this many waits. The kernel wakes one long write only when much of the
/// send buffer is free again. Ten short writes can also use the little space that a slow peer makes free.
const WRITE_WAITS: u32 = 10;

/// The least that a peer must take while the server waits for it, in bytes a second, on average over an idle time-out.
/// A slow modem takes ten times as much. Without this limit a peer could keep a session for ever by taking one byte now
/// and then.
const MIN_RATE: u64 = 1024;

/// A session's TCP connection, with a time for each command: a read fails with a time-out if no complete command
/// arrives within the idle time-out. A write fails with one if the peer takes no byte during that time, or less than
/// 1 KiB a second. The idle time-out is the server's option `--idle-timeout`.
///
/// The time for a command begins with the first read after a reply. Bytes that arrive later give no more time. So a
/// client that sends a byte now and then cannot keep its session for ever.
#[derive(Debug)]
pub struct Connection {
    stream: Arc<TcpStream>,
    idle_timeout: Duration,
    /// When the command has to be complete; `None` until the session waits for it.
    deadline: Option<Instant>,
    pace: Pace,
    watch: Watch,
}

impl Connection {
    /// Prepares the stream for a session.
    ///
    /// # Errors
    /// If the connection is gone already.
    pub fn new(stream: Arc<TcpStream>, idle_timeout: Duration, watch: Watch) -> io::Result<Connection> {
        stream.set_write_timeout(Some(idle_timeout / WRITE_WAITS))?;
        // Sends a reply's last, partly filled segment immediately. Nagle's algorithm would wait for an acknowledgement.
        stream.set_nodelay(true)?;
        Ok(Connection { stream, idle_timeout, deadline: None, pace: Pace::default(), watch })
    }
}

impl Stream for Connection {
    fn restart_idle_time(&mut self) {
        self.deadline = None;
    }
}

impl Read for Connection {
    /// Waits until the deadline at most. The first read after [`Stream::restart_idle_time`] sets it.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let now = Instant::now();
        let deadline = *self.deadline.get_or_insert(now + self.idle_timeout);
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let _waiting = self.watch.begin(Phase::Read);
        (&*self.stream).read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let _writing = self.watch.begin(Phase::Write(buffer.len()));
        loop {
            let begun = Instant::now();
            match (&*self.stream).write(buffer) {
                Err(error) if is_timeout(&error) => self.pace.note(begun.elapsed(), 0, self.idle_timeout)?,
                Err(error) => return Err(error),
                Ok(count) => {
                    self.pace.note(begun.elapsed(), count as u64, self.idle_timeout)?;
                    return Ok(count);
                }
            }
        }
    }

    /// There is no buffer.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How fast the peer takes what the server writes. The count does not start again with each reply. Otherwise a peer
/// could take many small replies, each of them slowly. Bytes in the system's send buffer count as taken.
#[derive(Debug, Default)]
struct Pace {
    /// The time in writes since the peer last took a byte.
    without_a_byte: Duration,
    /// The time in writes since the count began, which goes on for an idle time-out.
    waited: Duration,
    /// Bytes that were taken meanwhile.
    taken: u64,
}

impl Pace {
    /// A write lasted so long, and the peer took so many bytes.
    ///
    /// # Errors
    /// A time-out that says what the peer took, if that is too little.
    fn note(&mut self, lasted: Duration, taken: u64, idle_timeout: Duration) -> io::Result<()> {
        self.without_a_byte = if taken == 0 { self.without_a_byte + lasted } else { Duration::ZERO };
        self.waited += lasted;
        self.taken += taken;
        if self.without_a_byte >= idle_timeout {
            let seconds = self.without_a_byte.as_secs_f64();
            return Err(too_slow(format!("the client's TCP took no byte for {seconds:.1} s")));
        }
        if self.waited >= idle_timeout {
            let (bytes, seconds) = (self.taken, self.waited.as_secs_f64());
            if (bytes as f64) < MIN_RATE as f64 * seconds {
                let least = format!("less than {MIN_RATE} bytes a second");
                return Err(too_slow(format!(
                    "the client's TCP took {bytes} bytes in {seconds:.1} s of waiting, {least}"
                )));
            }
            (self.waited, self.taken) = (Duration::ZERO, 0);
        }
        Ok(())
    }
}

fn too_slow(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, message)
}

/// Ends our sending side: the peer reads all that was sent, then the end of the stream.
pub fn end_sending(stream: &TcpStream) {
    // An error means that the connection is gone already.
    let _ = stream.shutdown(Shutdown::Write);
}

/// The lingering close (web servers use this name): reads and drops what the peer still sends, until the peer closes
/// too, for [`LINGER_TIME`] at most.
///
/// If a socket is closed with unread input, TCP sends a reset, and a reset can destroy what is still on its way to the
/// peer: our last reply (RFC 1122, 4.2.2.13; `docs/CLOSING.md` says what was tried).
pub fn read_until_end(stream: &TcpStream, watch: &Watch) {
    let _lingering = watch.begin(Phase::Linger);
    let deadline = Instant::now() + LINGER_TIME;
    let mut dropped = 0;
    let mut buffer = [0; 4096];
    while dropped < LINGER_BYTES {
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

/// Sends a last line and ends the sending side, while the session's own thread goes on reading what still comes.
///
/// # Errors
/// If the peer does not take the line: the connection is cut then.
pub fn send_last_line(stream: &TcpStream, line: &str) -> io::Result<()> {
    let sent = stream.set_write_timeout(Some(LAST_LINE_TIME)).and_then(|()| (&*stream).write_all(line.as_bytes()));
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

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(10);

    /// For a peer that takes so many bytes in each second: how long it keeps its session, an hour at most.
    fn kept(bytes_each_second: impl Fn(u64) -> u64) -> (u64, String) {
        let mut pace = Pace::default();
        for second in 0..3600 {
            if let Err(error) = pace.note(Duration::from_secs(1), bytes_each_second(second), IDLE) {
                assert!(is_timeout(&error));
                return (second + 1, error.to_string());
            }
        }
        (3600, String::new())
    }

    #[test]
    fn a_peer_that_takes_nothing_is_cut_after_the_idle_timeout() {
        assert_eq!(kept(|_| 0), (10, "the client's TCP took no byte for 10.0 s".to_string()));
        assert_eq!(kept(|second| if second < 5 { 1 << 20 } else { 0 }).0, 15);
    }

    #[test]
    fn a_peer_below_the_lowest_rate_is_cut_and_the_error_says_what_it_took() {
        assert_eq!(
            kept(|_| 27).1,
            "the client's TCP took 270 bytes in 10.0 s of waiting, less than 1024 bytes a second"
        );
        assert_eq!(kept(|_| MIN_RATE - 1).0, 10);
        // The bytes that filled the system's buffers at the beginning help only for a short time.
        assert_eq!(kept(|second| if second == 0 { 4 << 20 } else { 27 }).0, 20);
    }

    #[test]
    fn a_peer_above_the_lowest_rate_is_kept() {
        assert_eq!(kept(|_| MIN_RATE).0, 3600);
        assert_eq!(kept(|second| if second % 9 == 0 { 10 * MIN_RATE } else { 0 }).0, 3600);
    }
}
