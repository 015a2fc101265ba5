//! The program `lab`: it chooses the tool, and reads its options.
//!
//! Read first: the tool that you want to know. It does not know how the tools work.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::lab::broken::{self, Broken};
use crate::lab::broken_clients::{self, BrokenClient};
use crate::lab::check;
use crate::lab::class;
use crate::lab::compare;
use crate::lab::cost;
use crate::lab::interleave;
use crate::lab::lang::Lang;
use crate::lab::load;
use crate::lab::relay;
use crate::lab::talk;
use crate::lab::walk::{walk, Options};
use crate::programs::args::{answer, complain, exit_code, unknown, version, Arg, Args, Usage};
use crate::programs::server;
use crate::wire::printable;

const HELP: &str = "\
The instruments for teaching.

Usage: lab TOOL [OPTIONS]

  walk                  plays the eight steps with a real server and a real
                        client: the bytes, threads, functions and the registry
    --server HOST:PORT  with a server that runs already, not one of its own
    --serve PATH        what its own server serves [server_data]
    --dir PATH          where the client stores the files [client_data]
    --lang en|fr        the language [en]
    --pause             waits for Enter after each step

  broken                lists the broken servers and clients, each with its one
                        mistake
  broken NAME HOST PORT DIR [COMMAND...]
                        runs a client; without commands it reads them from
                        standard input, one a line
  broken NAME           runs a server
    --mystery N         instead of a name: N chooses a server, and its name is
                        hidden; the same N gives the same server
    --reveal            runs no server, and shows the name for --mystery N
    --bind ADDR:PORT    where it listens; port 0 takes a free one [127.0.0.1:0]
    --dir PATH          what it serves [server_data]

  check                 grades any server of this protocol: what is wrong, why
    HOST:PORT           one that runs already, and ...
    --fixtures DIR      ... serves this directory, or
    --command 'COMMAND' a program to start: {dir} and {port} stand for the
                        directory that it serves and the port where it listens;
                        spaces separate words, quotes keep them together
    --level LEVEL       these checks alone: report, stream, robust or threads
    --only N            the checks of step N alone, or the check N.M
    --list              shows the checks, and runs none
    --timeout SECS      for each check [3]
    --lang en|fr        the language of the report [en]: titles, causes, table;
                        some rare sentences stay English
    --tsv FILE          writes the results, a line for each check, in English
    --seed N            makes the same fixtures as an earlier run

  check --client 'COMMAND'
                        grades a client: {host} and {port} stand for the server
                        that it meets, {dir} for where it stores files,
                        {timeout} for the seconds after which it gives up
    --commands stdin|args
                        how it is told what to do: a line for each command on
                        its standard input, or one more argument each [stdin]
    --level LEVEL       these checks alone: report, stream, robust or files
    --timeout SECS      for each check, once the client has connected [5]
                        (and --only, --list, --lang, --tsv, --seed as above)

  class DIR             grades a class: each folder in DIR is a student, whose
                        file 'command' holds what check's --command takes,
                        'client-command' what its --client takes (one of them,
                        or both), and 'build', if there is one, what compiles
    --jobs N            so many students at the same time [at most 4]
    --weights FILE      what the checks count: lines such as 'report 4', '5.1 2'
                        or, of clients, 'client 5.1 2'
    --level LEVEL       these checks alone
    --timeout SECS      for each check [3; of clients 5]
    --seed N            makes the same fixtures as an earlier run
    --out DIR           where the marks go [DIR-marks, beside DIR]
    --lang en|fr        the language of all that is told and written [en], the
                        columns of marks.csv included

  fixtures DIR          makes files for check in a new directory
    --seed N            the same as an earlier run

  load HOST:PORT        many clients ask any server of this protocol for a file,
                        again and again: how many requests per second, and how
                        long the clients wait. A client that waits does not ask
                        (a closed loop), so a server that stalls gets fewer
                        requests, and percentiles hide it: look at the longest
                        wait, and at who was still waiting at the end
    --clients N         how many [16]
    --file NAME         what they ask for [the first file that LIST names]
    --seconds SECS      for how long [5]
    --reconnect         each request on a connection of its own
    --slow K            beside them, K clients that ask and read nothing [0]
    --tsv FILE          writes the numbers, a line for each

  compare               the same workloads against each design of our server: a
                        table, and a sentence for each row
    --design NAME       this one alone, or several; see server --help
    --clients N         clients of each workload [8]
    --slow K            clients that read nothing, in the workload with such [4]
    --seconds SECS      for each run [1]
    --rounds N          so often the designs take turns; shows the medians [3]
    --tsv FILE          writes the runs, a line for each
    --timeline FILE     measures nothing, but draws what threads and clients do
                        beside a slow reader; FILE ends in .svg or .txt

  cost                  what a thread costs on this machine: to start one, the
                        memory of one that waits, a lock, to wake another

  interleave FILE       threads of a tiny language, one step at a time: in which
                        order of their steps does the program go wrong? Prints
                        questions; docs/INTERLEAVE.md explains the language
    --schedule ABBA     in this order: first a step of A, then of B, B, A
    --random            in a random order
    --seed N            ... the same as an earlier one
    --all               in every order: how many end wrong, or in deadlock
    --solve             answers the questions

  relay --to HOST:PORT  connects any client with any server, shows every piece
                        that passes, and disturbs it, in both directions unless
                        --only says otherwise
    --listen ADDR:PORT  where clients connect; port 0 takes a free one
                        [127.0.0.1:0]
    --chop N            at most N bytes a packet, and a pause after each
    --glue MS           what arrives within MS milliseconds goes on as one piece
    --delay MS          everything goes on so much later
    --rate BYTES        so many bytes a second at most
    --cut-after N       N bytes of a direction, then the end of the stream
    --reset-after N     ... then a reset (not on every system)
    --stall-after N     ... then silence; the connection stays open
    --slow-close MS     the end goes on so much later
    --only up|down      disturbs this direction alone; up is to the server
    --seed N            random sizes and times within these bounds, the same for
                        the same N
    --pcap FILE         writes what passes for Wireshark, with invented headers
    --quiet             prints no pieces

  talk HOST:PORT        sends what is typed, and shows what comes: line ends
                        visible, each read marked. Ctrl-D ends the sending side
                        (on Windows Ctrl-Z and Enter)
    --hex               shows numbers
    --crlf              sends CR LF at the end of each line

  server                the server itself, which compare starts; takes --help

  -h, --help            this text
  -V, --version         the version

