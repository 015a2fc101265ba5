//! The client: one session with a server, from its connection to its logout.

pub mod download;

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::panic::Location;
use std::path::PathBuf;
use std::time::Duration;

use crate::journal::{Event, Journal, Record};
use crate::wire::framing::{copy_exactly, is_timeout, read_reply_header, CopyError};
use crate::wire::{printable, Command, FileName, Listed, Refusal, ReplyHeader, Step};

/// Longest greeting, help or goodbye that is taken, in bytes: they are for a person to read.
const MOST_TEXT: u64 = 64 * 1024;

/// Longest list that is taken, in bytes: room for 200 000 files with the longest names.
const MOST_LIST: u64 = 64 * 1024 * 1024;

/// Most bytes of a file that one read and one write move: large, since there is one transfer at a time, and every call
/// costs. A quarter of it took measurably more of the processor.
const PART: usize = 1024 * 1024;

/// Most files in a list that is taken: short lines make many of them, and each takes memory of its own.
const MOST_LISTED: usize = 1_000_000;

/// One session with a server.
pub struct Client {
    input: BufReader<TcpStream>,
    peer: SocketAddr,
    timeout: Duration,
    journal: Journal,
}

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
    /// Is the session over with it?
    pub fn ends_session(&self) -> bool {
        match self {
            ClientError::Refused(refusal) => refusal.code.closes(),
            ClientError::NotStored { .. } => false,
            _ => true,
        }
    }
}

impl Client {
    /// Step 1, the client's side: opens a TCP connection to the server, and reads its greeting.
    ///
    /// `server` is `HOST:PORT`; each address of the host is tried. `timeout` is for the connection, and then for each
    /// silence of the server. The server's side is
    /// [`Session::greet`](crate::server::session::Session::greet).
    ///
    /// # Errors
    /// No connection, a refusal in place of the greeting, or a server that breaks the protocol.
    pub fn connect(server: &str, timeout: Duration, journal: Journal) -> Result<(Client, String), ClientError> {
        let no_connection = |error| ClientError::NoConnection { server: server.to_string(), error };
        let (stream, peer) = connect_to_any(server, timeout).map_err(no_connection)?;
        let mut client = Client { input: BufReader::new(stream), peer, timeout, journal };
        client.tell(Some(Step::Connect), Event::Connected);
        let greeting = client.receive_answer(Some(Step::Connect), Ok(()))?;
        Ok((client, greeting))
    }

    /// Step 2, the client's side: asks for the list with `LIST`, and reads it.
    ///
    /// The server's side is [`Session::send_list`](crate::server::session::Session::send_list), step 3.
    ///
    /// # Errors
    /// A refusal, a lost connection, or a list that breaks the protocol: it is taken whole or not at all.
    pub fn list(&mut self) -> Result<Vec<Listed>, ClientError> {
        let sent = self.ask(Some(Step::AskForList), &Command::List);
        let size = self.receive_header(Some(Step::SendList), sent)?;
        let body = self.receive_body(Some(Step::SendList), size, MOST_LIST)?;
        parse_list(&body)
    }

