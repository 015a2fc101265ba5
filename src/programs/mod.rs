//! The programs `server` and `client`: command lines, the operator's console, the prompt, the log, the progress bar.
//! They turn the library into programs, and the library knows nothing of them.
//!
//! Read first: the server and the client. It does not know the wire beyond its words.

pub mod args;

pub mod human;

pub mod typed;

pub mod server;

pub mod console;

pub mod who;

pub mod reachable;

pub mod log;

pub mod printer;

pub mod client;

pub mod terminal;

pub mod prompt;

pub mod plan;

pub mod words;

pub mod progress;
