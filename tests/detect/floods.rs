//! Much at once: many events of one cause, many causes.

use pipeline::ports::CounterKey;
use serde_json::Value;

use crate::correlations::{DENIED, denied};
use crate::faulty::faulty;
use crate::world::{STOPPED, World, call};

#[tokio::test]
async fn ten_thousand_of_one_cause_are_one_alert_and_exact_counts() {
    let mut world = World::new(STOPPED);
    let (mut alerted, mut matched) = (0, 0);
    for batch in 0..5 {
        let records: Vec<Value> = (0..2_000)
            .map(|n| call("StopLogging", "kim", batch * 2_000 + n))
            .collect();
        let accounts = world.batch(&records).await.unwrap();
        alerted += accounts.alerted;
        matched += accounts.matched;
    }
    assert_eq!((alerted, matched), (1, 10_000));
    assert_eq!(world.mails().len(), 1);
    let day = |rule: &str| CounterKey::Day {
        day: 20_514,
        account: "111122223333".to_owned(),
        rule: rule.to_owned(),
    };
    let keys = [
        day("7d1f1c1e-0000-4000-8000-000000000001"),
        day(pipeline::keys::TOLD),
    ];
    assert_eq!(world.state.counters(&keys).await.unwrap(), [10_000, 1]);
}

/// The bound: one marker per record, one write of each counter per 50
/// markers, one write per bucket of each window with at most one drop, and
/// claim, confirmation and the storm's count of each alert.
#[tokio::test]
async fn a_hot_caller_costs_a_bounded_number_of_writes() {
    let mut world = World::new(&format!("{STOPPED}---{DENIED}"));
    let mut records: Vec<Value> = (0..4_000).map(|n| denied("kim", n / 10)).collect();
    for (n, record) in records.iter_mut().enumerate() {
        record["eventID"] = format!("00000000-0000-4000-9000-{n:012}").into();
    }
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.matched, accounts.alerted), (4_000, 1));
    // Two counters, two buckets of ten minutes, one alert.
    let bound = 4_000 + 2 * 80 + 2 * 2 + 3 + 2;
    assert!(accounts.state_writes <= bound, "{}", accounts.state_writes);
    assert!(accounts.state_writes > 4_000, "the meter stands still");
}

#[tokio::test]
async fn a_storm_is_told_in_one_summary() {
    let mut world = World::new(STOPPED);
    let records: Vec<Value> = (0..250)
        .map(|n| call("StopLogging", &format!("user{n}"), n))
        .collect();
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.alerted, accounts.summarised), (250, 150));
    let mails = world.mails();
    assert_eq!(mails.len(), 101);
    let summary = &mails[100];
    assert_eq!(summary.subject, "[STORM] 150 more alerts within minutes");
    assert!(summary.body.contains("and 50 more"), "{}", summary.body);
    let again = world.batch(&records).await.unwrap();
    assert_eq!((again.alerted, again.already_known), (0, 250));
    assert!(world.mails().is_empty());
    // Ten minutes later alerts are mailed one by one again.
    world.wait(600);
    let later = world
        .batch(&[call("StopLogging", "late", 999)])
        .await
        .unwrap();
    assert_eq!((later.alerted, later.summarised), (1, 0));
    assert_eq!(world.mails().len(), 1);
}

/// Thousands of causes are claimed several at a time; published one after
/// another, so that a crash repeats one alert at most.
#[tokio::test]
async fn thousands_of_causes_are_told_in_one_run() {
    let (mut world, faults) = faulty(STOPPED);
    let records: Vec<Value> = (0..3_000)
        .map(|n| call("StopLogging", &format!("user{n}"), n))
        .collect();
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.alerted, accounts.summarised), (3_000, 2_900));
    assert_eq!(world.mails().len(), 101);
    for (call, at_once) in [("claim", 16), ("confirm", 16), ("publish", 1)] {
        assert_eq!(faults.most_at_once(call), at_once, "{call}");
    }
}

#[tokio::test]
async fn a_storm_of_lesser_alerts_does_not_hide_a_critical_one() {
    let critical = STOPPED
        .replace("level: high", "level: critical")
        .replace("000000000001", "000000000003")
        .replace("StopLogging", "DeleteTrail");
    let mut world = World::new(&format!("{STOPPED}---{critical}"));
    let records: Vec<Value> = (0..150)
        .map(|n| call("StopLogging", &format!("user{n}"), n))
        .collect();
    world.batch(&records).await.unwrap();
    world.mails();
    world
        .batch(&[call("DeleteTrail", "kim", 999)])
        .await
        .unwrap();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.starts_with("[CRITICAL]"));
}
