//! Values seen lately, and what was found out about them.
//!
//! The members of records that come one after the other mostly repeat: the
//! same caller, from the same address, with the same tool. What a test says
//! of such a value is remembered under the value as it was written, byte for
//! byte, so that remembering never changes an answer, only its price.

use crate::engine::lines::{Line, Lines, WORDS};

/// Values that are remembered per member. A power of two.
const SLOTS: usize = 1024;

/// Longest value that is remembered, in bytes as written: an identity with
/// its session fits.
const LONGEST: usize = 2048;

/// Values up to this length are compared in one step; with its length, one
/// fills a line of a processor's cache.
const SHORT: usize = 63;

/// Bytes that are compared in one step.
const STEP: usize = SHORT + 1;

/// Remembered values, each in a numbered place for what was found out about it.
#[derive(Debug)]
pub(crate) struct Memo {
    /// Values of at most [`SHORT`] bytes, each with its length behind it; with
    /// the length 0 there is none.
    short: Lines,
    /// Longer ones; none before the first is met.
    long: Vec<Vec<u8>>,
}

/// A value as it is written, and what stands from its start on in the record:
/// where that is long enough, the value is compared without a loop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'r> {
    pub(crate) value: &'r [u8],
    pub(crate) ahead: &'r [u8],
}

/// Where a value is remembered, or could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is known in this place.
    Known(usize),
    /// It is new; [`Memo::learn`] puts it in this place.
    New(usize),
    /// It is too long to be remembered.
    TooLong,
}

impl Default for Memo {
    fn default() -> Self {
        Self {
            short: Lines::new(SLOTS),
            long: Vec::new(),
        }
    }
}

impl Memo {
    /// One more than the largest number of a place.
    pub(crate) const PLACES: usize = 2 * SLOTS;

    /// The place of a value, which is not empty.
    #[inline]
    pub(crate) fn place(&self, written: Written<'_>) -> Place {
        let value = written.value;
        if value.len() > LONGEST {
            return Place::TooLong;
        }
        let slot = slot(value);
        if value.len() <= SHORT {
            let kept = self.short.at(self.short.word_of(slot));
            let known = kept.is_some_and(|it| is(it, written));
            return if known {
                Place::Known(slot)
            } else {
                Place::New(slot)
            };
        }
        match self.long.get(slot) {
            Some(text) if text == value => Place::Known(SLOTS + slot),
            _ => Place::New(SLOTS + slot),
        }
    }

    /// Remembers a value instead of the one that had its place.
    pub(crate) fn learn(&mut self, place: usize, value: &[u8]) {
        match place.checked_sub(SLOTS) {
            None => {
                let word = self.short.word_of(place);
                if let Some(short) = self.short.at_mut(word) {
                    *short = line(value);
                }
            }
            Some(slot) => {
                if self.long.is_empty() {
                    self.long = vec![Vec::new(); SLOTS];
                }
                if let Some(text) = self.long.get_mut(slot) {
                    text.clear();
                    text.reserve_exact(value.len());
                    text.extend_from_slice(value);
                }
            }
        }
    }
}

/// A short value as it is kept.
fn line(value: &[u8]) -> Line {
    let mut bytes = [0; STEP];
    bytes
        .iter_mut()
        .zip(value)
        .for_each(|(to, from)| *to = *from);
    if let Some(length) = bytes.last_mut() {
        *length = value.len() as u8;
    }
    words(&bytes)
}

#[inline(always)]
fn words(bytes: &[u8; STEP]) -> Line {
    let mut words = [0; WORDS];
    let (eights, _) = bytes.as_chunks();
    for (word, bytes) in words.iter_mut().zip(eights) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// Whether the value that is kept is this one.
#[inline(always)]
fn is(kept: &Line, written: Written<'_>) -> bool {
    let length = written.value.len();
    if kept.last().map(|word| word >> 56) != Some(length as u64) {
        return false;
    }
    let (Some(ahead), Some(mask)) = (written.ahead.first_chunk(), MASKS.get(length)) else {
        return *kept == line(written.value);
    };
    let ahead = words(ahead);
    let pairs = ahead.iter().zip(kept).zip(mask);
    pairs.fold(0, |odd, ((one, other), mask)| odd | ((one ^ other) & mask)) == 0
}

/// For each length, which bytes count.
static MASKS: [Line; SHORT + 1] = masks();

/// Evaluated by the compiler: a failure is a compile error.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a failure is a compile error"
)]
const fn masks() -> [Line; SHORT + 1] {
    let mut masks = [[0; WORDS]; SHORT + 1];
    let mut length = 0;
    while length <= SHORT {
        let mut at = 0;
        while at < length {
            masks[length][at / 8] |= 0xff << (8 * (at % 8));
            at += 1;
        }
        length += 1;
    }
    masks
}

