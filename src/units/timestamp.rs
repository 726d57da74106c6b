//! Points in time, in UTC.

use std::fmt;
use std::str::FromStr;

use super::Duration;

const DAY: i64 = 86_400;

/// Whole seconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// So many seconds after (or before) the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this; none where it is later, as between machines whose clocks differ.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_seconds(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// So much later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let by = i64::try_from(by.seconds()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(by))
    }

    /// So much earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        let by = i64::try_from(by.seconds()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(by))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        let second = second % 60;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl FromStr for Timestamp {
    type Err = ();

    /// Reads RFC 3339 (`2026-01-31T12:00:00+01:00`; fractions are cut), or git's seconds since the epoch (`@1767225600 +0000`).
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let seconds = text.strip_prefix('@').unwrap_or(text);
        let seconds = seconds.split(' ').next().unwrap_or(seconds);
        if let Ok(seconds) = seconds.parse() {
            return Ok(Self(seconds));
        }
        let date = |range: std::ops::Range<usize>| -> Result<i64, ()> {
            let digits = text.get(range).ok_or(())?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(());
            }
            digits.parse().map_err(|_| ())
        };
        let sign = |at: usize, allowed: &[u8]| match text.as_bytes().get(at) {
            Some(byte) if allowed.contains(byte) => Ok(()),
            _ => Err(()),
        };
        for (at, allowed) in [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")] {
            sign(at, allowed.as_bytes())?;
        }
        let (year, month, day) = (date(0..4)?, date(5..7)?, date(8..10)?);
        let (hour, minute, second) = (date(11..13)?, date(14..16)?, date(17..19)?);
        let days = days(year, month, day);
        if civil(days) != (year, month, day) || hour > 23 || minute > 59 || second > 60 {
            return Err(());
        }
        let rest = text.get(19..).ok_or(())?;
        let zone = rest.strip_prefix('.').map_or(rest, |rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        });
        let offset = match zone.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let at = text.len() - 6;
                let (hours, minutes) = (date(at + 1..at + 3)?, date(at + 4..at + 6)?);
                (hours * 3_600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
            }
            _ => return Err(()),
        };
        Ok(Self(
            days * DAY + hour * 3_600 + minute * 60 + second - offset,
        ))
    }
}

/// Days since the epoch of a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// The inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back_as_they_are_written() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            let moment = Timestamp::from_seconds(seconds);
            assert_eq!(moment.to_string(), text);
            assert_eq!(text.parse(), Ok(moment));
        }
        for (text, seconds) in [
            ("@1700000000 +0200", 1_700_000_000),
            ("1700000000 +0000", 1_700_000_000),
            ("2023-11-15T00:13:20.75+02:00", 1_700_000_000),
            ("2023-11-14T20:13:20-02:00", 1_700_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp::from_seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday",
            "2023-02-30T00:00:00Z",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14T24:13:20Z",
            "2023-11-14T22:13:20+2",
            "2023-11-14T22:13:20ü",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(()), "{text}");
        }
    }
}
