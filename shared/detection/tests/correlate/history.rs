//! Random correlations and the events that meet them.

use detection::correlate::{Limits, Sighting, Stream};
use detection::rule::{
    Alias, Comparison, Condition, Correlation, CorrelationKind, Presence, Threshold,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::{INNER, Rules};

/// How a correlation of a test counts: by kind, with N or its rules.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Events(usize),
    Values(usize),
    Together(usize),
    Ordered(usize),
    /// At least so many of the four rules, in their order or not.
    Some(usize, bool),
    /// What one of [`EXPRESSIONS`] says of the four rules.
    Expression(usize, bool),
}

/// Expressions over four rules: in disjunctive form, each row the places of
/// rules that suffice together.
const EXPRESSIONS: [&[&[usize]]; 5] = [
    &[&[0], &[1, 2, 3]],
    &[&[0, 1], &[0, 2], &[3]],
    &[&[0, 3], &[1, 2]],
    &[&[2, 1], &[3, 2], &[0, 1]],
    &[&[0, 1, 2], &[3, 0]],
];

fn expression(rows: &[&[usize]]) -> Condition {
    let all = |row: &&[usize]| {
        Condition::And(row.iter().map(|place| Condition::Search(*place)).collect())
    };
    Condition::Or(rows.iter().map(all).collect())
}

impl Kind {
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Events(n) | Self::Values(n) | Self::Together(n) | Self::Ordered(n) => *n,
            Self::Some(n, _) => *n,
            Self::Expression(..) => 4,
        }
    }

    /// The correlation over `rules`, counting `field`.
    pub(crate) fn correlation(
        &self,
        rules: &[&str],
        group: &[&str],
        field: &str,
        span: u64,
    ) -> Correlation {
        let threshold = Threshold {
            comparisons: vec![(Comparison::Gte, self.count() as f64)],
        };
        let (kind, watched) = match self {
            Self::Events(_) => (CorrelationKind::EventCount(threshold), rules.len()),
            Self::Values(_) => {
                let fields = vec![field.to_owned()];
                (
                    CorrelationKind::ValueCount { fields, threshold },
                    rules.len(),
                )
            }
            Self::Together(n) => (CorrelationKind::Temporal(Presence::Every), *n),
            Self::Ordered(n) => (CorrelationKind::TemporalOrdered(Presence::Every), *n),
            Self::Some(least, ordered) => (temporal(Presence::AtLeast(*least), *ordered), 4),
            Self::Expression(which, ordered) => {
                let condition = expression(EXPRESSIONS[*which]);
                (temporal(Presence::Expression(condition), *ordered), 4)
            }
        };
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Correlation {
            kind,
            rules: own(&rules[..watched.min(rules.len())]),
            group_by: own(group),
            aliases: Vec::<Alias>::new(),
            timespan_seconds: span,
            generate: false,
        }
    }
}

fn temporal(presence: Presence, ordered: bool) -> CorrelationKind {
    match ordered {
        true => CorrelationKind::TemporalOrdered(presence),
        false => CorrelationKind::Temporal(presence),
    }
}

pub(crate) fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        (1..6_usize).prop_map(Kind::Events),
        (1..5_usize).prop_map(Kind::Values),
        (1..4_usize).prop_map(Kind::Together),
        (1..5_usize).prop_map(Kind::Ordered),
        (1..4_usize, any::<bool>()).prop_map(|(least, ordered)| Kind::Some(least, ordered)),
        (0..EXPRESSIONS.len(), any::<bool>())
            .prop_map(|(which, ordered)| Kind::Expression(which, ordered)),
    ]
}

/// Everything that happens in one test case.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) inner: Kind,
    pub(crate) outer: Option<Kind>,
    pub(crate) rules: Rules,
    /// Each event once.
    pub(crate) events: Vec<Sighting>,
    /// As delivered: reordered, some twice, cut into batches.
    pub(crate) batches: Vec<Vec<Sighting>>,
    pub(crate) workers: usize,
    pub(crate) schedule: Vec<u16>,
}

const EVENT_RULES: [&str; 4] = ["a", "b", "c", "d"];

