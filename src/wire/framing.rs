//! Reads lines and bodies from a byte stream.
//!
//! TCP delivers bytes, not messages: one read may bring half a line, or three lines and the beginning of a fourth.
//! Programs that treat one read as one message work on one machine and fail on the network. This file has everything
//! that turns bytes into messages, for both sides.
//!
//! Read first: `wire/reply.rs`, `command.rs`. (`telnet.rs` can wait: it takes bytes out that are not part of the text.)
//! It does not know where the bytes come from, nor which command a line is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::mem;

use crate::wire::telnet::{Heard, Telnet};
use crate::wire::{visible, ReplyHeader, MAX_COMMAND_LINE, MAX_REPLY_LINE};

/// Most bytes that one read takes from a client. Nearly all commands are shorter, and each idle session has such a
/// buffer.
const READ: usize = 512;

/// Cuts the bytes that a client sends into command lines. Bytes after the end of a line are kept for the next call.
/// It never keeps more than [`MAX_COMMAND_LINE`] bytes of a line, and the bytes of one read.
#[derive(Debug)]
pub struct LineReader<S> {
    input: BufReader<S>,
    telnet: Telnet,
    line: Vec<u8>,
    /// Bytes of the current line as received, Telnet's counted: so a flood of Telnet sequences is limited too.
    received: usize,
}

/// What a [`LineReader`] met in its input.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// One line with its line end, without Telnet's sequences.
    Line(Vec<u8>),
    /// Telnet's IAC DO TIMING-MARK, perhaps inside a line, which is kept.
    TimingMark,
    /// [`MAX_COMMAND_LINE`] bytes without completing a line.
    TooLong,
    /// The other side ended its sending side; [`LineReader::waiting`] tells whether a line was unfinished.
    End,
}

impl<S: Read> LineReader<S> {
    /// A reader at the beginning of a stream.
    pub fn new(input: S) -> LineReader<S> {
        let input = BufReader::with_capacity(READ, input);
        LineReader { input, telnet: Telnet::default(), line: Vec::new(), received: 0 }
    }

    /// Reads until something is complete. A time-out of the input comes back as an error and loses nothing.
    pub fn receive(&mut self) -> io::Result<Received> {
        while let Some(byte) = self.input.by_ref().bytes().next().transpose()? {
            self.received += 1;
            let heard = self.telnet.hear(byte);
            if let Heard::Text(byte) = heard {
                self.line.push(byte);
                if byte == b'\n' {
                    self.received = 0;
                    return Ok(Received::Line(mem::take(&mut self.line)));
                }
            }
            if self.received >= MAX_COMMAND_LINE {
                return Ok(Received::TooLong);
            }
            if heard == Heard::DoTimingMark {
                return Ok(Received::TimingMark);
            }
        }
        Ok(Received::End)
    }

    /// Bytes of an unfinished line that wait for their line end, Telnet's not counted; `None` if nothing has come.
    pub fn waiting(&self) -> Option<usize> {
        (self.received > 0).then_some(self.line.len())
    }

    /// The stream itself, for the other direction.
    pub fn stream(&mut self) -> &mut S {
        self.input.get_mut()
    }
}

/// Reads exactly one line, a reply's header.
///
/// # Errors
/// `UnexpectedEof` if the stream ends before the line does, `InvalidData` if the line is no header or longer than
/// [`MAX_REPLY_LINE`], with a sentence that says what is wrong; else what the stream reports.
pub fn read_reply_header(input: &mut impl BufRead) -> io::Result<(ReplyHeader, Vec<u8>)> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_REPLY_LINE as u64).read_until(b'\n', &mut line)?;
    let wrong = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let Some(header) = line.strip_suffix(b"\n") else {
        if line.len() == MAX_REPLY_LINE {
            return Err(wrong(format!("a reply's first line must have at most {MAX_REPLY_LINE} bytes")));
        }
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    match ReplyHeader::parse(header) {
        Ok(header) => Ok((header, line)),
        Err(reason) => Err(wrong(format!("{reason}, but it is '{}'", visible(&line)))),
    }
}

