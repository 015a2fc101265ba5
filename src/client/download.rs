//! A file from the server into a directory: it appears there complete, or not at all.
//!
//! Read first: `client/mod.rs`. (`part.rs` can wait: it makes the hidden file and gives it its final name.) It does not
//! know the wire.

use std::fs;
use std::path::{Path, PathBuf};

use crate::client::part::Part;
use crate::client::{Client, ClientError, User};
use crate::wire::{FileName, LocalName};

/// Where downloads are stored.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The directory; made if missing.
    pub dir: PathBuf,
    /// May a download not replace an earlier file of its name?
    pub keep: bool,
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
}

/// Step 4 with its result on the disk: downloads the file into the directory and returns its size.
///
/// # Errors
/// As of [`store_in`].
pub fn store(
    client: &mut Client,
    name: &FileName,
    dir: &Path,
    on_progress: impl FnMut(u64, u64),
) -> Result<u64, ClientError> {
    let storage = Storage { dir: dir.to_path_buf(), keep: false };
    store_in(client, name, &storage, on_progress).map(|stored| stored.bytes)
}

/// The same with a choice of what becomes of an earlier file.
///
/// The bytes go to a hidden temporary file of a new, random name beside the final one. It is renamed to the final name
/// when all of it has arrived. Until then an earlier file of that name stays as it was. This holds however the program
/// ends, but not for a power cut: what the system has not yet written to the disk is lost with it.
///
/// # Errors
/// As of [`Client::download`], or if a file can't be made, written or renamed. The temporary file is removed then.
pub fn store_in(
    client: &mut Client,
    name: &FileName,
    storage: &Storage,
    on_progress: impl FnMut(u64, u64),
) -> Result<Stored, ClientError> {
    let path = storage.dir.join(LocalName::of(name).map_err(ClientError::NoLocalName)?.as_str());
    let not_stored = |error| ClientError::NotStored { path: path.clone(), error };
    if storage.keep && fs::symlink_metadata(&path).is_ok() {
        return Err(ClientError::Kept(path));
    }
    fs::create_dir_all(&storage.dir).map_err(not_stored)?;
    let (mut file, part) = Part::create(&path).map_err(not_stored)?;
    let bytes = client.download(name, &mut file, on_progress).map_err(|error| match error {
        ClientError::Sink(error) => ClientError::Abandoned { path: path.clone(), error },
        other => other,
    })?;
    // Windows renames no open file.
    drop(file);
    let replaced = part.take_final_name(&path, storage.keep)?;
    Ok(Stored { bytes, path, replaced })
}

/// The same for a user, who is shown the progress and the result.
pub(super) fn store_for(client: &mut Client, name: &FileName, user: &mut impl User) -> Result<(), ClientError> {
    let storage = user.storage().clone();
    let stored = store_in(client, name, &storage, |received, size| user.show_progress(name, received, size))?;
    user.show_stored(name, &stored);
    Ok(())
}
