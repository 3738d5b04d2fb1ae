//! A request's parameters as a tree, and the ways in which AWS writes one
//! thing: names in any case, lists in wrappers, objects as text.

use std::borrow::Cow;

use serde_json::Value;

use crate::bounds::MAX_POLICY_BYTES;
use crate::member::Member;
use crate::record::Record;

/// The request's parameters as a tree; `None` where they are over the bound.
pub(super) fn parameters<'r>(record: &'r Record<'_>) -> Option<&'r Value> {
    record.asked().tree(|| {
        let parameters = record.member(Member::RequestParameters)?;
        if parameters.as_written().len() > MAX_POLICY_BYTES {
            return None;
        }
        serde_json::from_str(&parameters.text()).ok()
    })
}

/// The member `name` of an object, compared without case.
pub(super) fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The elements of a list in any of its writings: an array, `{"items":[..]}`,
/// or one value standing for itself.
pub(super) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Object(_) => match member(value, "items") {
            Some(inner) => items(inner),
            None => vec![value],
        },
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

/// A scalar as text, a string without quotes.
pub(super) fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// An object written as text, as JSON or URL-encoded.
pub(super) fn written_object(text: &str) -> Option<Value> {
    let text = text.trim();
    let decoded = if text
        .get(..3)
        .is_some_and(|it| it.eq_ignore_ascii_case("%7b"))
    {
        Cow::Owned(url_decoded(text))
    } else if text.starts_with('{') {
        Cow::Borrowed(text)
    } else {
        return None;
    };
    serde_json::from_str(&decoded).ok()
}

fn url_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut rest = bytes.clone();
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => {
                        bytes = rest;
                        u8::try_from(high * 16 + low).unwrap_or(b'%')
                    }
                    _ => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}
