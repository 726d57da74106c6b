//! Numbers for people.

/// Four significant digits, without zeros at the end.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{value:+}").replace("inf", "Inf")
        };
    }
    let magnitude = value.abs();
    if magnitude >= 1_000.0 || magnitude.fract() == 0.0 && magnitude < 1e15 {
        return format!("{value:.0}");
    }
    if magnitude < 1e-4 {
        return format!("{value:.1e}");
    }
    let decimals = if magnitude >= 100.0 {
        1
    } else if magnitude >= 10.0 {
        2
    } else if magnitude >= 1.0 {
        3
    } else {
        4
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The fewest and the most decimals of a percentage.
const DECIMALS: [usize; 2] = [3, 9];

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    percent_with(share, DECIMALS[0])
}

/// A share as a percentage, with as many digits as tell it from `limit`: a share below it must not read as if it reached it.
pub(super) fn percent_beside(share: f64, limit: f64) -> String {
    let [fewest, most] = DECIMALS;
    let differs =
        |decimals: &usize| percent_with(share, *decimals) != percent_with(limit, *decimals);
    let decimals = (fewest..=most).find(differs).unwrap_or(fewest);
    percent_with(share, decimals)
}

fn percent_with(share: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A difference of shares in percentage points.
pub(super) fn points(difference: f64) -> String {
    let text = format!("{:+.3}", difference * 100.0);
    format!("{} pp", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A time in seconds, in the unit that suits it.
pub(super) fn time(seconds: f64) -> String {
    if seconds.abs() >= 1.0 {
        format!("{} s", number(seconds))
    } else {
        format!("{} ms", number(seconds * 1_000.0))
    }
}

/// A time in seconds that differs from another one, with its sign.
pub(super) fn time_difference(seconds: f64) -> String {
    let sign = if seconds > 0.0 { "+" } else { "" };
    format!("{sign}{}", time(seconds))
}

/// A confidence, and what it is the confidence of.
pub(super) fn sure(level: f64, what: &str) -> String {
    format!("with {} confidence {what}", percent(level))
}

/// A count with its noun.
pub(super) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", whole(n))
}

/// A count that arithmetic has left near a whole number.
pub(super) fn rounded(n: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are not negative, and saturating is right"
    )]
    let whole = n.round() as u64;
    whole
}

/// A whole number, its digits in groups of three.
pub(super) fn whole(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_below_its_limit_reads_as_below() {
        for (share, limit, text) in [
            (0.999_989, 0.999_99, "99.9989 %"),
            (0.994_999_9, 0.995, "99.49999 %"),
            (0.999_99, 0.999_99, "99.999 %"),
            (0.7, 0.995, "70 %"),
        ] {
            assert_eq!(percent_beside(share, limit), text);
        }
    }
}
