//! Where a string ends, thirty-two bytes at a time.

use memchr::memchr2;
use wide::u8x32;

const WIDTH: usize = 32;

/// The place behind the closing quote of the string whose content starts at
/// `at`. `ESCAPED` says in which layer the text is. `None` where the string
/// breaks off, which in the escaped layer it does at the first quote without
/// a backslash, or holds an escape of the outer layer (`\n`).
#[inline(always)]
pub(crate) fn string_end<const ESCAPED: bool>(text: &[u8], at: usize) -> Option<usize> {
    let mut block_at = at;
    loop {
        let Some(block) = text.get(block_at..)?.first_chunk::<WIDTH>() else {
            return among_escapes::<ESCAPED>(text, block_at);
        };
        let hits = special(u8x32::from(*block));
        if hits != 0 {
            let hit = block_at + hits.trailing_zeros() as usize;
            // Nearly every string is closed by the first of these.
            return match (text.get(hit..)?, ESCAPED) {
                ([b'\\', b'"', ..], true) => Some(hit + 2),
                ([b'"', ..], false) => Some(hit + 1),
                _ => among_escapes::<ESCAPED>(text, hit),
            };
        }
        block_at += WIDTH;
    }
}

/// The same for a string whose content usually has `USUAL` bytes. Where it has,
/// the answer is known before the content has been looked at: the processor
/// goes on with it while the look confirms it.
#[inline(always)]
pub(crate) fn usual_end<const ESCAPED: bool, const USUAL: usize>(
    text: &[u8],
    at: usize,
) -> Option<usize> {
    let quote = if ESCAPED { 2 } else { 1 };
    let ends_there = text
        .get(at..)
        .and_then(|rest| rest.first_chunk::<{ 2 * WIDTH }>())
        .is_some_and(|ahead| {
            let (blocks, _) = ahead.as_chunks::<WIDTH>();
            let mut hits = blocks.iter().map(|block| special(u8x32::from(*block)));
            let (first, second) = (hits.next().unwrap_or(1), hits.next().unwrap_or(1));
            let hits = u64::from(first) | u64::from(second) << WIDTH;
            let closing: &[u8] = if ESCAPED { b"\\\"" } else { b"\"" };
            hits.trailing_zeros() as usize == USUAL
                && ahead.get(USUAL..USUAL + quote) == Some(closing)
        });
    if ends_there {
        Some(at + USUAL + quote)
    } else {
        string_end::<ESCAPED>(text, at)
    }
}

/// The quotes and backslashes of a block, a bit for each byte.
#[inline(always)]
fn special(block: u8x32) -> u32 {
    let quotes = block.simd_eq(u8x32::splat(b'"'));
    let slashes = block.simd_eq(u8x32::splat(b'\\'));
    (quotes | slashes).to_bitmask()
}

/// The same where the content from `at` on, which is behind no backslash,
/// may hold escapes.
///
/// In the plain layer a quote closes the string if an even run of backslashes
/// stands before it; in the escaped one, if the run's length is 1 modulo 4:
/// the quote's own backslash and an even number of escaped ones.
#[inline(never)]
fn among_escapes<const ESCAPED: bool>(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let rest = text.get(at..)?;
        let hit = memchr2(b'"', b'\\', rest)?;
        let run = rest.get(hit..)?.iter().take_while(|byte| **byte == b'\\');
        let run = run.count();
        let behind = at + hit + run;
        at = behind + 1;
        match (text.get(behind)? == &b'"', ESCAPED) {
            (true, true) if run.is_multiple_of(2) => return None,
            (true, true) if run % 4 == 1 => return Some(at),
            (true, false) if run.is_multiple_of(2) => return Some(at),
            (true, _) => {}
            (false, true) if run % 2 == 1 => return None,
            (false, _) => at = behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end that a look at each byte finds.
    fn slowly(text: &[u8], at: usize, escaped: bool) -> Option<usize> {
        let mut run = 0;
        for (place, byte) in text.iter().enumerate().skip(at) {
            match (byte, escaped) {
                (b'\\', _) => run += 1,
                (b'"', false) if run % 2 == 0 => return Some(place + 1),
                (b'"', true) if run % 2 == 0 => return None,
                (b'"', true) if run % 4 == 1 => return Some(place + 1),
                (b'"', _) => run = 0,
                (_, true) if run % 2 == 1 => return None,
                _ => run = 0,
            }
        }
        None
    }

    #[test]
    fn every_ending_is_found() {
        let endings = [
            "",
            "\"",
            "\\\"",
            "\\\\\"",
            "\\\\\\\"",
            "\\\\\\\\\"",
            "\\n",
            "\\\\n",
            "\\u0041",
        ];
        for length in 0..80 {
            for one in endings {
                for other in endings {
                    for gap in [0, 1, 31, 40] {
                        let text = format!(
                            "{}{one}{}{other}{}",
                            "x".repeat(length),
                            "y".repeat(gap),
                            "z\\\"\"".repeat(20)
                        );
                        let text = text.as_bytes();
                        assert_eq!(string_end::<true>(text, 0), slowly(text, 0, true));
                        assert_eq!(string_end::<false>(text, 0), slowly(text, 0, false));
                    }
                }
            }
        }
    }
}
