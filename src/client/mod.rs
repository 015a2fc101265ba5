//! The client: one session with a server, from its connection to its logout.
//!
//! Read first: [`crate::wire`]. (The other files here can wait. `receive.rs` sends a command and receives a reply.) It
//! does not know the server's code, nor who asks: a person or a script.

pub mod download;

mod receive;

pub mod error;

pub mod file_list;

pub mod part;

pub mod patience;

pub mod resume;

use std::io::{BufReader, Read, Write};

use crate::journal::{Event, Journal, SessionJournal};
use crate::wire::framing::{copy_exactly, CopyError};
use crate::wire::{Command, FileName};
use download::{Storage, Stored};
pub use error::{Awaited, ClientError};
use file_list::FileList;
use patience::{Patience, PatientStream};
use receive::{connect_to_any, receiving_failed};

/// Most bytes of a file that one read and one write move. It is larger than the server's, because a client has one
/// transfer at a time, and each system call costs time. With a quarter of this size the client measurably used more
/// processor time.
const PART: usize = 1024 * 1024;

/// One session with a server.
pub struct Client {
    stream: BufReader<PatientStream>,
    journal: SessionJournal,
}

/// The user gives commands and is shown the results: a person or a script.
pub trait User {
    /// The next command; `None` when no command is left, which means LOGOUT.
    fn next_command(&mut self) -> Option<Command>;
    /// How long to wait for the server.
    fn patience(&self) -> Patience;
    /// Where to store downloads.
    fn storage(&self) -> &Storage;
    /// The server's greeting or goodbye.
    fn show_courtesy(&mut self, text: &str);
    /// The server's answer to a command that is answered with a text.
    fn show_text(&mut self, command: &Command, text: &str);
    /// The server's list.
    fn show_list(&mut self, files: FileList);
    /// `received` bytes of a file have come, of `size`.
    fn show_progress(&mut self, name: &FileName, received: u64, size: u64);
    /// A file is complete and stored.
    fn show_stored(&mut self, name: &FileName, stored: &Stored);
    /// The last command failed.
    fn show_failure(&mut self, error: &ClientError);
}

impl Client {
    /// The conversation as the report tells it, the client's side: carries out the user's commands until LOGOUT.
    /// A refusal does not end it.
    ///
    /// The server's side is [`Session::eight_steps`](crate::server::session::Session::eight_steps).
    ///
    /// # Errors
    /// What ended the session before its goodbye. The caller must show it to the user.
    pub fn eight_steps(server: &str, journal: &Journal, user: &mut impl User) -> Result<(), ClientError> {
        let (mut client, greeting) = Client::connect(server, user.patience(), journal.clone())?; // step 1
        user.show_courtesy(&greeting);
        // Step 6 is the loop.
        while let Some(command) = user.next_command() {
            client.stream.get_mut().wait_at_most(user.patience());
            let done = match &command {
                Command::List => client.list().map(|files| user.show_list(files)), // steps 2 and 3
                Command::Download(name) => download::store_for(&mut client, name, user), // steps 4 and 5
                Command::Logout => break,
                other => client.ask(other).map(|text| user.show_text(other, &text)),
            };
            if let Err(error) = done {
                if error.ends_session() {
                    return Err(error);
                }
                user.show_failure(&error);
            }
        }
        let goodbye = client.logout()?; // steps 7 and 8
        user.show_courtesy(&goodbye);
        Ok(())
    }

    /// Step 1, the client's side: opens a TCP connection to the server, and reads its greeting.
    ///
    /// `server` is `HOST:PORT`; each address of the host is tried. A time-out alone is a `patience` too. The server's
    /// side is [`Reply::greeting`](crate::server::reply::Reply::greeting).
    ///
    /// # Errors
    /// No connection, a refusal in place of the greeting, or a server that breaks the protocol.
    pub fn connect(
        server: &str,
        patience: impl Into<Patience>,
        journal: Journal,
    ) -> Result<(Client, String), ClientError> {
        let (stream, peer) = connect_to_any(server, patience.into())?;
        let journal = SessionJournal::new(&journal, None, peer);
        journal.tell(Event::Connected);
        let mut client = Client { stream: BufReader::new(stream), journal };
        let size = client.receive_header()?;
        let greeting = client.receive_text(size)?;
        Ok((client, greeting))
    }

    /// Step 2, the client's side: asks for the list with `LIST`, and reads it.
    ///
    /// The server's side is [`FileHandler::list`](crate::server::file_handler::FileHandler::list), step 3.
    ///
    /// # Errors
    /// A refusal, a lost connection, or a list that breaks the protocol: it is taken whole or not at all.
    pub fn list(&mut self) -> Result<FileList, ClientError> {
        let size = self.request(&Command::List)?;
        self.receive_list(size)
    }

    /// Step 4, the client's side: asks for a file with `DOWNLOAD filename`, and writes its bytes to `sink`.
    ///
    /// `on_progress` is called with the bytes written so far and the promised size, after each part. Returns the size.
    /// The server's side is [`FileHandler::open`](crate::server::file_handler::FileHandler::open), step 5.
    ///
    /// # Errors
    /// A refusal, a body shorter than promised, or a `sink` that fails.
    pub fn download(
        &mut self,
        name: &FileName,
        sink: &mut impl Write,
        on_progress: impl FnMut(u64, u64),
    ) -> Result<u64, ClientError> {
        let size = self.request(&Command::Download(name.clone()))?;
        self.receive_file(size, sink, on_progress)
    }

    /// Receives so many bytes of a file, the body of an answer. Returns their number.
    fn receive_file(
        &mut self,
        size: u64,
        sink: &mut impl Write,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<u64, ClientError> {
        let mut received = 0;
        let copied = copy_exactly(&[], &mut self.stream, size, sink, PART, |part| {
            if received == 0 && !part.is_empty() {
                self.journal.tell(Event::ReceivedBodyStart(part));
            }
            received += part.len() as u64;
            on_progress(received, size);
        });
        copied.map_err(|error| match error {
            CopyError::Sink(error) => ClientError::Sink(error),
            CopyError::Source(error) => receiving_failed(Awaited::File, error),
        })?;
        Ok(size)
    }

    /// Asks for the commands, at any time. It belongs to no step.
    ///
    /// # Errors
    /// The same as [`Client::ask`].
    pub fn help(&mut self) -> Result<String, ClientError> {
        self.ask(&Command::Help)
    }

    /// Sends a command that is answered with a text for a person.
    ///
    /// # Errors
    /// A refusal, a lost connection, or a text that breaks the protocol.
    pub fn ask(&mut self, command: &Command) -> Result<String, ClientError> {
        let size = self.request(command)?;
        self.receive_text(size)
    }

    /// Step 7, the client's side: ends the session with `LOGOUT`, reads the goodbye, and sees the server close.
    ///
    /// The server's side is [`Reply::goodbye`](crate::server::reply::Reply::goodbye), step 8.
    ///
    /// # Errors
    /// A refusal, a lost connection, or a server that says more or keeps the connection open.
    pub fn logout(mut self) -> Result<String, ClientError> {
        let goodbye = self.ask(&Command::Logout)?;
        match self.stream.by_ref().bytes().next() {
            None => {
                self.journal.tell(Event::Closed { why: "the server closed the connection", is_fault: false });
                Ok(goodbye)
            }
            Some(Ok(_)) => Err(ClientError::Violation("it sent more after its goodbye".to_string())),
            Some(Err(error)) => Err(receiving_failed(Awaited::End, error)),
        }
    }
}
