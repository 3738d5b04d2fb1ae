//! Where a JSON value ends: first the quick way for what is written
//! ordinarily, then the one that looks at each byte.

use crate::blocks;
use crate::bounds::MAX_DEPTH;
use crate::json::Layer;
use crate::strings;

/// The first place from `at` on that is no blank.
#[inline(always)]
pub(crate) fn skip_blank(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(byte) if *byte <= b' ' => skip_blanks(bytes, at),
        _ => at,
    }
}

#[inline(never)]
fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

pub(crate) fn skip_separators(bytes: &[u8], mut at: usize) -> usize {
    while matches!(
        bytes.get(at),
        Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':')
    ) {
        at += 1;
    }
    at
}

/// The end of the string that starts at `at`, behind its closing quote.
///
/// A quote closes the string if the run of backslashes before it, read
/// through the layer, is even: in the plain layer an even run, in the escaped
/// one a run of length 1 modulo 4 (the quote's own backslash plus an even
/// number of escaped ones).
pub(crate) fn string_end(bytes: &[u8], at: usize, layer: Layer) -> Option<usize> {
    let quote = layer.quote();
    let opening: &[u8] = if quote == 1 { b"\"" } else { b"\\\"" };
    if !bytes.get(at..)?.starts_with(opening) {
        return None;
    }
    let content = at + quote;
    let mut from = content;
    loop {
        let found = from + memchr::memchr(b'"', bytes.get(from..)?)?;
        let run = bytes
            .get(content..found)?
            .iter()
            .rev()
            .take_while(|b| **b == b'\\')
            .count();
        let closes = match layer {
            Layer::Plain => run % 2 == 0,
            Layer::Escaped => run % 4 == 1,
        };
        if closes {
            return Some(found + 1);
        }
        from = found + 1;
    }
}

/// The end of the value that starts at `at`, or `None` where it is cut off
/// or nested deeper than [`MAX_DEPTH`].
#[inline]
pub(crate) fn value_end(bytes: &[u8], at: usize, layer: Layer) -> Option<usize> {
    let quick = match layer {
        Layer::Plain => quick_end::<false>(bytes, at),
        Layer::Escaped => quick_end::<true>(bytes, at),
    };
    quick.or_else(|| end_within(bytes, at, layer, MAX_DEPTH))
}

/// The same for what is written ordinarily, many bytes at a time; `None`
/// decides nothing.
#[inline]
fn quick_end<const ESCAPED: bool>(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes.get(at..)?, ESCAPED) {
        ([b'"', ..], false) => strings::string_end::<false>(bytes, at + 1),
        ([b'\\', b'"', ..], true) => strings::string_end::<true>(bytes, at + 2),
        ([b'{' | b'[', ..], _) => blocks::nested_end::<ESCAPED>(bytes, at, MAX_DEPTH),
        _ => None,
    }
}

/// The end of the plain value that starts at `at`, however deep it is.
pub(crate) fn extent(bytes: &[u8], at: usize) -> Option<usize> {
    end_within(bytes, at, Layer::Plain, usize::MAX)
}

fn end_within(bytes: &[u8], at: usize, layer: Layer, max_depth: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = at;
    loop {
        match bytes.get(at)? {
            b'"' | b'\\' => at = string_end(bytes, at, layer)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > max_depth {
                    return None;
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                if depth == 0 {
                    return None;
                }
                at += 1;
                continue;
            }
            _ => {
                let rest = bytes.get(at..)?;
                at += rest
                    .iter()
                    .position(|b| !is_literal(*b))
                    .unwrap_or(rest.len())
                    .max(1);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[inline]
pub(crate) fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}
