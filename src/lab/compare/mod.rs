//! `lab compare`: the same workloads against each design of the server, as in chapter 30 of Stevens' *UNIX Network
//! Programming*.
//!
//! Each run has a fresh server in a process of its own. Other work of the machine disturbs only the run of that moment.
//! So the designs take turns in each round, and the table shows the medians of the rounds.
//!
//! Read first: `server/designs.rs`, `load/mod.rs`. It does not know how a design works.

pub mod subject;

pub mod row;

pub mod text;

pub mod scene;

pub mod program;

use std::time::Duration;

use crate::lab::compare::row::Row;
use crate::lab::compare::subject::{ServedFiles, Subject, BIG, SMALL};
use crate::lab::load::{self, Workload, GRACE};
use crate::server::designs::Design;
use crate::server::limits::DEFAULT_SESSIONS;
use crate::wire::FileName;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Options {
    /// The designs, in the order of the table.
    pub designs: Vec<Design>,
    /// Clients in the closed loop.
    pub clients: usize,
    /// Clients that read nothing, in the workload with slow readers.
    pub slow: usize,
    /// Each run's time.
    pub lasting: Duration,
    /// How often each run is made.
    pub rounds: usize,
}

/// What the clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Each request has a connection of its own.
    NewConnections,
    /// Each client keeps its connection.
    KeptConnections,
    /// As above, beside clients that ask for a big file and read nothing.
    SlowReaders,
}

impl Scenario {
    /// All, in the order in which they are shown.
    pub const ALL: [Scenario; 3] = [Scenario::NewConnections, Scenario::KeptConnections, Scenario::SlowReaders];

    fn workload(self, options: &Options, server: &Subject) -> Result<Workload, String> {
        let name = |(name, _): (&str, u64)| FileName::parse(name).map_err(|refusal| refusal.message);
        Ok(Workload {
            server: server.address,
            file: name(SMALL)?,
            clients: options.clients,
            lasting: options.lasting,
            grace: GRACE,
            reconnect: self == Scenario::NewConnections,
            slow: if self == Scenario::SlowReaders { options.slow } else { 0 },
            slow_file: name(BIG)?,
        })
    }
}

/// One run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Counted from 1.
    pub round: usize,
    /// What the clients did.
    pub scenario: Scenario,
    /// The result.
    pub row: Row,
}

/// Makes all runs. `on_round` is called with the number of each round that begins.
///
/// # Errors
/// In a sentence: a server does not start, or the system grants no threads.
pub fn compare(options: &Options, mut on_round: impl FnMut(usize)) -> Result<Vec<Run>, String> {
    let files = ServedFiles::make(&[SMALL, BIG]).map_err(|error| format!("can't make files to be served: {error}"))?;
    let mut runs = Vec::new();
    for round in 1..=options.rounds {
        on_round(round);
        for scenario in Scenario::ALL {
            for design in &options.designs {
                let row = run(options, scenario, *design, &files)?;
                runs.push(Run { round, scenario, row });
            }
        }
    }
    Ok(runs)
}

fn run(options: &Options, scenario: Scenario, design: Design, files: &ServedFiles) -> Result<Row, String> {
    let sessions = DEFAULT_SESSIONS.max(2 * (options.clients + options.slow));
    let server = Subject::start(design, files, sessions)?;
    let workload = scenario.workload(options, &server)?;
    let before = server.resources();
    let mut threads = None;
    let outcome = load::run_watched(&workload, || {
        threads = threads.max(server.resources().map(|resources| resources.threads));
    })?;
    let resources = before.zip(server.resources());
    Ok(Row::new(design.to_string(), &outcome, options.lasting, resources, threads))
}

/// The medians of a scenario's runs, a row for each design.
pub fn rows(options: &Options, runs: &[Run], scenario: Scenario) -> Vec<Row> {
    let row = |design: &Design| {
        let name = design.to_string();
        let of_design = runs.iter().filter(|run| run.scenario == scenario && run.row.design == name);
        Row::medians(&of_design.map(|run| &run.row).collect::<Vec<_>>())
    };
    options.designs.iter().filter_map(row).collect()
}
