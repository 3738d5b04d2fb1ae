//! What becomes of single findings: folded, known, staged, excepted.

use pipeline::ports::CounterKey;
use serde_json::json;

use crate::world::{STOPPED, World, call};

/// The rule of [`STOPPED`] with a `trailward:` block.
fn stopped_with(block: &str) -> String {
    format!("{STOPPED}trailward: {block}\n")
}

#[tokio::test]
async fn one_cause_is_told_once() {
    let mut world = World::new(STOPPED);
    let records: Vec<_> = (0..10).map(|n| call("StopLogging", "kim", n)).collect();
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.alerted, accounts.folded), (1, 9));
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].body.contains("How often: 10 since"),
        "{}",
        mails[0].body
    );
    let later = world
        .batch(&[call("StopLogging", "kim", 11)])
        .await
        .unwrap();
    assert_eq!((later.alerted, later.folded), (0, 1));
    let other = world
        .batch(&[call("StopLogging", "lee", 12)])
        .await
        .unwrap();
    assert_eq!(other.alerted, 1);
}

#[tokio::test]
async fn a_retry_tells_nothing_and_counts_nothing() {
    let mut world = World::new(STOPPED);
    let records = [call("StopLogging", "kim", 1), call("StopLogging", "kim", 2)];
    world.batch(&records).await.unwrap();
    assert_eq!(world.mails().len(), 1);
    let again = world.batch(&records).await.unwrap();
    assert_eq!((again.matched, again.already_known), (2, 2));
    assert!(world.mails().is_empty());
    let day = CounterKey::Day {
        day: 20_514,
        account: "111122223333".to_owned(),
        rule: "7d1f1c1e-0000-4000-8000-000000000001".to_owned(),
    };
    assert_eq!(world.state.counters(&[day]).await.unwrap(), [2]);
}

#[tokio::test]
async fn the_next_window_tells_again_and_says_how_often_before() {
    let mut world = World::new(&stopped_with("{fold: 1h}"));
    let records: Vec<_> = (0..3).map(|n| call("StopLogging", "kim", n)).collect();
    world.batch(&records).await.unwrap();
    let mut next = call("StopLogging", "kim", 9);
    next["eventTime"] = json!("2026-03-02T10:15:00Z");
    world.batch(&[next]).await.unwrap();
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert!(
        mails[1]
            .body
            .contains("1 since 2026-03-02 10:00:00 UTC, 3 in the 60 minutes before"),
        "{}",
        mails[1].body
    );
}

#[tokio::test]
async fn accounts_do_not_mix_unless_the_rule_says_so() {
    let in_account = |account: &str, n: u32| {
        let mut record = call("StopLogging", "kim", n);
        record["recipientAccountId"] = json!(account);
        record
    };
    let records = [in_account("111122223333", 1), in_account("444455556666", 2)];
    let mut world = World::new(STOPPED);
    assert_eq!(world.batch(&records).await.unwrap().alerted, 2);
    let mut world = World::new(&stopped_with("{scope: organization}"));
    assert_eq!(world.batch(&records).await.unwrap().alerted, 1);
}

#[tokio::test]
async fn an_attempt_ranks_and_folds_by_itself() {
    let mut world = World::new(&stopped_with("{failed-level: low}"));
    let mut refused = call("StopLogging", "kim", 1);
    refused["errorCode"] = json!("AccessDenied");
    world.batch(&[refused]).await.unwrap();
    world.batch(&[call("StopLogging", "kim", 2)]).await.unwrap();
    let subjects: Vec<String> = world.mails().into_iter().map(|m| m.subject).collect();
    assert_eq!(subjects.len(), 2, "the attempt hid the success");
    assert!(subjects[0].starts_with("[LOW]"), "{}", subjects[0]);
    assert!(subjects[1].starts_with("[HIGH]"), "{}", subjects[1]);
}

#[tokio::test]
async fn a_rule_on_trial_counts_and_is_silent() {
    let mut world = World::new(&stopped_with("{staged: true}"));
    let accounts = world.batch(&[call("StopLogging", "kim", 1)]).await.unwrap();
    assert_eq!((accounts.matched, accounts.staged), (1, 1));
    assert!(world.mails().is_empty());
    let counters = world.state.day(20_514).await.unwrap();
    assert_eq!(counters.len(), 1);
}

#[tokio::test]
async fn an_exception_hides_and_is_counted() {
    let rules = format!(
        "{STOPPED}---
title: Kim stops the test trail
id: 7d1f1c1e-0000-4000-8000-00000000000f
logsource: {{product: aws, service: cloudtrail}}
filter:
  rules: [7d1f1c1e-0000-4000-8000-000000000001]
  selection: {{userIdentity.userName: kim}}
  condition: not selection
trailward: {{owner: platform, reason: tests}}
"
    );
    let mut world = World::new(&rules);
    let records = [call("StopLogging", "kim", 1), call("StopLogging", "lee", 2)];
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.excepted, accounts.alerted), (1, 1));
}

const NEW_AGENT: &str = "
title: New agent
id: 7d1f1c1e-0000-4000-8000-000000000002
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: iam.amazonaws.com}
  condition: selection
trailward:
  first-seen: {value: userAgent, learn: 1d, forget: 30d}
";

#[tokio::test]
async fn a_value_is_told_when_it_is_new_and_learning_is_over() {
    let mut world = World::new(NEW_AGENT);
    let with = |agent: &str, n: u32, day: u32| {
        let mut record = call("ListUsers", "kim", n);
        record["userAgent"] = json!(agent);
        record["eventTime"] = json!(format!("2026-03-{day:02}T09:15:00Z"));
        record
    };
    let learned = world.batch(&[with("boto3", 1, 2)]).await.unwrap();
    assert_eq!((learned.below_threshold, learned.alerted), (1, 0));
    let known = world.batch(&[with("boto3", 2, 4)]).await.unwrap();
    assert_eq!((known.already_known, known.alerted), (1, 0));
    let new = [with("kali", 3, 4), with("kali", 4, 4)];
    let accounts = world.batch(&new).await.unwrap();
    assert_eq!((accounts.alerted, accounts.already_known), (1, 1));
    let again = world.batch(&new).await.unwrap();
    assert_eq!((again.alerted, again.already_known), (0, 2));
    assert_eq!(world.mails().len(), 1);
}