    /// Step 4, the client's side: asks for a file with `DOWNLOAD filename`, and writes its bytes to `sink`.
    ///
    /// `on_progress` is called with the bytes written so far and the promised size, after each part. Returns the size.
    /// The server's side is [`Session::send_file`](crate::server::session::Session::send_file), step 5.
    ///
    /// # Errors
    /// A refusal, a body shorter than promised, or a `sink` that fails.
    pub fn download(
        &mut self,
        name: &FileName,
        sink: &mut impl Write,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<u64, ClientError> {
        let sent = self.ask(Some(Step::AskForFile), &Command::Download(name.clone()));
        let step = Some(Step::SendFile);
        let size = self.receive_header(step, sent)?;
        let (journal, peer, site) = (self.journal.clone(), self.peer, Location::caller());
        let mut received = 0;
        let copied = copy_exactly(&[], &mut self.input, size, sink, PART, |chunk| {
            if received == 0 && !chunk.is_empty() {
                let event = Event::ReceivedBodyStart(chunk);
                journal.tell(Record { session: None, peer: Some(peer), step, site, event });
            }
            received += chunk.len() as u64;
            on_progress(received, size);
        });
        match copied {
            Ok(()) => Ok(size),
            Err(CopyError::Sink(error)) => Err(ClientError::Sink(error)),
            Err(CopyError::Source(error)) => Err(self.broken("the file", error)),
        }
    }

    /// Asks for the commands, at any time. It belongs to no step.
    ///
    /// # Errors
    /// A refusal, or a lost connection.
    pub fn help(&mut self) -> Result<String, ClientError> {
        let sent = self.ask(None, &Command::Help);
        self.receive_answer(None, sent)
    }

    /// Step 7, the client's side: ends the session with `LOGOUT`, reads the goodbye, and sees the server close.
    ///
    /// The server's side is [`Session::say_goodbye`](crate::server::session::Session::say_goodbye), step 8.
    ///
    /// # Errors
    /// A refusal, a lost connection, or a server that says more or keeps the connection open.
    pub fn logout(mut self) -> Result<String, ClientError> {
        let sent = self.ask(Some(Step::Logout), &Command::Logout);
        let goodbye = self.receive_answer(Some(Step::Close), sent)?;
        match self.input.by_ref().bytes().next() {
            None => {
                self.tell(Some(Step::Close), Event::Closed("the server closed the connection"));
                Ok(goodbye)
            }
            Some(Ok(_)) => Err(ClientError::Violation("it sent more after its goodbye".to_string())),
            Some(Err(error)) => Err(self.broken("the end of the connection", error)),
        }
    }

    /// Sends one command. A server that has closed meanwhile may have said why, so that its answer is read before an
    /// error of the sending counts.
    #[track_caller]
    fn ask(&mut self, step: Option<Step>, command: &Command) -> io::Result<()> {
        let line = format!("{command}\n");
        self.input.get_mut().write_all(line.as_bytes())?;
        self.tell(step, Event::Sent(line.as_bytes()));
        Ok(())
    }

    #[track_caller]
    fn receive_header(&mut self, step: Option<Step>, sent: io::Result<()>) -> Result<u64, ClientError> {
        match (read_reply_header(&mut self.input), sent) {
            (Ok((header, line)), _) => {
                self.tell(step, Event::Received(&line));
                match header {
                    ReplyHeader::Ok(size) => Ok(size),
                    ReplyHeader::Err(refusal) => Err(ClientError::Refused(refusal)),
                }
            }
            (Err(_), Err(error)) => Err(ClientError::Lost { what: "the answer", error }),
            (Err(error), Ok(())) => Err(self.broken("the answer", error)),
        }
    }

    #[track_caller]
    fn receive_answer(&mut self, step: Option<Step>, sent: io::Result<()>) -> Result<String, ClientError> {
        let size = self.receive_header(step, sent)?;
        let body = self.receive_body(step, size, MOST_TEXT)?;
        String::from_utf8(body).map_err(|_| ClientError::Violation("its text is not UTF-8".to_string()))
    }

    /// Reads a body into memory, which grows with what arrives and not with what is promised.
    #[track_caller]
    fn receive_body(&mut self, step: Option<Step>, size: u64, most: u64) -> Result<Vec<u8>, ClientError> {
        if size > most {
            return Err(ClientError::Violation(format!("it promises an answer of {size} bytes; {most} are taken")));
        }
        let mut body = Vec::new();
        let read = self.input.by_ref().take(size).read_to_end(&mut body);
        match read {
            Ok(count) if count as u64 == size => {
                if !body.is_empty() {
                    self.tell(step, Event::ReceivedBodyStart(&body));
                }
                Ok(body)
            }
            Ok(_) => Err(self.broken("the answer", io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.broken("the answer", error)),
        }
    }

    /// What an error means that came while something was received.
    fn broken(&self, what: &'static str, error: io::Error) -> ClientError {
        match error.kind() {
            _ if is_timeout(&error) => ClientError::Silent(self.timeout),
            io::ErrorKind::InvalidData => ClientError::Violation(error.to_string()),
            _ => ClientError::Lost { what, error },
        }
    }

    #[track_caller]
    fn tell(&self, step: Option<Step>, event: Event) {
        let site = Location::caller();
        self.journal.tell(Record { session: None, peer: Some(self.peer), step, site, event });
    }
}

/// Tries each address of the host; the last error counts.
fn connect_to_any(server: &str, timeout: Duration) -> io::Result<(TcpStream, SocketAddr)> {
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

fn parse_list(body: &[u8]) -> Result<Vec<Listed>, ClientError> {
    let wrong = |what: String| Err(ClientError::Violation(what));
    let Ok(text) = std::str::from_utf8(body) else { return wrong("its list is not UTF-8".to_string()) };
    if !text.is_empty() && !text.ends_with('\n') {
        return wrong("the last line of its list has no line end".to_string());
    }
    let mut files = Vec::new();
    for line in text.split_terminator('\n') {
        match Listed::parse(line) {
            Some(_) if files.len() == MOST_LISTED => return wrong(format!("its list has over {MOST_LISTED} files")),
            Some(file) => files.push(file),
            None => return wrong(format!("a line of its list is no '<size> <name>': {}", crate::wire::quote(line))),
        }
    }
    Ok(files)
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
