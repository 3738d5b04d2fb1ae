//! State that converges: claims, counters, window members, first sights.
//!
//! Every operation is idempotent or conditional, so that it may be repeated
//! and interleaved at will; see `ARCHITECTURE.md`, "State". Expiry is compared
//! in every condition: the table deletes late, and an expired item is an
//! absent one.

use std::collections::BTreeSet;

use async_trait::async_trait;
pub use detection::correlate::first_seen::Seen;

use super::PortError;

/// The right to publish, held by one worker for a short while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it: unique per attempt, not per request, since a retry keeps
    /// its request's id.
    pub owner: String,
    /// Now, in epoch milliseconds.
    pub now_ms: i64,
    /// When it ends, in epoch milliseconds; under 60 seconds from now.
    pub until_ms: i64,
    /// When the claim may be forgotten, in epoch seconds.
    pub expires_at: i64,
}

/// The answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The caller may publish, and must confirm afterwards.
    Won,
    /// It was published and confirmed: nothing to do.
    Confirmed,
    /// Somebody else holds it and has not confirmed: never a success.
    Held {
        /// When that lease ends, in epoch milliseconds.
        until_ms: i64,
    },
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CounterKey {
    /// Findings of a rule in an account on a day (days since the epoch).
    Day {
        /// Event day.
        day: i64,
        /// The account of the record.
        account: String,
        /// The rule's id.
        rule: String,
    },
    /// Findings of one alert's group in one fold window.
    Group {
        /// The alert's fingerprint.
        fingerprint: String,
    },
}

/// One (event, rule) pair and the counters that it moves, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountEntry {
    /// The event's identity.
    pub event: String,
    /// The rule's id with its version.
    pub rule: String,
    /// The counters that move by one.
    pub counters: Vec<CounterKey>,
}

/// Whether an entry moved its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It did, now.
    Now,
    /// It had done so before: a retry or a duplicate.
    Before,
}

/// The two times that every write to expiring state needs, in epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// Now: an item that expired by then counts as absent.
    pub now: i64,
    /// When what is written may be forgotten.
    pub at: i64,
}

/// Names the window state of one correlation, account and group: a hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowKey(pub String);

/// The members of one bucket, sorted.
pub type MemberSet = BTreeSet<String>;

/// Names a value of a `first_seen` rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenKey {
    /// Hash of rule, version, account and group.
    pub rule: String,
    /// Hash of the value.
    pub value: String,
}

/// The table.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Tries to get the right to publish `key`.
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError>;

    /// Records that `key` was published. Confirming again changes nothing.
    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError>;

    /// Marks each pair and moves its counters in one transaction per chunk;
    /// answers in the order of `entries`.
    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError>;

    /// Reads counters; an absent one is 0. Answers in the order of `keys`.
    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError>;

    /// All counters of one day.
    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError>;

    /// Adds members to a bucket and answers with the whole set.
    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError>;

    /// Reads buckets, each with a consistent read; answers in the order of
    /// `buckets`, an absent one (or one expired at `now`) empty.
    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError>;

    /// Takes members out of a bucket; absent ones are no error.
    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError>;

    /// What is remembered of a value, by a consistent read; `None` where
    /// nothing is, or where it expired at `now`.
    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError>;

    /// Remembers `becomes` if what is remembered is still `was` (`None`:
    /// nothing, or something expired), and tells whether it did. Where what is
    /// remembered is `becomes` already, it did.
    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError>;

    /// The time (epoch seconds) fixed for `key` (a rule's activation) by
    /// whoever came first; `proposed` where nobody did.
    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError>;
}
