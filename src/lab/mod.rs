//! The classroom's toolbox: tools around the server and the client, which know nothing of it.
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
