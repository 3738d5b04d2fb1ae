//! Correlations over finished periods: every event is there, in order.
//!
//! Conditions that another event could undo are judged on buckets of event
//! time, aligned to whole timespans: sliding windows would find a lull of
//! logins between any two of them. Empty buckets count as zero for the
//! counting kinds and have no sum, average or percentile. A condition that
//! also holds where nothing happened is judged on the buckets that lie wholly
//! inside the period, every other one wherever something happened. Conditions that only grow, however large, use the same sliding
//! windows as streaming does, over everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Sighting;
use super::crossing::Crossing;
use super::fold::{fold_seconds, fold_window};
use super::member::{Member, TIME_MAX, short_hash};
use super::stream::{ScanOnly, Stream};
use crate::rule::{Aggregate, Correlation, CorrelationKind};

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
    let period = period.start.clamp(0, TIME_MAX)..period.end.clamp(0, TIME_MAX);
    let whole = period.start.saturating_add(timespan - 1) / timespan..period.end / timespan;
    let mut buckets: BTreeMap<i64, BTreeMap<Member, &Sighting>> = BTreeMap::new();
    for event in events.iter().filter(|event| period.contains(&event.time)) {
        let member = Member::new(event.time, tag(correlation, event));
        let bucket = member.time.div_euclid(timespan);
        buckets.entry(bucket).or_default().insert(member, event);
    }
    let fold = fold_seconds(fold, correlation.timespan_seconds);
    let empty = BTreeMap::new();
    // Where nothing at all is a finding, what the period cuts off might have
    // been something.
    let candidates: Vec<i64> = if holds(correlation, &empty) {
        (whole.start.max(whole.end - BUCKETS_MAX)..whole.end).collect()
    } else {
        buckets.keys().copied().collect()
    };
    let mut found: Vec<Crossing> = Vec::new();
    for bucket in candidates {
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

/// What tells sightings of one second apart. An event counts once, but stands
/// for every rule that it matched.
fn tag(correlation: &Correlation, event: &Sighting) -> String {
    match correlation.kind {
        CorrelationKind::Temporal(_) | CorrelationKind::TemporalOrdered(_) => {
            short_hash(&[&event.identity, &event.rule])
        }
        _ => short_hash(&[&event.identity]),
    }
}

fn holds(correlation: &Correlation, inside: &BTreeMap<Member, &Sighting>) -> bool {
    match &correlation.kind {
        CorrelationKind::EventCount(threshold) => threshold.allows(inside.len()),
        CorrelationKind::ValueCount { fields, threshold } => {
            let values: BTreeSet<&[String]> = inside
                .values()
                .filter(|event| event.values.len() == fields.len())
                .map(|event| event.values.as_slice())
                .collect();
            threshold.allows(values.len())
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
            aggregate(*function, numbers).is_some_and(|value| threshold.passes(value))
        }
        CorrelationKind::Temporal(presence) => presence.holds(correlation.rules.len(), |place| {
            rule_times(correlation, place, inside).next().is_some()
        }),
        CorrelationKind::TemporalOrdered(presence) => {
            let seen = |place| rule_times(correlation, place, inside).next().is_some();
            presence.holds(correlation.rules.len(), seen) && in_order(correlation, inside)
        }
    }
}

/// When the rule at a place was seen.
fn rule_times<'e>(
    correlation: &'e Correlation,
    place: usize,
    inside: &'e BTreeMap<Member, &Sighting>,
) -> impl Iterator<Item = i64> + 'e {
    let rule = correlation.rules.get(place);
    inside
        .values()
        .filter(move |event| Some(&event.rule) == rule)
        .map(|event| event.time)
}

/// Whether the rules that were seen were seen in their order.
fn in_order(correlation: &Correlation, inside: &BTreeMap<Member, &Sighting>) -> bool {
    let mut reached = i64::MIN;
    (0..correlation.rules.len()).all(|place| {
        let mut times = rule_times(correlation, place, inside).peekable();
        if times.peek().is_none() {
            return true;
        }
        let next = times.filter(|time| *time >= reached).min();
        reached = next.unwrap_or(reached);
        next.is_some()
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
    use crate::rule::{Comparison, Condition, Presence, Threshold};

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
    fn rules_that_must_not_come() {
        let seen = |time, rule: &str| Sighting {
            rule: rule.to_owned(),
            // One event stands for every rule that it matched.
            identity: format!("{time}"),
            ..event(time, "")
        };
        let events = [
            seen(1, "a"),
            seen(1, "b"),
            seen(12, "b"),
            seen(13, "a"),
            seen(25, "a"),
            seen(31, "c"),
        ];
        let not = |place| Condition::Not(Box::new(Condition::Search(place)));
        let no_b = || Presence::Expression(Condition::And(vec![Condition::Search(0), not(1)]));
        let one = || Presence::Number(threshold(Comparison::Eq, 1.0));
        let two = || Presence::Number(threshold(Comparison::Eq, 2.0));
        for (kind, expected) in [
            (CorrelationKind::Temporal(no_b()), vec![29]),
            (CorrelationKind::Temporal(one()), vec![29, 39]),
            (CorrelationKind::Temporal(two()), vec![9, 19]),
            (CorrelationKind::TemporalOrdered(two()), vec![9]),
            (
                CorrelationKind::Temporal(Presence::Expression(not(1))),
                vec![29],
            ),
        ] {
            let mut asked = correlation(kind.clone());
            asked.rules = ["a", "b", "c"].map(str::to_owned).to_vec();
            let found = evaluate_finished(&asked, Some(10), 1..32, &events);
            let found: Vec<i64> = found.iter().map(|crossing| crossing.time).collect();
            assert_eq!(found, expected, "{kind:?}");
        }
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
