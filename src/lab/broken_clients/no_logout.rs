//! The mistake: it ends the session without LOGOUT. It closes its socket, and does not wait for the goodbye and the
//! end.
//!
//! To see it: the server's log says that the client has closed the connection, and not that it has logged out.
//!
//! The right way: [`Client::logout`](crate::client::Client::logout) sends LOGOUT, reads the goodbye, and waits until
//! the server has closed.
//!
//! Read first: `parts.rs`. It does not know the grader.

use std::io;

use crate::lab::broken_clients::parts::{self, Replies, Work};

/// In a sentence.
pub const MISTAKE: &str = "closes its socket without LOGOUT: it never gets the goodbye";

/// Holds a session.
pub fn run(work: Work) -> io::Result<bool> {
    parts::converse(work, parts::download, leave)
}

fn leave(replies: Replies) -> io::Result<()> {
    // The mistake: nothing is sent.
    drop(replies);
    Ok(())
}
