//! Tables in 80 columns: a program's threads side by side, and a run with time from top to bottom.
//!
//! Read first: `schedules.rs`. It does not know the questions.

use crate::lab::interleave::language::{Instruction, Line, Program, Thread, THREADS};
use crate::lab::interleave::machine::{State, Stepped};
use crate::lab::interleave::schedules::{Row, Run};
use crate::programs::human::{columns, fitted};

/// How wide a line may be.
pub const WIDTH: usize = 80;

/// The sign in place of an answer.
pub const ASKED: &str = "?";

/// Between two columns.
const GAP: &str = "  ";

/// The program: what the threads share, the threads side by side, what is expected.
pub fn program_text(program: &Program) -> String {
    let shared =
        program.shared.variables.iter().map(|variable| format!("shared {} = {}", variable.name, variable.initial));
    let mutexes = program.shared.mutexes.iter().map(|name| format!("mutex {name}"));
    let threads: Vec<_> =
        THREADS.iter().zip(&program.threads).map(|(name, thread)| thread_lines(*name, thread)).collect();
    let longest = threads.iter().map(Vec::len).max().unwrap_or(0);
    let row = |index: usize| threads.iter().map(|lines| lines.get(index).cloned().unwrap_or_default()).collect();
    let rows: Vec<Vec<String>> = (0..longest).map(row).collect();
    let above: Vec<_> = shared.chain(mutexes).collect();
    format!("{}\n\n{}\n\nexpect {}", above.join("\n"), grid(&rows), program.expected.text)
}

fn thread_lines(name: char, thread: &Thread) -> Vec<String> {
    let labels_at = |index: usize| {
        let here = thread.labels.iter().filter(move |(_, at)| *at == index);
        here.map(|(name, _)| format!("{name}:"))
    };
    let instructions = thread
        .lines
        .iter()
        .enumerate()
        .flat_map(|(index, line)| labels_at(index).chain([format!("{:>2} {}", line.number, line.text)]));
    [thread_head(name)].into_iter().chain(instructions).chain(labels_at(thread.lines.len())).collect()
}

/// A run: one column a thread; variables and the owners of the mutexes after each step.
pub fn table(program: &Program, run: &Run) -> String {
    let mut rows = vec![heads(program), first_row(program, &run.first)];
    for (index, row) in run.rows.iter().enumerate() {
        let told = told(program, row, run.before(index));
        rows.push(step_row(program, index + 1, row.thread, &told, state_cells(&row.after)));
    }
    grid(&rows)
}

/// The same table, to be filled in.
pub fn empty_table(program: &Program, schedule: &[usize]) -> String {
    let first = State::first(program);
    let mut rows = vec![heads(program), first_row(program, &first)];
    for (index, thread) in schedule.iter().enumerate() {
        let asked = state_cells(&first).iter().map(|_| ASKED.to_string()).collect();
        rows.push(step_row(program, index + 1, *thread, ASKED, asked));
    }
    grid(&rows)
}

fn thread_head(name: char) -> String {
    format!("thread {name}")
}

fn heads(program: &Program) -> Vec<String> {
    let threads = THREADS[..program.threads.len()].iter().map(|name| thread_head(*name));
    let variables = program.shared.variables.iter().map(|variable| variable.name.clone());
    ["step".to_string()]
        .into_iter()
        .chain(threads)
        .chain(variables)
        .chain(program.shared.mutexes.iter().cloned())
        .collect()
}

fn first_row(program: &Program, first: &State) -> Vec<String> {
    let threads = program.threads.iter().map(|_| String::new());
    [number(0)].into_iter().chain(threads).chain(state_cells(first)).collect()
}

fn step_row(program: &Program, step: usize, thread: usize, told: &str, state: Vec<String>) -> Vec<String> {
    let cell = |index: usize| if index == thread { told.to_string() } else { String::new() };
    [number(step)].into_iter().chain((0..program.threads.len()).map(cell)).chain(state).collect()
}

fn number(step: usize) -> String {
    format!("{step:>4}")
}

fn state_cells(state: &State) -> Vec<String> {
    let owner = |owner: &Option<usize>| owner.map_or('-', |thread| THREADS[thread]).to_string();
    state.variables.iter().map(i64::to_string).chain(state.owners.iter().map(owner)).collect()
}

/// What a thread did in its step.
fn told(program: &Program, row: &Row, before: &State) -> String {
    let Some(line) = before.next_line(program, row.thread) else { return "(ended)".to_string() };
    match row.stepped {
        Stepped::Done => done(line, row.after.registers[row.thread]),
        Stepped::Waits(_) => format!("{}: waits", line.text),
        Stepped::NotHeld => format!("{}: error", line.text),
        Stepped::HadEnded => "(ended)".to_string(),
    }
}

fn done(line: &Line, register: i64) -> String {
    match line.instruction {
        Instruction::Read(_) | Instruction::Add(_) => format!("{}: r={register}", line.text),
        Instruction::If(comparison, number, _) => {
            let condition = line.text.split(" goto").next().unwrap_or_default();
            format!("{condition}: {}", if comparison.holds(register, number) { "yes" } else { "no" })
        }
        _ => line.text.clone(),
    }
}

/// Rows of equal length as columns, in [`WIDTH`].
fn grid(rows: &[Vec<String>]) -> String {
    let widths = widths(rows);
    let line = |row: &Vec<String>| {
        let cells: Vec<_> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{:<width$}", fitted(cell, *width))).collect();
        cells.join(GAP).trim_end().to_string()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// As wide as the widest cell of each column. If that is too wide, the widest columns are cut.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.first().map_or(0, Vec::len);
    let widest = |index: usize| rows.iter().map(|row| columns(&row[index])).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..count).map(widest).collect();
    let room = WIDTH - GAP.len() * count.saturating_sub(1);
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest -= 1;
    }
    widths
}
