//! Values seen lately, each in a cell with what is asked of it most often.
//!
//! The members of records that come one after the other mostly repeat: the
//! same caller, from the same address, with the same tool. What a test says
//! of such a value is remembered under the value as it was written, byte for
//! byte, so that remembering never changes an answer, only its price.

use crate::engine::flags;
use crate::engine::lines::{Line, Lines};
use crate::engine::spread::{self, LONG_SLOTS, SHORT_SLOTS};

/// Longest value that is remembered, in bytes as written: an identity with
/// its session fits.
const LONGEST: usize = 1024;

/// Words of a cell that a short value takes, its length in the last byte.
const TEXT: usize = 5;

/// Longest value that lies in its cell; nearly every name, kind and account
/// does.
const SHORT: usize = 8 * TEXT - 1;

/// Bytes that are compared in one step.
const STEP: usize = SHORT + 1;

/// The words of a short value.
type Words = [u64; TEXT];

/// Remembered values, each in a cell of one line: the words of a short value
/// or zeros, the number of the value, and two words of whoever asks.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Memo {
    cells: Lines,
    /// The number of what most records say.
    usual: u64,
    /// The texts of the long values; none before the first is met.
    long: Vec<Vec<u8>>,
}

/// A value as it is written, and what stands from its start on in the record:
/// where that is long enough, the value is compared without a loop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'r> {
    pub(crate) value: &'r [u8],
    pub(crate) ahead: &'r [u8],
}

/// What is known of a value: its number, and the cell in which it lies. The
/// number 0 stands for nothing.
pub(crate) type Found = (u64, usize);

/// What is known of a value that is not remembered.
pub(crate) const NOTHING: Found = (0, 0);

/// What is kept in a cell beside the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// Of the index: 0 until there is one.
    Index,
    /// Of the first sieve: 0 until there is one.
    Sieve,
}

/// The word of a cell that holds the value's number, 0 where there is none.
const NUMBER: usize = TEXT;

/// How many things there are that most records say of a source.
pub(crate) const USUALS: usize = flags::TOGETHER;

/// The slots of these; behind those of short and long values.
const USUAL: usize = SHORT_SLOTS + LONG_SLOTS;

impl Memo {
    /// A memory in which what most records say has the numbers from this one
    /// on.
    pub(crate) fn new(usual: u64) -> Self {
        let mut memo = Self {
            usual,
            cells: Lines::new(USUAL + USUALS),
            long: Vec::new(),
        };
        for (number, usual) in (usual..).zip(0..USUALS) {
            let cell = memo.cells.word_of(USUAL + usual);
            if let Some([.., kept, _, _]) = memo.cells.at_mut(cell) {
                *kept = number;
            }
        }
        memo
    }

    /// One of the things that most records say.
    #[inline(always)]
    pub(crate) fn usual(&self, which: usize) -> Found {
        let number = self.usual + which as u64;
        (number, self.cells.word_of(USUAL + which))
    }

    /// What is known of a value, which is not empty; `last` is what was found
    /// last.
    #[inline(always)]
    pub(crate) fn find(&self, written: Written<'_>, last: Found) -> Found {
        let length = written.value.len();
        let Some(mask) = MASKS.get(length) else {
            return self.find_long(written.value, last);
        };
        let Some(ahead) = written.ahead.first_chunk() else {
            return self.find_last(written.value);
        };
        let slot = spread::short(ahead, length);
        match self.short_at(slot, ahead, length, mask) {
            NOTHING => self.find_aside(slot, ahead, length, mask),
            found => found,
        }
    }

    /// What is known of a short value, if it is in this slot.
    #[inline(always)]
    fn short_at(&self, slot: usize, ahead: &[u8; STEP], length: usize, mask: &Words) -> Found {
        let cell = self.cells.word_of(slot);
        let Some(line) = self.cells.at(cell) else {
            return NOTHING;
        };
        let [a, b, c, d, last, number, ..] = *line;
        let [one, two, three, four, five] = words(ahead);
        let [m, n, o, p, q] = *mask;
        let odd = ((one ^ a) & m) | ((two ^ b) & n) | ((three ^ c) & o) | ((four ^ d) & p);
        if odd | ((five ^ last) & q) | ((last >> 56) ^ length as u64) == 0 {
            (number, cell)
        } else {
            NOTHING
        }
    }

