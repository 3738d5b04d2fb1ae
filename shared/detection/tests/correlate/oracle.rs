//! The slow, obvious answer: every event at once, every window looked at.

use std::collections::BTreeSet;

use detection::correlate::{Sighting, clamp_time};
use detection::rule::{Condition, Correlation, CorrelationKind, Presence};

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
    watched
        .iter()
        .filter(|event| match correlation.kind {
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
            crosses(correlation, count, *end, &inside)
        })
        .collect()
}

fn crosses(correlation: &Correlation, count: usize, end: i64, inside: &[&Sighting]) -> bool {
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
        CorrelationKind::Temporal(presence) => {
            enough(presence, correlation.rules.len(), &|place| {
                let rule = &correlation.rules[place];
                inside.iter().any(|event| event.rule == *rule)
            })
        }
        CorrelationKind::TemporalOrdered(presence) => {
            let rules = correlation.rules.len();
            (0..1_u32 << rules).any(|chosen| {
                let has = |place: usize| chosen >> place & 1 == 1;
                // A choice that needs no more rules than it must.
                let least = (0..rules).filter(|place| has(*place)).all(|left_out| {
                    !enough(presence, rules, &|place| has(place) && place != left_out)
                });
                least && enough(presence, rules, &has) && in_order(correlation, &has, end, inside)
            })
        }
        CorrelationKind::Aggregate { .. } => false,
    }
}

fn enough(presence: &Presence, rules: usize, has: &dyn Fn(usize) -> bool) -> bool {
    let number = (0..rules).filter(|place| has(*place)).count();
    match presence {
        Presence::Every => number == rules,
        Presence::AtLeast(least) => number >= *least,
        Presence::Expression(condition) => says(condition, has),
        Presence::Number(_) => false,
    }
}

fn says(condition: &Condition, has: &dyn Fn(usize) -> bool) -> bool {
    match condition {
        Condition::Search(place) => has(*place),
        Condition::Not(inner) => !says(inner, has),
        Condition::And(parts) => parts.iter().all(|part| says(part, has)),
        Condition::Or(parts) => parts.iter().any(|part| says(part, has)),
    }
}

/// Whether the chosen rules were seen one after the other, the last at `end`.
fn in_order(
    correlation: &Correlation,
    has: &dyn Fn(usize) -> bool,
    end: i64,
    inside: &[&Sighting],
) -> bool {
    let mut reached = i64::MIN;
    let mut last = None;
    for (place, rule) in correlation.rules.iter().enumerate() {
        if !has(place) {
            continue;
        }
        let times = inside
            .iter()
            .filter(|event| event.rule == *rule)
            .map(|event| clamp_time(event.time));
        match times.filter(|time| *time >= reached).min() {
            Some(next) => reached = next,
            None => return false,
        }
        last = Some(rule);
    }
    inside
        .iter()
        .any(|event| Some(&event.rule) == last && clamp_time(event.time) == end)
}
