//! What a window remembers of an event: its time and one short tag.
//!
//! Members are strings that sort as their times do, short enough that a
//! bucket's set fits in one item of 400 KB with room for several writers (see
//! the bounds in `stream`). A member is never a secret and never free text:
//! identities and values are hashed.

use std::fmt;

use sha2::{Digest, Sha256};

/// The latest time that state knows, in epoch seconds (the year 2286).
///
/// Earlier and later times are moved to the nearest end, which keeps their
/// order and lets ten digits sort as numbers do.
pub const TIME_MAX: i64 = 9_999_999_999;

/// Characters of a hashed identity or value: 96 bits, so that a billion
/// members collide with a chance of one in 10^11.
pub const HASH_CHARS: usize = 16;

/// The longest member in bytes: ten digits of time, a mark, and a hash.
pub const MEMBER_BYTES_MAX: usize = 10 + 1 + HASH_CHARS;

/// One member of a bucket's set, ordered by time, then tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// Event time in epoch seconds, between 0 and [`TIME_MAX`].
    pub time: i64,
    /// For `event_count` the hashed identity of the event, for `value_count`
    /// the hashed values, for the temporal kinds the number of the rule.
    pub tag: String,
}

/// A member that this module did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("window state holds the member `{0}`, expected `<ten digits>#<tag>`")]
pub struct BadMember(pub String);

impl Member {
    /// A member at `time`, moved into the range that state knows.
    #[must_use]
    pub fn new(time: i64, tag: String) -> Self {
        Self {
            time: clamp_time(time),
            tag,
        }
    }

    /// Reads what `to_string` wrote.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, BadMember> {
        let bad = || BadMember(text.chars().take(MEMBER_BYTES_MAX).collect());
        let (time, tag) = text.split_once('#').ok_or_else(bad)?;
        let digits = time.len() == 10 && time.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || tag.is_empty() {
            return Err(bad());
        }
        Ok(Self {
            time: time.parse().map_err(|_| bad())?,
            tag: tag.to_owned(),
        })
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}#{}", self.time, self.tag)
    }
}

/// The nearest time that state knows.
#[must_use]
pub fn clamp_time(time: i64) -> i64 {
    time.clamp(0, TIME_MAX)
}

/// The tag of a rule by its place in the correlation.
pub(super) fn rule_tag(place: usize) -> String {
    format!("{place:02}")
}

/// A short name for several texts: equal lists give equal names, and where
/// one text ends and the next begins is part of the name.
#[must_use]
pub fn short_hash<T: AsRef<str>>(parts: &[T]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut hasher = Sha256::new();
    for part in parts {
        let part = part.as_ref().as_bytes();
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut text = String::with_capacity(HASH_CHARS);
    for chunk in digest.chunks(3).take(HASH_CHARS / 4) {
        let bits = chunk
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            let letter = ALPHABET.get(bits >> shift & 63).copied().unwrap_or(b'-');
            text.push(char::from(letter));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_sort_as_their_times_and_read_back() {
        let times = [i64::MIN, -1, 0, 7, 1_700_000_000, TIME_MAX, i64::MAX];
        let texts: Vec<String> = times
            .iter()
            .map(|time| Member::new(*time, short_hash(&["x"])).to_string())
            .collect();
        assert!(texts.is_sorted());
        for text in &texts {
            assert!(text.len() <= MEMBER_BYTES_MAX);
            assert_eq!(Member::parse(text).unwrap().to_string(), *text);
        }
    }

    #[test]
    fn foreign_members_are_refused() {
        for text in ["", "#", "1#a", "0000000001#", "+000000001#a", "0000000001a"] {
            assert!(Member::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hashes_know_where_a_part_ends() {
        assert_ne!(short_hash(&["ab", "c"]), short_hash(&["a", "bc"]));
        assert_eq!(short_hash(&["ab"]).len(), HASH_CHARS);
        assert!(!short_hash(&["ab"]).contains('#'));
    }
}
