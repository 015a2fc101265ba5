//! Sizes, times and rates for people.

use std::time::Duration;

/// A size for people: `1.5 MiB`; below 1 KiB the exact number of bytes.
pub fn human_size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
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

/// Bytes per second: `1.5 MiB/s`.
pub fn human_rate(bytes: u64, took: Duration) -> String {
    let microseconds = took.as_micros().max(1);
    let per_second = u128::from(bytes) * 1_000_000 / microseconds;
    format!("{}/s", human_size(u64::try_from(per_second).unwrap_or(u64::MAX)))
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
}
