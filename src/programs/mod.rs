//! The programs `server` and `client`: command lines, the operator's console, the prompt, the log, the progress bar.
//! They make programs from the library. The library does not use them.
//!
//! Read first: the server and the client. It does not know the wire beyond its words.

// In reading order: what both use, the server, the client.

pub mod args;

pub mod human;

pub mod lines;

pub mod printer;

pub mod log;

pub mod who;

pub mod console;

pub mod reachable;

pub mod server;

pub mod words;

pub mod plan;

pub mod prompt;

pub mod progress;

pub mod terminal;

pub mod client;
