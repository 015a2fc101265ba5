//! The file server. `server --help` tells its options; [`file_transfer::programs::server`] holds it together.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::programs::server::main(std::env::args_os().skip(1))
}
