//! JSON read where it lies.
//!
//! A CloudWatch Logs payload holds each record as a JSON *string*, so the
//! record's own quotes are written `\"`. Unescaping every record before
//! looking at it costs more than everything else together (and most records
//! interest no rule), so [`Json`] walks both forms: [`Layer`] says which.

use std::borrow::Cow;
use std::ops::Range;

use crate::ends::{skip_blank, skip_separators, value_end};
use crate::spans::Span;
use crate::unescape::unescape;

/// How a piece of JSON text is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Ordinary JSON text.
    Plain,
    /// The inside of a JSON string: each structural quote is `\"`.
    Escaped,
}

impl Layer {
    /// Bytes that a structural quote takes: `"` or `\"`.
    pub(crate) fn quote(self) -> usize {
        match self {
            Self::Plain => 1,
            Self::Escaped => 2,
        }
    }
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, in any notation.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One JSON value inside a larger text, not yet read.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    bytes: &'a [u8],
    layer: Layer,
}

impl<'a> Json<'a> {
    /// The value that begins at the first non-blank byte of `bytes`, or
    /// `None` where there is no complete value. What follows it is ignored.
    pub fn first_in(bytes: &'a [u8], layer: Layer) -> Option<Self> {
        let start = skip_blank(bytes, 0);
        let end = value_end(bytes, start, layer)?;
        Some(Self {
            bytes: bytes.get(start..end)?,
            layer,
        })
    }

    /// A value whose exact extent is already known.
    pub(crate) fn spanning(bytes: &'a [u8], layer: Layer) -> Self {
        Self { bytes, layer }
    }

    /// The value at a place in this one.
    pub(crate) fn part(self, place: Span) -> Self {
        Self {
            bytes: place.of(self.bytes),
            layer: self.layer,
        }
    }

    /// The value as it is written, in its layer.
    pub fn as_written(self) -> &'a [u8] {
        self.bytes
    }

    /// How the value is written down.
    pub fn layer(self) -> Layer {
        self.layer
    }

    /// The kind, told by the first byte.
    pub fn kind(self) -> Kind {
        match self.bytes.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"' | b'\\') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The member `key` of an object, compared exactly. The last one wins
    /// where a key stands twice, as in `serde_json`.
    pub fn get(self, key: &str) -> Option<Json<'a>> {
        let mut found = None;
        let mut members = self.members();
        while let Some((name, value)) = members.next_raw() {
            if name.is_named(key) {
                found = Some(value);
            }
        }
        found
    }

    /// The members of an object in the order written; nothing for other kinds.
    pub fn members(self) -> Members<'a> {
        let open = self.bytes.first() == Some(&b'{');
        Members {
            bytes: self.bytes,
            layer: self.layer,
            at: if open { 1 } else { self.bytes.len() },
        }
    }

    /// The elements of an array in order; nothing for other kinds.
    pub fn elements(self) -> Elements<'a> {
        let open = self.bytes.first() == Some(&b'[');
        Elements {
            bytes: self.bytes,
            layer: self.layer,
            at: if open { 1 } else { self.bytes.len() },
        }
    }

    /// The value as text: a string decoded; a number, boolean or null as
    /// written; an object or array as its JSON text (plain layer, the spacing
    /// as written).
    pub fn text(self) -> Cow<'a, str> {
        match (self.kind(), self.layer) {
            (Kind::String, _) => self.decoded(),
            (_, Layer::Plain) => String::from_utf8_lossy(self.bytes),
            (_, Layer::Escaped) => unescape(self.bytes),
        }
    }

    /// The inside of a string as it is written, without its quotes, and
    /// whether anything in it is escaped; `None` for other kinds. Where
    /// nothing is escaped, these bytes are the string's text in UTF-8.
    pub fn content_bytes(self) -> Option<(&'a [u8], bool)> {
        if self.kind() != Kind::String {
            return None;
        }
        let inner = self.inside();
        Some((inner, memchr::memchr(b'\\', inner).is_some()))
    }

    /// Whether this is a string with just this content. Nearly always told by
    /// its bytes; only escapes and broken UTF-8 have to be decoded.
    #[inline]
    pub(crate) fn is_named(self, name: &str) -> bool {
        let inner = self.inside();
        if inner == name.as_bytes() && !inner.contains(&b'\\') {
            return true;
        }
        // A first byte that stands for itself tells most keys apart.
        if let (Some(first), Some(wanted)) = (inner.first(), name.as_bytes().first())
            && first != wanted
            && first.is_ascii()
            && *first != b'\\'
        {
            return false;
        }
        !is_plain(inner) && self.decoded() == name
    }

    /// What stands between the quotes of a string, as written; nothing for
    /// other kinds.
    #[inline]
    pub(crate) fn written_inside(self) -> &'a [u8] {
        match self.kind() {
            Kind::String => self.inside(),
            _ => &[],
        }
    }

    #[inline]
    fn inside(self) -> &'a [u8] {
        let quote = self.layer.quote();
        self.bytes
            .get(quote..self.bytes.len().saturating_sub(quote))
            .unwrap_or_default()
    }

    /// The decoded content of a string without an allocation where nothing in
    /// it is escaped.
    fn decoded(self) -> Cow<'a, str> {
        let inner = self.inside();
        if memchr::memchr(b'\\', inner).is_none() {
            return String::from_utf8_lossy(inner);
        }
        match self.layer {
            Layer::Plain => unescape(inner),
            Layer::Escaped => Cow::Owned(unescape(unescape(inner).as_bytes()).into_owned()),
        }
    }
}

