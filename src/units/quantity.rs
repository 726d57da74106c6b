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

    /// Whether it is nothing at all.
    pub fn is_zero(&self) -> bool {
        let (number, _) = split(&self.0);
        number.chars().all(|c| matches!(c, '0' | '.'))
    }

    /// The amount in billionths, rounded down; `None` where it is too large to compare.
    pub fn billionths(&self) -> Option<i128> {
        let (number, suffix) = split(&self.0);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let places = u32::try_from(part.len()).ok()?;
        let digits: i128 = format!("0{whole}{part}").parse().ok()?;
        let (factor, exponent) = scale(suffix)?;
        // digits × factor × 10^(exponent + 9 − places)
        let power = exponent + 9 - i32::try_from(places).ok()?;
        let ten = 10_i128.checked_pow(power.unsigned_abs())?;
        let amount = digits.checked_mul(factor)?;
        let amount = if power < 0 {
            amount / ten
        } else {
            amount.checked_mul(ten)?
        };
        Some(if self.is_negative() { -amount } else { amount })
    }
}

/// A quantity without its sign, as number and suffix.
fn split(text: &str) -> (&str, &str) {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    unsigned.split_at(end)
}

/// What a suffix multiplies by: a factor and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(power) = binary.iter().position(|name| *name == suffix) {
        return Some((1_i128 << (10 * (power + 1)), 0));
    }
    let decimal = [
        ("", 0),
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    decimal
        .iter()
        .find(|(name, _)| *name == suffix)
        .map(|(_, power)| *power)
        .or_else(|| suffix.strip_prefix(['e', 'E'])?.parse().ok())
        .map(|power| (1, power))
}

const SUFFIXES: [&str; 16] = [
    "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
];

impl FromStr for Quantity {
    type Err = ();

    /// Kubernetes takes spaces around it.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim_ascii();
        let (number, suffix) = split(text);
        let number_is_sound =
            number.chars().any(|c| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        let exponent = suffix
            .strip_prefix(['e', 'E'])
            .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        let suffix_is_sound = SUFFIXES.contains(&suffix)
            || exponent.is_some_and(|digits| {
                !digits.is_empty()
                    && digits.len() <= 18
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

/// An amount in billionths for people: `1.5`, or of memory and disks `64Gi`; two decimals at most.
pub fn amount_words(resource: &str, billionths: i128) -> String {
    const ONE: i128 = 1_000_000_000;
    let is_bytes = ["memory", "storage", "hugepages"]
        .iter()
        .any(|word| resource.contains(word));
    let units = ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"];
    let sizes = units.iter().zip((1..=6_u32).rev());
    let mut sizes = sizes.map(|(unit, power)| (*unit, 1_i128 << (10 * power)));
    let whole = billionths.abs() / ONE;
    let (unit, size) = sizes
        .find(|(_, size)| is_bytes && whole >= *size)
        .unwrap_or(("", 1));
    // Half a hundredth up.
    let hundredths = (billionths.abs() / size + ONE / 200) / (ONE / 100);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    let sign = if billionths < 0 { "-" } else { "" };
    let text = format!("{whole}.{part:02}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{text}{unit}")
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

    #[test]
    fn amounts_can_be_compared() {
        let amount = |text: &str| text.parse::<Quantity>().expect(text).billionths();
        assert_eq!(amount("1"), Some(1_000_000_000));
        assert_eq!(amount("1000m"), amount("1"));
        assert_eq!(amount("0.5"), amount("500m"));
        assert_eq!(amount("1Ki"), amount("1024"));
        assert_eq!(amount("1e3"), amount("1k"));
        assert_eq!(amount("5."), amount("+5"));
        assert_eq!(amount("-1"), Some(-1_000_000_000));
        assert!(amount("4Gi") > amount("4G"));
        assert_eq!(amount("1e99"), None);
        assert_eq!(amount(&"9".repeat(60)), None);
    }

    #[test]
    fn amounts_are_said_in_short() {
        let words = |resource: &str, text: &str| {
            let amount = text.parse::<Quantity>().expect(text).billionths();
            amount_words(resource, amount.expect("it fits"))
        };
        assert_eq!(words("cpu", "1500m"), "1.5");
        assert_eq!(words("cpu", "1e3"), "1000");
        assert_eq!(words("cpu", "0"), "0");
        assert_eq!(words("nvidia.com/gpu", "8"), "8");
        assert_eq!(words("memory", "64Gi"), "64Gi");
        assert_eq!(words("memory", "1536Mi"), "1.5Gi");
        assert_eq!(words("memory", "-2Ki"), "-2Ki");
        assert_eq!(words("memory", "512"), "512");
    }
}
