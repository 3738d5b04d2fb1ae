//! A lookup by text in which the case of ASCII letters does not count, and
//! which allocates nothing to look something up.

use serde::{Deserialize, Serialize};

use crate::engine::literal::Literal;

/// An immutable table from lower-cased text to values.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FoldTable<V> {
    /// Positions in `entries` plus one, by hash; 0 is an empty slot. The
    /// length is a power of two and at least twice the number of entries.
    slots: Box<[u32]>,
    entries: Vec<(Literal, V)>,
}

impl<V> FoldTable<V> {
    /// Builds the table; of equal keys the first stays.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Literal, V)>) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        let size = (entries.len() * 2).next_power_of_two().max(2);
        let mut table = Self {
            slots: vec![0; size].into_boxed_slice(),
            entries: Vec::with_capacity(entries.len()),
        };
        for (key, value) in entries {
            let slot = table.slot(&key, hashed(&key).hash);
            if let Some(free) = table.slots.get_mut(slot).filter(|s| **s == 0) {
                *free = u32::try_from(table.entries.len() + 1).unwrap_or(u32::MAX);
                table.entries.push((key, value));
            }
        }
        table
    }

    /// Every key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Literal> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The value of a key, compared without regard to ASCII case.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        let slot = self.slot(key, hashed(key).hash);
        let position = *self.slots.get(slot)? as usize;
        self.entries
            .get(position.checked_sub(1)?)
            .map(|(_, value)| value)
    }

    /// The slot that holds the key, or the free one where it would stand.
    fn slot(&self, key: &[u8], hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(position) = self.slots.get(at).copied().filter(|p| *p != 0) {
            let held = self.entries.get(position as usize - 1);
            if held.is_some_and(|(held, _)| held.eq_ignore_ascii_case(key)) {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }
}

/// What one look at a text tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed {
    /// Equal for texts that differ in ASCII case only.
    pub(crate) hash: u64,
    /// The text is ASCII and has no backslash.
    pub(crate) plain: bool,
}

/// Hashes a text, eight bytes at a time. Setting bit 5 of every byte makes
/// the cases of a letter equal and also folds a few other characters: that
/// costs a comparison now and then, never a wrong answer.
#[inline]
pub(crate) fn hashed(text: &[u8]) -> Hashed {
    const CASE: u64 = 0x2020_2020_2020_2020;
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const LOW: u64 = 0x0101_0101_0101_0101;
    const ESCAPES: u64 = 0x5c5c_5c5c_5c5c_5c5c;
    let mut hash = text.len() as u64;
    let mut odd = 0;
    let mut mix = |word: u64| {
        hash = (hash ^ (word | CASE)).wrapping_mul(MIX);
        hash ^= hash >> 29;
        // A byte of this is zero where the text has a backslash; subtracting
        // one borrows into its highest bit.
        let escapes = word ^ ESCAPES;
        odd |= word | (escapes.wrapping_sub(LOW) & !escapes);
    };
    let (words, short) = text.as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    match text.last_chunk::<8>() {
        // What is left is in the last eight bytes, with some known ones.
        Some(last) => mix(u64::from_le_bytes(*last)),
        None => mix(short
            .iter()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte))),
    }
    Hashed {
        hash: hash ^ (hash >> 32),
        plain: odd & HIGH == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count() {
        let names = ["createuser", "deletetrail", "getcalleridentity", "", "a"];
        let table = FoldTable::new(
            names
                .iter()
                .enumerate()
                .map(|(i, n)| (n.as_bytes().into(), i)),
        );
        for (index, name) in names.iter().enumerate() {
            assert_eq!(table.get(name.as_bytes()), Some(&index));
            assert_eq!(
                table.get(name.to_ascii_uppercase().as_bytes()),
                Some(&index)
            );
        }
        assert_eq!(table.get(b"createusers"), None);
        assert_eq!(table.get(b"createuse\x52x"), None);
    }

    #[test]
    fn an_empty_table_answers() {
        assert_eq!(FoldTable::<u8>::new([]).get(b"x"), None);
    }
}