/// Whether what stands between quotes is its own text: ASCII, and nothing
/// escaped.
pub(crate) fn is_plain(inner: &[u8]) -> bool {
    let odd = inner
        .iter()
        .fold(false, |odd, byte| odd | !byte.is_ascii() | (*byte == b'\\'));
    !odd
}

/// Iterator over an object's members.
#[derive(Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    layer: Layer,
    at: usize,
}

impl<'a> Members<'a> {
    /// The next member, its key not yet decoded.
    #[inline]
    fn next_raw(&mut self) -> Option<(Json<'a>, Json<'a>)> {
        let (key, value) = self.next_places()?;
        let spanning = |place| {
            Some(Json {
                bytes: self.bytes.get::<Range<usize>>(place)?,
                layer: self.layer,
            })
        };
        Some((spanning(key)?, spanning(value)?))
    }

    /// Where the next member's key and value lie in the object.
    #[inline]
    pub(crate) fn next_places(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let start = skip_separators(self.bytes, self.at);
        if !matches!(self.bytes.get(start), Some(b'"' | b'\\')) {
            return None;
        }
        let key_end = value_end(self.bytes, start, self.layer)?;
        let value_start = skip_separators(self.bytes, key_end);
        self.at = value_end(self.bytes, value_start, self.layer)?;
        Some((start..key_end, value_start..self.at))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.next_raw()?;
        Some((key.decoded(), value))
    }
}

/// Iterator over an array's elements.
#[derive(Debug)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    layer: Layer,
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = skip_separators(self.bytes, self.at);
        let end = value_end(self.bytes, start, self.layer)?;
        self.at = end;
        Some(Json {
            bytes: self.bytes.get(start..end)?,
            layer: self.layer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"a":"x\"y","b":{"c":[1,true,null,"d\\"]},"e.f":"ü"}"#;

    fn both() -> [(String, Layer); 2] {
        let escaped = serde_json::to_string(PLAIN).unwrap();
        [
            (PLAIN.to_owned(), Layer::Plain),
            (escaped[1..escaped.len() - 1].to_owned(), Layer::Escaped),
        ]
    }

    #[test]
    fn both_layers_read_the_same() {
        for (text, layer) in both() {
            let root = Json::first_in(text.as_bytes(), layer).unwrap();
            assert_eq!(root.get("a").unwrap().text(), "x\"y");
            assert_eq!(root.get("e.f").unwrap().text(), "ü");
            let list: Vec<_> = root
                .get("b")
                .unwrap()
                .get("c")
                .unwrap()
                .elements()
                .map(|e| e.text().into_owned())
                .collect();
            assert_eq!(list, ["1", "true", "null", "d\\"]);
            assert_eq!(
                root.get("b").unwrap().text(),
                r#"{"c":[1,true,null,"d\\"]}"#
            );
        }
    }

    #[test]
    fn cut_off_text_is_no_value() {
        for (text, layer) in both() {
            assert!(Json::first_in(&text.as_bytes()[..text.len() - 1], layer).is_none());
        }
    }
}
