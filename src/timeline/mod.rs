//! A timeline: what threads and clients did, and when, as lanes beside each other on one time scale.
//!
//! A [`Picture`] is recorded first and drawn afterwards. Times are counted from the beginning of their [`Panel`].

pub mod recorder;

mod replay;

mod drawing;

pub mod svg;

pub mod text;

pub mod file;

use std::time::Duration;

/// A whole timeline: panels under each other, on one time scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// One sentence that says what to see.
    pub title: String,
    /// At least one.
    pub panels: Vec<Panel>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// What ran.
    pub title: String,
    /// Sentences below the lanes: what the picture can't show, or leaves out.
    pub notes: Vec<String>,
    /// The server's threads, then the clients.
    pub lanes: Vec<Lane>,
}

/// What one thread of the server, or one client, did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The thread's name, or the client's.
    pub name: String,
    /// Whose lane it is.
    pub side: Side,
    /// In order, and without overlap. Where there is none, the lane is empty: not there yet, gone, or of no concern.
    pub spans: Vec<Span>,
    /// In the order of their beginning.
    pub labels: Vec<Label>,
}

/// Whose lane it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A thread of the server.
    Server,
    /// A client.
    Client,
}

/// For so long a lane was in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which one.
    pub state: State,
    /// Its beginning.
    pub from: Duration,
    /// Its end, not before its beginning.
    pub to: Duration,
}

/// What a thread or a client was doing, or waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A thread waits in `accept` for the next connection.
    Accepting,
    /// A thread waits for its client's next command.
    AwaitingCommand,
    /// A thread waits for a lock.
    AwaitingLock,
    /// A thread holds the registry's lock.
    HoldingLock,
    /// A thread works for its client: mostly, it reads the file and sends.
    Working,
    /// A thread is held in a write: its client has not read what was sent before.
    BlockedInSend,
    /// A thread has ended its sending side, and waits for its client's end.
    Closing,
    /// A client waits for the server: for the greeting, or for the first byte of a reply.
    AwaitingServer,
    /// A client receives a reply.
    Receiving,
    /// A client takes its time on purpose, and does not read.
    Pausing,
}

/// A name for a part of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it names.
    pub kind: LabelKind,
    /// From here ...
    pub from: Duration,
    /// ... to here.
    pub to: Duration,
    /// As it came, perhaps from the network: to be escaped where it is drawn.
    pub text: String,
}

/// What a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// A session. Its commands lie within it.
    Session,
    /// One command with its reply.
    Command,
}
