//! `lab class`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know the checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use crate::lab::check::catalogue::{Kind, Level};
use crate::lab::check::program::level;
use crate::lab::check::results::told;
use crate::lab::class::folder::{folders, Folder};
use crate::lab::class::out::{text_name, Out};
use crate::lab::class::row::{Part, Row};
use crate::lab::class::weights::Weights;
use crate::lab::class::{grade_class, marks, page, sheets, words, Grading};
use crate::lab::lang::Lang;
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
    lang: Lang,
}

/// Runs `lab class`.
///
/// # Errors
/// Wrong usage.
pub fn class_tool(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    Ok(exit_code("lab", run(&asked).map_err(|why| told(&why, asked.lang))))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let jobs = thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_JOBS);
    let mut grading = Grading { jobs, levels: Vec::new(), timeout: None, seed: any_seed() };
    let (mut dir, mut weights, mut out, mut lang) = (None, None, None, Lang::default());
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
            "--level" => grading.levels.push(level(&mut args, option, &Level::ALL)?),
            "--timeout" => grading.timeout = Some(args.seconds(option)?),
            "--weights" => weights = Some(args.value(option, "a file")?.into()),
            "--out" => out = Some(args.path(option)?),
            Lang::OPTION => lang = Lang::of_option(&mut args)?,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    let which = lang.words(
        "which class? lab class DIR grades each folder in DIR",
        "quelle classe ? lab class RÉPERTOIRE note chaque dossier de ce répertoire",
    );
    let dir = dir.ok_or_else(|| Usage(which.to_string()))?;
    Ok(Asked { dir, grading, weights, out, lang })
}

/// Was all that the students have handed in graded, and has each of them handed in something?
fn run(asked: &Asked) -> Result<bool, String> {
    let Asked { dir, grading, lang, .. } = asked;
    let lang = *lang;
    let weights = asked.weights.as_deref().map_or(Ok(Weights::default()), read_weights)?;
    let folders = folders(dir)?;
    let sheets = sheets(grading, &folders)?;
    let out = Out::make(asked.out.as_deref(), dir)?;
    let (count, seed) = (folders.len(), grading.seed);
    let begins = words::begins(count, &sheets, seed, grading.jobs, lang);
    let _ = say(&format!("{begins}\n{}\n", words::marks_go_to(&out.dir, lang)));
    let mut csv = marks::head(&sheets, lang);
    let mut unwritten = out.write(MARKS, &csv);
    // The first error is told at the end: the other files are written all the same.
    let mut write = |name: &str, text: &str| {
        let written = out.write(name, text);
        if unwritten.is_ok() {
            unwritten = written;
        }
    };
    let mut done = 0;
    let rows = grade_class(grading, &sheets, &folders, |row| {
        done += 1;
        let _ = say(&lines(row, &words::number(done, count, lang), width(&folders), &weights, lang));
        // Written at once: what is done stays when the grader is stopped.
        write(&text_name(row), &row.text(&weights, seed, lang));
        csv += &marks::line(row, &sheets, &weights, lang);
        write(MARKS, &csv);
    });
    let lines = rows.iter().map(|row| marks::line(row, &sheets, &weights, lang));
    write(MARKS, &std::iter::once(marks::head(&sheets, lang)).chain(lines).collect::<String>());
    write(PAGE, &page::html(&rows, &sheets, &weights, seed, lang));
    unwritten?;
    let graded = rows.iter().filter(|row| row.is_graded()).count();
    let ends = words::ends(graded, count, lang);
    let _ = say(&format!("\n{ends}\n{}", words::look_at(&out.dir.join(PAGE), lang)));
    Ok(graded == count)
}

/// How wide the longest name is, in characters.
fn width(folders: &[Folder]) -> usize {
    folders.iter().map(|folder| folder.name.chars().count()).max().unwrap_or_default()
}

/// A line for each program that the student has handed in, or that says that there is none.
fn lines(row: &Row, number: &str, width: usize, weights: &Weights, lang: Lang) -> String {
    let kind_width = Kind::ALL.map(|kind| kind.word_in(lang).len()).into_iter().max().unwrap_or_default();
    let line = |(index, part): (usize, &Part)| {
        let name = if index == 0 { row.name.as_str() } else { "" };
        let number = if index == 0 { number.to_string() } else { " ".repeat(number.len()) };
        let kind = match row.parts.len() {
            1 => String::new(),
            _ => format!("  {:<kind_width$}", part.kind.word_in(lang)),
        };
        let (mark, clause) = (part.mark(weights, lang), part.clause(lang));
        format!("{number}  {name:<width$}{kind}  {mark:>4}  {clause}")
    };
    row.parts.iter().filter(|part| !row.does_without(part)).enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn read_weights(file: &Path) -> Result<Weights, String> {
    // To open a FIFO would wait, and a device may have no end.
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("can't read {file:?}: it is not an ordinary file"));
    }
    let text = fs::read_to_string(file).map_err(|error| format!("can't read {file:?}: {error}"))?;
    Weights::parse(&text).map_err(|why| format!("{file:?}, {why}"))
}
