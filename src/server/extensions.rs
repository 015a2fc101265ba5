//! The server's half of the extensions: RESUME sends the rest of a file, SUM its checksums.
//!
//! Read first: `docs/EXTENSIONS.md`, `server/file_handler.rs`. It does not know the network, nor who asks.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use crate::server::file_handler::{read_failed, FileHandler};
use crate::server::reply::{Body, Reply};
use crate::server::Server;
use crate::wire::checksum::{Checksum, SUM_LINE, SUM_PART};
use crate::wire::offset::Offset;
use crate::wire::{quote, Command, CommandSet, ErrorCode, FileName, Refusal, ReplyHeader};

/// How much of a file one read takes for the checksum. Twice as much was not faster.
const READ: usize = 64 * 1024;

impl Server {
    /// The same server, with the extensions switched on.
    pub fn with_extensions(self) -> Server {
        Server { commands: CommandSet::Extended, ..self }
    }
}

impl FileHandler {
    /// Answers RESUME with the open file from that byte on. All rules of [`FileHandler::open`] hold.
    pub fn open_at(&self, offset: Offset, name: &FileName) -> Reply {
        let found = self.find(name).and_then(|(file, size)| Ok((seek(file, size, offset, name)?, size)));
        match found {
            Ok((file, size)) => {
                let subject = Command::Resume(offset, name.clone()).to_string();
                Reply::file(&subject, file, size - offset.bytes())
            }
            Err(refusal) => Reply::refusal(refusal),
        }
    }

    /// Answers SUM with the checksums of the file as it is when it is opened.
    pub fn sum(&self, name: &FileName) -> Reply {
        match self.find(name) {
            Ok((file, size)) => Reply {
                subject: Command::Sum(name.clone()).to_string(),
                header: ReplyHeader::Ok(sum_lines(size) * SUM_LINE),
                body: Body::Sums(Sums::new(file, size)),
            },
            Err(refusal) => Reply::refusal(refusal),
        }
    }
}

/// The file at that offset, which may be its end, but not beyond.
fn seek(mut file: File, size: u64, offset: Offset, name: &FileName) -> Result<File, Refusal> {
    let name = quote(name.as_str());
    if offset.bytes() > size {
        let message = format!("{name} has {size} bytes, so nothing begins at {offset}; send an offset up to its size");
        return Err(Refusal::new(ErrorCode::BadArguments, message));
    }
    file.seek(SeekFrom::Start(offset.bytes())).map_err(|error| read_failed(&name, &error))?;
    Ok(file)
}

/// How many lines answer SUM: one for each part that has begun, and one for an empty file.
fn sum_lines(size: u64) -> u64 {
    size.div_ceil(SUM_PART).max(1)
}

/// The body that answers SUM. Each line is made when it is read, so that neither the file nor the lines are ever in
/// memory, and each line leaves at once. A reader that reads on after the last line gets it again.
#[derive(Debug)]
pub struct Sums {
    file: File,
    /// Bytes of the file after the current part.
    left: u64,
    /// Bytes of the current part that are not summed yet.
    left_of_part: u64,
    checksum: Checksum,
    line: Cursor<String>,
    buffer: Vec<u8>,
}

impl Sums {
    fn new(file: File, size: u64) -> Sums {
        let left_of_part = size.min(SUM_PART);
        let (checksum, line, buffer) = (Checksum::default(), Cursor::default(), vec![0; READ]);
        Sums { file, left: size - left_of_part, left_of_part, checksum, line, buffer }
    }

    /// Adds the rest of the current part to the checksum; false if the file has become shorter.
    fn sum_part(&mut self) -> io::Result<bool> {
        while self.left_of_part > 0 {
            let room = self.left_of_part.min(READ as u64) as usize;
            let count = self.file.read(&mut self.buffer[..room])?;
            if count == 0 {
                return Ok(false);
            }
            self.checksum.add(&self.buffer[..count]);
            self.left_of_part -= count as u64;
        }
        Ok(true)
    }
}

impl Read for Sums {
    /// An end before the last line means that the file has become shorter. An error loses no part of the checksum.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line.fill_buf()?.is_empty() {
            if !self.sum_part()? {
                return Ok(0);
            }
            self.line = Cursor::new(self.checksum.line());
            self.left_of_part = self.left.min(SUM_PART);
            self.left -= self.left_of_part;
        }
        self.line.read(buffer)
    }
}
