//! The state of a program's threads and variables between two steps, and what a step changes.
//!
//! Read first: `language.rs`. It does not know how the next thread is chosen.

use crate::lab::interleave::language::{Instruction, Line, Program};

/// Everything that can change while a program runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// For each thread, the index of its next instruction; after the last instruction, the thread has ended.
    next: Vec<usize>,
    /// The register of each thread.
    pub registers: Vec<i64>,
    /// The value of each variable.
    pub variables: Vec<i64>,
    /// For each mutex, the thread that holds it.
    pub owners: Vec<Option<usize>>,
}

/// What a thread can do in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can carry out its next instruction.
    Ready,
    /// Its next instruction locks this mutex, which is held.
    Waits(usize),
    /// It has no next instruction.
    Ended,
}

/// How a schedule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// All threads have ended, and what is expected is true.
    AsExpected,
    /// All threads have ended, and what is expected is false.
    Otherwise,
    /// No thread can step, and not all have ended.
    Deadlock,
    /// A thread has unlocked a mutex that it does not hold.
    NotHeld,
    /// Some thread could go on.
    NotOver,
}

/// The result of a thread's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// It has carried out its next instruction.
    Done,
    /// It waits for this mutex; nothing has changed.
    Waits(usize),
    /// It had ended before; nothing has changed.
    HadEnded,
    /// It should unlock a mutex that it does not hold; nothing has changed.
    NotHeld,
}

impl State {
    /// Before the first step.
    pub fn first(program: &Program) -> State {
        State {
            next: vec![0; program.threads.len()],
            registers: vec![0; program.threads.len()],
            variables: program.shared.variables.iter().map(|variable| variable.initial).collect(),
            owners: vec![None; program.shared.mutexes.len()],
        }
    }

    /// A thread's next instruction; `None` if it has ended.
    pub fn next_line<'a>(&self, program: &'a Program, thread: usize) -> Option<&'a Line> {
        program.threads[thread].lines.get(self.next[thread])
    }

    /// What this thread can do now.
    pub fn standing(&self, program: &Program, thread: usize) -> Standing {
        match self.next_line(program, thread).map(|line| line.instruction) {
            None => Standing::Ended,
            Some(Instruction::Lock(mutex)) if self.owners[mutex].is_some() => Standing::Waits(mutex),
            Some(_) => Standing::Ready,
        }
    }

    /// The threads that can carry out an instruction.
    pub fn ready<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = usize> + 'a {
        (0..self.next.len()).filter(|thread| self.standing(program, *thread) == Standing::Ready)
    }

    /// The threads that have not ended.
    pub fn left<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = usize> + 'a {
        (0..self.next.len()).filter(|thread| self.standing(program, *thread) != Standing::Ended)
    }

    /// The end, if no thread can step any more.
    pub fn end(&self, program: &Program) -> Option<End> {
        if self.ready(program).next().is_some() {
            return None;
        }
        if self.left(program).next().is_some() {
            return Some(End::Deadlock);
        }
        let expected = &program.expected;
        let is_true = expected.comparison.holds(self.variables[expected.variable], expected.number);
        Some(if is_true { End::AsExpected } else { End::Otherwise })
    }

    /// Gives a thread its turn.
    pub fn step(&mut self, program: &Program, thread: usize) -> Stepped {
        match self.standing(program, thread) {
            Standing::Ready => {}
            Standing::Waits(mutex) => return Stepped::Waits(mutex),
            Standing::Ended => return Stepped::HadEnded,
        }
        let register = &mut self.registers[thread];
        let mut next = self.next[thread] + 1;
        match program.threads[thread].lines[self.next[thread]].instruction {
            Instruction::Read(variable) => *register = self.variables[variable],
            Instruction::Add(number) => *register += number,
            Instruction::Write(variable) => self.variables[variable] = *register,
            Instruction::Lock(mutex) => self.owners[mutex] = Some(thread),
            Instruction::Unlock(mutex) if self.owners[mutex] == Some(thread) => self.owners[mutex] = None,
            Instruction::Unlock(_) => return Stepped::NotHeld,
            Instruction::If(comparison, number, to) if comparison.holds(*register, number) => next = to,
            Instruction::If(..) => {}
            Instruction::Goto(to) => next = to,
        }
        self.next[thread] = next;
        Stepped::Done
    }
}
