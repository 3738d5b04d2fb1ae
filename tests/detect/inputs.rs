//! What comes in: batches, health checks, foreign inputs, broken records.

use serde_json::json;
use trailward_tests::payload::{LOG_GROUP, bus_event, control_data, logs_data, messages_data};

use crate::world::{World, call};

pub(crate) const STOPPED: &str = "
title: Trail stopped
id: 7d1f1c1e-0000-4000-8000-000000000001
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: StopLogging}
  condition: selection
";

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
    assert!(mails[0].body.contains("IAM user kim called StopLogging"));
}
