//! The comparison as text: a table for each workload, and below it a sentence for each row. Also the runs as TSV.
//!
//! Read first: `row.rs`. It does not know how the numbers were measured.

use crate::lab::compare::row::Row;
use crate::lab::compare::subject::{BIG, SMALL};
use crate::lab::compare::{rows, Options, Run, Scenario};
use crate::lab::load::report::wrapped;
use crate::lab::load::GRACE;
use crate::programs::human::{human_size, human_time};
use crate::server::designs::Design;

/// How wide a line may be.
const WIDTH: usize = 80;

/// Between these two ratios, two numbers are about the same: two runs of the same server differ as much.
const SAME: (f64, f64) = (0.8, 1.25);

/// What the columns mean.
const LEGEND: &str = "longest: the longest wait of a client, unfinished ones included. unserved: clients that never \
    got an answer. threads, memory: the most that the server's process had. CPU: its milliseconds of processor time \
    for 1000 answers. '-': not seen here.";

impl Scenario {
    /// In a word, for the TSV.
    pub fn word(self) -> &'static str {
        match self {
            Scenario::NewConnections => "new-connections",
            Scenario::KeptConnections => "kept-connections",
            Scenario::SlowReaders => "slow-readers",
        }
    }

    /// What the rate counts: each of these has one answer.
    fn unit(self) -> &'static str {
        match self {
            Scenario::NewConnections => "connections",
            Scenario::KeptConnections | Scenario::SlowReaders => "requests",
        }
    }

    fn title(self, options: &Options) -> String {
        let clients = counted(options.clients, "client");
        let small = human_size(SMALL.1);
        match self {
            Scenario::NewConnections => {
                format!("A new connection for each request: {clients}, a file of {small}")
            }
            Scenario::KeptConnections => format!("Kept connections: {clients}, a file of {small}"),
            Scenario::SlowReaders => {
                let (slow, big) = (counted(options.slow, "client"), human_size(BIG.1));
                format!("The same beside {slow} that asked for {big} before, and read nothing")
            }
        }
    }
}

/// What is being done.
pub fn announcement(options: &Options) -> String {
    let runs = options.designs.len() * Scenario::ALL.len() * options.rounds;
    let text = format!(
        "{runs} runs of {} s, and {} s more for late answers: {} under {}, in {}. Each has a fresh server, and the \
         designs take turns.",
        options.lasting.as_secs_f64(),
        GRACE.as_secs(),
        counted(Scenario::ALL.len(), "workload"),
        counted(options.designs.len(), "design"),
        counted(options.rounds, "round"),
    );
    wrapped(&text, WIDTH).join("\n")
}

/// All tables, each with its sentences.
pub fn text(options: &Options, runs: &[Run]) -> String {
    let legend = format!("Medians of {}. {LEGEND}", counted(options.rounds, "round"));
    let mut parts = vec![wrapped(&legend, WIDTH).join("\n")];
    for scenario in Scenario::ALL {
        let rows_shown = rows(options, runs, scenario);
        let alone = match scenario {
            Scenario::SlowReaders => rows(options, runs, Scenario::KeptConnections),
            _ => Vec::new(),
        };
        parts.push(format!("{}\n\n{}", scenario.title(options), table(scenario, options, &rows_shown)));
        parts.push(sentences(scenario, options, &rows_shown, &alone));
    }
    parts.join("\n\n")
}

fn table(scenario: Scenario, options: &Options, rows: &[Row]) -> String {
    let rate = match scenario {
        Scenario::NewConnections => "conn/s",
        Scenario::KeptConnections | Scenario::SlowReaders => "req/s",
    };
    let line = |cells: [&str; 7]| {
        let [design, rate, longest, unserved, threads, memory, processor] = cells;
        format!("{design:<20}{rate:>8}{longest:>10}{unserved:>11}{threads:>9}{memory:>11}{processor:>9}")
    };
    let mut lines = vec![line(["design", rate, "longest", "unserved", "threads", "memory", "CPU"])];
    let shown = |cell: Option<String>| cell.unwrap_or("-".to_string());
    lines.extend(rows.iter().map(|row| {
        line([
            &row.design,
            &format!("{:.0}", row.rate),
            &shown(row.longest.map(human_time)),
            &format!("{} of {}", row.unserved, options.clients),
            &shown(row.threads.map(|threads| threads.to_string())),
            &shown(row.memory.map(human_size)),
            &shown(row.processor.map(|milliseconds| format!("{milliseconds:.0}"))),
        ])
    }));
    lines.join("\n")
}

