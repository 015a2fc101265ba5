//! The program `client`: its options, and the parts put together.
//!
//! Read first: `prompt.rs`. It does not know how a session goes.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::client::{Client, User};
use crate::journal::Journal;
use crate::programs::args::{answer, complain, unknown, version, Arg, Args, Usage};
use crate::programs::prompt::{typed, verb, Terminal};
use crate::wire::{Command, ErrorCode, FileName, Refusal, DEFAULT_ADDRESS, DEFAULT_PORT};

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
        Ok(Asked::Session(options, work)) => {
            if session(options, work) {
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
    let Some(verb) = word.to_str().and_then(verb) else {
        return Err(unknown(&Arg::Word(word.to_os_string()), "client"));
    };
    let word = verb.row().word;
    match (verb.row().arguments, arguments) {
        ([], []) => Ok(vec![Command::parse(word.as_bytes())]),
        ([], [extra, ..]) => {
            let extra = extra.to_string_lossy();
            Err(Usage(format!("{word} takes no argument, but '{}' follows it", extra.escape_debug())))
        }
        ([wanted, ..], []) => Err(Usage(format!("{word} needs one or several {wanted}s; client LIST shows the files"))),
        (_, names) => Ok(names.iter().map(|name| with_argument(word, name)).collect()),
    }
}

/// The command with a name as it stands on the command line. The wire would take the spaces at its ends away, and end
/// the command at a line end: such a name is refused as what it is.
fn with_argument(word: &str, name: &OsStr) -> Result<Command, Refusal> {
    let not_text = || Refusal::new(ErrorCode::NotText, format!("{name:?} is not UTF-8; no file here has such a name"));
    let name = FileName::parse(name.to_str().ok_or_else(not_text)?)?;
    Command::parse(format!("{word} {name}").as_bytes())
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
fn session(options: Options, work: Work) -> bool {
    let Options { server, dir, timeout, trace, quiet } = options;
    let journal = Journal::new(move |record| {
        if let (true, Some(line)) = (trace, record.trace()) {
            complain("client", &line);
        }
    });
    match work {
        Work::Given(commands) => {
            let asked_to_log_out = commands.contains(&Ok(Command::Logout));
            let mut user = Terminal::new(commands.into_iter(), dir, quiet, false);
            let logged_out = converse(&server, timeout, &journal, &mut user);
            // Without a LOGOUT of its own, the command line has been carried out whatever the server says to ours.
            !user.failed() && (logged_out || !asked_to_log_out)
        }
        Work::Typed => {
            let interactive = io::stdin().is_terminal();
            let mut user = Terminal::new(typed(io::stdin().lock(), interactive), dir, quiet, interactive);
            let logged_out = converse(&server, timeout, &journal, &mut user);
            // A person has seen what failed; a script needs to be told.
            logged_out && (interactive || !user.failed())
        }
    }
}

/// Holds the conversation, and shows the user what ended it before its goodbye. Returns whether it came to that.
fn converse(server: &str, timeout: Duration, journal: &Journal, user: &mut impl User) -> bool {
    let ended = Client::eight_steps(server, timeout, journal, user);
    if let Err(error) = &ended {
        user.show_failure(error);
    }
    ended.is_ok()
}
