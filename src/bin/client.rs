//! The client. `client --help` tells its options; [`file_transfer::programs::client`] holds it together.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::programs::client::main(std::env::args_os().skip(1))
}
