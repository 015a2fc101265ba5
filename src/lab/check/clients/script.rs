//! What the scripted servers of all checks say.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know when it is said.

/// The text of the greeting, as any other server may word it.
pub const GREETING: &str = "Hello. Send HELP for the commands.\n";

/// The text of the goodbye.
pub const GOODBYE: &str = "So long.\n";

/// A reply's first line and its body.
pub fn reply(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("OK {}\n", body.len()).as_bytes(), body].concat()
}
