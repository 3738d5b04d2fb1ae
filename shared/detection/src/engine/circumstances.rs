//! The circumstances of a call, taken together: what kind of caller, for which
//! service, whether it failed, whether it only reads.
//!
//! Each of these members has few values, and so do all of them together: one
//! look-up tells what otherwise takes five.

use cloudtrail::{Member, Record};

use crate::engine::field::has_identities;
use crate::engine::memo::Written;

/// The members, each with few values.
pub(crate) const MEMBERS: [Member; 5] = [
    Member::IdentityType,
    Member::IdentityInvokedBy,
    Member::ErrorCode,
    Member::ReadOnly,
    Member::ManagementEvent,
];

/// Longest value of a member that is taken, in bytes as written; its length
/// fits a byte.
const LONGEST: usize = 96;

/// Bytes that are copied at once; most values are shorter.
const STEP: usize = 32;

/// Room for the lengths and the values, and for what is copied too much.
const ROOM: usize = MEMBERS.len() * (1 + LONGEST) + STEP;

/// What a record says, written down: the length of each value, then the
/// values. Two records that say the same give the same bytes, and no others
/// do. Kept and reused.
#[derive(Debug)]
pub(crate) struct Circumstances {
    bytes: Box<[u8; ROOM]>,
}

impl Default for Circumstances {
    fn default() -> Self {
        Self {
            bytes: Box::new([0; ROOM]),
        }
    }
}

impl Circumstances {
    /// What the record says; `None` where that is nothing by which a test
    /// could be remembered.
    #[inline(always)]
    pub(crate) fn told(&mut self, record: &Record<'_>) -> Option<Written<'_>> {
        if record.is_oversize() {
            return None;
        }
        let mut end = MEMBERS.len();
        for (place, member) in MEMBERS.into_iter().enumerate() {
            let length = match record.written(member) {
                Some((value, ahead)) => self.put(end, value, ahead)?,
                // Paths of other keys with dots may lead to the same field,
                // and so may identities in an array.
                None if member.is_of_identity()
                    && (record.has_dotted_keys() || has_identities(record)) =>
                {
                    return None;
                }
                None => 0,
            };
            *self.bytes.get_mut(place)? = length as u8;
            end += length;
        }
        Some(Written {
            value: self.bytes.get(..end)?,
            ahead: self.bytes.as_slice(),
        })
    }

    /// Writes a value down; returns its length.
    #[inline(always)]
    fn put(&mut self, at: usize, value: &[u8], ahead: &[u8]) -> Option<usize> {
        let length = value.len();
        if length > LONGEST || matches!(value, [b'{' | b'[', ..]) {
            return None;
        }
        match (length <= STEP, ahead.first_chunk::<STEP>()) {
            (true, Some(chunk)) => {
                *self.bytes.get_mut(at..)?.first_chunk_mut()? = *chunk;
            }
            _ => self.bytes.get_mut(at..at + length)?.copy_from_slice(value),
        }
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cloudtrail::Layer;

    use super::*;

    fn told(text: &str) -> Option<Vec<u8>> {
        let record = Record::scan(text.as_bytes(), Layer::Plain).unwrap();
        let mut circumstances = Circumstances::default();
        // What another record left behind does not count.
        circumstances.bytes.fill(b'x');
        let written = circumstances.told(&record)?;
        assert!(written.ahead.starts_with(written.value));
        Some(written.value.to_vec())
    }

    #[test]
    fn only_the_same_values_are_told_alike() {
        let long = format!("{{\"errorCode\":\"{}\"}}", "e".repeat(LONGEST - 2));
        let longer = format!("{{\"errorCode\":\"{}\"}}", "e".repeat(LONGEST - 3));
        let texts = [
            r#"{}"#,
            r#"{"errorCode":null}"#,
            r#"{"errorCode":""}"#,
            r#"{"errorCode":"A"}"#,
            r#"{"readOnly":true}"#,
            r#"{"managementEvent":true}"#,
            r#"{"readOnly":"true"}"#,
            r#"{"readOnly":true,"managementEvent":true}"#,
            r#"{"userIdentity":{"type":"A"}}"#,
            r#"{"userIdentity":{"invokedBy":"A"}}"#,
            r#"{"userIdentity":{"type":"A","invokedBy":"A"},"errorCode":"A"}"#,
            &long,
            &longer,
        ];
        let told: BTreeSet<_> = texts.iter().map(|text| told(text).unwrap()).collect();
        assert_eq!(told.len(), texts.len());
    }

    #[test]
    fn the_rest_of_the_record_does_not_count() {
        let one = r#"{"userIdentity":{"type":"IAMUser"},"eventName":"A","readOnly":false}"#;
        let other = r#"{"readOnly":false,"x":[1],"userIdentity":{"type":"IAMUser","arn":"b"},"y":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}"#;
        assert_eq!(told(one), told(other));
    }

    #[test]
    fn what_cannot_be_remembered_is_not_told() {
        let long = format!("{{\"errorCode\":\"{}\"}}", "e".repeat(LONGEST - 1));
        for text in [
            &long,
            r#"{"errorCode":["A"]}"#,
            r#"{"userIdentity":[{"type":"A"}]}"#,
            r#"{"userIdentity.type":"A"}"#,
            r#"{"userIdentity":{"type":{"a":1}}}"#,
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
