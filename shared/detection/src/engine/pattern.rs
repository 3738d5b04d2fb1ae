//! Text patterns and regular expressions, made ready to run.

use std::sync::OnceLock;

use memchr::{memchr2_iter, memmem};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::engine::literal::Literal;
use crate::engine::text::{Text, lower_case};
use crate::rule::{PatternPart, RegexPattern, TextPattern};

/// Bytes that a compiled regular expression may take: what the language lets
/// in at load compiles here.
const REGEX_SIZE_LIMIT: usize = crate::sigma::bounds::MAX_REGEX_BYTES;

/// Texts longer than this are lower-cased once and then searched in linear
/// time; shorter ones are searched where they lie.
const SEARCH_IN_PLACE_BYTES: usize = 4096;

/// A text pattern in the form in which it runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pattern {
    shape: Shape,
    cased: bool,
}

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    /// No wildcard: the text is this.
    Exact(Literal),
    /// Only `*` wildcards: what stands before the first, between them in
    /// order, and after the last.
    Pieces {
        first: Literal,
        middle: Box<[Needle]>,
        last: Literal,
    },
    /// With `?`: characters have to be counted.
    Characters(LazyRegex),
}

impl Pattern {
    pub(crate) fn new(pattern: &TextPattern) -> Self {
        Self {
            shape: shape(&pattern.parts, pattern.cased),
            cased: pattern.cased,
        }
    }

    /// The text that this pattern is equal to, if it has no wildcard.
    pub(crate) fn exact(&self) -> Option<&[u8]> {
        match &self.shape {
            Shape::Exact(literal) => Some(literal),
            _ => None,
        }
    }

    /// The text with which every matching value begins, if there is any.
    pub(crate) fn prefix(&self) -> Option<&[u8]> {
        match &self.shape {
            Shape::Exact(literal) => Some(literal),
            Shape::Pieces { first, .. } if !first.is_empty() => Some(first),
            _ => None,
        }
    }

    pub(crate) fn cased(&self) -> bool {
        self.cased
    }

    /// Whether the whole text fits the pattern. `None`: its regular
    /// expression cannot be compiled.
    pub(crate) fn matches(&self, text: &Text<'_>) -> Option<bool> {
        let bytes = if self.cased {
            text.as_bytes()
        } else {
            text.folded()
        };
        match &self.shape {
            Shape::Exact(literal) => Some(same(bytes, literal, self.cased)),
            Shape::Pieces {
                first,
                middle,
                last,
            } => Some(fits(bytes, first, middle, last, self.cased)),
            Shape::Characters(regex) if self.cased => regex.is_match(text.as_str()),
            Shape::Characters(regex) => {
                let lower = std::str::from_utf8(bytes)
                    .unwrap_or_default()
                    .to_ascii_lowercase();
                regex.is_match(&lower)
            }
        }
    }
}

fn shape(parts: &[PatternPart], cased: bool) -> Shape {
    let literal = |text: &str| {
        if cased {
            text.to_owned()
        } else {
            lower_case(text)
        }
    };
    if parts.contains(&PatternPart::One) {
        return Shape::Characters(LazyRegex::new(characters(parts, literal)));
    }
    let mut pieces = vec![Vec::new()];
    for part in parts {
        match (part, pieces.last_mut()) {
            (PatternPart::Literal(text), Some(piece)) => piece.extend(literal(text).bytes()),
            _ => pieces.push(Vec::new()),
        }
    }
    let mut pieces = pieces.into_iter().map(Literal::from);
    let first = pieces.next().unwrap_or_default();
    match pieces.next_back() {
        None => Shape::Exact(first),
        Some(last) => Shape::Pieces {
            first,
            middle: pieces
                .filter(|piece| !piece.is_empty())
                .map(Needle::new)
                .collect(),
            last,
        },
    }
}

/// The pattern as a regular expression over text that is already lower-cased
/// where case does not matter.
fn characters(parts: &[PatternPart], literal: impl Fn(&str) -> String) -> RegexPattern {
    let mut pattern = String::from("\\A");
    for part in parts {
        match part {
            PatternPart::Literal(text) => pattern.push_str(&regex::escape(&literal(text))),
            PatternPart::Any => pattern.push_str(".*"),
            PatternPart::One => pattern.push('.'),
        }
    }
    pattern.push_str("\\z");
    RegexPattern {
        pattern,
        ignore_case: false,
        multi_line: false,
        dot_all: true,
    }
}

fn same(bytes: &[u8], literal: &[u8], cased: bool) -> bool {
    if cased {
        bytes == literal
    } else {
        bytes.eq_ignore_ascii_case(literal)
    }
}

fn fits(bytes: &[u8], first: &[u8], middle: &[Needle], last: &[u8], cased: bool) -> bool {
    let Some((start, rest)) = bytes.split_at_checked(first.len()) else {
        return false;
    };
    let Some((mut rest, end)) = rest
        .len()
        .checked_sub(last.len())
        .and_then(|at| rest.split_at_checked(at))
    else {
        return false;
    };
    if !same(start, first, cased) || !same(end, last, cased) {
        return false;
    }
    for piece in middle {
        let found = piece.find_in(rest, cased);
        let Some(behind) = found.and_then(|at| rest.get(at + piece.bytes.len()..)) else {
            return false;
        };
        rest = behind;
    }
    true
}

