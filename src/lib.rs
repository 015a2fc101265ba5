//! A multithreaded file server and its client over TCP, made to be read.
//!
//! It implements again the system of a report from a Master's course on networks. `docs/REPORT.md` says where the code
//! carries out each point of the report. The report describes a session in eight steps. These functions carry them out
//! on both sides:
//!
//! | step | what happens | client | server |
//! |---|---|---|---|
//! | 1 | The client opens a TCP connection to the server. | [`Client::connect`](client::Client::connect) | `Server::admit` in [`server`] by [`Registry::admit`](server::registry::Registry::admit), [`Reply::greeting`](server::reply::Reply::greeting) |
//! | 2 | The client asks for the list: `LIST`. | [`Client::list`](client::Client::list) | [`Session::receive_line`](server::session::Session::receive_line) |
//! | 3 | The server answers with the list of its files. | [`Client::list`](client::Client::list) | [`FileHandler::list`](server::file_handler::FileHandler::list) makes the reply, `Session::send` sends it |
//! | 4 | The client asks for a file: `DOWNLOAD filename`. | [`Client::download`](client::Client::download) | [`Session::receive_line`](server::session::Session::receive_line) |
//! | 5 | The server sends the file. | [`Client::download`](client::Client::download) | [`FileHandler::open`](server::file_handler::FileHandler::open) makes the reply, `Session::send` sends it |
//! | 6 | Steps 4 and 5 repeat for as many files as the client wants. | the loop of [`Client::eight_steps`](client::Client::eight_steps) | the loop of [`Session::eight_steps`](server::session::Session::eight_steps) |
//! | 7 | The client ends its session: `LOGOUT`. | [`Client::logout`](client::Client::logout) | [`Session::receive_line`](server::session::Session::receive_line) |
//! | 8 | The server closes the connection. | [`Client::logout`](client::Client::logout) | [`Reply::goodbye`](server::reply::Reply::goodbye), `Server::half_close` in `closing.rs` |
//!
//! (In step 6 the client may ask for the list again too.) One function on each side has all eight in order:
//! [`Session::eight_steps`](server::session::Session::eight_steps) and
//! [`Client::eight_steps`](client::Client::eight_steps). `cargo run --bin lab -- walk` shows them happen.
//! [`wire_protocol`] describes the bytes that are sent.
//!
//! # Where to read on
//!
//! Each file's first lines say what it is for, what to read before it, and what it does not know.
//!
//! | sitting | read, in this order |
//! |---|---|
//! | 1. The conversation (an hour) | this file; [`wire`]: `reply.rs`, `file_name.rs`, `command.rs`, `framing.rs`; [`server`]: `reply.rs`, `file_handler.rs`; `lock.rs`; `registry.rs`, `session.rs`, `mod.rs`; [`client`]: `mod.rs`, `download.rs` |
//! | 2. What TCP, the disk and terminals make necessary | `server/`: `ending.rs`, `limits.rs`, `connection.rs` (the idle time-out, the lingering close), `closing.rs`, `opening.rs`, `list.rs`; `client/`: `receive.rs`, `error.rs`, `file_list.rs`, `part.rs`, `patience.rs`; `wire/`: `mistakes.rs`, `text.rs`, `telnet.rs`, `local_name.rs`; [`journal`]; the extensions: `wire/offset.rs`, `checksum.rs`, `server/extensions.rs`, `client/resume.rs` |
//! | 3. Threads | [`watch`]; `server/`: `trouble.rs`, `designs.rs` (which thread does what), `stop.rs` (how `stop` wakes a thread in `accept`) |
//! | 4. The programs and the instruments | [`programs`] (the log and who prints it, the console, the prompt, the options), [`lab`] |

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The blank lines between the modules keep rustfmt from sorting them.

// First sitting.

pub mod wire;

pub mod lock;

pub mod server;

pub mod client;

// Second sitting, with more files of the same three.

pub mod journal;

// Third sitting.

pub mod watch;

// The programs and the instruments.

pub mod programs;

pub mod lab;

#[doc = include_str!("../docs/PROTOCOL.md")]
pub mod wire_protocol {}

/// The examples of `docs/THREADS.md`. `cargo test` tries them: the right ones run, and the compiler refuses the wrong
/// ones.
#[cfg(doctest)]
#[doc = include_str!("../docs/THREADS.md")]
pub mod threads {}
