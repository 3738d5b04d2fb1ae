//! How a value of the record looks to a text test.
//!
//! Nearly every value is plain ASCII without an escape and is looked at where
//! it lies. Whatever else it is, it is decoded, and for comparisons without
//! case lower-cased as Unicode says; both happen at most once per test.

use std::borrow::Cow;
use std::cell::OnceCell;

use cloudtrail::{Json, Kind, Layer};

use crate::engine::fold;

/// A value that a field's path led to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'v> {
    /// A value of the record; never an array, those are taken apart before.
    Json(Json<'v>),
    /// A value that was derived from the record.
    Derived(&'v str),
}

impl Value<'_> {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Json(json) if json.is_null())
    }
}

/// The text of a value.
#[derive(Debug)]
pub(crate) enum Text<'v> {
    /// ASCII, as it lies in the record.
    Ascii(&'v [u8]),
    /// Anything else, decoded.
    Decoded {
        text: Cow<'v, str>,
        lower: OnceCell<String>,
    },
}

impl<'v> Text<'v> {
    /// The text of a value; `None` for null (and for an array, which has
    /// elements instead of a text).
    pub(crate) fn of(value: Value<'v>) -> Option<Self> {
        let json = match value {
            Value::Derived(text) => return Some(Self::of_str(text)),
            Value::Json(json) => json,
        };
        match json.kind() {
            Kind::Null | Kind::Array => None,
            Kind::Bool | Kind::Number => Some(Self::Ascii(json.as_written())),
            Kind::String => {
                let content = content(json);
                if is_plain(content) {
                    Some(Self::Ascii(content))
                } else {
                    Some(Self::decoded(json.text()))
                }
            }
            Kind::Object => Some(Self::decoded(Cow::Owned(compact(json)))),
        }
    }

    fn of_str(text: &'v str) -> Self {
        if text.is_ascii() {
            Self::Ascii(text.as_bytes())
        } else {
            Self::decoded(Cow::Borrowed(text))
        }
    }

    fn decoded(text: Cow<'v, str>) -> Self {
        Self::Decoded {
            text,
            lower: OnceCell::new(),
        }
    }

    /// The text as it is, case kept.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ascii(bytes) => bytes,
            Self::Decoded { text, .. } => text.as_bytes(),
        }
    }

    /// Bytes in which only ASCII letters may still be upper-case: comparing
    /// them without regard to ASCII case compares as Unicode does.
    pub(crate) fn folded(&self) -> &[u8] {
        match self {
            Self::Ascii(bytes) => bytes,
            Self::Decoded { text, .. } if text.is_ascii() => text.as_bytes(),
            Self::Decoded { text, lower } => lower.get_or_init(|| lower_case(text)).as_bytes(),
        }
    }

    /// The text as a string. (Values written in ASCII always are one.)
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Ascii(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Self::Decoded { text, .. } => text,
        }
    }
}

/// Lower case, character by character: what a letter becomes never depends on
/// its neighbours (as it does for a final sigma), so that a part of a text is
/// lower-cased as the whole is.
pub(crate) fn lower_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// What stands between a string's quotes, as written.
pub(crate) fn content(json: Json<'_>) -> &[u8] {
    let quote = match json.layer() {
        Layer::Plain => 1,
        Layer::Escaped => 2,
    };
    let written = json.as_written();
    written
        .get(quote..written.len().saturating_sub(quote))
        .unwrap_or_default()
}

/// Whether the bytes are their own text: ASCII, and nothing escaped.
fn is_plain(bytes: &[u8]) -> bool {
    if bytes.len() < 32 {
        return fold::hashed(bytes).plain;
    }
    bytes.is_ascii() && memchr::memchr(b'\\', bytes).is_none()
}

/// JSON text without any spacing: members in the order written, numbers as
/// written, strings with the escapes that JSON demands and no others.
pub(crate) fn compact(json: Json<'_>) -> String {
    let mut out = String::with_capacity(json.as_written().len());
    write_compact(json, &mut out);
    out
}

/// Recursion ends at the nesting that the reader of the record allows.
fn write_compact(json: Json<'_>, out: &mut String) {
    match json.kind() {
        Kind::Object => {
            out.push('{');
            for (index, (key, value)) in json.members().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(&key, out);
                out.push(':');
                write_compact(value, out);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for (index, value) in json.elements().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_compact(value, out);
            }
            out.push(']');
        }
        Kind::String => write_string(&json.text(), out),
        Kind::Null | Kind::Bool | Kind::Number => out.push_str(&json.text()),
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        let json = Json::first_in(json.as_bytes(), Layer::Plain).unwrap();
        Text::of(Value::Json(json)).map(|t| t.as_str().to_owned())
    }

    #[test]
    fn scalars_have_their_own_text() {
        assert_eq!(text("\"ab\"").unwrap(), "ab");
        assert_eq!(text(r#""a\\b\u00fc""#).unwrap(), "a\\bü");
        assert_eq!(text("false").unwrap(), "false");
        assert_eq!(text("-1.50").unwrap(), "-1.50");
        assert_eq!(text("null"), None);
        assert_eq!(text("[1]"), None);
    }

    #[test]
    fn an_escape_or_another_alphabet_is_seen_anywhere() {
        for length in 0..80 {
            let plain: Vec<u8> = (0..length).map(|i| b'A' + i % 26).collect();
            assert!(is_plain(&plain));
            for at in 0..plain.len() {
                for odd in [b'\\', 0x80, 0xff] {
                    let mut bytes = plain.clone();
                    bytes[at] = odd;
                    assert!(!is_plain(&bytes), "{odd} at {at} of {length}");
                }
            }
        }
        assert!(is_plain(b"[]]]\x7f[[[]"));
    }

    #[test]
    fn an_object_is_its_compact_text() {
        let pretty = "{ \"b\" : [ 1 , null ],\n \"a\": \"x\\u0001\\/\\\"\\u00e9\" }";
        assert_eq!(
            text(pretty).unwrap(),
            "{\"b\":[1,null],\"a\":\"x\\u0001/\\\"é\"}"
        );
    }

    #[test]
    fn folding_is_unicode() {
        let json = Json::first_in("\"ÄK\u{212a}\"".as_bytes(), Layer::Plain).unwrap();
        let text = Text::of(Value::Json(json)).unwrap();
        assert_eq!(text.folded(), "äkk".as_bytes());
    }
}
