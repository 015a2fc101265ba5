//! The body of LIST, made once for all sessions that wait for it.
//!
//! To list a large directory takes much time and memory, and any client can ask for it. So the server makes one list at
//! a time. Sessions that ask meanwhile wait. Then one of them makes a new list, and all of them send it.
//!
//! The server never sends an old list: a session gets a list that was begun after it had asked.
//!
//! Read first: `server/file_handler.rs`. It does not know the directory, nor who asks.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::lock::locked;
use crate::wire::Listed;

/// The latest list. A clone is another handle to the same list.
#[derive(Debug, Clone, Default)]
pub struct SharedList {
    /// The lock is the turn to make a list: it is held while the directory is read, and never while a list is sent.
    last: Arc<Mutex<Option<Made>>>,
}

#[derive(Debug)]
struct Made {
    begun: Instant,
    body: Arc<[u8]>,
}

impl SharedList {
    /// The body of a list that was begun after this was called: a line for each of the `files`.
    ///
    /// # Errors
    /// That of `files`.
    pub fn body(&self, files: impl FnOnce() -> io::Result<Vec<Listed>>) -> io::Result<Arc<[u8]>> {
        self.body_begun_after(Instant::now(), files)
    }

    fn body_begun_after(
        &self,
        asked: Instant,
        files: impl FnOnce() -> io::Result<Vec<Listed>>,
    ) -> io::Result<Arc<[u8]>> {
        locked(&self.last, |last| {
            if let Some(made) = last.as_ref().filter(|made| made.begun > asked) {
                return Ok(Arc::clone(&made.body));
            }
            let begun = Instant::now();
            let lines: String = files()?.iter().map(|file| format!("{file}\n")).collect();
            // Many sessions may still be sending the last list. If nothing changed, no second copy is kept.
            let body = match last.take() {
                Some(made) if *made.body == *lines.as_bytes() => made.body,
                _ => lines.into_bytes().into(),
            };
            *last = Some(Made { begun, body: Arc::clone(&body) });
            Ok(body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FileName;

    fn one_file(size: u64) -> io::Result<Vec<Listed>> {
        Ok(vec![Listed { size, name: FileName::parse("a.txt").unwrap() }])
    }

    #[test]
    fn a_session_that_asks_later_gets_a_new_list() {
        let list = SharedList::default();
        assert_eq!(&*list.body(|| one_file(1)).unwrap(), b"1 a.txt\n");
        assert_eq!(&*list.body(|| one_file(2)).unwrap(), b"2 a.txt\n");
    }

    #[test]
    fn a_list_that_did_not_change_takes_no_memory_a_second_time() {
        let list = SharedList::default();
        let bodies = [list.body(|| one_file(1)).unwrap(), list.body(|| one_file(1)).unwrap()];
        assert!(Arc::ptr_eq(&bodies[0], &bodies[1]));
    }

    #[test]
    fn sessions_that_asked_before_the_list_was_begun_share_it() {
        let list = SharedList::default();
        let asked = Instant::now();
        while Instant::now() == asked {}
        list.body_begun_after(asked, || one_file(1)).unwrap();
        let shared = list.body_begun_after(asked, || panic!("a second list is made")).unwrap();
        assert_eq!(&*shared, b"1 a.txt\n");
    }

    #[test]
    fn an_error_is_told_and_the_next_one_tries_again() {
        let list = SharedList::default();
        assert!(list.body(|| Err(io::ErrorKind::PermissionDenied.into())).is_err());
        assert_eq!(&*list.body(|| one_file(1)).unwrap(), b"1 a.txt\n");
    }
}
