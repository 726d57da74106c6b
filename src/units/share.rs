//! Shares as exact decimals: `99.9%` is 999/1000, and what is left is 1/1000 and not 0.0010000000000000009.

use std::fmt;

/// A share from 0 to 1 as `parts` of `whole`, a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    parts: u64,
    whole: u64,
}

/// Decimals of a percentage that are kept; more would not change a count of requests.
const MOST_DECIMALS: usize = 12;

impl Share {
    /// From a decimal number of percent, such as `99.95`, with or without `%`.
    pub fn percent(text: &str) -> Option<Self> {
        let text = text.strip_suffix('%').unwrap_or(text);
        let (before, after) = text.split_once('.').unwrap_or((text, ""));
        let after = after.trim_end_matches('0');
        if after.len() > MOST_DECIMALS {
            return None;
        }
        let parts: u64 = format!("{before}{after}").parse().ok()?;
        let whole = 10_u64.checked_pow(u32::try_from(after.len()).ok()? + 2)?;
        (parts <= whole).then_some(Self { parts, whole })
    }

    /// What is left to the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self {
            parts: self.whole - self.parts,
            whole: self.whole,
        }
    }

    /// As a number from 0 to 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "both are decimals with at most 15 digits"
    )]
    pub fn as_f64(self) -> f64 {
        self.parts as f64 / self.whole as f64
    }

    /// Whether `count` out of `total` is at least this share; exact.
    pub fn is_reached_by(self, count: u64, total: u64) -> bool {
        u128::from(count) * u128::from(self.whole) >= u128::from(self.parts) * u128::from(total)
    }

    /// Whether `count` is more than this share of `total`; exact.
    pub fn is_exceeded_by(self, count: u64, total: u64) -> bool {
        u128::from(count) * u128::from(self.whole) > u128::from(self.parts) * u128::from(total)
    }

    /// `ceil(times / share)`: how many it takes for `times` of them to be this share. The largest number for a share of 0.
    pub fn samples(self, times: u64) -> u64 {
        if self.parts == 0 {
            return u64::MAX;
        }
        let exact = (u128::from(times) * u128::from(self.whole)).div_ceil(u128::from(self.parts));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.whole / 100;
        let (whole, part) = (self.parts / scale, self.parts % scale);
        if part == 0 {
            return write!(f, "{whole} %");
        }
        let digits = scale.ilog10() as usize;
        let part = format!("{part:0digits$}");
        write!(f, "{whole}.{} %", part.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        for (text, shown, samples) in [
            ("99.9%", "99.9 %", 1_000),
            ("99.5%", "99.5 %", 200),
            ("99.950%", "99.95 %", 2_000),
            ("95", "95 %", 20),
            ("99.999999%", "99.999999 %", 100_000_000),
        ] {
            let share = Share::percent(text).expect(text);
            assert_eq!(share.to_string(), shown);
            assert_eq!(share.rest().samples(1), samples, "{text}");
        }
        let share = Share::percent("99.9%").expect("a percentage");
        assert!(share.is_reached_by(999, 1_000) && !share.is_reached_by(998, 1_000));
        assert!(!share.rest().is_exceeded_by(1, 1_000) && share.rest().is_exceeded_by(2, 1_000));
        for text in ["", "x", "101%", "99.9999999999999%"] {
            assert_eq!(Share::percent(text), None, "{text}");
        }
    }
}
