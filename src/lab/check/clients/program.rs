//! `lab check --client`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know the checks.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::lab::check::catalogue::{Kind, Level};
use crate::lab::check::clients::subject::{Commands, Subject};
use crate::lab::check::clients::{grade, selected, Options, DEFAULT_TIMEOUT};
use crate::lab::check::command::client_words;
use crate::lab::check::program::{level, tell_results, text, SEED_WANTED};
use crate::lab::check::results::list;
use crate::lab::lang::Lang;
use crate::lab::random::any_seed;
use crate::programs::args::{complain, exit_code, prepare, say, unknown, Arg, Args, Usage};

/// The option that chooses clients. `--list` may stand in place of its value.
pub const OPTION: &str = "--client";
const LIST: &str = "--list";

/// What the command must tell the program, in English and in French.
const NEEDED: [(&str, &str, &str); 2] = [
    ("{port}", "where to connect", "où se connecter"),
    ("{dir}", "where to store files", "où enregistrer les fichiers"),
];

/// What was asked for, as it stands on the command line.
struct Asked {
    options: Options,
    list: bool,
    tsv: Option<PathBuf>,
    lang: Lang,
}

/// Runs `lab check --client`.
///
/// # Errors
/// Wrong usage.
pub fn check(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    let lang = asked.lang;
    let checks = selected(&asked.options.levels, &asked.options.only);
    if checks.is_empty() {
        let why = lang.words(
            "no check of clients has that level and number; lab check --client --list shows them",
            "aucune vérification des clients n'a ce niveau et ce numéro ; lab check --client --list --lang fr les \
             montre",
        );
        return Err(Usage(why.to_string()));
    }
    if asked.list {
        let of_clients = lang.words("checks of clients", "vérifications des clients");
        let _ = say(&format!("{}\n{} {of_clients}", list(Kind::Client, &checks, lang), checks.len()));
        return Ok(ExitCode::SUCCESS);
    }
    if asked.options.subject.words.is_empty() {
        let which = lang.words(
            "which client? --client 'python3 client.py {host} {port} {dir}' is started",
            "quel client ? --client 'python3 client.py {host} {port} {dir}' en lance un",
        );
        return Err(Usage(which.to_string()));
    }
    Ok(exit_code("lab", run(&asked.options, checks.len(), asked.tsv.as_deref(), lang)))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let subject = Subject { words: Vec::new(), commands: Commands::Stdin, folder: None };
    let (levels, only, timeout) = (Vec::new(), Vec::new(), DEFAULT_TIMEOUT);
    let options = Options { subject, levels, only, timeout, seed: any_seed() };
    let mut asked = Asked { options, list: false, tsv: None, lang: Lang::English };
    let options = &mut asked.options;
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(not_for_clients(&argument)) };
        match option.as_str() {
            OPTION => match text(args.value(option, "a command line")?)?.as_str() {
                LIST => asked.list = true,
                command => options.subject.words = client_words(command)?,
            },
            "--commands" => {
                let is_known = |word: &String| word == "stdin" || word == "args";
                let word: String = args.parsed(option, "stdin or args", is_known)?;
                options.subject.commands = if word == "args" { Commands::Args } else { Commands::Stdin };
            }
            "--level" => options.levels.push(level(&mut args, option, &Level::OF_CLIENTS)?),
            "--only" => options.only.push(text(args.value(option, "a step, such as 4, or a check, such as 4.2")?)?),
            LIST => asked.list = true,
            "--timeout" => options.timeout = args.seconds(option)?,
            "--tsv" => asked.tsv = Some(args.value(option, "a file")?.into()),
            "--seed" => options.seed = args.parsed(option, SEED_WANTED, |_| true)?,
            Lang::OPTION => asked.lang = Lang::of_option(&mut args)?,
            "--command" | "--fixtures" => return Err(not_for_clients(&argument)),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(asked)
}

fn not_for_clients(argument: &Arg) -> Usage {
    let Arg::Option(option) = argument else {
        return Usage(
            "--client takes one command line, in quotes: --client 'python3 client.py {host} {port} {dir}'".into(),
        );
    };
    Usage(format!("{option} is for servers, and --client for clients; leave one out"))
}

/// Did all pass?
fn run(options: &Options, count: usize, tsv_file: Option<&Path>, lang: Lang) -> Result<bool, String> {
    if let Some(file) = tsv_file {
        prepare(file)?;
    }
    let seed = options.seed;
    let _ = say(&match lang {
        Lang::English => format!("checks: {count}, names and bytes from seed {seed}\n"),
        Lang::French => format!("vérifications : {count}, noms et octets tirés de la graine (seed) {seed}\n"),
    });
    for (needed, english, french) in NEEDED {
        if !options.subject.words.iter().any(|word| word.contains(needed)) {
            complain(
                "lab",
                &match lang {
                    Lang::English => format!("the command has no {needed}: the program is not told {english}"),
                    Lang::French => format!("la commande n'a pas de {needed} : le programme ne sait pas {french}"),
                },
            );
        }
    }
    tell_results(Kind::Client, tsv_file, lang, |tell| grade(options, tell))
}
