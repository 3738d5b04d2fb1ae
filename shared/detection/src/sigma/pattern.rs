//! Text with Sigma's wildcards and, under `expand`, placeholders.
//!
//! `*` is any text, `?` one character. A backslash makes the `*`, `?` or
//! backslash after it plain; before anything else it is itself plain.

use super::bounds::MAX_TESTS;
use super::lists::Lists;
use super::problem::valid;
use crate::rule::{PatternPart, TextPattern};

/// A part of a text while modifiers work on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Any,
    One,
    Placeholder(String),
}

/// A text while modifiers work on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Text {
    pub(super) pieces: Vec<Piece>,
    pub(super) cased: bool,
    /// `utf16` put a byte order mark in front.
    pub(super) marked: bool,
}

impl Text {
    /// A text as a rule or a list writes it.
    pub(super) fn parse(written: &str) -> Self {
        let mut text = Self::default();
        let mut escaped = false;
        for c in written.chars() {
            match (std::mem::take(&mut escaped), c) {
                (true, '*' | '?' | '\\') => text.push(c),
                (true, _) => {
                    text.push('\\');
                    text.push(c);
                }
                (false, '\\') => escaped = true,
                (false, '*') => text.pieces.push(Piece::Any),
                (false, '?') => text.pieces.push(Piece::One),
                (false, _) => text.push(c),
            }
        }
        if escaped {
            text.push('\\');
        }
        text
    }

    /// A text without wildcards.
    pub(super) fn literal(written: &str) -> Self {
        let pieces = match written {
            "" => Vec::new(),
            _ => vec![Piece::Literal(written.to_owned())],
        };
        Self {
            pieces,
            ..Self::default()
        }
    }

    fn push(&mut self, c: char) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(literal)) => literal.push(c),
            _ => self.pieces.push(Piece::Literal(c.to_string())),
        }
    }

    /// The plain text, where there is no wildcard or placeholder.
    pub(super) fn plain(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => Some(literal.as_str()),
                Piece::Any | Piece::One | Piece::Placeholder(_) => None,
            })
            .collect()
    }

    pub(super) fn open_start(&mut self) {
        if self.pieces.first() != Some(&Piece::Any) {
            self.pieces.insert(0, Piece::Any);
        }
    }

    pub(super) fn open_end(&mut self) {
        if self.pieces.last() != Some(&Piece::Any) {
            self.pieces.push(Piece::Any);
        }
    }

    /// Opens a finished pattern on both sides.
    pub(super) fn open(pattern: &mut TextPattern) {
        if pattern.parts.first() != Some(&PatternPart::Any) {
            pattern.parts.insert(0, PatternPart::Any);
        }
        if pattern.parts.last() != Some(&PatternPart::Any) {
            pattern.parts.push(PatternPart::Any);
        }
    }

    /// Makes placeholders of `%name%` in the plain parts.
    pub(super) fn with_placeholders(self) -> Self {
        let mut pieces = Vec::new();
        for piece in self.pieces {
            match piece {
                Piece::Literal(literal) => split_placeholders(&literal, &mut pieces),
                other => pieces.push(other),
            }
        }
        Self { pieces, ..self }
    }

    pub(super) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            Piece::Literal(_) | Piece::Any | Piece::One => None,
        })
    }

    /// The text once for every combination of the values of its placeholders.
    pub(super) fn expanded(&self, lists: &Lists) -> Result<Vec<Text>, String> {
        let mut texts = vec![Self {
            pieces: Vec::new(),
            ..self.clone()
        }];
        for piece in &self.pieces {
            let Piece::Placeholder(name) = piece else {
                texts
                    .iter_mut()
                    .for_each(|text| text.pieces.push(piece.clone()));
                continue;
            };
            let values = lists.get(name).ok_or_else(|| {
                let names = valid(name, lists.names());
                format!("no list fills the placeholder `%{name}%`: add a list `{name}`; {names}")
            })?;
            if texts.len().saturating_mul(values.len()) > MAX_TESTS {
                return Err(format!(
                    "`%{name}%` expands to more than {MAX_TESTS} values"
                ));
            }
            let values: Vec<Text> = values.iter().map(|value| Text::parse(value)).collect();
            texts = texts
                .iter()
                .flat_map(|text| values.iter().map(|value| text.followed_by(value)))
                .collect();
        }
        Ok(texts)
    }

    fn followed_by(&self, other: &Text) -> Text {
        let mut text = self.clone();
        text.pieces.extend(other.pieces.iter().cloned());
        text
    }

    /// The pattern, literals joined and, unless case matters, lower-cased.
    pub(super) fn finish(self) -> TextPattern {
        let mut parts: Vec<PatternPart> = Vec::new();
        for piece in self.pieces {
            let part = match piece {
                Piece::Literal(literal) => PatternPart::Literal(literal),
                Piece::Placeholder(name) => PatternPart::Literal(format!("%{name}%")),
                Piece::Any => PatternPart::Any,
                Piece::One => PatternPart::One,
            };
            match (parts.last_mut(), part) {
                (Some(PatternPart::Literal(before)), PatternPart::Literal(more)) => {
                    before.push_str(&more);
                }
                (Some(PatternPart::Any), PatternPart::Any) => {}
                (_, part) => parts.push(part),
            }
        }
        if !self.cased {
            for part in &mut parts {
                if let PatternPart::Literal(literal) = part {
                    *literal = literal.chars().flat_map(char::to_lowercase).collect();
                }
            }
        }
        TextPattern {
            parts,
            cased: self.cased,
        }
    }
}

