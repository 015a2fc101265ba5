//! A reply is a value: a header, and bytes or an open file as its body. It is made first, and sent afterwards.
//!
//! Read first: [`crate::wire`]. It does not know how a reply is sent, nor to whom.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use crate::server::extensions::Sums;
use crate::wire::{CommandSet, Refusal, ReplyHeader, Verb};

/// The body of the first reply. It names HELP, for a person who uses netcat.
pub const GREETING: &str = "Welcome to the file server. Send HELP for the commands, each on a line of its own.\n";

/// The body of the last reply.
pub const GOODBYE: &str = "Goodbye.\n";

/// The server's answer to one command, ready to be sent.
#[derive(Debug)]
pub struct Reply {
    /// What is sent, for the registry and the log: a file's name, a word such as `LIST`, `greeting` or `refusal`, or
    /// the line of an extension's command.
    pub subject: String,
    /// Its first line.
    pub header: ReplyHeader,
    /// What follows that line. It can be read only once.
    pub body: Body,
}

/// What follows the header.
#[derive(Debug)]
pub enum Body {
    /// Bytes in memory; a refusal has none.
    Bytes(Cursor<Arc<[u8]>>),
    /// As many bytes of this file as the header says.
    File(File),
    /// The checksums of a file (an extension).
    Sums(Sums),
}

impl Reply {
    /// Step 1, the server's side: greets the client that has connected.
    ///
    /// The client's side is [`Client::connect`](crate::client::Client::connect).
    pub fn greeting() -> Reply {
        Reply::text("greeting", GREETING)
    }

    /// The answer to DOWNLOAD: `size` bytes of the file, from its current position.
    pub fn file(name: &str, file: File, size: u64) -> Reply {
        Reply { subject: name.to_string(), header: ReplyHeader::Ok(size), body: Body::File(file) }
    }

    /// The answer to HELP, at any time: a line for each of these commands. It belongs to no step.
    pub fn help(commands: CommandSet) -> Reply {
        Reply::text(Verb::Help.row().word, commands.help())
    }

    /// Step 8, the server's side: says goodbye. The server closes the connection right after.
    ///
    /// The client's side is [`Client::logout`](crate::client::Client::logout).
    pub fn goodbye() -> Reply {
        Reply::text(Verb::Logout.row().word, GOODBYE)
    }

    /// `OK <size>` and a text.
    pub fn text(subject: &str, text: impl AsRef<str>) -> Reply {
        Reply::bytes(subject, text.as_ref().as_bytes().into())
    }

    /// `OK <size>` and these bytes, which other replies may share.
    pub fn bytes(subject: &str, bytes: Arc<[u8]>) -> Reply {
        let header = ReplyHeader::Ok(bytes.len() as u64);
        Reply { subject: subject.to_string(), header, body: Body::Bytes(Cursor::new(bytes)) }
    }

    /// `ERR <CODE> <message>`, and no body.
    pub fn refusal(refusal: Refusal) -> Reply {
        let header = ReplyHeader::Err(refusal);
        Reply { subject: "refusal".to_string(), header, body: Body::Bytes(Cursor::new([].into())) }
    }

    /// Bytes of the body.
    pub fn size(&self) -> u64 {
        match self.header {
            ReplyHeader::Ok(size) => size,
            ReplyHeader::Err(_) => 0,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Body::Bytes(bytes) => bytes.read(buffer),
            Body::File(file) => file.read(buffer),
            Body::Sums(sums) => sums.read(buffer),
        }
    }
}
