//! The modifiers that write a text another way: `base64`, `base64offset`,
//! `wide` and its kin, `windash`.

use super::bounds::MAX_DASHES;
use super::pattern::{Piece, Text};

/// `base64`: the text as it stands alone in an encoded value.
pub(super) fn base64(text: &Text) -> Result<Text, String> {
    Ok(encoded(
        text,
        base64_simd::STANDARD.encode_to_string(bytes(text)?),
    ))
}

/// `base64offset`: the text as it stands at each of the three offsets of an
/// encoded value, cut to the characters that its neighbours cannot change.
pub(super) fn base64_offset(text: &Text) -> Result<Vec<Text>, String> {
    let data = bytes(text)?;
    let variants = [(0, 0), (1, 2), (2, 3)].map(|(offset, skip)| {
        let mut shifted = vec![b' '; offset];
        shifted.extend_from_slice(&data);
        let drop = match shifted.len() % 3 {
            0 => 0,
            1 => 3,
            _ => 2,
        };
        let all = base64_simd::STANDARD.encode_to_string(&shifted);
        let end = all.len().saturating_sub(drop);
        encoded(text, all.get(skip..end).unwrap_or_default().to_owned())
    });
    Ok(variants.into())
}

fn encoded(text: &Text, base64: String) -> Text {
    Text {
        cased: text.cased,
        ..Text::literal(&base64)
    }
}

fn bytes(text: &Text) -> Result<Vec<u8>, String> {
    let plain = text
        .plain()
        .ok_or_else(|| "a text with wildcards or placeholders cannot be encoded".to_owned())?;
    match plain.strip_prefix('\u{feff}') {
        Some(rest) if text.marked => Ok([b"\xff\xfe", rest.as_bytes()].concat()),
        _ => Ok(plain.into_bytes()),
    }
}

/// The encodings of two bytes a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    LittleEndian,
    BigEndian,
    /// Little endian behind a byte order mark.
    Marked,
}

/// `wide`, `utf16le`, `utf16be`, `utf16`. Values are text, so the encoded bytes
/// must be readable as text again: in effect, ASCII.
pub(super) fn wide(text: Text, how: Wide) -> Result<Text, String> {
    let mut pieces = Vec::new();
    if how == Wide::Marked {
        pieces.push(Piece::Literal('\u{feff}'.to_string()));
    }
    for piece in text.pieces {
        let Piece::Literal(literal) = piece else {
            pieces.push(piece);
            continue;
        };
        let units = literal.encode_utf16();
        let bytes = match how {
            Wide::BigEndian => units.flat_map(u16::to_be_bytes).collect(),
            Wide::LittleEndian | Wide::Marked => units.flat_map(u16::to_le_bytes).collect(),
        };
        let widened = String::from_utf8(bytes)
            .map_err(|_| format!("`{literal}` cannot be widened: it is not plain ASCII"))?;
        match pieces.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(&widened),
            _ => pieces.push(Piece::Literal(widened)),
        }
    }
    Ok(Text {
        pieces,
        marked: text.marked || how == Wide::Marked,
        ..text
    })
}

/// The characters that Windows tools take for a dash.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// `windash`: every dash or slash that begins a word, in all its spellings.
pub(super) fn windash(text: &Text) -> Result<Vec<Text>, String> {
    let mut variants = vec![Text {
        pieces: Vec::new(),
        ..text.clone()
    }];
    let mut dashes = 0;
    for piece in &text.pieces {
        let Piece::Literal(literal) = piece else {
            variants
                .iter_mut()
                .for_each(|text| text.pieces.push(piece.clone()));
            continue;
        };
        for part in split_at_dashes(literal) {
            if part.is_some() {
                variants
                    .iter_mut()
                    .for_each(|text| push(text, part.unwrap_or_default()));
                continue;
            }
            dashes += 1;
            if dashes > MAX_DASHES {
                return Err(format!(
                    "varies at most {MAX_DASHES} dashes of one value; write several values"
                ));
            }
            variants = variants
                .iter()
                .flat_map(|text| {
                    DASHES.map(|dash| {
                        let mut text = text.clone();
                        push(&mut text, dash.encode_utf8(&mut [0; 4]));
                        text
                    })
                })
                .collect();
        }
    }
    Ok(variants)
}

fn push(text: &mut Text, more: &str) {
    match text.pieces.last_mut() {
        Some(Piece::Literal(literal)) => literal.push_str(more),
        _ => text.pieces.push(Piece::Literal(more.to_owned())),
    }
}

/// The literal in parts; `None` stands for a dash that begins a word.
fn split_at_dashes(literal: &str) -> Vec<Option<&str>> {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut parts = Vec::new();
    let mut from = 0;
    let mut before = None;
    for (at, c) in literal.char_indices() {
        let after = literal
            .get(at + c.len_utf8()..)
            .and_then(|rest| rest.chars().next());
        if matches!(c, '-' | '/') && !word(before) && word(after) {
            parts.extend(
                literal
                    .get(from..at)
                    .filter(|part| !part.is_empty())
                    .map(Some),
            );
            parts.push(None);
            from = at + 1;
        }
        before = Some(c);
    }
    parts.extend(
        literal
            .get(from..)
            .filter(|part| !part.is_empty())
            .map(Some),
    );
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: Vec<Text>) -> Vec<String> {
        texts.iter().map(|text| text.plain().unwrap()).collect()
    }

    #[test]
    fn base64_and_offsets() {
        let text = Text::parse("foo bar");
        assert_eq!(base64(&text).unwrap().plain().unwrap(), "Zm9vIGJhcg==");
        let offsets = all(base64_offset(&text).unwrap());
        assert_eq!(offsets, ["Zm9vIGJhc", "ZvbyBiYX", "mb28gYmFy"]);
        assert!(
            base64(&Text::parse("a*"))
                .unwrap_err()
                .contains("wildcards")
        );
    }

    #[test]
    fn two_bytes_a_character() {
        let widened = |text: &str, how| wide(Text::parse(text), how);
        let marked = widened("foo", Wide::Marked).unwrap();
        assert_eq!(base64(&marked).unwrap().plain().unwrap(), "//5mAG8AbwA=");
        let offsets = all(base64_offset(&widened("foo", Wide::LittleEndian).unwrap()).unwrap());
        assert_eq!(offsets, ["ZgBvAG8A", "YAbwBvA", "mAG8Abw"]);
        let big = widened("ab*", Wide::BigEndian).unwrap();
        assert_eq!(big.pieces, [Piece::Literal("\0a\0b".into()), Piece::Any]);
        assert!(
            widened("ö", Wide::LittleEndian)
                .unwrap_err()
                .contains("`ö`")
        );
    }

    #[test]
    fn dashes_that_begin_words() {
        let shown = |text: &str| all(windash(&Text::parse(text)).unwrap());
        assert_eq!(
            shown("x-y --q"),
            ["x-y --q", "x-y -/q", "x-y -–q", "x-y -—q", "x-y -―q"]
        );
        let two = shown("-a /b c-d");
        assert_eq!(two.len(), 25);
        assert_eq!(two[0], "-a -b c-d");
        assert_eq!(two[24], "―a ―b c-d");
        assert_eq!(shown("plain"), ["plain"]);
        assert!(
            windash(&Text::parse("-a -b -c -d"))
                .unwrap_err()
                .contains("at most 3")
        );
    }
}