/// Which side of a copy failed. The two have different consequences.
#[derive(Debug)]
pub enum CopyError {
    /// Reading failed; `UnexpectedEof` if the source ended before its promised size.
    Source(io::Error),
    /// Writing failed.
    Sink(io::Error),
}

/// Writes `head` (the size header of a reply, or nothing), then exactly `size` bytes of `source`. Fewer bytes are an
/// error.
///
/// The head and the beginning of the body are sent in ONE write, so that a small reply is one packet. A second write
/// would cost one more packet. Without TCP_NODELAY it would also wait for the acknowledgement of the first (Nagle's
/// algorithm, RFC 896). Each read or write moves at most `part` bytes. If the head does not fit into `part`, the limit
/// is the head and one byte. `on_written` is called after each write with the bytes of the body that it carried.
///
/// # Errors
/// Which side failed. What was read before the source failed has been written.
pub fn copy_exactly(
    head: &[u8],
    source: &mut impl Read,
    size: u64,
    sink: &mut impl Write,
    part: usize,
    mut on_written: impl FnMut(&[u8]),
) -> Result<(), CopyError> {
    let whole = size.saturating_add(head.len() as u64);
    let mut buffer = vec![0; whole.min(part.max(head.len() + 1) as u64) as usize];
    buffer[..head.len()].copy_from_slice(head);
    let mut start = head.len();
    let mut left = size;
    loop {
        let room = left.min((buffer.len() - start) as u64) as usize;
        // A read of zero bytes would make some sources wait.
        let read = if room == 0 { Ok(0) } else { source.read(&mut buffer[start..start + room]) };
        if matches!(&read, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
            continue;
        }
        let count = *read.as_ref().unwrap_or(&0);
        sink.write_all(&buffer[..start + count]).map_err(CopyError::Sink)?;
        on_written(&buffer[start..start + count]);
        left -= count as u64;
        if left == 0 {
            return Ok(());
        }
        if count == 0 {
            return Err(CopyError::Source(read.err().unwrap_or(io::ErrorKind::UnexpectedEof.into())));
        }
        start = 0;
    }
}

/// Did a read or a write take too long? Unix says `WouldBlock`, Windows `TimedOut`.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies a source of `bytes` in parts of 4 bytes; returns the result and the writes.
    fn copied(head: &[u8], bytes: &[u8], size: u64) -> (Result<(), CopyError>, Vec<Vec<u8>>) {
        struct Writes(Vec<Vec<u8>>);
        impl Write for Writes {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writes = Writes(Vec::new());
        let result = copy_exactly(head, &mut &*bytes, size, &mut writes, 4, |_| {});
        (result, writes.0)
    }

    #[test]
    fn the_head_and_the_beginning_of_the_body_leave_in_one_write() {
        let (result, writes) = copied(b"h\n", b"abcdefg", 7);
        assert!(result.is_ok());
        assert_eq!(writes, [&b"h\nab"[..], b"cdef", b"g"]);
        assert_eq!(copied(b"h\n", b"", 0).1, [b"h\n"]);
    }

    #[test]
    fn never_more_than_the_size_is_copied() {
        let (result, writes) = copied(b"", b"abcdefg", 5);
        assert!(result.is_ok());
        assert_eq!(writes.concat(), b"abcde");
    }

    #[test]
    fn a_source_that_ends_early_is_an_error_after_what_it_had() {
        let (result, writes) = copied(b"h\n", b"abc", 9);
        assert!(matches!(result, Err(CopyError::Source(error)) if error.kind() == io::ErrorKind::UnexpectedEof));
        assert_eq!(writes.concat(), b"h\nabc");
    }

    #[test]
    fn a_header_is_read_and_not_a_byte_more() {
        let mut input = &b"OK 2\nhi"[..];
        let (header, line) = read_reply_header(&mut input).unwrap();
        assert_eq!((header, line.as_slice(), input), (ReplyHeader::Ok(2), &b"OK 2\n"[..], &b"hi"[..]));
    }

    #[test]
    fn an_endless_header_is_given_up() {
        let error = read_reply_header(&mut io::BufReader::new(io::repeat(b'x'))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
