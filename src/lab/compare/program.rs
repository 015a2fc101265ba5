//! `lab compare`: its options, and what it prints.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::args::{complain, say, unknown, Arg, Args, Usage};
use crate::lab::compare::text::{announcement, text, tsv};
use crate::lab::compare::{compare, Options};
use crate::lab::load::program::slow;
use crate::server::designs::Design;

/// Most clients: with as many slow ones, a server's threads and ours fit into one small machine.
const MOST_CLIENTS: usize = 1000;

/// Most rounds.
const MOST_ROUNDS: usize = 1000;

/// As many slow readers as these have threads hold all of them: the default of `--slow`.
const POOL: usize = 4;

/// What `--design` needs.
const DESIGNS: &str = "iterative, thread-per-client, prethreaded:N or spare-threads:MIN-MAX";

/// What was asked for.
struct Asked {
    options: Options,
    tsv: Option<PathBuf>,
}

/// Runs `lab compare`.
///
/// # Errors
/// Wrong usage.
pub fn compare_tool(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    Ok(match carry_out(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain("lab", &why);
            ExitCode::FAILURE
        }
    })
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut options =
        Options { designs: Vec::new(), clients: 8, slow: POOL, lasting: Duration::from_secs(1), rounds: 3 };
    let mut tsv = None;
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "lab")) };
        match option.as_str() {
            "--design" => options.designs.push(args.parsed(option, DESIGNS, |_| true)?),
            "--clients" => options.clients = args.count(option, MOST_CLIENTS)?,
            "--slow" => options.slow = slow(&mut args, option, MOST_CLIENTS)?,
            "--seconds" => options.lasting = args.seconds(option)?,
            "--rounds" => options.rounds = args.count(option, MOST_ROUNDS)?,
            "--tsv" => tsv = Some(args.value(option, "a file")?.into()),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    if options.designs.is_empty() {
        options.designs = default_designs();
    }
    Ok(Asked { options, tsv })
}

/// One of each kind.
fn default_designs() -> Vec<Design> {
    let spare = Design::SpareThreads { min: 2, max: 32 };
    vec![Design::Iterative, Design::ThreadPerClient, Design::Prethreaded(POOL), spare]
}

fn carry_out(asked: &Asked) -> Result<(), String> {
    let options = &asked.options;
    let _ = say(&announcement(options));
    let runs = compare(options, |round| {
        let _ = say(&format!("round {round} of {} ...", options.rounds));
    })?;
    let _ = say(&format!("\n{}", text(options, &runs)));
    match &asked.tsv {
        Some(file) => fs::write(file, tsv(&runs)).map_err(|error| format!("can't write {file:?}: {error}")),
        None => Ok(()),
    }
}