    /// The same beside its slot, where another has taken that.
    #[inline(never)]
    fn find_aside(&self, slot: usize, ahead: &[u8; STEP], length: usize, mask: &Words) -> Found {
        self.short_at(slot ^ 1, ahead, length, mask)
    }

    /// The same for a short value at the very end of a record.
    #[cold]
    fn find_last(&self, value: &[u8]) -> Found {
        let copied = copied(value);
        let written = Written {
            value,
            ahead: &copied,
        };
        self.find(written, NOTHING)
    }

    /// A long value is often the last one again: that spares the hash.
    #[inline(never)]
    fn find_long(&self, value: &[u8], last: Found) -> Found {
        let last = self.cells.line_of(last.1).checked_sub(SHORT_SLOTS);
        let again = last.map_or(NOTHING, |slot| self.long_at(slot, value));
        if again != NOTHING {
            return again;
        }
        let slot = spread::long(value);
        match self.long_at(slot, value) {
            NOTHING => self.long_at(slot ^ 1, value),
            found => found,
        }
    }

    #[inline(always)]
    fn long_at(&self, slot: usize, value: &[u8]) -> Found {
        let cell = self.cells.word_of(SHORT_SLOTS + slot);
        match (self.long.get(slot), self.cells.at(cell)) {
            (Some(text), Some([.., number, _, _])) if text == value => (*number, cell),
            _ => NOTHING,
        }
    }

    /// Remembers a value under a new number, unless it is too long. The one
    /// that has its slot moves aside, where another goes.
    pub(crate) fn learn(&mut self, value: &[u8], number: u64) -> Found {
        if value.len() > LONGEST {
            return NOTHING;
        }
        if value.len() <= SHORT {
            let text = copied(value);
            let mut words = words(&text);
            let [.., last] = &mut words;
            *last |= (value.len() as u64) << 56;
            return self.write(spread::short(&text, value.len()), words, number);
        }
        if self.long.is_empty() {
            self.long = vec![Vec::new(); LONG_SLOTS];
        }
        let slot = spread::long(value);
        self.long.swap(slot, slot ^ 1);
        if let Some(text) = self.long.get_mut(slot) {
            text.clear();
            text.reserve_exact(value.len());
            text.extend_from_slice(value);
        }
        self.write(SHORT_SLOTS + slot, Words::default(), number)
    }

    /// Writes a cell in which nothing is noted yet; the former one moves aside.
    fn write(&mut self, slot: usize, words: Words, number: u64) -> Found {
        let cell = self.cells.word_of(slot);
        let former = self.cells.at(cell).copied();
        let aside = self.cells.at_mut(self.cells.word_of(slot ^ 1));
        if let (Some(former), Some(aside)) = (former, aside) {
            *aside = former;
        }
        if let Some(line) = self.cells.at_mut(cell) {
            let [a, b, c, d, e] = words;
            *line = [a, b, c, d, e, number, 0, 0];
        }
        (number, cell)
    }

    /// What is noted in a cell.
    #[inline(always)]
    pub(crate) fn note(&self, cell: usize, note: Note) -> u64 {
        let at = note.at();
        let line = self.cells.at(cell);
        line.and_then(|line| line.get(at)).copied().unwrap_or(0)
    }

    /// Notes something in a cell.
    pub(crate) fn set_note(&mut self, cell: usize, note: Note, word: u64) {
        let line: Option<&mut Line> = self.cells.at_mut(cell);
        if let Some(slot) = line.and_then(|line| line.get_mut(note.at())) {
            *slot = word;
        }
    }
}

impl Note {
    #[inline(always)]
    fn at(self) -> usize {
        match self {
            Self::Index => NUMBER + 1,
            Self::Sieve => NUMBER + 2,
        }
    }
}

