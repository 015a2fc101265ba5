//! Stores a file from the server in a directory: it appears there complete, or not at all.
//!
//! Read first: `client/mod.rs`. (`part.rs` and `resume.rs` can wait: the hidden file and its final name; a download
//! that continues an earlier one.) It does not know the wire.

use std::fs;
use std::path::{Path, PathBuf};

use crate::client::part::Part;
use crate::client::resume::{self, Resumed};
use crate::client::{Client, ClientError, User};
use crate::wire::{FileName, LocalName};

/// Where downloads are stored.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The directory; made if missing.
    pub dir: PathBuf,
    /// Does a file that exists already stay?
    pub keep: bool,
    /// Does a download continue an earlier part, and leave its own part when it is cut?
    pub resume: bool,
}

/// A download that is complete.
#[derive(Debug)]
pub struct Stored {
    /// Its size.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Was there something of that name before?
    pub replaced: bool,
    /// What became of an earlier part.
    pub resumed: Resumed,
}

impl Storage {
    /// A directory in which downloads replace earlier files, and continue none.
    pub fn of(dir: impl Into<PathBuf>) -> Storage {
        Storage { dir: dir.into(), keep: false, resume: false }
    }
}

/// Step 4 with its result on the disk: downloads the file into the directory.
///
/// The bytes go to a hidden temporary file of a new, random name beside the final one. It is renamed to the final name
/// when all of it has arrived. Until then an earlier file of that name stays as it was. This holds however the program
/// ends, but not for a power cut: what the system has not yet written to the disk is lost with it.
///
/// # Errors
/// As of [`Client::download`], or if a file can't be made, written or renamed. The temporary file is removed then,
/// unless it is to be continued.
pub fn store(
    client: &mut Client,
    name: &FileName,
    storage: &Storage,
    on_progress: impl FnMut(u64, u64),
) -> Result<Stored, ClientError> {
    let path = storage.dir.join(LocalName::of(name).map_err(ClientError::NoLocalName)?.as_str());
    if storage.keep && fs::symlink_metadata(&path).is_ok() {
        return Err(ClientError::Kept(path));
    }
    fs::create_dir_all(&storage.dir).map_err(|error| ClientError::NotStored { path: storage.dir.clone(), error })?;
    if storage.resume {
        resume::store(client, name, storage, &path, on_progress)
    } else {
        store_whole(client, name, storage, &path, Resumed::NoPart, on_progress)
    }
}

/// Downloads all of the file into a new part.
pub(super) fn store_whole(
    client: &mut Client,
    name: &FileName,
    storage: &Storage,
    path: &Path,
    resumed: Resumed,
    on_progress: impl FnMut(u64, u64),
) -> Result<Stored, ClientError> {
    let not_stored = |error| ClientError::NotStored { path: path.to_path_buf(), error };
    let (mut file, part) = Part::create(path, storage.resume).map_err(not_stored)?;
    let received = client.download(name, &mut file, on_progress);
    // Windows can't rename an open file.
    drop(file);
    finish(part, received.map_err(|error| error.at(path))?, resumed, storage)
}

/// The file is complete.
pub(super) fn finish(part: Part, bytes: u64, resumed: Resumed, storage: &Storage) -> Result<Stored, ClientError> {
    let (path, replaced) = part.take_final_name(storage.keep)?;
    Ok(Stored { bytes, path, replaced, resumed })
}

/// The same for a user, who is shown the progress and the result.
pub(super) fn store_for(client: &mut Client, name: &FileName, user: &mut impl User) -> Result<(), ClientError> {
    let storage = user.storage().clone();
    let stored = store(client, name, &storage, |received, size| user.show_progress(name, received, size))?;
    user.show_stored(name, &stored);
    Ok(())
}
