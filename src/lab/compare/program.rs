//! `lab compare`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know what is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::lab::compare::text::{announcement, text, tsv};
use crate::lab::compare::{compare, scene, Options};
use crate::lab::load::program::slow;
use crate::lab::timeline::file::PictureFile;
use crate::programs::args::{exit_code, prepare, say, unknown, Arg, Args, Usage};
use crate::server::designs::Design;

/// Most clients: with the same number of slow clients, a server's threads and ours still run on one small machine.
const MAX_CLIENTS: usize = 1000;

/// Most rounds.
const MAX_ROUNDS: usize = 1000;

/// The default of `--slow`: as many slow readers as this design has threads. They block all of them.
const POOL: usize = 4;

/// The designs that are measured if none is asked for: one of each kind.
const DESIGNS: [Design; 4] =
    [Design::Iterative, Design::ThreadPerClient, Design::Prethreaded(POOL), Design::SpareThreads { min: 2, max: 32 }];

/// What was asked for.
enum Asked {
    /// To measure.
    Table { options: Options, tsv: Option<PathBuf> },
    /// To draw the scene.
    Picture { designs: Vec<Design>, file: PictureFile },
}

/// Runs `lab compare`.
///
/// # Errors
/// Wrong usage.
pub fn compare_tool(args: Args) -> Result<ExitCode, Usage> {
    let done = match asked(args)? {
        Asked::Table { options, tsv } => measure(&options, tsv.as_deref()),
        Asked::Picture { designs, file } => draw(&designs, &file),
    };
    Ok(exit_code("lab", done.map(|()| true)))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut options =
        Options { designs: Vec::new(), clients: 8, slow: POOL, lasting: Duration::from_secs(1), rounds: 3 };
    let (mut tsv, mut timeline, mut measuring) = (None, None, None);
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "lab")) };
        if option != "--design" && option != "--timeline" {
            measuring = Some(option.clone());
        }
        match option.as_str() {
            "--timeline" => timeline = Some(PictureFile::asked_for(&mut args, option)?),
            "--design" => options.designs.push(args.parsed(option, &Design::wanted(), |_| true)?),
            "--clients" => options.clients = args.count(option, MAX_CLIENTS)?,
            "--slow" => options.slow = slow(&mut args, option, MAX_CLIENTS)?,
            "--seconds" => options.lasting = args.seconds(option)?,
            "--rounds" => options.rounds = args.count(option, MAX_ROUNDS)?,
            "--tsv" => tsv = Some(args.value(option, "a file")?.into()),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    let designs = std::mem::take(&mut options.designs);
    let or_else = |usual: &[Design]| if designs.is_empty() { usual.to_vec() } else { designs.clone() };
    match (timeline, measuring) {
        (None, _) => Ok(Asked::Table { options: Options { designs: or_else(&DESIGNS), ..options }, tsv }),
        (Some(file), None) => Ok(Asked::Picture { designs: or_else(&scene::DESIGNS), file }),
        (Some(_), Some(option)) => {
            Err(Usage(format!("--timeline draws a scene of its own, and {option} is for measuring; leave one out")))
        }
    }
}

fn draw(designs: &[Design], file: &PictureFile) -> Result<(), String> {
    file.prepare()?;
    file.write(&scene::picture(designs)?)?;
    let _ = say(&format!("the timeline is drawn in {}", file.name()));
    Ok(())
}

fn measure(options: &Options, tsv_file: Option<&Path>) -> Result<(), String> {
    tsv_file.map_or(Ok(()), prepare)?;
    let _ = say(&announcement(options));
    let runs = compare(options, |round| {
        let _ = say(&format!("round {round} of {} ...", options.rounds));
    })?;
    let _ = say(&format!("\n{}", text(options, &runs)));
    match tsv_file {
        Some(file) => fs::write(file, tsv(&runs)).map_err(|error| format!("can't write {file:?}: {error}")),
        None => Ok(()),
    }
}
