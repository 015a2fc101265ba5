//! The mistake: it writes a reply with one `write` and does not look at the count that comes back. A write may take
//! fewer bytes than it is given; the rest is never sent.
//!
//! To see it: ask for a file of ten megabytes and be slow to read, as in `printf 'DOWNLOAD big\n' | nc -N HOST PORT |
//! (sleep 1; cat) > copy`. While the kernel's buffers have room for everything nothing is lost, so it works with
//! small files, and on the computer where it was written.
//!
//! It makes its socket non-blocking while it sends, and it must: a blocking write on Linux hardly ever returns short.
//! Tried on Linux 6.18: five blocking writes of 64 MiB to a slow reader took all of it, each after 0.7 s. With a
//! time-out for writes (SO_SNDTIMEO) a blocking write did return short, after 3.9 MB. A non-blocking one returned with
//! the same count at once.
//!
//! The right way: `write_all`, in [`copy_exactly`](crate::wire::framing::copy_exactly), writes until nothing is left.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::lab::broken::parts;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;

/// In a sentence.
pub const MISTAKE: &str = "ignores how many bytes write took: a slow reader gets only a part of a big body";

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    parts::serve(listener, dir, converse, parts::close);
}

fn converse(stream: &TcpStream, dir: &FileHandler) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = parts::next_command(&mut lines)? {
        let answer = parts::answer(command, dir);
        let last = answer.last;
        send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}

/// It does not want to wait for slow clients, so it makes the socket non-blocking while it sends. A blocking write
/// would wait until all bytes are taken, and the mistake would hardly ever show.
fn send(mut stream: &TcpStream, mut answer: parts::Answer) -> io::Result<()> {
    let mut bytes = answer.reply.header.to_line().into_bytes();
    answer.reply.body.read_to_end(&mut bytes)?;
    stream.set_nonblocking(true)?;
    // The mistake: the count is dropped, and with it what the kernel had no room for.
    let _count = stream.write(&bytes);
    stream.set_nonblocking(false)
}
