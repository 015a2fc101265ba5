//! The mistake: at the end of the stream each read returns immediately, with no bytes. This server treats that as
//! "nothing yet", and reads again.
//!
//! To see it: connect with netcat, end it with Ctrl-C, and look at `top`: one core is busy from then on, for each
//! client that left in this way. A client that only ends its sending side (`nc -N`) never sees the connection close.
//!
//! The right way: [`Received::End`](crate::wire::framing::Received) ends the session, in
//! [`Session::receive_line`](crate::server::session::Session::receive_line).
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;

/// In a sentence.
pub const MISTAKE: &str = "treats the end of the stream as \"nothing yet\", and reads again and again";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    loop {
        // The mistake: `None` is the end of the stream, and nothing will ever come again.
        let Some(command) = parts::next_command(&mut lines)? else { continue };
        let answer = parts::answer(command, dir);
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            return Ok(());
        }
    }
}