#[inline(always)]
fn words(bytes: &[u8; STEP]) -> Words {
    let (eights, _) = bytes.as_chunks();
    let mut words = [0; TEXT];
    for (word, bytes) in words.iter_mut().zip(eights) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// A short value with zeros behind it.
fn copied(value: &[u8]) -> [u8; STEP] {
    let mut bytes = [0; STEP];
    let pairs = bytes.iter_mut().zip(value);
    pairs.for_each(|(to, from)| *to = *from);
    bytes
}

/// For each length, which bytes count.
static MASKS: [Words; SHORT + 1] = masks();

/// Evaluated by the compiler: a failure is a compile error.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a failure is a compile error"
)]
const fn masks() -> [Words; SHORT + 1] {
    let mut masks = [[0; TEXT]; SHORT + 1];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of a value, with nothing behind it and with other text.
    fn find(memo: &Memo, value: &str) -> Found {
        let alone = Written {
            value: value.as_bytes(),
            ahead: value.as_bytes(),
        };
        let alone = memo.find(alone, NOTHING);
        let among = format!("{value}{}", "\",\"x\":1".repeat(20));
        let among = Written {
            value: value.as_bytes(),
            ahead: among.as_bytes(),
        };
        // What was found last, be it this value or another, changes nothing.
        for last in [NOTHING, alone, memo.usual(0), (1, alone.1 ^ 8)] {
            assert_eq!(memo.find(among, last), alone, "{value}");
        }
        alone
    }

    #[test]
    fn what_was_learned_is_known_until_another_takes_its_place() {
        for (tail, slots) in [("", SHORT_SLOTS), (&*"x".repeat(80), LONG_SLOTS)] {
            let mut memo = Memo::new(1);
            let value = |number| format!("\"value {number}{tail}\"");
            let values: Vec<String> = (0..slots).map(value).collect();
            for (number, value) in (2..).zip(&values) {
                assert_eq!(find(&memo, value), NOTHING);
                let known = memo.learn(value.as_bytes(), number);
                assert_eq!((find(&memo, value), known.0), (known, number));
            }
            let known = values
                .iter()
                .filter(|value| find(&memo, value) != NOTHING)
                .count();
            assert!((slots / 2..=slots).contains(&known), "{known}");
        }
    }

    #[test]
    fn every_byte_and_the_length_count() {
        for length in 1..100 {
            let value = "a".repeat(length);
            let mut memo = Memo::new(1);
            memo.learn(value.as_bytes(), 2);
            for at in 0..length {
                let mut other = value.clone().into_bytes();
                other[at] = b'b';
                let other = String::from_utf8(other).unwrap();
                assert_eq!(find(&memo, &other), NOTHING, "{other}");
            }
            let (shorter, longer) = (&value[1..], format!("{value}a"));
            for other in [shorter, &longer] {
                assert!(other.is_empty() || find(&memo, other) == NOTHING);
            }
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(Memo::new(1).learn(long.as_bytes(), 2), NOTHING);
    }

    #[test]
    fn what_is_noted_of_a_value_is_gone_with_it() {
        for tail in ["", &"x".repeat(80)] {
            let mut memo = Memo::new(1);
            let value = format!("\"value{tail}\"");
            let mut number = 1;
            for _ in 0..2 {
                number += 1;
                let (_, cell) = memo.learn(value.as_bytes(), number);
                assert_eq!(find(&memo, &value), (number, cell));
                for note in [Note::Index, Note::Sieve] {
                    assert_eq!(memo.note(cell, note), 0);
                    memo.set_note(cell, note, 5);
                    assert_eq!(memo.note(cell, note), 5);
                    assert_eq!(memo.note(memo.usual(0).1, note), 0);
                }
                // Others come until it is gone; moved aside, it keeps its notes.
                loop {
                    let (found, cell) = find(&memo, &value);
                    if found == 0 {
                        break;
                    }
                    assert_eq!(memo.note(cell, Note::Sieve), 5);
                    number += 1;
                    let other = format!("\"other {number}{tail}\"");
                    if find(&memo, &other) == NOTHING {
                        memo.learn(other.as_bytes(), number);
                    }
                }
            }
        }
    }
}
