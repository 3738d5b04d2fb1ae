//! What was found out about values, by value and question.
//!
//! A value has a number that no other has, so that what is kept about one is
//! never taken for another's. There is room for the latest answers only: one
//! that was pushed out is asked for again.

use crate::engine::lines::{Lines, WORDS};

/// Lines that hold answers; the system gives them out as they are used.
const LINES: usize = 4096;

/// Words of half a line: two keys, each with its word.
const HALF: usize = WORDS / 2;

/// Bits of a key that tell the question; those above tell the value.
const QUESTION_BITS: u32 = 20;

/// A question about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u64);

/// Numbers of values stay below this.
pub(crate) const NUMBERS: u64 = 1 << (u64::BITS - QUESTION_BITS);

impl Key {
    /// A question about the value with this number, which is not 0; `None`
    /// for a question that is kept for no value.
    #[inline(always)]
    pub(crate) fn new(value: u64, question: usize) -> Option<Self> {
        (question < 1 << QUESTION_BITS).then_some(Self((value << QUESTION_BITS) | question as u64))
    }
}

/// The latest answers.
#[derive(Debug)]
pub(crate) struct Facts {
    lines: Lines,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            lines: Lines::new(LINES),
        }
    }
}

impl Facts {
    /// The line and the half of it that hold the answer if there is one.
    #[inline(always)]
    fn place(key: Key) -> (usize, usize) {
        const HALVES: u32 = (2 * LINES).trailing_zeros();
        let mixed = key.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let half = (mixed >> (u64::BITS - HALVES)) as usize;
        (half / 2, half % 2)
    }

    /// What is kept under a key.
    #[inline(always)]
    pub(crate) fn get(&self, key: Key) -> Option<u64> {
        let (line, half) = Self::place(key);
        let line = self.lines.at(self.lines.word_of(line))?;
        let (halves, _) = line.as_chunks::<HALF>();
        let [latest, word, former, other] = halves.get(half)?;
        if *latest == key.0 {
            return Some(*word);
        }
        (*former == key.0).then_some(*other)
    }

    /// Keeps a word under a key; the older of the two in its place goes.
    pub(crate) fn put(&mut self, key: Key, word: u64) {
        let (line, half) = Self::place(key);
        let line = self.lines.at_mut(self.lines.word_of(line));
        let halves = line.map(|line| line.as_chunks_mut::<HALF>());
        let Some([latest, kept, former, other]) = halves.and_then(|(it, _)| it.get_mut(half))
        else {
            return;
        };
        if *latest != key.0 {
            (*former, *other) = (*latest, *kept);
        }
        (*latest, *kept) = (key.0, word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: u64, question: usize) -> Key {
        Key::new(value, question).unwrap()
    }

    #[test]
    fn what_is_kept_is_found_or_gone_and_never_anothers() {
        let mut facts = Facts::default();
        let word = |value: u64, question: usize| value * 1_000 + question as u64;
        for value in 1..6_000 {
            for question in [0, 1, 2_048] {
                assert_eq!(facts.get(key(value, question)), None);
                facts.put(key(value, question), word(value, question));
            }
        }
        let mut found = 0;
        for value in 1..6_000 {
            for question in [0, 1, 2_048] {
                if let Some(kept) = facts.get(key(value, question)) {
                    assert_eq!(kept, word(value, question));
                    found += 1;
                }
            }
        }
        assert!(found > 2 * LINES, "{found}");
    }

    #[test]
    fn a_newer_word_replaces_the_older_wherever_that_lies() {
        let mut facts = Facts::default();
        let first = key(1, 0);
        let mut rivals = (2..).map(|value| key(value, 0));
        let rival = rivals
            .find(|it| Facts::place(*it) == Facts::place(first))
            .unwrap();
        facts.put(first, 1);
        facts.put(rival, 2);
        facts.put(first, 3);
        assert_eq!((facts.get(first), facts.get(rival)), (Some(3), Some(2)));
        facts.put(first, 4);
        assert_eq!((facts.get(first), facts.get(rival)), (Some(4), Some(2)));
    }

    #[test]
    fn a_question_beyond_all_is_none() {
        assert!(Key::new(1, (1 << QUESTION_BITS) - 1).is_some());
        assert!(Key::new(1, 1 << QUESTION_BITS).is_none());
        assert_ne!(Key::new(1, 0), Key::new(0, (1 << QUESTION_BITS) - 1));
    }
}
