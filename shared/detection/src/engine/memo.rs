//! Values seen lately, and what was found out about them.
//!
//! The members of records that come one after the other mostly repeat: the
//! same caller, from the same address, with the same tool. What a test says
//! of such a value is remembered under the value as it was written, byte for
//! byte, so that remembering never changes an answer, only its price.

/// Values that are remembered per member. A power of two.
const SLOTS: usize = 256;

/// Longest value that is remembered, in bytes as written: an identity with
/// its session fits.
const LONGEST: usize = 2048;

/// Values up to this length are compared in one step.
const SHORT: usize = 64;

/// Remembered values, each in a numbered place for what was found out about it.
#[derive(Debug)]
pub(crate) struct Memo {
    short: Box<[Short]>,
    long: Box<[Vec<u8>]>,
}

/// A value of at most [`SHORT`] bytes; with the length 0 there is none.
#[derive(Debug, Clone, Copy)]
struct Short {
    text: [u8; SHORT],
    length: usize,
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
        let none = Short {
            text: [0; SHORT],
            length: 0,
        };
        Self {
            short: vec![none; SLOTS].into_boxed_slice(),
            long: vec![Vec::new(); SLOTS].into_boxed_slice(),
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
        let slot = slot(value);
        if value.len() <= SHORT {
            let known = self.short.get(slot).is_some_and(|it| it.is(written));
            return if known {
                Place::Known(slot)
            } else {
                Place::New(slot)
            };
        }
        match self.long.get(slot) {
            Some(text) if text == value => Place::Known(SLOTS + slot),
            _ if value.len() > LONGEST => Place::TooLong,
            _ => Place::New(SLOTS + slot),
        }
    }

    /// Remembers a value instead of the one that had its place.
    pub(crate) fn learn(&mut self, place: usize, value: &[u8]) {
        match place.checked_sub(SLOTS) {
            None => {
                if let Some(short) = self.short.get_mut(place) {
                    short.text = padded(value);
                    short.length = value.len();
                }
            }
            Some(slot) => {
                if let Some(text) = self.long.get_mut(slot) {
                    text.clear();
                    text.extend_from_slice(value);
                }
            }
        }
    }
}

impl Short {
    /// Whether this is the value.
    #[inline(always)]
    fn is(&self, written: Written<'_>) -> bool {
        if self.length != written.value.len() {
            return false;
        }
        let (Some(ahead), Some(mask)) = (written.ahead.first_chunk(), MASKS.get(self.length))
        else {
            return self.text == padded(written.value);
        };
        let ahead: &[u8; SHORT] = ahead;
        let bytes = ahead.iter().zip(&self.text).zip(mask);
        bytes.fold(0, |odd, ((one, other), mask)| odd | ((one ^ other) & mask)) == 0
    }
}

/// For each length, which bytes count.
static MASKS: [[u8; SHORT]; SHORT + 1] = masks();

/// Evaluated by the compiler: a failure is a compile error.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a failure is a compile error"
)]
const fn masks() -> [[u8; SHORT]; SHORT + 1] {
    let mut masks = [[0; SHORT]; SHORT + 1];
    let mut length = 0;
    while length <= SHORT {
        let mut at = 0;
        while at < length {
            masks[length][at] = 0xff;
            at += 1;
        }
        length += 1;
    }
    masks
}

/// A short value filled up with zeros.
fn padded(value: &[u8]) -> [u8; SHORT] {
    let mut text = [0; SHORT];
    text.iter_mut()
        .zip(value)
        .for_each(|(to, from)| *to = *from);
    text
}

/// The slot of a value, told by its length and by words of eight bytes at its
/// start, in its middle and at its end: enough to spread values, and a
/// comparison follows.
#[inline]
fn slot(value: &[u8]) -> usize {
    const MIX: [u64; 4] = [
        0x9E37_79B9_7F4A_7C15,
        0xC2B2_AE3D_27D4_EB4F,
        0x1656_67B1_9E37_79F9,
        0xD6E8_FEB8_6659_FD93,
    ];
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let from = |at: usize| word(value.get(at..).and_then(<[u8]>::first_chunk));
    let mut hash = match value.first_chunk() {
        Some(first) => {
            let [one, two, three, four] = MIX;
            word(Some(first)).wrapping_mul(one)
                ^ word(value.last_chunk()).wrapping_mul(two)
                ^ from(8).wrapping_mul(three)
                ^ from(value.len() / 2).wrapping_mul(four)
        }
        None => value
            .iter()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    // The last bytes of a word reach only its highest bits by themselves.
    hash ^= (hash >> 32) ^ value.len() as u64;
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
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