/// What each row shows. The other designs are compared with the report's design, or with the first one if that is
/// missing.
fn sentences(scenario: Scenario, options: &Options, rows: &[Row], alone: &[Row]) -> String {
    let usual = Design::default().to_string();
    let Some(baseline) = rows.iter().find(|row| row.design == usual).or(rows.first()) else { return String::new() };
    let sentence = |row: &Row| {
        let alone = alone.iter().find(|other| other.design == row.design);
        let text = format!("{} {}.", row.design, shows(row, baseline, alone, options.clients, scenario.unit()));
        wrapped(&text, WIDTH - 2).join("\n  ")
    };
    rows.iter().map(sentence).collect::<Vec<_>>().join("\n")
}

/// What a row shows, from its numbers alone: relations to the baseline, and to the same design without slow readers.
fn shows(row: &Row, baseline: &Row, alone: Option<&Row>, clients: usize, unit: &str) -> String {
    let mut shown = vec![service(row, clients)];
    let is_baseline = row.design == baseline.design;
    if !is_baseline && row.rate > 0.0 {
        shown.push(match ratio(row.rate, baseline.rate) {
            Some(ratio) => format!("{} many {unit} per second as {}", times_as(ratio), baseline.design),
            None => format!("{} answered nothing at all", baseline.design),
        });
    }
    if let (false, Some(own), Some(other)) = (is_baseline, row.processor, baseline.processor) {
        if let Some(ratio) = ratio(own, other).filter(|ratio| !is_same(*ratio)) {
            shown.push(format!("{} much processor time for an answer", times_as(ratio)));
        }
    }
    if let (false, Some(own), Some(other)) = (is_baseline, row.threads, baseline.threads) {
        if !ratio(own as f64, other as f64).map_or(true, is_same) {
            shown.push(format!("{}, not {other}", counted(own as usize, "thread")));
        }
    }
    if let Some(ratio) = alone.filter(|_| row.rate > 0.0).and_then(|alone| ratio(row.rate, alone.rate)) {
        shown.push(format!("{} many {unit} as without the slow readers", times_as(ratio)));
    }
    if row.errors > 0 {
        shown.push(format!("{} went wrong", counted(row.errors as usize, "request")));
    }
    if row.slow_ended > 0 {
        shown.push(format!("{} missing", counted(row.slow_ended, "slow reader")));
    }
    shown.join("; ")
}

/// Who was served.
fn service(row: &Row, clients: usize) -> String {
    let served = clients.saturating_sub(row.unserved);
    let all_unserved_wait = row.waiting >= row.unserved && row.errors == 0;
    match (row.unserved, row.waiting) {
        (0, 0) => format!("served all {clients} clients"),
        (0, waiting) => format!("served all {clients} clients, but {waiting} were still waiting at the end"),
        _ if served == 0 && all_unserved_wait => {
            format!("served nobody: all {clients} clients waited for the whole time")
        }
        _ if served == 0 => "served nobody".to_string(),
        (unserved, _) if all_unserved_wait => {
            format!("served {served} of {clients} clients, the other {unserved} waited for the whole time")
        }
        (unserved, _) => format!("served {served} of {clients} clients, the other {unserved} got no answer"),
    }
}

fn ratio(number: f64, of: f64) -> Option<f64> {
    (of > 0.0).then(|| number / of)
}

fn is_same(ratio: f64) -> bool {
    (SAME.0..=SAME.1).contains(&ratio)
}

fn times_as(ratio: f64) -> String {
    match ratio {
        ratio if is_same(ratio) => "about as".to_string(),
        ratio if ratio < 0.1 => "less than 0.1 times as".to_string(),
        ratio if ratio < 10.0 => format!("{ratio:.1} times as"),
        ratio => format!("{ratio:.0} times as"),
    }
}

fn counted(count: usize, of: &str) -> String {
    match count {
        1 => format!("1 {of}"),
        _ => format!("{count} {of}s"),
    }
}

