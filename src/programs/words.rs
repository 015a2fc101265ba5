//! File names as a person types them: several in a line, quotes, and the patterns `*` and `?`.
//!
//! Read first: nothing. It does not know which files there are.

use std::fmt;

/// A file name as it was typed, or a pattern for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Character(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any number of any characters.
    Any,
}

impl Piece {
    /// What a character means that is neither quoted nor escaped.
    fn of(character: char) -> Piece {
        match character {
            '?' => Piece::AnyOne,
            '*' => Piece::Any,
            other => Piece::Character(other),
        }
    }
}

/// Splits a line into words, almost as a shell does. Spaces separate words. Inside `'…'` all characters are kept.
/// Inside `"…"` too, but there a backslash is dropped, and the character after it is kept. The same is true outside
/// quotes. `*` and `?` outside of quotes make a pattern.
///
/// # Errors
/// A quotation mark that is not closed, or a backslash at the end, in a sentence.
pub fn split(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    // The word that has begun. It may be empty, such as ''.
    let mut word: Option<Vec<Piece>> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        match (character, quote) {
            (' ', None) => words.extend(word.take().map(Word)),
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_with(Vec::new);
            }
            (_, Some(mark)) if character == mark => quote = None,
            ('\\', None | Some('"')) => {
                let next =
                    rest.next().ok_or("a backslash stands at the end of the line; write it twice, or drop it")?;
                word.get_or_insert_with(Vec::new).push(Piece::Character(next));
            }
            (_, Some(_)) => word.get_or_insert_with(Vec::new).push(Piece::Character(character)),
            (_, None) => word.get_or_insert_with(Vec::new).push(Piece::of(character)),
        }
    }
    match quote {
        Some(mark) => Err(format!("a {mark} is not closed; for the character itself write \\{mark}")),
        None => {
            words.extend(word.map(Word));
            Ok(words)
        }
    }
}

/// Does the line mean exactly its own characters: no quotes, no backslash, no pattern?
pub fn is_plain(line: &str) -> bool {
    !line.contains(['\'', '"', '\\', '*', '?'])
}

impl Word {
    /// An argument of a command line. The shell has split the command line and removed its quotes. Only `*` and `?`
    /// still have a meaning, and a backslash before them, which keeps them as they are.
    pub fn of_argument(argument: &str) -> Word {
        let mut pieces = Vec::new();
        let mut rest = argument.chars().peekable();
        while let Some(character) = rest.next() {
            let kept = rest.next_if(|next| character == '\\' && matches!(next, '*' | '?'));
            pieces.push(kept.map_or(Piece::of(character), Piece::Character));
        }
        Word(pieces)
    }

    /// Is it a pattern, and not a name?
    pub fn is_pattern(&self) -> bool {
        !self.0.iter().all(|piece| matches!(piece, Piece::Character(_)))
    }

    /// Does the pattern fit the name?
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut taken) = (0, 0);
        // Where to try again: after the last `*`, which then takes one character more.
        let mut again: Option<(usize, usize)> = None;
        while taken < name.len() {
            match self.0.get(at) {
                Some(Piece::Any) => {
                    again = Some((at + 1, taken));
                    at += 1;
                    continue;
                }
                Some(Piece::AnyOne) => {}
                Some(Piece::Character(character)) if *character == name[taken] => {}
                _ => {
                    let Some((behind, from)) = again else { return false };
                    again = Some((behind, from + 1));
                    (at, taken) = (behind, from + 1);
                    continue;
                }
            }
            (at, taken) = (at + 1, taken + 1);
        }
        self.0[at..].iter().all(|piece| *piece == Piece::Any)
    }
}

/// The name or the pattern, without quotes.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        use fmt::Write;
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Character(character) => f.write_char(*character),
            Piece::AnyOne => f.write_char('?'),
            Piece::Any => f.write_char('*'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words, each with a `~` before it if it is a pattern.
    fn words(line: &str) -> Vec<String> {
        let words = split(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        words.iter().map(|word| format!("{}{word}", if word.is_pattern() { "~" } else { "" })).collect()
    }

    #[test]
    fn spaces_separate_and_quotes_and_backslashes_keep() {
        for (line, wanted) in [
            ("", &[][..]),
            ("a.txt b.txt", &["a.txt", "b.txt"]),
            ("  a   b  ", &["a", "b"]),
            ("'my notes.txt' b", &["my notes.txt", "b"]),
            ("\"my notes.txt\" b", &["my notes.txt", "b"]),
            (r"my\ notes.txt b", &["my notes.txt", "b"]),
            (r#"it\'s "it's" '"' "\"\\""#, &["it's", "it's", "\"", "\"\\"]),
            (r"'a\b'", &[r"a\b"]),
            ("a'b c'd", &["ab cd"]),
            ("'' a", &["", "a"]),
            ("fable\u{a0}à\tlire", &["fable\u{a0}à\tlire"]),
            ("* '*' \\* \"?\" a?b", &["~*", "*", "*", "?", "~a?b"]),
            ("'a*'*", &["~a**"]),
        ] {
            assert_eq!(words(line), wanted, "{line}");
        }
        for wrong in ["it's", "a \"b", "'", "a\\", "\"\\\""] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_an_argument_only_patterns_mean_something() {
        for (argument, is_pattern) in
            [("it's", false), ("a b", false), ("\"", false), (r"\*", false), (r"a\?", false), ("*", true), ("a?", true)]
        {
            assert_eq!(Word::of_argument(argument).is_pattern(), is_pattern, "{argument}");
        }
        assert_eq!(Word::of_argument(r"a\b\*").to_string(), r"a\b*");
    }

    #[test]
    fn a_pattern_fits_the_whole_name() {
        for (pattern, fitting, others) in [
            ("*", &["", "a", "a.txt"][..], &[][..]),
            ("*.txt", &["a.txt", ".txt", "a.txt.txt"], &["a.txt2", "txt", "a.TXT"]),
            ("a*b*c", &["abc", "a1b2c", "abbcc", "abcbc"], &["ab", "acb", "abcd"]),
            ("?", &["a", "é", "🦀"], &["", "ab"]),
            ("a?c*", &["abc", "abcd"], &["ac", "abd"]),
            ("**a", &["a", "ba"], &["ab"]),
        ] {
            let word = &split(pattern).unwrap()[0];
            assert!(fitting.iter().all(|name| word.matches(name)), "{pattern}");
            assert!(!others.iter().any(|name| word.matches(name)), "{pattern}");
        }
        assert!(split("'a*'?").unwrap()[0].matches("a*b") && !split("'a*'?").unwrap()[0].matches("abc"));
    }

    #[test]
    fn a_pattern_of_many_stars_is_answered_at_once() {
        let word = &split(&format!("{}b", "*a".repeat(500))).unwrap()[0];
        assert!(!word.matches(&"a".repeat(255)));
    }
}
