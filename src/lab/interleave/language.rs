//! What a program of the tiny language is: variables and mutexes that all threads share, the threads' instructions,
//! and what is expected at the end.
//!
//! Read first: docs/INTERLEAVE.md. It does not know how a program is written down, nor how it is run.

/// Most instructions of all threads together. A program without loops ends after as many steps. Four threads have at
/// most 4 to the power of 60 schedules of 60 steps, and `u128` can hold this number.
pub const MAX_INSTRUCTIONS: usize = 60;

/// Most variables, and most mutexes: each is a column of the table.
pub const MAX_SHARED: usize = 4;

/// Fewest threads.
pub const MIN_THREADS: usize = 2;

/// Names of the threads, in their order: the letters of a schedule.
pub const THREADS: [char; 4] = ['A', 'B', 'C', 'D'];

/// The register's name. Each thread has one register, and it begins with 0.
pub const REGISTER: &str = "r";

/// A whole program. Variables, mutexes and threads are known by their index.
#[derive(Debug)]
pub struct Program {
    /// What all threads share.
    pub shared: Shared,
    /// Two to four of them.
    pub threads: Vec<Thread>,
    /// What must be true at the end.
    pub expected: Expected,
}

/// What all threads share.
#[derive(Debug, Default)]
pub struct Shared {
    /// In their order.
    pub variables: Vec<Variable>,
    /// The names of the mutexes.
    pub mutexes: Vec<String>,
}

/// A variable that all threads share.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value before the first step.
    pub initial: i64,
}

/// What one thread does.
#[derive(Debug, Default)]
pub struct Thread {
    /// In their order.
    pub lines: Vec<Line>,
    /// Each label, and the index of the instruction after it. After a label at the end there is none.
    pub labels: Vec<(String, usize)>,
}

/// An instruction, and its place in the file.
#[derive(Debug)]
pub struct Line {
    /// The number of its line in the file.
    pub number: usize,
    /// As it is written.
    pub text: String,
    /// What it means.
    pub instruction: Instruction,
}

/// One step of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instruction {
    /// Copies a variable into the register.
    Read(usize),
    /// Adds a number to the register.
    Add(i64),
    /// Copies the register into a variable.
    Write(usize),
    /// Takes a mutex, or waits for it.
    Lock(usize),
    /// Releases a mutex.
    Unlock(usize),
    /// Jumps if the register compares so with the number.
    If(Comparison, i64, usize),
    /// Jumps.
    Goto(usize),
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Comparison {
    /// The comparison that is written so.
    pub fn of(sign: &str) -> Option<Comparison> {
        Some(match sign {
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            "=" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            ">=" => Comparison::AtLeast,
            ">" => Comparison::More,
            _ => return None,
        })
    }

    /// Does `left` compare so with `right`?
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::AtLeast => left >= right,
            Comparison::More => left > right,
        }
    }
}

/// What must be true when all threads have ended.
#[derive(Debug)]
pub struct Expected {
    /// As it is written, without the word `expect`.
    pub text: String,
    /// The variable on the left.
    pub variable: usize,
    /// How it must compare.
    pub comparison: Comparison,
    /// With this number.
    pub number: i64,
}

impl Program {
    /// Can a thread come back to an instruction that it has carried out? Then there can be schedules without an end.
    pub fn has_loop(&self) -> bool {
        self.threads.iter().any(|thread| {
            thread.lines.iter().enumerate().any(|(index, line)| match line.instruction {
                Instruction::If(_, _, to) | Instruction::Goto(to) => to <= index,
                _ => false,
            })
        })
    }
}