Exit code: 0 all was right, 1 something was not (a check that could not run has
not passed), 2 wrong usage.";

/// Runs the program with its arguments (the program's own name left out).
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let has_help_of_its_own = arguments.first().is_some_and(|tool| tool == compare::subject::TOOL);
    if !has_help_of_its_own && arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        return answer(HELP);
    }
    match tool(Args::new(arguments)) {
        Ok(code) => code,
        Err(usage) => {
            complain("lab", &usage.to_string());
            ExitCode::from(Usage::EXIT_CODE)
        }
    }
}

fn tool(mut args: Args) -> Result<ExitCode, Usage> {
    match args.take()? {
        None => Err(Usage("which tool? lab walk plays the eight steps; lab --help shows them all".to_string())),
        Some(Arg::Option(option)) if option == "-V" || option == "--version" => Ok(answer(&version("lab"))),
        Some(Arg::Word(tool)) if tool == "walk" => walk_tool(args),
        Some(Arg::Word(tool)) if tool == "check" => check::program::check(args),
        Some(Arg::Word(tool)) if tool == "class" => class::program::class_tool(args),
        Some(Arg::Word(tool)) if tool == "fixtures" => check::program::fixtures(args),
        Some(Arg::Word(tool)) if tool == "broken" => broken_tool(args),
        Some(Arg::Word(tool)) if tool == "load" => load::program::load(args),
        Some(Arg::Word(tool)) if tool == "compare" => compare::program::compare_tool(args),
        Some(Arg::Word(tool)) if tool == "relay" => relay::program::relay(args),
        Some(Arg::Word(tool)) if tool == "talk" => talk::talk(args),
        Some(Arg::Word(tool)) if tool == "interleave" => interleave::program::interleave(args),
        Some(Arg::Word(tool)) if tool == "cost" => cost_tool(args),
        Some(Arg::Word(tool)) if tool == compare::subject::TOOL => Ok(server::main(args.rest())),
        Some(other) => Err(unknown(&other, "lab")),
    }
}

