//! Correlation as pure decisions over window state.
//!
//! State is a table of string sets: the item (window key, bucket) holds the
//! members of one stretch of event time. It can add members and return the
//! whole set, read several buckets consistently, and drop members. What to
//! add, what to drop and what it means is decided here, so that any order,
//! duplication and interleaving of batches leads to the same crossings (see
//! `retain` for why). Nothing here closes a window or forgets by clock.
//!
//! The caller reads `group-by` fields and counted fields from the record,
//! names the window, and carries out the plans of [`Batch`].

mod batch;
mod chain;
mod crossing;
mod finished;
pub mod first_seen;
mod fold;
mod member;
mod retain;
mod stream;

pub use batch::{Batch, WindowPlan, Write};
pub use chain::{Origin, field_for, missing_fields, sighting_of};
pub use crossing::{Crossing, MEMBERS_SHOWN_MAX};
pub use finished::{BUCKETS_MAX, evaluate_finished};
pub use fold::{DAY_SECONDS, fold_seconds, fold_window};
pub use member::{
    BadMember, HASH_CHARS, MEMBER_BYTES_MAX, Member, TIME_MAX, clamp_time, short_hash,
};
pub use retain::{SURPLUS_MIN, Surplus};
pub use stream::{Limits, ScanOnly, Stream};

/// An event that a watched rule matched, as a correlation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The id of the watched rule that matched.
    pub rule: String,
    /// Event time in epoch seconds.
    pub time: i64,
    /// The event's identity: the same for every delivery of it.
    pub identity: String,
    /// The values of the correlation's `group-by` fields, in their order;
    /// empty text for an absent one.
    pub group: Vec<String>,
    /// The values of the counted fields, in their order; empty if one of them
    /// is absent, and then the event does not count.
    pub values: Vec<String>,
}
