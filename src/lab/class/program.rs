//! `lab class`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know the checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use crate::lab::check::catalogue::{About, Check, Level};
use crate::lab::check::program::level;
use crate::lab::check::servers::{selected, DEFAULT_TIMEOUT};
use crate::lab::class::folder::folders;
use crate::lab::class::out::{text_name, Out};
use crate::lab::class::weights::Weights;
use crate::lab::class::{grade_class, marks, page, Grading};
use crate::lab::random::any_seed;
use crate::programs::args::{exit_code, say, unknown, Arg, Args, Usage};

/// Most students at the same time: each one's checks take their own threads and ports.
const MAX_JOBS: usize = 64;

/// As many unless told otherwise, on a machine with as many processors or more: with more, checks that measure time
/// would disturb each other.
const DEFAULT_JOBS: usize = 4;

/// The file with the marks.
const MARKS: &str = "marks.csv";

/// The page.
const PAGE: &str = "class.html";

/// What was asked for.
struct Asked {
    dir: PathBuf,
    grading: Grading,
    weights: Option<PathBuf>,
    out: Option<PathBuf>,
}

/// Runs `lab class`.
///
/// # Errors
/// Wrong usage.
pub fn class_tool(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    Ok(exit_code("lab", run(&asked)))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let jobs = thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_JOBS);
    let mut grading = Grading { jobs, levels: Vec::new(), timeout: DEFAULT_TIMEOUT, seed: any_seed() };
    let (mut dir, mut weights, mut out) = (None, None, None);
    while let Some(argument) = args.take()? {
        let option = match &argument {
            Arg::Word(word) if dir.is_none() => {
                dir = Some(PathBuf::from(word));
                continue;
            }
            Arg::Word(_) => return Err(unknown(&argument, "lab")),
            Arg::Option(option) => option,
        };
        match option.as_str() {
            "--jobs" => grading.jobs = args.count(option, MAX_JOBS)?,
            "--seed" => grading.seed = args.parsed(option, "a whole number", |_| true)?,
            "--level" => grading.levels.push(level(&mut args, option, Level::OF_SERVERS)?),
            "--timeout" => grading.timeout = args.seconds(option)?,
            "--weights" => weights = Some(args.value(option, "a file")?.into()),
            "--out" => out = Some(args.path(option)?),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    let dir = dir.ok_or_else(|| Usage("which class? lab class DIR grades each folder in DIR".to_string()))?;
    Ok(Asked { dir, grading, weights, out })
}

/// Were all students graded?
fn run(asked: &Asked) -> Result<bool, String> {
    let Asked { dir, grading, .. } = asked;
    let weights = asked.weights.as_deref().map_or(Ok(Weights::default()), read_weights)?;
    let checks: Vec<About> = selected(&grading.levels, &[]).into_iter().map(Check::about).collect();
    let folders = folders(dir)?;
    let out = Out::make(asked.out.as_deref(), dir)?;
    let (count, seed) = (folders.len(), grading.seed);
    let _ = say(&format!(
        "students: {count}, checks: {}, files from seed {seed}, at the same time: {}\nthe marks go to {:?}\n",
        checks.len(),
        grading.jobs,
        out.dir
    ));
    let (mut done, mut unwritten) = (0, Ok(()));
    let width = folders.iter().map(|folder| folder.name.chars().count()).max().unwrap_or_default();
    let rows = grade_class(grading, &folders, |row| {
        done += 1;
        let (name, mark, clause) = (&row.name, row.mark(&weights), row.clause());
        let _ = say(&format!("{done:>3} of {count}  {name:<width$}  {mark:>4}  {clause}"));
        // Written at once: what is done stays when the grader is stopped.
        let written = out.write(&text_name(row), &row.text(&weights, seed));
        unwritten = std::mem::replace(&mut unwritten, Ok(())).and(written);
    });
    unwritten?;
    out.write(MARKS, &marks::csv(&rows, &checks, &weights))?;
    out.write(PAGE, &page::html(&rows, &checks, &weights, seed))?;
    let graded = rows.iter().filter(|row| row.why_not().is_none()).count();
    let not = match count - graded {
        0 => String::new(),
        not => format!(", {not} could not be graded and have no mark"),
    };
    let _ = say(&format!("\n{graded} of {count} graded{not}.\nLook at {:?}.", out.dir.join(PAGE)));
    Ok(graded == count)
}

fn read_weights(file: &Path) -> Result<Weights, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("can't read {file:?}: {error}"))?;
    let ids: Vec<_> = selected(&[], &[]).iter().map(|check| check.id).collect();
    Weights::parse(&text, &ids).map_err(|why| format!("{file:?}, {why}"))
}
