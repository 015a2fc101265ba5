//! The server's list, as the client holds it: one text.
//!
//! Read first: `client/mod.rs`. It does not know how the list came.

use crate::client::ClientError;
use crate::wire::{quote, Listed};

/// Most files in a list that is taken.
const MAX_LISTED: usize = 1_000_000;

/// The list that answered a LIST. Every line of it has been checked.
///
/// It is kept as it came, and each [`Listed`] is made only when it is read. A million of them would take several times
/// the memory of the text, because each has its name in separate memory.
#[derive(Debug, PartialEq, Eq)]
pub struct FileList {
    text: String,
}

impl FileList {
    /// Takes the body of a list whole or not at all.
    ///
    /// # Errors
    /// [`ClientError::Violation`], with what is wrong.
    pub(super) fn parse(body: Vec<u8>) -> Result<FileList, ClientError> {
        let wrong = |what: String| Err(ClientError::Violation(what));
        let Ok(text) = String::from_utf8(body) else { return wrong("its list is not UTF-8".to_string()) };
        if !text.is_empty() && !text.ends_with('\n') {
            return wrong("the last line of its list has no line end".to_string());
        }
        for (index, line) in text.split_terminator('\n').enumerate() {
            if Listed::parse(line).is_none() {
                return wrong(format!("a line of its list is no '<size> <name>': {}", quote(line)));
            }
            if index == MAX_LISTED {
                return wrong(format!("its list has over {MAX_LISTED} files"));
            }
        }
        Ok(FileList { text })
    }

    /// The files, in the order of the list.
    pub fn files(&self) -> impl Iterator<Item = Listed> + '_ {
        self.text.split_terminator('\n').filter_map(Listed::parse)
    }

    /// The same, but it takes ownership of the list.
    pub fn into_files(self) -> impl Iterator<Item = Listed> {
        let mut begin = 0;
        std::iter::from_fn(move || {
            let line = self.text[begin..].split('\n').next()?;
            begin = (begin + line.len() + 1).min(self.text.len());
            Listed::parse(line)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_the_same_whether_the_list_is_kept_or_not() {
        for (body, names) in [("", &[][..]), ("0 a\n", &["a"]), ("1 a b\n20 ç\n0 d\n", &["a b", "ç", "d"])] {
            let list = FileList::parse(body.into()).unwrap_or_else(|error| panic!("{error}"));
            let kept: Vec<_> = list.files().collect();
            assert_eq!(kept.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), names);
            assert_eq!(list.into_files().collect::<Vec<_>>(), kept);
        }
    }
}
