//! The slow path: an unusual record is rewritten as plain, ordinary JSON.
//!
//! Unusual are keys written twice or with escapes, structure written with
//! `\u0022`, nesting beyond the bound, and text that is no JSON at all. The
//! outcome is owned text which is then read like any other record, or the
//! reason why there is none.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bounds::{MAX_DEPTH, MAX_RECORD_BYTES};
use crate::ends;
use crate::json::{Json, Kind, Layer};
use crate::member::Member;
use crate::record::RecordError;
use crate::spans::{Span, Spans};
use crate::unescape::unescape;

/// An unusual record, rewritten.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) text: Vec<u8>,
    pub(crate) spans: Spans,
    pub(crate) oversize: bool,
}

/// Rewrites `text` as plain JSON with one member per key, the last one
/// written, and every number as it stands. What is nested beyond the bound
/// becomes `null`.
pub(crate) fn rewrite(text: &[u8], layer: Layer) -> Result<Rewritten, RecordError> {
    let plain = match layer {
        Layer::Plain => String::from_utf8_lossy(text),
        Layer::Escaped => unescape(text),
    };
    let (shallow, too_deep) = without_depths(plain.trim_ascii().as_bytes());
    let too_long = shallow.len() > MAX_RECORD_BYTES;
    let mut refusal = String::from("it breaks off");
    // A tree of a huge record would be an allocation that its writer chooses.
    // Of the tree only its soundness is of use: what merely passes over a text
    // (`IgnoredAny`) lets a lone surrogate pass, which could not be written.
    if !too_long {
        match serde_json::from_slice::<serde_json::Value>(&shallow) {
            Ok(serde_json::Value::Object(_)) => {
                let mut text = Vec::with_capacity(shallow.len());
                let written = write(Json::spanning(&shallow, Layer::Plain), &mut text);
                if let Some(spans) = written.and_then(|()| read(&text)) {
                    return Ok(Rewritten {
                        text,
                        spans,
                        oversize: too_deep,
                    });
                }
            }
            Ok(other) => return Err(RecordError::NotAnObject(kind_name(&other))),
            Err(error) => refusal = error.to_string(),
        }
    }
    // What `serde_json` refuses (a lone surrogate, a number out of range) may
    // still be whole in its structure, and then it is read.
    let text = shallow.into_owned();
    match read(&text) {
        Some(spans) => Ok(Rewritten {
            text,
            spans,
            oversize: too_deep || too_long,
        }),
        None => Err(RecordError::Broken(refusal)),
    }
}

/// Writes a sound value, which is nowhere too deep, without blanks. Numbers
/// are copied: a program that reads one may not write it the same again.
fn write(value: Json<'_>, text: &mut Vec<u8>) -> Option<()> {
    match value.kind() {
        Kind::Object => {
            let members: BTreeMap<_, _> = value.members().collect();
            let members = members.into_iter();
            each_between(b"{}", text, members, |(key, value), text| {
                write_string(&key, text)?;
                text.push(b':');
                write(value, text)
            })
        }
        Kind::Array => each_between(b"[]", text, value.elements(), write),
        Kind::String => write_string(&value.text(), text),
        Kind::Number | Kind::Bool | Kind::Null => {
            text.extend_from_slice(value.as_written());
            Some(())
        }
    }
}

/// Writes a list with commas, between brackets.
fn each_between<T>(
    [opening, closing]: &[u8; 2],
    text: &mut Vec<u8>,
    list: impl Iterator<Item = T>,
    each: impl Fn(T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    text.push(*opening);
    for (place, one) in list.enumerate() {
        if place > 0 {
            text.push(b',');
        }
        each(one, text)?;
    }
    text.push(*closing);
    Some(())
}

fn write_string(string: &str, text: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(text, string).ok()
}

/// Notes the members of a plain record that fills `text`, one by one:
/// obvious, tolerant of keys written twice (the last wins) or with escapes.
fn read(text: &[u8]) -> Option<Spans> {
    let mut spans = Spans::none();
    let end = each_member(text, 0, &mut |key, start, end| {
        let Some(member) = Member::at_top(key.as_bytes()) else {
            if key.contains('.') {
                spans.set_dotted();
            }
            return Some(());
        };
        let _ = spans.note(member, Span::new(start, end)?);
        if member == Member::UserIdentity {
            spans.forget_identity();
            if text.get(start) == Some(&b'{') {
                each_member(text, start, &mut |key, start, end| {
                    match Member::of_identity(key.as_bytes()) {
                        Some(member) => {
                            let _ = spans.note(member, Span::new(start, end)?);
                        }
                        None if key.contains('.') => spans.set_dotted(),
                        None => {}
                    }
                    Some(())
                })?;
            }
        }
        Some(())
    })?;
    spans.set_whole(Span::new(0, end)?);
    (end == text.len()).then_some(spans)
}

/// Calls `each` with every key and its value's place in the object that opens
/// at `at`; returns the place behind the object, `None` where it is broken.
fn each_member(
    text: &[u8],
    at: usize,
    each: &mut impl FnMut(&str, usize, usize) -> Option<()>,
) -> Option<usize> {
    let mut at = ends::skip_blank(text, expect(text, at, b'{')?);
    if text.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let key_end = ends::string_end(text, at, Layer::Plain)?;
        let key = Json::spanning(text.get(at..key_end)?, Layer::Plain).text();
        let colon = ends::skip_blank(text, key_end);
        let start = ends::skip_blank(text, expect(text, colon, b':')?);
        let end = ends::value_end(text, start, Layer::Plain)?;
        each(&key, start, end)?;
        at = ends::skip_blank(text, end);
        if text.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        at = ends::skip_blank(text, expect(text, at, b',')?);
    }
}

