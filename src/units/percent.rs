//! Shares of traffic, exact to two decimals.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share from 0 to 100 %, in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u16);

/// All of it.
pub const HUNDRED: Percent = Percent(10_000);

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A percentage with at most two decimals, or why it is none.
    pub fn parse(value: f64) -> Result<Self, &'static str> {
        if !(0.0..=100.0).contains(&value) {
            return Err("0 to 100 is allowed");
        }
        let hundredths = (value * 100.0).round();
        if (value * 100.0 - hundredths).abs() > 1e-6 {
            return Err("at most two decimals are allowed");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0..=10000 was checked above"
        )]
        Ok(Self(hundredths as u16))
    }

    /// What is left to 100 %.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(HUNDRED.0 - self.0)
    }

    /// In hundredths of a percent, 0 to 10,000.
    pub fn hundredths(self) -> u32 {
        u32::from(self.0)
    }

    /// From hundredths of a percent; over 10,000 is 100 %.
    pub fn from_hundredths(hundredths: u32) -> Self {
        Self(u16::try_from(hundredths).map_or(HUNDRED.0, |value| value.min(HUNDRED.0)))
    }

    /// As a number from 0 to 100.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// As a JSON number as people write it: `50` and `0.5`, and not `50.0`.
    pub fn to_number(self) -> serde_json::Number {
        let whole = self.0 / 100;
        if self.0.is_multiple_of(100) {
            whole.into()
        } else {
            serde_json::Number::from_f64(self.as_f64()).expect("a percentage is finite")
        }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The integer base that writes all of `shares` exactly: 100, 1,000 or 10,000.
    pub fn base(shares: impl IntoIterator<Item = Self>) -> u32 {
        shares
            .into_iter()
            .map(|share| {
                if share.0 % 100 == 0 {
                    100
                } else if share.0 % 10 == 0 {
                    1_000
                } else {
                    10_000
                }
            })
            .max()
            .unwrap_or(100)
    }

    /// This share as an integer out of `base`, one of the bases of [`base`](Self::base).
    pub fn out_of(self, base: u32) -> u32 {
        u32::from(self.0) * base / 10_000
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}"),
        }
    }
}

/// As people write it: see [`Percent::to_number`].
impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "exact is what is claimed")]
    fn two_decimals_are_exact() {
        for hundredths in 0..=10_000_u32 {
            let value = f64::from(hundredths) / 100.0;
            let percent = Percent::parse(value).expect("two decimals");
            assert_eq!(percent.hundredths(), hundredths);
            assert_eq!(percent.to_string().parse::<f64>().expect("a number"), value);
            assert_eq!(percent.rest().hundredths() + hundredths, 10_000);
        }
        for value in [-1.0, 100.01, 33.333, f64::NAN, f64::INFINITY] {
            assert!(Percent::parse(value).is_err(), "{value}");
        }
    }

    #[test]
    fn the_base_is_the_smallest_that_is_exact() {
        let share = |value| Percent::parse(value).expect("valid");
        assert_eq!(Percent::base([share(1.0), share(99.0)]), 100);
        assert_eq!(Percent::base([share(0.5), share(99.5)]), 1_000);
        assert_eq!(Percent::base([share(0.25), share(99.75)]), 10_000);
        assert_eq!(share(0.25).out_of(10_000), 25);
        assert_eq!(share(99.5).out_of(1_000), 995);
    }
}
