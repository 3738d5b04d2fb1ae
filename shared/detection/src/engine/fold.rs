//! A lookup by text in which the case of ASCII letters does not count, and
//! which allocates nothing to look something up.

/// An immutable table from lower-cased text to values.
#[derive(Debug)]
pub(crate) struct FoldTable<V> {
    /// Positions in `entries` plus one, by hash; 0 is an empty slot. The
    /// length is a power of two and at least twice the number of entries.
    slots: Box<[u32]>,
    entries: Vec<(Box<[u8]>, V)>,
}

impl<V> FoldTable<V> {
    /// Builds the table; of equal keys the first stays.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Box<[u8]>, V)>) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        let size = (entries.len() * 2).next_power_of_two().max(2);
        let mut table = Self {
            slots: vec![0; size].into_boxed_slice(),
            entries: Vec::with_capacity(entries.len()),
        };
        for (key, value) in entries {
            let slot = table.slot(&key);
            if let Some(free) = table.slots.get_mut(slot).filter(|s| **s == 0) {
                *free = u32::try_from(table.entries.len() + 1).unwrap_or(u32::MAX);
                table.entries.push((key, value));
            }
        }
        table
    }

    /// The value of a key, compared without regard to ASCII case.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        let position = *self.slots.get(self.slot(key))? as usize;
        self.entries
            .get(position.checked_sub(1)?)
            .map(|(_, value)| value)
    }

    /// The slot that holds the key, or the free one where it would stand.
    fn slot(&self, key: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = fold_hash(key) as usize & mask;
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

/// A hash that is equal for texts that differ in ASCII case only. Setting bit
/// 5 of every byte also folds a few other characters: that costs a comparison
/// now and then, never a wrong answer.
fn fold_hash(key: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = key.len() as u64;
    let (words, tail) = key.as_chunks::<8>();
    for word in words {
        hash = (hash ^ (u64::from_le_bytes(*word) | CASE)).wrapping_mul(MIX);
        hash ^= hash >> 29;
    }
    let mut last = 0u64;
    for byte in tail {
        last = (last << 8) | u64::from(byte | 0x20);
    }
    hash = (hash ^ last).wrapping_mul(MIX);
    hash ^ (hash >> 32)
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
