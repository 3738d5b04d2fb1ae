//! The contract suite over DynamoDB: the promises that memory and file keep.
//!
//! Needs a table that is nobody's: its name in `TRAILWARD_TEST_TABLE`, its
//! service where `AWS_ENDPOINT_URL` says. `make test-stack` gives it one in
//! the emulator.

#![cfg(feature = "state")]
#![allow(
    clippy::unwrap_used,
    reason = "tests may say what they expect in the shortest way"
)]

use std::sync::Arc;

use adapters_aws::{Connection, DynamoState};
use pipeline::ports::{CountEntry, Counted, CounterKey, Expiry, StateStore};
use trailward_tests::promises::{self, NOW};

/// The table under test; `None`, with a word on it, where there is none.
fn state() -> Option<DynamoState> {
    let Ok(table) = std::env::var("TRAILWARD_TEST_TABLE") else {
        eprintln!("TRAILWARD_TEST_TABLE is not set: nothing was tested over DynamoDB");
        return None;
    };
    Some(DynamoState::new(Arc::new(Connection::new()), table))
}

#[tokio::test]
async fn dynamodb_keeps_every_promise() {
    let Some(state) = state() else { return };
    promises::all(&state, "dynamodb").await.unwrap();
}

#[tokio::test]
async fn more_pairs_than_one_transaction_holds_are_counted_exactly() {
    let Some(state) = state() else { return };
    let day = CounterKey::Day {
        day: 1,
        account: "111122223333".into(),
        rule: "flood".into(),
    };
    let entries: Vec<CountEntry> = (0..250)
        .map(|n| CountEntry {
            event: format!("flood-{n}"),
            rule: "flood".into(),
            counters: vec![day.clone()],
        })
        .collect();
    let expiry = Expiry {
        now: NOW,
        at: NOW + 1_000_000,
    };
    // Some are there already, so that transactions are cancelled and made anew.
    let early: Vec<CountEntry> = entries.iter().step_by(7).cloned().collect();
    state.count(&early, expiry).await.unwrap();
    let answers = state.count(&entries, expiry).await.unwrap();
    for (n, answer) in answers.iter().enumerate() {
        let expected = if n % 7 == 0 {
            Counted::Before
        } else {
            Counted::Now
        };
        assert_eq!(*answer, expected, "entry {n}");
    }
    assert_eq!(state.counters(&[day]).await.unwrap(), [250]);
}
