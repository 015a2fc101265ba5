//! The names of served files, and the lines of the list.
//!
//! Read first: `wire/reply.rs`. It does not know the files themselves.

use std::fmt;

use crate::wire::reply::{parse_size, ErrorCode, Refusal};
use crate::wire::text::quote;

/// Longest file name in bytes: what the common file systems allow.
pub const MAX_FILE_NAME: usize = 255;

/// A name that a served file can have. It can never point outside its directory. Code that opens or makes a file also
/// needs a [`LocalName`](crate::wire::LocalName): it keeps the rules of the system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Accepts a name if a served file can have it: 1 to [`MAX_FILE_NAME`] bytes, no dot at its beginning, no control
    /// character (Unicode Cc), no `/`, no `\`, no space at either end.
    ///
    /// # Errors
    /// BAD_FILENAME, with the rule that the name breaks.
    pub fn parse(name: impl Into<String> + AsRef<str>) -> Result<FileName, Refusal> {
        let text = name.as_ref();
        let broken_rule = if text.is_empty() {
            "a name can't be empty"
        } else if text.len() > MAX_FILE_NAME {
            "a name has at most 255 bytes"
        } else if text.contains(['/', '\\']) {
            "a name can't lead into another directory; leave out / and \\"
        } else if text.starts_with('.') {
            "names that start with a dot are not served"
        } else if text.contains(char::is_control) {
            "a name has no control characters"
        } else if text.starts_with(' ') || text.ends_with(' ') {
            "a name has no space at either end"
        } else {
            return Ok(FileName(name.into()));
        };
        let message = format!("{} can't be a file here: {broken_rule}; LIST shows the files", quote(text));
        Err(Refusal::new(ErrorCode::BadFilename, message))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of the body that answers LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// In bytes.
    pub size: u64,
    /// The name by which it can be downloaded.
    pub name: FileName,
}

impl Listed {
    /// Reads `<size> <name>`, without the line end; `None` if it is anything else.
    pub fn parse(line: &str) -> Option<Listed> {
        let (size, name) = line.split_once(' ')?;
        Some(Listed { size: parse_size(size)?, name: FileName::parse(name).ok()? })
    }
}

/// `<size> <name>`, without the line end.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.size, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_stays_inside_its_directory() {
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "a\u{85}b", " a", "a "] {
            assert_eq!(FileName::parse(bad).unwrap_err().code, ErrorCode::BadFilename, "{bad:?}");
        }
        for good in ["a", "a..b", "déjà vu.txt", "-x", &"x".repeat(MAX_FILE_NAME)] {
            assert!(FileName::parse(good).is_ok(), "{good:?}");
        }
        assert!(FileName::parse("x".repeat(MAX_FILE_NAME + 1)).is_err());
        assert!(FileName::parse("é".repeat(128)).is_err(), "the limit counts bytes");
    }
}
