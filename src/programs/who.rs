//! The table that the operator's `who` shows: a row for each session, never wider than the usual terminal.
//!
//! Read first: `server/registry.rs`, `human.rs`. It does not know who asks, nor where the table is printed.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::programs::human::{as_ipv4, fitted, human_rate, human_size};
use crate::server::registry::{Doing, SessionView};
use crate::wire::visible;

/// The usual width of a terminal.
const COLUMNS: usize = 80;

/// How many sessions `who` shows. With the head and the last line they fit on a screen.
const BUSIEST: usize = 20;

/// An IPv4 address and a port. An IPv6 address may be longer: it is shortened.
const PEER_COLUMNS: usize = 21;

/// As in `session-999`.
const THREAD_COLUMNS: usize = 11;

/// The cells of a session, what it is doing, and the name of what it sends, which takes the columns that are left.
type Row = ([String; 6], String, String);

/// The lines of the table: of all sessions, or of the busiest and how many more there are.
pub fn who(mut sessions: Vec<SessionView>, all: bool) -> Vec<String> {
    if sessions.is_empty() {
        return vec!["nobody is connected".to_string()];
    }
    let more = if all { 0 } else { sessions.len().saturating_sub(BUSIEST) };
    if more > 0 {
        sessions.sort_by_key(|session| Reverse((bytes_to_send(&session.doing), session.last_active)));
        sessions.truncate(BUSIEST);
    }
    let now = Instant::now();
    let mut lines = table(sessions.iter().map(|session| row(session, now)).collect());
    if more > 0 {
        lines.push(format!("and {more} more, which have less to send or are idle longer; who all shows all"));
    }
    lines
}

/// Bytes of the current reply that are not sent yet. The more there are, the busier the session is.
fn bytes_to_send(doing: &Doing) -> u64 {
    match doing {
        Doing::Sending { sent, size, .. } => size.saturating_sub(*sent),
        Doing::Waiting | Doing::Dismissed => 0,
    }
}

fn row(session: &SessionView, now: Instant) -> Row {
    let ago = |since: Instant| short_time(now.saturating_duration_since(since));
    let cells = [
        session.number.to_string(),
        fitted(&as_ipv4(session.peer).to_string(), PEER_COLUMNS),
        fitted(&session.thread, THREAD_COLUMNS),
        ago(session.since),
        ago(session.last_active),
        human_size(session.bytes_sent),
    ];
    let (doing, name) = doing(&session.doing, now);
    (cells, doing, name)
}

/// What a session is doing. For a transfer: how much is sent, and how fast on average; then its name.
fn doing(doing: &Doing, now: Instant) -> (String, String) {
    match doing {
        Doing::Waiting => ("waiting".to_string(), String::new()),
        Doing::Sending { subject, sent, size, begun } => {
            let percent = (u128::from(*sent) * 100).checked_div(u128::from(*size)).unwrap_or(100);
            let rate = human_rate(*sent, now.saturating_duration_since(*begun));
            (format!("{percent}% {rate} "), visible(subject.as_bytes()))
        }
        Doing::Dismissed => ("dismissed".to_string(), String::new()),
    }
}

