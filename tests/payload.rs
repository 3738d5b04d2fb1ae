//! Payloads as AWS writes them.

use std::io;

use libdeflater::{CompressionLvl, Compressor};
use serde_json::{Value, json};

/// The log group of the stories.
pub const LOG_GROUP: &str = "trail/organization";

/// The text of `awslogs.data`: the records as log events of one batch. The
/// same records make the same text.
///
/// # Errors
/// Where compression fails.
pub fn logs_data(records: &[Value], log_group: &str) -> io::Result<String> {
    let messages: Vec<String> = records.iter().map(Value::to_string).collect();
    data_of(&envelope("DATA_MESSAGE", &messages, log_group))
}

/// The same with messages that need not be records.
///
/// # Errors
/// Where compression fails.
pub fn messages_data(messages: &[String], log_group: &str) -> io::Result<String> {
    data_of(&envelope("DATA_MESSAGE", messages, log_group))
}

/// The health check that CloudWatch Logs sends before the first batch.
///
/// # Errors
/// Where compression fails.
pub fn control_data(log_group: &str) -> io::Result<String> {
    let message = "CWL CONTROL MESSAGE: Checking health of destination".to_owned();
    data_of(&envelope("CONTROL_MESSAGE", &[message], log_group))
}

/// The event that CloudWatch Logs invokes a function with.
#[must_use]
pub fn logs_event(data: &str) -> Value {
    json!({"awslogs": {"data": data}})
}

/// The event that EventBridge invokes a function with.
#[must_use]
pub fn bus_event(record: &Value, source: &str, detail_type: &str) -> Value {
    json!({
        "version": "0",
        "id": record["eventID"],
        "detail-type": detail_type,
        "source": source,
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    })
}

fn envelope(kind: &str, messages: &[String], log_group: &str) -> Value {
    let events: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(place, message)| {
            json!({
                "id": format!("{place:056}"),
                "timestamp": 1_772_442_900_000_i64,
                "message": message,
            })
        })
        .collect();
    json!({
        "messageType": kind,
        "owner": "111122223333",
        "logGroup": log_group,
        "logStream": "111122223333_CloudTrail_us-east-1",
        "subscriptionFilters": ["trailward"],
        "logEvents": events,
    })
}

fn data_of(envelope: &Value) -> io::Result<String> {
    text_data(envelope.to_string().as_bytes())
}

/// The same of any bytes in an envelope's place.
///
/// # Errors
/// Where compression fails.
pub fn text_data(text: &[u8]) -> io::Result<String> {
    let mut compressor = Compressor::new(CompressionLvl::fastest());
    let mut gzip = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor
        .gzip_compress(text, &mut gzip)
        .map_err(|error| io::Error::other(format!("{error:?}")))?;
    gzip.truncate(length);
    Ok(base64_simd::STANDARD.encode_to_string(&gzip))
}
