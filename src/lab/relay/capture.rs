//! A capture file (classic pcap) of what the relay passes on: Wireshark opens it. Its packets are the pieces that the
//! relay read and wrote. The relay invents their headers, as if client and server were connected without a relay.
//!
//! Each packet is written immediately, so that the file can be opened while the relay runs.
//!
//! Read first: `headers.rs`. It does not know who passes the pieces on.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Instant, SystemTime};

use crate::lab::relay::disturbance::Direction;
use crate::lab::relay::headers::{Packet, ACK, FIN, MAX_SEGMENT, PSH, RST, SYN};

/// The file's first four bytes: packets have times in microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;

/// More bytes than any packet here has.
const SNAP_LENGTH: u32 = 256 * 1024;

/// The number of Ethernet among the kinds of packets that such a file can hold.
const ETHERNET: u32 = 1;

/// The difference between the first sequence numbers of two connections. So if a port is used again, it does not look
/// like the same connection. (Real systems use random numbers.)
const BETWEEN_CONNECTIONS: u32 = 0x1000_0000;

/// A capture file that is being written.
#[derive(Debug)]
pub struct Capture {
    file: File,
    begun: SystemTime,
    clock: Instant,
    /// The length up to the last packet that is whole.
    whole: u64,
    connections: HashMap<u64, Connection>,
    state: State,
}

#[derive(Debug)]
enum State {
    Writing,
    /// The file could not be written, and this is not reported yet.
    Trouble(io::Error),
    /// Nothing more is written to it.
    GivenUp,
}

#[derive(Debug, Clone)]
struct Connection {
    up: Side,
    down: Side,
}

/// The sender of one direction.
#[derive(Debug, Clone)]
struct Side {
    address: SocketAddr,
    /// The number of the next byte that it sends.
    next: u32,
    ended: bool,
}

impl Connection {
    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

impl Capture {
    /// Empties the file and begins it.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn create(path: &Path) -> io::Result<Capture> {
        let mut file = File::create(path)?;
        let header = [
            &MAGIC.to_le_bytes()[..],
            &2u16.to_le_bytes(), // The version is 2.4.
            &4u16.to_le_bytes(),
            &[0; 8],
            &SNAP_LENGTH.to_le_bytes(),
            &ETHERNET.to_le_bytes(),
        ]
        .concat();
        file.write_all(&header)?;
        let (begun, clock, whole) = (SystemTime::now(), Instant::now(), header.len() as u64);
        Ok(Capture { file, begun, clock, whole, connections: HashMap::new(), state: State::Writing })
    }

    /// Why the file ends here, in a sentence; once.
    pub fn take_trouble(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.state, State::GivenUp) {
            State::Trouble(error) => Some(format!("the capture file ends here: {error}")),
            before => {
                self.state = before;
                None
            }
        }
    }

    /// A client and a server are connected: TCP's three first packets.
    pub fn connected(&mut self, number: u64, client: SocketAddr, server: SocketAddr) {
        let first = (number as u32).wrapping_mul(BETWEEN_CONNECTIONS);
        let side = |address| Side { address, next: first, ended: false };
        let connection = Connection { up: side(client), down: side(server) };
        self.connections.insert(number, connection);
        self.packet(number, Direction::Up, SYN, b"");
        self.packet(number, Direction::Down, SYN | ACK, b"");
        self.packet(number, Direction::Up, ACK, b"");
    }

    /// A piece is passed on. Each packet of it is acknowledged at once.
    pub fn passed(&mut self, number: u64, direction: Direction, piece: &[u8]) {
        for segment in piece.chunks(MAX_SEGMENT) {
            self.packet(number, direction, PSH | ACK, segment);
            self.packet(number, direction.other(), ACK, b"");
        }
    }

    /// The end of one direction.
    pub fn ended(&mut self, number: u64, direction: Direction) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.side(direction).ended = true;
            self.packet(number, direction, FIN | ACK, b"");
            self.packet(number, direction.other(), ACK, b"");
        }
    }

    /// The sender of this direction resets the connection, and nothing more is captured of it.
    pub fn reset(&mut self, number: u64, direction: Direction) {
        self.packet(number, direction, RST | ACK, b"");
        self.connections.remove(&number);
    }

    /// The connection is closed: writes the ends that are still missing.
    pub fn closed(&mut self, number: u64) {
        for direction in [Direction::Up, Direction::Down] {
            if self.connections.get_mut(&number).is_some_and(|connection| !connection.side(direction).ended) {
                self.ended(number, direction);
            }
        }
        self.connections.remove(&number);
    }

    fn packet(&mut self, number: u64, direction: Direction, flags: u8, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let receiver = connection.side(direction.other()).clone();
        let sender = connection.side(direction);
        let packet = Packet {
            from: sender.address,
            to: receiver.address,
            is_up: direction == Direction::Up,
            sequence: sender.next,
            acknowledged: if flags & ACK == 0 { 0 } else { receiver.next },
            flags,
            bytes,
        };
        let counts_for_one = u32::from(flags & (SYN | FIN) != 0);
        let frame = packet.frame();
        sender.next = sender.next.wrapping_add(bytes.len() as u32 + counts_for_one);
        self.write(&frame);
    }

    /// One write for the whole packet. If the disk is full, the part of it that was written is removed again.
    fn write(&mut self, frame: &[u8]) {
        let State::Writing = self.state else { return };
        let time = (self.begun + self.clock.elapsed()).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let length = (frame.len() as u32).to_le_bytes();
        let seconds = (time.as_secs() as u32).to_le_bytes();
        let record = [&seconds[..], &time.subsec_micros().to_le_bytes(), &length, &length, frame].concat();
        match self.file.write_all(&record) {
            Ok(()) => self.whole += record.len() as u64,
            Err(error) => {
                let _ = self.file.set_len(self.whole);
                self.state = State::Trouble(error);
            }
        }
    }
}
