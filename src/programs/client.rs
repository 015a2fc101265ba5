//! The program `client`: its options, and the parts put together.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::client::Client;
use crate::journal::Journal;
use crate::programs::args::{answer, complain, say, unknown, version, Arg, Args, Usage};
use crate::programs::prompt::{printable_lines, typed, verb, After, Commands};
use crate::wire::{Command, ErrorCode, FileName, Refusal, Verb, DEFAULT_ADDRESS, DEFAULT_PORT};

const DEFAULT_DIR: &str = "client_data";

/// How long a silence is taken for a server that is gone.
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;

struct Options {
    server: String,
    dir: PathBuf,
    timeout: Duration,
    trace: bool,
    quiet: bool,
}

/// What to do in the session.
enum Work {
    /// The command that was given as arguments; DOWNLOAD of several files is several.
    Given(Vec<Result<Command, Refusal>>),
    /// What standard input says.
    Typed,
}

enum Asked {
    Session(Options, Work),
    Say(String),
}

/// Runs the program with its arguments (the program's own name left out).
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match parse(Args::new(arguments)) {
        Ok(Asked::Session(options, work)) => match session(&options, work) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
        Ok(Asked::Say(text)) => answer(&text),
        Err(usage) => {
            complain("client", &usage.to_string());
            ExitCode::from(Usage::EXIT_CODE)
        }
    }
}

fn parse(mut args: Args) -> Result<Asked, Usage> {
    let mut options = Options {
        server: DEFAULT_ADDRESS.to_string(),
        dir: DEFAULT_DIR.into(),
        timeout: Duration::from_secs(DEFAULT_TIMEOUT_SECONDS),
        trace: false,
        quiet: false,
    };
    while let Some(argument) = args.take()? {
        let option = match &argument {
            Arg::Option(option) => option,
            Arg::Word(command) => {
                let work = given(command, &args.rest())?;
                return Ok(Asked::Session(options, Work::Given(work)));
            }
        };
        match option.as_str() {
            "--server" => options.server = server_address(&args.parsed(option, SERVER, |_: &String| true)?)?,
            "--dir" => options.dir = args.path(option)?,
            "--timeout" => options.timeout = args.seconds(option)?,
            "--trace" => options.trace = true,
            "--quiet" => options.quiet = true,
            "-h" | "--help" => return Ok(Asked::Say(help())),
            "-V" | "--version" => return Ok(Asked::Say(version("client"))),
            _ => return Err(unknown(&argument, "client")),
        }
    }
    Ok(Asked::Session(options, Work::Typed))
}

const SERVER: &str = "a host and perhaps a port, such as 127.0.0.1, localhost:4456 or [::1]:4456";

/// `HOST:PORT` of `HOST[:PORT]`. An IPv6 address with a port stands in brackets; alone it needs none.
fn server_address(text: &str) -> Result<String, Usage> {
    let wrong = || Usage(format!("--server needs {SERVER}, not '{}'", text.escape_debug()));
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

/// The commands that the arguments mean. A name that no file can have is refused when its turn comes; the others of
/// the same command line are downloaded all the same.
fn given(word: &OsStr, arguments: &[OsString]) -> Result<Vec<Result<Command, Refusal>>, Usage> {
    let verb = word.to_str().and_then(verb);
    match (verb, arguments) {
        (Some(Verb::Download), []) => {
            Err(Usage("DOWNLOAD needs one or several filenames; client LIST shows the files".to_string()))
        }
        (Some(Verb::Download), names) => Ok(names.iter().map(|name| download(name)).collect()),
        (Some(Verb::List), []) => Ok(vec![Ok(Command::List)]),
        (Some(Verb::Help), []) => Ok(vec![Ok(Command::Help)]),
        (Some(Verb::Logout), []) => Ok(vec![Ok(Command::Logout)]),
        (Some(verb), [extra, ..]) => {
            let extra = extra.to_string_lossy();
            Err(Usage(format!("{} takes no argument, but '{}' follows it", verb.word(), extra.escape_debug())))
        }
        (None, _) => Err(unknown(&Arg::Word(word.to_os_string()), "client")),
    }
}

fn download(name: &OsStr) -> Result<Command, Refusal> {
    let not_text = || Refusal::new(ErrorCode::NotText, format!("{name:?} is not UTF-8; no file here has such a name"));
    FileName::parse(name.to_str().ok_or_else(not_text)?).map(Command::Download)
}

fn help() -> String {
    format!(
        "\
Downloads files from a file server over TCP.

Usage: client [OPTIONS] [COMMAND [ARGUMENT]...]

  LIST                  the files of the server
  DOWNLOAD NAME...      one or several files, in one session; quote spaces
  HELP                  what the server understands
  LOGOUT                connects and ends the session
Without a command, it takes them at a prompt, or from a script on its input.

  --server HOST[:PORT]  [{DEFAULT_ADDRESS}]
  --dir PATH            where to store files [{DEFAULT_DIR}]; made if missing
  --timeout SECS        to connect, and for each silence of the server [{DEFAULT_TIMEOUT_SECONDS}]
  --trace               prints every line sent and every reply header received
  --quiet               no progress and no summary; errors stay
  -h, --help            this text
  -V, --version         the version

Exit code: 0 done, 1 refused or failed, 2 wrong usage."
    )
}

/// Holds a session. Returns whether all that was asked was done.
fn session(options: &Options, work: Work) -> bool {
    let trace = options.trace;
    let journal = Journal::new(move |record| {
        if let (true, Some(line)) = (trace, record.trace()) {
            complain("client", &line);
        }
    });
    let (client, greeting) = match Client::connect(&options.server, options.timeout, journal) {
        Ok(connected) => connected,
        Err(error) => {
            complain("client", &error.to_string());
            return false;
        }
    };
    let dir = options.dir.clone();
    let mut commands = Commands { client, dir, quiet: options.quiet, failed: false };
    match work {
        Work::Given(given) => {
            let asked_to_log_out = given.contains(&Ok(Command::Logout));
            let session = commands.carry_out_all(given.into_iter());
            let done = !commands.failed;
            // Without a LOGOUT of its own, the command line has been carried out whatever the server says to ours.
            session == After::SessionGoesOn && (logged_out(commands, false) || !asked_to_log_out) && done
        }
        Work::Typed => {
            let interactive = io::stdin().is_terminal();
            if interactive {
                commands.show(&printable_lines(&greeting));
            }
            let session = commands.carry_out_all(typed(io::stdin().lock(), interactive));
            // A person has seen what failed; a script needs to be told.
            let done = interactive || !commands.failed;
            session == After::SessionGoesOn && logged_out(commands, interactive) && done
        }
    }
}

fn logged_out(commands: Commands, interactive: bool) -> bool {
    match commands.client.logout() {
        Ok(goodbye) => {
            if interactive {
                let _ = say(&printable_lines(&goodbye));
            }
            true
        }
        Err(error) => {
            complain("client", &format!("LOGOUT: {error}"));
            false
        }
    }
}
