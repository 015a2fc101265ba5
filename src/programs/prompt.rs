//! The source of a client's requests: the lines of a person at a prompt, or of a script.
//!
//! Read first: `lines.rs`, `plan.rs`. It does not know how a request is carried out.

use std::fmt;
use std::io::{self, BufRead, Write};

use crate::programs::args::say;
use crate::programs::lines::{Line, Lines};
use crate::programs::plan::{Plan, Request};
use crate::programs::words::{is_plain, split};
use crate::wire::{split_verb, Command, CommandSet, Refusal, Verb};

/// What people type out of habit, and the command that they mean. HELP names them.
const ALIASES: [(&str, Verb); 4] =
    [("ls", Verb::List), ("get", Verb::Download), ("quit", Verb::Logout), ("exit", Verb::Logout)];

/// Longest line that is accepted, in bytes, its line end included: 250 of the longest names fit into it.
const MAX_LINE: usize = 64 * 1024;

/// The first character that a terminal sends for an arrow key.
const ESCAPE: u8 = 0x1b;

/// The verb that a word means: one of the protocol's, or an alias.
pub fn verb(word: &str) -> Option<Verb> {
    let alias = ALIASES.iter().find(|(alias, _)| word.eq_ignore_ascii_case(alias));
    alias.map(|(_, verb)| *verb).or_else(|| CommandSet::Basic.verb(word))
}

/// What the prompt understands beside the protocol, for a person who asked for HELP.
pub fn habits() -> String {
    let aliases = ALIASES.iter().map(|(alias, verb)| format!("{alias} for {}", verb.row().word));
    format!(
        "Here also {}; Ctrl-D logs out too.\n\
         Several files: get a.txt 'my notes.txt' *.png",
        aliases.collect::<Vec<_>>().join(", ")
    )
}

/// The message about a wrong request of which nothing was sent.
pub fn not_sent(mistake: impl fmt::Display) -> String {
    format!("{mistake} (nothing was sent)")
}

/// The request of one command, or a message if it is not a command.
pub fn as_request(command: Result<Command, Refusal>) -> Result<Request, String> {
    command.map(Request::Command).map_err(not_sent)
}

/// The request that a line means, in the protocol's words or with an alias for the first. `None` for an empty line.
fn parse(line: &[u8]) -> Option<Result<Request, String>> {
    let Ok(text) = std::str::from_utf8(line) else { return Some(as_request(Command::parse(line))) };
    let (word, argument) = split_verb(text);
    match verb(word) {
        _ if word.is_empty() => None,
        Some(Verb::Download) if !argument.is_empty() => Some(files(argument)),
        Some(verb) => Some(as_request(Command::parse(format!("{} {argument}", verb.row().word).as_bytes()))),
        None if CommandSet::Extended.verb(word).is_some() => Some(Err(for_resume(word))),
        None => Some(as_request(Command::parse(line))),
    }
}

/// The message about a command of the extensions, which this client does not send directly.
pub fn for_resume(word: &str) -> String {
    not_sent(format_args!("{word} is what client --resume sends; to try it by hand, use netcat"))
}

/// In the protocol, `DOWNLOAD my notes.txt` has one name. A line of the protocol keeps its meaning here: the client
/// asks for this one name first.
fn files(argument: &str) -> Result<Request, String> {
    let words = split(argument).map_err(not_sent)?;
    let plan = Plan::new(words.into_iter().map(Ok));
    Ok(Request::Files(if is_plain(argument) { plan.or_the_whole(argument) } else { plan }))
}

/// The requests of a script, or of a person, who is shown a prompt. Ends with the input, or when the input can't be
/// read.
pub fn typed(input: impl BufRead, is_prompt: bool) -> impl Iterator<Item = Result<Request, String>> {
    let (mut lines, mut ended) = (Lines::new(input, MAX_LINE), false);
    std::iter::from_fn(move || {
        while !ended {
            if is_prompt {
                let _ = write!(io::stdout(), "> ").and_then(|()| io::stdout().flush());
            }
            let read = lines.read();
            // The rest of a line that is too long could go on for ever.
            ended = !matches!(read, Ok(Line::Whole(_)));
            match read {
                Ok(Line::Whole(line)) if is_prompt && (line.contains(&ESCAPE) || line.contains(&b'\t')) => {
                    return Some(Err(no_editor()));
                }
                Ok(Line::Whole(line)) => {
                    let request = parse(&line);
                    if request.is_some() {
                        return request;
                    }
                }
                Ok(Line::TooLong) => return Some(Err(too_long())),
                Ok(Line::End) if is_prompt => {
                    let _ = say("");
                }
                Ok(Line::End) => {}
                Err(error) => return Some(Err(format!("the commands can't be read from standard input: {error}"))),
            }
        }
        None
    })
}

fn too_long() -> String {
    format!("a line has over {MAX_LINE} bytes; nothing of it was sent, and what follows it is not read")
}

fn no_editor() -> String {
    not_sent(
        "that line holds an arrow key or a Tab, which this prompt does not know; start 'rlwrap client' for a history \
         and for editing",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The requests that a script gives.
    fn requests(script: &[u8]) -> Vec<Result<Request, String>> {
        typed(script, false).collect()
    }

    #[test]
    fn a_line_that_is_too_long_ends_the_script() {
        let longest = format!("get {:a<1$}", "", MAX_LINE - 5);
        let script = format!("LIST\n{longest}\nLIST\n");
        assert_eq!(requests(script.as_bytes()).iter().filter(|request| request.is_ok()).count(), 3);
        let script = format!("LIST\n{longest}a\nLIST\n");
        let taken = requests(script.as_bytes());
        assert!(taken.len() == 2 && taken[0].is_ok() && taken[1].is_err(), "{taken:?}");
        assert_eq!(typed(io::BufReader::new(io::repeat(0)), false).filter(Result::is_err).count(), 1);
    }

    #[test]
    fn a_line_of_the_protocol_keeps_its_meaning() {
        for (line, debugged) in
            [("DOWNLOAD my notes.txt", "ToBeAsked(FileName(\"my notes.txt\"))"), ("get a.txt", "whole: No")]
        {
            let taken = format!("{:?}", requests(line.as_bytes()));
            assert!(taken.contains(debugged), "{taken}");
        }
    }
}
