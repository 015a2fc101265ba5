//! A client's connection and the relay's own to the server, as the two directions between them share them.
//!
//! Read first: `disturbance.rs`. It does not know what is passed on, nor when.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::relay::disturbance::Direction;
use crate::lock::locked;
use crate::server::connection::cut;
use crate::wire::framing::is_timeout;

/// How often a thread that sleeps checks whether the connection is over.
const LOOK: Duration = Duration::from_millis(50);

/// How often a thread whose receiver takes nothing checks whether the sender is still connected.
const WRITE_LOOK: Duration = Duration::from_millis(500);

/// Why nothing more can be passed on in a direction.
#[derive(Debug)]
pub enum Broken {
    /// The sender's connection broke.
    Sender(io::Error),
    /// The receiver's connection broke.
    Receiver(io::Error),
    /// The other direction has ended the whole connection.
    Over,
}

/// Two connections that are one to those who use them.
#[derive(Debug)]
pub struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// Locked only to read or to change it.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    over: bool,
    last_passed: Instant,
}

impl Pair {
    /// # Errors
    /// If one of them is gone already.
    pub fn new(client: TcpStream, server: TcpStream) -> io::Result<Pair> {
        for stream in [&client, &server] {
            // The relay adds no waiting of its own.
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(WRITE_LOOK))?;
        }
        Ok(Pair { client, server, state: Mutex::new(State { over: false, last_passed: Instant::now() }) })
    }

    /// Where the bytes of this direction come from.
    pub fn sender(&self, direction: Direction) -> &TcpStream {
        match direction {
            Direction::Up => &self.client,
            Direction::Down => &self.server,
        }
    }

    /// Where they go.
    pub fn receiver(&self, direction: Direction) -> &TcpStream {
        self.sender(direction.other())
    }

    /// Gives all of these bytes to the system, even if the receiver is very slow.
    ///
    /// # Errors
    /// If either end is gone, or the connection is over.
    pub fn write(&self, direction: Direction, bytes: &[u8]) -> Result<(), Broken> {
        let mut receiver = self.receiver(direction);
        let mut rest = bytes;
        while !rest.is_empty() {
            match receiver.write(rest) {
                Ok(0) => return Err(self.unless_over(Broken::Receiver(io::ErrorKind::WriteZero.into()))),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => self.still_stands(direction)?,
                Err(error) => return Err(self.unless_over(Broken::Receiver(error))),
            }
        }
        locked(&self.state, |state| state.last_passed = Instant::now());
        Ok(())
    }

    /// While the relay does not read from the sender, it must check for the sender's reset.
    ///
    /// # Errors
    /// If the sender is gone, or the connection is over.
    pub fn still_stands(&self, direction: Direction) -> Result<(), Broken> {
        match self.sender(direction).take_error() {
            Ok(Some(error)) | Err(error) => Err(self.unless_over(Broken::Sender(error))),
            Ok(None) if self.is_over() => Err(Broken::Over),
            Ok(None) => Ok(()),
        }
    }

    /// Why a direction with an error ends: if the connection is over, this is the reason.
    pub fn unless_over(&self, broken: Broken) -> Broken {
        if self.is_over() {
            Broken::Over
        } else {
            broken
        }
    }

    /// Has one direction ended the connection?
    pub fn is_over(&self) -> bool {
        locked(&self.state, |state| state.over)
    }

    /// Since when nothing has been passed on in either direction.
    pub fn silent_for(&self) -> Duration {
        locked(&self.state, |state| state.last_passed.elapsed())
    }

    /// The other direction must end too, at its next check.
    pub fn set_over(&self) {
        locked(&self.state, |state| state.over = true);
    }

    /// Ends both directions at once. A thread that waits in a read or a write returns.
    pub fn end(&self) {
        self.set_over();
        cut(&self.client);
        cut(&self.server);
    }

    /// Sleeps until then.
    ///
    /// # Errors
    /// `Over`, if the connection is over before.
    pub fn wait_until(&self, then: Instant) -> Result<(), Broken> {
        loop {
            let left = then.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK));
            if self.is_over() {
                return Err(Broken::Over);
            }
        }
    }
}
