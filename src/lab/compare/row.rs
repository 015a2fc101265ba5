//! What a design showed under a workload: one run's numbers, and the medians of several.
//!
//! Read first: `mod.rs`. It does not know how the numbers are shown.

use std::time::Duration;

use crate::lab::compare::subject::Resources;
use crate::lab::load::Outcome;

/// The numbers of one run, or medians.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The design, as on the command line.
    pub design: String,
    /// Answers per second, all clients together.
    pub rate: f64,
    /// The longest wait of a client, unfinished ones included.
    pub longest: Option<Duration>,
    /// Clients that still waited at the end.
    pub waiting: usize,
    /// Clients that never got an answer.
    pub unserved: usize,
    /// Errors, refusals included.
    pub errors: u64,
    /// Slow readers that got no session, or were cut off before the end.
    pub slow_ended: usize,
    /// The most threads that were seen; `None` if the system does not tell. The same is true for the next fields.
    pub threads: Option<u64>,
    /// The most memory, in bytes.
    pub memory: Option<u64>,
    /// Processor time for 1000 answers, in milliseconds.
    pub processor: Option<f64>,
}

impl Row {
    /// The numbers of a run of this length. `resources` was measured at its beginning and its end, `threads` in
    /// between.
    pub fn new(
        design: String,
        outcome: &Outcome,
        lasting: Duration,
        resources: Option<(Resources, Resources)>,
        threads: Option<u64>,
    ) -> Row {
        let tally = &outcome.tally;
        let per_thousand = |(before, after): (Resources, Resources)| {
            let milliseconds = (after.processor.saturating_sub(before.processor)).as_secs_f64() * 1000.0;
            (tally.answers > 0).then(|| milliseconds * 1000.0 / tally.answers as f64)
        };
        Row {
            design,
            rate: tally.answers as f64 / lasting.as_secs_f64(),
            longest: tally.waits.longest(),
            waiting: tally.unfinished.len(),
            unserved: tally.never_answered,
            errors: tally.errors.total(),
            slow_ended: outcome.slow_ended,
            threads,
            memory: resources.map(|(_, after)| after.memory),
            processor: resources.and_then(per_thousand),
        }
    }

    /// The median of each number; `None` if there are no runs.
    pub fn medians(runs: &[&Row]) -> Option<Row> {
        Some(Row {
            design: runs.first()?.design.clone(),
            rate: median(runs.iter().map(|run| run.rate))?,
            longest: median(runs.iter().filter_map(|run| run.longest)),
            waiting: median(runs.iter().map(|run| run.waiting))?,
            unserved: median(runs.iter().map(|run| run.unserved))?,
            errors: median(runs.iter().map(|run| run.errors))?,
            slow_ended: median(runs.iter().map(|run| run.slow_ended))?,
            threads: median(runs.iter().filter_map(|run| run.threads)),
            memory: median(runs.iter().filter_map(|run| run.memory)),
            processor: median(runs.iter().filter_map(|run| run.processor)),
        })
    }
}

/// The middle value in the order of size. If there is an even number of values, the greater of the two in the middle.
pub fn median<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_and_an_outlier_does_not_move_it() {
        assert_eq!(median([9, 1, 2].into_iter()), Some(2));
        assert_eq!(median([1.0, 1000.0, 1.5].into_iter()), Some(1.5));
        assert_eq!(median([4, 3].into_iter()), Some(4));
        assert_eq!(median(std::iter::empty::<u64>()), None);
    }
}
