//! The mistake: one function takes two locks in one order, and another function takes them in the opposite order. Two
//! threads can each hold one lock and wait for the other lock. They wait for ever, and so do all later downloads.
//!
//! To see it: download a small and a large file at the same moment, from several terminals. Soon the server answers no
//! download any more, but it still answers LIST and HELP. `top` shows nothing, because all these threads sleep. The
//! pause makes the moment between the two locks long, so that the mistake shows each time. Without the pause it shows
//! rarely.
//!
//! The right way: one lock at a time. [`Registry`](crate::server::registry::Registry) has one lock for all its data. If
//! two locks are needed, every function takes them in the same order.
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

/// Another function counts files above this size.
const SMALL: u64 = 1024;

/// Between the two locks.
const PAUSE: Duration = Duration::from_millis(10);

/// What has been sent. Each number has a lock of its own.
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
            // The mistake: a thread in `count_small` may hold this lock now, and wait for the lock that this thread
            // holds.
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
