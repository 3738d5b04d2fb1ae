//! CloudWatch Logs subscription payloads: base64, gzip, and log events whose
//! message is a record written as a JSON string.
//!
//! The records are read in that string, still escaped. Members that this
//! module does not know (the system fields of centralised log groups among
//! them) are passed over: the account and region of a record are in the
//! record.

use std::borrow::Cow;

use super::elements::{self, Element};
use super::gzip::Inflater;
use super::reading::Reading;
use super::{Each, EnvelopeError, Tally};
use crate::bounds::MAX_PAYLOAD_BYTES;
use crate::ends;
use crate::json::{Json, Layer};
use crate::record::Record;

/// What CloudWatch Logs wanted with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogsKind {
    /// It brings log events.
    Data,
    /// It asks whether anybody is there: acknowledge, do nothing.
    Control,
}

/// A payload after decoding.
#[derive(Debug, Clone)]
pub struct LogsPayload<'a> {
    /// Data or health check.
    pub kind: LogsKind,
    /// Account that owns the log group; for centralised records the central
    /// one. Empty where the payload does not say.
    pub owner: Cow<'a, str>,
    /// Name of the log group. Empty where the payload does not say.
    pub log_group: Cow<'a, str>,
    /// Name of the log stream. Empty where the payload does not say.
    pub log_stream: Cow<'a, str>,
    text: &'a [u8],
    events_at: Option<usize>,
}

/// Decodes payloads into buffers that it uses again.
#[derive(Debug)]
pub struct LogsDecoder {
    gzip: Vec<u8>,
    inflater: Inflater,
}

impl Default for LogsDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl LogsDecoder {
    /// A decoder with empty buffers.
    pub fn new() -> Self {
        Self {
            gzip: Vec::new(),
            inflater: Inflater::new(),
        }
    }

    /// Decodes the base64 text that stands in `awslogs.data`.
    pub fn decode(&mut self, data: &[u8]) -> Result<LogsPayload<'_>, EnvelopeError> {
        let data = data.trim_ascii();
        self.gzip.clear();
        base64_simd::STANDARD
            .decode_append(data, &mut self.gzip)
            .map_err(|_| not_base64(data))?;
        let text = self.inflater.inflate(&self.gzip, MAX_PAYLOAD_BYTES)?;
        LogsPayload::read(text)
    }
}

impl<'a> LogsPayload<'a> {
    /// Reads a payload's text.
    pub(super) fn read(text: &'a [u8]) -> Result<Self, EnvelopeError> {
        const EXPECTED: &str =
            "a CloudWatch Logs payload: an object with `messageType` and `logEvents`";
        let mut payload = Self {
            kind: LogsKind::Data,
            owner: Cow::Borrowed(""),
            log_group: Cow::Borrowed(""),
            log_stream: Cow::Borrowed(""),
            text,
            events_at: None,
        };
        let wrong = || EnvelopeError::unexpected(EXPECTED, text, 0);
        let mut message_type = None;
        let start = ends::skip_blank(text, 0);
        if text.get(start) != Some(&b'{') {
            return Err(wrong());
        }
        let mut at = start + 1;
        while let Some((key, value_at)) = next_key(text, at) {
            if key == b"logEvents" && text.get(value_at) == Some(&b'[') {
                payload.events_at = Some(value_at);
                // The log events come last, and are skipped only if they do not.
                if message_type.is_some() && !payload.log_stream.is_empty() {
                    break;
                }
            }
            let Some(end) = ends::extent(text, value_at) else {
                break;
            };
            let value = text
                .get(value_at..end)
                .filter(|_| key != b"logEvents")
                .map(|value| Json::spanning(value, Layer::Plain).text())
                .unwrap_or_default();
            match key {
                b"messageType" => message_type = Some(value),
                b"owner" => payload.owner = value,
                b"logGroup" => payload.log_group = value,
                b"logStream" => payload.log_stream = value,
                _ => {}
            }
            at = end;
        }
        payload.kind = match (message_type.as_deref(), payload.events_at) {
            (Some("CONTROL_MESSAGE"), _) => LogsKind::Control,
            (Some("DATA_MESSAGE"), Some(_)) => LogsKind::Data,
            _ => return Err(wrong()),
        };
        Ok(payload)
    }

    /// Calls `each` for every log event: the record in its message, or what
    /// is wrong with it. A control message has none.
    pub fn each(&self, each: &mut Each<'_>) -> Tally {
        let mut reading = Reading::new(each);
        self.read_into(&mut reading);
        reading.tally()
    }

    pub(super) fn read_into(&self, reading: &mut Reading<'_, '_>) {
        if let (LogsKind::Data, Some(at)) = (self.kind, self.events_at) {
            elements::each::<LogEvent>(reading, self.text, at);
        }
    }
}

