//! How a regular file is opened, and nothing else: no link, no FIFO, no socket, no directory.
//!
//! Read first: `server/file_handler.rs`. It does not know names, only paths.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// How often the opening is tried again if the file is replaced meanwhile. Between two system calls there are only some
/// microseconds. So this fails so often only if somebody replaces the file on purpose.
const TRIES: usize = 10;

/// O_NOFOLLOW and O_NONBLOCK, where their numbers are known: the standard library does not name them. With the first, a
/// symbolic link is not opened. With the second, opening a FIFO does not wait until somebody writes into it. For
/// regular files it changes nothing.
const NO_FOLLOW_NO_WAIT: Option<i32> = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    Some(0o400_000 | 0o4_000)
} else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
    Some(0o100_000 | 0o4_000)
} else if cfg!(target_os = "macos") {
    Some(0x100 | 0x4)
} else {
    None
};

/// Opens a regular file for reading, with its size; `None` if it is not a regular file. Where the numbers above are
/// known, it never waits for somebody who writes into a FIFO.
///
/// # Errors
/// The system's error.
pub fn open_regular(path: &Path) -> io::Result<Option<(File, u64)>> {
    match NO_FOLLOW_NO_WAIT {
        Some(flags) => open_in_one_look(path, flags),
        None => open_after_a_look(path),
    }
}

/// `open` itself refuses a link, and then the open file is asked for its kind. So nobody can replace it between a check
/// and the opening. The cost: a FIFO or a device is opened for a moment, and the program on its other side can notice
/// this.
fn open_in_one_look(path: &Path, flags: i32) -> io::Result<Option<(File, u64)>> {
    let mut last_error = replaced_again_and_again();
    for _ in 0..TRIES {
        match with_flags(OpenOptions::new().read(true), flags).open(path) {
            Ok(file) => {
                let metadata = file.metadata()?;
                return Ok(metadata.is_file().then_some((file, metadata.len())));
            }
            // A link, a socket, or a FIFO that may not be read is not a regular file: then the error does not matter.
            Err(error) => match fs::symlink_metadata(path) {
                Ok(metadata) if !metadata.is_file() => return Ok(None),
                // Perhaps there was a link here, and now there is a file.
                Ok(_) if error.kind() != io::ErrorKind::PermissionDenied => last_error = error,
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => return Err(gone),
                _ => return Err(error),
            },
        }
    }
    Err(last_error)
}

/// Checks first, then opens, and compares the open file with the result of the check. If somebody puts a FIFO there
/// between the check and the opening, it blocks this one session.
fn open_after_a_look(path: &Path) -> io::Result<Option<(File, u64)>> {
    for _ in 0..TRIES {
        let seen = fs::symlink_metadata(path)?;
        if !seen.is_file() {
            return Ok(None);
        }
        let file = File::open(path)?;
        let opened = file.metadata()?;
        if opened.is_file() && is_same_file(&seen, &opened) {
            return Ok(Some((file, opened.len())));
        }
    }
    Err(replaced_again_and_again())
}

fn replaced_again_and_again() -> io::Error {
    io::Error::other("it is being replaced again and again")
}

#[cfg(unix)]
fn with_flags(options: &mut OpenOptions, flags: i32) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags)
}

#[cfg(not(unix))]
fn with_flags(options: &mut OpenOptions, _: i32) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn is_same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// On other systems the standard library can't compare files. (On Windows, only a privileged user can create a link.)
#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    type Open = fn(&Path) -> io::Result<Option<(File, u64)>>;

    /// The function of this system, and the function for systems whose numbers are not known.
    const WAYS: [(&str, Open); 2] = [("open_regular", open_regular), ("open_after_a_look", open_after_a_look)];

    /// A directory with one thing of each kind; removed at the end.
    fn in_a_directory(test: impl Fn(&Path)) {
        let dir =
            std::env::temp_dir().join(format!("opening-{}-{:?}", std::process::id(), std::thread::current().id()));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("file"), "12345").unwrap();
        symlink(dir.join("file"), dir.join("link")).unwrap();
        symlink(dir.join("nothing"), dir.join("dangling")).unwrap();
        symlink(&dir, dir.join("link to a directory")).unwrap();
        fs::create_dir(dir.join("directory")).unwrap();
        let _socket = UnixListener::bind(dir.join("socket")).unwrap();
        assert!(Command::new("mkfifo").arg(dir.join("fifo")).status().unwrap().success());
        test(&dir);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_regular_file_is_opened_with_its_size() {
        in_a_directory(|dir| {
            for (way, open) in WAYS {
                assert_eq!(open(&dir.join("file")).unwrap().unwrap().1, 5, "{way}");
                assert_eq!(open(&dir.join("missing")).unwrap_err().kind(), io::ErrorKind::NotFound, "{way}");
            }
        });
    }

    #[test]
    fn links_fifos_directories_and_sockets_are_no_files_and_hold_nobody() {
        in_a_directory(|dir| {
            for (way, open) in WAYS {
                for name in ["link", "dangling", "link to a directory", "fifo", "directory", "socket"] {
                    assert!(open(&dir.join(name)).unwrap().is_none(), "{way}: {name}");
                }
            }
        });
    }

    #[test]
    fn the_numbers_of_this_system_refuse_a_link_and_do_not_wait_for_a_fifo() {
        let Some(flags) = NO_FOLLOW_NO_WAIT else { return };
        in_a_directory(|dir| {
            let open = |name: &str| with_flags(OpenOptions::new().read(true), flags).open(dir.join(name));
            assert!(open("link").is_err());
            assert!(!open("fifo").unwrap().metadata().unwrap().is_file());
        });
    }

    #[test]
    fn a_directory_that_leads_to_itself_is_an_error_and_not_a_missing_file() {
        in_a_directory(|dir| {
            symlink(dir.join("loop"), dir.join("loop")).unwrap();
            for (way, open) in WAYS {
                assert!(open(&dir.join("loop").join("file")).is_err(), "{way}");
            }
        });
    }
}
