//! The questions about a run, and about all schedules, each with its answer.
//!
//! Read first: `schedules.rs`, `all.rs`. It does not know whether the answers are shown.

use crate::lab::interleave::all::{All, Found, MAX_STATES};
use crate::lab::interleave::deadlock;
use crate::lab::interleave::language::{Program, THREADS};
use crate::lab::interleave::machine::{End, State, Stepped};
use crate::lab::interleave::schedules::{letters_of, run, Run, MAX_STEPS};

/// A question and its answer.
#[derive(Debug)]
pub struct Question {
    /// It does not depend on what happens.
    pub asked: String,
    /// What has happened.
    pub answer: String,
}

fn question(asked: impl Into<String>, answer: impl Into<String>) -> Question {
    Question { asked: asked.into(), answer: answer.into() }
}

/// The questions about one schedule.
pub fn of_run(program: &Program, run: &Run) -> Vec<Question> {
    let mut questions =
        vec![question("Which values do the variables have after the last step?", values(program, run.last()))];
    if !program.shared.mutexes.is_empty() {
        questions.push(question("Which thread has to wait for which mutex, at which steps?", waits(program, run)));
    }
    questions.push(question("Does every thread end?", threads_end(program, run)));
    let asked = format!("Is {} true when all threads have ended?", program.expected.text);
    questions.push(question(
        asked,
        match run.end {
            End::AsExpected => "Yes.",
            End::Otherwise => "No.",
            End::Deadlock | End::NotHeld | End::NotOver => "Not all threads have ended.",
        },
    ));
    questions
}

fn values(program: &Program, state: &State) -> String {
    let pairs = program.shared.variables.iter().zip(&state.variables);
    let values: Vec<_> = pairs.map(|(variable, value)| format!("{} = {value}", variable.name)).collect();
    values.join(", ") + "."
}

/// A sentence for each thread and mutex.
fn waits(program: &Program, run: &Run) -> String {
    let mut told: Vec<String> = Vec::new();
    for (thread, name) in THREADS.iter().enumerate() {
        for (mutex, mutex_name) in program.shared.mutexes.iter().enumerate() {
            let rows = run.rows.iter().enumerate();
            let waiting = rows.filter(|(_, row)| row.thread == thread && row.stepped == Stepped::Waits(mutex));
            let steps: Vec<_> = waiting.map(|(index, _)| (index + 1).to_string()).collect();
            match steps.len() {
                0 => {}
                1 => told.push(format!("{name} waits for {mutex_name} at step {}.", steps[0])),
                _ => told.push(format!("{name} waits for {mutex_name} at steps {}.", steps.join(", "))),
            }
        }
    }
    if told.is_empty() {
        "None.".to_string()
    } else {
        told.join(" ")
    }
}

fn threads_end(program: &Program, run: &Run) -> String {
    match run.end {
        End::AsExpected | End::Otherwise => "Yes.".to_string(),
        End::Deadlock => format!("No: it is a deadlock. {}", deadlock::told(program, run.last())),
        End::NotHeld => format!("No: {}.", not_held(program, run)),
        End::NotOver => {
            let next = |thread: usize| {
                let line = run.last().next_line(program, thread)?;
                Some(format!("{} is at line {}: {}", THREADS[thread], line.number, line.text))
            };
            let threads: Vec<_> = (0..program.threads.len()).filter_map(next).collect();
            format!("No: the schedule is over before that. {}.", threads.join("; "))
        }
    }
}

/// Why a run ended with [`End::NotHeld`].
pub fn not_held(program: &Program, run: &Run) -> String {
    let Some(last) = run.rows.last() else { return String::new() };
    let Some(line) = run.last().next_line(program, last.thread) else { return String::new() };
    format!("line {}, '{}': thread {} does not hold this mutex", line.number, line.text, THREADS[last.thread])
}

/// The questions about all schedules.
pub fn of_all(program: &Program, all: &All) -> Vec<Question> {
    let expected = &program.expected.text;
    let mut questions = vec![
        question("How many schedules are there?", count(all)),
        question(
            format!("In how many do all threads end, but not with {expected}?"),
            ends_so(all, End::Otherwise, |_| String::new()),
        ),
    ];
    let last = |found: &Found| deadlock::told(program, run(program, &found.shortest).last());
    if !program.shared.mutexes.is_empty() {
        let asked = "How many end in deadlock? Who waits for whom?";
        questions.push(question(asked, ends_so(all, End::Deadlock, |found| format!(" {}", last(found)))));
        let asked = "In how many does a thread unlock a mutex that it does not hold?";
        let where_it_is = |found: &Found| format!(" There, {}.", not_held(program, &run(program, &found.shortest)));
        questions.push(question(asked, ends_so(all, End::NotHeld, where_it_is)));
    }
    questions
}

fn count(all: &All) -> String {
    let Some(steps) = all.given_up else { return format!("{}.", all.count()) };
    let not_over = all.count_of(End::NotOver);
    let over = all.count() - not_over;
    format!(
        "Over after at most {steps} steps: {over}. Not over then: {not_over}. The lab looks no further: its limits are \
         {MAX_STEPS} steps and {MAX_STATES} states. The answers below count those that are over."
    )
}

fn ends_so(all: &All, end: End, why: impl Fn(&Found) -> String) -> String {
    match all.ends.get(&end) {
        None => "None.".to_string(),
        Some(found) => format!("{}. One of the shortest: {}.{}", found.count, letters_of(&found.shortest), why(found)),
    }
}
