//! Durations as the language writes them.

use std::fmt;
use std::str::FromStr;

/// A span of whole seconds, written `90s`, `30m`, `1h30m` or `7d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// So many seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The span in seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

/// The units in seconds, largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl FromStr for Duration {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (mut total, mut digits) = (0_u64, String::new());
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let (_, unit) = UNITS.iter().find(|(name, _)| *name == c).ok_or(())?;
            let n: u64 = digits.parse().map_err(|_| ())?;
            total = n
                .checked_mul(*unit)
                .and_then(|part| total.checked_add(part))
                .ok_or(())?;
            digits.clear();
        }
        if text.is_empty() || !digits.is_empty() {
            Err(())
        } else {
            Ok(Self(total))
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_units(f, self.0, &UNITS)
    }
}

/// Writes a span in the units that it has any of, largest first: `1h30m`. The units are in the span's own.
pub(super) fn write_in_units<N: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    span: u64,
    units: &[(N, u64)],
) -> fmt::Result {
    if span == 0 {
        return f.write_str("0s");
    }
    let mut rest = span;
    for (name, unit) in units {
        if rest >= *unit {
            write!(f, "{}{name}", rest / unit)?;
            rest %= unit;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, seconds, shown) in [
            ("30m", 1_800, "30m"),
            ("1h30m", 5_400, "1h30m"),
            ("90s", 90, "1m30s"),
            ("7d", 604_800, "7d"),
            ("0s", 0, "0s"),
        ] {
            let bake: Duration = text.parse().expect(text);
            assert_eq!(
                (bake.seconds(), bake.to_string().as_str()),
                (seconds, shown)
            );
        }
        for text in ["", "30", "m", "1w", "-1m", "1.5h", "99999999999999999999d"] {
            assert_eq!(text.parse::<Duration>(), Err(()), "{text}");
        }
    }
}