/// Odd numbers without a pattern.
const MIX: [u64; 4] = [
    0x9E37_79B9_7F4A_7C15,
    0xC2B2_AE3D_27D4_EB4F,
    0x1656_67B1_9E37_79F9,
    0xD6E8_FEB8_6659_FD93,
];

/// The slot of a value. A comparison follows, so that it is enough to spread
/// values: a short one is told by its length and three words of eight bytes,
/// a long one, which begins and ends like others, by all of it.
#[inline(always)]
fn slot(value: &[u8]) -> usize {
    let [one, two, three, _] = MIX;
    let mut hash = if value.len() > SHORT {
        spread(value)
    } else if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        let second = value.get(8..16).and_then(<[u8]>::first_chunk);
        u64::from_le_bytes(*first).wrapping_mul(one)
            ^ u64::from_le_bytes(*last).wrapping_mul(two)
            ^ u64::from_le_bytes(*second.unwrap_or(last)).wrapping_mul(three)
    } else {
        let bytes = value.iter();
        bytes.fold(0, |word, byte| (word << 8) | u64::from(*byte))
    };
    // The last bytes of a word reach only its highest bits by themselves.
    hash ^= (hash >> 32) ^ value.len() as u64;
    (hash.wrapping_mul(one) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

/// A hash of every byte, 32 at a time.
#[inline(always)]
fn spread(value: &[u8]) -> u64 {
    let mut lanes = [0u64; 4];
    let mut add = |chunk: &[u8; 32]| {
        let (words, _) = chunk.as_chunks();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = (*lane ^ (*lane << 13) ^ (*lane >> 7)).wrapping_add(u64::from_le_bytes(*word));
        }
    };
    let (chunks, _) = value.as_chunks();
    chunks.iter().for_each(&mut add);
    value.last_chunk().map(&mut add);
    let lanes = lanes.iter().zip(MIX);
    lanes.fold(0, |hash, (lane, mix)| {
        hash ^ (lane ^ (lane >> 32)).wrapping_mul(mix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value with nothing behind it, and one with other text behind it.
    fn place(memo: &Memo, value: &str) -> Place {
        let alone = memo.place(Written {
            value: value.as_bytes(),
            ahead: value.as_bytes(),
        });
        let among = format!("{value}{}", "\",\"x\":1".repeat(20));
        let among = memo.place(Written {
            value: value.as_bytes(),
            ahead: among.as_bytes(),
        });
        assert_eq!(alone, among, "{value}");
        alone
    }

    #[test]
    fn what_was_learned_is_known_until_another_takes_its_place() {
        for tail in ["", &"x".repeat(80)] {
            let mut memo = Memo::default();
            let values: Vec<String> = (0..900).map(|n| format!("\"value {n}{tail}\"")).collect();
            for value in &values {
                let Place::New(slot) = place(&memo, value) else {
                    panic!("{value} was never learned");
                };
                memo.learn(slot, value.as_bytes());
                assert_eq!(place(&memo, value), Place::Known(slot));
            }
            let known = values
                .iter()
                .filter(|value| matches!(place(&memo, value), Place::Known(_)))
                .count();
            assert!((SLOTS / 2..=SLOTS).contains(&known), "{known}");
        }
    }

    #[test]
    fn every_byte_and_the_length_count() {
        for length in 1..100 {
            let value = "a".repeat(length);
            let mut memo = Memo::default();
            let Place::New(slot) = place(&memo, &value) else {
                panic!("it was never learned");
            };
            memo.learn(slot, value.as_bytes());
            for at in 0..length {
                let mut other = value.clone().into_bytes();
                other[at] = b'b';
                let other = String::from_utf8(other).unwrap();
                assert!(matches!(place(&memo, &other), Place::New(_)), "{other}");
            }
            let (shorter, longer) = (&value[1..], format!("{value}a"));
            for other in [shorter, &longer] {
                assert!(other.is_empty() || matches!(place(&memo, other), Place::New(_)));
            }
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(place(&Memo::default(), &long), Place::TooLong);
    }
}
