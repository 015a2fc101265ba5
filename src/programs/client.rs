//! The program `client`: its options, and the parts put together.
//!
//! Read first: `terminal.rs`. It does not know how a session goes.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use crate::client::download::Storage;
use crate::client::Client;
use crate::journal::Journal;
use crate::programs::args::{answer, complain, unknown, version, Arg, Args, Usage};
use crate::programs::plan::{Plan, Request};
use crate::programs::prompt::{as_request, for_resume, typed, verb};
use crate::programs::terminal::{Settings, Source, Terminal};
use crate::programs::words::Word;
use crate::wire::{Command, CommandSet, ErrorCode, FileName, Refusal, Verb, DEFAULT_ADDRESS, DEFAULT_PORT};

const DEFAULT_DIR: &str = "client_data";

/// After so long a silence, the client supposes that the server has gone.
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;

/// Highest `--min-rate`, in bytes a second: 1 GiB, more than a client can ask of a network.
const MAX_RATE: usize = 1 << 30;

/// What to do in the session.
enum Work {
    /// What was given as arguments.
    Given(Vec<Result<Request, String>>),
    /// What standard input says.
    Typed,
}

enum Asked {
    Session { settings: Settings, trace: bool, work: Work },
    Say(String),
}

/// Runs the program with its arguments (the program's own name left out).
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match parse(Args::new(arguments)) {
        Ok(Asked::Session { settings, trace, work }) => {
            if carry_out(settings, trace, work) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Ok(Asked::Say(text)) => answer(&text),
        Err(usage) => {
            complain("client", &usage.to_string());
            ExitCode::from(Usage::EXIT_CODE)
        }
    }
}

fn parse(mut args: Args) -> Result<Asked, Usage> {
    let mut settings = Settings {
        server: DEFAULT_ADDRESS.to_string(),
        storage: Storage::of(DEFAULT_DIR),
        timeout: Duration::from_secs(DEFAULT_TIMEOUT_SECONDS),
        max_time: None,
        min_rate: None,
        quiet: false,
    };
    let mut trace = false;
    while let Some(argument) = args.take()? {
        let option = match &argument {
            Arg::Option(option) => option,
            Arg::Word(command) => {
                let work = Work::Given(given(command, &args.rest())?);
                return Ok(Asked::Session { settings, trace, work });
            }
        };
        match option.as_str() {
            "--server" => settings.server = server_address(&args.parsed(option, SERVER, |_: &String| true)?)?,
            "--dir" => settings.storage.dir = args.path(option)?,
            "--keep" => settings.storage.keep = true,
            "--resume" => settings.storage.resume = true,
            "--timeout" => settings.timeout = args.seconds(option)?,
            "--max-time" => settings.max_time = Some(args.seconds(option)?),
            "--min-rate" => settings.min_rate = Some(args.count(option, MAX_RATE)? as u64),
            "--trace" => trace = true,
            "--quiet" => settings.quiet = true,
            "-h" | "--help" => return Ok(Asked::Say(help())),
            "-V" | "--version" => return Ok(Asked::Say(version("client"))),
            _ => return Err(unknown(&argument, "client")),
        }
    }
    Ok(Asked::Session { settings, trace, work: Work::Typed })
}

const SERVER: &str = "a host and perhaps a port, such as 127.0.0.1, localhost:4456 or [::1]:4456";

/// `HOST:PORT` from `HOST[:PORT]`. An IPv6 address with a port needs brackets; without a port it needs none.
fn server_address(text: &str) -> Result<String, Usage> {
    let wrong = || Usage(format!("--server needs {SERVER}, not '{}'", text.escape_debug()));
    if text.contains('/') {
        return Err(wrong());
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let plain = port.bytes().all(|byte| byte.is_ascii_digit());
            (host, port.parse().ok().filter(|port| plain && *port != 0).ok_or_else(wrong)?)
        }
        _ => (text, DEFAULT_PORT),
    };
    match host {
        "" => Err(wrong()),
        bare if bare.contains(':') && !bare.starts_with('[') => Ok(format!("[{bare}]:{port}")),
        _ => Ok(format!("{host}:{port}")),
    }
}

