//! A line of the file, its names and its numbers, and what is wrong with one of them.
//!
//! Read first: docs/INTERLEAVE.md. It does not know what a line means.

use std::fmt;

use crate::wire::quote;

/// Most characters of a name, so that it fits into a table.
pub const MAX_NAME: usize = 8;

/// Largest number that a program may contain; its negative is the smallest. So the sum of 60 steps fits into a table.
pub const MAX_NUMBER: i64 = 999;

/// What is wrong in a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    line: usize,
    read: String,
    right: String,
}

impl Mistake {
    /// In this line, and what to write instead.
    pub fn new(source: &Source, right: impl Into<String>) -> Mistake {
        Mistake { line: source.number, read: quote(&source.text()), right: right.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.read, self.right)
    }
}

/// A line of the file that is not empty, without its comment.
pub struct Source<'a> {
    /// Its number in the file.
    pub number: usize,
    /// Its words.
    pub words: Vec<&'a str>,
}

impl Source<'_> {
    /// The line with one space between its words.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// A name that follows the rules.
///
/// # Errors
/// If it does not.
pub fn checked_name(line: &Source, name: &str) -> Result<String, Mistake> {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    if begins && name.len() <= MAX_NAME && name.chars().all(fits) {
        return Ok(name.to_string());
    }
    let right =
        format!("write a name of at most {MAX_NAME} characters: a small letter, then small letters, digits and '_'");
    Err(Mistake::new(line, right))
}

/// A number of the program.
///
/// # Errors
/// If it is none, or outside of the bounds.
pub fn number(line: &Source, text: &str) -> Result<i64, Mistake> {
    let number = text.parse().ok().filter(|number| (-MAX_NUMBER..=MAX_NUMBER).contains(number));
    number.ok_or_else(|| {
        let right = format!("{} should be a whole number from -{MAX_NUMBER} to {MAX_NUMBER}", quote(text));
        Mistake::new(line, right)
    })
}
