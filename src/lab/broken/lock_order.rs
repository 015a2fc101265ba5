//! The mistake: two locks, taken by one function in one order and by another function in the other. Two threads, each
//! with the one lock and waiting for the other, wait for ever, and with them all who come later.
//!
//! To see it: download a small and a large file at the same moment, from several terminals. Soon no download is
//! answered any more; LIST and HELP still are. `top` shows nothing, for all these threads sleep. The pause makes the
//! moment long enough to be met each time; without it the mistake stays.
//!
//! The right way: one lock at a time, as [`Registry`](crate::server::registry::Registry) has one for all that it
//! shares. Where two are needed, every function takes them in the same order.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::lab::broken::parts;
use crate::lock::locked;
use crate::server::file_handler::FileHandler;
use crate::wire::framing::LineReader;
use crate::wire::Command;

/// In a sentence.
pub const MISTAKE: &str =
    "takes two locks in different orders: two downloads at the same time can wait for each other for ever";

/// Files above it are counted by another function.
const SMALL: u64 = 1024;

/// Between the two locks.
const PAUSE: Duration = Duration::from_millis(10);

/// What has been sent, each number under a lock of its own.
#[derive(Default)]
struct Sent {
    files: Mutex<u64>,
    bytes: Mutex<u64>,
}

/// Serves for ever.
pub fn serve(listener: &TcpListener, dir: &FileHandler) {
    let sent = Arc::new(Sent::default());
    parts::serve(listener, dir, move |stream, dir| converse(stream, dir, &sent), parts::close);
}

impl Sent {
    fn count_small(&self, size: u64) {
        locked(&self.files, |files| {
            thread::sleep(PAUSE);
            locked(&self.bytes, |bytes| (*files, *bytes) = (*files + 1, *bytes + size));
        });
    }

    fn count_large(&self, size: u64) {
        locked(&self.bytes, |bytes| {
            thread::sleep(PAUSE);
            // The mistake: whoever is in `count_small` now has this lock, and waits for the one that is held here.
            locked(&self.files, |files| (*files, *bytes) = (*files + 1, *bytes + size));
        });
    }
}

fn converse(stream: &TcpStream, dir: &FileHandler, sent: &Sent) -> io::Result<()> {
    parts::send(stream, parts::greeting())?;
    let mut lines = LineReader::new(stream);
    while let Some(command) = parts::next_command(&mut lines)? {
        let is_download = matches!(command, Ok(Command::Download(_)));
        let answer = parts::answer(command, dir);
        let size = answer.reply.size();
        if is_download && size > SMALL {
            sent.count_large(size);
        } else if is_download {
            sent.count_small(size);
        }
        let last = answer.last;
        parts::send(stream, answer)?;
        if last {
            break;
        }
    }
    Ok(())
}