/// The requests that the arguments mean. A name that no file can have is refused when its turn comes. The other files
/// of the same command line are still downloaded.
fn given(word: &OsStr, arguments: &[OsString]) -> Result<Vec<Result<Request, String>>, Usage> {
    let Some(verb) = word.to_str().and_then(verb) else {
        return Err(match word.to_str() {
            Some(word) if CommandSet::Extended.verb(word).is_some() => Usage(for_resume(word)),
            _ => unknown(&Arg::Word(word.to_os_string()), "client"),
        });
    };
    let word = verb.row().word;
    match (verb.row().arguments, arguments) {
        ([], []) => Ok(vec![as_request(Command::parse(word.as_bytes()))]),
        ([], [extra, ..]) => {
            let extra = extra.to_string_lossy();
            Err(Usage(format!("{word} takes no argument, but '{}' follows it", extra.escape_debug())))
        }
        ([wanted, ..], []) => Err(Usage(format!("{word} needs one or several {wanted}s; client LIST shows the files"))),
        (_, names) if verb == Verb::Download => {
            let words = names.iter().map(|name| text(name).map(Word::of_argument));
            Ok(vec![Ok(Request::Files(Plan::new(words)))])
        }
        (_, names) => Ok(names.iter().map(|name| as_request(with_argument(word, name))).collect()),
    }
}

/// The command with a name exactly as on the command line. In the protocol, spaces at its ends would be dropped, and a
/// line end would end the command. So such a name is refused here.
fn with_argument(word: &str, name: &OsStr) -> Result<Command, Refusal> {
    let name = FileName::parse(text(name)?)?;
    Command::parse(format!("{word} {name}").as_bytes())
}

fn text(name: &OsStr) -> Result<&str, Refusal> {
    let not_text = || Refusal::new(ErrorCode::NotText, format!("{name:?} is not UTF-8; no file here has such a name"));
    name.to_str().ok_or_else(not_text)
}

fn help() -> String {
    format!(
        "\
Downloads files from a file server over TCP.

Usage: client [OPTIONS] [COMMAND [ARGUMENT]...]

  LIST                  the files of the server
  DOWNLOAD NAME...      one or several files, in one session; quote spaces;
                        '*' and '?' fit the names of the list, '\\*' is a *
  HELP                  what the server understands
  LOGOUT                connects and ends the session
Without a command, it takes them at a prompt, or from a script on its input.

  --server HOST[:PORT]  [{DEFAULT_ADDRESS}]
  --dir PATH            where to store files [{DEFAULT_DIR}]; made if missing
  --keep                leaves files alone that are there already; to ask for
                        one of them is a failure then
  --resume              continues what an earlier client left, as far as its
                        checksums are the server's (server --extensions), and
                        leaves what it has if the connection is lost
  --timeout SECS        to connect, and for each silence of the server [{DEFAULT_TIMEOUT_SECONDS}]
  --max-time SECS       for the whole command, or for each one of a prompt or
                        script; not for the look-up of the host [no limit]
  --min-rate BYTES      fewest bytes a second [no limit]; measured whenever
                        the client has waited for the server as long as
                        --timeout in all
  --trace               prints every line sent and every reply header received
  --quiet               no progress and no summary; errors stay
  -h, --help            this text
  -V, --version         the version

Exit code: 0 done, 1 refused or failed, 2 wrong usage."
    )
}

/// Holds the session, or several sessions. Returns whether all requests were carried out.
fn carry_out(settings: Settings, trace: bool, work: Work) -> bool {
    let journal = Journal::new(move |record| {
        if let (true, Some(line)) = (trace, record.trace()) {
            complain("client", &line);
        }
    });
    match work {
        Work::Given(requests) => hold_sessions(requests.into_iter(), settings, Source::CommandLine, &journal),
        Work::Typed => {
            let is_prompt = io::stdin().is_terminal();
            let source = if is_prompt { Source::Prompt } else { Source::Script };
            hold_sessions(typed(io::stdin().lock(), is_prompt), settings, source, &journal)
        }
    }
}

/// Holds a session. After a lost session it holds another, as long as the user goes on. Returns whether all was done.
fn hold_sessions(
    requests: impl Iterator<Item = Result<Request, String>>,
    settings: Settings,
    source: Source,
    journal: &Journal,
) -> bool {
    let server = settings.server.clone();
    let mut user = Terminal::new(requests, settings, source);
    loop {
        let logged_out = match Client::eight_steps(&server, journal, &mut user) {
            Ok(()) => true,
            Err(error) => match user.after(&error) {
                ControlFlow::Continue(()) => continue,
                ControlFlow::Break(left) => left,
            },
        };
        return user.is_content(logged_out);
    }
}
