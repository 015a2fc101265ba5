//! The client under the name that it has when it is installed; the same program as `client`.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::programs::client::main(std::env::args_os().skip(1))
}
