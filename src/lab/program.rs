//! The program `lab`: which tool, and its options.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::{answer, complain, unknown, version, Arg, Args, Usage};
use crate::lab::walk::{walk, Language, Options};

const HELP: &str = "\
The classroom's toolbox.

Usage: lab TOOL [OPTIONS]

  walk                  plays the eight steps with a real server and a real client,
                        and shows the bytes, the threads, the functions and the registry
    --server HOST:PORT  with a server that runs already, instead of one of its own
    --serve PATH        what its own server serves [server_data]
    --dir PATH          where the client stores the files [client_data]
    --lang en|fr        the language [en]
    --pause             waits for Enter after each step

  -h, --help            this text
  -V, --version         the version

Exit code: 0 all happened as it should, 1 not, 2 wrong usage.";

/// Runs the program with its arguments (the program's own name left out).
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match tool(Args::new(arguments)) {
        Ok(code) => code,
        Err(usage) => {
            complain("lab", &usage.to_string());
            ExitCode::from(Usage::EXIT_CODE)
        }
    }
}

fn tool(mut args: Args) -> Result<ExitCode, Usage> {
    match args.take()? {
        None => Err(Usage("which tool? lab walk plays the eight steps; lab --help shows them all".to_string())),
        Some(Arg::Option(option)) if option == "-h" || option == "--help" => Ok(answer(HELP)),
        Some(Arg::Option(option)) if option == "-V" || option == "--version" => Ok(answer(&version("lab"))),
        Some(Arg::Word(tool)) if tool == "walk" => walk_tool(args),
        Some(other) => Err(unknown(&other, "lab")),
    }
}

fn walk_tool(mut args: Args) -> Result<ExitCode, Usage> {
    let mut options = Options {
        server: None,
        serve: "server_data".into(),
        dir: "client_data".into(),
        language: Language::English,
        pause: false,
    };
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "lab")) };
        match option.as_str() {
            "--server" => options.server = Some(args.parsed(option, "HOST:PORT", |text: &String| text.contains(':'))?),
            "--serve" => options.serve = args.path(option)?,
            "--dir" => options.dir = args.path(option)?,
            "--lang" => {
                let language: String = args.parsed(option, "en or fr", |text: &String| text == "en" || text == "fr")?;
                options.language = if language == "fr" { Language::French } else { Language::English };
            }
            "--pause" => options.pause = true,
            "-h" | "--help" => return Ok(answer(HELP)),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(match walk(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(surprise) => {
            complain("lab", &surprise.0);
            ExitCode::FAILURE
        }
    })
}
