//! The instruments for teaching under their installed name; the same program as `lab`.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::lab::program::main(std::env::args_os().skip(1))
}
