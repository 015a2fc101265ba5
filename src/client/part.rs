//! The hidden file to which a download is written, called the part: its name, its permissions, how it gets its final
//! name, and what happens to the parts that an interrupted client left.
//!
//! Read first: `client/download.rs`. It does not know where the bytes come from.

use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::client::ClientError;
use crate::wire::checksum::{Checksum, SUM_PART};

/// The beginning and the end of a part's name. Between them are a checksum of the file's name, by which a part can be
/// found again, the number of the process that writes it, and a random number.
const NAME_BEGINS: &str = ".download-";
const NAME_ENDS: &str = ".part";

/// In place of the process's number, in the name of a part that no process writes any more.
const LEFT: &str = "left";

/// On a system that does not show which processes run, a part that was not written for so long may be continued. A
/// running client writes more often, unless its server is slow.
const IDLE_AFTER: Duration = Duration::from_secs(60);

/// A part that was not written for so long is removed. A running client writes more often, unless its `--timeout` is
/// longer than this.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(3600);

/// A hidden file. If it is dropped before it gets its final name, it is removed, or left for a later download.
pub(super) struct Part {
    path: PathBuf,
    target: PathBuf,
    /// Is it left?
    leave: bool,
    has_final_name: bool,
}

impl Part {
    /// Makes a file that did not exist, beside `target`: `create_new` follows no link and opens no file that exists
    /// already. The part forbids what the file at `target` forbids. If the download is cut and `leave` is set, the part
    /// stays.
    pub(super) fn create(target: &Path, leave: bool) -> io::Result<(File, Part)> {
        let path = new_name(target, &std::process::id().to_string());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        if let Some(earlier) = earlier_file(target) {
            keep_stricter_mode(&mut options, &earlier);
        }
        let file = options.open(&path)?;
        Ok((file, Part { path, target: target.to_path_buf(), leave, has_final_name: false }))
    }

    /// Takes over the longest part of the file that no process writes any more, if it has at least a MiB: SUM gives a
    /// checksum for each MiB.
    pub(super) fn take_over(target: &Path) -> Option<(File, Part)> {
        let begins = name_begins(target);
        let entries = fs::read_dir(target.parent()?).ok()?.flatten();
        let parts = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&begins)));
        let found = parts.filter_map(|entry| Some((entry.metadata().ok()?, entry.path())));
        let mut takeable: Vec<_> =
            found.filter(|(metadata, path)| metadata.len() >= SUM_PART && nobody_writes(path, metadata)).collect();
        takeable.sort_by_key(|(metadata, _)| Reverse(metadata.len()));
        takeable.into_iter().find_map(|(_, found)| {
            let path = new_name(target, &std::process::id().to_string());
            // If several clients want it, only one succeeds in renaming it.
            fs::rename(found, &path).ok()?;
            let part = Part { path, target: target.to_path_buf(), leave: true, has_final_name: false };
            let file = OpenOptions::new().read(true).write(true).open(&part.path).ok()?;
            if !is_ours_alone(&file, &part.path) {
                return None;
            }
            // From now on it is being written again.
            file.set_modified(SystemTime::now()).ok()?;
            if let Some(earlier) = earlier_file(target) {
                take_stricter_mode(&file, &earlier).ok()?;
            }
            Some((file, part))
        })
    }

    /// Gives it its final name. Returns where it is, and whether something else had that name until now.
    ///
    /// # Errors
    /// [`ClientError::Kept`] if `keep` is set and the name is taken; otherwise the system's error.
    pub(super) fn take_final_name(self, keep: bool) -> Result<(PathBuf, bool), ClientError> {
        let path = self.target.clone();
        let named = if keep { self.take_free_name().map(|()| false) } else { self.replace() };
        match named {
            Ok(replaced) => Ok((path, replaced)),
            Err(error) if keep && error.kind() == io::ErrorKind::AlreadyExists => Err(ClientError::Kept(path)),
            Err(error) => Err(ClientError::NotStored { path, error }),
        }
    }

    /// Replaces what has the name.
    fn replace(mut self) -> io::Result<bool> {
        let replaced = fs::symlink_metadata(&self.target).is_ok();
        fs::rename(&self.path, &self.target)?;
        self.has_final_name = true;
        Ok(replaced)
    }

    /// Only if nothing has the name. Nobody can take the name between a check and the renaming, because there is no
    /// check: the system makes a second name for the file, or refuses with `AlreadyExists`.
    fn take_free_name(mut self) -> io::Result<()> {
        match fs::hard_link(&self.path, &self.target) {
            // The first name is removed when this is dropped.
            Ok(()) => self.leave = false,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {
                claim_and_rename(&self.path, &self.target)?;
                self.has_final_name = true;
            }
        }
        Ok(())
    }

    /// The file is complete without this part, so the part is not left.
    pub(super) fn remove(mut self) {
        self.leave = false;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.has_final_name {
            return;
        }
        let is_large_enough = || fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.len() >= SUM_PART);
        if self.leave && is_large_enough() {
            let _ = fs::rename(&self.path, new_name(&self.target, LEFT));
        } else {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The beginning of the names of all parts of a file.
fn name_begins(target: &Path) -> String {
    let mut checksum = Checksum::default();
    checksum.add(target.file_name().unwrap_or_default().as_encoded_bytes());
    format!("{NAME_BEGINS}{checksum}-")
}

/// The file that will be replaced, if there is one.
fn earlier_file(target: &Path) -> Option<Metadata> {
    fs::symlink_metadata(target).ok().filter(Metadata::is_file)
}

/// A new name for a part of a file. `who` writes it.
fn new_name(target: &Path, who: &str) -> PathBuf {
    target.with_file_name(format!("{}{who}-{:016x}{NAME_ENDS}", name_begins(target), random()))
}

/// Who writes the part with this name; `None` if this is not the name of a part.
fn writer(path: &Path) -> Option<&str> {
    let inner = path.file_name()?.to_str()?.strip_prefix(NAME_BEGINS)?.strip_suffix(NAME_ENDS)?;
    let (checksum, rest) = inner.split_once('-')?;
    let (who, random) = rest.split_once('-')?;
    let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(checksum, 8) && is_hex(random, 16)).then_some(who)
}

