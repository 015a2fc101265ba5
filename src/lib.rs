#![forbid(unsafe_code)]
pub mod protocol;

pub mod telnet;

pub mod framing;

pub mod server;

pub mod client;

pub mod journal;

pub mod args;

pub mod lab;
