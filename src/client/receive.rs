//! How the client sends a command and receives a reply, complete or not at all. It trusts no server.
//!
//! Read first: `client/mod.rs`. It does not know what is asked for.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};

use crate::client::error::Awaited;
use crate::client::file_list::FileList;
use crate::client::patience::{Impatience, Patience, PatientStream};
use crate::client::{Client, ClientError};
use crate::journal::Event;
use crate::wire::framing::read_reply_header;
use crate::wire::{Command, ReplyHeader};

/// Longest greeting, help or goodbye that the client accepts, in bytes: a person reads them.
const MAX_TEXT: u64 = 64 * 1024;

/// Longest list that the client accepts, in bytes: 200 000 files with the longest names fit into it. It is kept as it
/// comes, so this bounds the memory that a list takes.
const MAX_LIST: u64 = 64 * 1024 * 1024;

impl Client {
    /// Sends a command and reads the header of its answer: the size of the body.
    ///
    /// If the sending fails, the answer is read all the same: a server that has closed may have said why.
    pub(super) fn request(&mut self, command: &Command) -> Result<u64, ClientError> {
        let sent = self.send(command);
        match (self.receive_header(), sent) {
            (Ok(size), _) => Ok(size),
            (Err(ClientError::Refused(refusal)), _) => Err(ClientError::Refused(refusal)),
            (Err(_), Err(error)) => Err(receiving_failed(Awaited::Answer, error)),
            (Err(error), Ok(())) => Err(error),
        }
    }

    fn send(&mut self, command: &Command) -> io::Result<()> {
        let line = format!("{command}\n");
        // Reported first: an answer may come although the sending fails.
        self.journal.command_sent(line.as_bytes());
        self.stream.get_mut().write_all(line.as_bytes())
    }

    pub(super) fn receive_header(&mut self) -> Result<u64, ClientError> {
        let received = read_reply_header(&mut self.stream);
        let (header, line) = received.map_err(|error| receiving_failed(Awaited::Answer, error))?;
        self.journal.tell(Event::Received(&line));
        match header {
            ReplyHeader::Ok(size) => Ok(size),
            ReplyHeader::Err(refusal) => Err(ClientError::Refused(refusal)),
        }
    }

    /// Reads the body of a list.
    pub(super) fn receive_list(&mut self, size: u64) -> Result<FileList, ClientError> {
        FileList::parse(self.receive_body(Awaited::List, size, MAX_LIST)?)
    }

    /// Reads the body of a text.
    pub(super) fn receive_text(&mut self, size: u64) -> Result<String, ClientError> {
        let body = self.receive_body(Awaited::Text, size, MAX_TEXT)?;
        String::from_utf8(body).map_err(|_| ClientError::Violation("its text is not UTF-8".to_string()))
    }

    /// Reads a body into memory, which grows only with the bytes that arrive.
    fn receive_body(&mut self, awaited: Awaited, size: u64, most: u64) -> Result<Vec<u8>, ClientError> {
        if size > most {
            return Err(ClientError::Violation(format!("it promises an answer of {size} bytes; {most} are taken")));
        }
        let mut body = Vec::new();
        let read = self.stream.by_ref().take(size).read_to_end(&mut body);
        let count = read.map_err(|error| receiving_failed(awaited, error))?;
        if (count as u64) < size {
            return Err(receiving_failed(awaited, io::ErrorKind::UnexpectedEof.into()));
        }
        if !body.is_empty() {
            self.journal.tell(Event::ReceivedBodyStart(&body));
        }
        Ok(body)
    }
}

/// The meaning of an error that happened while this was received.
pub(super) fn receiving_failed(awaited: Awaited, error: io::Error) -> ClientError {
    match Impatience::inside(&error) {
        Some(Impatience::Silent(timeout)) => ClientError::Silent(timeout),
        Some(other) => ClientError::Impatient(other),
        None if error.kind() == io::ErrorKind::InvalidData => ClientError::Violation(error.to_string()),
        None => ClientError::Lost { awaited, error },
    }
}

/// Tries each address of the host. If none works, the last error is returned.
///
/// The host's addresses are asked for first. That wait is the system's: the standard library can't bound it.
pub(super) fn connect_to_any(server: &str, patience: Patience) -> Result<(PatientStream, SocketAddr), ClientError> {
    let no_host = |error| ClientError::NoHost { server: server.to_string(), error };
    let no_connection = |error| match Impatience::inside(&error) {
        Some(Impatience::OutOfTime) => ClientError::Impatient(Impatience::OutOfTime),
        _ => ClientError::NoConnection { server: server.to_string(), error },
    };
    let mut last_error = no_host(io::Error::new(io::ErrorKind::NotFound, "it has no address"));
    for address in server.to_socket_addrs().map_err(no_host)? {
        match PatientStream::connect(address, patience) {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => last_error = no_connection(error),
        }
    }
    Err(last_error)
}
