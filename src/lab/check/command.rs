//! The command line of a student's program.
//!
//! Read first: `programs/args.rs`, `catalogue.rs`. It does not know how the program is graded.

use crate::lab::check::catalogue::Kind;
use crate::programs::args::Usage;

/// Cuts the command line of a server, that of `--command`, into words. Spaces part them; quotes of either kind keep
/// what stands between them together.
///
/// # Errors
/// If there is no word, or a quote does not end, or a shell would be needed.
pub fn words(command: &str) -> Result<Vec<String>, Usage> {
    words_of("--command", Kind::Server, command)
}

/// The same of a client, that of `--client`.
///
/// # Errors
/// As above.
pub fn client_words(command: &str) -> Result<Vec<String>, Usage> {
    words_of("--client", Kind::Client, command)
}

/// The same of a program of this kind, where `place` is what an error names: an option, or a file.
///
/// # Errors
/// As above.
pub fn words_of(place: &str, kind: Kind, command: &str) -> Result<Vec<String>, Usage> {
    let example = match kind {
        Kind::Server => "python3 server.py {dir} {port}",
        Kind::Client => "python3 client.py {host} {port} {dir}",
    };
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => {
                quote = Some(letter);
                word.get_or_insert_with(String::new);
            }
            None if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_with(String::new).push(letter),
        }
    }
    if let Some(open) = quote {
        return Err(Usage(format!("{place}: the quote {open} does not end")));
    }
    words.extend(word);
    match words.first() {
        None => Err(Usage(format!("{place} needs a program, such as {place} '{example}'"))),
        Some(first) if is_for_a_shell(first) => Err(Usage(format!(
            "{place}: there is no shell that would understand '{}'; name the program with its path, or start a \
             shell: sh -c 'cd dir && exec {example}'",
            first.escape_debug()
        ))),
        Some(_) => Ok(words),
    }
}

/// Is it `cd`, or a variable such as `PORT=4456`? A shell understands these, and they are no programs.
fn is_for_a_shell(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    word == "cd" || word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_cut_at_spaces_and_quotes_keep_words_together() {
        assert_eq!(
            words("python3 'my server.py'  {dir} \"\" a\"b c\"d").unwrap(),
            ["python3", "my server.py", "{dir}", "", "ab cd"]
        );
        assert!(words("python3 'server.py").is_err());
        assert!(words("  ").is_err());
        for shell in ["cd server && python3 server.py", "PORT={port} python3 server.py"] {
            assert!(words(shell).unwrap_err().to_string().contains("no shell"), "{shell}");
        }
        assert!(words("./a=b {port}").is_ok());
    }
}
