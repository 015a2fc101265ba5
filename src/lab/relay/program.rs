//! `lab relay`: its options, which of them can't be combined, and its first lines.
//!
//! Read first: `mod.rs`. It does not know how anything is passed on.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::lab::dial::{host_and_port, Target};
use crate::lab::relay::buffer::BUFFER;
use crate::lab::relay::capture::Capture;
use crate::lab::relay::disturbance::{Direction, Disturbance, Limit, Then};
use crate::lab::relay::told::{Told, COLUMNS};
use crate::lab::relay::Relay;
use crate::programs::args::{complain, prepare, say, unknown, Arg, Args, Usage};
use crate::programs::printer::Printer;

/// Longest time that an option accepts, in milliseconds: an hour.
const MAX_MILLISECONDS: u64 = 3_600_000;

/// The options, as on the command line.
struct Asked {
    listen: SocketAddr,
    to: Option<String>,
    disturbance: Disturbance,
    only: Option<Direction>,
    pcap: Option<PathBuf>,
    quiet: bool,
}

/// Runs `lab relay`.
///
/// # Errors
/// Wrong usage.
pub fn relay(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    let Some(to) = &asked.to else {
        let example = "lab relay --listen 127.0.0.1:4460 --to 127.0.0.1:4456";
        return Err(Usage(format!("which server? {example} passes on to the one that runs there")));
    };
    contradictions(&asked)?;
    let target = match Target::find(to) {
        Ok(target) if leads_back(asked.listen, &target) => {
            return Err(Usage(format!("--to {} leads back to the relay itself; name another address", target.name)));
        }
        found => found,
    };
    if let Err(why) = target.and_then(|target| run(target, &asked)) {
        complain("lab", &why);
    }
    // A running relay ends only by Ctrl-C or a signal.
    Ok(ExitCode::FAILURE)
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut asked = Asked {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        to: None,
        disturbance: Disturbance::default(),
        only: None,
        pcap: None,
        quiet: false,
    };
    while let Some(argument) = args.take()? {
        let Arg::Option(option) = &argument else { return Err(unknown(&argument, "lab")) };
        let disturbance = &mut asked.disturbance;
        match option.as_str() {
            "--listen" => {
                asked.listen = args.parsed(option, "an IP address and a port, such as 127.0.0.1:4460", |_| true)?;
            }
            "--to" => {
                let server = args.value(option, "a server's HOST:PORT")?;
                asked.to = Some(host_and_port(server.to_string_lossy().into_owned())?);
            }
            "--chop" => disturbance.chop = Some(args.count(option, BUFFER)? as u64),
            "--glue" => disturbance.glue = Some(milliseconds(&mut args, option)?),
            "--delay" => disturbance.delay = Some(milliseconds(&mut args, option)?),
            "--rate" => disturbance.rate = Some(bytes(&mut args, option)?),
            "--cut-after" => set_limit(disturbance, bytes(&mut args, option)?, Then::Cut)?,
            "--reset-after" => set_limit(disturbance, bytes(&mut args, option)?, Then::Reset)?,
            "--stall-after" => set_limit(disturbance, bytes(&mut args, option)?, Then::Stall)?,
            "--slow-close" => disturbance.slow_close = Some(milliseconds(&mut args, option)?),
            "--seed" => disturbance.seed = Some(args.parsed(option, "a whole number", |_| true)?),
            "--only" => asked.only = Some(direction(&mut args, option)?),
            "--pcap" => asked.pcap = Some(args.value(option, "a file")?.into()),
            "--quiet" => asked.quiet = true,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(asked)
}

fn milliseconds(args: &mut Args, option: &str) -> Result<Duration, Usage> {
    let wanted = format!("a whole number of milliseconds from 1 to {MAX_MILLISECONDS}");
    let fits = |count: &u64| (1..=MAX_MILLISECONDS).contains(count);
    args.parsed(option, &wanted, fits).map(Duration::from_millis)
}

fn bytes(args: &mut Args, option: &str) -> Result<u64, Usage> {
    args.parsed(option, "a whole number of bytes, at least 1", |count| *count > 0)
}

fn direction(args: &mut Args, option: &str) -> Result<Direction, Usage> {
    let word: String = args
        .parsed(option, "up (to the server) or down (to the client)", |word: &String| word == "up" || word == "down")?;
    Ok(if word == "up" { Direction::Up } else { Direction::Down })
}

fn set_limit(disturbance: &mut Disturbance, after: u64, then: Then) -> Result<(), Usage> {
    let limit = Limit { after, then };
    match disturbance.limit.replace(limit) {
        Some(before) if before.then != then => {
            Err(Usage("a connection ends in one way: use one of --cut-after, --reset-after, --stall-after".to_string()))
        }
        _ => Ok(()),
    }
}

fn contradictions(asked: &Asked) -> Result<(), Usage> {
    let refuse = |why: &str| Err(Usage(why.to_string()));
    let disturbance = &asked.disturbance;
    if disturbance.chop.is_some() && disturbance.glue.is_some() {
        return refuse("--chop makes pieces smaller and --glue larger; leave one out");
    }
    let is_drawn = disturbance.chop.is_some() || disturbance.glue.is_some() || disturbance.delay.is_some();
    if disturbance.seed.is_some() && !is_drawn {
        return refuse("--seed draws sizes and times for --chop, --glue or --delay; add one of them");
    }
    if asked.only.is_some() && *disturbance == Disturbance::default() {
        return refuse("--only says where a disturbance works, and there is none; add one, such as --chop 1");
    }
    Ok(())
}

/// Would the relay be its own client?
fn leads_back(listen: SocketAddr, target: &Target) -> bool {
    let is_mine = |ip: IpAddr| ip == listen.ip() || (listen.ip().is_unspecified() && ip.is_loopback());
    listen.port() != 0 && target.addresses.iter().any(|to| to.port() == listen.port() && is_mine(to.ip()))
}

/// Listens, and passes on for ever.
fn run(target: Target, asked: &Asked) -> Result<(), String> {
    asked.pcap.as_deref().map_or(Ok(()), prepare)?;
    let cant_listen = |error: io::Error| format!("can't listen on {}: {error}", asked.listen);
    let listener = TcpListener::bind(asked.listen).map_err(cant_listen)?;
    let address = listener.local_addr().map_err(cant_listen)?;
    let capture = asked.pcap.as_deref().map(begin_capture).transpose()?;
    let _ = say(&first_lines(address, &target, asked));
    let printer = if asked.quiet { None } else { Some(Printer::new("printer", io::stdout())) };
    let printer = printer.transpose().map_err(|error| format!("can't start the thread that prints: {error}"))?;
    let only = |direction| match asked.only {
        Some(only) if only != direction => Disturbance::default(),
        _ => asked.disturbance.clone(),
    };
    let (up, down) = (only(Direction::Up), only(Direction::Down));
    Relay::new(listener, target, up, down, Told::new(printer, capture)).run();
    Ok(())
}

fn begin_capture(file: &Path) -> Result<Capture, String> {
    Capture::create(file).map_err(|error| format!("can't write {file:?}: {error}; name another file"))
}

fn first_lines(address: SocketAddr, target: &Target, asked: &Asked) -> String {
    let mut lines = vec![format!("listening on {address}"), format!("passing on to {}", target.name)];
    if asked.disturbance != Disturbance::default() {
        let direction = match asked.only {
            None => "both directions",
            Some(Direction::Up) => "the direction to the server",
            Some(Direction::Down) => "the direction to the client",
        };
        lines.push(format!("disturbing {direction}: {}", asked.disturbance));
    }
    if let Some(file) = &asked.pcap {
        lines.push(format!("writing {file:?}: its packets are the pieces that the relay read and wrote;"));
        lines.push("their Ethernet, IP and TCP headers are made up".to_string());
    }
    if !asked.quiet {
        lines.push(COLUMNS.to_string());
    }
    lines.join("\n")
}
