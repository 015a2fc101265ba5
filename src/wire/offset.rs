//! The offset of RESUME: the byte at which the rest of a file begins.
//!
//! Read first: `wire/reply.rs`, `docs/EXTENSIONS.md`. It does not know the file.

use std::fmt;

use crate::wire::reply::{parse_size, ErrorCode, Refusal, MAX_SIZE};
use crate::wire::text::quote;

/// A number of bytes from the beginning of a file, at most [`MAX_SIZE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset(u64);

impl Offset {
    /// So many bytes; `None` above [`MAX_SIZE`].
    pub fn new(bytes: u64) -> Option<Offset> {
        (bytes <= MAX_SIZE).then_some(Offset(bytes))
    }

    /// Reads it as the size in a reply's header is read: decimal digits, no sign, no leading zero.
    ///
    /// # Errors
    /// BAD_ARGUMENTS.
    pub fn parse(digits: &str) -> Result<Offset, Refusal> {
        let rule = "send digits alone, without a leading zero, at most 2^63 - 1; then the filename";
        let refusal = || Refusal::new(ErrorCode::BadArguments, format!("{} is no offset: {rule}", quote(digits)));
        parse_size(digits).map(Offset).ok_or_else(refusal)
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// Its digits.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
