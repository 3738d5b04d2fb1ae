//! Whether a value is seen for the first time.
//!
//! One item per value holds a run of sightings without a gap as long as the
//! time to forget: `first` (with the event that brought it) to `last`. A value
//! is new if it comes before its run or a forgetting time after it.
//!
//! No alert is lost: an event that is new in the order of time has no
//! sighting in the forgetting time before it, so no run can span it, and the
//! event that brought a run is new again whenever it is retried. An event that
//! comes out of order may alert although an earlier one was already there;
//! nearly always that is the same alert, of the same [`period`].
//!
//! The caller writes the item on the condition that it is still as it was
//! read, decides anew if it is not, and only then alerts.

use super::fold::DAY_SECONDS;
use super::member::{clamp_time, short_hash};
use crate::rule::FirstSeen;

/// What is remembered of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The earliest sighting of the run, in epoch seconds.
    pub first: i64,
    /// The hashed identity of the event that brought it.
    pub brought_by: String,
    /// The latest sighting of the run in epoch seconds, up to a day too early.
    pub last: i64,
}

/// What a sighting of a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// New: to alert.
    New,
    /// Within the time of learning: remembered, never an alert.
    Learned,
    /// Known.
    Known,
}

/// A decision and what must be written before it is acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the sighting means.
    pub novelty: Novelty,
    /// The item's new content; `None` leaves it as it is. Times move at most
    /// once a day per value, save for a value's first days.
    pub write: Option<Seen>,
}

impl Seen {
    /// Whether the run covers `time`, so that another event at that time
    /// brings nothing new. Runs only grow or are replaced by later ones, so a
    /// remembered copy may say so without asking state.
    #[must_use]
    pub fn knows(&self, settings: &FirstSeen, time: i64, identity: &str) -> bool {
        let time = clamp_time(time);
        let brought = self.first == time && self.brought_by == short_hash(&[identity]);
        !brought && self.first <= time && time < end_of(self.last, settings.forget_seconds)
    }

    /// Whether a sighting at `time` needs neither an alert nor a write: what
    /// a container may answer from its memory.
    #[must_use]
    pub fn settles(&self, settings: &FirstSeen, time: i64, identity: &str) -> bool {
        self.knows(settings, time, identity) && !self.is_stale(time)
    }

    fn is_stale(&self, time: i64) -> bool {
        clamp_time(time) >= end_of(self.last, DAY_SECONDS)
    }
}

/// Judges a sighting at `time` of the event `identity`. `known` is the item as
/// read, `activated` when the rule (this version of it) began, in epoch seconds.
#[must_use]
pub fn judge(
    settings: &FirstSeen,
    activated: i64,
    known: Option<&Seen>,
    time: i64,
    identity: &str,
) -> Decision {
    let time = clamp_time(time);
    let alone = Seen {
        first: time,
        brought_by: short_hash(&[identity]),
        last: time,
    };
    let (new, write) = match known {
        None => (true, Some(alone)),
        Some(seen) if time < seen.first => {
            // Before the run: it grows to the front only where no gap would
            // be hidden inside it.
            let joins = seen.first < end_of(time, settings.forget_seconds);
            let grown = Seen {
                last: seen.last,
                ..alone
            };
            (true, joins.then_some(grown))
        }
        Some(seen) if time >= end_of(seen.last, settings.forget_seconds) => (true, Some(alone)),
        Some(seen) => {
            let later = Seen {
                last: time,
                ..seen.clone()
            };
            let new = !seen.knows(settings, time, identity);
            (new, seen.is_stale(time).then_some(later))
        }
    };
    let learning = time < end_of(activated, settings.learn_seconds);
    let novelty = match (new, learning) {
        (true, true) => Novelty::Learned,
        (true, false) => Novelty::New,
        (false, _) => Novelty::Known,
    };
    Decision { novelty, write }
}

/// The period that is part of the alert's identity: event time in whole
/// forgetting times, so that a value that is new again alerts again.
#[must_use]
pub fn period(settings: &FirstSeen, time: i64) -> i64 {
    let forget = i64::try_from(settings.forget_seconds.max(1)).unwrap_or(i64::MAX);
    clamp_time(time).div_euclid(forget)
}

/// Until when (epoch seconds) a value's item must be kept for the decision;
/// the caller adds the time for retries.
#[must_use]
pub fn needed_until(settings: &FirstSeen, seen: &Seen) -> i64 {
    let days = settings.forget_seconds.saturating_add(DAY_SECONDS);
    end_of(seen.last, days)
}

fn end_of(time: i64, seconds: u64) -> i64 {
    time.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
}
