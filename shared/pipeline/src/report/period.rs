//! The week that a report speaks of. Pure: the schedule's time comes in.

use jiff::Timestamp;

const DAY_SECONDS: i64 = 86_400;
/// Days that one report covers.
pub const REPORT_DAYS: i64 = 7;

/// A span of whole UTC days, in epoch seconds, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: i64,
    to: i64,
}

impl Period {
    /// The seven days that end with the last UTC midnight at or before the
    /// schedule's time (epoch seconds), so that every firing on one day, late
    /// or repeated, speaks of the same week.
    pub fn ending_at(scheduled: i64) -> Self {
        let to = midnight(scheduled);
        Self {
            from: to.saturating_sub(REPORT_DAYS * DAY_SECONDS),
            to,
        }
    }

    /// The seven days whose last one holds this moment (epoch seconds): for
    /// records that lie in a folder, where no schedule names the week.
    pub fn holding(moment: i64) -> Self {
        Self::ending_at(midnight(moment).saturating_add(DAY_SECONDS))
    }

    /// The seven days before this period: what its addresses are compared with.
    pub fn before(self) -> Self {
        Self::ending_at(self.from)
    }

    /// First second (epoch seconds).
    pub fn from(self) -> i64 {
        self.from
    }

    /// First second after the period (epoch seconds).
    pub fn to(self) -> i64 {
        self.to
    }

    /// The event days of the period, as days since the epoch.
    pub fn days(self) -> std::ops::Range<i64> {
        self.from.div_euclid(DAY_SECONDS)..self.to.div_euclid(DAY_SECONDS)
    }

    /// The period's first date, `2026-02-16`.
    pub fn from_date(self) -> String {
        date(self.from, "%Y-%m-%d")
    }

    /// The date on which the period ends, `2026-02-23`: its midnight is the
    /// first moment that no longer belongs to it.
    pub fn to_date(self) -> String {
        date(self.to, "%Y-%m-%d")
    }

    /// The claim under which this period's report is published.
    pub fn key(self) -> String {
        format!("report#{}", self.from_date())
    }

    /// First delivery day that may hold a record of the period, as the trail's
    /// folders write it: `2026/02/16`.
    pub fn first_delivery_day(self) -> String {
        date(self.from, "%Y/%m/%d")
    }

    /// Last delivery day that is read: one past the last event day, because a
    /// folder's date is the day of delivery and records come minutes late.
    pub fn last_delivery_day(self) -> String {
        date(self.to, "%Y/%m/%d")
    }

    /// The period's first second as CloudTrail writes times.
    pub fn from_time(self) -> String {
        date(self.from, "%Y-%m-%dT%H:%M:%SZ")
    }

    /// The first second after the period as CloudTrail writes times.
    pub fn to_time(self) -> String {
        date(self.to, "%Y-%m-%dT%H:%M:%SZ")
    }
}

fn midnight(moment: i64) -> i64 {
    moment.saturating_sub(moment.rem_euclid(DAY_SECONDS))
}

/// The day (UTC) of a moment (epoch seconds), `2026-02-16`.
pub(super) fn day_of(moment: i64) -> String {
    date(moment, "%Y-%m-%d")
}

/// A moment outside of what a calendar can hold is written as the epoch: such
/// a period matches no record, which is the truth about it.
fn date(moment: i64, format: &str) -> String {
    Timestamp::from_second(moment)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime(format)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn every_firing_of_a_day_speaks_of_the_same_week() {
        let week = Period::ending_at(at("2026-02-23T06:00:00Z"));
        assert_eq!(week.from_date(), "2026-02-16");
        assert_eq!(week.to_date(), "2026-02-23");
        assert_eq!(week.key(), "report#2026-02-16");
        assert_eq!(week.days().count(), 7);
        for other in ["2026-02-23T00:00:00Z", "2026-02-23T23:59:59Z"] {
            assert_eq!(Period::ending_at(at(other)), week);
        }
        assert_ne!(Period::ending_at(at("2026-02-22T23:59:59Z")), week);
    }

    #[test]
    fn delivery_is_read_one_day_past_the_last_event_day() {
        let week = Period::ending_at(at("2026-03-02T06:00:00Z"));
        assert_eq!(week.first_delivery_day(), "2026/02/23");
        assert_eq!(week.last_delivery_day(), "2026/03/02");
        assert_eq!(week.to_time(), "2026-03-02T00:00:00Z");
    }

    #[test]
    fn a_moment_lies_in_the_last_day_of_the_week_that_holds_it() {
        let week = Period::holding(at("2026-02-22T14:30:00Z"));
        assert_eq!(week.to_date(), "2026-02-23");
        assert_eq!(week.before().to_date(), "2026-02-16");
    }

    #[test]
    fn no_moment_panics() {
        for moment in [i64::MIN, -1, 0, i64::MAX] {
            let week = Period::ending_at(moment);
            assert!(!week.key().is_empty() && !Period::holding(moment).before().key().is_empty());
        }
    }
}
