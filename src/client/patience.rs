//! How long a client waits for its server, and how slow the server may be.
//!
//! A time-out of the socket alone would start again with each byte. A server that sends one byte now and then would
//! keep the client for ever. So each read waits only for the rest of the whole time, and the times of slow reads are
//! added.
//!
//! Read first: `client/mod.rs`. It does not know what is received.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::wire::framing::is_timeout;

/// How long a client waits for its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, and for each silence of the server.
    pub timeout: Duration,
    /// When everything must be done, even if the server keeps sending.
    pub deadline: Option<Instant>,
    /// Fewest bytes a second, on average over a time-out in which the client waited for the server.
    pub min_rate: Option<u64>,
}

/// Only silence is limited.
impl From<Duration> for Patience {
    fn from(timeout: Duration) -> Patience {
        Patience { timeout, deadline: None, min_rate: None }
    }
}

impl Patience {
    /// How long the next wait may take.
    ///
    /// # Errors
    /// [`Impatience::OutOfTime`], if the deadline has passed.
    fn next_wait(&self) -> io::Result<Duration> {
        let Some(deadline) = self.deadline else { return Ok(self.timeout) };
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(Impatience::OutOfTime.into()),
            left => Ok(left.min(self.timeout)),
        }
    }

    /// The meaning of an error that ended a wait of this length, which began then. The system has time-outs of its own,
    /// and they may come much earlier.
    fn explained(&self, error: io::Error, wait: Duration, begun: Instant) -> io::Error {
        if !is_timeout(&error) || begun.elapsed() < wait / 2 {
            error
        } else if wait < self.timeout {
            Impatience::OutOfTime.into()
        } else {
            Impatience::Silent(self.timeout).into()
        }
    }
}

/// Why a client waits no longer. It travels inside an `io::Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impatience {
    /// The server said nothing for the time-out.
    Silent(Duration),
    /// The deadline has passed.
    OutOfTime,
    /// The server sent less than the lowest rate.
    TooSlow {
        /// What came.
        bytes: u64,
        /// In so long a time.
        waited: Duration,
        /// What should have come, in bytes a second.
        min_rate: u64,
    },
}

impl fmt::Display for Impatience {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Impatience::Silent(timeout) => write!(
                f,
                "the server said nothing for {} s; try again, or wait longer with --timeout",
                timeout.as_secs_f64()
            ),
            Impatience::OutOfTime => {
                write!(f, "it was not done within the time of --max-time; try again, or allow more time")
            }
            Impatience::TooSlow { bytes, waited, min_rate } => write!(
                f,
                "the server sent {bytes} bytes in {:.1} s, less than the {min_rate} bytes a second of --min-rate; try \
                 again, or allow a lower rate",
                waited.as_secs_f64()
            ),
        }
    }
}

impl Error for Impatience {}

impl From<Impatience> for io::Error {
    fn from(impatience: Impatience) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, impatience)
    }
}

impl Impatience {
    /// The one inside an error, if that is why it happened.
    pub(super) fn inside(error: &io::Error) -> Option<Impatience> {
        error.get_ref().and_then(|inner| inner.downcast_ref()).copied()
    }
}

/// A connection whose reads keep to a patience.
pub(super) struct PatientStream {
    stream: TcpStream,
    patience: Patience,
    /// How long the client waited for bytes, and how many came, since it sent the last command or last checked the
    /// rate.
    waited: Duration,
    received: u64,
}

impl PatientStream {
    /// How long it waits now.
    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// Connects to this address.
    pub(super) fn connect(address: SocketAddr, patience: Patience) -> io::Result<PatientStream> {
        let (wait, begun) = (patience.next_wait()?, Instant::now());
        let connected = TcpStream::connect_timeout(&address, wait);
        let stream = connected.map_err(|error| patience.explained(error, wait, begun))?;
        stream.set_nodelay(true)?;
        Ok(PatientStream { stream, patience, waited: Duration::ZERO, received: 0 })
    }

    pub(super) fn wait_at_most(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Fails if too little has come, after the client has waited for a whole time-out.
    fn check_rate(&mut self) -> io::Result<()> {
        let Some(min_rate) = self.patience.min_rate else { return Ok(()) };
        if self.waited < self.patience.timeout {
            return Ok(());
        }
        let (bytes, waited) = (self.received, self.waited);
        if (bytes as f64) < min_rate as f64 * waited.as_secs_f64() {
            return Err(Impatience::TooSlow { bytes, waited, min_rate }.into());
        }
        self.begin_to_measure();
        Ok(())
    }

    fn begin_to_measure(&mut self) {
        (self.waited, self.received) = (Duration::ZERO, 0);
    }
}

impl Read for PatientStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wait = self.patience.next_wait()?;
        self.stream.set_read_timeout(Some(wait))?;
        let begun = Instant::now();
        let read = self.stream.read(buffer);
        self.waited += begun.elapsed();
        match read {
            Ok(count) => {
                self.received += count as u64;
                // The end of the connection is never too slow.
                if count > 0 {
                    self.check_rate()?;
                }
                Ok(count)
            }
            Err(error) => Err(self.patience.explained(error, wait, begun)),
        }
    }
}

impl Write for PatientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Each command is measured separately.
        self.begin_to_measure();
        let (wait, begun) = (self.patience.next_wait()?, Instant::now());
        self.stream.set_write_timeout(Some(wait))?;
        self.stream.write(bytes).map_err(|error| self.patience.explained(error, wait, begun))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
