//! The records of a case: what it says, laid over a plain record.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::read::{Case, Step};

/// What a member is written as that the record must not have.
const ABSENT: &str = "~absent";

/// The records of a case, in the order written.
///
/// # Errors
/// A duration that is none.
pub fn records(case: &Case) -> Result<Vec<Map<String, Value>>, String> {
    let mut records = Vec::new();
    for step in &case.steps {
        let after = seconds(step.after.as_deref())?;
        let every = seconds(step.every.as_deref())?;
        for repetition in 0..step.times.unwrap_or(1) {
            let time = after.saturating_add(every.saturating_mul(i64::from(repetition)));
            records.push(record(step, repetition, time, records.len()));
        }
    }
    Ok(records)
}

fn record(step: &Step, repetition: u32, after: i64, place: usize) -> Map<String, Value> {
    let start = Timestamp::constant(1_772_442_900, 0); // 2026-03-02T09:15:00Z
    let time = start
        .checked_add(SignedDuration::from_secs(after))
        .unwrap_or(start);
    let base = json!({
        "eventVersion": "1.11",
        "userIdentity": step.actor.identity(),
        "eventTime": time.to_string(),
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7",
        "requestID": format!("0e1d2c3b-0000-4000-8000-{place:012}"),
        "eventID": format!("9a8b7c6d-0000-4000-8000-{place:012}"),
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    });
    let mut record = match base {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let number = (u64::from(repetition) + 1).to_string();
    for (key, value) in &step.record {
        if value.as_str() == Some(ABSENT) {
            record.remove(key);
        } else {
            record.insert(key.clone(), numbered(value, &number));
        }
    }
    record
}

/// A value with `{n}` replaced in every text of it.
fn numbered(value: &Value, number: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("{n}", number)),
        Value::Array(items) => items.iter().map(|item| numbered(item, number)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, item)| (key.clone(), numbered(item, number)))
            .collect(),
        other => other.clone(),
    }
}

/// A duration such as `90s`, `5m`, `2h` or `14d`, in seconds; none is 0.
fn seconds(written: Option<&str>) -> Result<i64, String> {
    let Some(written) = written else {
        return Ok(0);
    };
    let wrong = || format!("`{written}` is no duration; write a number and s, m, h, d or w");
    let unit = match written.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some('w') => 604_800,
        _ => return Err(wrong()),
    };
    let number = written.get(..written.len() - 1).unwrap_or_default();
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(i64::from(number) * unit)
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    #[test]
    fn steps_become_records() {
        let text = "- name: a\n  expect: hit\n  records:\n    - {after: 1m, times: 2, every: 10s, \
                    record: {eventName: 'Get{n}', awsRegion: ~absent}}\n";
        let cases = read("x", text).unwrap();
        let records = records(&cases[0]).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1]["eventName"], "Get2");
        assert_eq!(records[1]["eventTime"], "2026-03-02T09:16:10Z");
        assert!(!records[1].contains_key("awsRegion"));
        assert_ne!(records[0]["eventID"], records[1]["eventID"]);
        assert_eq!(records[0]["userIdentity"]["userName"], "dev-user");
    }

    #[test]
    fn durations() {
        assert_eq!(seconds(Some("14d")), Ok(1_209_600));
        assert_eq!(seconds(None), Ok(0));
        assert!(
            seconds(Some("5 minutes"))
                .unwrap_err()
                .contains("`5 minutes`")
        );
        assert!(seconds(Some("m")).is_err());
        assert!(seconds(Some("é")).is_err());
    }
}
