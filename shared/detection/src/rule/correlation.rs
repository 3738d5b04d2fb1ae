//! What several events must have in common to be a finding, and which of
//! these conditions can be decided event by event.

use serde::{Deserialize, Serialize};

use super::{Comparison, Presence};

/// A correlation: what must come together, within which time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// Which kind, with what it needs.
    pub kind: CorrelationKind,
    /// The rules it watches, as ids (names are resolved at load), in order.
    pub rules: Vec<String>,
    /// Fields that must agree; empty for none.
    pub group_by: Vec<String>,
    /// Per group-by alias: the field to read for events of a given rule id.
    pub aliases: Vec<Alias>,
    /// The window's length.
    pub timespan_seconds: u64,
    /// Whether the watched rules also alert on their own.
    pub generate: bool,
}

/// The highest count that is followed in streaming: a window keeps one member
/// for every event or value that it still needs.
pub const MAX_STREAMED_COUNT: f64 = 2_000.0;

/// The longest window that is followed in streaming, in seconds (31 days):
/// state is kept for 35 days, and a window needs its neighbours.
pub const MAX_STREAMED_TIMESPAN_SECONDS: u64 = 31 * 86_400;

/// The most rules that a temporal correlation may watch in streaming.
pub const MAX_STREAMED_RULES: usize = 64;

/// The most ways in which some of an ordered correlation's rules may come:
/// as many as there are pairs among 64 rules, and some.
pub const MAX_WAYS: usize = 2_048;

impl Correlation {
    /// Whether the correlation can be decided event by event: it can where one
    /// more event never takes an alert back, and its state is bounded.
    ///
    /// # Errors
    /// The reason why it runs over finished periods only.
    pub fn is_streamable(&self) -> Result<(), &'static str> {
        if self.timespan_seconds > MAX_STREAMED_TIMESPAN_SECONDS {
            return Err("its timespan is longer than 31 days");
        }
        if self.timespan_seconds == 0 {
            return Err("its timespan is zero");
        }
        match &self.kind {
            CorrelationKind::Temporal(presence) | CorrelationKind::TemporalOrdered(presence) => {
                match self.rules.len() {
                    1..=MAX_STREAMED_RULES if presence.only_grows() => Ok(()),
                    1..=MAX_STREAMED_RULES => Err("a rule that must not come can still come"),
                    _ => Err("it watches no rule or more than 64"),
                }
            }
            CorrelationKind::EventCount(threshold)
            | CorrelationKind::ValueCount { threshold, .. } => threshold.is_streamable(),
            CorrelationKind::Aggregate { .. } => {
                Err("a sum, average or percentile can fall again as events arrive")
            }
        }
    }
}

impl Threshold {
    /// Whether a count passes every comparison.
    pub fn allows(&self, count: usize) -> bool {
        self.passes(u32::try_from(count).map_or(f64::INFINITY, f64::from))
    }

    /// Whether a number passes every comparison.
    pub fn passes(&self, value: f64) -> bool {
        self.comparisons
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

    fn is_streamable(&self) -> Result<(), &'static str> {
        let rising = |(comparison, _): &(Comparison, f64)| {
            matches!(comparison, Comparison::Gt | Comparison::Gte)
        };
        if !self.comparisons.iter().all(rising) {
            return Err("only `gt` and `gte` stay true as events arrive");
        }
        if self
            .comparisons
            .iter()
            .any(|(_, n)| n.is_nan() || *n > MAX_STREAMED_COUNT)
        {
            return Err("its count is above 2000");
        }
        Ok(())
    }
}

/// A group-by name that stands for different fields in different rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name used in `group-by`.
    pub name: String,
    /// Pairs of rule id and field.
    pub fields: Vec<(String, String)>,
}

/// The kinds of correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CorrelationKind {
    /// So many events.
    EventCount(Threshold),
    /// So many distinct values of a field (of several: of their combination).
    ValueCount {
        /// The counted fields.
        fields: Vec<String>,
        /// How many.
        threshold: Threshold,
    },
    /// Watched rules together, in any order.
    Temporal(Presence),
    /// Watched rules in the order listed; equal times count as ordered.
    TemporalOrdered(Presence),
    /// A sum, average or percentile of a numeric field: never streamed.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// Of which field.
        field: String,
        /// Compared with what.
        threshold: Threshold,
    },
}

/// Functions over numbers that are not monotone and therefore scan-only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as the Sigma correlation types are")]
pub enum Aggregate {
    Sum,
    Average,
    Percentile(f64),
}

/// A correlation's condition: all of the comparisons hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The comparisons, at least one.
    pub comparisons: Vec<(Comparison, f64)>,
}
