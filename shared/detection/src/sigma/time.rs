//! Spans and dates as rules write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Seconds of the units of a span; a month and a year are their means.
const UNITS: [(char, u64); 7] = [
    ('s', 1),
    ('m', 60),
    ('h', 3_600),
    ('d', 86_400),
    ('w', 604_800),
    ('M', 2_629_746),
    ('y', 31_556_952),
];

/// A span such as `5m` in seconds, never zero.
pub(super) fn span(written: &str) -> Result<u64, String> {
    let wrong = || {
        format!(
            "`{written}` is no span of time; write a whole number and one of `s` `m` `h` `d` `w` `M` `y`, like `15m`"
        )
    };
    let unit = written.chars().last().ok_or_else(wrong)?;
    let (_, seconds) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(wrong)?;
    let digits = written.strip_suffix(unit).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    if count == 0 {
        return Err(format!(
            "`{written}` is no time at all; a span is longer than zero"
        ));
    }
    count
        .checked_mul(*seconds)
        .filter(|total| *total <= MAX_SPAN_SECONDS)
        .ok_or_else(|| format!("`{written}` is longer than a hundred years"))
}

const MAX_SPAN_SECONDS: u64 = 100 * 31_556_952;

/// A date (its beginning, in UTC) or a time stamp, in epoch seconds.
pub(super) fn moment(written: &str) -> Result<i64, String> {
    if let Ok(time) = written.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let date: Option<Date> = match written.len() {
        10 => written.parse().ok(),
        _ => None,
    };
    date.and_then(|date| date.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp().as_second())
        .ok_or_else(|| format!("`{written}` is no date; write it like `2027-01-31`"))
}

/// Whether a text is a date as Sigma writes them: `2027-01-31`, in older rules
/// `2027/01/31` and `2027/1/31`, and behind either a time.
pub(super) fn is_date(written: &str) -> bool {
    let (day, time) = written
        .split_once(['T', 't', ' '])
        .unwrap_or((written, "00:00"));
    let parts: Vec<&str> = day.split(['-', '/']).collect();
    let number = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
        true => part.parse::<i16>().ok(),
        false => None,
    };
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year_number), Some(month_number), Some(day_number)) =
        (number(year), number(month), number(day))
    else {
        return false;
    };
    let small = |n: i16| i8::try_from(n).unwrap_or(0);
    year.len() == 4
        && month.len() <= 2
        && day.len() <= 2
        && time.contains(':')
        && Date::new(year_number, small(month_number), small(day_number)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (written, seconds) in [
            ("1s", 1),
            ("15m", 900),
            ("2h", 7_200),
            ("1d", 86_400),
            ("1w", 604_800),
            ("1M", 2_629_746),
            ("1y", 31_556_952),
        ] {
            assert_eq!(span(written), Ok(seconds), "{written}");
        }
        for written in [
            "",
            "5",
            "m",
            "0m",
            "-1m",
            "1.5h",
            "5 m",
            "5min",
            "1D",
            "99999999999999999999s",
            "9999y",
            "5µ",
        ] {
            assert!(span(written).is_err(), "{written}");
        }
    }

    #[test]
    fn dates() {
        for written in [
            "2027-01-31",
            "2021/08/09",
            "2021/8/9",
            "2024-02-29T10:00:00Z",
            "2024-02-29 10:00",
        ] {
            assert!(is_date(written), "{written}");
        }
        for written in [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "24-01-01",
            "31.01.2027",
            "01/31/2027",
            "yesterday",
            "2024-01-01-01",
            "2024-01-01x",
            "2024-01-01 x",
            "2024--1-01",
        ] {
            assert!(!is_date(written), "{written}");
        }
    }

    #[test]
    fn moments() {
        assert_eq!(moment("1970-01-02"), Ok(86_400));
        assert_eq!(moment("1970-01-01T01:00:00Z"), Ok(3_600));
        for written in [
            "",
            "tomorrow",
            "2027-13-01",
            "2027-1-1",
            "31.01.2027",
            "2027-02-30",
        ] {
            assert!(
                moment(written).unwrap_err().contains("like `2027-01-31`"),
                "{written}"
            );
        }
    }
}
