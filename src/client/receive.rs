//! How the client sends a command and receives a reply, in one piece or not at all. It trusts no server.
//!
//! Read first: `client/mod.rs`. It does not know what is asked for.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::client::{Client, ClientError};
use crate::journal::Event;
use crate::wire::framing::{is_timeout, read_reply_header};
use crate::wire::{quote, Command, Listed, ReplyHeader};

/// Longest greeting, help or goodbye that is taken, in bytes: they are for a person to read.
const MAX_TEXT: u64 = 64 * 1024;

/// Longest list that is taken, in bytes: room for 200 000 files with the longest names.
const MAX_LIST: u64 = 64 * 1024 * 1024;

/// Most files in a list that is taken: short lines make many of them, and each takes memory of its own.
const MAX_LISTED: usize = 1_000_000;

impl Client {
    /// Sends a command and reads the header of its answer: the size of the body.
    ///
    /// If the sending fails, the answer is read all the same: a server that has closed may have said why.
    pub(super) fn request(&mut self, command: &Command) -> Result<u64, ClientError> {
        let sent = self.send(command);
        match (self.receive_header(), sent) {
            (Ok(size), _) => Ok(size),
            (Err(ClientError::Refused(refusal)), _) => Err(ClientError::Refused(refusal)),
            (Err(_), Err(error)) => Err(self.receiving_failed("the answer", error)),
            (Err(error), Ok(())) => Err(error),
        }
    }

    fn send(&mut self, command: &Command) -> io::Result<()> {
        let line = format!("{command}\n");
        // Told first: an answer may come although the sending fails.
        self.journal.command_sent(line.as_bytes());
        self.stream.get_mut().write_all(line.as_bytes())
    }

    pub(super) fn receive_header(&mut self) -> Result<u64, ClientError> {
        let received = read_reply_header(&mut self.stream);
        let (header, line) = received.map_err(|error| self.receiving_failed("the answer", error))?;
        self.journal.tell(Event::Received(&line));
        match header {
            ReplyHeader::Ok(size) => Ok(size),
            ReplyHeader::Err(refusal) => Err(ClientError::Refused(refusal)),
        }
    }

    /// Reads the body of a list.
    pub(super) fn receive_list(&mut self, size: u64) -> Result<Vec<Listed>, ClientError> {
        let body = self.receive_body(size, MAX_LIST)?;
        parse_list(&body)
    }

    /// Reads the body of a text.
    pub(super) fn receive_text(&mut self, size: u64) -> Result<String, ClientError> {
        let body = self.receive_body(size, MAX_TEXT)?;
        String::from_utf8(body).map_err(|_| ClientError::Violation("its text is not UTF-8".to_string()))
    }

    /// Reads a body into memory, which grows only with the bytes that arrive.
    fn receive_body(&mut self, size: u64, most: u64) -> Result<Vec<u8>, ClientError> {
        if size > most {
            return Err(ClientError::Violation(format!("it promises an answer of {size} bytes; {most} are taken")));
        }
        let mut body = Vec::new();
        let read = self.stream.by_ref().take(size).read_to_end(&mut body);
        let count = read.map_err(|error| self.receiving_failed("the answer", error))?;
        if (count as u64) < size {
            return Err(self.receiving_failed("the answer", io::ErrorKind::UnexpectedEof.into()));
        }
        if !body.is_empty() {
            self.journal.tell(Event::ReceivedBodyStart(&body));
        }
        Ok(body)
    }

    /// Says what an error means that happened while `what` was received.
    pub(super) fn receiving_failed(&self, what: &'static str, error: io::Error) -> ClientError {
        if is_timeout(&error) {
            ClientError::Silent(self.timeout)
        } else if error.kind() == io::ErrorKind::InvalidData {
            ClientError::Violation(error.to_string())
        } else {
            ClientError::Lost { what, error }
        }
    }
}

/// Tries each address of the host. If none works, the last error is returned.
pub(super) fn connect_to_any(server: &str, timeout: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                stream.set_nodelay(true)?;
                return Ok((stream, address));
            }
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

/// The list of a LIST's body: taken whole or not at all.
fn parse_list(body: &[u8]) -> Result<Vec<Listed>, ClientError> {
    let wrong = |what: String| Err(ClientError::Violation(what));
    let Ok(text) = std::str::from_utf8(body) else { return wrong("its list is not UTF-8".to_string()) };
    if !text.is_empty() && !text.ends_with('\n') {
        return wrong("the last line of its list has no line end".to_string());
    }
    let mut files = Vec::new();
    for line in text.split_terminator('\n') {
        let Some(file) = Listed::parse(line) else {
            return wrong(format!("a line of its list is no '<size> <name>': {}", quote(line)));
        };
        if files.len() == MAX_LISTED {
            return wrong(format!("its list has over {MAX_LISTED} files"));
        }
        files.push(file);
    }
    Ok(files)
}
