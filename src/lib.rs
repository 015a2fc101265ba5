//! A multithreaded file server and its client over TCP, made to be read.
//!
//! A session has eight steps. Each is carried out by one function on either side:
//!
//! | step | what happens | client | server |
//! |---|---|---|---|
//! | 1 | The client opens a TCP connection to the server. | [`Client::connect`](client::Client::connect) | [`Server::run`](server::Server::run), [`Session::greet`](server::session::Session::greet) |
//! | 2 | The client asks for the list: `LIST`. | [`Client::list`](client::Client::list) | [`Session::next_command`](server::session::Session::next_command) |
//! | 3 | The server answers with the list of its files. | [`Client::list`](client::Client::list) | [`Session::send_list`](server::session::Session::send_list) |
//! | 4 | The client asks for a file: `DOWNLOAD filename`. | [`Client::download`](client::Client::download) | [`Session::next_command`](server::session::Session::next_command) |
//! | 5 | The server sends the file. | [`Client::download`](client::Client::download) | [`Session::send_file`](server::session::Session::send_file) |
//! | 6 | Steps 4 and 5 repeat for as many files as the client wants. | [`Commands::carry_out_all`](client::prompt::Commands::carry_out_all) | [`Session::converse`](server::session::Session::converse) |
//! | 7 | The client ends its session: `LOGOUT`. | [`Client::logout`](client::Client::logout) | [`Session::next_command`](server::session::Session::next_command) |
//! | 8 | The server closes the connection. | [`Client::logout`](client::Client::logout) | [`Session::say_goodbye`](server::session::Session::say_goodbye), [`Server::run`](server::Server::run) |
//!
//! `cargo run --bin lab -- walk` shows them happen. What goes over the wire stands in [`wire_protocol`].
//!
//! The modules below stand in reading order: the protocol's words, how bytes become messages, one conversation from
//! both ends, the files, the threads and what they share. What follows [`journal`] can wait.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The blank lines between the modules keep rustfmt from sorting them: they stand in reading order.

pub mod protocol;

pub mod framing;

pub mod server;

pub mod client;

pub mod journal;

pub mod telnet;

pub mod args;

pub mod lab;

#[doc = include_str!("../docs/PROTOCOL.md")]
pub mod wire_protocol {}
