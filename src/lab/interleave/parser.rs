//! Makes a [`Program`] from a file of the tiny language, or reports the first mistake in it, with its line.
//!
//! Read first: `language.rs`, `instructions.rs`. It does not know how a program is run.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::lab::interleave::instructions;
use crate::lab::interleave::language::{
    Comparison, Expected, Program, Shared, Thread, Variable, MAX_INSTRUCTIONS, MAX_SHARED, MIN_THREADS, REGISTER,
    THREADS,
};
use crate::lab::interleave::source::{checked_name, number, Mistake, Source};

/// Most bytes of a file: many more than 60 instructions and their comments need.
const MAX_FILE: u64 = 16 * 1024;

/// Reads a file and parses it.
///
/// # Errors
/// In a sentence that names the file.
pub fn read(path: &Path) -> Result<Program, String> {
    let cant = |why: &str| format!("can't read {path:?}: {why}");
    let metadata = fs::metadata(path).map_err(|error| cant(&error.to_string()))?;
    // Opening a pipe would wait until somebody writes into it.
    if !metadata.is_file() {
        return Err(cant("it is no regular file; name a program, such as docs/labs/interleave/lost_update.txt"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| cant(&error.to_string()))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| cant(&error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(cant(&format!("it has more than {MAX_FILE} bytes; a program has a few lines")));
    }
    let text = String::from_utf8(bytes).map_err(|_| cant("it is no text in UTF-8; save it as such"))?;
    parse(&text).map_err(|mistake| format!("{path:?}, {mistake}"))
}

/// Parses the text of a file.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str) -> Result<Program, Mistake> {
    // Some editors put a mark at the beginning of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<_> = text.lines().enumerate().filter_map(source).collect();
    let end = Source { number: text.lines().count().max(1), words: vec!["(end of the file)"] };
    let first_thread = lines.iter().position(|line| !is_shared(line)).unwrap_or(lines.len());
    let (shared, rest) = lines.split_at(first_thread);
    let shared = parse_shared(shared)?;
    let last = rest.iter().position(|line| line.words[0] == "expect").unwrap_or(rest.len());
    let (threads, expect) = rest.split_at(last);
    let threads = parse_threads(&shared, threads)?;
    let last = expect.first().unwrap_or(&end);
    if let Some(missing) = THREADS[..MIN_THREADS].get(threads.len()) {
        return Err(Mistake::new(last, format!("'thread {missing}' is missing above it; write two to four threads")));
    }
    let expected = parse_expected(&shared, last)?;
    match expect.get(1) {
        Some(line) => Err(Mistake::new(line, "write nothing below the line 'expect'; it is the last one")),
        None => Ok(Program { shared, threads, expected }),
    }
}

fn source((index, text): (usize, &str)) -> Option<Source<'_>> {
    let code = text.split('#').next().unwrap_or_default();
    let words: Vec<_> = code.split_whitespace().collect();
    (!words.is_empty()).then_some(Source { number: index + 1, words })
}

fn is_shared(line: &Source) -> bool {
    ["shared", "mutex"].contains(&line.words[0])
}

fn parse_shared(lines: &[Source]) -> Result<Shared, Mistake> {
    let mut shared = Shared::default();
    for line in lines {
        match line.words[..] {
            ["shared", name, "=", initial] => {
                let name = new_name(line, name, &shared)?;
                shared.variables.push(Variable { name, initial: number(line, initial)? });
            }
            ["mutex", name] => shared.mutexes.push(new_name(line, name, &shared)?),
            ["mutex", ..] => return Err(Mistake::new(line, "write 'mutex' and one name, such as 'mutex a'")),
            _ => return Err(Mistake::new(line, "write a name and its value before the first step: 'shared x = 0'")),
        }
        if shared.variables.len() > MAX_SHARED || shared.mutexes.len() > MAX_SHARED {
            let right = format!("use at most {MAX_SHARED} variables and {MAX_SHARED} mutexes");
            return Err(Mistake::new(line, right));
        }
    }
    Ok(shared)
}

fn new_name(line: &Source, name: &str, shared: &Shared) -> Result<String, Mistake> {
    let mut known = shared.variables.iter().map(|variable| &variable.name).chain(&shared.mutexes);
    if known.any(|known| known == name) {
        return Err(Mistake::new(line, "this name is taken; choose another one"));
    }
    if name == REGISTER {
        return Err(Mistake::new(line, "'r' is the name of each thread's register; choose another one"));
    }
    checked_name(line, name)
}

fn parse_threads(shared: &Shared, lines: &[Source]) -> Result<Vec<Thread>, Mistake> {
    let mut threads = Vec::new();
    let mut count = 0;
    let mut rest = lines;
    while let Some((head, body)) = rest.split_first() {
        check_head(head, threads.len())?;
        let end = body.iter().position(|line| line.words[0] == "thread").unwrap_or(body.len());
        let thread = instructions::parse(shared, &body[..end])?;
        if thread.lines.is_empty() {
            return Err(Mistake::new(head, "write at least one instruction below it"));
        }
        count += thread.lines.len();
        if count > MAX_INSTRUCTIONS {
            let right = format!("use at most {MAX_INSTRUCTIONS} instructions in all threads together, not {count}");
            return Err(Mistake::new(head, right));
        }
        threads.push(thread);
        rest = &body[end..];
    }
    Ok(threads)
}

/// Does this line begin the thread whose turn it is?
fn check_head(line: &Source, threads_before: usize) -> Result<(), Mistake> {
    let Some(name) = THREADS.get(threads_before) else {
        return Err(Mistake::new(line, format!("use at most {} threads; write 'expect' here", THREADS.len())));
    };
    match line.words[..] {
        ["thread", word] if word == name.to_string() => Ok(()),
        ["thread", ..] => Err(Mistake::new(line, format!("this thread must be 'thread {name}'"))),
        _ => Err(Mistake::new(line, format!("write 'shared x = 0', 'mutex a' or 'thread {name}' here"))),
    }
}

fn parse_expected(shared: &Shared, line: &Source) -> Result<Expected, Mistake> {
    let right = "write what must be true at the end, such as 'expect x = 2'; signs are < <= = != >= >";
    let ["expect", name, sign, text] = line.words[..] else { return Err(Mistake::new(line, right)) };
    let comparison = Comparison::of(sign).ok_or_else(|| Mistake::new(line, right))?;
    let variable = instructions::variable(shared, line, name)?;
    Ok(Expected { text: line.words[1..].join(" "), variable, comparison, number: number(line, text)? })
}
