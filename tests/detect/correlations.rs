//! Correlations through the state: over batches, out of order, chained.

use serde_json::{Value, json};

use crate::world::{World, call, time};

/// More than four denied calls of one caller within ten minutes.
pub(crate) const DENIED: &str = "
title: Denied call
id: 7d1f1c1e-0000-4000-8000-000000000010
name: denied
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: AccessDenied}
  condition: selection
---
title: Many denied calls
id: 7d1f1c1e-0000-4000-8000-000000000011
name: many_denied
level: medium
correlation:
  type: event_count
  rules: [denied]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 5}
";

pub(crate) fn denied(user: &str, n: u32) -> Value {
    let mut record = call("GetObject", user, n);
    record["errorCode"] = json!("AccessDenied");
    record
}

#[tokio::test]
async fn a_burst_over_two_batches_is_told_once() {
    let mut world = World::new(DENIED);
    let records: Vec<Value> = (0..6).map(|n| denied("kim", n * 10)).collect();
    let first = world.batch(&records[..3]).await.unwrap();
    assert_eq!((first.matched, first.below_threshold), (3, 3));
    assert!(world.mails().is_empty());
    let second = world.batch(&records[3..]).await.unwrap();
    assert_eq!((second.matched, second.alerted, second.folded), (3, 1, 2));
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let body = &mails[0].body;
    assert!(body.contains("5 together within 40 seconds"), "{body}");
    assert!(
        body.contains("userIdentity.arn: arn:aws:iam::111122223333:user/kim"),
        "{body}"
    );
    let again = world.batch(&records).await.unwrap();
    assert_eq!((again.alerted, again.already_known), (0, 6));
}

#[tokio::test]
async fn the_order_of_batches_does_not_matter() {
    let records: Vec<Value> = (0..6).map(|n| denied("kim", n * 100)).collect();
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]] {
        let mut world = World::new(DENIED);
        let mut alerted = 0;
        for place in order {
            alerted += world.batch(&records[place..=place]).await.unwrap().alerted;
        }
        assert_eq!(alerted, 1, "{order:?}");
    }
}

#[tokio::test]
async fn groups_and_windows_do_not_mix() {
    let mut world = World::new(DENIED);
    let mut records: Vec<Value> = (0..4).map(|n| denied("kim", n)).collect();
    records.extend((4..8).map(|n| denied("lee", n)));
    // Twenty minutes later: outside the window.
    records.push(denied("kim", 1_200));
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.alerted, accounts.below_threshold), (0, 9));
}

const CHAIN: &str = "
title: Policy made
id: 7d1f1c1e-0000-4000-8000-000000000020
name: made
level: low
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: CreatePolicyVersion}, condition: selection}
---
title: Policy attached
id: 7d1f1c1e-0000-4000-8000-000000000021
name: attached
level: low
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: AttachUserPolicy}, condition: selection}
---
title: Rights raised
id: 7d1f1c1e-0000-4000-8000-000000000022
name: raised
level: high
correlation:
  type: temporal_ordered
  rules: [made, attached]
  group-by: [userIdentity.arn]
  timespan: 1h
";

#[tokio::test]
async fn steps_are_told_in_their_order() {
    let mut world = World::new(CHAIN);
    let wrong = [
        call("AttachUserPolicy", "lee", 1),
        call("CreatePolicyVersion", "lee", 60),
    ];
    assert_eq!(world.batch(&wrong).await.unwrap().alerted, 0);
    world
        .batch(&[call("AttachUserPolicy", "kim", 120)])
        .await
        .unwrap();
    world
        .batch(&[call("CreatePolicyVersion", "kim", 61)])
        .await
        .unwrap();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let body = &mails[0].body;
    assert!(
        body.contains("Steps: Policy made -> Policy attached"),
        "{body}"
    );
}

#[tokio::test]
async fn a_correlation_may_watch_another() {
    let rules = format!(
        "{DENIED}---
title: Denied twice over
id: 7d1f1c1e-0000-4000-8000-000000000012
level: critical
correlation:
  type: event_count
  rules: [many_denied]
  group-by: [userIdentity.arn]
  timespan: 2h
  condition: {{gte: 2}}
"
    );
    let mut world = World::new(&rules);
    let mut records: Vec<Value> = (0..5).map(|n| denied("kim", n)).collect();
    assert_eq!(world.batch(&records).await.unwrap().alerted, 0);
    records = (0..5).map(|n| denied("kim", 1_500 + n)).collect();
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!(accounts.alerted, 1);
    assert!(
        world.mails()[0]
            .subject
            .starts_with("[CRITICAL] Denied twice over")
    );
}

#[tokio::test]
async fn an_exception_to_the_watched_rule_keeps_the_event_out() {
    let rules = format!(
        "{DENIED}---
title: Known scanner
id: 7d1f1c1e-0000-4000-8000-00000000001f
logsource: {{product: aws, service: cloudtrail}}
filter:
  rules: [7d1f1c1e-0000-4000-8000-000000000010]
  selection: {{userIdentity.userName: kim}}
  condition: not selection
trailward: {{owner: platform, reason: scanner}}
"
    );
    let mut world = World::new(&rules);
    let records: Vec<Value> = (0..9).map(|n| denied("kim", n)).collect();
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.alerted, accounts.excepted), (0, 9));
    assert_eq!(time(0), "2026-03-02T09:15:00Z");
}
