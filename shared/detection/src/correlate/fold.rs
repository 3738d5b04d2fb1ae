//! Fold windows: the stretch of event time for which a group alerts once.
//!
//! Windows of a correlation's fold are whole multiples of its timespan and
//! aligned as its buckets are, so that a bucket never lies in two of them.
//! Shorter ones would not converge: which crossing of a bucket survives the
//! forgetting depends on what else arrived, and only the bucket is certain.

use super::member::clamp_time;

/// A day in seconds, the least fold window where a rule names none.
pub const DAY_SECONDS: u64 = 86_400;

/// The length of a rule's fold windows in seconds: what the rule asks for, or
/// a day, raised to a whole multiple of `timespan_seconds` (1 for a rule that
/// judges single events).
#[must_use]
pub fn fold_seconds(asked_seconds: Option<u64>, timespan_seconds: u64) -> u64 {
    let timespan = timespan_seconds.max(1);
    let asked = asked_seconds.unwrap_or(DAY_SECONDS).max(1);
    asked.div_ceil(timespan).saturating_mul(timespan)
}

/// The start (epoch seconds) of the fold window in which `time` lies.
#[must_use]
pub fn fold_window(time: i64, fold_seconds: u64) -> i64 {
    let fold = i64::try_from(fold_seconds.max(1)).unwrap_or(i64::MAX);
    let time = clamp_time(time);
    time - time.rem_euclid(fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_windows_are_whole_multiples_of_the_timespan() {
        for (asked, timespan, expected) in [
            (None, 600, 86_400),
            (None, 7 * 3_600, 100_800),
            (None, 172_800, 172_800),
            (Some(3_600), 3_600, 3_600),
            (Some(3_600), 7_200, 7_200),
            (Some(90), 60, 120),
            (Some(0), 0, 1),
            (Some(u64::MAX), 7, u64::MAX),
        ] {
            assert_eq!(
                fold_seconds(asked, timespan),
                expected,
                "{asked:?} {timespan}"
            );
        }
    }

    #[test]
    fn a_fold_window_starts_at_or_before_its_times() {
        assert_eq!(fold_window(86_399, 86_400), 0);
        assert_eq!(fold_window(86_400, 86_400), 86_400);
        assert_eq!(fold_window(-5, 60), 0);
        assert_eq!(fold_window(i64::MAX, u64::MAX), 0);
    }
}
