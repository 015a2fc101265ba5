//! Lines that a person types or a script pipes in, of bounded length: `server </dev/zero` must not fill the memory.
//!
//! Read first: nothing. It does not know what the lines mean.

use std::io::{self, BufRead, Read};

use crate::wire::MAX_COMMAND_LINE;

/// Longest line that is taken, in bytes, its line end included: no command is longer on the wire either.
pub const MAX_TYPED: usize = MAX_COMMAND_LINE;

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// One line, with its line end if it has one.
    Line(Vec<u8>),
    /// A line of over [`MAX_TYPED`] bytes: none of it is kept, and its rest is skipped by the next read.
    TooLong,
    /// There is nothing more.
    End,
}

/// Reads lines, and keeps at most [`MAX_TYPED`] bytes.
pub struct TypedLines<I> {
    input: I,
    /// The line that was read last has not ended.
    is_cut: bool,
}

impl<I: BufRead> TypedLines<I> {
    /// At the beginning of a line.
    pub fn new(input: I) -> TypedLines<I> {
        TypedLines { input, is_cut: false }
    }

    /// The next line.
    ///
    /// # Errors
    /// What the system says of the input.
    pub fn read(&mut self) -> io::Result<Typed> {
        loop {
            let mut line = Vec::new();
            self.input.by_ref().take(MAX_TYPED as u64).read_until(b'\n', &mut line)?;
            let is_rest = self.is_cut;
            self.is_cut = line.len() == MAX_TYPED && !line.ends_with(b"\n");
            if line.is_empty() {
                return Ok(Typed::End);
            } else if is_rest {
                continue;
            } else if self.is_cut {
                return Ok(Typed::TooLong);
            }
            return Ok(Typed::Line(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<Typed> {
        let mut lines = TypedLines::new(input);
        let mut all = Vec::new();
        while all.last() != Some(&Typed::End) {
            all.push(lines.read().unwrap());
        }
        all
    }

    fn line(text: &str) -> Typed {
        Typed::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_one_by_one_and_the_last_needs_no_line_end() {
        assert_eq!(all(b"who\n\nstop"), [line("who\n"), line("\n"), line("stop"), Typed::End]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_once_and_skipped_to_its_end() {
        for length in [MAX_TYPED, MAX_TYPED + 1, 2 * MAX_TYPED - 1, 2 * MAX_TYPED, 2 * MAX_TYPED + 1, 10 * MAX_TYPED] {
            let input = format!("{}\nwho\n", "x".repeat(length));
            assert_eq!(all(input.as_bytes()), [Typed::TooLong, line("who\n"), Typed::End], "{length}");
        }
        let longest = format!("{}\n", "x".repeat(MAX_TYPED - 1));
        assert_eq!(all(longest.as_bytes()), [line(&longest), Typed::End]);
        assert_eq!(all(&[0; 5 * MAX_TYPED]), [Typed::TooLong, Typed::End]);
    }

    #[test]
    fn a_line_without_end_is_told_before_it_ends() {
        assert_eq!(TypedLines::new(io::BufReader::new(io::repeat(0))).read().unwrap(), Typed::TooLong);
    }
}
