//! The classroom's toolbox. `lab --help` tells its tools; [`file_transfer::lab`] holds them.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::lab::program::main(std::env::args_os().skip(1))
}
