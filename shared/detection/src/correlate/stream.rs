//! How one correlation is streamed, or why it cannot be.
//!
//! A correlation can be judged event by event only if one more event never
//! takes an alert back, and if what it must remember fits in an item. All
//! others are refused here by reason and run over finished periods instead.

use super::Sighting;
use super::fold::{fold_seconds, fold_window};
use super::member::{Member, clamp_time, rule_tag, short_hash};
use crate::rule::{
    Comparison, Condition, Correlation, CorrelationKind, MAX_STREAMED_COUNT, MAX_STREAMED_RULES,
    MAX_STREAMED_TIMESPAN_SECONDS, MAX_WAYS, Presence, Threshold,
};

/// Bounds on what a bucket keeps where exactness would need everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members of a counting correlation that another one watches: half of
    /// them the earliest, half the latest, beside the ones that its own count
    /// needs (at most 2,000). At 27 bytes each that is 82 KB at the most, so
    /// that four writers at once stay below an item's 400 KB.
    pub chained_members: usize,
    /// Members of a temporal correlation of three and more stages, or of a
    /// watched one, shared evenly by its rules: half of a rule's share is the
    /// earliest seconds, half the latest. At 13 bytes each 4,096 are 53 KB.
    pub temporal_members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chained_members: 2_048,
            temporal_members: 4_096,
        }
    }
}

/// Why a correlation runs over finished periods only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanOnly {
    /// Another event could undo a crossing.
    #[error("its condition can become false again, so it runs over finished periods only")]
    NotMonotone,
    /// The state would not fit.
    #[error("its count exceeds {MAX_STREAMED_COUNT}, so it runs over finished periods only")]
    CountTooHigh,
    /// The state would expire inside a window.
    #[error("its timespan exceeds 31 days, so it runs over finished periods only")]
    TimespanTooLong,
    /// A window of no length holds nothing.
    #[error("its timespan is zero")]
    TimespanZero,
    /// None, or more than a member can number.
    #[error("it watches no rule or more than {MAX_STREAMED_RULES}")]
    RuleCount,
    /// An order of some of its rules that can come about in too many ways.
    #[error("its rules can come in order in more than {MAX_WAYS} ways")]
    TooManyWays,
}

/// What a window looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// So many events.
    Count(usize),
    /// So many distinct values, each the combination of that many fields.
    Values { count: usize, fields: usize },
    /// Enough of these rules (each named once).
    Together { rules: Vec<String>, enough: Enough },
    /// These rules in this order: all of those that one of the ways names by
    /// their places.
    Ordered {
        rules: Vec<String>,
        ways: Vec<Vec<usize>>,
    },
}

/// When rules that come together are enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Enough {
    /// So many different ones.
    Number(usize),
    /// Those that an expression without `not` asks for.
    Expression(Condition),
}

/// One correlation, ready to be streamed. Cheap to build, made once per rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    watched: Vec<String>,
    pub(super) shape: Shape,
    pub(super) timespan: i64,
    pub(super) fold: u64,
    pub(super) chained: bool,
    pub(super) limits: Limits,
}

impl Stream {
    /// Prepares `correlation`. `fold` is the rule's own fold window in
    /// seconds; `chained` says that another correlation watches this one.
    ///
    /// # Errors
    /// The reason why the correlation cannot be streamed.
    pub fn new(
        correlation: &Correlation,
        fold: Option<u64>,
        chained: bool,
    ) -> Result<Self, ScanOnly> {
        Self::with_limits(correlation, fold, chained, Limits::default())
    }

    /// As [`Stream::new`] with other bounds.
    ///
    /// # Errors
    /// The reason why the correlation cannot be streamed.
    pub fn with_limits(
        correlation: &Correlation,
        fold: Option<u64>,
        chained: bool,
        limits: Limits,
    ) -> Result<Self, ScanOnly> {
        if correlation.timespan_seconds > MAX_STREAMED_TIMESPAN_SECONDS {
            return Err(ScanOnly::TimespanTooLong);
        }
        let shape = shape(correlation, MAX_STREAMED_COUNT)?;
        Self::of_shape(shape, correlation, fold, chained, limits)
    }

