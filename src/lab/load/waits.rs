//! How long clients waited: a histogram whose memory does not grow with the number of waits.
//!
//! Read first: nothing. It does not know which client waits.

use std::time::Duration;

use crate::programs::human::human_time;

/// How many buckets there are for each doubling of the time: no wait is reported more than a 32nd too long.
const PARTS: u64 = 32;

/// How many doublings of a nanosecond have buckets: up to about 146 years, longer than any time-out.
const DOUBLINGS: u32 = 62;

/// Most lines of the histogram in the terminal.
const MAX_CLASSES: usize = 12;

/// The longest bar, in characters: with its numbers a line fits into 80.
const BAR: u64 = 40;

/// Where classes of the histogram begin, in each power of ten of nanoseconds.
const BEGINNINGS: [u64; 3] = [1, 2, 5];

/// All waits: those that ended, and those that had not ended when the time was over, with their length until then.
#[derive(Debug, Clone, Default)]
pub struct Waits {
    /// How many waits each bucket has. The list grows to the bucket of the longest wait: always fewer than 2000.
    buckets: Vec<u64>,
    longest: Duration,
}

/// A line of the histogram.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// The shortest wait that belongs here.
    pub from: Duration,
    /// The shortest wait that belongs to the next line.
    pub to: Duration,
    /// How many waits there were.
    pub count: u64,
}

impl Waits {
    /// Counts one wait.
    pub fn add(&mut self, wait: Duration) {
        let bucket = bucket(nanoseconds(wait));
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.longest = self.longest.max(wait);
    }

    /// Counts another client's waits too.
    pub fn merge(&mut self, other: &Waits) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (count, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.longest = self.longest.max(other.longest);
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The longest, exactly; `None` if there was none.
    pub fn longest(&self) -> Option<Duration> {
        (self.count() > 0).then_some(self.longest)
    }

    /// The time within which so many percent of the waits ended: never too short, and at most a 32nd too long. `None`
    /// if there was no wait.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut counted = 0;
        let reached = self.buckets.iter().position(|count| {
            counted += count;
            counted >= rank
        })?;
        Some(Duration::from_nanos(last_of(reached)).min(self.longest))
    }

    /// The waits in logarithmic classes, from the shortest wait's to the longest's: 1, 2, 5, 10, ... or, if these are
    /// too many for a terminal, 1, 10, 100, ...
    pub fn classes(&self) -> Vec<Class> {
        let fine = self.classes_from(&BEGINNINGS);
        match fine.len() {
            0..=MAX_CLASSES => fine,
            _ => self.classes_from(&BEGINNINGS[..1]),
        }
    }

    fn classes_from(&self, beginnings: &[u64]) -> Vec<Class> {
        let powers = (0..u64::MAX.ilog10()).map(|power| 10_u64.pow(power));
        let limits: Vec<_> = powers.flat_map(|power| beginnings.iter().map(move |first| first * power)).collect();
        let (Some(shortest), Some(longest)) = (self.buckets.iter().position(|count| *count > 0), self.longest()) else {
            return Vec::new();
        };
        let (first, last) = (first_of(shortest), nanoseconds(longest));
        let ends = limits.windows(2).map(|pair| (pair[0], pair[1])).filter(|(from, to)| *to > first && *from <= last);
        let in_class = |from, to| {
            let within = self.buckets.iter().enumerate().filter(|(bucket, _)| (from..to).contains(&first_of(*bucket)));
            within.map(|(_, count)| count).sum()
        };
        let class = |(from, to)| Class {
            from: Duration::from_nanos(from),
            to: Duration::from_nanos(to),
            count: in_class(from, to),
        };
        ends.map(class).collect()
    }

