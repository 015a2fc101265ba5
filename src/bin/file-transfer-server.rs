//! The file server under the name that it has when it is installed; the same program as `server`.

use std::process::ExitCode;

fn main() -> ExitCode {
    file_transfer::programs::server::main(std::env::args_os().skip(1))
}