    /// For finished periods, where nothing is stored: without the bounds of
    /// streaming.
    ///
    /// # Errors
    /// The condition can become false again, or makes no sense.
    pub(super) fn unbounded(
        correlation: &Correlation,
        fold: Option<u64>,
    ) -> Result<Self, ScanOnly> {
        let shape = shape(correlation, f64::from(u32::MAX))?;
        Self::of_shape(shape, correlation, fold, false, Limits::default())
    }

    fn of_shape(
        shape: Shape,
        correlation: &Correlation,
        fold: Option<u64>,
        chained: bool,
        limits: Limits,
    ) -> Result<Self, ScanOnly> {
        let seconds = correlation.timespan_seconds;
        if seconds == 0 {
            return Err(ScanOnly::TimespanZero);
        }
        Ok(Self {
            watched: correlation.rules.clone(),
            shape,
            timespan: i64::try_from(seconds).map_err(|_| ScanOnly::TimespanTooLong)?,
            fold: fold_seconds(fold, seconds),
            chained,
            limits,
        })
    }

    /// The bucket in which `time` lies: event time in whole timespans.
    #[must_use]
    pub fn bucket(&self, time: i64) -> i64 {
        clamp_time(time).div_euclid(self.timespan)
    }

    /// The buckets that an event at `time` can cross a threshold with: its
    /// own and both neighbours. A window that holds the event ends less than
    /// a timespan after it and begins less than a timespan before it.
    #[must_use]
    pub fn buckets_touched(&self, time: i64) -> [i64; 3] {
        let bucket = self.bucket(time);
        [bucket - 1, bucket, bucket + 1]
    }

    /// The start of the fold window to which a crossing at `time` belongs.
    #[must_use]
    pub fn fold_window(&self, time: i64) -> i64 {
        fold_window(time, self.fold)
    }

    /// The length of the fold windows in seconds.
    #[must_use]
    pub fn fold_seconds(&self) -> u64 {
        self.fold
    }

    /// Whether another correlation watches this one, so that every crossing
    /// counts and not only the first of a fold window.
    #[must_use]
    pub fn is_chained(&self) -> bool {
        self.chained
    }

    /// What the window remembers of a sighting. None if the correlation does
    /// not watch the rule or the event lacks the counted values; several only
    /// where an ordered correlation names one rule more than once.
    #[must_use]
    pub fn members_of(&self, sighting: &Sighting) -> Vec<Member> {
        if !self.watched.contains(&sighting.rule) {
            return Vec::new();
        }
        let at = |tag| Member::new(sighting.time, tag);
        match &self.shape {
            Shape::Count(_) => vec![at(short_hash(&[&sighting.identity]))],
            Shape::Values { fields, .. } if sighting.values.len() == *fields => {
                vec![at(short_hash(&sighting.values))]
            }
            Shape::Values { .. } => Vec::new(),
            Shape::Together { rules, .. } | Shape::Ordered { rules, .. } => rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| **rule == sighting.rule)
                .map(|(place, _)| at(rule_tag(place)))
                .collect(),
        }
    }
}

fn shape(correlation: &Correlation, most: f64) -> Result<Shape, ScanOnly> {
    let watched = || match correlation.rules.len() {
        1..=MAX_STREAMED_RULES => Ok(correlation.rules.clone()),
        _ => Err(ScanOnly::RuleCount),
    };
    Ok(match &correlation.kind {
        CorrelationKind::EventCount(threshold) => Shape::Count(least_count(threshold, most)?),
        CorrelationKind::ValueCount { fields, threshold } => Shape::Values {
            count: least_count(threshold, most)?,
            fields: fields.len(),
        },
        CorrelationKind::Temporal(presence) => together(watched()?, presence)?,
        CorrelationKind::TemporalOrdered(presence) => {
            let rules = watched()?;
            if !presence.only_grows() {
                return Err(ScanOnly::NotMonotone);
            }
            let ways = presence
                .ways(rules.len(), MAX_WAYS)
                .ok_or(ScanOnly::TooManyWays)?;
            Shape::Ordered { rules, ways }
        }
        CorrelationKind::Aggregate { .. } => return Err(ScanOnly::NotMonotone),
    })
}

