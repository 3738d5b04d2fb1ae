//! One invocation: what it is given, and how it fails.

use std::sync::Arc;

use crate::accounts::{Accounts, BrokenIdentity};
use crate::ports::{Lease, PortError};

/// Reads the time, in epoch milliseconds. Only a `main` makes one that looks
/// at a real clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Kept free before the deadline, to report and return.
const MARGIN_MS: i64 = 2_000;

/// Longest lease: Lambda retries after one and two minutes, and a retry must
/// find the lease of the attempt before it ended.
const MAX_LEASE_MS: i64 = 55_000;

/// What an invocation brings along besides its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// When it must have ended, in epoch milliseconds.
    pub deadline_ms: i64,
    /// Unique per attempt (a retry keeps its request's id, not this).
    pub owner: String,
    /// What brought the payload, as its operators call it: a function's name,
    /// a file.
    pub input: String,
}

impl Invocation {
    /// Whether there is time for another step.
    pub fn has_time(&self, now_ms: i64) -> bool {
        now_ms.saturating_add(MARGIN_MS) < self.deadline_ms
    }

    /// The right to publish from now on, until the deadline at the latest.
    pub fn lease(&self, now_ms: i64, expires_at: i64) -> Lease {
        Lease {
            owner: self.owner.clone(),
            now_ms,
            until_ms: self.deadline_ms.min(now_ms.saturating_add(MAX_LEASE_MS)),
            expires_at,
        }
    }
}

/// Why something must be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A port gave no answer.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another attempt holds the right to publish and has not confirmed.
    #[error("alert {fingerprint} is being published by another attempt until {until_ms} ms")]
    Held {
        /// The alert.
        fingerprint: String,
        /// When its lease ends, in epoch milliseconds.
        until_ms: i64,
    },
    /// The deadline came too near.
    #[error("time ran out with {left} steps left")]
    OutOfTime {
        /// Steps that were not done.
        left: usize,
    },
    /// Findings were not counted; their alerts went out all the same.
    #[error("{missing} findings were not counted")]
    Uncounted {
        /// How many.
        missing: usize,
    },
    /// Window state holds what is no member.
    #[error("window {window} holds `{member}`, which is no member")]
    BadMember {
        /// The window.
        window: String,
        /// What it holds.
        member: String,
    },
    /// Another writer was always quicker.
    #[error("value {value} of a first-seen rule changed under every attempt to write it")]
    Contended {
        /// The value's key.
        value: String,
    },
    /// Something was dropped without a word: a defect.
    #[error("accounts do not add up: {0}")]
    Identity(#[from] BrokenIdentity),
}

/// An invocation that must be tried again. What was done stays done.
#[derive(Debug, thiserror::Error)]
#[error("{count} problems, the first: {first}", count = self.more + 1)]
pub struct HandlerError {
    /// What was done nevertheless.
    pub accounts: Box<Accounts>,
    /// The first problem.
    #[source]
    pub first: Problem,
    /// How many more there were.
    pub more: usize,
}

/// What becomes of an invocation with these problems.
pub(crate) fn conclude(
    accounts: Accounts,
    mut problems: Vec<Problem>,
) -> Result<Accounts, HandlerError> {
    if let Err(broken) = accounts.check() {
        problems.insert(0, broken.into());
    }
    let more = problems.len().saturating_sub(1);
    match problems.into_iter().next() {
        None => Ok(accounts),
        Some(first) => Err(HandlerError {
            accounts: Box::new(accounts),
            first,
            more,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation() -> Invocation {
        Invocation {
            deadline_ms: 100_000,
            owner: "attempt-1".to_owned(),
            input: "log-batch".to_owned(),
        }
    }

    #[test]
    fn a_lease_ends_with_the_deadline_and_before_a_retry() {
        assert_eq!(invocation().lease(80_000, 0).until_ms, 100_000);
        let long = Invocation {
            deadline_ms: 900_000,
            ..invocation()
        };
        assert_eq!(long.lease(0, 0).until_ms, 55_000);
    }

    #[test]
    fn work_stops_before_the_deadline() {
        assert!(invocation().has_time(97_999));
        assert!(!invocation().has_time(98_000));
    }

    #[test]
    fn broken_accounts_fail_the_invocation() {
        let accounts = Accounts {
            received: 1,
            ..Accounts::default()
        };
        let error = conclude(accounts, Vec::new()).unwrap_err();
        assert!(matches!(error.first, Problem::Identity(_)), "{error}");
    }
}
