//! The program `server`: its options, and the parts put together.
//!
//! Read first: `log.rs`, `console.rs`. It does not know how a session goes.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::journal::Journal;
use crate::lab::timeline::file::PictureFile;
use crate::lab::timeline::recorder::Recorder;
use crate::lab::timeline::zoom::Zoom;
use crate::lab::timeline::Picture;
use crate::programs::args::{answer, complain, unknown, version, Arg, Args, Usage};
use crate::programs::console::{self, ConsoleEnd};
use crate::programs::log::{Detail, Log};
use crate::programs::printer::Printer;
use crate::programs::reachable::{what_is_served, who_can_reach};
use crate::server::designs::Design;
use crate::server::file_handler::FileHandler;
use crate::server::limits::{Limits, DEFAULT_SESSIONS, MAX_SESSIONS};
use crate::server::registry::Registry;
use crate::server::Server;
use crate::wire::DEFAULT_ADDRESS;

const DEFAULT_DIR: &str = "server_data";

/// Long enough for a person who thinks between two commands, short enough to free the places of clients that vanished.
const DEFAULT_IDLE_SECONDS: u64 = 300;

/// How long the server waits at its end for the last lines to be printed.
const LAST_WORDS: Duration = Duration::from_secs(1);

struct Options {
    bind: SocketAddr,
    dir: PathBuf,
    max_sessions: usize,
    max_per_address: Option<usize>,
    idle_timeout: Duration,
    design: Design,
    timeline: Option<PictureFile>,
    until_eof: bool,
    extensions: bool,
    detail: Detail,
}

enum Asked {
    Serve(Options),
    Say(String),
}

/// Runs the program with its arguments (the program's own name left out).
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match parse(Args::new(arguments)) {
        Ok(Asked::Say(text)) => answer(&text),
        Ok(Asked::Serve(options)) => match serve(options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                complain("server", &message);
                ExitCode::FAILURE
            }
        },
        Err(usage) => {
            complain("server", &usage.to_string());
            ExitCode::from(Usage::EXIT_CODE)
        }
    }
}

fn parse(mut args: Args) -> Result<Asked, Usage> {
    let mut options = Options {
        bind: DEFAULT_ADDRESS.parse().map_err(|_| Usage(format!("{DEFAULT_ADDRESS} is no address")))?,
        dir: DEFAULT_DIR.into(),
        max_sessions: DEFAULT_SESSIONS,
        max_per_address: None,
        idle_timeout: Duration::from_secs(DEFAULT_IDLE_SECONDS),
        design: Design::default(),
        timeline: None,
        until_eof: false,
        extensions: false,
        detail: Detail::Usual,
    };
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "server")) };
        match option.as_str() {
            "--bind" => {
                let wanted = "an IP address and a port, such as 127.0.0.1:4456, 0.0.0.0:4456 or [::1]:4456";
                options.bind = args.parsed(option, wanted, |_| true)?;
            }
            "--dir" => options.dir = args.path(option)?,
            "--max-sessions" => options.max_sessions = args.count(option, MAX_SESSIONS)?,
            "--max-per-address" => options.max_per_address = Some(args.count(option, MAX_SESSIONS)?),
            "--idle-timeout" => options.idle_timeout = args.seconds(option)?,
            "--design" => options.design = args.parsed(option, &Design::wanted(), |_| true)?,
            "--timeline" => options.timeline = Some(PictureFile::asked_for(&mut args, option)?),
            "--until-eof" => options.until_eof = true,
            "--extensions" => options.extensions = true,
            "--quiet" if options.detail != Detail::Trace => options.detail = Detail::Quiet,
            "--trace" if options.detail != Detail::Quiet => options.detail = Detail::Trace,
            "--quiet" | "--trace" => {
                return Err(Usage("--quiet and --trace ask for opposite things; choose one".to_string()));
            }
            "-h" | "--help" => return Ok(Asked::Say(help())),
            "-V" | "--version" => return Ok(Asked::Say(version("server"))),
            _ => return Err(unknown(&argument, "server")),
        }
    }
    Ok(Asked::Serve(options))
}

fn help() -> String {
    let design = Design::default();
    format!(
        "\
Serves the files of a directory over TCP: LIST, DOWNLOAD, HELP and LOGOUT.

Usage: server [OPTIONS]

  --bind ADDR:PORT      where to listen [{DEFAULT_ADDRESS}]; port 0 takes a free
                        one; with 0.0.0.0 or [::] everyone on the network can
                        connect
  --dir PATH            the directory to serve [{DEFAULT_DIR}]
  --max-sessions N      most sessions at once [{DEFAULT_SESSIONS}], at most {MAX_SESSIONS}; each takes
                        one file descriptor, two while it sends (ulimit -n)
  --max-per-address N   most sessions at once from one IP address, or from one
                        IPv6 network of 64 bits [a quarter of all, at least 8]
  --idle-timeout SECS   ends a session after so long without a command, or if
                        for so long it takes less than 1 KiB a second of a
                        reply [{DEFAULT_IDLE_SECONDS}]; fractions are fine
  --design NAME         which thread serves whom [{design}]:
                        iterative              one client after the other
                        thread-per-client      a thread is spawned for each
                        prethreaded:N          N threads; others queue up
                        spare-threads:MIN-MAX  MIN wait, more come if needed
  --timeline FILE       draws at stop what each thread did and waited for,
                        into a file that ends in .svg or .txt
  --until-eof           stops at the end of standard input too: for a server
                        that another program starts
  --extensions          takes RESUME and SUM too, which version 1 of the protocol
                        does not have: docs/EXTENSIONS.md
  --quiet               logs only what goes wrong: trouble with the system,
                        clients turned away, sessions cut or broken off
  --trace               logs every line received and every header sent too
  -h, --help            this text
  -V, --version         the version

While it runs, it takes commands on standard input: who, who all, kick N, stop,
help.
In the background of a shell, give it none: server </dev/null &
The log goes to standard error. Exit code: 0 stopped, 1 it can't serve,
2 wrong usage."
    )
}