fn cost_tool(mut args: Args) -> Result<ExitCode, Usage> {
    if let Some(argument) = args.take()? {
        return Err(unknown(&argument, "lab"));
    }
    Ok(match cost::told() {
        Ok(text) => answer(&text),
        Err(why) => {
            complain("lab", &why);
            ExitCode::FAILURE
        }
    })
}

fn walk_tool(mut args: Args) -> Result<ExitCode, Usage> {
    let mut serve_given = false;
    let mut options = Options {
        server: None,
        serve: "server_data".into(),
        dir: "client_data".into(),
        lang: Lang::English,
        pause: false,
    };
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "lab")) };
        match option.as_str() {
            "--server" => options.server = Some(args.parsed(option, "HOST:PORT", |text: &String| text.contains(':'))?),
            "--serve" => {
                options.serve = args.path(option)?;
                serve_given = true;
            }
            "--dir" => options.dir = args.path(option)?,
            Lang::OPTION => options.lang = Lang::of_option(&mut args)?,
            "--pause" => options.pause = true,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    if options.server.is_some() && serve_given {
        return Err(Usage(
            "--serve is for the walk's own server, and --server names another; leave one out".to_string(),
        ));
    }
    Ok(exit_code("lab", walk(&options).map(|()| true).map_err(|surprise| surprise.0)))
}

const NAME_OR_MYSTERY: &str = "lab broken takes a name or --mystery N, not both";

const REVEAL_WHAT: &str = "--reveal needs --mystery N: it tells which server that is";

fn broken_tool(mut args: Args) -> Result<ExitCode, Usage> {
    let (mut chosen, mut mystery, mut reveal) = (None, None, false);
    let mut bind = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut dir = PathBuf::from("server_data");
    while let Some(argument) = args.take()? {
        match &argument {
            Arg::Word(name) if chosen.is_none() && mystery.is_none() => {
                let name = name.to_string_lossy();
                if let Some(client) = BrokenClient::find(&name) {
                    return client.main(args.rest().iter().map(|word| word.to_string_lossy().into_owned()).collect());
                }
                chosen = Some(broken_named(&name)?);
            }
            Arg::Word(_) if mystery.is_some() => return Err(Usage(NAME_OR_MYSTERY.to_string())),
            Arg::Option(option) if option == "--mystery" => {
                mystery = Some(args.parsed(option, "a whole number", |_| true)?)
            }
            Arg::Option(option) if option == "--reveal" => reveal = true,
            Arg::Option(option) if option == "--bind" => {
                bind = args.parsed(option, "an IP address and a port, such as 127.0.0.1:4456", |_| true)?;
            }
            Arg::Option(option) if option == "--dir" => dir = args.path(option)?,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    let server = match (chosen, mystery) {
        (Some(_), Some(_)) => return Err(Usage(NAME_OR_MYSTERY.to_string())),
        (_, None) if reveal => return Err(Usage(REVEAL_WHAT.to_string())),
        (None, None) => return Ok(answer(&list_of_broken())),
        (Some(server), None) => server,
        (None, Some(number)) => Broken::mystery(number),
    };
    if reveal {
        return Ok(answer(&server.to_string()));
    }
    if mystery.is_some() {
        broken::keep_names_out_of_panics();
    }
    Ok(match server.run(bind, &dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain("lab", &format!("can't serve {} on {bind}: {error}", printable(&dir.to_string_lossy())));
            ExitCode::FAILURE
        }
    })
}

fn list_of_broken() -> String {
    format!("Servers:\n{}\n\nClients, for HOST PORT DIR [COMMAND...]:\n{}", broken::list(), broken_clients::list())
}

fn broken_named(name: &str) -> Result<&'static Broken, Usage> {
    Broken::find(name).ok_or_else(|| {
        Usage(format!("there is no broken server or client '{}'; lab broken lists them", printable(name)))
    })
}
