//! A download that continues what an earlier one left, if the server has the extensions of `docs/EXTENSIONS.md`.
//!
//! An earlier part may be wrong, and another client may still be writing it. So it is only read: its bytes are copied
//! into a part of our own, as far as their checksums are the server's. Then the earlier part is removed. If the rest
//! does not come, the part of our own stays in its place.
//!
//! Read first: `docs/EXTENSIONS.md`, `client/download.rs`, `part.rs`. It does not know the user.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use crate::client::part::EarlierPart;
use crate::client::patience::Patience;
use crate::client::receive::receiving_failed;
use crate::client::{Awaited, Client, ClientError};
use crate::wire::checksum::{Checksum, SUM_LINE, SUM_PART};
use crate::wire::offset::Offset;
use crate::wire::{Command, ErrorCode, FileName};

/// What became of an earlier part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumed {
    /// There was none, or resuming was not asked for.
    NoPart,
    /// So many of its bytes were taken.
    After(u64),
    /// It could not be continued, for this reason: all of the file was downloaded.
    Anew(String),
}

/// Where our own part stands, and what the server's file is like.
struct Agreed {
    /// Bytes that were copied.
    bytes: u64,
    /// Their checksum.
    checksum: Checksum,
    /// The last line of the answer to SUM: the checksum of the server's whole file.
    of_whole: Vec<u8>,
}

/// Downloads a file into `own`, which is empty: only what the earlier part does not have, if that can be continued.
/// Returns the file's size.
///
/// # Errors
/// The same as [`Client::download`].
pub(super) fn download(
    client: &mut Client,
    name: &FileName,
    earlier: EarlierPart,
    own: &mut File,
    mut on_progress: impl FnMut(u64, u64),
) -> Result<(u64, Resumed), ClientError> {
    let resumed = continue_part(client, name, earlier, own, &mut on_progress)?;
    let size = match resumed {
        Resumed::After(_) => own.stream_position().map_err(ClientError::Sink)?,
        _ => {
            own.rewind().and_then(|()| own.set_len(0)).map_err(ClientError::Sink)?;
            client.download(name, own, on_progress)?
        }
    };
    Ok((size, resumed))
}

/// The four steps of `docs/EXTENSIONS.md`. `own` is good if the part was continued.
fn continue_part(
    client: &mut Client,
    name: &FileName,
    mut earlier: EarlierPart,
    own: &mut File,
    mut on_progress: impl FnMut(u64, u64),
) -> Result<Resumed, ClientError> {
    let Agreed { bytes, mut checksum, of_whole } = match client.copy_what_agrees(name, &mut earlier.file, own) {
        Ok(agreed) => agreed,
        Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::UnknownCommand => {
            return Ok(Resumed::Anew("the server does not know SUM".to_string()));
        }
        Err(error) => return Err(error),
    };
    // A part of which nothing is good is removed too: it would be tried again and again.
    earlier.remove_unless_written();
    let Some(offset) = Offset::new(bytes).filter(|offset| offset.bytes() > 0) else {
        return Ok(Resumed::Anew("the part is not the beginning of the server's file".to_string()));
    };
    let rest = Command::Resume(offset, name.clone());
    let mut sink = Summed { file: own, checksum: &mut checksum };
    match client.receive_file(&rest, &mut sink, |received, size| on_progress(bytes + received, bytes + size)) {
        Ok(_) if format!("{checksum}\n").as_bytes() == of_whole => Ok(Resumed::After(bytes)),
        Ok(_) => Ok(Resumed::Anew("the server's file has changed".to_string())),
        Err(ClientError::Refused(refusal)) if !refusal.code.closes() => Ok(Resumed::Anew(refusal.to_string())),
        Err(error) => Err(error),
    }
}

impl Client {
    /// Asks for the checksums of a file, and copies the beginning of `earlier` as far as it has the same.
    fn copy_what_agrees(&mut self, name: &FileName, earlier: &mut File, own: &mut File) -> Result<Agreed, ClientError> {
        let patience = self.stream.get_ref().patience();
        // The server reads a MiB for each nine bytes of this answer.
        self.stream.get_mut().wait_at_most(Patience { min_rate: None, ..patience });
        let agreed = self.compare(name, earlier, own);
        self.stream.get_mut().wait_at_most(patience);
        agreed
    }

    fn compare(&mut self, name: &FileName, earlier: &mut File, own: &mut File) -> Result<Agreed, ClientError> {
        let size = self.request(&Command::Sum(name.clone()))?;
        if size == 0 || size % SUM_LINE != 0 {
            return Err(ClientError::Violation(format!("its answer to SUM has {size} bytes: no whole lines")));
        }
        let (mut line, mut part) = (vec![0; SUM_LINE as usize], vec![0; SUM_PART as usize]);
        let (mut bytes, mut checksum, mut agrees) = (0, Checksum::default(), true);
        for _ in 0..size / SUM_LINE {
            self.stream.read_exact(&mut line).map_err(|error| receiving_failed(Awaited::Checksums, error))?;
            // If the part can't be read further, what was copied stays good.
            if agrees && earlier.read_exact(&mut part).is_ok() {
                let mut longer = checksum;
                longer.add(&part);
                agrees = format!("{longer}\n").as_bytes() == line;
                if agrees {
                    own.write_all(&part).map_err(ClientError::Sink)?;
                    (bytes, checksum) = (bytes + SUM_PART, longer);
                }
            } else {
                agrees = false;
            }
        }
        Ok(Agreed { bytes, checksum, of_whole: line })
    }
}

/// A file, and the checksum of all that was written to it.
struct Summed<'a> {
    file: &'a mut File,
    checksum: &'a mut Checksum,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.checksum.add(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
