//! One CloudTrail record: where its members lie, and who it says acted when.
//!
//! Every member is optional, and an odd record is read like any other. A
//! record that is written unusually is first rewritten plainly (see
//! [`crate::normal`]), so that everything behind this type sees one form.

use std::borrow::Cow;
use std::num::NonZeroU64;

use sha2::{Digest, Sha256};

use crate::asked::Asked;
use crate::bounds::MAX_RECORD_BYTES;
use crate::former::Former;
use crate::json::{Json, Layer};
use crate::member::Member;
use crate::normal;
use crate::scan;
use crate::spans::Spans;

/// Why a text is no record. Such a text is quarantined, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The text is not one complete JSON value; says where it breaks.
    #[error("a record must be one complete JSON object: {0}")]
    Broken(String),
    /// The text is JSON, but no object.
    #[error("a record must be a JSON object, this is {0}")]
    NotAnObject(&'static str),
    /// The text is longer than a record's places can be noted.
    #[error("a record must be smaller than 4 GiB")]
    TooLarge,
}

/// One record: where its members lie in the text that brought it.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    text: Cow<'a, [u8]>,
    layer: Layer,
    spans: Spans,
    oversize: bool,
    /// What was worked out when it was first asked for.
    asked: Asked,
}

impl<'a> Record<'a> {
    /// Reads the record that `text` holds in the given layer. Blanks may
    /// surround it, nothing else.
    pub fn scan(text: &'a [u8], layer: Layer) -> Result<Self, RecordError> {
        if u32::try_from(text.len()).is_err() {
            return Err(RecordError::TooLarge);
        }
        let text = text.trim_ascii();
        match Self::leading(text, layer, None) {
            Some((record, end)) if end == text.len() => Ok(record),
            _ => Self::slowly(text, layer),
        }
    }

    /// What stands where a record is still to be read.
    #[inline(always)]
    pub(crate) fn unread(layer: Layer) -> Self {
        Self {
            text: Cow::Borrowed(&[]),
            layer,
            spans: Spans::none(),
            oversize: false,
            asked: Asked::default(),
        }
    }

    /// Turns an unread record into the one at the very start of `text`;
    /// returns the place behind it, or `None` where that takes more than the
    /// fast scan. In place, since a record is large.
    #[inline(always)]
    pub(crate) fn read_leading(
        &mut self,
        text: &'a [u8],
        former: Option<&mut Former>,
    ) -> Option<usize> {
        scan::leading(text, self.layer, &mut self.spans, former)?;
        let end = self.spans.end();
        self.text = Cow::Borrowed(text.get(..end)?);
        self.oversize = end > MAX_RECORD_BYTES;
        Some(end)
    }

    /// The record at the very start of `text` and the place behind it, or
    /// `None` where that takes more than the fast scan.
    pub(crate) fn leading(
        text: &'a [u8],
        layer: Layer,
        former: Option<&mut Former>,
    ) -> Option<(Self, usize)> {
        let mut record = Self::unread(layer);
        let end = record.read_leading(text, former)?;
        Some((record, end))
    }

    /// Reads an unusual record by rewriting it plainly first.
    fn slowly(text: &'a [u8], layer: Layer) -> Result<Self, RecordError> {
        let plain = normal::rewrite(text, layer)?;
        Ok(Self {
            text: Cow::Owned(plain.text),
            layer: Layer::Plain,
            spans: plain.spans,
            oversize: plain.oversize,
            asked: Asked::default(),
        })
    }

