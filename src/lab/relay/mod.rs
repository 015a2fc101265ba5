//! `lab relay`: it connects any client with any server, shows every piece that passes, and disturbs the pieces on
//! request.
//!
//! Each connection has two threads, one for each direction, and each direction has one bounded buffer. The model of the
//! disturbances is Toxiproxy. docs/RELAY.md is for its users.
//!
//! Read first: `disturbance.rs`, `flow.rs`. It does not know what client and server send to each other.

pub mod disturbance;

pub mod buffer;

pub mod pair;

pub mod source;

pub mod flow;

pub mod headers;

pub mod capture;

pub mod told;

pub mod program;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};

use crate::lab::broken::parts::accept;
use crate::lab::dial::Target;
use crate::lab::relay::disturbance::{Direction, Disturbance, Limit, Then};
use crate::lab::relay::flow::Flow;
use crate::lab::relay::pair::Pair;
use crate::lab::relay::told::{ConnectionTold, Told};
use crate::server::connection::{end_sending, read_until_end};
use crate::server::SESSION_STACK;
use crate::watch::Watch;

/// Most connections at once. Each has two threads and two buffers: 256 of them take 32 MiB.
pub const MAX_CONNECTIONS: usize = 256;

/// A relay that listens.
pub struct Relay {
    listener: TcpListener,
    way: Arc<Way>,
}

/// What all connections have in common.
struct Way {
    target: Target,
    /// The disturbance of the direction to the server.
    up: Disturbance,
    /// The disturbance of the direction to the client.
    down: Disturbance,
    told: Told,
}

impl Relay {
    /// Listens, for clients of this server.
    pub fn new(listener: TcpListener, target: Target, up: Disturbance, down: Disturbance, told: Told) -> Relay {
        Relay { listener, way: Arc::new(Way { target, up, down, told }) }
    }

    /// Accepts clients and serves them, until the process ends.
    pub fn run(&self) {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        for number in 1.. {
            let client = accept(&self.listener);
            threads.retain(|thread| !thread.is_finished());
            let told = self.way.told.connection(number);
            if threads.len() == MAX_CONNECTIONS {
                told.says(&format!("closed at once: there are {MAX_CONNECTIONS} connections already"));
                continue;
            }
            let way = Arc::clone(&self.way);
            match thread_for(number, Direction::Up).spawn(move || way.serve(number, client)) {
                Ok(thread) => threads.push(thread),
                Err(error) => told.says(&format!("closed at once: the system grants no thread: {error}")),
            }
        }
    }
}

fn thread_for(number: u64, direction: Direction) -> Builder {
    let way = match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    Builder::new().name(format!("{way}-{number}")).stack_size(SESSION_STACK)
}

impl Way {
    /// One connection, from the client's arrival to its end, on a thread of its own.
    fn serve(&self, number: u64, client: TcpStream) {
        let told = &self.told.connection(number);
        let server = match self.target.connect() {
            Ok(server) => server,
            Err(why) => {
                told.says(&format!("{why} The client gets the end of the stream."));
                end_sending(&client);
                read_until_end(&client, &Watch::default());
                return;
            }
        };
        match join(client, server, told) {
            Ok(pair) => self.pass_both_ways(&pair, told),
            Err(error) => told.says(&format!("closed: a connection was gone before it began: {error}")),
        }
    }

    fn pass_both_ways(&self, pair: &Pair, told: &ConnectionTold) {
        let flow = |direction| {
            let (mine, back) = match direction {
                Direction::Up => (&self.up, &self.down),
                Direction::Down => (&self.down, &self.up),
            };
            let can_be_reset = matches!(back.limit, Some(Limit { then: Then::Reset, .. }));
            Flow::new(pair, direction, mine, can_be_reset, told)
        };
        thread::scope(|scope| {
            let down = thread_for(told.number, Direction::Down);
            match down.spawn_scoped(scope, || flow(Direction::Down).run()) {
                Ok(_) => flow(Direction::Up).run(),
                Err(error) => told.says(&format!("the system grants no second thread: {error}")),
            }
        });
        told.closed();
    }
}

/// The two connections as one, after both are open.
fn join(client: TcpStream, server: TcpStream, told: &ConnectionTold) -> io::Result<Pair> {
    let addresses: (SocketAddr, SocketAddr) = (client.peer_addr()?, server.peer_addr()?);
    let pair = Pair::new(client, server)?;
    told.connected(addresses.0, addresses.1);
    Ok(pair)
}