/// The head and the rows. Each column is as wide as its widest cell.
fn table(rows: Vec<Row>) -> Vec<String> {
    let head = (["#", "peer", "thread", "age", "idle", "sent"].map(str::to_string), "doing".to_string(), String::new());
    let rows: Vec<Row> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|(cells, ..)| cells[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    rows.iter().map(|row| line(row, widths)).collect()
}

fn line(([number, peer, thread, age, idle, sent], doing, name): &Row, widths: [usize; 6]) -> String {
    let [a, b, c, d, e, f] = widths;
    let cells = format!("{number:>a$} {peer:<b$} {thread:<c$} {age:>d$} {idle:>e$} {sent:>f$}  {doing}");
    let left = COLUMNS.saturating_sub(cells.chars().count());
    fitted(&format!("{cells}{}", fitted(name, left)), COLUMNS)
}

/// A time in at most four columns: `99s`, `99m`, `99h`, `365d`.
fn short_time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=99 => format!("{seconds}s"),
        seconds @ 100..=5_999 => format!("{}m", seconds / 60),
        seconds @ 6_000..=359_999 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u64, doing: Doing) -> SessionView {
        let (peer, now) = ("192.0.2.7:54321".parse().unwrap(), Instant::now());
        SessionView {
            number,
            peer,
            thread: format!("session-{number}"),
            since: now,
            last_active: now,
            doing,
            bytes_sent: 0,
        }
    }

    fn sending(subject: &str, sent: u64, size: u64, begun: Instant) -> Doing {
        Doing::Sending { subject: subject.to_string(), sent, size, begun }
    }

    #[test]
    fn a_transfer_shows_its_percentage_its_rate_and_its_name() {
        let begun = Instant::now();
        let now = begun + Duration::from_secs(2);
        assert_eq!(
            doing(&sending("a.txt", 3 * 1024, 12 * 1024, begun), now),
            ("25% 1.5 KiB/s ".to_string(), "a.txt".to_string())
        );
        assert_eq!(doing(&sending("LIST", 0, 0, begun), now), ("100% 0 B/s ".to_string(), "LIST".to_string()));
        assert_eq!(
            doing(&sending("big", u64::MAX / 2, u64::MAX, begun), begun + Duration::from_secs(1 << 34)),
            ("49% 512.0 MiB/s ".to_string(), "big".to_string())
        );
    }

    #[test]
    fn a_row_has_at_most_80_columns_whatever_stands_in_it() {
        let long_ago = Instant::now();
        for name in ["x".repeat(255), "漢".repeat(85), "\u{1b}".repeat(200)] {
            let mut extreme = session(u64::from(u32::MAX), sending(&name, u64::MAX / 3, u64::MAX, long_ago));
            extreme.peer = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535".parse().unwrap();
            extreme.bytes_sent = 1024 * 1024 * 1024 - 60_000_000;
            let lines = who(vec![extreme, session(7, Doing::Waiting)], false);
            for line in &lines {
                // A letter of East Asia takes two columns.
                let columns: usize = line.chars().map(|c| if c == '漢' { 2 } else { 1 }).sum();
                assert!(columns <= 80, "{columns}: {line}");
            }
            let number = u32::MAX.to_string();
            assert!(lines[1].starts_with(&number) && lines[1].contains("]:65535"), "{lines:#?}");
        }
    }

    #[test]
    fn an_ipv4_peer_of_an_ipv6_listener_is_shown_as_ipv4() {
        let mut mapped = session(1, Doing::Waiting);
        mapped.peer = "[::ffff:192.0.2.7]:80".parse().unwrap();
        assert!(who(vec![mapped], false)[1].starts_with("1 192.0.2.7:80 session-1 "));
    }

    #[test]
    fn the_busiest_20_are_shown_and_how_many_more_there_are() {
        let now = Instant::now();
        let mut sessions: Vec<_> = (1..=256).map(|number| session(number, Doing::Waiting)).collect();
        sessions[99].doing = sending("small.txt", 0, 10, now);
        sessions[199].doing = sending("big.bin", 0, 1000, now);
        sessions[49].last_active = now + Duration::from_secs(9);
        let lines = who(sessions.clone(), false);
        assert_eq!(lines.len(), 1 + 20 + 1);
        for (line, begins) in lines[1..].iter().zip(["200 ", "100 ", " 50 "]) {
            assert!(line.starts_with(begins), "{lines:#?}");
        }
        assert!(lines[21].starts_with("and 236 more"), "{lines:#?}");
        assert_eq!(who(sessions.clone(), true).len(), 1 + 256);
        sessions.truncate(20);
        assert_eq!(who(sessions, false).len(), 1 + 20);
    }

    #[test]
    fn a_time_takes_four_columns() {
        for (seconds, told) in [(0, "0s"), (99, "99s"), (100, "1m"), (5_999, "99m"), (6_000, "1h"), (360_000, "4d")] {
            assert_eq!(short_time(Duration::from_secs(seconds)), told);
        }
    }
}
