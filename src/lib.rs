//! A multithreaded file server and its client over TCP, made to be read.
//!
//! It re-implements the system of a report from a Master's course on networks; `docs/REPORT.md` says where each of its
//! points stands. The report describes a session in eight steps. These functions carry them out on either side:
//!
//! | step | what happens | client | server |
//! |---|---|---|---|
//! | 1 | The client opens a TCP connection to the server. | [`Client::connect`](client::Client::connect) | `admit` in [`server`], [`Session::greet`](server::session::Session::greet) |
//! | 2 | The client asks for the list: `LIST`. | [`Client::list`](client::Client::list) | [`Session::next_command`](server::session::Session::next_command) |
//! | 3 | The server answers with the list of its files. | [`Client::list`](client::Client::list) | [`Session::send_list`](server::session::Session::send_list) |
//! | 4 | The client asks for a file: `DOWNLOAD filename`. | [`Client::download`](client::Client::download) | [`Session::next_command`](server::session::Session::next_command) |
//! | 5 | The server sends the file. | [`Client::download`](client::Client::download) | [`Session::send_file`](server::session::Session::send_file) |
//! | 6 | Steps 4 and 5 repeat for as many files as the client wants. | [`Commands::carry_out_all`](programs::prompt::Commands::carry_out_all) | [`Session::eight_steps`](server::session::Session::eight_steps) |
//! | 7 | The client ends its session: `LOGOUT`. | [`Client::logout`](client::Client::logout) | [`Session::next_command`](server::session::Session::next_command) |
//! | 8 | The server closes the connection. | [`Client::logout`](client::Client::logout) | [`Session::say_goodbye`](server::session::Session::say_goodbye), `close` in [`server`] |
//!
//! (In step 6 the client may ask for the list again too.) `cargo run --bin lab -- walk` shows them happen. What goes
//! over the wire stands in [`wire_protocol`].
//!
//! In this file's source the modules stand in reading order: the protocol's words, how bytes become messages, how both
//! sides tell what they do, the conversation from either end. What follows `client` can wait.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The blank lines between the modules keep rustfmt from sorting them.

pub mod wire;

pub mod journal;

pub mod lock;

pub mod server;

pub mod client;

pub mod programs;

pub mod lab;

#[doc = include_str!("../docs/PROTOCOL.md")]
pub mod wire_protocol {}

/// The examples of `docs/THREADS.md`, tried by `cargo test`: what should run runs, what should be refused is.
#[cfg(doctest)]
#[doc = include_str!("../docs/THREADS.md")]
pub mod threads {}
