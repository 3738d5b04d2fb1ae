//! The slow, obvious answer: every event at once, every window looked at.

use std::collections::BTreeSet;

use detection::correlate::{Sighting, clamp_time};
use detection::rule::{Correlation, CorrelationKind};

/// The end times of all windows that cross, for the sightings of one group.
pub(crate) fn crossing_times(
    correlation: &Correlation,
    count: usize,
    all: &[Sighting],
) -> BTreeSet<i64> {
    let timespan = i64::try_from(correlation.timespan_seconds).unwrap();
    let watched: Vec<&Sighting> = all
        .iter()
        .filter(|event| correlation.rules.contains(&event.rule))
        .collect();
    let last_rule = correlation.rules.last();
    watched
        .iter()
        .filter(|event| match correlation.kind {
            CorrelationKind::TemporalOrdered => Some(&event.rule) == last_rule,
            CorrelationKind::ValueCount { .. } => !event.values.is_empty(),
            _ => true,
        })
        .map(|event| clamp_time(event.time))
        .filter(|end| {
            let inside: Vec<&Sighting> = watched
                .iter()
                .copied()
                .filter(|event| {
                    let time = clamp_time(event.time);
                    *end - timespan < time && time <= *end
                })
                .collect();
            crosses(correlation, count, &inside)
        })
        .collect()
}

fn crosses(correlation: &Correlation, count: usize, inside: &[&Sighting]) -> bool {
    match &correlation.kind {
        CorrelationKind::EventCount(_) => {
            let ids: BTreeSet<&str> = inside.iter().map(|e| e.identity.as_str()).collect();
            ids.len() >= count
        }
        CorrelationKind::ValueCount { .. } => {
            let values: BTreeSet<&[String]> = inside
                .iter()
                .map(|event| event.values.as_slice())
                .filter(|values| !values.is_empty())
                .collect();
            values.len() >= count
        }
        CorrelationKind::Temporal => correlation
            .rules
            .iter()
            .all(|rule| inside.iter().any(|event| event.rule == *rule)),
        CorrelationKind::TemporalOrdered => {
            let mut reached = i64::MIN;
            correlation.rules.iter().all(|rule| {
                let next = inside
                    .iter()
                    .filter(|event| event.rule == *rule)
                    .map(|event| clamp_time(event.time))
                    .filter(|time| *time >= reached)
                    .min();
                reached = next.unwrap_or(i64::MAX);
                next.is_some()
            })
        }
        CorrelationKind::Aggregate { .. } => false,
    }
}
