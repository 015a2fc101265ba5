//! The instruments for teaching. `lab --help` lists them; [`file_transfer::lab`] contains them.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::lab::program::main(std::env::args_os().skip(1))
}
