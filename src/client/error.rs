//! Why the client did not get what it asked for.
//!
//! Read first: [`crate::wire`]. It does not know where it is shown.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::wire::{printable, Refusal};

/// Why something was not done.
#[derive(Debug)]
pub enum ClientError {
    /// The server said no: an answer like any other, and the session may go on.
    Refused(Refusal),
    /// No connection could be made to the server of that name.
    NoConnection {
        /// `HOST:PORT`.
        server: String,
        /// What the system says.
        error: io::Error,
    },
    /// The connection ended or failed before the answer was complete; `what` was being received.
    Lost {
        /// A few words for a sentence.
        what: &'static str,
        /// What the system says; `UnexpectedEof` if the server closed.
        error: io::Error,
    },
    /// The server said nothing for the time-out.
    Silent(Duration),
    /// The server broke the protocol.
    Violation(String),
    /// What was received could not be written to the sink of the download.
    Sink(io::Error),
    /// A file of our own could not be written.
    NotStored {
        /// Where it should have been stored.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// As above, in the middle of a body: what follows on the wire can't be understood any more.
    Abandoned {
        /// Where it should have been stored.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl ClientError {
    /// Does this error end the session?
    pub fn ends_session(&self) -> bool {
        match self {
            ClientError::Refused(refusal) => refusal.code.closes(),
            ClientError::NotStored { .. } => false,
            _ => true,
        }
    }
}

/// One line for a person, safe for a terminal.
impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ClientError::Refused(refusal) => write!(f, "the server refused: {refusal}"),
            ClientError::NoConnection { server, error } => {
                write!(f, "no connection to {}: {error}; is a server running there?", printable(server))
            }
            ClientError::Lost { what, error } if error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(f, "the server closed the connection before {what} was complete; connect and ask again")
            }
            ClientError::Lost { what, error } => {
                write!(f, "the connection was lost before {what} was complete: {error}; connect and ask again")
            }
            ClientError::Silent(timeout) => {
                write!(
                    f,
                    "the server said nothing for {} s; try again, or wait longer with --timeout",
                    timeout.as_secs_f64()
                )
            }
            ClientError::Violation(what) => write!(f, "the server breaks the protocol: {}", printable(what)),
            ClientError::Sink(error) => write!(f, "what was received can't be written: {error}"),
            ClientError::NotStored { path, error } | ClientError::Abandoned { path, error } => {
                write!(f, "can't write {}: {error}", printable(&path.to_string_lossy()))
            }
        }
    }
}
