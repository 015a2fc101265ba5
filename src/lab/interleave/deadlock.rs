//! Which thread holds what and waits for what, in words; and the cycle, if there is one.
//!
//! Read first: `machine.rs`. It does not know how a state was reached.

use crate::lab::interleave::language::{Program, THREADS};
use crate::lab::interleave::machine::{Standing, State};

/// What the standard library says about a mutex that one thread locks twice.
const TWICE: &str = "(In Rust, a thread that locks its own mutex again may wait for ever or panic. Here it waits.)";

/// Why no thread can step in this state.
pub fn told(program: &Program, state: &State) -> String {
    let threads = 0..program.threads.len();
    let of_each: Vec<_> = threads.clone().filter_map(|thread| told_of(program, state, thread)).collect();
    let mut text = of_each.join("; ") + ".";
    let Some(cycle) = threads.clone().find_map(|thread| cycle(program, state, thread)) else { return text };
    if let [alone] = cycle[..] {
        text += &format!(" {} waits for itself. {TWICE}", THREADS[alone]);
    } else {
        let next = cycle.iter().cycle().skip(1);
        let waits: Vec<_> = cycle
            .iter()
            .zip(next)
            .map(|(waits, holds)| format!("{} waits for {}", THREADS[*waits], THREADS[*holds]))
            .collect();
        text += &format!(" The cycle: {}.", waits.join(", "));
    }
    text
}

fn told_of(program: &Program, state: &State, thread: usize) -> Option<String> {
    let names = program.shared.mutexes.iter().zip(&state.owners);
    let held: Vec<_> = names.filter(|(_, owner)| **owner == Some(thread)).map(|(name, _)| name.as_str()).collect();
    let holds = if held.is_empty() { String::new() } else { format!("holds {} and ", held.join(", ")) };
    let name = THREADS[thread];
    match state.standing(program, thread) {
        Standing::Waits(mutex) => Some(format!("{name} {holds}waits for {}", program.shared.mutexes[mutex])),
        _ if held.is_empty() => None,
        _ => Some(format!("{name} {holds}has ended")),
    }
}

/// The thread for which this thread waits.
fn waits_for(program: &Program, state: &State, thread: usize) -> Option<usize> {
    match state.standing(program, thread) {
        Standing::Waits(mutex) => state.owners[mutex],
        _ => None,
    }
}

/// The threads that wait for each other in a circle, from this one on; `None` if it is in no circle.
fn cycle(program: &Program, state: &State, first: usize) -> Option<Vec<usize>> {
    let mut cycle = vec![first];
    // A circle has at most as many members as there are threads.
    for _ in &program.threads {
        let next = waits_for(program, state, *cycle.last()?)?;
        if next == first {
            return Some(cycle);
        }
        cycle.push(next);
    }
    None
}
