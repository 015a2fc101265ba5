//! The protocol, tested from outside: over real sockets, step by step, with well-behaved and with hostile peers.

mod support;

mod add_a_command;
mod client;
mod command_lines;
mod compare;
mod conformance;
mod designs;
mod documents;
mod errors;
mod examples;
mod extensions;
mod files;
mod framing;
mod fuzz;
mod hostile;
mod install;
mod load;
mod memory;
mod operator;
mod races;
mod real_clients;
mod relay;
mod sessions;
mod step_1_connect;
mod step_2_ask_for_list;
mod step_3_send_list;
mod step_4_ask_for_file;
mod step_5_send_file;
mod step_6_repeat;
mod step_7_logout;
mod step_8_close;
mod talk;
mod tidy;
mod timelines;
mod walk;
