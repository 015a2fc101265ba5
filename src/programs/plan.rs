//! What one request still has to do: a DOWNLOAD of several files, some of them given as a pattern.
//!
//! Read first: `words.rs`. It does not know where the request comes from, nor how a file is downloaded.

use std::collections::VecDeque;

use crate::client::file_list::FileList;
use crate::client::ClientError;
use crate::programs::words::Word;
use crate::wire::{quote, Command, ErrorCode, FileName, Refusal};

/// What a person or a script wants with one line.
#[derive(Debug)]
pub enum Request {
    /// One command of the protocol.
    Command(Command),
    /// One or several files.
    Files(Plan),
}

/// The files that one request still has to download. It is carried out step by step, because the next command can
/// depend on the answer to the last one.
#[derive(Default)]
pub struct Plan {
    whole: Whole,
    names: VecDeque<Result<FileName, Refusal>>,
    /// Not yet compared with the server's list.
    patterns: Vec<Word>,
    /// The files that the patterns fit. Each is made when its turn comes: a list can have a million names.
    matches: Option<Box<dyn Iterator<Item = FileName>>>,
}

/// The words of a line, treated as one name with spaces in it.
#[derive(Debug, Default)]
enum Whole {
    #[default]
    No,
    ToBeAsked(FileName),
    Asked,
}

/// The next thing to do.
#[derive(Debug)]
pub enum Next {
    /// To send this.
    Ask(Command),
    /// To report this: a file that can't be asked for.
    Tell(Refusal),
}

impl Plan {
    /// A plan for these files. Input that is not a list of words has been refused already.
    pub fn new(words: impl IntoIterator<Item = Result<Word, Refusal>>) -> Plan {
        let mut plan = Plan::default();
        for word in words {
            match word {
                Ok(word) if word.is_pattern() => plan.patterns.push(word),
                Ok(word) => plan.names.push_back(FileName::parse(word.to_string())),
                Err(refusal) => plan.names.push_back(Err(refusal)),
            }
        }
        plan
    }

    /// The words could be one name with spaces in it, as in the protocol. The client asks for this name first, and for
    /// the words only if there is no such file.
    pub fn or_the_whole(mut self, name: &str) -> Plan {
        if let (Ok(name), true) = (FileName::parse(name), self.names.len() > 1) {
            self.whole = Whole::ToBeAsked(name);
        }
        self
    }

    /// The next thing to do, after the last one was done or failed; `None` at the end.
    pub fn next_step(&mut self) -> Option<Next> {
        match std::mem::take(&mut self.whole) {
            Whole::No => {}
            Whole::ToBeAsked(name) => {
                self.whole = Whole::Asked;
                return Some(Next::Ask(Command::Download(name)));
            }
            // It was downloaded, or failed for another reason than NOT_FOUND: the single words are not tried.
            Whole::Asked => *self = Plan::default(),
        }
        if self.awaits_list() {
            return Some(Next::Ask(Command::List));
        }
        let name = self.names.pop_front().or_else(|| self.matches.as_mut()?.next().map(Ok));
        name.map(|name| match name {
            Ok(name) => Next::Ask(Command::Download(name)),
            Err(refusal) => Next::Tell(refusal),
        })
    }

    /// Is the next list for the patterns, and not for the user?
    pub fn awaits_list(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Takes the list that the patterns wait for. Returns a sentence for each pattern that fits no file of it.
    pub fn take_list(&mut self, list: FileList) -> Vec<String> {
        let patterns = std::mem::take(&mut self.patterns);
        let mut missed: Vec<&Word> = patterns.iter().collect();
        for file in list.files() {
            missed.retain(|pattern| !pattern.matches(file.name.as_str()));
            if missed.is_empty() {
                break;
            }
        }
        let told = missed.into_iter().map(fits_nothing).collect();
        // A file that is also asked for by its name is not asked for twice.
        let named: Vec<_> = self.names.iter().flatten().cloned().collect();
        let fits = move |name: &FileName| {
            !named.contains(name) && patterns.iter().any(|pattern| pattern.matches(name.as_str()))
        };
        self.matches = Some(Box::new(list.into_files().map(|file| file.name).filter(fits)));
        told
    }

    /// The list for the patterns does not come. Returns the patterns, for a sentence.
    pub fn give_up_patterns(&mut self) -> String {
        let patterns = std::mem::take(&mut self.patterns);
        patterns.iter().map(Word::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The last command failed with this error. Is this no failure yet, because the client will ask for the words of
    /// the line one by one?
    pub fn falls_back(&mut self, error: &ClientError) -> bool {
        let missing = matches!(error, ClientError::Refused(refusal) if refusal.code == ErrorCode::NotFound);
        let falls_back = missing && matches!(self.whole, Whole::Asked);
        if falls_back {
            self.whole = Whole::No;
        }
        falls_back
    }

    /// The files that will not be asked for if the plan ends now.
    pub fn untried(self) -> impl Iterator<Item = String> {
        // If the whole line was asked for as one name, its words are not listed.
        let names = if matches!(self.whole, Whole::No) { self.names } else { VecDeque::new() };
        let names = names.into_iter().filter_map(Result::ok).chain(self.matches.into_iter().flatten());
        names.map(|name| name.to_string()).chain(self.patterns.into_iter().map(|pattern| pattern.to_string()))
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Plan").field("whole", &self.whole).field("names", &self.names).finish_non_exhaustive()
    }
}

fn fits_nothing(pattern: &Word) -> String {
    format!("no file of the server fits {}; LIST shows the files", quote(&pattern.to_string()))
}
