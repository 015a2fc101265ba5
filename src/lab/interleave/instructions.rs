//! Makes instructions from the lines of one thread.
//!
//! Read first: `language.rs`, `source.rs`. It does not know the other threads.

use crate::lab::interleave::language::{Comparison, Instruction, Line, Shared, Thread, REGISTER};
use crate::lab::interleave::source::{checked_name, number, Mistake, Source};
use crate::wire::quote;

/// All lines that a thread can have.
const ALL: &str =
    "write one of: read x, add 1, write x, lock a, unlock a, if r < 1 goto again, goto again, or a label: \
                   again:";

/// The form of an `if`.
const IF: &str = "write 'if r < 1 goto again'; signs are < <= = != >= >";

/// Parses one thread. `shared` has the names it may use.
///
/// # Errors
/// The first mistake.
pub fn parse(shared: &Shared, sources: &[Source]) -> Result<Thread, Mistake> {
    let labels = labels(sources)?;
    let mut lines = Vec::new();
    for source in sources.iter().filter(|source| label(source).is_none()) {
        let instruction = instruction(shared, &labels, source)?;
        lines.push(Line { number: source.number, text: source.text(), instruction });
    }
    Ok(Thread { lines, labels })
}

fn label<'a>(source: &Source<'a>) -> Option<&'a str> {
    match source.words[..] {
        [word] => word.strip_suffix(':'),
        _ => None,
    }
}

fn labels(sources: &[Source]) -> Result<Vec<(String, usize)>, Mistake> {
    let mut labels: Vec<(String, usize)> = Vec::new();
    let mut next = 0;
    for source in sources {
        let Some(name) = label(source) else {
            next += 1;
            continue;
        };
        if labels.iter().any(|(known, _)| known == name) {
            return Err(Mistake::new(source, "this thread has that label already; choose another name"));
        }
        labels.push((checked_name(source, name)?, next));
    }
    Ok(labels)
}

fn instruction(shared: &Shared, labels: &[(String, usize)], source: &Source) -> Result<Instruction, Mistake> {
    Ok(match source.words[..] {
        ["read", name] => Instruction::Read(variable(shared, source, name)?),
        ["add", text] => Instruction::Add(number(source, text)?),
        ["write", name] => Instruction::Write(variable(shared, source, name)?),
        ["lock", name] => Instruction::Lock(mutex(shared, source, name)?),
        ["unlock", name] => Instruction::Unlock(mutex(shared, source, name)?),
        ["if", name, sign, text, "goto", to] => {
            if name != REGISTER {
                let right = "'if' looks at the register: first 'read x', then 'if r < 1 goto again'";
                return Err(Mistake::new(source, right));
            }
            let comparison = Comparison::of(sign).ok_or_else(|| Mistake::new(source, IF))?;
            Instruction::If(comparison, number(source, text)?, target(labels, source, to)?)
        }
        ["goto", to] => Instruction::Goto(target(labels, source, to)?),
        ["if", ..] => return Err(Mistake::new(source, IF)),
        ["shared" | "mutex", ..] => {
            return Err(Mistake::new(source, "write this above the first thread: all threads share it"))
        }
        _ => return Err(Mistake::new(source, ALL)),
    })
}

/// The variable of that name.
///
/// # Errors
/// If there is none.
pub fn variable(shared: &Shared, source: &Source, name: &str) -> Result<usize, Mistake> {
    let found = shared.variables.iter().position(|variable| variable.name == name);
    found.ok_or_else(|| {
        let right = format!("no variable is called {}; write 'shared NAME = 0' above the first thread", quote(name));
        Mistake::new(source, right)
    })
}

fn mutex(shared: &Shared, source: &Source, name: &str) -> Result<usize, Mistake> {
    let found = shared.mutexes.iter().position(|mutex| mutex == name);
    found.ok_or_else(|| {
        let right = format!("no mutex is called {}; write 'mutex NAME' above the first thread", quote(name));
        Mistake::new(source, right)
    })
}

fn target(labels: &[(String, usize)], source: &Source, name: &str) -> Result<usize, Mistake> {
    let found = labels.iter().find(|(label, _)| label == name);
    found.map(|(_, to)| *to).ok_or_else(|| {
        let right = format!("this thread has no label {}; write NAME: on a line of its own", quote(name));
        Mistake::new(source, right)
    })
}
