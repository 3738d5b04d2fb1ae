//! EventBridge events that carry one record in `detail`.
//!
//! Nothing here judges an event's origin: whether `source` is AWS's and the
//! account is the record's is for the receiver to check.

use std::borrow::Cow;

use super::EnvelopeError;
use crate::json::{Json, Kind, Layer};
use crate::record::Record;

/// One event. Its texts are empty where the event does not say.
#[derive(Debug, Clone)]
pub struct EventBridgeEvent<'a> {
    /// The event's own id, not the record's.
    pub id: Cow<'a, str>,
    /// Who put the event, `aws.iam` for example.
    pub source: Cow<'a, str>,
    /// `AWS API Call via CloudTrail` for example.
    pub detail_type: Cow<'a, str>,
    /// The account that the bus names.
    pub account: Cow<'a, str>,
    /// The region that the bus names.
    pub region: Cow<'a, str>,
    /// The record in `detail`.
    pub record: Record<'a>,
}

/// Reads one event.
pub fn read(bytes: &[u8]) -> Result<EventBridgeEvent<'_>, EnvelopeError> {
    const EXPECTED: &str = "an EventBridge event: an object with `source` and an object `detail`";
    let wrong = || EnvelopeError::unexpected(EXPECTED, bytes, 0);
    let bytes = bytes.trim_ascii();
    let root = Json::first_in(bytes, Layer::Plain)
        .filter(|root| root.as_written().len() == bytes.len())
        .ok_or_else(wrong)?;
    let detail = root
        .get("detail")
        .filter(|detail| detail.kind() == Kind::Object)
        .ok_or_else(wrong)?;
    let text = |key| {
        root.get(key)
            .filter(|value| !value.is_null())
            .map_or(Cow::Borrowed(""), Json::text)
    };
    Ok(EventBridgeEvent {
        id: text("id"),
        source: text("source"),
        detail_type: text("detail-type"),
        account: text("account"),
        region: text("region"),
        record: Record::scan(detail.as_written(), Layer::Plain)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Member;

    #[test]
    fn the_event_and_its_record_are_read() {
        let event = read(
            br#"{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","source":"aws.iam",
            "account":111122223333,"region":"us-east-1","detail":{"eventName":"CreateUser"}}"#,
        )
        .unwrap();
        assert_eq!(event.id, "i");
        assert_eq!(event.source, "aws.iam");
        assert_eq!(event.detail_type, "AWS API Call via CloudTrail");
        assert_eq!(event.account, "111122223333");
        assert_eq!(event.region, "us-east-1");
        assert_eq!(event.record.text(Member::EventName).unwrap(), "CreateUser");
    }

    #[test]
    fn anything_else_says_what_would_be_right() {
        for text in ["", "[]", "{}", r#"{"detail":1}"#, r#"{"detail":{"#, "\u{1}"] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("`detail`"), "{error}");
        }
    }
}
