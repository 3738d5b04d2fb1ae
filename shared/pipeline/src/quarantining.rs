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

/// Keeps what could not be read. The key is a hash of the bytes, so that a
/// retry, and a replay on another day, keeps the same under the same name.
pub(crate) async fn keep(
    quarantine: &dyn Quarantine,
    unreadable: Vec<Unreadable>,
    input: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (text, texts) in bundled(unreadable) {
        let mut raw = text.raw;
        raw.truncate(MAX_RAW_BYTES);
        let record = QuarantinedRecord {
            key: key(&raw),
            reason: text.reason.chars().take(MAX_REASON_CHARS).collect(),
            input: input.to_owned(),
            texts,
            raw,
        };
        if let Err(error) = quarantine.keep(&record).await {
            problems.push(error.into());
        }
    }
    problems
}

/// Objects to keep, each with the number of texts in it.
fn bundled(mut unreadable: Vec<Unreadable>) -> Vec<(Unreadable, usize)> {
    let rest = unreadable.split_off(unreadable.len().min(MAX_ALONE));
    let mut objects: Vec<_> = unreadable.into_iter().map(|text| (text, 1)).collect();
    if rest.is_empty() {
        return objects;
    }
    let first = rest.first().map(|text| text.reason.as_str()).unwrap_or("");
    let reason = format!("{} unreadable records, the first: {first}", rest.len());
    let raw: Vec<Vec<u8>> = rest.iter().map(|text| on_one_line(&text.raw)).collect();
    let raw = raw.join(&b'\n');
    objects.push((Unreadable { reason, raw }, rest.len()));
    objects
}

/// Line breaks between the parts of a JSON text mean as much as blanks.
fn on_one_line(raw: &[u8]) -> Vec<u8> {
    raw.iter()
        .map(|byte| match byte {
            b'\n' | b'\r' => b' ',
            byte => *byte,
        })
        .collect()
}

fn key(raw: &[u8]) -> String {
    format!("unreadable/{}", keys::content(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(count: usize) -> Vec<Unreadable> {
        let text = |n: usize| Unreadable {
            reason: format!("reason {n}"),
            raw: format!("raw\n{n}").into_bytes(),
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn keys_hold_no_record_text() {
        assert_eq!(
            key(b"{\"user\":\"kim\""),
            "unreadable/d488c219de509ff875e829023f433fad"
        );
    }

    #[test]
    fn a_batch_bad_throughout_makes_few_objects() {
        assert_eq!(bundled(texts(20)).len(), 20);
        let bundled = bundled(texts(5_000));
        assert_eq!(bundled.len(), 21);
        let (last, texts) = bundled.last().unwrap();
        assert!(last.raw.starts_with(b"raw 20\nraw 21\n"));
        assert_eq!(last.raw.split(|byte| *byte == b'\n').count(), *texts);
        assert!(last.reason.contains("4980"), "{}", last.reason);
    }
}
