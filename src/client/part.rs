//! The hidden file that a download is written to: its name, its permissions, how it gets its final name, and what
//! becomes of those that an interrupted client left behind.
//!
//! Read first: `client/download.rs`. It does not know where the bytes come from.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::ClientError;
use crate::wire::checksum::{Checksum, SUM_PART};

/// The name of a part begins and ends so. Between them stand a checksum of the file's name, by which a part can be
/// found again, and a random number.
const NAME_BEGINS: &str = ".download-";
const NAME_ENDS: &str = ".part";

/// A part that was not written for so long is taken for left behind. A running client writes more often, unless its
/// `--timeout` is longer than this.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(3600);

/// A hidden file that is removed when it is dropped, unless it got its final name.
pub(super) struct Part {
    path: Option<PathBuf>,
}

impl Part {
    /// Makes a file that did not exist, beside `target`: `create_new` follows no link and takes no file that somebody
    /// planted. It forbids what the file at `target` forbids.
    pub(super) fn create(target: &Path) -> io::Result<(File, Part)> {
        let path = target.with_file_name(format!("{}{:016x}{NAME_ENDS}", name_begins(target), random()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        if let Some(earlier) = fs::symlink_metadata(target).ok().filter(Metadata::is_file) {
            keep_stricter_mode(&mut options, &earlier);
        }
        let file = options.open(&path)?;
        Ok((file, Part { path: Some(path) }))
    }

    /// The download was cut. Leaves the part to be continued another time, if it is the longest part of the file, and
    /// large enough that the server has a checksum for it.
    pub(super) fn leave(mut self, target: &Path) {
        if EarlierPart::of(target).map(|longest| longest.path) == self.path {
            self.path = None;
        }
    }

    /// Gives it its final name. Returns whether something else had that name until now.
    ///
    /// # Errors
    /// [`ClientError::Kept`] if `keep` is set and the name is taken; else what the system says.
    pub(super) fn take_final_name(self, target: &Path, keep: bool) -> Result<bool, ClientError> {
        let named = if keep { self.take_free_name(target).map(|()| false) } else { self.replace(target) };
        named.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists if keep => ClientError::Kept(target.to_path_buf()),
            _ => ClientError::NotStored { path: target.to_path_buf(), error },
        })
    }

    /// In place of whatever has the name.
    fn replace(mut self, target: &Path) -> io::Result<bool> {
        let replaced = fs::symlink_metadata(target).is_ok();
        if let Some(path) = &self.path {
            fs::rename(path, target)?;
        }
        self.path = None;
        Ok(replaced)
    }

    /// Only if nothing has the name. Nobody can take the name between a look and the renaming, because there is no
    /// look: the system makes a second name for the file, or refuses with `AlreadyExists`.
    fn take_free_name(self, target: &Path) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        match fs::hard_link(path, target) {
            // The first name goes when this is dropped.
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => claim_and_rename(path, target),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// The beginning of the names of all parts of a file.
fn name_begins(target: &Path) -> String {
    let mut checksum = Checksum::default();
    checksum.add(target.file_name().unwrap_or_default().as_encoded_bytes());
    format!("{NAME_BEGINS}{checksum}-")
}

/// What an earlier download of a file left. Another client may still be writing it.
pub(super) struct EarlierPart {
    /// Its bytes, from the beginning.
    pub(super) file: File,
    path: PathBuf,
    /// As it was when it was found.
    found: Metadata,
}

impl EarlierPart {
    /// The longest part of the file that is to be stored at `target`, if one has at least a MiB: SUM tells a checksum
    /// of each MiB. Only regular files are looked at, and no link is followed.
    pub(super) fn of(target: &Path) -> Option<EarlierPart> {
        let begins = name_begins(target);
        let is_part = |name: &str| name.starts_with(&begins) && name.ends_with(NAME_ENDS);
        let entries = fs::read_dir(target.parent()?).ok()?.flatten();
        let parts = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_part));
        let sized = parts.filter_map(|entry| Some((entry.metadata().ok()?, entry.path())));
        let worth = sized.filter(|(found, _)| found.is_file() && found.len() >= SUM_PART);
        let (found, path) = worth.max_by_key(|(found, _)| found.len())?;
        Some(EarlierPart { file: File::open(&path).ok()?, path, found })
    }

    /// Removes it, because all that is good of it was copied; but not if somebody has written it since it was found. A
    /// client that only waits for its server meanwhile loses its part, and says so at its end.
    pub(super) fn remove_unless_written(self) {
        let EarlierPart { file, path, found } = self;
        let now = file.metadata();
        // Windows removes no open file.
        drop(file);
        let as_found = |now: &Metadata| now.len() == found.len() && now.modified().ok() == found.modified().ok();
        if now.is_ok_and(|now| as_found(&now)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The way of file systems on which a file can't have two names, such as FAT: an empty file claims the name, and the
/// part takes its place. In between, or for good if the client is killed there, others see the empty file.
fn claim_and_rename(path: &Path, target: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(target)?;
    fs::rename(path, target).map_err(|error| {
        let _ = fs::remove_file(target);
        error
    })
}

/// Whom the earlier file kept out is kept out of the new one, from its first byte on. What the system forbids new files
/// (the umask) stays forbidden, and no permission to execute is taken over.
#[cfg(unix)]
fn keep_stricter_mode(options: &mut OpenOptions, earlier: &Metadata) {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    options.mode(earlier.permissions().mode() & 0o666);
}

/// On other systems a new file gets the permissions of its directory.
#[cfg(not(unix))]
fn keep_stricter_mode(_: &mut OpenOptions, _: &Metadata) {}

/// What was left behind in a directory, and is now removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// How many files.
    pub count: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// Removes the parts that nobody has written for an hour: their clients were killed. Only regular files directly in
/// `dir` are looked at, and no link is followed. What can't be removed stays, as it stayed until now.
///
/// It can remove the part of a client that lives but has waited for its server for over an hour. That client then
/// reports that it can't store its file.
pub fn remove_left_behind(dir: &Path) -> LeftBehind {
    let mut removed = LeftBehind::default();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(NAME_BEGINS) && name.ends_with(NAME_ENDS)) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() && is_old(&metadata) && fs::remove_file(entry.path()).is_ok() {
            removed.count += 1;
            removed.bytes += metadata.len();
        }
    }
    removed
}

/// A time of change that lies in the future is not old: the clock was set back.
fn is_old(metadata: &Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|changed| changed.elapsed().ok());
    age.is_some_and(|age| age > LEFT_BEHIND_AFTER)
}

/// The standard library's only source of random numbers: the seeds of its hash maps.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_file_cant_have_two_names_a_taken_name_is_refused_too() {
        let dir = std::env::temp_dir().join(format!("part-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let target = dir.join("a.txt");
        for taken in [false, true] {
            let (_, part) = Part::create(&target).unwrap();
            let claimed = claim_and_rename(part.path.as_ref().unwrap(), &target);
            match claimed {
                Ok(()) => assert!(!taken),
                Err(error) => assert!(taken && error.kind() == io::ErrorKind::AlreadyExists, "{error}"),
            }
            drop(part);
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "the part is gone, the target is there");
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
