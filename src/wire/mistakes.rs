//! The answers to lines that are not commands: the cause, and the next thing to do.
//!
//! Read first: `wire/command.rs`. It does not know when a line is a mistake.

use crate::wire::command::Verb;
use crate::wire::reply::{ErrorCode, Refusal};
use crate::wire::text::quote;

/// The first word of the line is not a command. The word is empty if the line is empty.
pub(super) fn unknown_command(word: &str) -> Refusal {
    let message = match word {
        "" => "the line is empty; send HELP for the commands".to_string(),
        _ => format!("{} is no command here; send HELP for the commands", quote(word)),
    };
    Refusal::new(ErrorCode::UnknownCommand, message)
}

/// An argument is missing after the word.
pub(super) fn argument_missing(verb: Verb) -> Refusal {
    let (word, usage) = (verb.row().word, verb.usage());
    let message = match verb.row().arguments {
        [wanted] => format!("{word} needs a {wanted}, as in {word} notes.txt; LIST shows the files"),
        _ => format!("{word} lacks an argument; send it as {usage}; LIST shows the files"),
    };
    Refusal::new(ErrorCode::BadArguments, message)
}

/// Something follows the word of a command that takes no argument.
pub(super) fn argument_unwanted(verb: Verb, argument: &str) -> Refusal {
    let word = verb.row().word;
    let message = format!("{word} takes no argument, but {} follows it; send {word} alone", quote(argument));
    Refusal::new(ErrorCode::BadArguments, message)
}
