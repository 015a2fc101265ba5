//! Why a session is over, and the refusal that the server sends last.
//!
//! Read first: `server/registry.rs`, `wire/framing.rs`. It does not know how anything is sent.

use std::fmt;
use std::io;

use crate::server::registry::{shutting_down, Dismissed, Stopping};
use crate::wire::framing::{is_timeout, CopyError};
use crate::wire::{ErrorCode, Refusal, MAX_COMMAND_LINE};

/// Why a session is over.
#[derive(Debug)]
pub enum Ending {
    /// The client logged out.
    Logout,
    /// The client ended its sending side between two commands.
    EndOfStream,
    /// The server ends the session with this refusal.
    Refused(Refusal),
    /// A body's promised size can't be kept: the file shrank, or reading failed.
    BodyCut(io::Error),
    /// The client took too little of a reply during the idle time-out; the error says how much.
    NotTaken(io::Error),
    /// The connection failed.
    Lost(io::Error),
    /// The stop sends the last line in place of the session.
    Dismissed,
    /// A bug in this server.
    Panicked,
}

impl Ending {
    /// Was the conversation broken off? Otherwise the client ended it, or the server told the client why it ends.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Ending::Logout | Ending::EndOfStream | Ending::Refused(_) | Ending::Dismissed)
    }

    /// [`MAX_COMMAND_LINE`] bytes came without a line end.
    pub fn line_too_long() -> Ending {
        let bytes = MAX_COMMAND_LINE;
        let message = format!("{bytes} bytes came without completing a line; end every command with a newline");
        Ending::Refused(Refusal::new(ErrorCode::LineTooLong, message))
    }

    /// The client ended its sending side. `unfinished` is the number of bytes in its unfinished line, if one has begun.
    pub fn end_of_input(unfinished: Option<usize>) -> Ending {
        let Some(bytes @ 1..) = unfinished else { return Ending::EndOfStream };
        let message =
            format!("your sending side ended inside a line of {bytes} bytes; end every command with a newline");
        Ending::Refused(Refusal::new(ErrorCode::IncompleteLine, message))
    }

    /// Reading failed. `unfinished` is the number of bytes in the client's unfinished line, if one has begun.
    pub fn receiving_failed(error: io::Error, unfinished: Option<usize>) -> Ending {
        if !is_timeout(&error) {
            return Ending::Lost(error);
        }
        let message = match unfinished {
            None => "you were silent for too long; connect again to go on (a command ends with a newline)".to_string(),
            Some(bytes) => format!(
                "no command was complete in time, {bytes} bytes of an unfinished line wait; \
                 connect again, and end every line with a newline"
            ),
        };
        Ending::Refused(Refusal::new(ErrorCode::IdleTimeout, message))
    }
}

impl From<Dismissed> for Ending {
    fn from(_: Dismissed) -> Ending {
        Ending::Dismissed
    }
}

impl From<Stopping> for Ending {
    fn from(_: Stopping) -> Ending {
        Ending::Refused(shutting_down())
    }
}

impl From<CopyError> for Ending {
    fn from(error: CopyError) -> Ending {
        match error {
            CopyError::Source(error) => Ending::BodyCut(error),
            CopyError::Sink(error) if is_timeout(&error) => Ending::NotTaken(error),
            CopyError::Sink(error) => Ending::Lost(error),
        }
    }
}

/// Why it ended, for the log.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Ending::Logout => f.write_str("logged out"),
            Ending::EndOfStream => f.write_str("the client ended its sending side without LOGOUT"),
            Ending::Refused(refusal) => write!(f, "closed after {}", refusal.code.word()),
            Ending::BodyCut(error) => write!(f, "the promised size can't be kept, the body is cut: {error}"),
            Ending::NotTaken(error) => write!(f, "{error}"),
            Ending::Lost(error) => write!(f, "the connection is lost: {error}"),
            Ending::Dismissed => f.write_str("dismissed by the stop"),
            Ending::Panicked => f.write_str("the session panicked: a bug in this server, please report it"),
        }
    }
}
