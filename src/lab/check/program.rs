//! `lab check` of servers and `lab fixtures`: their options, and what they print.
//!
//! Read first: `mod.rs`. It does not know the checks.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::lab::check::catalogue::{Kind, Level};
use crate::lab::check::clients;
use crate::lab::check::command::words;
use crate::lab::check::results::{list, summary, told, tsv, Graded};
use crate::lab::check::servers::exam::Check;
use crate::lab::check::servers::{fixtures, grade, selected, Options, Target, DEFAULT_TIMEOUT};
use crate::lab::lang::Lang;
use crate::lab::random::any_seed;
use crate::programs::args::{complain, exit_code, prepare, say, unknown, Arg, Args, Usage};

/// What was asked for, as it stands on the command line.
#[derive(Default)]
struct Asked {
    address: Option<String>,
    fixtures: Option<PathBuf>,
    command: Option<Vec<String>>,
    levels: Vec<Level>,
    only: Vec<String>,
    list: bool,
    timeout: Option<Duration>,
    tsv: Option<PathBuf>,
    seed: Option<u64>,
    idle: Option<Duration>,
    lang: Lang,
}

/// Runs `lab check`.
///
/// # Errors
/// Wrong usage.
pub fn check(args: Args) -> Result<ExitCode, Usage> {
    let words = args.rest();
    if words.iter().any(|word| word.to_string_lossy().split('=').next() == Some(clients::program::OPTION)) {
        return clients::program::check(Args::new(words));
    }
    let asked = asked(Args::new(words))?;
    let lang = asked.lang;
    let checks = selected(&asked.levels, &asked.only);
    if checks.is_empty() {
        let why = lang.words(
            "no check has that level and number; lab check --list shows them all",
            "aucune vérification n'a ce niveau et ce numéro ; lab check --list --lang fr les montre toutes",
        );
        return Err(Usage(why.to_string()));
    }
    if asked.list {
        let count = checks.len();
        let _ = say(&list(Kind::Server, &checks, lang));
        let _ = say(&match lang {
            Lang::English => format!("{count} checks of servers; those of clients: lab check --client --list"),
            Lang::French => {
                format!("{count} vérifications des serveurs ; celles des clients : lab check --client --list --lang fr")
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options {
        target: target(&asked)?,
        levels: asked.levels,
        only: asked.only,
        timeout: asked.timeout.unwrap_or(DEFAULT_TIMEOUT),
        seed: asked.seed.unwrap_or_else(any_seed),
        idle: asked.idle,
    };
    Ok(exit_code("lab", run(&options, &checks, asked.tsv.as_deref(), lang)))
}

/// Runs `lab fixtures`.
///
/// # Errors
/// Wrong usage.
pub fn fixtures(mut args: Args) -> Result<ExitCode, Usage> {
    let (mut dir, mut seed) = (None, any_seed());
    while let Some(argument) = args.take()? {
        match argument {
            Arg::Option(option) if option == "--seed" => seed = args.parsed(&option, SEED_WANTED, |_| true)?,
            Arg::Word(word) if dir.is_none() => dir = Some(PathBuf::from(word)),
            other => return Err(unknown(&other, "lab")),
        }
    }
    let dir =
        dir.ok_or_else(|| Usage("where to? lab fixtures DIR makes the files in that new directory".to_string()))?;
    Ok(match fixtures::make(&dir, seed).and_then(|names| Ok((names, fixtures::secret_beside(&dir)?))) {
        Ok((names, secret)) => {
            let _ = say(&format!("{}\n\nmade in {dir:?} from seed {seed}; beside it {secret:?}", names.join("\n")));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain("lab", &format!("can't make fixtures in {dir:?}: {error}"));
            ExitCode::FAILURE
        }
    })
}

/// What `--seed` needs.
pub(super) const SEED_WANTED: &str = "a whole number, such as the one that an earlier run printed";

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut asked = Asked::default();
    while let Some(argument) = args.take()? {
        let option = match &argument {
            Arg::Word(word) if asked.address.is_none() => {
                asked.address = Some(word.to_string_lossy().into_owned());
                continue;
            }
            Arg::Word(_) => return Err(unknown(&argument, "lab")),
            Arg::Option(option) => option,
        };
        match option.as_str() {
            "--fixtures" => asked.fixtures = Some(args.path(option)?),
            "--command" => asked.command = Some(words(&text(args.value(option, "a command line")?)?)?),
            "--level" => asked.levels.push(level(&mut args, option, &Level::OF_SERVERS)?),
            "--only" => asked.only.push(text(args.value(option, "a step, such as 4, or a check, such as 4.2")?)?),
            "--list" => asked.list = true,
            "--timeout" => asked.timeout = Some(args.seconds(option)?),
            "--idle" => asked.idle = Some(args.seconds(option)?),
            "--tsv" => asked.tsv = Some(args.value(option, "a file")?.into()),
            "--seed" => asked.seed = Some(args.parsed(option, SEED_WANTED, |_| true)?),
            Lang::OPTION => asked.lang = Lang::of_option(&mut args)?,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(asked)
}

/// The value of an option, as text.
pub(super) fn text(value: OsString) -> Result<String, Usage> {
    value.into_string().map_err(|value| Usage(format!("{value:?} is not UTF-8 text")))
}

/// The value of an option that is one of these levels.
///
/// # Errors
/// If it is anything else.
pub fn level(args: &mut Args, option: &str, levels: &[Level]) -> Result<Level, Usage> {
    let wanted = levels.iter().map(|level| level.word()).collect::<Vec<_>>().join(", ");
    let word = text(args.value(option, &wanted)?)?;
    let found = levels.iter().copied().find(|level| level.word() == word);
    found.ok_or_else(|| Usage(format!("{option} needs one of {wanted}, not '{}'", word.escape_debug())))
}

fn target(asked: &Asked) -> Result<Target, Usage> {
    match (&asked.address, &asked.fixtures, &asked.command) {
        (Some(address), Some(fixtures), None) => {
            Ok(Target::Running { address: address.clone(), fixtures: fixtures.clone() })
        }
        (None, None, Some(words)) => Ok(Target::Command(words.clone())),
        _ => {
            let which = asked.lang.words(
                "which server? HOST:PORT --fixtures DIR is one that runs and serves DIR; \
                 --command 'python3 server.py {dir} {port}' starts one",
                "quel serveur ? HÔTE:PORT --fixtures RÉPERTOIRE en désigne un qui tourne et sert ce répertoire ; \
                 --command 'python3 server.py {dir} {port}' en lance un",
            );
            Err(Usage(which.to_string()))
        }
    }
}

/// Did all pass?
fn run(options: &Options, checks: &[&Check], tsv_file: Option<&Path>, lang: Lang) -> Result<bool, String> {
    if let Some(file) = tsv_file {
        prepare(file)?;
    }
    if let Target::Command(words) = &options.target {
        let (count, seed) = (checks.len(), options.seed);
        let _ = say(&match lang {
            Lang::English => format!("checks: {count}, fixtures from seed {seed}\n"),
            Lang::French => format!("vérifications : {count}, fichiers tirés de la graine (seed) {seed}\n"),
        });
        if !words.iter().any(|word| word.contains("{port}")) {
            let warning = lang.words(
                "the command has no {port}: the program is not told where to listen, and will not be found",
                "la commande n'a pas de {port} : le programme ne sait pas où écouter, et ne sera pas trouvé",
            );
            complain("lab", warning);
        }
    }
    tell_results(Kind::Server, tsv_file, lang, |tell| grade(options, tell))
}

/// Prints each result at once and the table at the end, and writes the results to the file. Did all pass?
///
/// # Errors
/// If nothing could be graded, or the file can't be written.
pub(super) fn tell_results(
    kind: Kind,
    tsv_file: Option<&Path>,
    lang: Lang,
    grade: impl FnOnce(&dyn Fn(&Graded)) -> Result<Vec<Graded>, String>,
) -> Result<bool, String> {
    let tell = |graded: &Graded| {
        let _ = say(&graded.text_in(lang));
    };
    let results = grade(&tell).map_err(|why| told(&why, lang))?;
    let _ = say(&format!("\n{}", summary(&results, kind.levels(), lang)));
    if let Some(file) = tsv_file {
        fs::write(file, tsv(&results)).map_err(|error| format!("can't write {file:?}: {error}"))?;
    }
    Ok(results.iter().all(Graded::is_well))
}