/// A name is neither empty nor holds a backslash; a lone `%` is plain.
fn split_placeholders(literal: &str, pieces: &mut Vec<Piece>) {
    let mut plain = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        match after.split_once('%') {
            Some((name, behind)) if !name.is_empty() && !name.contains('\\') => {
                if !plain.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Placeholder(name.to_owned()));
                rest = behind;
            }
            _ => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Literal(plain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &TextPattern) -> String {
        pattern
            .parts
            .iter()
            .map(|part| match part {
                PatternPart::Literal(literal) => format!("[{literal}]"),
                PatternPart::Any => "*".to_owned(),
                PatternPart::One => "?".to_owned(),
            })
            .collect()
    }

    #[test]
    fn wildcards_and_backslashes() {
        for (written, parts) in [
            ("", ""),
            ("abc", "[abc]"),
            ("a*b?c", "[a]*[b]?[c]"),
            ("**", "*"),
            ("??", "??"),
            (r"a\*b", "[a*b]"),
            (r"a\?b", "[a?b]"),
            (r"a\\b", r"[a\b]"),
            (r"a\b", r"[a\b]"),
            (r"a\\*b", r"[a\]*[b]"),
            (r"a\\\*b", r"[a\*b]"),
            (r"a\", r"[a\]"),
            (r"a\\", r"[a\]"),
            (r"C:\Win*", r"[c:\win]*"),
            (r"\\\\host", r"[\\host]"),
            ("ÄÖ", "[äö]"),
        ] {
            assert_eq!(shown(&Text::parse(written).finish()), parts, "{written}");
        }
        let cased = Text {
            cased: true,
            ..Text::parse("AbC")
        };
        assert_eq!(shown(&cased.finish()), "[AbC]");
    }

    #[test]
    fn placeholders_are_filled() {
        let mut lists = Lists::new();
        lists.insert("a", vec!["1".into(), "2*".into()]);
        lists.insert("none", vec![]);
        let expand = |text: &str| -> Vec<String> {
            let texts = Text::parse(text)
                .with_placeholders()
                .expanded(&lists)
                .unwrap();
            texts
                .into_iter()
                .map(|text| shown(&text.finish()))
                .collect()
        };
        assert_eq!(expand("x%a%y"), ["[x1y]", "[x2]*[y]"]);
        assert_eq!(expand("%a%%a%"), ["[11]", "[12]*", "[2]*[1]", "[2]*[2]*"]);
        assert_eq!(expand("%none%"), Vec::<String>::new());
        assert_eq!(expand("100%"), ["[100%]"]);
        assert_eq!(expand("%%"), ["[%%]"]);
        let unknown = Text::parse("%b%")
            .with_placeholders()
            .expanded(&lists)
            .unwrap_err();
        assert_eq!(
            unknown,
            "no list fills the placeholder `%b%`: add a list `b`; valid are `a`, `none`"
        );
    }
}