/// The rules sorted, so that their order in the document changes no member.
fn together(written: Vec<String>, presence: &Presence) -> Result<Shape, ScanOnly> {
    let mut rules = written.clone();
    rules.sort_unstable();
    rules.dedup();
    let enough = match presence {
        Presence::Every => Enough::Number(rules.len()),
        Presence::AtLeast(least) => Enough::Number((*least).max(1)),
        Presence::Expression(condition) if !condition.negates() => {
            let place = |old: usize| {
                let rule = written.get(old);
                rules
                    .iter()
                    .position(|new| Some(new) == rule)
                    .unwrap_or(old)
            };
            Enough::Expression(condition.renumbered(&place))
        }
        Presence::Number(_) | Presence::Expression(_) => return Err(ScanOnly::NotMonotone),
    };
    Ok(Shape::Together { rules, enough })
}

/// The least whole count that satisfies every comparison.
fn least_count(threshold: &Threshold, most: f64) -> Result<usize, ScanOnly> {
    let mut least = 1_u64;
    for (comparison, bound) in &threshold.comparisons {
        let needed = match comparison {
            Comparison::Gt => bound.floor() + 1.0,
            Comparison::Gte => bound.ceil(),
            _ => return Err(ScanOnly::NotMonotone),
        };
        if bound.is_nan() || *bound > most {
            return Err(ScanOnly::CountTooHigh);
        }
        least = least.max(needed as u64);
    }
    usize::try_from(least).map_err(|_| ScanOnly::CountTooHigh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(kind: CorrelationKind, timespan_seconds: u64) -> Correlation {
        Correlation {
            kind,
            rules: vec!["a".to_owned(), "b".to_owned()],
            group_by: Vec::new(),
            aliases: Vec::new(),
            timespan_seconds,
            generate: false,
        }
    }

    fn count(comparisons: &[(Comparison, f64)]) -> CorrelationKind {
        CorrelationKind::EventCount(Threshold {
            comparisons: comparisons.to_vec(),
        })
    }

    #[test]
    fn thresholds_become_the_least_count_that_fires() {
        use Comparison::{Gt, Gte};
        for (comparisons, expected) in [
            (vec![(Gt, 10.0)], 11),
            (vec![(Gte, 10.0)], 10),
            (vec![(Gt, 10.5)], 11),
            (vec![(Gte, 10.5)], 11),
            (vec![(Gte, -3.0)], 1),
            (vec![(Gt, 2.0), (Gte, 7.0)], 7),
        ] {
            let stream = Stream::new(&correlation(count(&comparisons), 60), None, false).unwrap();
            assert_eq!(stream.shape, Shape::Count(expected), "{comparisons:?}");
        }
    }

    #[test]
    fn what_cannot_be_streamed_says_why() {
        use Comparison::{Gte, Lt, Neq};
        let refused = |kind, timespan| Stream::new(&correlation(kind, timespan), None, false);
        let one = || count(&[(Gte, 1.0)]);
        for (kind, timespan, reason) in [
            (count(&[(Lt, 5.0)]), 60, ScanOnly::NotMonotone),
            (count(&[(Gte, 1.0), (Neq, 3.0)]), 60, ScanOnly::NotMonotone),
            (count(&[(Gte, 2_001.0)]), 60, ScanOnly::CountTooHigh),
            (count(&[(Gte, f64::NAN)]), 60, ScanOnly::CountTooHigh),
            (one(), 0, ScanOnly::TimespanZero),
            (one(), 32 * 86_400, ScanOnly::TimespanTooLong),
            (one(), u64::MAX, ScanOnly::TimespanTooLong),
        ] {
            let asked = correlation(kind.clone(), timespan);
            assert_eq!(refused(kind, timespan), Err(reason));
            assert!(asked.is_streamable().is_err(), "{reason:?}");
        }
        let mut none = correlation(CorrelationKind::Temporal(Presence::Every), 60);
        none.rules.clear();
        assert_eq!(Stream::new(&none, None, false), Err(ScanOnly::RuleCount));
        assert!(none.is_streamable().is_err());
        assert!(refused(count(&[(Gte, 2_000.0)]), 31 * 86_400).is_ok());
    }

    #[test]
    fn buckets_are_aligned_and_have_neighbours() {
        let stream = Stream::new(
            &correlation(CorrelationKind::Temporal(Presence::Every), 60),
            None,
            false,
        )
        .unwrap();
        assert_eq!(stream.buckets_touched(119), [0, 1, 2]);
        assert_eq!(stream.buckets_touched(120), [1, 2, 3]);
        assert_eq!(stream.buckets_touched(i64::MIN), [-1, 0, 1]);
    }
}
