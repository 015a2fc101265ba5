//! The protocol, tested from outside: over real sockets, step by step, with well-behaved and with hostile peers.

mod support;

mod step_1_connect;
