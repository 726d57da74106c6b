//! Points in time, in UTC.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{self, DateTime};

use super::Duration;

const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);
/// The seconds of the years from 0 to 9999.
const YEARS: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;
/// How a date and its time stand in RFC 3339, with `0` for a digit.
const SHAPE: &[u8] = b"0000-00-00T00:00:00";

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

    /// The same where RFC 3339 can write it.
    fn within_years_of_four_digits(self) -> Result<Self, ()> {
        YEARS.contains(&self.0).then_some(self).ok_or(())
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
    /// RFC 3339, or git's `@seconds` for years that it has no digits for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match EPOCH.checked_add(SignedDuration::from_secs(self.0)) {
            Ok(date) if YEARS.contains(&self.0) => write!(f, "{date}Z"),
            Ok(_) | Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = ();

    /// Reads RFC 3339 (`2026-01-31T12:00:00+01:00`; fractions are cut), or git's seconds since the epoch (`@1767225600 +0000`), of
    /// the years from 0 to 9999: what is outside of them is a mistake, and wraps where seconds have 32 bits.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let seconds = text.strip_prefix('@').unwrap_or(text);
        let seconds = seconds.split(' ').next().unwrap_or(seconds);
        if let Ok(seconds) = seconds.parse() {
            return Self(seconds).within_years_of_four_digits();
        }
        let (date, zone) = text.split_at_checked(SHAPE.len()).ok_or(())?;
        let zone = zone.strip_prefix('.').map_or(zone, |zone| {
            zone.trim_start_matches(|c: char| c.is_ascii_digit())
        });
        Self(seconds_of(date)? - offset(zone)?).within_years_of_four_digits()
    }
}

/// Seconds from the epoch to a date and time without a zone.
fn seconds_of(date: &str) -> Result<i64, ()> {
    // The library also reads ISO 8601's other forms, such as weeks, and dates without dashes.
    let is_shaped = SHAPE
        .iter()
        .zip(date.bytes())
        .all(|(shape, byte)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't' | b' '),
            other => byte == *other,
        });
    if !is_shaped {
        return Err(());
    }
    let read: DateTime = date.parse().map_err(|_| ())?;
    // A leap second is read as the one before it; it is the first of the next minute.
    let leap = i64::from(date.ends_with(":60"));
    Ok(read.duration_since(EPOCH).as_secs() + leap)
}

/// Seconds that a zone's clocks are ahead: `Z` or `+01:00`.
fn offset(zone: &str) -> Result<i64, ()> {
    let two = |tens: u8, ones: u8| -> Result<i64, ()> {
        let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
        is_number
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
            .ok_or(())
    };
    match *zone.as_bytes() {
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h, hh, b':', m, mm] => {
            let ahead = two(h, hh)? * 3_600 + two(m, mm)? * 60;
            Ok(if sign == b'-' { -ahead } else { ahead })
        }
        _ => Err(()),
    }
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
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_167_219_201, "@-62167219201"),
            (253_402_300_800, "@253402300800"),
            (i64::MIN, "@-9223372036854775808"),
            (i64::MAX, "@9223372036854775807"),
        ] {
            let moment = Timestamp::from_seconds(seconds);
            assert_eq!(moment.to_string(), text);
            let is_year = YEARS.contains(&seconds);
            assert_eq!(text.parse(), is_year.then_some(moment).ok_or(()), "{text}");
        }
        for (text, seconds) in [
            ("@1700000000 +0200", 1_700_000_000),
            ("1700000000 +0000", 1_700_000_000),
            ("2023-11-15T00:13:20.75+02:00", 1_700_000_000),
            ("2023-11-14T20:13:20-02:00", 1_700_000_000),
            ("2023-11-14 22:13:20Z", 1_700_000_000),
            ("2023-11-14t22:13:20.z", 1_700_000_000),
            ("2023-11-14T22:13:20.123456789012Z", 1_700_000_000),
            ("2023-11-14T22:12:60Z", 1_699_999_980),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
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
            "2023-11-14T22:13:2üZ",
            "2023-11-14T22:13:61Z",
            "2023-11-14T22:60:20Z",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-10T00:00:00Z",
            "2023-11-14T22:13:20+0200",
            "2023-11-14T22:13:20+02",
            "2023-11-14T22:13:20,5Z",
            "2023-11-14T22:13:20Z[UTC]",
            "2023-11-14_22:13:20Z",
            "20231114T221320.000Z",
            "2023-W46-2T22:13:20Z",
            "+002023-11-14T22:13:20Z",
            "-002023-11-14T22:13:20Z",
            "@99999999999999999999",
            "@99999999999999",
            "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(()), "{text}");
        }
    }
}
