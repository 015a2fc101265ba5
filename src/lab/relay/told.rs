//! What the relay reports about each connection: lines for people, and packets for a capture file.
//!
//! Lines are printed by a thread of their own. If nobody reads them, they are lost and counted, and the relay goes on.
//! The capture file loses nothing: a piece is written there before it is passed on.
//!
//! Read first: `disturbance.rs`, `capture.rs`. It does not know when a piece is passed on.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use crate::lab::relay::capture::Capture;
use crate::lab::relay::disturbance::Direction;
use crate::lock::locked;
use crate::programs::printer::Printer;
use crate::wire::visible;

/// How many bytes of a piece are shown.
const SHOWN: usize = 60;

/// The head above the lines.
pub const COLUMNS: &str = "  seconds  conn       offset length  bytes (-> to the server, <- to the client)";

/// Where the relay reports.
pub struct Told {
    started: Instant,
    /// None with `--quiet`.
    printer: Option<Printer>,
    /// Held while a packet is written: the order in the file is the order in which pieces pass.
    capture: Option<Mutex<Capture>>,
}

impl Told {
    /// Reports to these.
    pub fn new(printer: Option<Printer>, capture: Option<Capture>) -> Told {
        Told { started: Instant::now(), printer, capture: capture.map(Mutex::new) }
    }

    /// What is reported about one connection.
    pub fn connection(&self, number: u64) -> ConnectionTold<'_> {
        ConnectionTold { told: self, number }
    }

    fn line(&self, number: u64, what: &str) {
        if let Some(printer) = &self.printer {
            let conn = format!("#{number}");
            printer.line(&format!("{:>9.3}  {conn:<4} {what}", self.started.elapsed().as_secs_f64()));
        }
    }

    fn capture(&self, number: u64, write: impl FnOnce(&mut Capture)) {
        let Some(capture) = &self.capture else { return };
        let trouble = locked(capture, |capture| {
            write(capture);
            capture.take_trouble()
        });
        if let Some(trouble) = trouble {
            self.line(number, &trouble);
        }
    }
}

/// The same, of one connection.
pub struct ConnectionTold<'a> {
    told: &'a Told,
    /// Which connection, counted from 1.
    pub number: u64,
}

impl ConnectionTold<'_> {
    /// The connection to the server is open.
    pub fn connected(&self, client: SocketAddr, server: SocketAddr) {
        self.told.line(self.number, &format!("connected: client {client}, server {server}"));
        self.told.capture(self.number, |capture| capture.connected(self.number, client, server));
    }

    /// A piece is about to be passed on.
    pub fn passes(&self, direction: Direction, offset: u64, piece: &[u8]) {
        if self.told.printer.is_some() {
            let line = format!("{} {offset:>9} {:>6}  {}", direction.arrow(), piece.len(), shortened(piece));
            self.told.line(self.number, &line);
        }
        self.told.capture(self.number, |capture| capture.passed(self.number, direction, piece));
    }

    /// Something else about a direction.
    pub fn notes(&self, direction: Direction, what: &str) {
        self.told.line(self.number, &format!("{} {what}", direction.arrow()));
    }

    /// The end of a direction is about to be passed on.
    pub fn ends(&self, direction: Direction, what: &str) {
        self.notes(direction, what);
        self.told.capture(self.number, |capture| capture.ended(self.number, direction));
    }

    /// The receiver is about to be reset.
    pub fn resets(&self, direction: Direction, what: &str) {
        self.notes(direction, what);
        self.told.capture(self.number, |capture| capture.reset(self.number, direction));
    }

    /// The sender of this direction has vanished.
    pub fn vanished(&self, direction: Direction, why: &io::Error) {
        self.notes(direction, &format!("{} has broken the connection: {why}", direction.sender()));
        self.told.capture(self.number, |capture| capture.reset(self.number, direction));
    }

    /// Something else about the connection.
    pub fn says(&self, what: &str) {
        self.told.line(self.number, what);
    }

    /// Both directions have ended.
    pub fn closed(&self) {
        self.told.line(self.number, "closed");
        self.told.capture(self.number, |capture| capture.closed(self.number));
    }
}

/// The piece, visible, or its beginning up to a whole character.
fn shortened(piece: &[u8]) -> String {
    if piece.len() <= SHOWN {
        return visible(piece);
    }
    let is_inside_a_character = |index: usize| piece[index] & 0b1100_0000 == 0b1000_0000;
    let end = (SHOWN - 3..=SHOWN).rev().find(|end| !is_inside_a_character(*end)).unwrap_or(SHOWN);
    format!("{}… and {} more", visible(&piece[..end]), piece.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_piece_is_shortened_between_two_characters() {
        assert_eq!(shortened(b"LIST\r\n"), r"LIST\r\n");
        let long = shortened(format!("{}\u{e9}{}", "x".repeat(SHOWN - 1), "y".repeat(10)).as_bytes());
        assert_eq!(long, format!("{}… and 12 more", "x".repeat(SHOWN - 1)));
        assert_eq!(shortened(&[0x80; SHOWN + 1]), format!("{}… and 1 more", r"\x80".repeat(SHOWN)));
    }
}