fn expect(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

/// The text with every value nested beyond the bound replaced by `null`, and
/// whether there was one.
fn without_depths(text: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let mut kept = Vec::new();
    let mut copied = 0;
    let mut depth = 0usize;
    let mut cut_from = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = ends::string_end(text, at, Layer::Plain).unwrap_or(text.len());
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth == MAX_DEPTH + 1 {
                    cut_from = at;
                }
            }
            b'}' | b']' => {
                if depth == MAX_DEPTH + 1 {
                    kept.extend_from_slice(text.get(copied..cut_from).unwrap_or_default());
                    kept.extend_from_slice(b"null");
                    copied = at + 1;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return (Cow::Borrowed(text), false);
    }
    kept.extend_from_slice(text.get(copied..).unwrap_or_default());
    (Cow::Owned(kept), true)
}

fn kind_name(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use crate::{Layer, Member, Record};

    fn nested(depth: usize) -> String {
        format!(
            r#"{{"requestParameters":{}{},"eventName":"A"}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    }

    #[test]
    fn the_last_of_two_keys_wins() {
        let text = br#"{"eventName":"A","userIdentity":{"arn":"a"},"eventName":"B","userIdentity":{"type":"Root"}}"#;
        let record = Record::scan(text, Layer::Plain).unwrap();
        assert_eq!(record.text(Member::EventName).unwrap(), "B");
        assert_eq!(record.text(Member::IdentityType).unwrap(), "Root");
        assert_eq!(record.text(Member::IdentityArn), None);
    }

    #[test]
    fn escapes_in_keys_and_structure_are_read() {
        let text = br#"{"event\u004eame":"A"}"#;
        let record = Record::scan(text, Layer::Plain).unwrap();
        assert_eq!(record.text(Member::EventName).unwrap(), "A");
        let text = br#"{\u0022eventName\u0022:\n\u0022A\u0022}"#;
        let record = Record::scan(text, Layer::Escaped).unwrap();
        assert_eq!(record.text(Member::EventName).unwrap(), "A");
    }

    #[test]
    fn a_rewritten_record_says_the_same_in_the_same_words() {
        let text = r#"{"a":[1.50,2E5,-0,20100000000000000000000000000], "\u0062":{"c":1,"d":[],"c":{}},
            "s":"\u0041\n\"\u00e9", "a":[1.50,2E5,-0,20100000000000000000000000000,0.1e-7,true,null]}"#;
        let plain = r#"{"a":[1.50,2E5,-0,20100000000000000000000000000,0.1e-7,true,null],"b":{"c":{},"d":[]},"s":"A\n\"é"}"#;
        let quoted = serde_json::Value::from(text).to_string();
        for (written, layer) in [
            (text, Layer::Plain),
            (&quoted[1..quoted.len() - 1], Layer::Escaped),
        ] {
            let record = Record::scan(written.as_bytes(), layer).unwrap();
            assert_eq!(record.root().text(), plain, "{layer:?}");
        }
    }

    #[test]
    fn too_deep_a_record_is_read_as_far_as_it_goes() {
        for (depth, oversize) in [(10, false), (63, false), (64, true), (100_000, true)] {
            let text = nested(depth);
            let record = Record::scan(text.as_bytes(), Layer::Plain).unwrap();
            assert_eq!(record.text(Member::EventName).unwrap(), "A", "{depth}");
            assert_eq!(record.is_oversize(), oversize, "{depth}");
        }
    }

    #[test]
    fn a_lone_surrogate_costs_nothing() {
        let text = br#"{"userAgent":"\ud800","eventName":"A","eventName":"B"}"#;
        let record = Record::scan(text, Layer::Plain).unwrap();
        assert_eq!(record.text(Member::EventName).unwrap(), "B");
    }

    #[test]
    fn too_long_a_record_is_read_and_flagged() {
        let text = format!(
            r#"{{"a":"{}","eventName":"A","eventName":"B"}}"#,
            "x".repeat(crate::bounds::MAX_RECORD_BYTES)
        );
        let record = Record::scan(text.as_bytes(), Layer::Plain).unwrap();
        assert_eq!(record.text(Member::EventName).unwrap(), "B");
        assert!(record.is_oversize());
    }
}
