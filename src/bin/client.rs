//! The client. `client --help` tells its options; [`file_transfer::client::program`] holds it together.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::client::program::main(std::env::args_os().skip(1))
}
