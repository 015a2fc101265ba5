//! The file server. `server --help` tells its options; [`file_transfer::server::program`] holds it together.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::server::program::main(std::env::args_os().skip(1))
}
