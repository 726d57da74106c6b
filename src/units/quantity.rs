//! Kubernetes resource quantities.

use std::fmt;
use std::str::FromStr;

/// A quantity as Kubernetes reads it: `3`, `500m`, `4Gi`, `1e3` (`resource.Quantity`'s grammar).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity(String);

impl Quantity {
    /// The quantity as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }
}

const SUFFIXES: [&str; 16] = [
    "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
];

impl FromStr for Quantity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let number_is_sound =
            number.chars().any(|c| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        let exponent = suffix
            .strip_prefix(['e', 'E'])
            .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        let suffix_is_sound = SUFFIXES.contains(&suffix)
            || exponent.is_some_and(|digits| {
                !digits.is_empty()
                    && digits.len() <= 3
                    && digits.chars().all(|c| c.is_ascii_digit())
            });
        if number_is_sound && suffix_is_sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(())
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_follow_kubernetes() {
        for good in [
            "3", "0.5", "500m", "4Gi", "1e3", "1E-3", ".5", "5.", "-1", "2E",
        ] {
            assert!(good.parse::<Quantity>().is_ok(), "{good}");
        }
        for bad in [
            "", "3 cores", "4GiB", "Gi", "1.2.3", "1e", "four", "1_000", "4gi",
        ] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }
}