    /// The classes as lines of text, each with a bar. If a class has a wait, its bar is visible.
    pub fn drawn(&self) -> String {
        let classes = self.classes();
        let most = classes.iter().map(|class| class.count).max().unwrap_or(0).max(1);
        let lines = classes.iter().map(|class| {
            let bar = "#".repeat((class.count * BAR).div_ceil(most) as usize);
            let line =
                format!("{:>8} to {:>7} {:>10} {bar}", human_time(class.from), human_time(class.to), class.count);
            line.trim_end().to_string()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min((1 << DOUBLINGS) - 1)
}

/// The bucket of a wait: below [`PARTS`] nanoseconds each has its own, and then each doubling of the time has as many.
fn bucket(nanoseconds: u64) -> usize {
    let doubling = u64::from((nanoseconds | 1).ilog2().saturating_sub(PARTS.ilog2()));
    (doubling * PARTS + (nanoseconds >> doubling)) as usize
}

/// The shortest wait of a bucket, in nanoseconds.
fn first_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doubling = (bucket / PARTS).saturating_sub(1);
    (bucket - doubling * PARTS) << doubling
}

/// The longest wait of a bucket, in nanoseconds.
fn last_of(bucket: usize) -> u64 {
    first_of(bucket + 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(microseconds: impl IntoIterator<Item = u64>) -> Waits {
        let mut waits = Waits::default();
        microseconds.into_iter().for_each(|wait| waits.add(Duration::from_micros(wait)));
        waits
    }

    #[test]
    fn each_wait_lies_between_the_first_and_the_last_of_its_bucket_which_are_close() {
        let near_limits = (0..DOUBLINGS).flat_map(|power| [(1_u64 << power) - 1, 1 << power, (1 << power) + 1]);
        for wait in near_limits.chain(0..5000) {
            let (first, last) = (first_of(bucket(wait)), last_of(bucket(wait)));
            assert!((first..=last).contains(&wait), "{first} {wait} {last}");
            assert!(last - wait <= wait / PARTS, "{wait} counts as {last}");
        }
    }

    #[test]
    fn a_percentile_is_never_too_short_and_at_most_a_32nd_too_long() {
        let waits = waits(1..=1000);
        for (percent, exact) in [(1, 10), (50, 500), (90, 900), (99, 990), (100, 1000)] {
            let exact = Duration::from_micros(exact);
            let told = waits.percentile(percent).unwrap();
            assert!((exact..=exact + exact / 32).contains(&told), "p{percent}: {told:?} for {exact:?}");
        }
    }

    #[test]
    fn one_long_wait_among_many_short_ones_is_the_longest_and_changes_no_percentile() {
        let mut waits = waits((0..999).map(|_| 100));
        waits.add(Duration::from_secs(5));
        assert_eq!(waits.longest(), Some(Duration::from_secs(5)));
        assert!(waits.percentile(99) < Some(Duration::from_micros(104)), "{:?}", waits.percentile(99));
        assert_eq!(waits.percentile(100), Some(Duration::from_secs(5)));
    }

    #[test]
    fn nothing_has_no_percentile_and_no_picture() {
        let none = Waits::default();
        assert_eq!((none.percentile(50), none.longest(), none.drawn()), (None, None, String::new()));
    }

    #[test]
    fn merged_waits_are_as_if_one_had_counted_them() {
        let mut merged = waits([3, 70_000]);
        merged.merge(&waits([5, 5, 2_000_000]));
        let together = waits([3, 70_000, 5, 5, 2_000_000]);
        assert_eq!((merged.buckets, merged.longest), (together.buckets, together.longest));
    }

    #[test]
    fn the_classes_hold_every_wait_and_fit_a_terminal() {
        for waits in [waits([1]), waits(1..3000), waits([1, 10_000_000]), waits([5_500_000; 7])] {
            let classes = waits.classes();
            assert!((1..=MAX_CLASSES).contains(&classes.len()), "{classes:?}");
            assert_eq!(classes.iter().map(|class| class.count).sum::<u64>(), waits.count(), "{classes:?}");
            assert!(classes.windows(2).all(|pair| pair[0].to == pair[1].from), "{classes:?}");
            assert!(waits.drawn().lines().all(|line| line.chars().count() <= 80), "{}", waits.drawn());
        }
    }

    #[test]
    fn a_class_with_a_single_wait_is_seen_beside_a_crowd() {
        let mut waits = waits((0..100_000).map(|_| 30));
        waits.add(Duration::from_micros(300));
        let drawn = waits.drawn();
        assert!(drawn.ends_with("  200 µs to  500 µs          1 #"), "{drawn}");
    }
}
