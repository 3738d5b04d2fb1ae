//! Correlations over finished periods: every event is there, in order.
//!
//! Conditions that another event could undo are judged on buckets of event
//! time, aligned to whole timespans, that lie wholly inside the period:
//! sliding windows would find a lull of logins between any two of them. Empty
//! buckets count as zero for the counting kinds and have no sum, average or
//! percentile. Conditions that only grow, however large, use the same sliding
//! windows as streaming does, over everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Sighting;
use super::crossing::Crossing;
use super::fold::{fold_seconds, fold_window};
use super::member::{Member, TIME_MAX, short_hash};
use super::stream::{ScanOnly, Stream};
use crate::rule::{Aggregate, Comparison, Correlation, CorrelationKind, Threshold};

/// The most buckets that one call judges; a longer period is cut at its start.
pub const BUCKETS_MAX: i64 = 1_000_000;

/// The crossings of one group over a finished period (`period` in epoch
/// seconds, its end not included), the first of each fold window. `events`
/// are the group's sightings in any order; for an aggregate the numeric field
/// is the only value, and events whose value is no number are left out.
#[must_use]
pub fn evaluate_finished(
    correlation: &Correlation,
    fold: Option<u64>,
    period: Range<i64>,
    events: &[Sighting],
) -> Vec<Crossing> {
    match Stream::unbounded(correlation, fold) {
        Ok(stream) => {
            let members: BTreeSet<Member> = events
                .iter()
                .filter(|event| period.contains(&event.time))
                .flat_map(|event| stream.members_of(event))
                .collect();
            stream.crossings(&members, |_| true)
        }
        Err(ScanOnly::NotMonotone) => in_buckets(correlation, fold, &period, events),
        Err(_) => Vec::new(),
    }
}

fn in_buckets(
    correlation: &Correlation,
    fold: Option<u64>,
    period: &Range<i64>,
    events: &[Sighting],
) -> Vec<Crossing> {
    let Ok(timespan) = i64::try_from(correlation.timespan_seconds.max(1)) else {
        return Vec::new();
    };
    let last = period.end.clamp(0, TIME_MAX).div_euclid(timespan);
    let first = period.start.clamp(0, TIME_MAX).saturating_add(timespan - 1) / timespan;
    let first = first.max(last - BUCKETS_MAX);
    let mut buckets: BTreeMap<i64, BTreeMap<Member, &Sighting>> = BTreeMap::new();
    for event in events.iter().filter(|event| period.contains(&event.time)) {
        let member = Member::new(event.time, short_hash(&[&event.identity]));
        let bucket = member.time.div_euclid(timespan);
        buckets.entry(bucket).or_default().insert(member, event);
    }
    let fold = fold_seconds(fold, correlation.timespan_seconds);
    let empty = BTreeMap::new();
    let mut found: Vec<Crossing> = Vec::new();
    for bucket in first..last {
        let inside = buckets.get(&bucket).unwrap_or(&empty);
        let time = bucket * timespan + (timespan - 1);
        let fold_window = fold_window(time, fold);
        let reported = found
            .last()
            .is_some_and(|last| last.fold_window == fold_window);
        if !reported && holds(correlation, inside) {
            let skipped = inside.len().saturating_sub(super::MEMBERS_SHOWN_MAX);
            found.push(Crossing {
                time,
                fold_window,
                count: inside.len(),
                first: true,
                members: inside.keys().skip(skipped).cloned().collect(),
            });
        }
    }
    found
}

fn holds(correlation: &Correlation, inside: &BTreeMap<Member, &Sighting>) -> bool {
    match &correlation.kind {
        CorrelationKind::EventCount(threshold) => passes(threshold, inside.len() as f64),
        CorrelationKind::ValueCount { fields, threshold } => {
            let values: BTreeSet<&[String]> = inside
                .values()
                .filter(|event| event.values.len() == fields.len())
                .map(|event| event.values.as_slice())
                .collect();
            passes(threshold, values.len() as f64)
        }
        CorrelationKind::Aggregate {
            function,
            threshold,
            ..
        } => {
            let numbers = inside
                .values()
                .filter_map(|event| event.values.first()?.trim().parse::<f64>().ok())
                .filter(|number| number.is_finite())
                .collect();
            aggregate(*function, numbers).is_some_and(|value| passes(threshold, value))
        }
        CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => false,
    }
}

