//! Many sightings of one batch as few operations on state.
//!
//! The caller carries a plan out in this order, for each window: every write,
//! dropping what the returned set no longer needs; then one consistent read of
//! all `reads`; then the decision, also if every member was there already.
//! Members first is what makes two writers see each other, and deciding again
//! is what makes a retry safe.
//!
//! **Bound.** One write per (window, bucket) that the batch touches, plus at
//! most one drop for each, and one read of at most three times as many
//! buckets. So the sightings of one group that lie within S seconds cost at
//! most S / timespan + 2 writes, however many they are, and no write carries
//! more members than a bucket keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::crossing::Crossing;
use super::member::{BadMember, Member};
use super::retain::Surplus;
use super::stream::Stream;
use super::{Sighting, retain};

/// Collects the sightings of one batch.
#[derive(Debug, Default)]
pub struct Batch<'s> {
    windows: BTreeMap<String, Pending<'s>>,
}

#[derive(Debug)]
struct Pending<'s> {
    stream: &'s Stream,
    buckets: BTreeMap<i64, BTreeSet<Member>>,
}

/// What to do for one window: one correlation and one group.
#[derive(Debug)]
pub struct WindowPlan<'s> {
    /// The window's key, as given to [`Batch::add`].
    pub key: String,
    /// The correlation.
    pub stream: &'s Stream,
    /// The sets to add to, one per bucket.
    pub writes: Vec<Write>,
    /// The buckets to read after all writes, consistently: those written and
    /// their neighbours.
    pub reads: Vec<i64>,
}

/// Members to add to the set of one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The bucket.
    pub bucket: i64,
    /// The members, in order of time; never more than a bucket keeps.
    pub members: Vec<String>,
    /// The latest event time among them (epoch seconds): the item must
    /// outlive it.
    pub latest: i64,
    /// A bound of [`super::Limits`] cut the batch's own members.
    pub beyond_bound: bool,
}

impl<'s> Batch<'s> {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sighting to the window `key`, which must name the correlation's
    /// version, its account or organization, and the group. False if the
    /// correlation does not count this sighting: it does not watch the rule,
    /// or the event lacks a counted value.
    pub fn add(&mut self, key: &str, stream: &'s Stream, sighting: &Sighting) -> bool {
        let members = stream.members_of(sighting);
        let counts = !members.is_empty();
        for member in members {
            if !self.windows.contains_key(key) {
                let buckets = BTreeMap::new();
                self.windows
                    .insert(key.to_owned(), Pending { stream, buckets });
            }
            if let Some(pending) = self.windows.get_mut(key) {
                let bucket = stream.bucket(member.time);
                pending.buckets.entry(bucket).or_default().insert(member);
            }
        }
        counts
    }

    /// What to do, ordered by key.
    #[must_use]
    pub fn plan(self) -> Vec<WindowPlan<'s>> {
        self.windows
            .into_iter()
            .map(|(key, pending)| WindowPlan {
                key,
                stream: pending.stream,
                reads: with_neighbours(pending.buckets.keys().copied()),
                writes: pending
                    .buckets
                    .into_iter()
                    .map(|(bucket, members)| write(pending.stream, bucket, &members))
                    .collect(),
            })
            .collect()
    }
}

fn with_neighbours(buckets: impl Iterator<Item = i64>) -> Vec<i64> {
    let all: BTreeSet<i64> = buckets.flat_map(|b| [b - 1, b, b + 1]).collect();
    all.into_iter().collect()
}

fn write(stream: &Stream, bucket: i64, members: &BTreeSet<Member>) -> Write {
    let (kept, beyond_bound) = stream.retain(members);
    Write {
        bucket,
        members: kept.iter().map(Member::to_string).collect(),
        latest: kept.last().map_or(0, |member| member.time),
        beyond_bound,
    }
}

impl WindowPlan<'_> {
    /// What to drop from the set that a write returned.
    ///
    /// # Errors
    /// A member that is none.
    pub fn surplus<T: AsRef<str>>(&self, set: &[T]) -> Result<Surplus, BadMember> {
        self.stream.surplus(set)
    }

    /// The crossings that this batch can have caused, from the members of all
    /// the buckets read, in any order.
    ///
    /// # Errors
    /// A member that is none.
    pub fn decide<T: AsRef<str>>(&self, members: &[T]) -> Result<Vec<Crossing>, BadMember> {
        let members = retain::parse_all(members)?;
        let written = |bucket: i64| self.writes.iter().any(|write| write.bucket == bucket);
        Ok(self
            .stream
            .crossings(&members, |bucket| written(bucket) || written(bucket - 1)))
    }
}
