//! What comes in: batches, health checks, foreign inputs, broken records.

use pipeline::accounts::Accounts;
use serde_json::{Value, json};
use trailward_tests::payload::{LOG_GROUP, bus_event, control_data, logs_data, messages_data};

use crate::world::{STOPPED, World, call};

/// The text of `awslogs.data` through a new container.
async fn logs(world: &mut World, data: &str) -> Accounts {
    let invocation = world.invocation();
    let mut detector = world.detector();
    let handled = detector.handle_logs(data.as_bytes(), &invocation).await;
    handled.unwrap()
}

/// An EventBridge event through a new container.
async fn event(world: &mut World, event: &Value) -> Accounts {
    let invocation = world.invocation();
    let mut detector = world.detector();
    let text = event.to_string();
    let handled = detector.handle_event(text.as_bytes(), &invocation).await;
    handled.unwrap()
}

#[tokio::test]
async fn a_payload_becomes_an_alert() {
    let mut world = World::new(STOPPED);
    let records = [call("StopLogging", "kim", 1), call("ListUsers", "kim", 2)];
    let accounts = world.batch(&records).await.unwrap();
    assert_eq!((accounts.received, accounts.evaluated), (2, 2));
    assert_eq!((accounts.matched, accounts.alerted), (1, 1));
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "[HIGH] Trail stopped - 111122223333");
    assert!(
        mails[0].body.contains("IAM user kim called StopLogging"),
        "{}",
        mails[0].body
    );
}

#[tokio::test]
async fn both_inputs_tell_one_event_once() {
    let mut world = World::new(STOPPED);
    let record = call("StopLogging", "kim", 1);
    let detail_type = "AWS API Call via CloudTrail";
    let bus = bus_event(&record, "aws.cloudtrail", detail_type);
    assert_eq!(event(&mut world, &bus).await.alerted, 1);
    let accounts = world.batch(&[record]).await.unwrap();
    assert_eq!((accounts.alerted, accounts.already_known), (0, 1));
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn a_health_check_is_acknowledged() {
    let mut world = World::new(STOPPED);
    let accounts = logs(&mut world, &control_data(LOG_GROUP).unwrap()).await;
    assert_eq!((accounts.received, accounts.ignored), (1, 1));
    assert_eq!(world.quarantined(), 0);
}

#[tokio::test]
async fn a_log_group_that_is_not_configured_is_refused() {
    let mut world = World::new(STOPPED);
    let data = logs_data(&[call("StopLogging", "kim", 1)], "somebody/else").unwrap();
    let accounts = logs(&mut world, &data).await;
    assert_eq!((accounts.ignored, accounts.refused_input), (1, 1));
    assert!(world.mails().is_empty());
}

#[tokio::test]
async fn only_cloudtrails_own_events_are_believed() {
    let record = call("StopLogging", "kim", 1);
    let api_call = "AWS API Call via CloudTrail";
    let mut elsewhere = bus_event(&record, "aws.cloudtrail", api_call);
    elsewhere["account"] = json!("444455556666");
    let mut nowhere = bus_event(&record, "aws.cloudtrail", api_call);
    let detail = nowhere["detail"].as_object_mut().unwrap();
    detail.remove("recipientAccountId");
    detail["userIdentity"] = json!({});
    let refused = [
        bus_event(&record, "com.example", api_call),
        bus_event(&record, "awsx.cloudtrail", api_call),
        bus_event(&record, "aws.cloudtrail", "Order placed"),
        bus_event(&record, "aws.cloudtrail", "AWS Insight via CloudTrail"),
        elsewhere,
        nowhere,
    ];
    let mut world = World::new(STOPPED);
    for forged in refused {
        let accounts = event(&mut world, &forged).await;
        assert_eq!(accounts.refused_input, 1, "{forged}");
        assert!(world.mails().is_empty(), "{forged}");
    }
    for spelling in ["AWS Console Sign In", "AWS Console Signin"] {
        let bus = bus_event(&record, "aws.signin", &format!("{spelling} via CloudTrail"));
        assert_eq!(event(&mut world, &bus).await.evaluated, 1, "{spelling}");
    }
}

#[tokio::test]
async fn a_poisoned_batch_costs_only_the_poison() {
    let mut world = World::new(STOPPED);
    let messages = [
        call("StopLogging", "kim", 1).to_string(),
        r#"{"eventName":"StopLogging","#.to_owned(),
        "plain text".to_owned(),
        call("StopLogging", "lee", 2).to_string(),
    ];
    let data = messages_data(&messages, LOG_GROUP).unwrap();
    let accounts = logs(&mut world, &data).await;
    assert_eq!((accounts.received, accounts.quarantined), (4, 2));
    assert_eq!(accounts.alerted, 2);
    // Each with its reason beside it; a retry keeps the same under the same
    // name, on another day too.
    assert_eq!(world.quarantined(), 4);
    world.wait(90_000);
    logs(&mut world, &data).await;
    assert_eq!(world.quarantined(), 4);
    // As it was written to the log group, not as it stood in the payload.
    let kept = world.quarantined_texts();
    assert!(kept.contains(&messages[1]), "{kept:?}");
}

#[tokio::test]
async fn a_batch_bad_throughout_is_kept_line_by_line() {
    let mut world = World::new(STOPPED);
    let messages: Vec<String> = (0..50).map(|n| format!("{{\"n\":\n{n},")).collect();
    let data = messages_data(&messages, LOG_GROUP).unwrap();
    let accounts = logs(&mut world, &data).await;
    assert_eq!((accounts.received, accounts.quarantined), (50, 50));
    let kept = world.quarantined_texts();
    let rest = kept.iter().find(|text| text.lines().count() == 30);
    assert!(
        rest.unwrap().starts_with("{\"n\": 20,\n{\"n\": 21,"),
        "{kept:?}"
    );
}

#[tokio::test]
async fn a_payload_of_another_kind_is_kept_and_not_retried() {
    let mut world = World::new(STOPPED);
    for data in ["", "no base64!", "AAAA"] {
        let accounts = logs(&mut world, data).await;
        assert_eq!((accounts.received, accounts.quarantined), (1, 1), "{data}");
    }
    let accounts = event(&mut world, &json!({"source": "aws.iam"})).await;
    assert_eq!((accounts.received, accounts.quarantined), (1, 1));
}

#[tokio::test]
async fn a_duplicate_in_a_batch_counts_as_one() {
    let mut world = World::new(STOPPED);
    let record = call("StopLogging", "kim", 1);
    let accounts = world.batch(&[record.clone(), record]).await.unwrap();
    assert_eq!((accounts.received, accounts.evaluated), (2, 1));
    assert_eq!((accounts.duplicate_in_batch, accounts.matched), (1, 1));
}