/// One element of `logEvents`.
struct LogEvent;

impl Element for LogEvent {
    fn read(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> Option<usize> {
        if let Some(end) = fast_event(reading, text, at) {
            return Some(end);
        }
        let (message_at, end) = find_message(text, at)?;
        let message_end = ends::string_end(text, message_at, Layer::Plain)?;
        let message = text.get(message_at + 1..message_end - 1)?;
        let record = Record::scan(message, Layer::Escaped);
        reading.outcome(record, message, message_at);
        Some(end)
    }

    fn read_alone(_: &mut Reading<'_, '_>, _: &[u8], _: usize) -> Result<(), String> {
        Err("a log event must be one complete object with a text `message`".to_owned())
    }
}

/// Reads an ordinary log event at `at`, whose message is found before its
/// end is looked for: the record's scan finds the end of the message by
/// itself. Returns the place behind the event, `None` with nothing done where
/// it is not ordinary.
fn fast_event(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let start = match reading.head_length(rest) {
        Some(length) => at + length,
        None => {
            let start = message_start(text, at)?;
            reading.set_head(text.get(at..start)?);
            start
        }
    };
    let mut record = Record::unread(Layer::Escaped);
    let length = record.read_leading(text.get(start..)?, Some(reading.former()))?;
    if text.get(start + length) != Some(&b'"') {
        return None;
    }
    let end = event_end(text, start + length + 1)?;
    reading.record(&record);
    Some(end)
}

/// Where the message of the log event at `at` starts, behind its quote.
fn message_start(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = at + 1;
    loop {
        let (key, value_at) = next_key(text, at)?;
        if key == b"message" {
            return (text.get(value_at) == Some(&b'"')).then_some(value_at + 1);
        }
        at = ends::value_end(text, value_at, Layer::Plain)?;
    }
}

/// The place behind a log event of which `at` is behind some member.
fn event_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = ends::skip_blank(text, at);
    while text.get(at) == Some(&b',') {
        let (_, value_at) = next_key(text, at)?;
        at = ends::skip_blank(text, ends::value_end(text, value_at, Layer::Plain)?);
    }
    (text.get(at) == Some(&b'}')).then_some(at + 1)
}

/// The place of the `message` in the log event at `at`, and the place behind
/// the event.
fn find_message(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let end = ends::extent(text, at)?;
    let event = text.get(..end)?;
    let mut at = at + 1;
    let mut message_at = None;
    while let Some((key, value_at)) = next_key(event, at) {
        if key == b"message" {
            message_at = Some(value_at);
        }
        at = ends::extent(event, value_at)?;
    }
    Some((message_at?, end))
}

/// The undecoded key that stands next in an object, and the place of its
/// value; `None` at the object's end.
pub(super) fn next_key(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = ends::skip_separators(text, at);
    let end = ends::string_end(text, start, Layer::Plain)?;
    let colon = ends::skip_blank(text, end);
    if text.get(colon) != Some(&b':') {
        return None;
    }
    let value_at = ends::skip_blank(text, colon + 1);
    Some((text.get(start + 1..end - 1)?, value_at))
}

fn not_base64(data: &[u8]) -> EnvelopeError {
    let at = data
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')))
        .unwrap_or(data.len());
    EnvelopeError::NotBase64 {
        at,
        length: data.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_in_an_event_is_none_of_its_own() {
        let event = |name: &str| {
            let message = format!(r#"{{\"eventName\":\"{name}\"}}"#);
            format!(r#"{{"id":"1","message":"{message}"}}"#)
        };
        // More of them than broken events whose end is looked for far away.
        let odd = format!(r#"{{"id":"2","massages":[{}]}}"#, event("never"));
        let events = [vec![event("A")], vec![odd.clone(); 100], vec![event("B")]].concat();
        let text = format!(
            r#"{{"messageType":"DATA_MESSAGE","logEvents":[{}]}}"#,
            events.join(",")
        );
        let mut seen = Vec::new();
        let payload = LogsPayload::read(text.as_bytes()).unwrap();
        let tally = payload.each(&mut |_, outcome| {
            seen.push(match outcome {
                Ok(record) => record.text(crate::Member::EventName).unwrap().into_owned(),
                Err(fault) => String::from_utf8_lossy(fault.raw).into_owned(),
            });
        });
        assert_eq!((tally.records, tally.faults), (2, 100));
        assert_eq!((seen[0].as_str(), seen[101].as_str()), ("A", "B"));
        assert!(seen[1..101].iter().all(|raw| *raw == odd), "{}", seen[1]);
    }
}