/// Is this a part that no process writes any more? Its client left it, or has ended. Only Linux shows its processes as
/// files. On other systems the answer is yes if the part was not written for a minute.
fn nobody_writes(path: &Path, metadata: &Metadata) -> bool {
    let Some(who) = writer(path) else { return false };
    let processes = Path::new("/proc");
    let has_ended =
        if processes.join("self").exists() { !processes.join(who).exists() } else { is_older(metadata, IDLE_AFTER) };
    metadata.is_file() && (who == LEFT || has_ended)
}

/// Is the open file the file with this name, does it have no other name, and can nobody else write it? Somebody could
/// have put a link or a file into the directory.
#[cfg(unix)]
fn is_ours_alone(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    /// The permissions of others to write.
    const WRITE: u32 = 0o022;
    let (Ok(opened), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    // On a system that shows this process as a file, the file has this process's owner.
    let has_other_owner = fs::metadata("/proc/self").is_ok_and(|own| own.uid() != opened.uid());
    named.is_file()
        && (opened.dev(), opened.ino()) == (named.dev(), named.ino())
        && opened.nlink() == 1
        && opened.mode() & WRITE == 0
        && !has_other_owner
}

/// Elsewhere the standard library does not know. (On Windows, only a privileged user can create a link.)
#[cfg(not(unix))]
fn is_ours_alone(_: &File, _: &Path) -> bool {
    true
}

/// For file systems on which a file can't have two names, such as FAT: an empty file takes the name first, and then the
/// part replaces it. Others can see the empty file in between. It stays if the client is killed there.
fn claim_and_rename(path: &Path, target: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(target)?;
    fs::rename(path, target).map_err(|error| {
        let _ = fs::remove_file(target);
        error
    })
}

/// Users who could not read or write the earlier file can't read or write the new file either, from its first byte on.
/// The umask still applies, and the permission to execute is not copied.
#[cfg(unix)]
fn keep_stricter_mode(options: &mut OpenOptions, earlier: &Metadata) {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    options.mode(earlier.permissions().mode() & 0o666);
}

/// The same for a part that exists already.
#[cfg(unix)]
fn take_stricter_mode(file: &File, earlier: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & earlier.permissions().mode() & 0o666;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// On other systems a new file gets the permissions of its directory.
#[cfg(not(unix))]
fn keep_stricter_mode(_: &mut OpenOptions, _: &Metadata) {}

#[cfg(not(unix))]
fn take_stricter_mode(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Parts that were left in a directory, and are now removed.
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
/// It can remove the part of a client that still runs but has waited for its server for over an hour. That client then
/// reports that it can't store its file.
pub fn remove_left_behind(dir: &Path) -> LeftBehind {
    let mut removed = LeftBehind::default();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(NAME_BEGINS) && name.ends_with(NAME_ENDS)) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        let is_old_file = metadata.is_file() && is_older(&metadata, LEFT_BEHIND_AFTER);
        if is_old_file && fs::remove_file(entry.path()).is_ok() {
            removed.count += 1;
            removed.bytes += metadata.len();
        }
    }
    removed
}

/// A time of change that lies in the future is not old: the clock was set back.
fn is_older(metadata: &Metadata, than: Duration) -> bool {
    let age = metadata.modified().ok().and_then(|changed| changed.elapsed().ok());
    age.is_some_and(|age| age > than)
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
            let (_, part) = Part::create(&target, false).unwrap();
            let claimed = claim_and_rename(&part.path, &target);
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