fn passes(threshold: &Threshold, value: f64) -> bool {
    threshold
        .comparisons
        .iter()
        .all(|(comparison, bound)| match comparison {
            Comparison::Eq => value == *bound,
            Comparison::Neq => value != *bound,
            Comparison::Lt => value < *bound,
            Comparison::Lte => value <= *bound,
            Comparison::Gt => value > *bound,
            Comparison::Gte => value >= *bound,
        })
}

/// `None` without numbers. A percentile is the nearest rank: the least number
/// that so many per cent of the numbers do not exceed.
fn aggregate(function: Aggregate, mut numbers: Vec<f64>) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    // Sorted first: a sum must not depend on the order of the events.
    numbers.sort_by(f64::total_cmp);
    let sum: f64 = numbers.iter().sum();
    match function {
        Aggregate::Sum => Some(sum),
        Aggregate::Average => Some(sum / numbers.len() as f64),
        Aggregate::Percentile(percent) => {
            let rank = (percent.clamp(0.0, 100.0) / 100.0 * numbers.len() as f64).ceil();
            numbers.get((rank as usize).saturating_sub(1)).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(kind: CorrelationKind) -> Correlation {
        Correlation {
            kind,
            rules: vec!["a".to_owned()],
            group_by: Vec::new(),
            aliases: Vec::new(),
            timespan_seconds: 10,
            generate: false,
        }
    }

    fn event(time: i64, value: &str) -> Sighting {
        Sighting {
            rule: "a".to_owned(),
            time,
            identity: format!("{time}{value}"),
            group: Vec::new(),
            values: vec![value.to_owned()],
        }
    }

    fn threshold(comparison: Comparison, bound: f64) -> Threshold {
        Threshold {
            comparisons: vec![(comparison, bound)],
        }
    }

    fn times(kind: CorrelationKind, period: Range<i64>, events: &[Sighting]) -> Vec<i64> {
        evaluate_finished(&correlation(kind), Some(10), period, events)
            .iter()
            .map(|crossing| crossing.time)
            .collect()
    }

    #[test]
    fn a_lull_is_a_whole_bucket_inside_the_period() {
        let events = [
            event(1, "x"),
            event(12, "x"),
            event(13, "x"),
            event(38, "x"),
        ];
        let few = || CorrelationKind::EventCount(threshold(Comparison::Lt, 1.0));
        assert_eq!(times(few(), 0..40, &events), [29]);
        assert_eq!(times(few(), 0..29, &events), Vec::<i64>::new());
        assert_eq!(times(few(), 21..40, &events), Vec::<i64>::new());
    }

    #[test]
    fn aggregates_take_numbers_only_and_skip_empty_buckets() {
        let events = [
            event(1, "5"),
            event(2, "7.5"),
            event(3, "none"),
            event(21, "1"),
        ];
        let kind = |function, comparison, bound| CorrelationKind::Aggregate {
            function,
            field: "size".to_owned(),
            threshold: threshold(comparison, bound),
        };
        use Comparison::{Gte, Lte};
        for (function, comparison, bound, expected) in [
            (Aggregate::Sum, Gte, 12.5, vec![9]),
            (Aggregate::Sum, Lte, 12.5, vec![9, 29]),
            (Aggregate::Average, Gte, 6.25, vec![9]),
            (Aggregate::Percentile(50.0), Lte, 5.0, vec![9, 29]),
            (Aggregate::Percentile(51.0), Lte, 5.0, vec![29]),
        ] {
            let kind = kind(function, comparison, bound);
            assert_eq!(times(kind, 0..40, &events), expected, "{function:?}");
        }
    }

    #[test]
    fn distinct_values_are_counted_as_wholes() {
        let events = [event(1, "x"), event(2, "x"), event(3, "y"), event(15, "x")];
        let kind = CorrelationKind::ValueCount {
            fields: vec!["f".to_owned()],
            threshold: threshold(Comparison::Eq, 2.0),
        };
        assert_eq!(times(kind, 0..20, &events), [9]);
    }

    #[test]
    fn counts_too_high_for_streaming_are_found_with_sliding_windows() {
        let events: Vec<Sighting> = (0..1_500)
            .map(|n| event(5 + n % 10, &format!("{n}")))
            .collect();
        let kind = CorrelationKind::EventCount(threshold(Comparison::Gte, 1_500.0));
        assert_eq!(times(kind, 0..100, &events), [14]);
    }

    #[test]
    fn a_period_of_all_time_is_bounded() {
        let few = CorrelationKind::EventCount(threshold(Comparison::Lt, 1.0));
        let found = evaluate_finished(
            &correlation(few),
            Some(1_000_000_000),
            i64::MIN..i64::MAX,
            &[],
        );
        assert!(found.len() <= 2);
    }
}
