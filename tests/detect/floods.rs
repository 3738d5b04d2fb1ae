//! Much at once: many events of one cause, many causes.

use serde_json::Value;

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
    let counters = world.state.day(20_514).await.unwrap();
    assert_eq!(counters.iter().map(|(_, count)| count).sum::<u64>(), 10_000);
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