/// A text that is looked for inside others.
#[derive(Debug, Serialize, Deserialize)]
struct Needle {
    bytes: Literal,
    /// Where its rarest character stands: the search looks for that one.
    rarest: usize,
}

/// Characters of names, ARNs and user agents, the frequent ones first.
const FREQUENT: &[u8] = b"eaiotrsn/-lcd.m1u:p02hg3b4y6v5_fw789kxqzj";

impl Needle {
    fn new(bytes: Literal) -> Self {
        let rank = |byte: &u8| {
            let byte = byte.to_ascii_lowercase();
            let place = FREQUENT.iter().position(|frequent| *frequent == byte);
            place.unwrap_or(FREQUENT.len())
        };
        let rarest = (0..bytes.len())
            .max_by_key(|at| bytes.get(*at).map(rank))
            .unwrap_or_default();
        Self { bytes, rarest }
    }

    /// Where the needle first stands in `text`.
    fn find_in(&self, text: &[u8], cased: bool) -> Option<usize> {
        find(text, &self.bytes, self.rarest, cased)
    }
}

/// Whether `needle` stands anywhere in `text`.
pub(crate) fn contains(text: &[u8], needle: &[u8], cased: bool) -> bool {
    find(text, needle, 0, cased).is_some()
}

fn find(text: &[u8], needle: &[u8], rarest: usize, cased: bool) -> Option<usize> {
    if cased {
        return memmem::find(text, needle);
    }
    if text.len() > SEARCH_IN_PLACE_BYTES {
        return memmem::find(&text.to_ascii_lowercase(), &needle.to_ascii_lowercase());
    }
    let Some(sought) = needle.get(rarest) else {
        return Some(0);
    };
    // Only where the needle still fits into the text.
    let behind = rarest + text.len().checked_sub(needle.len())? + 1;
    let places = text.get(rarest..behind)?;
    memchr2_iter(
        sought.to_ascii_lowercase(),
        sought.to_ascii_uppercase(),
        places,
    )
    .find(|at| {
        text.get(*at..at + needle.len())
            .is_some_and(|there| there.eq_ignore_ascii_case(needle))
    })
}

/// A regular expression that is compiled when it is first needed: most never
/// are within a function's life, and compiling dominates a rule set's start.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LazyRegex {
    source: RegexPattern,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    pub(crate) fn new(source: RegexPattern) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the expression is found anywhere in the text. `None`: it
    /// cannot be compiled.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        self.compiled
            .get_or_init(|| compile(&self.source).ok())
            .as_ref()
            .map(|regex| regex.is_match(text))
    }
}

/// Compiles an expression within the engine's bounds. Matching takes time
/// linear in the text; look-around and back-references do not exist.
pub fn check_regex(source: &RegexPattern) -> Result<(), String> {
    compile(source).map(drop).map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("takes more than {limit} bytes when compiled")
        }
        other => other.to_string(),
    })
}

fn compile(source: &RegexPattern) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&source.pattern)
        .case_insensitive(source.ignore_case)
        .multi_line(source.multi_line)
        .dot_matches_new_line(source.dot_all)
        .size_limit(REGEX_SIZE_LIMIT)
        .dfa_size_limit(REGEX_SIZE_LIMIT)
        .build()
}

#[cfg(test)]
mod tests {
    use cloudtrail::{Json, Layer};

    use super::*;
    use crate::engine::text::Value;

    fn matches(pattern: &str, cased: bool, value: &str) -> bool {
        let mut parts = Vec::new();
        for piece in pattern.split_inclusive(['*', '?']) {
            let literal = piece.trim_end_matches(['*', '?']);
            if !literal.is_empty() {
                parts.push(PatternPart::Literal(literal.to_owned()));
            }
            match piece.chars().last() {
                Some('*') => parts.push(PatternPart::Any),
                Some('?') => parts.push(PatternPart::One),
                _ => {}
            }
        }
        let pattern = Pattern::new(&TextPattern { parts, cased });
        let json = format!("\"{value}\"");
        let json = Json::first_in(json.as_bytes(), Layer::Plain).unwrap();
        pattern
            .matches(&Text::of(Value::Json(json)).unwrap())
            .unwrap()
    }

    #[test]
    fn wildcards() {
        for (pattern, value, wanted) in [
            ("abc", "ABC", true),
            ("abc", "ABCD", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*", "Ab", true),
            ("*b", "aB", true),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXcYb", false),
            ("*b*b*", "b", false),
            ("a?c", "aüc", true),
            ("a?c", "ac", false),
            ("?*", "", false),
            ("*ä*", "xÄy", true),
            ("a?*c", "ABC", true),
        ] {
            assert_eq!(matches(pattern, false, value), wanted, "{pattern} {value}");
        }
        assert!(!matches("abc", true, "ABC"));
        assert!(matches("a?C", true, "abC"));
        assert!(!matches("a?C", true, "abc"));
    }

    #[test]
    fn long_texts_are_found_in_too() {
        let long = format!("{}NEEDLE{}", "x".repeat(5000), "y".repeat(10));
        assert!(matches("*needle*", false, &long));
        assert!(!matches("*needles*", false, &long));
    }

    #[test]
    fn an_expression_over_the_bound_is_refused() {
        let big = RegexPattern {
            pattern: "(a{1000}){1000}".to_owned(),
            ignore_case: false,
            multi_line: false,
            dot_all: false,
        };
        assert!(check_regex(&big).unwrap_err().contains("bytes"));
    }
}
