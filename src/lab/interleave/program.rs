//! `lab interleave`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know how a program is parsed or run.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::lab::interleave::all::all;
use crate::lab::interleave::answers::{self, not_held, Question};
use crate::lab::interleave::columns::{empty_table, program_text, table, ASKED, WIDTH};
use crate::lab::interleave::language::Program;
use crate::lab::interleave::machine::End;
use crate::lab::interleave::parser;
use crate::lab::interleave::schedules::{self, letters_of, random, run, Run};
use crate::lab::load::report::wrapped;
use crate::lab::random::any_seed;
use crate::programs::args::{complain, say, unknown, Arg, Args, Usage};
use crate::wire::quote;

/// An answer is below its question, indented.
const INDENT: &str = "   ";

/// What to do when there is only a file.
const MODES: &str =
    "To go on, add one of: --schedule ABBA (A takes the first step, then B, B, A), --random --seed 1 (a \
    random schedule), --all (every schedule). Add --solve to see the answers.";

/// The options, as on the command line.
#[derive(Default)]
struct Asked {
    file: Option<PathBuf>,
    schedule: Option<String>,
    random: bool,
    seed: Option<u64>,
    all: bool,
    solve: bool,
}

/// Runs `lab interleave`.
///
/// # Errors
/// Wrong usage.
pub fn interleave(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    contradictions(&asked)?;
    let Some(file) = &asked.file else {
        let example = "lab interleave docs/labs/interleave/lost_update.txt";
        return Err(Usage(format!("which program? {example} shows the first one")));
    };
    let program = match parser::read(file) {
        Ok(program) => program,
        Err(why) => {
            complain("lab", &why);
            return Ok(ExitCode::FAILURE);
        }
    };
    let Shown { text, error } = shown(&program, &asked)?;
    let said = say(&format!("{}\n\n{text}", program_text(&program)));
    if let Some(why) = &error {
        complain("lab", &format!("{file:?}, {why}"));
    }
    Ok(if said.is_ok() && error.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut asked = Asked::default();
    while let Some(argument) = args.take()? {
        match &argument {
            Arg::Word(word) if asked.file.is_none() => asked.file = Some(PathBuf::from(word)),
            Arg::Option(option) => match option.as_str() {
                "--schedule" => asked.schedule = Some(args.parsed(option, "letters, such as ABBA", |_| true)?),
                "--random" => asked.random = true,
                "--seed" => asked.seed = Some(args.parsed(option, "a whole number", |_| true)?),
                "--all" => asked.all = true,
                "--solve" => asked.solve = true,
                _ => return Err(unknown(&argument, "lab")),
            },
            Arg::Word(_) => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(asked)
}

fn contradictions(asked: &Asked) -> Result<(), Usage> {
    let refuse = |why: &str| Err(Usage(why.to_string()));
    match [asked.schedule.is_some(), asked.random, asked.all].iter().filter(|given| **given).count() {
        0 if asked.solve => refuse("--solve shows answers; add --schedule ABBA, --random or --all, which ask"),
        0 | 1 if asked.seed.is_some() && !asked.random => refuse("--seed is for --random; add it, or leave --seed out"),
        0 | 1 => Ok(()),
        _ => refuse("use one of --schedule, --random and --all"),
    }
}

/// What is printed below the program.
struct Shown {
    text: String,
    /// An error in the program, which is known only with the answers.
    error: Option<String>,
}

fn shown(program: &Program, asked: &Asked) -> Result<Shown, Usage> {
    if let Some(letters) = &asked.schedule {
        let schedule = schedules::parse(program, letters)
            .map_err(|wanted| Usage(format!("--schedule needs {wanted}, not {}", quote(letters))))?;
        return Ok(one(program, &format!("schedule {letters}"), &schedule, asked.solve));
    }
    if asked.random {
        let seed = asked.seed.unwrap_or_else(any_seed);
        let schedule = random(program, seed);
        let title = format!("schedule {}\n(random, --seed {seed})", letters_of(&schedule));
        return Ok(one(program, &title, &schedule, asked.solve));
    }
    Ok(if asked.all {
        every(program, asked.solve)
    } else {
        Shown { text: wrapped(MODES, WIDTH).join("\n"), error: None }
    })
}

/// One schedule.
fn one(program: &Program, title: &str, schedule: &[usize], solve: bool) -> Shown {
    let run = run(program, schedule);
    let table = if solve { table(program, &run) } else { empty_table(program, schedule) };
    let questions = listed(&answers::of_run(program, &run), solve);
    let is_error = solve && run.end == End::NotHeld;
    Shown { text: format!("{title}\n\n{table}\n\n{questions}"), error: is_error.then(|| error(program, &run)) }
}

/// Every schedule.
fn every(program: &Program, solve: bool) -> Shown {
    let all = all(program);
    let mut parts = vec!["every schedule".to_string(), listed(&answers::of_all(program, &all), solve)];
    let mut shown_error = None;
    for (end, title) in [
        (End::Otherwise, "a wrong end"),
        (End::Deadlock, "a deadlock"),
        (End::NotHeld, "an unlock of what is not held"),
    ] {
        let Some(found) = all.ends.get(&end).filter(|_| solve) else { continue };
        let run = run(program, &found.shortest);
        parts.push(format!("{title}: schedule {}", letters_of(&found.shortest)));
        parts.push(table(program, &run));
        if end == End::NotHeld {
            shown_error = Some(error(program, &run));
        }
    }
    Shown { text: parts.join("\n\n"), error: shown_error }
}

fn error(program: &Program, run: &Run) -> String {
    format!("{}; the schedule is {}", not_held(program, run), letters_of(&run.schedule()))
}

fn listed(questions: &[Question], solve: bool) -> String {
    let listed = questions.iter().enumerate().map(|(index, Question { asked, answer })| {
        let answer = if solve { wrapped(answer, WIDTH - INDENT.len()) } else { vec![ASKED.to_string()] };
        format!("{}. {asked}\n{INDENT}{}", index + 1, answer.join(&format!("\n{INDENT}")))
    });
    listed.collect::<Vec<_>>().join("\n")
}
