//! Accounts from which nothing comes.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipeline::accounts::Accounts;
use pipeline::detect::Detector;
use pipeline::silence::Watched;
use serde_json::Value;
use trailward_tests::payload::{LOG_GROUP, logs_data};

use crate::faulty::{Faults, FaultyState};
use crate::world::{STOPPED, World, call};

const HOUR: i64 = 3_600;
const QUIET: &str = "444455556666";
const LOUD: &str = "111122223333";

fn container(world: &World) -> Detector {
    let mut detector = world.detector();
    detector.watch_accounts(Watched {
        accounts: BTreeSet::from([LOUD.to_owned(), QUIET.to_owned()]),
        seconds: HOUR,
    });
    detector
}

fn of(account: &str, n: u32) -> Value {
    // A call that no rule minds: every record is heard.
    let mut record = call("ListUsers", "kim", n);
    record["recipientAccountId"] = account.into();
    record
}

async fn bring(world: &mut World, detector: &mut Detector, accounts: &[&str]) -> Accounts {
    let records: Vec<Value> = accounts.iter().map(|account| of(account, 1)).collect();
    let data = logs_data(&records, LOG_GROUP).unwrap();
    let invocation = world.invocation();
    let handled = detector.handle_logs(data.as_bytes(), &invocation).await;
    handled.unwrap()
}

#[tokio::test]
async fn a_silent_account_is_told_within_twice_the_time() {
    let mut world = World::new(STOPPED);
    let mut one = container(&world);
    let mut two = container(&world);
    bring(&mut world, &mut one, &[LOUD, QUIET]).await;
    let mut told = None;
    for minute in (10..=200).step_by(10) {
        world.wait(600);
        // Containers take turns; either knows what the other heard.
        let container = if minute % 20 == 0 { &mut one } else { &mut two };
        let silent = bring(&mut world, container, &[LOUD])
            .await
            .silent_accounts
            .unwrap();
        assert!(silent <= 1, "the loud one is not silent");
        if silent == 1 {
            told.get_or_insert(minute);
        }
    }
    let told = told.expect("the quiet one is told");
    assert!((60..=120).contains(&told), "told after {told} minutes");
    // It speaks, and that is that: at once here, at the next look elsewhere.
    assert_eq!(
        bring(&mut world, &mut one, &[QUIET]).await.silent_accounts,
        Some(0)
    );
    // An hour's silence is allowed, over the end of a stretch too.
    for minutes in (0..60).step_by(6) {
        world.wait(360);
        let accounts = bring(&mut world, &mut two, &[LOUD]).await;
        assert_eq!(accounts.silent_accounts, Some(0), "after {minutes} minutes");
    }
}

#[tokio::test]
async fn nobody_is_called_silent_before_a_whole_stretch_was_listened_to() {
    let mut world = World::new(STOPPED);
    let mut container = container(&world);
    for minute in 0..60 {
        let silent = bring(&mut world, &mut container, &[LOUD]).await;
        assert_eq!(silent.silent_accounts, Some(0), "minute {minute}");
        world.wait(60);
    }
}

#[tokio::test]
async fn listening_costs_a_write_an_account_and_hour_and_fails_nothing() {
    let mut world = World::new(STOPPED);
    let mut listening = container(&world);
    bring(&mut world, &mut listening, &[LOUD]).await;
    let mut writes = 0;
    for _ in 0..50 {
        let accounts = bring(&mut world, &mut listening, &[LOUD, QUIET, "777788889999"]).await;
        writes += accounts.state_writes;
    }
    assert_eq!(writes, 1, "the quiet one, once");
    let faults = Faults::default();
    faults.fail("add_members", 1);
    let inner = world.state.clone();
    world.state = Arc::new(FaultyState { inner, faults });
    let mut listening = container(&world);
    let accounts = bring(&mut world, &mut listening, &[LOUD]).await;
    assert_eq!((accounts.received, accounts.silent_accounts), (1, Some(0)));
}
