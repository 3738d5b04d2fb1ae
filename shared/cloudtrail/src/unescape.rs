//! The escapes of a JSON string, resolved leniently: what is wrong stays as
//! it is written, and nothing fails.

use std::borrow::Cow;

/// The content of a JSON string with its escapes resolved once. Invalid
/// escapes are kept as written, lone surrogates become U+FFFD.
pub(crate) fn unescape(bytes: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', bytes).is_none() {
        return String::from_utf8_lossy(bytes);
    }
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        let Some(plain) = memchr::memchr(b'\\', rest) else {
            out.extend_from_slice(rest);
            break;
        };
        out.extend(rest.iter().take(plain));
        at += plain + 1;
        let escape = bytes.get(at).copied();
        at += 1;
        match escape {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(c @ (b'"' | b'\\' | b'/')) => out.push(c),
            Some(b'u') => at = push_unicode(bytes, at, &mut out),
            Some(other) => out.extend([b'\\', other]),
            None => out.push(b'\\'),
        }
    }
    Cow::Owned(
        String::from_utf8(out)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    )
}

/// Writes the character of a `\uXXXX` escape (with its low surrogate, where
/// it has one) whose digits start at `at`; returns where reading goes on.
fn push_unicode(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(unit) = hex4(bytes, at) else {
        out.extend_from_slice(b"\\u");
        return at;
    };
    let mut next = at + 4;
    let mut code = unit;
    if (0xD800..0xDC00).contains(&unit)
        && bytes.get(next..next + 2) == Some(b"\\u")
        && let Some(low) = hex4(bytes, next + 2).filter(|low| (0xDC00..0xE000).contains(low))
    {
        code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        next += 6;
    }
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    next
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(at..at + 4)?).ok()?;
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_are_resolved_once() {
        assert_eq!(unescape(br#"a\\n\n\t\"\/"#), "a\\n\n\t\"/");
        assert_eq!(unescape(br"\u0041\ud83d\ude00"), "A\u{1F600}");
    }

    #[test]
    fn what_is_wrong_stays() {
        assert_eq!(unescape(br"\x \u12 \"), r"\x \u12 \");
        assert_eq!(unescape(br"\ud800x"), "\u{FFFD}x");
        assert_eq!(unescape(b"\xFF"), "\u{FFFD}");
    }
}
