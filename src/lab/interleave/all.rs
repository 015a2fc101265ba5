//! Every schedule of a program, counted: how many end in which way, and the first of the shortest for each way.
//!
//! If two schedules of the same length lead to the same state, they continue in the same way. So this keeps the states
//! after each number of steps, and for each state the number of schedules that lead to it. It does not keep the
//! schedules.
//!
//! Read first: `machine.rs`. It does not know how the counts are printed.

use std::collections::BTreeMap;

use crate::lab::interleave::language::Program;
use crate::lab::interleave::machine::{End, State, Stepped};
use crate::lab::interleave::schedules::{Schedule, MAX_STEPS};

/// Most states that are tried: this takes some seconds, and less than 100 MB, in a program built without optimization.
pub const MAX_STATES: usize = 200_000;

/// Schedules that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many there are.
    pub count: u128,
    /// The shortest schedule; among several, the first in alphabetical order.
    pub shortest: Schedule,
}

/// The ends of all schedules.
#[derive(Debug)]
pub struct All {
    /// For each way to end.
    pub ends: BTreeMap<End, Found>,
    /// The search stopped after so many steps; `None` if every schedule has ended.
    pub given_up: Option<usize>,
}

impl All {
    /// How many schedules there are.
    pub fn count(&self) -> u128 {
        self.ends.values().map(|found| found.count).sum()
    }

    /// How many end in this way.
    pub fn count_of(&self, end: End) -> u128 {
        self.ends.get(&end).map_or(0, |found| found.count)
    }
}

/// Tries every schedule, up to [`MAX_STEPS`] steps and [`MAX_STATES`] states. Only threads that are ready step.
pub fn all(program: &Program) -> All {
    let mut ends = BTreeMap::new();
    let mut level = BTreeMap::from([(State::first(program), Found { count: 1, shortest: Vec::new() })]);
    let mut looked_at = 0;
    for steps in 0.. {
        level.retain(|state, found| match state.end(program) {
            Some(end) => {
                add(&mut ends, end, found.clone());
                false
            }
            None => true,
        });
        if level.is_empty() {
            break;
        }
        looked_at += level.len();
        if steps == MAX_STEPS || looked_at > MAX_STATES {
            level.into_values().for_each(|found| add(&mut ends, End::NotOver, found));
            return All { ends, given_up: Some(steps) };
        }
        level = stepped(program, level, &mut ends);
    }
    All { ends, given_up: None }
}

/// The states one step later. Steps that are errors go to the ends.
fn stepped(
    program: &Program,
    level: BTreeMap<State, Found>,
    ends: &mut BTreeMap<End, Found>,
) -> BTreeMap<State, Found> {
    let mut next = BTreeMap::new();
    for (state, found) in level {
        for thread in state.ready(program) {
            let mut after = state.clone();
            let mut found = found.clone();
            found.shortest.push(thread);
            if after.step(program, thread) == Stepped::NotHeld {
                add(ends, End::NotHeld, found);
            } else {
                add(&mut next, after, found);
            }
        }
    }
    next
}

fn add<K: Ord>(to: &mut BTreeMap<K, Found>, key: K, found: Found) {
    let length = |schedule: &Schedule| schedule.len();
    to.entry(key)
        .and_modify(|known| {
            known.count += found.count;
            if (length(&found.shortest), &found.shortest) < (length(&known.shortest), &known.shortest) {
                known.shortest.clone_from(&found.shortest);
            }
        })
        .or_insert(found);
}
