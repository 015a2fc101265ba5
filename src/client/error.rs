//! Why the client did not get what it asked for.
//!
//! Read first: [`crate::wire`]. It does not know where it is shown.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::patience::Impatience;
use crate::wire::{printable, ErrorCode, Refusal};

/// Why something was not done.
#[derive(Debug)]
pub enum ClientError {
    /// The server refused. A refusal is an answer like any other, and the session may go on.
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
    /// The connection ended or failed before all was received.
    Lost {
        /// What was being received.
        awaited: Awaited,
        /// The system's error; `UnexpectedEof` if the server closed.
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
    /// Something with that name exists already, and may not be replaced.
    Kept(PathBuf),
    /// A file of our own could not be written.
    NotStored {
        /// Where it should have been stored.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// As above, in the middle of a body: the bytes that follow can't be understood any more.
    Abandoned {
        /// Where it should have been stored.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What the client receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The first line of an answer, the greeting's too.
    Answer,
    /// The body of a text.
    Text,
    /// The body of a list.
    List,
    /// The body of a file.
    File,
    /// The body that answers SUM.
    Checksums,
    /// The end of the connection, after the goodbye.
    End,
}

/// For a sentence.
impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Awaited::Answer => "the answer",
            Awaited::Text => "the text",
            Awaited::List => "the list",
            Awaited::File => "the file",
            Awaited::Checksums => "the list of checksums",
            Awaited::End => "the end of the connection",
        })
    }
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

    /// The same error, with the place of the file that could not be written.
    pub(super) fn at(self, path: &Path) -> ClientError {
        match self {
            ClientError::Sink(error) => ClientError::Abandoned { path: path.to_path_buf(), error },
            other => other,
        }
    }

    /// Did the session end before the header of the answer was complete? Then a new session can send the same command.
    pub fn came_before_the_answer(&self) -> bool {
        match self {
            ClientError::Refused(refusal) => matches!(refusal.code, ErrorCode::IdleTimeout | ErrorCode::ShuttingDown),
            ClientError::Lost { awaited, .. } => *awaited == Awaited::Answer,
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
            ClientError::Lost { awaited, error } if error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(f, "the server closed the connection before {awaited} was complete; ask again")
            }
            ClientError::Lost { awaited, error } => {
                write!(f, "the connection was lost before {awaited} was complete: {error}; ask again")
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
