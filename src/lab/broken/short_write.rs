//! The mistake: it writes a reply with one `write` and ignores the count that `write` returns. A write may take fewer
//! bytes than it is given. The rest is never sent.
//!
//! To see it: ask for a file of ten megabytes and be slow to read, as in `printf 'DOWNLOAD big\n' | nc -N HOST PORT |
//! (sleep 1; cat) > copy`. Nothing is lost while all bytes fit into the kernel's buffers. So it works with small files,
//! and on the computer of its author.
//!
//! It makes its socket non-blocking while it sends. Otherwise you would not see the mistake: a blocking write on Linux
//! hardly ever returns short. Tried on Linux 6.18: five blocking writes of 64 MiB to a slow reader took all of it, each
//! after 0.7 s. With a time-out for writes (SO_SNDTIMEO) a blocking write did return short, after 3.9 MB. A
//! non-blocking write returned the same count immediately.
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
    // The mistake: it ignores the count. The bytes that did not fit into the kernel's buffer are lost.
    let _count = stream.write(&bytes);
    stream.set_nonblocking(false)
}
