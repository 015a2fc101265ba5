//! A connection to a server, for the tools that do not speak its protocol.
//!
//! Read first: nothing. It does not know what is sent on the connection.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::programs::args::Usage;
use crate::wire::printable;

/// How long a connection to each address may take.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A server as it was named, and its addresses.
#[derive(Debug)]
pub struct Target {
    /// As it was named, safe to print.
    pub name: String,
    /// At least one.
    pub addresses: Vec<SocketAddr>,
}

/// A command line's word that names a server.
///
/// # Errors
/// If it has no port.
pub fn host_and_port(word: String) -> Result<String, Usage> {
    if word.contains(':') {
        Ok(word)
    } else {
        Err(Usage(format!("'{}' needs a port, as in 127.0.0.1:4456", word.escape_debug())))
    }
}

impl Target {
    /// Looks up `HOST:PORT`.
    ///
    /// # Errors
    /// In a sentence, if it has no address.
    pub fn find(server: &str) -> Result<Target, String> {
        let name = printable(server);
        let addresses = server.to_socket_addrs().map_err(|error| format!("{name} is no address: {error}"))?;
        let addresses: Vec<_> = addresses.collect();
        if addresses.is_empty() {
            return Err(format!("{name} has no address; is the name right?"));
        }
        Ok(Target { name, addresses })
    }

    /// Connects to the first of its addresses that answers.
    ///
    /// # Errors
    /// In a sentence, if none does.
    pub fn connect(&self) -> Result<TcpStream, String> {
        let mut last_error = io::Error::from(io::ErrorKind::NotFound);
        for address in &self.addresses {
            match TcpStream::connect_timeout(address, CONNECT_TIME) {
                Ok(stream) => return Ok(stream),
                Err(error) => last_error = error,
            }
        }
        Err(format!("no connection to {}: {last_error}; is a server running there?", self.name))
    }
}
