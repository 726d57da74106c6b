//! Points in time.

use std::fmt;
use std::str::FromStr;

use super::Bake;

/// A point in time, in whole seconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// So many seconds after 1970 began.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// So much later.
    #[must_use]
    pub fn plus(self, by: Bake) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.seconds()).unwrap_or(i64::MAX)),
        )
    }

    /// So much earlier.
    #[must_use]
    pub fn minus(self, by: Bake) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(by.seconds()).unwrap_or(i64::MAX)),
        )
    }

    /// The time from `earlier` to here; none if it is later.
    pub fn since(self, earlier: Self) -> Bake {
        Bake::from_seconds(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl FromStr for Moment {
    type Err = ();

    /// `2026-08-22T09:00:00Z` with any offset (RFC 3339; fractions are cut), or seconds since 1970.
    fn from_str(text: &str) -> Result<Self, ()> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self).map_err(|_| ());
        }
        let number = |from: usize, to: usize| -> Result<i64, ()> {
            let digits = text.get(from..to).ok_or(())?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(());
            }
            digits.parse().map_err(|_| ())
        };
        let is = |at: usize, marks: &[u8]| {
            let found = text.as_bytes().get(at).ok_or(())?;
            marks.contains(found).then_some(()).ok_or(())
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        is(4, b"-")?;
        is(7, b"-")?;
        is(10, b"Tt ")?;
        is(13, b":")?;
        is(16, b":")?;
        let in_range = (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !in_range {
            return Err(());
        }
        let rest = text.get(19..).ok_or(())?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => {
                let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
                (zone.len() < fraction.len()).then_some(zone).ok_or(())?
            }
            None => rest,
        };
        let offset = match rest.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let at = text.len() - 5;
                let (hours, minutes) = (number(at, at + 2)?, number(at + 3, at + 5)?);
                if hours > 23 || minutes > 59 {
                    return Err(());
                }
                (hours * 3_600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
            }
            _ => return Err(()),
        };
        let days = days_before(year, month, day);
        Ok(Self(
            days * 86_400 + hour * 3_600 + minute * 60 + second - offset,
        ))
    }
}

impl fmt::Display for Moment {
    /// RFC 3339, UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2026-08-22T09:00:00+02:00", 1_787_382_000),
            ("2026-08-22T07:00:00.25Z", 1_787_382_000),
            ("1787382000", 1_787_382_000),
        ] {
            let moment: Moment = text.parse().expect(text);
            assert_eq!(moment.unix(), unix, "{text}");
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
        for text in [
            "",
            "yesterday",
            "2026-02-30T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "-5",
            "2026-01-01T00:00:00+0200",
            "é026-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(()), "{text}");
        }
    }
}
