//! Where a direction's bytes come from: a socket that is read until a time, and that can keep its last byte unread.
//!
//! Why unread? The standard library has no call that resets a connection. But Linux sends a reset when a socket is
//! closed with unread input (docs/RELAY.md says what other systems may do). So for `--reset-after`, the relay looks at
//! the last byte that came without reading it (`peek`), passes it on, and reads it when the next one has come. While a
//! byte is unread, the end after it can't be seen. So after some seconds of silence the relay reads this byte.
//!
//! Read first: `pair.rs`. It does not know where the bytes go.

use std::io::{self, Read};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::relay::disturbance::Direction;
use crate::lab::relay::pair::Pair;
use crate::wire::framing::is_timeout;

/// How often the relay checks whether more has come after the byte that is kept unread. No call waits for that.
const POLL: Duration = Duration::from_millis(5);

/// How often the relay checks whether the connection is over, while nothing has come that could be kept unread.
const LOOK: Duration = Duration::from_millis(50);

/// How long such a byte is kept while nothing passes in either direction.
const KEEP: Duration = Duration::from_secs(5);

/// Most bytes of one check.
const LOOK_AT: usize = 4096;

/// One direction's input.
pub struct Source<'a> {
    pair: &'a Pair,
    stream: &'a TcpStream,
    /// What the socket's read time-out is now.
    timeout: Option<Duration>,
    unread: Option<Unread>,
}

/// For a source that keeps its last byte unread.
struct Unread {
    /// How many bytes have been passed on and not been read: one, or none.
    count: usize,
    keep: Duration,
}

impl<'a> Source<'a> {
    /// The input of this direction.
    pub fn new(pair: &'a Pair, direction: Direction, keeps_a_byte_unread: bool) -> Source<'a> {
        let unread = keeps_a_byte_unread.then_some(Unread { count: 0, keep: KEEP });
        Source { pair, stream: pair.sender(direction), timeout: None, unread }
    }

    /// Waits for bytes, until then at most: how many came (0 is the end of the stream), or `None` if none did.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn read(&mut self, buffer: &mut [u8], until: Option<Instant>) -> io::Result<Option<usize>> {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            let read = match self.unread {
                None => self.wait_at_most(left).and_then(|()| self.stream.read(buffer)).map(Some),
                Some(_) => self.look(buffer, left),
            };
            match read {
                Ok(None) => {}
                Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn wait_at_most(&mut self, time: Option<Duration>) -> io::Result<()> {
        if time != self.timeout {
            self.stream.set_read_timeout(time)?;
            self.timeout = time;
        }
        Ok(())
    }

    /// Checks once what has come after the byte that is kept unread.
    fn look(&mut self, buffer: &mut [u8], left: Option<Duration>) -> io::Result<Option<usize>> {
        self.wait_at_most(Some(left.map_or(LOOK, |left| left.min(LOOK))))?;
        let silent_for = self.pair.silent_for();
        let Some(unread) = &mut self.unread else { return Ok(None) };
        let mut seen = [0; LOOK_AT];
        if self.pair.is_over() {
            return Ok(Some(0));
        }
        let there = self.stream.peek(&mut seen)?;
        if there == 0 {
            return Ok(Some(0));
        }
        let new = (there - unread.count).min(buffer.len());
        if new > 0 {
            buffer[..new].copy_from_slice(&seen[unread.count..unread.count + new]);
            self.stream.read_exact(&mut seen[..unread.count + new - 1])?;
            unread.count = 1;
            return Ok(Some(new));
        }
        if silent_for > unread.keep {
            self.stream.read_exact(&mut seen[..unread.count])?;
            unread.count = 0;
        } else {
            thread::sleep(POLL);
        }
        // A reset can be seen although the byte is unread.
        match self.stream.take_error()? {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Shutdown, TcpListener};

    use super::*;

    fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, far)
    }

    #[test]
    fn a_byte_is_kept_unread_and_every_byte_comes_once() {
        let ((client, mut far), (server, _far_server)) = (connected(), connected());
        let pair = Pair::new(client, server).unwrap();
        let mut source = Source::new(&pair, Direction::Up, true);
        let (mut buffer, mut came) = ([0; 3], Vec::new());
        for part in ["a", "bcdefg", "hi"] {
            far.write_all(part.as_bytes()).unwrap();
            let wanted = came.len() + part.len();
            while came.len() < wanted {
                let count = source.read(&mut buffer, None).unwrap().unwrap();
                came.extend_from_slice(&buffer[..count]);
            }
            assert_eq!(pair.sender(Direction::Up).peek(&mut [0; 9]).unwrap(), 1, "one byte is unread");
        }
        assert_eq!(came, b"abcdefghi");
        // The end can be seen after the byte is read.
        far.shutdown(Shutdown::Write).unwrap();
        source.unread.as_mut().unwrap().keep = Duration::ZERO;
        assert_eq!(source.read(&mut buffer, None).unwrap(), Some(0));
    }

    #[test]
    fn a_time_without_bytes_is_none_and_not_the_end() {
        let ((client, _far), (server, _far_server)) = (connected(), connected());
        let pair = Pair::new(client, server).unwrap();
        for keeps in [false, true] {
            let mut source = Source::new(&pair, Direction::Up, keeps);
            let until = Instant::now() + Duration::from_millis(5);
            assert_eq!(source.read(&mut [0; 3], Some(until)).unwrap(), None);
        }
    }
}