    /// The whole record.
    pub fn root(&self) -> Json<'_> {
        Json::spanning(self.spans.whole().of(&self.text), self.layer)
    }

    /// A noted member, `None` where the record has none. A JSON `null` is a
    /// value here.
    pub fn member(&self, member: Member) -> Option<Json<'_>> {
        let span = self.spans.of(member)?;
        Some(Json::spanning(span.of(&self.text), self.layer))
    }

    /// A noted member's value as it is written, and the record's text from its
    /// start on; `None` where the record has no such member.
    #[inline]
    pub fn written(&self, member: Member) -> Option<(&[u8], &[u8])> {
        let span = self.spans.of(member)?;
        let ahead = span.and_behind(&self.text);
        Some((ahead.get(..span.length())?, ahead))
    }

    /// A number that two records share only where their identities are written
    /// alike, in the same layer, and hold no key with a dot; `None` where
    /// nothing is known of it.
    #[inline]
    pub fn identity_mark(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.spans.mark())
    }

    /// The layer in which the record's text is.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// The member `key` of a noted member's object, as [`Json::get`] finds it.
    /// Of a request's parameters, which rules ask for one after the other,
    /// the keys are noted at the first time.
    pub fn child(&self, member: Member, key: &str) -> Option<Json<'_>> {
        let value = self.member(member)?;
        if member == Member::RequestParameters {
            self.asked.child(value, key)
        } else {
            value.get(key)
        }
    }

    /// What was worked out of this record.
    pub(crate) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// A noted member as text; `None` where it is absent or null.
    pub fn text(&self, member: Member) -> Option<Cow<'_, str>> {
        self.member(member)
            .filter(|value| !value.is_null())
            .map(Json::text)
    }

    /// Whether a key of the record itself or of its `userIdentity` contains a
    /// dot, so that a dotted path may lead somewhere else than step by step.
    pub fn has_dotted_keys(&self) -> bool {
        self.spans.dotted()
    }

    /// Whether the record exceeds a bound, in size or in depth, so that rules
    /// may not have seen all of it.
    pub fn is_oversize(&self) -> bool {
        self.oversize
    }

    /// Whether the record describes no single call but many: an aggregated
    /// or an Insight event.
    pub fn is_summary(&self) -> bool {
        self.member(Member::EventCategory)
            .is_some_and(|category| matches!(category.written_inside(), b"Aggregated" | b"Insight"))
    }

    /// What makes this event one and the same wherever and however often it
    /// arrives: the recipient account and the `eventID`; for a record without
    /// an `eventID`, a hash of its content.
    pub fn identity(&self) -> String {
        let Some(id) = self.nonempty(Member::EventId) else {
            return self.content_hash();
        };
        match self.nonempty(Member::RecipientAccountId) {
            Some(account) => format!("{account}:{id}"),
            None => id.into_owned(),
        }
    }

    /// When the event happened, in seconds since 1970, as far as the record
    /// says so. Fractions of a second are dropped, offsets are applied, and a
    /// time without offset is taken as UTC.
    pub fn event_time(&self) -> Option<i64> {
        let text = self.text(Member::EventTime)?;
        let text = text.trim();
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(time.as_second());
        }
        let time: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp().as_second())
    }

    /// Who acted: the identity's `arn`, else its `userName`, else its
    /// `principalId`, else the service in `invokedBy`.
    pub fn principal(&self) -> Option<Cow<'_, str>> {
        [
            Member::IdentityArn,
            Member::IdentityUserName,
            Member::IdentityPrincipalId,
            Member::IdentityInvokedBy,
        ]
        .into_iter()
        .find_map(|member| self.nonempty(member))
    }

    /// The account that the event belongs to: `recipientAccountId`, else the
    /// identity's account.
    pub fn account(&self) -> Option<Cow<'_, str>> {
        self.nonempty(Member::RecipientAccountId)
            .or_else(|| self.nonempty(Member::IdentityAccountId))
    }

    fn nonempty(&self, member: Member) -> Option<Cow<'_, str>> {
        self.text(member).filter(|text| !text.is_empty())
    }

    /// A hash of what the record says, not of how it is written: the same
    /// event comes in different envelopes, with its members in another order.
    fn content_hash(&self) -> String {
        let plain = self.root().text();
        let content = serde_json::from_str::<serde_json::Value>(&plain)
            .map_or_else(|_| plain.into_owned(), |value| value.to_string());
        let mut name = String::from("sha256:");
        for byte in Sha256::digest(content.as_bytes()) {
            name.push_str(&format!("{byte:02x}"));
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Record<'_> {
        Record::scan(text.as_bytes(), Layer::Plain).unwrap()
    }

    fn escaped(text: &str) -> String {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    }

    #[test]
    fn dotted_keys_are_told() {
        for (text, dotted) in [
            (
                r#"{"a":{"b.c":1},"userIdentity":{"type":"Root","x":{"y.z":1}}}"#,
                false,
            ),
            (r#"{"a.b":1}"#, true),
            (r#"{"userIdentity":{"a.b":1}}"#, true),
            (r#"{"userIdentity.type":"Root"}"#, true),
        ] {
            assert_eq!(plain(text).has_dotted_keys(), dotted, "{text}");
        }
    }

    #[test]
    fn members_are_noted() {
        let text = r#"{"userIdentity":{"type":"Root","arn":null},"eventName":"ConsoleLogin"}"#;
        let quoted = escaped(text);
        for record in [
            plain(text),
            Record::scan(quoted.as_bytes(), Layer::Escaped).unwrap(),
        ] {
            assert_eq!(record.text(Member::IdentityType).unwrap(), "Root");
            assert_eq!(record.text(Member::EventName).unwrap(), "ConsoleLogin");
            assert!(record.member(Member::IdentityArn).unwrap().is_null());
            assert_eq!(record.text(Member::IdentityArn), None);
            assert!(record.member(Member::ErrorCode).is_none());
        }
    }

    #[test]
    fn identity_is_the_event_in_its_account() {
        let record = plain(r#"{"eventID":"e-1","recipientAccountId":"111122223333"}"#);
        assert_eq!(record.identity(), "111122223333:e-1");
        assert_eq!(plain(r#"{"eventID":"e-1"}"#).identity(), "e-1");
    }

    #[test]
    fn without_an_event_id_the_content_is_the_identity() {
        let text = r#"{"eventName":"A","awsRegion":"b"}"#;
        let quoted = escaped(text);
        let name = plain(text).identity();
        assert!(
            name.starts_with("sha256:") && name.len() == 7 + 64,
            "{name}"
        );
        assert_eq!(
            Record::scan(quoted.as_bytes(), Layer::Escaped)
                .unwrap()
                .identity(),
            name
        );
        assert_eq!(
            plain(r#"{ "awsRegion": "b", "eventName": "A" }"#).identity(),
            name
        );
        assert_ne!(plain(r#"{"eventName":"B"}"#).identity(), name);
    }

    #[test]
    fn event_time_is_lenient() {
        for (written, seconds) in [
            ("2026-03-02T09:15:00Z", Some(1_772_442_900)),
            ("2026-03-02T09:15:00.123Z", Some(1_772_442_900)),
            ("2026-03-02T10:15:00+01:00", Some(1_772_442_900)),
            ("2026-03-02T09:15:00", Some(1_772_442_900)),
            ("2026-03-02 09:15:00", Some(1_772_442_900)),
            ("...", None),
            ("", None),
        ] {
            let text = format!(r#"{{"eventTime":"{written}"}}"#);
            assert_eq!(plain(&text).event_time(), seconds, "{written}");
        }
        assert_eq!(plain("{}").event_time(), None);
    }

    #[test]
    fn the_principal_is_the_best_name_there_is() {
        for (identity, principal) in [
            (r#"{"arn":"a","userName":"u"}"#, Some("a")),
            (
                r#"{"arn":null,"userName":"u","principalId":"p"}"#,
                Some("u"),
            ),
            (r#"{"userName":"","principalId":"p"}"#, Some("p")),
            (r#"{"type":"AWSService","invokedBy":"s"}"#, Some("s")),
            (r#"null"#, None),
            (r#""text""#, None),
        ] {
            let text = format!(r#"{{"userIdentity":{identity}}}"#);
            assert_eq!(plain(&text).principal().as_deref(), principal, "{identity}");
        }
    }

    #[test]
    fn the_account_is_the_recipients() {
        let text = r#"{"userIdentity":{"accountId":"1"},"recipientAccountId":"2"}"#;
        assert_eq!(plain(text).account().unwrap(), "2");
        let text = r#"{"userIdentity":{"accountId":"1"}}"#;
        assert_eq!(plain(text).account().unwrap(), "1");
    }

    #[test]
    fn what_is_no_record_says_why() {
        let error = |text: &str| {
            Record::scan(text.as_bytes(), Layer::Plain)
                .unwrap_err()
                .to_string()
        };
        assert!(error(r#"{"eventName":"A""#).contains("line 1 column 16"));
        assert!(error(r#"{"eventName":"A"} x"#).contains("trailing"));
        assert!(error("[1]").contains("this is an array"));
        assert!(error("").contains("EOF"));
    }
}
