//! Sixty-four bytes at a time: where an object or array ends.
//!
//! The masks have one bit per byte. What lies behind the end of the message,
//! in the escaped layer the first quote without a backslash, is masked out.
//! Anything that only a closer look could read (a backslash before something
//! else than a quote outside the pairs that escapes come in) ends the walk.

use wide::u8x64;

const WIDTH: usize = 64;

/// The place behind the object or array that opens at `at`; `None` where it
/// breaks off or nests deeper than `max_depth`. `ESCAPED` says in which layer
/// the text is.
#[inline(never)]
pub(crate) fn nested_end<const ESCAPED: bool>(
    text: &[u8],
    at: usize,
    max_depth: usize,
) -> Option<usize> {
    let mut blocks = Blocks::<ESCAPED> {
        text,
        base: at,
        quotes: 0,
        inside: u64::MAX,
        slashes: 0,
    };
    let mut depth = 0usize;
    let mut in_string = 0u64;
    loop {
        let block = blocks.load()?;
        // Quotes toggle: a bit is in a string if an odd number of quotes
        // stands at or before it.
        let strings = prefix_xor(blocks.quotes) ^ in_string;
        let (opening, closing) = brackets(block);
        let outside = blocks.inside & !strings;
        let (opening, closing) = (opening & outside, closing & outside);
        if depth > closing.count_ones() as usize {
            // Too few closing ones to get out: counting them is enough, but
            // for a nesting that may go too deep within the block.
            let opened = opening.count_ones() as usize;
            if depth + opened <= max_depth {
                depth = depth + opened - closing.count_ones() as usize;
                in_string = 0u64.wrapping_sub(strings >> (WIDTH - 1));
                blocks.advance()?;
                continue;
            }
        }
        let mut both = opening | closing;
        while both != 0 {
            let bit = both & both.wrapping_neg();
            both ^= bit;
            if opening & bit != 0 {
                depth += 1;
                if depth > max_depth {
                    return None;
                }
            } else {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(blocks.base + bit.trailing_zeros() as usize + 1);
                }
            }
        }
        in_string = 0u64.wrapping_sub(strings >> (WIDTH - 1));
        blocks.advance()?;
    }
}

/// A walk over a text that begins outside of strings.
struct Blocks<'t, const ESCAPED: bool> {
    text: &'t [u8],
    /// Where the present block starts.
    base: usize,
    /// Structural quotes of the block.
    quotes: u64,
    /// Bytes of the block that belong to the message.
    inside: u64,
    /// Backslashes of the block.
    slashes: u64,
}

impl<const ESCAPED: bool> Blocks<'_, ESCAPED> {
    /// Goes on to the next block; `None` behind the message's end.
    #[inline(always)]
    fn advance(&mut self) -> Option<()> {
        self.base += WIDTH;
        (self.inside == u64::MAX).then_some(())
    }

    /// Reads the present block.
    #[inline(always)]
    fn load(&mut self) -> Option<u8x64> {
        let rest = self.text.get(self.base..)?;
        let block = match rest.first_chunk::<WIDTH>() {
            Some(bytes) => {
                self.inside = u64::MAX;
                u8x64::from(*bytes)
            }
            None => {
                self.inside = (1 << rest.len()) - 1;
                last_block(rest)
            }
        };
        let quotes = block.simd_eq(u8x64::splat(b'"')).to_bitmask();
        let slashes = block.simd_eq(u8x64::splat(b'\\')).to_bitmask();
        let before = std::mem::replace(&mut self.slashes, slashes);
        let behind = (slashes << 1) | (before >> (WIDTH - 1));
        // Two in a row, in this block or at the end of the one before.
        let simple = slashes & behind == 0 && before >> (WIDTH - 2) != 0b11;
        if !simple {
            self.quotes = self.behind_runs(quotes, slashes, behind)?;
        } else if ESCAPED {
            self.quotes = quotes & behind;
            self.end_at(quotes & !behind);
            // Every backslash stands alone, so a quote must follow it.
            if behind & !quotes & self.inside != 0 {
                return None;
            }
        } else {
            self.quotes = quotes & !behind;
        }
        Some(block)
    }

    /// The structural quotes of a block with runs of backslashes.
    #[inline(never)]
    fn behind_runs(&mut self, quotes: u64, slashes: u64, behind: u64) -> Option<u64> {
        let mut structural = if ESCAPED { 0 } else { quotes & !behind };
        let mut bare = if ESCAPED { quotes & !behind } else { 0 };
        let mut odd = 0;
        let mut ends = behind & !slashes;
        while ends != 0 {
            let bit = ends & ends.wrapping_neg();
            ends ^= bit;
            let at = self.base + bit.trailing_zeros() as usize;
            let length = run_before(self.text, at);
            match (quotes & bit != 0, ESCAPED) {
                (true, false) if length.is_multiple_of(2) => structural |= bit,
                (true, true) if length.is_multiple_of(2) => bare |= bit,
                (true, true) if length % 4 == 1 => structural |= bit,
                (false, true) if length % 2 == 1 => odd |= bit,
                _ => {}
            }
        }
        self.end_at(bare);
        // An odd run without a quote is an escape of the outer layer: `\n`.
        (odd & self.inside == 0).then_some(structural & self.inside)
    }

    /// Lets the message end at the first of `bare`, if there is one.
    #[inline]
    fn end_at(&mut self, bare: u64) {
        if bare != 0 {
            self.inside &= (bare & bare.wrapping_neg()) - 1;
            self.quotes &= self.inside;
        }
    }
}

/// Backslashes that stand right before `at`.
fn run_before(text: &[u8], at: usize) -> usize {
    text.get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count()
}

#[cold]
fn last_block(rest: &[u8]) -> u8x64 {
    let mut bytes = [b' '; WIDTH];
    bytes
        .iter_mut()
        .zip(rest)
        .for_each(|(to, from)| *to = *from);
    u8x64::from(bytes)
}

/// Bits of opening and of closing brackets. In ASCII, `[` and `{` differ by
/// the bit 0x20, as do `]` and `}`.
#[inline(always)]
fn brackets(block: u8x64) -> (u64, u64) {
    let folded = block | u8x64::splat(0x20);
    (
        folded.simd_eq(u8x64::splat(b'{')).to_bitmask(),
        folded.simd_eq(u8x64::splat(b'}')).to_bitmask(),
    )
}

/// Each bit of the result is the parity of the bits at or below it.
#[inline]
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}