/// Every run, a line each; an empty field was not seen.
pub fn tsv(runs: &[Run]) -> String {
    let mut lines =
        vec!["round\tworkload\tdesign\tanswers_per_second\tlongest_us\twaiting\tunserved\terrors\tthreads\t\
        memory_bytes\tcpu_ms_per_1000\n"
            .to_string()];
    let text = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
    lines.extend(runs.iter().map(|Run { round, scenario, row }| {
        let Row { design, rate, waiting, unserved, errors, threads, memory, .. } = row;
        let longest = text(row.longest.map(|longest| longest.as_micros() as u64));
        let processor = row.processor.map_or(String::new(), |milliseconds| format!("{milliseconds:.1}"));
        let (workload, threads, memory) = (scenario.word(), text(*threads), text(*memory));
        format!(
            "{round}\t{workload}\t{design}\t{rate:.1}\t{longest}\t{waiting}\t{unserved}\t{errors}\t{threads}\t\
             {memory}\t{processor}\n"
        )
    }));
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(design: &str, rate: f64, unserved: usize) -> Row {
        Row {
            design: design.to_string(),
            rate,
            longest: Some(Duration::from_millis(7)),
            waiting: unserved,
            unserved,
            errors: 0,
            slow_ended: 0,
            threads: Some(10),
            memory: Some(2 << 20),
            processor: Some(100.0),
        }
    }

    fn told(row: &Row, baseline: &Row, alone: Option<&Row>) -> String {
        shows(row, baseline, alone, 8, "requests")
    }

    #[test]
    fn the_rate_is_told_as_a_relation_and_changes_with_the_numbers() {
        let usual = row("thread-per-client", 1000.0, 0);
        for (rate, relation) in [
            (3000.0, "3.0 times as many requests per second as thread-per-client"),
            (30_000.0, "30 times as many requests per second as thread-per-client"),
            (1260.0, "1.3 times as many requests per second as thread-per-client"),
            (1250.0, "about as many requests per second as thread-per-client"),
            (800.0, "about as many requests per second as thread-per-client"),
            (790.0, "0.8 times as many requests per second as thread-per-client"),
            (20.0, "less than 0.1 times as many requests per second as thread-per-client"),
        ] {
            let sentence = told(&row("iterative", rate, 0), &usual, None);
            assert_eq!(sentence, format!("served all 8 clients; {relation}"));
        }
        let silent = row("thread-per-client", 0.0, 8);
        let sentence = told(&row("iterative", 5.0, 0), &silent, None);
        assert_eq!(sentence, "served all 8 clients; thread-per-client answered nothing at all");
    }

    #[test]
    fn who_was_served_is_told_and_changes_with_the_numbers() {
        let service_of = |unserved, waiting, errors| service(&Row { waiting, errors, ..row("x", 1.0, unserved) }, 8);
        assert_eq!(service_of(0, 0, 0), "served all 8 clients");
        assert_eq!(service_of(0, 2, 0), "served all 8 clients, but 2 were still waiting at the end");
        assert_eq!(service_of(7, 7, 0), "served 1 of 8 clients, the other 7 waited for the whole time");
        assert_eq!(service_of(7, 0, 70), "served 1 of 8 clients, the other 7 got no answer");
        assert_eq!(service_of(8, 8, 0), "served nobody: all 8 clients waited for the whole time");
        assert_eq!(service_of(8, 0, 9), "served nobody");
    }

    #[test]
    fn what_a_design_takes_is_told_if_it_is_not_about_the_same() {
        let usual = row("thread-per-client", 1000.0, 0);
        let thrifty = Row { threads: Some(5), processor: Some(50.0), ..row("prethreaded:4", 1000.0, 0) };
        let same_rate = "served all 8 clients; about as many requests per second as";
        assert_eq!(
            told(&thrifty, &usual, None),
            format!("{same_rate} thread-per-client; 0.5 times as much processor time for an answer; 5 threads, not 10")
        );
        assert_eq!(
            told(&Row { design: "thread-per-client".to_string(), ..thrifty.clone() }, &row("a", 1000.0, 0), None),
            format!("{same_rate} a; 0.5 times as much processor time for an answer; 5 threads, not 10")
        );
        let unseen = Row { threads: None, processor: None, ..thrifty };
        assert_eq!(told(&unseen, &usual, None), format!("{same_rate} thread-per-client"));
    }

    #[test]
    fn slow_readers_are_felt_or_not_by_the_numbers() {
        let usual = row("thread-per-client", 1000.0, 0);
        assert_eq!(
            told(&usual, &usual, Some(&row("", 1100.0, 0))),
            "served all 8 clients; about as many requests as without the slow readers"
        );
        assert_eq!(
            told(&usual, &usual, Some(&row("", 4000.0, 0))),
            "served all 8 clients; 0.2 times as many requests as without the slow readers"
        );
        let stuck = row("prethreaded:4", 0.0, 8);
        let sentence = told(&stuck, &usual, Some(&row("prethreaded:4", 900.0, 0)));
        assert_eq!(sentence, "served nobody: all 8 clients waited for the whole time");
    }

    #[test]
    fn errors_are_told() {
        let usual = Row { errors: 3, ..row("thread-per-client", 1000.0, 0) };
        assert_eq!(told(&usual, &usual, None), "served all 8 clients; 3 requests went wrong");
        let usual = Row { slow_ended: 2, ..row("thread-per-client", 1000.0, 0) };
        assert_eq!(told(&usual, &usual, None), "served all 8 clients; 2 slow readers missing");
    }

    #[test]
    fn a_table_fits_a_terminal_and_shows_what_was_not_seen() {
        let options = Options { designs: vec![], clients: 1000, slow: 4, lasting: Duration::from_secs(1), rounds: 3 };
        let mut wide = row("spare-threads:100-10000", 1_234_567.0, 999);
        (wide.threads, wide.memory, wide.processor) = (None, Some(1023 << 20), None);
        let table = table(Scenario::SlowReaders, &options, &[wide]);
        assert!(table.lines().all(|line| line.len() <= WIDTH + 5), "{table}");
        assert_eq!(table.matches(" -").count(), 2, "{table}");
    }
}
