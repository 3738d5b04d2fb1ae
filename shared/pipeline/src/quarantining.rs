//! Unreadable records, kept with their reason.

use crate::gather::Unreadable;
use crate::invocation::Problem;
use crate::keys;
use crate::ports::{Quarantine, QuarantinedRecord};

/// Most bytes of one object in quarantine: more than any record that AWS can
/// deliver.
const MAX_RAW_BYTES: usize = 8 * 1024 * 1024;

/// Unreadable records of a batch that are kept one by one; the rest of a batch
/// that is bad throughout is kept as one object, one text per line.
const MAX_ALONE: usize = 20;

/// Longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Keeps what could not be read. The key is made of the day and a hash of the
/// bytes, so that a retry keeps the same under the same name.
pub(crate) async fn keep(
    quarantine: &dyn Quarantine,
    unreadable: Vec<Unreadable>,
    input: &str,
    now: i64,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for text in bundled(unreadable) {
        let mut raw = text.raw;
        raw.truncate(MAX_RAW_BYTES);
        let record = QuarantinedRecord {
            key: key(&raw, now),
            reason: text.reason.chars().take(MAX_REASON_CHARS).collect(),
            input: input.to_owned(),
            raw,
        };
        if let Err(error) = quarantine.keep(&record).await {
            problems.push(error.into());
        }
    }
    problems
}

fn bundled(mut unreadable: Vec<Unreadable>) -> Vec<Unreadable> {
    if unreadable.len() <= MAX_ALONE {
        return unreadable;
    }
    let rest = unreadable.split_off(MAX_ALONE);
    let first = rest.first().map(|text| text.reason.as_str()).unwrap_or("");
    let reason = format!("{} unreadable records, the first: {first}", rest.len());
    let raw: Vec<&[u8]> = rest.iter().map(|text| text.raw.as_slice()).collect();
    let raw = raw.join(&b'\n');
    unreadable.push(Unreadable { reason, raw });
    unreadable
}

fn key(raw: &[u8], now: i64) -> String {
    let day = jiff::Timestamp::from_second(now)
        .map(|time| time.strftime("%Y/%m/%d").to_string())
        .unwrap_or_else(|_| "undated".to_owned());
    format!("unreadable/{day}/{}", keys::content(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(count: usize) -> Vec<Unreadable> {
        let text = |n: usize| Unreadable {
            reason: format!("reason {n}"),
            raw: format!("raw {n}").into_bytes(),
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn keys_hold_no_record_text() {
        assert_eq!(
            key(b"{\"user\":\"kim\"", 1_772_442_900),
            "unreadable/2026/03/02/d488c219de509ff875e829023f433fad"
        );
    }

    #[test]
    fn a_batch_bad_throughout_makes_few_objects() {
        assert_eq!(bundled(texts(20)).len(), 20);
        let bundled = bundled(texts(5_000));
        assert_eq!(bundled.len(), 21);
        let last = bundled.last().unwrap();
        assert!(last.raw.starts_with(b"raw 20\nraw 21\n"));
        assert!(last.reason.contains("4980"), "{}", last.reason);
    }
}
