//! `lab check`: grades programs that speak this protocol, in whatever language they were written. It says what is wrong
//! and why.
//!
//! It expects what docs/PROTOCOL.md says (of a client also what docs/CLIENTS.md says) and nothing else: no words of a
//! greeting, no boundaries of packets, no error numbers of an operating system.
//!
//! Read first: `docs/PROTOCOL.md`. It does not know our programs, but for one part: `FileHandler` lists the fixtures.

pub mod catalogue;

pub mod cause;

pub mod french;

pub mod outcome;

pub mod command;

pub mod processes;

pub mod keeper;

pub mod process;

pub mod results;

pub mod servers;

pub mod clients;

pub mod program;

use std::time::Duration;

/// How often a wait looks again.
pub const POLL: Duration = Duration::from_millis(20);

/// Said of a check that was skipped because the time was over.
pub const OUT_OF_TIME: &str = "not run: the time for this program was over";
