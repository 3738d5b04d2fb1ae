//! Which slot a value gets among so many. A comparison follows, so that it is
//! enough to spread values.

/// Slots for short values. A power of two. (A slot takes no memory before it
/// is used.)
pub(crate) const SHORT_SLOTS: usize = 4096;

/// Slots for long values. A power of two.
pub(crate) const LONG_SLOTS: usize = 2048;

/// Odd numbers without a pattern.
const MIX: [u64; 4] = [
    0x9E37_79B9_7F4A_7C15,
    0xC2B2_AE3D_27D4_EB4F,
    0x1656_67B1_9E37_79F9,
    0xD6E8_FEB8_6659_FD93,
];

/// The slot of a short value, which stands at the start of `bytes`: by its
/// length and its first, middle and last eight bytes.
#[inline(always)]
pub(crate) fn short<const N: usize>(bytes: &[u8; N], length: usize) -> usize {
    let rest = length.saturating_sub(8);
    // Of a value of less than eight bytes only those count.
    let mask = match length {
        0..8 => !(u64::MAX << (8 * length)),
        _ => u64::MAX,
    };
    let word = |at: usize| {
        let eight = bytes.get(at..).and_then(<[u8]>::first_chunk);
        eight.map_or(0, |eight| u64::from_le_bytes(*eight)) & mask
    };
    let [one, two, three, ..] = MIX;
    let hash = word(0).wrapping_mul(one)
        ^ word(rest / 2).wrapping_mul(two)
        ^ word(rest).wrapping_mul(three);
    // The last bytes of a word reach only its highest bits by themselves.
    shortened(hash ^ length as u64, SHORT_SLOTS)
}

/// Both halves of a product.
#[inline(always)]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A slot's number out of a hash.
#[inline(always)]
fn shortened(hash: u64, slots: usize) -> usize {
    let [mix, ..] = MIX;
    let hash = hash ^ (hash >> 32);
    (hash.wrapping_mul(mix) >> (u64::BITS - slots.trailing_zeros())) as usize
}

/// The slot of a long value, which begins and ends like others: every byte
/// counts, 32 at a time.
#[inline(always)]
pub(crate) fn long(value: &[u8]) -> usize {
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
    let [a, b, c, d] = lanes;
    let [one, two, three, four] = MIX;
    let hash = folded(a ^ one, b ^ two) ^ folded(c ^ three, d ^ four);
    shortened(hash ^ value.len() as u64, LONG_SLOTS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn values_that_differ_in_one_place_are_spread() {
        for length in [4, 8, 20, 39, 64, 100, 300] {
            let slots: BTreeSet<usize> = (0..length)
                .flat_map(|at| (b'a'..=b'p').map(move |byte| (at, byte)))
                .map(|(at, byte)| {
                    let mut value = vec![b'-'; length];
                    value[at] = byte;
                    match length {
                        0..40 => {
                            value.resize(40, b'"');
                            short::<40>(&value.try_into().unwrap(), length)
                        }
                        _ => long(&value),
                    }
                })
                .collect();
            // Of a short value's bytes, 24 count.
            let told = if length < 40 { length.min(24) } else { length };
            let values = 16 * told;
            // As many slots as chance would give, less a tenth.
            let all = if length < 40 { SHORT_SLOTS } else { LONG_SLOTS } as f64;
            let share = 1.0 - (-(values as f64) / all).exp();
            let expected = 0.9 * share * all;
            assert!(slots.len() as f64 > expected, "{length}: {}", slots.len());
        }
    }

    #[test]
    fn what_stands_behind_a_value_does_not_count() {
        for length in 1..40 {
            let mut bytes = [b'x'; 40];
            let slot = short(&bytes, length);
            bytes[length..].fill(b'y');
            assert_eq!(short(&bytes, length), slot, "{length}");
        }
    }
}
