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

/// Remembered values, each in a numbered place for what was found out about it.
#[derive(Debug)]
pub(crate) struct Memo {
    texts: Box<[Vec<u8>]>,
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
            texts: vec![Vec::new(); SLOTS].into_boxed_slice(),
        }
    }
}

impl Memo {
    /// One more than the largest number of a place.
    pub(crate) const PLACES: usize = SLOTS;

    /// The place of a value, which is not empty.
    #[inline]
    pub(crate) fn place(&self, written: &[u8]) -> Place {
        let slot = slot(written);
        match self.texts.get(slot) {
            Some(text) if text.as_slice() == written => Place::Known(slot),
            _ if written.len() > LONGEST => Place::TooLong,
            _ => Place::New(slot),
        }
    }

    /// Remembers a value instead of the one that had its place.
    pub(crate) fn learn(&mut self, slot: usize, written: &[u8]) {
        if let Some(text) = self.texts.get_mut(slot) {
            text.clear();
            text.extend_from_slice(written);
        }
    }
}

/// The slot of a value, told by its length and by the eight bytes at its
/// start, in its middle and at its end: enough to spread values, and a
/// comparison follows.
#[inline]
fn slot(written: &[u8]) -> usize {
    const MIX: [u64; 3] = [
        0x9E37_79B9_7F4A_7C15,
        0xC2B2_AE3D_27D4_EB4F,
        0x1656_67B1_9E37_79F9,
    ];
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let length = written.len() as u64;
    let mut hash = match (written.first_chunk(), written.last_chunk()) {
        (Some(first), last) => {
            let middle = written.get(written.len() / 2..).and_then(<[u8]>::first_chunk);
            let [one, two, three] = MIX;
            word(Some(first)).wrapping_mul(one)
                ^ word(last).wrapping_mul(two)
                ^ word(middle).wrapping_mul(three)
        }
        _ => written
            .iter()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    hash = (hash ^ length).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (hash >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_until_another_takes_its_place() {
        let mut memo = Memo::default();
        let values: Vec<String> = (0..500).map(|n| format!("\"value number {n}\"")).collect();
        for value in &values {
            let Place::New(slot) = memo.place(value.as_bytes()) else {
                panic!("{value} was never learned");
            };
            memo.learn(slot, value.as_bytes());
            assert_eq!(memo.place(value.as_bytes()), Place::Known(slot));
        }
        let known = values
            .iter()
            .filter(|value| matches!(memo.place(value.as_bytes()), Place::Known(_)))
            .count();
        assert!((SLOTS / 2..=SLOTS).contains(&known), "{known}");
    }

    #[test]
    fn values_that_look_alike_are_told_apart() {
        let mut memo = Memo::default();
        let alike = |byte: char| format!("start-of-{byte}{}-end", "x".repeat(60));
        let Place::New(slot) = memo.place(alike('a').as_bytes()) else {
            panic!("it was never learned");
        };
        memo.learn(slot, alike('a').as_bytes());
        assert_eq!(memo.place(alike('b').as_bytes()), Place::New(slot));
        assert_eq!(memo.place(&[b'a'; LONGEST + 1]), Place::TooLong);
    }
}
