//! The classroom's toolbox under the name that it has when it is installed; the same program as `lab`.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::lab::program::main(std::env::args_os().skip(1))
}
