//! Lines that a person types or a script pipes in, of bounded length: an input such as `/dev/zero` must not fill the
//! memory.
//!
//! Read first: nothing. It does not know what the lines mean.

use std::io::{self, BufRead, Read};

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// One line, with its line end if it has one.
    Whole(Vec<u8>),
    /// A line that is too long: no byte of it is kept, and the next read skips its rest.
    TooLong,
    /// There is nothing more.
    End,
}

/// Reads lines of at most `most` bytes, their line ends included.
pub struct Lines<I> {
    input: I,
    most: usize,
    /// The line that was read last has not ended.
    is_cut: bool,
}

impl<I: BufRead> Lines<I> {
    /// At the beginning of a line.
    pub fn new(input: I, most: usize) -> Lines<I> {
        Lines { input, most, is_cut: false }
    }

    /// The next line.
    ///
    /// # Errors
    /// The system's error about the input.
    pub fn read(&mut self) -> io::Result<Line> {
        loop {
            let mut line = Vec::new();
            self.input.by_ref().take(self.most as u64).read_until(b'\n', &mut line)?;
            let is_rest = self.is_cut;
            self.is_cut = line.len() == self.most && !line.ends_with(b"\n");
            if line.is_empty() {
                return Ok(Line::End);
            } else if is_rest {
                continue;
            } else if self.is_cut {
                return Ok(Line::TooLong);
            }
            return Ok(Line::Whole(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1024;

    fn all(input: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(input, MOST);
        let mut all = Vec::new();
        while all.last() != Some(&Line::End) {
            all.push(lines.read().unwrap());
        }
        all
    }

    fn line(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_one_by_one_and_the_last_needs_no_line_end() {
        assert_eq!(all(b"who\n\nstop"), [line("who\n"), line("\n"), line("stop"), Line::End]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_once_and_skipped_to_its_end() {
        for length in [MOST, MOST + 1, 2 * MOST - 1, 2 * MOST, 2 * MOST + 1, 10 * MOST] {
            let input = format!("{}\nwho\n", "x".repeat(length));
            assert_eq!(all(input.as_bytes()), [Line::TooLong, line("who\n"), Line::End], "{length}");
        }
        let longest = format!("{}\n", "x".repeat(MOST - 1));
        assert_eq!(all(longest.as_bytes()), [line(&longest), Line::End]);
        assert_eq!(all(&[0; 5 * MOST]), [Line::TooLong, Line::End]);
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_ends() {
        assert_eq!(Lines::new(io::BufReader::new(io::repeat(0)), MOST).read().unwrap(), Line::TooLong);
    }
}
