//! `lab interleave`: two to four threads of a tiny language, stepped one instruction at a time, in a given order, in a
//! random order, or in every order.
//!
//! docs/INTERLEAVE.md explains the language. The model is the simulators of the textbook *Operating Systems: Three Easy
//! Pieces* (OSTEP): without `--solve`, the tool prints only the questions.
//!
//! Read first: `language.rs`, `machine.rs`. It does not know any server, and it starts no thread.

pub mod language;

pub mod source;

pub mod parser;

pub mod instructions;

pub mod machine;

pub mod schedules;

pub mod all;

pub mod deadlock;

pub mod columns;

pub mod answers;

pub mod program;