/// Inner correlations group by user and network, outer ones by user only.
fn rules(
    inner: &Kind,
    outer: Option<&Kind>,
    spans: (u64, u64),
    fold: Option<u64>,
    limits: Limits,
) -> Rules {
    let correlation = inner.correlation(&EVENT_RULES, &["user", "network"], "value", spans.0);
    let stream = Stream::with_limits(&correlation, fold, outer.is_some(), limits).unwrap();
    Rules {
        inner_stream: stream,
        outer: outer.map(|kind| {
            let watched = [INNER, "a", "b", "c"];
            // Counting kinds watch the inner correlation only, the temporal
            // ones also plain events.
            let watched = match kind {
                Kind::Events(_) | Kind::Values(_) => &watched[..1],
                _ => &watched[..],
            };
            let correlation = kind.correlation(watched, &["user"], "network", spans.1);
            let stream = Stream::new(&correlation, fold, false).unwrap();
            (correlation, stream)
        }),
        inner: correlation,
    }
}

const STARTS: [i64; 5] = [0, 1_700_000_000, -40, 9_999_999_960, i64::MAX - 100];

prop_compose! {
    fn events()(
        base in proptest::sample::select(&STARTS[..]),
        spread in prop_oneof![Just(12_i64), Just(40), Just(90)],
        // Few rules, values and groups make dense histories, many make wide ones.
        (rules, values, users, networks) in (1..5_usize, 2..8_u8, 1..3_u8, 1..4_u8),
        raw in vec((0..4_usize, 0..90_i64, any::<u8>(), any::<u8>(), any::<u8>(), 0..8_u8), 0..70),
    ) -> Vec<Sighting> {
        let mut events = Vec::new();
        for (n, (rule, time, value, user, network, also)) in raw.into_iter().enumerate() {
            let (rule, value) = (rule % rules, value % values);
            let (user, network) = (user % users, network % networks);
            let sighting = |rule: usize| Sighting {
                rule: EVENT_RULES[rule].to_owned(),
                time: base.saturating_add(time % spread),
                identity: format!("event {n}"),
                group: vec![format!("user{user}"), format!("net{network}")],
                values: if value == 0 { Vec::new() } else { vec![format!("v{value}")] },
            };
            events.push(sighting(rule));
            // One event may match two of the watched rules.
            if also == 0 {
                events.push(sighting((rule + 1) % 4));
            }
        }
        events
    }
}

fn deliveries(events: Vec<Sighting>) -> impl Strategy<Value = (Vec<Sighting>, Vec<Vec<Sighting>>)> {
    let indices: Vec<usize> = (0..events.len()).collect();
    let twice = proptest::sample::subsequence(indices.clone(), 0..=indices.len());
    (twice, any::<bool>(), vec(1..12_usize, 1..20))
        .prop_flat_map(move |(twice, in_order, cuts)| {
            let mut all = indices.clone();
            all.extend(twice);
            let order = if in_order {
                Just(all).boxed()
            } else {
                Just(all).prop_shuffle().boxed()
            };
            (order, Just(cuts))
        })
        .prop_map(move |(order, cuts)| {
            let mut batches = Vec::new();
            let mut rest = &order[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (batch, after) = rest.split_at((*cut).min(rest.len()));
                batches.push(batch.iter().map(|n| events[*n].clone()).collect());
                rest = after;
            }
            (events.clone(), batches)
        })
}

prop_compose! {
    fn shaped(chained: bool, limits: Limits)(
        inner in kinds(),
        outer in kinds(),
        spans in (1..16_u64, 1..40_u64),
        fold in proptest::option::of(1..60_u64),
        (events, batches) in events().prop_flat_map(deliveries),
        workers in 1..5_usize,
        schedule in vec(any::<u16>(), 1..80),
    ) -> History {
        let outer = chained.then_some(outer);
        let rules = rules(&inner, outer.as_ref(), spans, Some(fold.unwrap_or(1)), limits);
        History { inner, outer, rules, events, batches, workers, schedule }
    }
}

pub(crate) fn single() -> impl Strategy<Value = History> {
    shaped(false, Limits::default())
}

pub(crate) fn chained(limits: Limits) -> impl Strategy<Value = History> {
    shaped(true, limits)
}