/// Serves until the operator's `stop`.
fn serve(options: Options) -> Result<(), String> {
    let Options { bind, dir, max_sessions, max_per_address, idle_timeout, design, .. } = options;
    let files = FileHandler::new(dir.clone())
        .map_err(|error| format!("can't serve the directory {dir:?}: {error}; name another with --dir"))?;
    let no_thread = |error: io::Error| format!("can't start a thread: {error}");
    let answers = Printer::new("stdout", io::stdout()).map_err(no_thread)?;
    let log_printer = Printer::new("stderr", io::stderr()).map_err(no_thread)?;

    let timeline = options.timeline.map(Timeline::begin).transpose()?;
    let recorder = timeline.as_ref().map(|timeline| timeline.recorder.clone());
    let watch = recorder.as_ref().map(Recorder::watch).unwrap_or_default();
    let usual = Limits::of(max_sessions);
    let limits = Limits { max_per_address: max_per_address.or(usual.max_per_address), ..usual };
    let registry = Registry::new(limits).watched_by(watch);
    let log = Log::new(log_printer.clone(), registry.clone(), options.detail);
    let journal = Journal::new(move |record| {
        if let Some(recorder) = &recorder {
            recorder.note(record);
        }
        log.note(record);
    });
    let server = Server::bind(bind, files.clone(), registry, idle_timeout, journal)
        .map_err(|error| bind_failed(bind, &error))?;
    let server = Arc::new(if options.extensions { server.with_extensions() } else { server });
    let address = server.local_addr().map_err(|error| error.to_string())?;
    answers.line(&format!("listening on {address}"));

    let listening = Arc::clone(&server);
    let listener = thread::Builder::new().name("listener".to_string()).spawn(move || listening.run(design));
    let listener = listener.map_err(no_thread)?;
    // The server answers clients already, because counting the files of a large directory takes time.
    answers.line(&what_is_served(&files));
    answers.line(&who_can_reach(address));
    answers.line("help: the operator's commands");
    let ended = console::run(io::stdin().lock(), &server, |text| answers.patient_line(text));
    if ended == ConsoleEnd::InputEnded && options.until_eof {
        server.stop();
    } else if ended == ConsoleEnd::InputEnded {
        // The end of the operator's input ends nothing: without a `stop` the listener runs for ever.
        if io::stdin().is_terminal() {
            answers.line("the console is closed; the server goes on, and Ctrl-C ends it at once");
        }
        listener.join().map_err(|_| "the listener panicked: a bug in this server, please report it".to_string())?;
    }
    // The listener ends with its thread. The next lines may take a moment, and a client that connects meanwhile would
    // get no answer.
    drop(server);
    log_printer.flush(LAST_WORDS);
    answers.line("stopped");
    let drawn = timeline.map_or(Ok(()), |timeline| timeline.draw(design, |text| answers.line(text)));
    answers.flush(LAST_WORDS);
    drawn
}

/// The timeline of this run, and where it is to be drawn.
struct Timeline {
    file: PictureFile,
    recorder: Recorder,
}

impl Timeline {
    fn begin(file: PictureFile) -> Result<Timeline, String> {
        file.prepare()?;
        Ok(Timeline { file, recorder: Recorder::new() })
    }

    fn draw(self, design: Design, print: impl Fn(&str)) -> Result<(), String> {
        let mut panel = self.recorder.finish(format!("server --design {design}")).around_its_sessions();
        panel.notes.push(std::mem::take(&mut panel.lock));
        panel.notes.push(
            "A client that waits in the backlog has no thread yet, and is not seen here; lab compare --timeline draws \
             the clients' side too."
                .to_string(),
        );
        let zoom = Zoom::of(&panel);
        let title = "What each thread of this server did, and what it waited for.".to_string();
        self.file.write(&Picture { title, longest_waits: Vec::new(), zoom, panels: vec![panel] })?;
        print(&format!("the timeline is drawn in {}", self.file.name()));
        Ok(())
    }
}

fn bind_failed(address: SocketAddr, error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another server may be running there (or, on some systems, have ended within the last minute: TIME_WAIT); \
             stop it, or choose another port with --bind"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 are the administrator's; choose a higher one with --bind",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address; choose one of its own with --bind",
        _ => "choose another address with --bind",
    };
    format!("can't listen on {address}: {error}; {advice}")
}
