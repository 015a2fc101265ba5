//! Tools for the classroom. The server and the client do not know them.
//!
//! Read first: the server and the client.

// First what several tools use.

// Numbers that look random, from a seed.
pub mod random;

// A new directory among the temporary files.
pub mod fresh_dir;

// The language of a tool: English or French.
pub mod lang;

// A connection for the tools that do not speak the protocol.
pub mod dial;

// What the server and the client reported to their journals.
pub mod happenings;

// Then the tools. The first three show one conversation.

// `lab walk`: the eight steps, one after the other.
pub mod walk;

// `lab talk`: like netcat, and marks each read.
pub mod talk;

// `lab relay`: stands between a client and a server, and disturbs them.
pub mod relay;

// These are about mistakes.

// `lab broken`: servers with one mistake each.
pub mod broken;

// `lab broken`: clients with one mistake each.
pub mod broken_clients;

// `lab check`: grades one program.
pub mod check;

// `lab class`: grades the programs of a whole class.
pub mod class;

// These are about threads and time.

// `lab interleave`: the threads of a tiny language, in every order.
pub mod interleave;

// A timeline: what threads and clients did, and when.
pub mod timeline;

// `lab load`: many clients, and how long they wait.
pub mod load;

// `lab compare`: the same load for each design of the server.
pub mod compare;

// `lab cost`: what a thread costs on this machine.
pub mod cost;

// Last the program `lab`, which chooses the tool.
pub mod program;
