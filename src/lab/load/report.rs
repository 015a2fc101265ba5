//! What a load showed: as text for a person, and as lines of tab-separated values for a program.
//!
//! Read first: `mod.rs`. It does not know how the load is made.

use std::time::Duration;

use crate::lab::load::{Found, Outcome, Workload};
use crate::programs::human::{human_size, human_time};
use crate::wire::quote;

/// The percentiles that are printed.
const PERCENTILES: [u64; 3] = [50, 90, 99];

/// How wide a line may be.
const WIDTH: usize = 80;

/// Where the text behind a label begins.
const INDENT: usize = 13;

/// What a wait is, and how exact its numbers are.
const WAIT: &str = "A wait lasts from the request (the first on a connection: from the connect) to the last byte of \
    the answer. p90: 90 of 100 waits were no longer; it may be 1/32 less, the longest is exact.";

/// What a closed loop hides.
const CLOSED_LOOP: &str = "a client that waits does not ask again, so a server that stalls gets fewer requests: \
    its long waits are few, and the percentiles hardly show them.";

/// What the load does.
pub fn announcement(workload: &Workload, found: &Found) -> String {
    let size = found.size.map_or("size unknown: it gave no list in time".to_string(), human_size);
    let (file, server, seconds) = (quote(found.file.as_str()), workload.server, workload.lasting.as_secs_f64());
    let asks = if workload.clients == 1 { "asks" } else { "ask" };
    let how = if workload.reconnect {
        "each request has a connection of its own: connect, DOWNLOAD, LOGOUT, end"
    } else {
        "each client keeps its connection, and asks again when it has its answer"
    };
    let slow = match workload.slow {
        0 => String::new(),
        1 => "\n1 slow client asks for it too, again and again, and reads nothing.".to_string(),
        slow => format!("\n{slow} slow clients ask for it too, again and again, and read nothing."),
    };
    let clients = clients(workload.clients);
    let text = format!("{clients} {asks} {server} for {file} ({size}) for {seconds} s:\n{how}.{slow}");
    text.lines().flat_map(|line| wrapped(line, WIDTH)).collect::<Vec<_>>().join("\n")
}

/// The results.
pub fn text(workload: &Workload, outcome: &Outcome) -> String {
    let tally = &outcome.tally;
    let seconds = workload.lasting.as_secs_f64();
    let per_second = |count: u64| count as f64 / seconds;
    let received = format!("{}, {}/s", human_size(tally.bytes), human_size(per_second(tally.bytes) as u64));
    let mut parts = vec![
        entry("requests", &format!("{} answered, {:.0}/s", tally.answers, per_second(tally.answers))),
        entry("received", &received),
    ];
    if workload.reconnect {
        let connections = format!("{}, {:.0}/s", tally.connections, per_second(tally.connections));
        parts.push(entry("connections", &connections));
    }
    let percentiles = PERCENTILES.map(|percent| format!("p{percent} {}, ", time(tally.waits.percentile(percent))));
    let waits = format!("{}longest {}", percentiles.concat(), time(tally.waits.longest()));
    parts.push(entry("waits", &format!("{waits}\n{WAIT}")));
    parts.push(format!("\n{}\n", tally.waits.drawn()));
    parts.push(entry("errors", &errors(outcome)));
    parts.push(entry("at the end", &served(workload, outcome)));
    if !tally.unfinished.is_empty() {
        parts.push(entry("beware", CLOSED_LOOP));
    }
    if workload.slow > 0 {
        parts.push(entry("slow clients", &slow(workload.slow, outcome.slow_ended)));
    }
    parts.join("\n")
}

fn errors(outcome: &Outcome) -> String {
    let kinds = outcome.tally.errors.kinds();
    let lines: Vec<_> = kinds.map(|(kind, count, example)| format!("{count} times {kind} ({example})")).collect();
    if lines.is_empty() {
        "none".to_string()
    } else {
        lines.join("\n")
    }
}

/// Who was served, and who still waited at the end.
fn served(workload: &Workload, outcome: &Outcome) -> String {
    let (waiting, never) = (outcome.tally.unfinished.len(), outcome.tally.never_answered);
    let waited = match outcome.tally.unfinished.iter().max() {
        None => "nobody was left waiting".to_string(),
        Some(longest) => {
            let (were, all) = (if waiting == 1 { "was" } else { "were" }, clients(workload.clients));
            let (grace, longest) = (workload.grace.as_secs_f64(), human_time(*longest));
            format!("{waiting} of {all} {were} still waiting {grace} s after it, the longest for {longest}")
        }
    };
    match never {
        0 => format!("{waited}; every client got answers"),
        _ => format!("{waited}; {never} never got an answer"),
    }
}

