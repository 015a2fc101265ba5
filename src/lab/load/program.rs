//! `lab load`: its options, and what it prints.
//!
//! Read first: `mod.rs`. It does not know how the load is made.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::lab::dial::host_and_port;
use crate::lab::load::report::{announcement, text, tsv};
use crate::lab::load::{find, run, Workload, GRACE};
use crate::programs::args::{exit_code, prepare, say, unknown, Arg, Args, Usage};
use crate::server::limits::MAX_SESSIONS;
use crate::wire::FileName;

/// Most clients of either kind: as many as our server takes.
const MAX_CLIENTS: usize = MAX_SESSIONS;

const DEFAULT_CLIENTS: usize = 16;

const DEFAULT_TIME: Duration = Duration::from_secs(5);

/// The options, as on the command line.
struct Asked {
    server: Option<String>,
    clients: usize,
    file: Option<FileName>,
    lasting: Duration,
    reconnect: bool,
    slow: usize,
    tsv: Option<PathBuf>,
}

/// Runs `lab load`.
///
/// # Errors
/// Wrong usage.
pub fn load(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    let Some(server) = &asked.server else {
        return Err(Usage("which server? lab load 127.0.0.1:4456 loads the one that runs there".to_string()));
    };
    Ok(exit_code("lab", carry_out(server, &asked)))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let mut asked = Asked {
        server: None,
        clients: DEFAULT_CLIENTS,
        file: None,
        lasting: DEFAULT_TIME,
        reconnect: false,
        slow: 0,
        tsv: None,
    };
    while let Some(argument) = args.take()? {
        let option = match &argument {
            Arg::Word(word) if asked.server.is_none() => {
                asked.server = Some(host_and_port(word.to_string_lossy().into_owned())?);
                continue;
            }
            Arg::Word(_) => return Err(unknown(&argument, "lab")),
            Arg::Option(option) => option,
        };
        match option.as_str() {
            "--clients" => asked.clients = args.count(option, MAX_CLIENTS)?,
            "--file" => asked.file = Some(file_name(&mut args, option)?),
            "--seconds" => asked.lasting = args.seconds(option)?,
            "--reconnect" => asked.reconnect = true,
            "--slow" => asked.slow = slow(&mut args, option, MAX_CLIENTS)?,
            "--tsv" => asked.tsv = Some(args.value(option, "a file")?.into()),
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    Ok(asked)
}

fn file_name(args: &mut Args, option: &str) -> Result<FileName, Usage> {
    let name = args.value(option, "the name of a file that the server lists")?;
    FileName::parse(name.to_string_lossy().into_owned())
        .map_err(|refusal| Usage(format!("{option}: {}", refusal.message)))
}

/// How many slow clients; 0 is allowed.
pub fn slow(args: &mut Args, option: &str, most: usize) -> Result<usize, Usage> {
    args.parsed(option, &format!("a whole number from 0 to {most}"), |count| *count <= most)
}

/// Was there no error, and did every client get its answers?
fn carry_out(server: &str, asked: &Asked) -> Result<bool, String> {
    asked.tsv.as_deref().map_or(Ok(()), prepare)?;
    let found = find(server, asked.file.clone())?;
    let workload = Workload {
        server: found.server,
        file: found.file.clone(),
        clients: asked.clients,
        lasting: asked.lasting,
        grace: GRACE,
        reconnect: asked.reconnect,
        slow: asked.slow,
        slow_file: found.file.clone(),
    };
    let _ = say(&format!("{}\n", announcement(&workload, &found)));
    let outcome = run(&workload)?;
    let _ = say(&text(&workload, &outcome));
    if let Some(file) = &asked.tsv {
        fs::write(file, tsv(&workload, &outcome)).map_err(|error| format!("can't write {file:?}: {error}"))?;
    }
    Ok(outcome.is_faultless())
}
