//! The protocol's types, and how bytes become messages.
//!
//! A client sends commands, one line each ([`Command`]); the server answers each with one reply, whose first line
//! is a [`ReplyHeader`]. `docs/PROTOCOL.md` describes the whole protocol ([`crate::wire_protocol`]).
//!
//! Read first: nothing. It does not know sockets, files or threads.

// In reading order; those after `framing` can wait.

pub mod reply;

pub mod file_name;

pub mod command;

pub mod framing;

mod mistakes;

pub mod text;

pub mod telnet;

pub mod local_name;

pub mod offset;

pub mod checksum;

pub(crate) use command::split_verb;
pub use command::{Command, CommandSet, Step, Verb, MAX_COMMAND_LINE};
pub use file_name::{FileName, Listed, MAX_FILE_NAME};
pub use local_name::LocalName;
pub use reply::{ErrorCode, Refusal, ReplyHeader, MAX_REPLY_LINE, MAX_SIZE};
pub use text::{printable, quote, visible};

/// Where a server listens, and where a client looks for one, unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:4456";

/// The port of [`DEFAULT_ADDRESS`], for a client that was given only a host.
pub const DEFAULT_PORT: u16 = 4456;
