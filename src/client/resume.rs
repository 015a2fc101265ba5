//! A download that continues an earlier, interrupted one, if the server has the extensions of `docs/EXTENSIONS.md`.
//!
//! The download takes over the part, and the part stays a part until the file is complete. So whatever goes wrong, its
//! good bytes can be continued another time. If the server sends the whole file again, the download gets a new part.
//!
//! Read first: `docs/EXTENSIONS.md`, `client/download.rs`, `part.rs`. It does not know the user.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::client::download::{finish, store_whole, Storage, Stored};
use crate::client::part::Part;
use crate::client::patience::Patience;
use crate::client::receive::receiving_failed;
use crate::client::{Awaited, Client, ClientError};
use crate::wire::checksum::{Checksum, SUM_LINE, SUM_PART};
use crate::wire::offset::Offset;
use crate::wire::{Command, ErrorCode, FileName, MAX_SIZE};

/// Most bytes in an answer to SUM: a line for each MiB of the largest file.
const MAX_SUMS: u64 = (MAX_SIZE / SUM_PART + 1) * SUM_LINE;

/// What became of an earlier part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumed {
    /// There was none, or the user did not ask to resume.
    NoPart,
    /// So many of its bytes were good, and the rest was downloaded.
    After(u64),
    /// It could not be continued, for this reason: all of the file was downloaded.
    Anew(String),
}

/// What an answer to SUM says about a part.
struct Agreed {
    /// So many bytes at its beginning are those of the server's file.
    bytes: u64,
    /// Their checksum.
    checksum: Checksum,
    /// The last line of the answer: the checksum of the server's whole file.
    of_whole: Vec<u8>,
}

/// Stores a file as [`download::store`](crate::client::download::store) does, but continues an earlier part if there is
/// one.
pub(super) fn store(
    client: &mut Client,
    name: &FileName,
    storage: &Storage,
    path: &Path,
    mut on_progress: impl FnMut(u64, u64),
) -> Result<Stored, ClientError> {
    let Some((mut file, part)) = Part::take_over(path) else {
        return store_whole(client, name, storage, path, Resumed::NoPart, on_progress);
    };
    let continued = continue_part(client, name, &mut file, &mut on_progress);
    // Windows renames no open file.
    drop(file);
    match continued.map_err(|error| error.at(path))? {
        Ok((bytes, resumed)) => finish(part, bytes, resumed, storage),
        Err(reason) => {
            let stored = store_whole(client, name, storage, path, Resumed::Anew(reason), on_progress)?;
            part.remove();
            Ok(stored)
        }
    }
}

/// Continues an earlier part, by the four steps of `docs/EXTENSIONS.md`. Returns the size of the complete file.
///
/// # Errors
/// The same as of [`Client::download`]. If the part can't be continued, that is no error: the reason is returned.
fn continue_part(
    client: &mut Client,
    name: &FileName,
    part: &mut File,
    mut on_progress: impl FnMut(u64, u64),
) -> Result<Result<(u64, Resumed), String>, ClientError> {
    let anew = |reason: &str| Ok(Err(reason.to_string()));
    let Agreed { bytes, mut checksum, of_whole } = match client.compare_patiently(name, part) {
        Ok(agreed) => agreed,
        Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::UnknownCommand => {
            return anew("the server does not know SUM");
        }
        Err(error) => return Err(error),
    };
    let Some(offset) = Offset::new(bytes).filter(|offset| offset.bytes() > 0) else {
        return anew("the part is not the beginning of the server's file");
    };
    let size = match client.request(&Command::Resume(offset, name.clone())) {
        // It was longer when its checksums were made.
        Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::BadArguments => {
            return anew("the server's file has changed");
        }
        other => other?,
    };
    part.set_len(bytes).and_then(|()| part.seek(SeekFrom::Start(bytes))).map_err(ClientError::Sink)?;
    let mut sink = Summed { file: part, checksum: &mut checksum };
    client.receive_file(size, &mut sink, |received, size| on_progress(bytes + received, bytes + size))?;
    if checksum.line().as_bytes() == of_whole {
        Ok(Ok((bytes + size, Resumed::After(bytes))))
    } else {
        anew("the server's file has changed")
    }
}

impl Client {
    /// Compares the part with the server's checksums, without a lowest rate: the server reads a MiB for each nine bytes
    /// of its answer.
    fn compare_patiently(&mut self, name: &FileName, part: &mut File) -> Result<Agreed, ClientError> {
        let patience = self.stream.get_ref().patience();
        self.stream.get_mut().wait_at_most(Patience { min_rate: None, ..patience });
        let agreed = self.compare(name, part);
        self.stream.get_mut().wait_at_most(patience);
        agreed
    }

    fn compare(&mut self, name: &FileName, part: &mut File) -> Result<Agreed, ClientError> {
        let size = self.request(&Command::Sum(name.clone()))?;
        if size == 0 || size > MAX_SUMS || size % SUM_LINE != 0 {
            return Err(ClientError::Violation(format!("its answer to SUM has {size} bytes, as no file's has")));
        }
        let (mut line, mut piece) = (vec![0; SUM_LINE as usize], vec![0; SUM_PART as usize]);
        let (mut bytes, mut checksum, mut agrees) = (0, Checksum::default(), true);
        for _ in 0..size / SUM_LINE {
            self.stream.read_exact(&mut line).map_err(|error| receiving_failed(Awaited::Checksums, error))?;
            // The rest begins where the part ends, or where it can't be read any more.
            agrees = agrees && part.read_exact(&mut piece).is_ok();
            if agrees {
                let mut longer = checksum;
                longer.add(&piece);
                agrees = longer.line().as_bytes() == line;
                if agrees {
                    (bytes, checksum) = (bytes + SUM_PART, longer);
                }
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
