//! The instruments for teaching: tools that use the server and the client. Server and client do not use them.
//!
//! Read first: the server and the client.

pub mod walk;

pub mod happenings;

pub mod lang;

pub mod check;

pub mod class;

pub mod broken;

pub mod broken_clients;

pub mod load;

pub mod compare;

pub mod cost;

pub mod timeline;

pub mod relay;

pub mod talk;

pub mod interleave;

pub mod dial;

pub mod random;

pub mod fresh_dir;

pub mod program;
