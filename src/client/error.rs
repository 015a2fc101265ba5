//! Why the client did not get what it asked for.
//!
//! Read first: [`crate::wire`]. It does not know where it is shown.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::client::patience::Impatience;
use crate::client::receive::ANSWER;
use crate::wire::{printable, ErrorCode, Refusal};

/// Why something was not done.
#[derive(Debug)]
pub enum ClientError {
    /// The server said no: an answer like any other, and the session may go on.
    Refused(Refusal),
    /// The host of the server has no address.
    NoHost {
        /// `HOST:PORT`.
        server: String,
        /// What the system says.
        error: io::Error,
    },
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
    /// The deadline has passed, or the server was too slow.
    Impatient(Impatience),
    /// The server broke the protocol.
    Violation(String),
    /// What was received could not be written to the sink of the download.
    Sink(io::Error),
    /// No file on this system can have the name.
    NoLocalName(Refusal),
    /// There is something of that name already, which may not be replaced.
    Kept(PathBuf),
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
            ClientError::NotStored { .. } | ClientError::NoLocalName(_) | ClientError::Kept(_) => false,
            _ => true,
        }
    }

    /// Did the connection end, or the client's patience, while something was received? Then the rest may be had later.
    pub(super) fn leaves_a_rest(&self) -> bool {
        matches!(self, ClientError::Lost { .. } | ClientError::Silent(_) | ClientError::Impatient(_))
    }

    /// Had the session ended before the server looked at the last command? Then a new session can be asked the same.
    pub fn came_before_the_answer(&self) -> bool {
        match self {
            ClientError::Refused(refusal) => matches!(refusal.code, ErrorCode::IdleTimeout | ErrorCode::ShuttingDown),
            ClientError::Lost { what, .. } => *what == ANSWER,
            _ => false,
        }
    }
}

/// One line for a person, safe for a terminal.
impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ClientError::Refused(refusal) => write!(f, "the server refused: {refusal}"),
            ClientError::NoHost { server, error } => {
                let server = printable(server);
                write!(
                    f,
                    "the host of {server} can't be found ({error}); check its spelling and the name service (DNS)"
                )
            }
            ClientError::NoConnection { server, error } => {
                write!(f, "no connection to {}: {error}; is a server running there?", printable(server))
            }
            ClientError::Lost { what, error } if error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(f, "the server closed the connection before {what} was complete; ask again")
            }
            ClientError::Lost { what, error } => {
                write!(f, "the connection was lost before {what} was complete: {error}; ask again")
            }
            ClientError::Silent(timeout) => Impatience::Silent(*timeout).fmt(f),
            ClientError::Impatient(impatience) => impatience.fmt(f),
            ClientError::Violation(what) => write!(f, "the server breaks the protocol: {}", printable(what)),
            ClientError::Sink(error) => write!(f, "what was received can't be written: {error}"),
            ClientError::NoLocalName(refusal) => write!(f, "{refusal}"),
            ClientError::Kept(path) => {
                write!(f, "{} is there already, and --keep does not replace it", printable(&path.to_string_lossy()))
            }
            ClientError::NotStored { path, error } | ClientError::Abandoned { path, error } => {
                write!(f, "can't write {}: {error}", printable(&path.to_string_lossy()))
            }
        }
    }
}
