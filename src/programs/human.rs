//! Sizes, times, rates and addresses for people, and texts that fit a terminal.
//!
//! Read first: nothing. It does not know what is measured.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A size for people: `1.5 MiB`; below 1 KiB the exact number of bytes.
pub fn human_size(bytes: u64) -> String {
    let mut text = String::new();
    // Writing to memory can't fail.
    let _ = write_size(&mut text, bytes);
    text
}

fn write_size(text: &mut String, bytes: u64) -> fmt::Result {
    use fmt::Write;
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    if unit == 0 {
        return write!(text, "{bytes} B");
    }
    write!(text, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Bytes per second: `1.5 MiB/s`.
pub fn human_rate(bytes: u64, took: Duration) -> String {
    let mut text = String::new();
    // Writing to memory can't fail.
    let _ = write_rate(&mut text, bytes, took);
    text
}

/// The same at the end of a text that is there already.
pub fn write_rate(text: &mut String, bytes: u64, took: Duration) -> fmt::Result {
    // So there is never a division by zero.
    let seconds = took.max(Duration::from_micros(1)).as_secs_f64();
    write_size(text, (bytes as f64 / seconds) as u64)?;
    text.push_str("/s");
    Ok(())
}

/// How many there are, in words: `1 file`, `3 files`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// An IPv4 peer of a listener on IPv6 shows as `::ffff:a.b.c.d`. This is longer and says no more.
pub fn as_ipv4(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, peer.port()),
        IpAddr::V6(_) => peer,
    }
}

/// A time for people, with at most three digits: `850 ns`, `12.5 µs`, `1.5 ms`, `2 s`.
pub fn human_time(time: Duration) -> String {
    const UNITS: [(&str, f64); 4] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0)];
    let nanoseconds = time.as_nanos() as f64;
    let (unit, length) = UNITS.into_iter().find(|(_, length)| nanoseconds >= *length).unwrap_or(UNITS[3]);
    let count = nanoseconds / length;
    let digits = match count {
        count if count < 10.0 => format!("{count:.2}"),
        count if count < 100.0 => format!("{count:.1}"),
        _ => format!("{count:.0}."),
    };
    format!("{} {unit}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The text, or its beginning and its end with two dots between them, in at most so many columns of a terminal.
pub fn fitted(text: &str, most: usize) -> String {
    const DOTS: &str = "..";
    if columns(text) <= most {
        return text.to_string();
    }
    let Some(room) = most.checked_sub(DOTS.len()) else { return String::new() };
    let beginning = beginning_of(text.chars(), room - room / 2);
    let end: Vec<_> = beginning_of(text.chars().rev(), room / 2).chars().rev().collect();
    format!("{beginning}{DOTS}{}", String::from_iter(end))
}

fn beginning_of(characters: impl Iterator<Item = char>, most: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += width(*character);
        used <= most
    };
    characters.take_while(fits).collect()
}

/// How many columns of a terminal a text takes at most.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// How many columns a character takes at most. Characters of East Asia take two, and all of them are above U+1100. The
/// standard library does not know more.
fn width(character: char) -> usize {
    if character < '\u{1100}' {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        for (bytes, told) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(human_size(bytes), told);
        }
    }

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        for (nanoseconds, told) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (12_340, "12.3 µs"),
            (500_000, "500 µs"),
            (1_500_000, "1.5 ms"),
            (2_000_000_000, "2 s"),
            (100_000_000_000, "100 s"),
        ] {
            assert_eq!(human_time(Duration::from_nanos(nanoseconds)), told);
        }
    }

    #[test]
    fn a_text_that_is_too_wide_keeps_its_beginning_and_its_end() {
        for (text, most, told) in [
            ("notes.txt", 9, "notes.txt"),
            ("notes.txt", 8, "not..txt"),
            ("notes.txt", 2, ".."),
            ("notes.txt", 1, ""),
            ("", 0, ""),
            ("漢字漢字", 8, "漢字漢字"),
            ("漢字漢字", 7, "漢..字"),
            ("漢字漢字", 4, ".."),
        ] {
            assert_eq!(fitted(text, most), told, "{text} in {most}");
        }
    }
}