fn slow(count: usize, ended: usize) -> String {
    let stayed = format!("{} of {count} stayed to the end", count - ended);
    match ended {
        0 => stayed,
        _ => format!("{stayed}; the server turned away or cut off {ended}"),
    }
}

fn clients(count: usize) -> String {
    match count {
        1 => "1 client".to_string(),
        _ => format!("{count} clients"),
    }
}

fn time(wait: Option<Duration>) -> String {
    wait.map_or("-".to_string(), human_time)
}

/// The same for a program: a line for each value, its name and the value with a tab between.
pub fn tsv(workload: &Workload, outcome: &Outcome) -> String {
    let tally = &outcome.tally;
    let seconds = workload.lasting.as_secs_f64();
    let per_second = |count: u64| format!("{:.1}", count as f64 / seconds);
    let microseconds = |wait: Option<Duration>| wait.map_or(String::new(), |wait| wait.as_micros().to_string());
    let mut lines = vec![
        ("clients".to_string(), workload.clients.to_string()),
        ("slow_clients".to_string(), workload.slow.to_string()),
        ("seconds".to_string(), seconds.to_string()),
        ("requests".to_string(), tally.answers.to_string()),
        ("requests_per_second".to_string(), per_second(tally.answers)),
        ("bytes_per_second".to_string(), per_second(tally.bytes)),
        ("connections_per_second".to_string(), per_second(tally.connections)),
    ];
    for percent in PERCENTILES {
        lines.push((format!("wait_p{percent}_us"), microseconds(tally.waits.percentile(percent))));
    }
    lines.push(("wait_longest_us".to_string(), microseconds(tally.waits.longest())));
    lines.push(("still_waiting".to_string(), tally.unfinished.len().to_string()));
    lines.push(("never_answered".to_string(), tally.never_answered.to_string()));
    lines.push(("slow_clients_ended".to_string(), outcome.slow_ended.to_string()));
    for class in tally.waits.classes() {
        let name = format!("waits_from_{}_to_{}_us", class.from.as_secs_f64() * 1e6, class.to.as_secs_f64() * 1e6);
        lines.push((name, class.count.to_string()));
    }
    lines.extend(tally.errors.kinds().map(|(kind, count, _)| (format!("error {kind}"), count.to_string())));
    lines.into_iter().map(|(name, value)| format!("{name}\t{value}\n")).collect()
}

/// A label, and beside it the text in lines that fit a terminal.
pub fn entry(label: &str, text: &str) -> String {
    let lines: Vec<_> = text.lines().flat_map(|line| wrapped(line, WIDTH - INDENT)).collect();
    format!("{label:<INDENT$}{}", lines.join(&format!("\n{:INDENT$}", "")))
}

/// The text in lines of at most so many characters, cut between words.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::load::client::Tally;
    use crate::wire::FileName;

    fn outcome(unfinished: &[u64], never_answered: usize) -> Outcome {
        let unfinished = unfinished.iter().copied().map(Duration::from_secs).collect();
        Outcome { tally: Tally { unfinished, never_answered, ..Tally::default() }, slow_ended: 0 }
    }

    fn workload() -> Workload {
        let name = || FileName::parse("a.txt").unwrap();
        Workload {
            server: ([127, 0, 0, 1], 4456).into(),
            file: name(),
            clients: 8,
            lasting: Duration::from_secs(5),
            grace: Duration::from_secs(1),
            reconnect: false,
            slow: 0,
            slow_file: name(),
        }
    }

    #[test]
    fn clients_that_wait_at_the_end_are_reported_with_the_longest_wait() {
        assert_eq!(served(&workload(), &outcome(&[], 0)), "nobody was left waiting; every client got answers");
        let three = "3 of 8 clients were still waiting 1 s after it, the longest for 6 s";
        assert_eq!(served(&workload(), &outcome(&[5, 6, 1], 0)), format!("{three}; every client got answers"));
        assert_eq!(served(&workload(), &outcome(&[5, 6, 1], 2)), format!("{three}; 2 never got an answer"));
        assert_eq!(served(&workload(), &outcome(&[], 1)), "nobody was left waiting; 1 never got an answer");
    }

    #[test]
    fn the_slow_clients_that_the_server_got_rid_of_are_told() {
        assert_eq!(slow(3, 0), "3 of 3 stayed to the end");
        assert_eq!(slow(3, 1), "2 of 3 stayed to the end; the server turned away or cut off 1");
    }

    #[test]
    fn a_text_beside_its_label_fits_a_terminal() {
        let shown = entry("waits", &format!("p50 -\n{WAIT}"));
        assert!(shown.lines().all(|line| line.len() <= WIDTH), "{shown}");
        assert!(shown.starts_with("waits        p50 -\n             A wait"), "{shown}");
    }
}
