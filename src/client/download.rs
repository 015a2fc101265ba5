//! A file from the server into a directory: it appears there complete, or not at all.
//!
//! Read first: `client/mod.rs`. It does not know the wire.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::client::{Client, ClientError, User};
use crate::journal::Transfer;
use crate::wire::FileName;

/// Step 4 with its result on the disk: downloads the file into the directory and returns its size.
///
/// The bytes go to a hidden temporary file of a new, random name beside the final one. It is renamed to the final
/// name when all of it has arrived. Until then an earlier file of that name stays as it was.
///
/// # Errors
/// As of [`Client::download`], or if a file can't be made, written or renamed. The temporary file is removed then.
pub fn store(
    client: &mut Client,
    name: &FileName,
    dir: &Path,
    on_progress: impl FnMut(u64, u64),
) -> Result<u64, ClientError> {
    let path = dir.join(name.as_str());
    let not_stored = |error| ClientError::NotStored { path: path.clone(), error };
    fs::create_dir_all(dir).map_err(not_stored)?;
    let (mut file, temporary) = TemporaryFile::create(dir).map_err(not_stored)?;
    let size = client.download(name, &mut file, on_progress).map_err(|error| match error {
        ClientError::Sink(error) => ClientError::Abandoned { path: path.clone(), error },
        other => other,
    })?;
    // Windows renames no open file.
    drop(file);
    temporary.rename_to(&path).map_err(not_stored)?;
    Ok(size)
}

/// The same into the user's directory. The user is shown the progress and the result.
pub(super) fn store_for(client: &mut Client, name: &FileName, user: &mut impl User) -> Result<(), ClientError> {
    let (begun, dir) = (Instant::now(), user.dir().to_path_buf());
    let bytes = store(client, name, &dir, |received, size| user.show_progress(name, received, size))?;
    user.show_stored(&Transfer { subject: name.as_str(), bytes, took: begun.elapsed() });
    Ok(())
}

/// A hidden file that is removed when it is dropped, unless it was renamed.
struct TemporaryFile {
    path: Option<PathBuf>,
}

impl TemporaryFile {
    /// Makes a file that did not exist: `create_new` follows no link and takes no file that somebody planted.
    fn create(dir: &Path) -> io::Result<(File, TemporaryFile)> {
        let path = dir.join(format!(".download-{:016x}.part", random()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((file, TemporaryFile { path: Some(path) }))
    }

    fn rename_to(mut self, path: &Path) -> io::Result<()> {
        if let Some(temporary) = &self.path {
            fs::rename(temporary, path)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// The standard library's only source of random numbers: the seeds of its hash maps.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
